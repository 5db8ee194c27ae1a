#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Planted names and numbers: a member's name, cards scanned, typed, misread and sent in the wrong place, a bank card. None is found in a log (at its
# loudest), in the journal, in what the API answers about the till, or in the text of an error.
. "$(dirname "$0")/common.sh"
name='Plantagenetova'
card=2900099900017
wrong=2900099900018 # misread: its check digit
bank=4929123412341239
phone=79161234567
mail=planted@example.org
new_card=2900000990012
{ head -n 3 "$demo/members.csv"; echo "M9,$card,active,,,05-17,$name P.,5000"; } >"$dir/members.csv"
must 'the chain is made' make_chain "$dir/members.csv"
must 'rules are published' publish "$demo/bundle-1.json"
printf 'I agree.\n' >"$dir/consent.txt"
must 'the office says what is agreed to' central consent set demo en 2026-1 "$dir/consent.txt"
must 'the devices are there' start_devices
start_till_loud() {
    start_till || return 1
    stop till || return 1
    sed -i 's/^\[daemon\]/[daemon]\nlog_level = debug/' "$dir/loyald.conf"
    start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
    wait_for 15 till_answers
}
must 'loyald starts, logging all it has' start_till_loud
must 'loyald-sync starts' start_courier
must 'the till is enrolled' wait_for 10 enrol
must 'the rules arrive' wait_for 30 has_rules 1
must 'the members arrive' wait_for 30 has_members 3

said=$dir/said
ask() { ctl api "$@" >>"$said" 2>&1; }
basket='"lines":[{"line":1,"sku":"A","qty_milli":1000,"unit_price_minor":5000}]'
check 'the planted card is known here' sh -c "'$bin/loyalctl' --state-dir '$dir/till' api PUT /v1/sales/p1 '{\"card\":\"$card\",$basket}' | grep -q '$name'"
ask POST /v1/sales/p1/commit '{}'
ask POST /v1/returns '{"sale_id":"p1"}'
ask GET "/v1/members?identifier=$card"
mv "$said" "$dir/sales" # the cashier sees who stands there: a sale's own answers show a name, and never a number
ask PUT /v1/sales/p2 "{\"card\":\"$wrong\",$basket}"
ask POST /v1/sales/p2/commit '{}'
ask PUT /v1/sales/p3 "{\"card\":$card,$basket}"
ask PUT /v1/sales/p3 "{\"card\":[\"$card\"],$basket}"
ask PUT /v1/sales/p3 "{\"card\":\"$card\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":\"$phone\"}]}"
ask PUT /v1/sales/p3 "{\"card\":\"$card\",$basket,\"redeem\":{\"$phone\":1},\"tenders\":[\"$bank\",7]}"
ask PUT /v1/sales/p4 "{\"card\":\"$bank\",$basket}"
ask POST /v1/sales/p4/commit '{}'
ask POST /v1/scans "{\"text\":\"$card\",\"entry\":\"keyed\"}"
ask POST /v1/scans "{\"text\":\"$wrong\",\"entry\":\"scan\"}"
ask POST /v1/scans "{\"text\":$phone}"
ask POST /v1/sales '{"sale_id":"'"$card $name"'"}'
form="\"consent\":\"2026-1\",\"name\":\"$name\",\"phone\":\"+$phone\",\"email\":\"$mail\""
check 'a card is issued' sh -c "'$bin/loyalctl' --state-dir '$dir/till' api POST /v1/enrolments '{\"card\":\"$new_card\",$form}' | grep -q '0012'"
ask POST /v1/enrolments "{\"card\":\"$wrong\",$form}"
ask POST /v1/enrolments "{\"card\":\"$new_card\",\"birthday\":\"$name\",$form}"
ask POST /v1/enrolments "{\"card\":\"$new_card\",$form"
ask GET "/v1/members?identifier=$wrong"
ask GET "/v1/members?identifier=$bank"
ask GET "/v1/members?identifier=%2B$phone"
ask GET /v1/health
ask GET /v1/totals
ask GET /v1/shifts
ask GET /metrics
device scanner scan "$card" >/dev/null 2>&1
must 'everything is at the central' wait_for 60 is_synced
stop till
stop courier
grep -q 'sale=\|code=L-' "$dir/log/till.log" || bad 'the log at its loudest says nothing: the test would find nothing'

# FILE... holds none of WORDS; a database is looked at as bytes, its pages hold texts as they are.
clean() {
    clean_what=$1
    shift
    for clean_word in "$name" "$card" "$wrong" "$bank" "$phone" "$mail" "$new_card"; do
        if grep -a -l -- "$clean_word" "$@" 2>/dev/null; then
            bad "$clean_what holds the planted $clean_word"
            grep -a -o -- ".\{0,60\}$clean_word.\{0,40\}" "$@" | head -n 3
        fi
    done
    ok "$clean_what: looked at $(cat "$@" | wc -c) bytes"
}
clean 'the logs' "$dir/log/till.log" "$dir/log/courier.log" "$dir/log/central.log"
clean 'the journal' "$dir/till/journal.db"*
# The planted member has that name as a display name, which the cache may hold; the form's own texts are nowhere.
for planted in "$phone" "$mail" "$new_card"; do
    if grep -r -a -l -- "$planted" "$dir/till"; then bad "the till's files hold $planted of the form"; fi
done
check 'the central has read the form' grep -a -q "$mail" "$dir/central/central.db" "$dir/central/central.db-wal"
clean 'what the API said of the till and of errors' "$said"
for number in "$card" "$bank" "$phone"; do
    if grep -q "$number" "$dir/sales"; then bad "a sale's answer holds $number"; fi
done
grep -a -q "$card" "$dir/members.csv" || bad 'the test does not find what is there'
