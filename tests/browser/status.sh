#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The status page in headless Chromium: the same verdict, checks, levels and commands as loyalctl status and doctor say, on a till of either
# language (what store IT reads is English, as loyalctl is); it can be read, and used by the keyboard. usage: status.sh BIN_DIR SOURCE_DIR LANGUAGE
page_language=$3
. "$2/tests/integration/common.sh"
. "$2/tests/browser/webdriver.sh"
skip_without_browser
language=$page_language
start_till() { start_page_till "[sync]\\nretry_max_s = 1\\npoll_wait_s = 1\\n[status]\\ndoctor_file = $dir/doctor.json\\n"; }
. "$2/tests/integration/doctor_common.sh"
axe_get "$bin/../axe" || {
    axe=
    echo 'skipped: axe-core cannot be had from npm'
}
# The rows of a table of the page: level, check and, where it is not well, text and command; what is well says how old it is.
rows='return [...document.querySelectorAll("#%s tr")].map(r=>{const[l,c,t]=r.cells;return [l.innerText,c.innerText].concat(l.innerText=="OK"?[]:[t.innerText]).join(" ").replace(/\\s+/g," ")}).join("|")'
on_page() { js "$(printf "$rows" "$1")" | sed 's/\\"/"/g'; } # shellcheck disable=SC2059 # a format of ours
from_json() { # FILE
    python3 -c 'import json, sys
rows = []
for one in json.load(open(sys.argv[1]))["findings"]:
    rows.append(" ".join([one["level"], one["check"]] + ([] if one["level"] == "OK" else [one["text"], one.get("fix", "")])))
print("|".join(" ".join(row.split()) for row in rows), end="")' "$1"
}
same_as_status() {
    ctl status --json >"$work/status.json"
    [ "$(on_page findings)" = "$(from_json "$work/status.json")" ] && [ "$(said verdict)" = "$(text verdict <"$work/status.json")" ]
}
same_as_doctor() { [ "$(on_page doctor)" = "$(from_json "$dir/doctor.json")" ]; }
told() { # WHAT: both tables and the verdict are as the commands say
    check "$1: the findings are those of loyalctl status" wait_for 25 same_as_status || {
        on_page findings
        from_json "$work/status.json"
    }
    check "$1: and those of loyalctl doctor" wait_for 25 same_as_doctor
    check "$1: can be read" test -z "$(js "$contrast")"
    [ -z "$axe" ] || check "$1: nothing for axe-core to find" axe_is_content
}
focus() { js 'return document.activeElement.id || document.activeElement.tagName'; }
tab() { wd POST /actions '{"actions":[{"type":"key","id":"k","actions":[{"type":"keyDown","value":"\uE004"},{"type":"keyUp","value":"\uE004"}]}]}' >/dev/null; }

begin
places
doctor --file "$dir/doctor.json"
must 'the browser starts' browser_open 1024 768
must 'the page opens' go "$(ctl page status)"
check 'the token is not in the address bar' wait_for 5 test "$(js 'return location.href')" = "http://127.0.0.1:$api_port/status"
told 'well'
check 'a screen reader hears the verdict when it changes' test "$(js 'return document.getElementById("verdict").getAttribute("role")')" = status
tab
check 'the keyboard reaches what may be longer than the window' test "$(focus)" = screen

must 'the paper is taken out' device printer paper out
printer_wants() { ctl api GET /v1/health | grep -q '"kind":"printer"[^}]*paper'; }
must 'loyald knows' wait_for 20 printer_wants
doctor --file "$dir/doctor.json"
check 'a warning is shown by itself' wait_for 25 says_on verdict WARNING
check 'with its reason' says_on findings 'printer degraded: .*paper'
check 'and its command' says_on findings 'loyalctl doctor'
told 'a warning'
must 'the till ends' stop till
check 'a till that is gone is told of' wait_for 25 says_on text 'no answer'
check 'and not taken for well' says_on verdict UNKNOWN
check 'it can be read' test -z "$(js "$contrast")"
browser_close || true # how it ends is its own affair
