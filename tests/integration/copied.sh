#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A till's disk is copied to another till, as by an image made too late. Enrolling the copy is refused in words and changes nothing:
# the good one sells on under its name. With its journal set aside the copy takes the very same code and is a till of its own.
. "$(dirname "$0")/common.sh"
copyctl() { "$bin/loyalctl" --state-dir "$dir/copy" "$@"; }
copy_answers() { copyctl api GET /v1/health >/dev/null 2>&1; }
copy_has_courier() { copyctl api GET /v1/health 2>/dev/null | grep -q '"courier":"[0-9]'; }
start_copy() {
    printf '[daemon]\nlanguage = en\n[api]\nport = 0\n[sync]\nretry_max_s = 1\n' >"$dir/copy.conf"
    start copy "$bin/loyald" --config "$dir/copy.conf" --state-dir "$dir/copy"
    wait_for 15 copy_answers
}
tills() { central till list --json | grep -o '"dev":' | wc -l | tr -d ' '; }

begin
check 'the good one sells' sell --baskets 5
settle
check 'it stops' stop courier
check 'it stops' stop till
must 'its disk is copied' cp -a "$dir/till" "$dir/copy"
must 'its disk is copied' cp -a "$dir/courier" "$dir/copy_courier"
must 'the good one starts again' start_till
must 'and its courier' start_courier
must 'the copy starts' start_copy
sed "s|$dir/till/run|$dir/copy/run|" "$dir/loyald-sync.conf" >"$dir/copy-sync.conf"
start copycourier "$bin/loyald-sync" --config "$dir/copy-sync.conf" --state-dir "$dir/copy_courier"
must 'and its courier' wait_for 15 copy_has_courier

code=$(central till code demo S12 4)
copyctl enrol "$code" >"$dir/refused" 2>&1
check 'the copy is refused' test $? -ne 0
cat "$dir/refused"
check 'in words' grep -q 'was its disk copied here' "$dir/refused"
check 'one till is known' test "$(tills)" = 1
check 'the good one sells on' sell --from 5 --baskets 5 --day-baskets 10
settle

check 'the copy stops' stop copycourier
check 'the copy stops' stop copy
mkdir "$dir/aside"
must 'its journal is set aside' mv "$dir"/copy/journal.db* "$dir/aside/"
must 'it starts anew' start_copy
start copycourier "$bin/loyald-sync" --config "$dir/copy-sync.conf" --state-dir "$dir/copy_courier"
must 'and its courier' wait_for 15 copy_has_courier
check 'the same code is still good' copyctl enrol "$code"
check 'two tills are known' test "$(tills)" = 2
check 'the good one sells on' sell --from 10 --baskets 5 --day-baskets 15
settle

fleet_is_told() { central fleet --json | grep -q '"devices":"2 ready"'; }
must 'the good one told how it is' wait_for 30 fleet_is_told
central fleet
check 'nothing is bad' test $? -le 1
