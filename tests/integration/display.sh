#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a cash sale does beside its slip: the customer's display, by both command sets, gone and back in the middle; the
# drawer; a picture that came with the rules.
set=${3:-epson}
. "$(dirname "$0")/common.sh"
start_display() {
    start display "$bin/loyal-sim" display --link "$dir/ttyDISPLAY" --control "$dir/display.sock" --set "$set"
    wait_for 10 test -S "$dir/display.sock" && wait_for 10 test -e "$dir/ttyDISPLAY"
}
start_till_with_display() {
    start_till && stop till || return 1
    printf '[printer]\ndrawer = cash\n' >>"$dir/loyald.conf"
    printf '[display]\nport = tty:%s\ncommands = %s\nwelcome = Welcome|to the shop\n' "$dir/ttyDISPLAY" "$set" >>"$dir/loyald.conf"
    start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
    wait_for 15 till_answers
}

device() { "$bin/loyal-sim" tell --control "$dir/$1.sock" "$2"; }
shows() { # TOP BOTTOM [SECONDS]: patterns of grep, blanks at their ends left out
    wait_for "${3:-10}" sh -c '"$1" tell --control "$2" show | grep -q "\[ *$3 *\]\[ *$4 *\]"' sh "$bin/loyal-sim" "$dir/display.sock" "$1" "$2" ||
        { echo "seen: $(device display show), wanted: $1 / $2"; return 1; }
}
display_is() { says "\"kind\":\"display\"[^}]*\"state\":\"$1\""; }
put() { ctl api PUT "/v1/sales/$1" "{\"lines\":[$2]$3}" >/dev/null; }
coffee='{"line":1,"sku":"A100","name":"Coffee from far away","qty_milli":2000,"unit_price_minor":9990}'
apples='{"line":2,"sku":"B7","name":"Apples","qty_milli":1000,"unit_price_minor":8900}'

must 'the chain is made' make_chain "$demo/members.csv"
logo=$(printf 'P1 8 2 1111000010000001' | base64 -w 0)
sed "1s/{/{\"receipts\": {\"pictures\": {\"logo\": \"$logo\"}}, /" "$demo/bundle-1.json" >"$dir/with-logo.json"
must 'rules are published' publish "$dir/with-logo.json"
must 'the devices are there' start_devices
must 'the display is there' start_display
must 'loyald starts' start_till_with_display
must 'loyald-sync starts' start_courier
must 'the till is enrolled' wait_for 10 enrol
must 'the rules arrive' wait_for 30 has_rules 1
must 'the members arrive' wait_for 30 has_members 360
check 'it is ready' wait_for 10 display_is ready
check 'it shows the welcome' shows 'Welcome' 'to the shop'
check 'a basket is put' put d1 "$coffee" ''
check 'it shows the item and the total' shows 'Coffee from .*199.80' 'TOTAL *199.80'
check 'a second item' put d1 "$coffee,$apples" ''
check 'it shows the second' shows 'Apples *89.00' 'TOTAL *288.80'
card=$(sed -n 2p "$demo/members.csv" | cut -d , -f 2)
check 'the card is shown' ctl api PUT /v1/sales/d1 "{\"lines\":[$coffee,$apples],\"card\":\"$card\"}" >/dev/null
check 'it shows the points' shows 'Hello!' 'Points *[0-9].*'
check 'and the item in turn' shows 'Apples .*' 'TOTAL .*'
check 'the cable is pulled' device display unplug >/dev/null
check 'the till says so' wait_for 10 display_is lost
check 'it is tendered all the same' ctl api POST /v1/sales/d1/tender '{"tenders":[{"kind":"cash","amount_minor":50000}]}' >/dev/null
check 'the cable is back' device display plug >/dev/null
check 'it shows what is to be paid' shows 'TO PAY .*' '.*'
check 'it is committed' ctl api POST /v1/sales/d1/commit '{}' >/dev/null
check 'the drawer was opened' wait_for 10 grep -q '"drawer_pulses":1' "$dir/slips/slip-0001.json"
check 'and the picture printed' grep -q '"pictures":1' "$dir/slips/slip-0001.json"
check 'it shows the change' shows 'Thank you!' 'Change *[0-9].*'
check 'and the points' shows 'Earned .*' 'Points .*'
check 'the welcome comes back' shows 'Welcome' 'to the shop' 30
back='"return_id":"b1","sale_id":"d1","lines":[{"line":2,"qty_milli":1000}]'
check 'a return is asked for' ctl api POST /v1/returns "{$back,\"quote\":true}" >/dev/null
check 'it shows what that would give back' shows 'Apples' 'REFUND *[0-9].*'
check 'the goods are taken back' ctl api POST /v1/returns "{$back}" >/dev/null
check 'it shows the points that go' shows 'Return' 'Points *-[0-9].*'
check 'and the money in turn' shows 'Apples' 'REFUND *[0-9].*'
check 'a sale takes its place' put d2 "$coffee" ''
check 'with its item' shows 'Coffee from .*' 'TOTAL .*'
check 'that sale is given up' ctl api POST /v1/sales/d2/void '{}' >/dev/null
check 'the welcome comes back again' shows 'Welcome' 'to the shop' 30
check 'every command was known' sh -c 'echo "$1"; echo "$1" | grep -q "unknown=0 ignored=0 undecodable=0"' sh "$(device display state)"
check 'it is listed' sh -c '"$1" --state-dir "$2" devices list | grep -q "^display *ready"' sh "$bin/loyalctl" "$dir/till"
stop till
"$bin/loyalctl" devices scan "tty:$dir/ttyPRINTER" --seconds 1 >"$dir/found"
check 'the printer is found' grep -q "^port = tty:$dir/ttyPRINTER?baud=9600" "$dir/found"
check 'and its model' grep -q '^# Epson TM-T20III answers' "$dir/found"
check 'which is its profile' grep -q '^profile = epson-tm-t20iii' "$dir/found"
check 'a test is printed' sh -c '"$1" devices test-print "$2" | grep -q "the printer says that it is printed"' sh "$bin/loyalctl" "tty:$dir/ttyPRINTER"
check 'in every code page' grep -q '^ 17 CP866       АБВГДЕ' "$dir/slips/slip-0003.txt"
check 'a test shows on it' "$bin/loyalctl" devices test-display "tty:$dir/ttyDISPLAY" --commands "$set" --seconds 1
check 'with our letters' shows 'Съешь ещё этих' 'булок *1234567,89'
