# SPDX-License-Identifier: Apache-2.0
# Headless Chromium steered by WebDriver (W3C) over curl. Sourced; wants $dir and the start/stop of packaging/demo/shop.sh.
#   browser_open WIDTH HEIGHT   go ADDRESS   js 'return ...'   keys TEXT   press NAME...   shot FILE   browser_close

browser_missing() {
    command -v chromedriver >/dev/null 2>&1 || { echo 'chromedriver (Debian: chromium-driver) is not installed'; return 0; }
    command -v chromium >/dev/null 2>&1 || { echo 'chromium is not installed'; return 0; }
    return 1
}
# Ends a test in words where there is no browser.
skip_without_browser() {
    browser_missing || return 0
    echo 'skipped: no browser to show the page in'
    trap - EXIT
    rm -rf "$work"
    exit 77
}

api_port=$((21000 + $$ % 11000)) # below those that the kernel gives out
# start_page_till [LINES]: loyald in $language with its page, scanner and printer, and further lines of its settings
start_page_till() {
    printf '[daemon]\nlanguage = %s\n[api]\nport = %s\n'"${1:-}"'[scanner]\nport = tty:%s\n[printer]\nport = tty:%s\n' \
        "$language" "$api_port" "$dir/ttySCANNER" "$dir/ttyPRINTER" >"$dir/loyald.conf"
    start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
    wait_for 15 till_answers
}
scan() { device scanner scan "$1" >/dev/null; }

driver_answers() { curl -sf "http://127.0.0.1:$driver_port/status" >/dev/null 2>&1; }

# wd METHOD PATH [BODY]: the answer's JSON; fails when the driver says so
wd() {
    wd_answer=$(curl -sS -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} \
        "http://127.0.0.1:$driver_port/session${session:+/$session}$2") || return 1
    case $wd_answer in
    *'"error":"'*)
        echo "webdriver $2: $wd_answer" >&2
        return 1
        ;;
    esac
    printf '%s' "$wd_answer"
}

browser_open() {
    session=
    driver_port=$((10000 + $$ % 11000)) # below those that the kernel gives out
    start driver chromedriver --port=$driver_port --log-path="$dir/log/chromedriver.log"
    wait_for 20 driver_answers || return 1
    browser_args='"--headless=new","--no-sandbox","--disable-gpu","--disable-quic","--no-first-run","--disable-background-networking","--disable-component-update","--disable-sync","--hide-scrollbars","--force-color-profile=srgb"'
    browser_open_answer=$(wd POST '' '{"capabilities":{"alwaysMatch":{"goog:loggingPrefs":{"browser":"ALL"},"goog:chromeOptions":{"args":['"$browser_args"',"--user-data-dir='"$dir/profile"'"]}}}}') || return 1
    session=$(printf '%s' "$browser_open_answer" | text sessionId)
    browser_size "$1" "$2"
}

# The size of what is painted, whatever the window's frame.
browser_size() {
    wd POST /goog/cdp/execute '{"cmd":"Emulation.setDeviceMetricsOverride","params":{"width":'"$1"',"height":'"$2"',"deviceScaleFactor":1,"mobile":false}}' >/dev/null
}
slow_down() { wd POST /goog/cdp/execute '{"cmd":"Emulation.setCPUThrottlingRate","params":{"rate":'"$1"'}}' >/dev/null; }

browser_close() {
    [ -n "${session:-}" ] && wd DELETE '' >/dev/null 2>&1
    session=
    stop driver
}

go() { wd POST /url '{"url":"'"$1"'"}' >/dev/null; }

