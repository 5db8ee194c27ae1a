#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each command of loyalctl with --json on a till that is well: valid JSON and exit status 0; refused, 1; used wrongly, 2; without loyald,
# 3 or what monitoring is told. A command that --help has and this test has not is a fault. usage: json.sh BIN_DIR SOURCE_DIR
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/doctor_common.sh"
must 'python3 is there' command -v python3 >/dev/null
run() { # STATUS WORDS...: what it says on standard output is $work/said, a JSON value or one a line
    run_status=$1
    shift
    case $1 in devices) echo "$1 $2" ;; shift | sale | receipt | bundle) echo "$1 $2" ;; *) echo "$1" ;; esac >>"$work/walked"
    (cd "$work" && "$bin/loyalctl" --config "$dir/loyalctl.conf" "$@") >"$work/said" 2>"$work/words" </dev/null
    run_code=$?
    [ $run_code -eq "$run_status" ] || {
        bad "loyalctl $*: exit status $run_code, expected $run_status"
        cat "$work/said" "$work/words"
        return 1
    }
}
is_json() {
    [ -s "$work/said" ] && python3 -c 'import json, sys
text = sys.stdin.read()
try:
    json.loads(text)
except ValueError:
    for line in text.splitlines():
        json.loads(line)' <"$work/said" 2>"$work/words"
}
well() { # STATUS WORDS...
    run "$@" || return
    shift
    if is_json; then ok "$* --json"; else
        bad "$* --json says no JSON:"
        cat "$work/said" "$work/words"
    fi
}
# Refused, used wrongly, not to be asked: words on standard error, and on standard output nothing or JSON.
ill() { # STATUS WORDS...
    run "$@" || return
    [ -s "$work/words" ] || [ -s "$work/said" ] || bad "loyalctl $*: refused without a word"
    if [ -s "$work/said" ] && ! is_json; then
        bad "loyalctl $*: neither silence nor JSON:"
        cat "$work/said"
    fi
}

begin
places
# The pages are served over TCP.
must 'the till stops' stop till
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i "/^\[api\]/,/^port/s/^port = 0/port = $port/; s/^retry_max_s.*/&\npoll_wait_s = 1/" "$dir/loyald.conf"
start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
must 'and starts with its pages' wait_for 15 till_answers
must 'the link is up' wait_for 60 says '"link":{"up":true'
must 'the scanner is ready' wait_for 10 scanner_is_ready
printf '{"sale_id":"J-1","currency":"RUB","lines":[{"line":1,"sku":"A100","qty_milli":1000,"unit_price_minor":9990}]}\n' >"$work/sale.json"
ctl api PUT /v1/sales/J-1 '{"lines":[{"line":1,"sku":"A100","qty_milli":1000,"unit_price_minor":9990}]}' >/dev/null

# ---- while a sale is open ----
ill 1 idle --json
check 'it says so as JSON too' grep -q '"idle":false,"open_sales":1' "$work/said"
well 0 sale list --json
well 0 why J-1 --json
total=$(ctl api GET /v1/sales/J-1 | number total_minor)
ctl api POST /v1/sales/J-1/commit "{\"expected_total_minor\":$total}" >/dev/null
must 'everything is at the central' wait_for 60 is_synced

# ---- well ----
for words in status totals check-config 'support-bundle --file support.txt' outbox 'export-unsynced saved.jsonl' idle 'shift open Anna' \
    'shift show' 'shift close' 'sale show J-1' 'sale copy J-1' page 'page status --file page.html' 'api GET /v1/health' 'devices list'; do
    # shellcheck disable=SC2086 # words are meant to be parted
    well 0 $words --json
done
# A disk that others keep busy is warned of: then the exit status is that of the verdict.
"$bin/loyalctl" --config "$dir/loyalctl.conf" doctor --file "$work/doctor.json"
case $? in 0) verdict=OK ;; 1) verdict=WARNING ;; *) verdict=none ;; esac
check 'doctor exits as its verdict says' test "$(text verdict <"$work/doctor.json")" = $verdict
well 0 devices profiles --json
well 0 devices profiles epson-tm-t20iii --json
well 0 devices allow tcp:192.0.2.7:9100 "$work/drop-in" --json
well 0 receipt template ru --json
well 0 bundle check "$demo/bundle-1.json" --json
for words in 'receipt preview' 'evaluate --bundle bundle.json' 'why --bundle bundle.json'; do
    cp "$demo/bundle-1.json" "$work/bundle.json"
    # shellcheck disable=SC2086
    (cd "$work" && "$bin/loyalctl" $words --json <sale.json) >"$work/said" 2>"$work/words"
    echo "$words" | sed 's/ --bundle.*//' >>"$work/walked"
    check "$words --json" is_json
done
python3 - "$(ctl sale show J-1 --json)" >"$work/return.json" <<'CODE'
import json, sys
sale = json.loads(sys.argv[1])
print(json.dumps({"sale": {"sale_id": "J-1", "lines": sale["lines"]}, "result": sale["result"], "lines": [{"line": 1, "qty_milli": 1000}]}))
CODE
(cd "$work" && "$bin/loyalctl" refund --json <return.json) >"$work/said" 2>"$work/words"
echo refund >>"$work/walked"
check 'refund --json' is_json
"$bin/loyalctl" --config "$dir/loyalctl.conf" events --json >"$work/said" 2>/dev/null &
following=$!
wait_for 10 grep -q '"event":"hello"' "$work/said"
kill $following
wait $following 2>/dev/null
echo events >>"$work/walked"
check 'events --json' is_json

# ---- devices that loyald has not open ----
start other "$bin/loyal-sim" scanner --link "$dir/ttyOTHER" --control "$dir/other.sock"
start paper "$bin/loyal-sim" printer --link "$dir/ttyPAPER" --control "$dir/paper.sock" --out "$dir/paper"
start pole "$bin/loyal-sim" display --link "$dir/ttyPOLE" --control "$dir/pole.sock"
must 'they are there' wait_for 10 test -e "$dir/ttyOTHER" -a -e "$dir/ttyPAPER" -a -e "$dir/ttyPOLE"
scanning() { # STATUS WORDS...: while somebody scans
    (
        until [ -e "$work/scanned" ]; do
            "$bin/loyal-sim" tell --control "$dir/other.sock" scan 4006381333931 >/dev/null 2>&1
            sleep 0.2
        done
    ) &
    scanning_pid=$!
    well "$@"
    touch "$work/scanned"
    wait $scanning_pid
    rm -f "$work/scanned"
}
scanning 0 devices test-scan "tty:$dir/ttyOTHER" --seconds 10 --json
scanning 0 devices monitor "tty:$dir/ttyOTHER" --seconds 1 --hex --json
scanning 0 devices record "tty:$dir/ttyOTHER" capture --seconds 1 --json
scanning 0 devices scan "tty:$dir/ttyOTHER" "tty:$dir/ttyPAPER" --seconds 10 --json
check 'both are found' python3 -c 'import json, sys
scanner, printer = json.load(open(sys.argv[1]))["lines"]
assert scanner["found"] == "scanner" and scanner["family"] == "ascii", scanner
assert printer["found"] == "printer" and printer["profile"], printer' "$work/said"
well 0 devices test-print "tty:$dir/ttyPAPER" --seconds 20 --json
well 0 devices test-display "tty:$dir/ttyPOLE" --seconds 1 --json
ill 1 devices test-scan "tty:$dir/none" --seconds 3 --json
ill 1 devices scan "tty:$dir/none" --seconds 1 --json

# ---- refused, used wrongly ----
for words in 'sale show NONE' 'sale copy NONE' 'why NONE' 'enrol ZZZZ-ZZZZ' 'api GET /v1/nothing' 'export-unsynced saved.jsonl' \
    'devices profiles none' 'devices record tty:/nowhere capture'; do
    # shellcheck disable=SC2086
    ill 1 $words --json
done
for words in 'status x' 'idle --wait soon' 'enrol' 'sale show' 'sale show /' 'shift' 'page x' 'devices list x' 'devices allow tty:/dev/ttyS0' \
    'bundle check none.json' 'receipt preview --columns 5' 'devices profiles a b' 'salvage x' 'api get x' 'doctor x' 'outbox x'; do
    # shellcheck disable=SC2086
    ill 2 $words --json
done

# ---- warned of: a device that is away ----
stop paper
stop printer
says_away() { "$bin/loyalctl" --config "$dir/loyalctl.conf" devices list --json | grep -q '"kind":"printer"[^}]*"state":"\(lost\|absent\|degraded\)"'; }
must 'loyald sees that' wait_for 20 says_away
well 1 status --json
well 1 devices list --json
well 2 doctor --json

# ---- without loyald ----
stop courier
stop till
well 0 salvage "$dir/till/journal.db" saved --json
ill 1 new-epoch "$work/none" --json
cp -R "$dir/till" "$work/copied"
well 0 new-epoch "$work/copied" --json
for words in totals idle 'enrol CODE' 'shift show' 'shift open' 'shift close' 'sale list' 'sale show J-1' 'sale copy J-1' 'why J-1' page events \
    'api GET /v1/health' 'devices list' outbox 'export-unsynced later.jsonl'; do
    # shellcheck disable=SC2086
    ill 3 $words --json
done
well 2 doctor --json
well 2 status --json

# ---- none was passed over ----
"$bin/loyalctl" --help | sed -n 's/^  loyalctl \([a-z-]*\) *\([a-z|-]*\).*/\1 \2/p' | while read -r first second; do
    case $first in
    shift | sale | bundle | receipt | devices)
        for second in $(echo "$second" | tr '|' ' '); do
            grep -qx "$first $second" "$work/walked" || echo "$first $second"
        done
        ;;
    *) grep -qx "$first" "$work/walked" || echo "$first" ;;
    esac
done >"$work/missed"
check 'every command of --help was tried' test ! -s "$work/missed"
cat "$work/missed"