quoted() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '\n' ' '; }
# The value of a script: a text without its quotes, all else as JSON.
js() {
    js_answer=$(wd POST /execute/sync '{"script":"'"$(quoted "$1")"'","args":[]}') || return 1
    printf '%s' "$js_answer" | sed 's/^{"value"://; s/}$//; s/^"//; s/"$//'
}
# Keys to whatever has the focus.
keys() { wd POST /actions '{"actions":[{"type":"key","id":"k","actions":['"$(printf '%s' "$1" | sed 's/./{"type":"keyDown","value":"&"},{"type":"keyUp","value":"&"},/g; s/,$//')"']}]}' >/dev/null; }
press() {
    for press_name in "$@"; do
        case $press_name in
        Enter) press_code='\uE007' ;; Escape) press_code='\uE00C' ;; Delete) press_code='\uE017' ;;
        Up) press_code='\uE013' ;; Down) press_code='\uE015' ;; F10) press_code='\uE03A' ;;
        F[1-9]) press_code='\uE0'$(printf '%x' $((0x30 + ${press_name#F}))) ;;
        *) return 1 ;;
        esac
        wd POST /actions '{"actions":[{"type":"key","id":"k","actions":[{"type":"keyDown","value":"'"$press_code"'"},{"type":"keyUp","value":"'"$press_code"'"}]}]}' >/dev/null || return 1
    done
}
enter() { keys "$1" && press Enter; }

shot() { wd GET /screenshot | sed 's/^{"value":"//; s/"}$//' | base64 -d >"$1"; }

# shown ID TEXT: what an element says, as the eye reads it; blanks of all kinds are one
said() { js "return document.getElementById('$1').innerText.replace(/\\s+/g, ' ')"; }
says_on() { said "$1" | grep -qi -- "$2"; }
shows() { # ID PATTERN: within 8 s; what is not told as an event is asked for every 5
    wait_for 8 says_on "$1" "$2" || {
        echo "#$1 says \"$(said "$1")\", expected \"$2\""
        return 1
    }
}

# js_file FILE: the value of a script too long for a command line
js_file() {
    python3 -c 'import json, sys; json.dump({"script": open(sys.argv[1]).read(), "args": []}, sys.stdout)' "$1" >"$1.json" || return 1
    curl -sS -X POST -H 'Content-Type: application/json' --data-binary "@$1.json" "http://127.0.0.1:$driver_port/session/$session/execute/async" |
        sed 's/^{"value"://; s/}$//; s/^"//; s/"$//'
}

# axe_get FOLDER: axe-core from npm, once; fails where it cannot be had
axe_get() {
    axe=$1/node_modules/axe-core/axe.min.js
    [ -f "$axe" ] && return 0
    command -v npm >/dev/null 2>&1 || return 1
    npm install --silent --no-audit --no-fund --prefix "$1" axe-core@4 >/dev/null 2>&1 && [ -f "$axe" ]
}

# axe_faults: what axe-core finds wrong with the page as it is: names, contrast, order of focus and the rest of WCAG 2 A and AA
axe_faults() {
    {
        cat "$axe"
        echo ';const done = arguments[arguments.length - 1];
        axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "cat.keyboard", "cat.name-role-value"]})
            .then(r => done(r.violations.map(v => v.id + " " + v.nodes.map(n => n.target.join(" ")).join(", ")).join("; ")), e => done("axe: " + e));'
    } >"$dir/axe.js"
    js_file "$dir/axe.js"
}

# shot_differs STORED: how many in 1,000 pixels are another colour than in the stored picture (by more than 48 of 255 in a channel), figures
# and times blotted out. The browser itself compares.
shot_differs() {
    shot "$dir/now.png" || return 1
    {
        printf 'const [a, b] = ["%s", "%s"], done = arguments[arguments.length - 1];' "$(base64 -w0 "$1")" "$(base64 -w0 "$dir/now.png")"
        echo 'Promise.all([a, b].map(async t => {
            const i = new Image(); i.src = "data:image/png;base64," + t; await i.decode();
            const c = document.createElement("canvas"); c.width = i.width; c.height = i.height;
            const g = c.getContext("2d"); g.drawImage(i, 0, 0); return g.getImageData(0, 0, i.width, i.height);
        })).then(([x, y]) => {
            if (x.width !== y.width || x.height !== y.height) return done("1000");
            let n = 0;
            for (let i = 0; i < x.data.length; i += 4) if ([0, 1, 2].some(k => Math.abs(x.data[i + k] - y.data[i + k]) > 48)) n++;
            done(String(Math.round(4000 * n / x.data.length)));
        }, e => done("1000 " + e));'
    } >"$dir/compare.js"
    js_file "$dir/compare.js"
}

# Every text against what is behind it: WCAG 2.1, 1.4.3 (4.5:1, 3:1 for large ones). js "$contrast" answers what fails.
contrast='const f=c=>c.match(/[\d.]+/g).map(Number),l=c=>{const[r,g,b]=f(c).map(v=>v/255).map(v=>v<=.03928?v/12.92:((v+.055)/1.055)**2.4);return .2126*r+.7152*g+.0722*b},
behind=e=>{for(;e;e=e.parentElement){const b=getComputedStyle(e).backgroundColor;if(f(b)[3]!==0)return b}return "rgb(255,255,255)"};
return [...document.querySelectorAll("body *")].filter(e=>e.offsetParent&&[...e.childNodes].some(n=>n.nodeType===3&&n.data.trim())).map(e=>{const s=getComputedStyle(e),a=l(s.color),b=l(behind(e)),r=(Math.max(a,b)+.05)/(Math.min(a,b)+.05);
return r<(parseFloat(s.fontSize)>=24?3:4.5)?e.tagName+" "+e.textContent+" "+r.toFixed(2):0}).filter(Boolean).join("; ")'

axe_is_content() {
    axe_found=$(axe_faults)
    [ -z "$axe_found" ] || {
        echo "axe-core: $axe_found"
        return 1
    }
}
