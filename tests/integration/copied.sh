#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A till's disk is copied to another till, as by an image made too late. Enrolling the copy is refused in words and changes nothing:
# the good one sells on under its name. With an epoch and a name of its own the copy takes the very same code and delivers what it sold.
# Then the till's own disk is put back to that image: its history splits, is refused, and goes on by a new epoch. Each sale of each
# life is at the central once, those that two of them delivered as well.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tills.sh"
card=2900010000022
has_sales() { [ "$(central totals --json | number sales)" = "$1" ]; }
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
check 'the courier stops' stop courier
check 'two sales wait at it' buy till w1
check 'two sales wait at it' buy till w2
check 'it stops' stop till
must 'its disk is copied' cp -a "$dir/till" "$dir/copy"
must 'its disk is copied' cp -a "$dir/till" "$dir/image"
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
must 'everything is at the central' wait_for 30 has_sales 12

echo '-- the copy, with sales that nobody knows of yet'
check 'the copy stops' stop copycourier
buy copy c1
buy copy c2
check 'loyald in the way is said' sh -c "! '$bin/loyalctl' new-epoch '$dir/copy' 2>&1 | grep -v 'stop it first'"
check 'the copy stops' stop copy
check 'it begins a history of its own' "$bin/loyalctl" new-epoch "$dir/copy" --new-name
must 'it starts anew' start_copy
start copycourier "$bin/loyald-sync" --config "$dir/copy-sync.conf" --state-dir "$dir/copy_courier"
must 'and its courier' wait_for 15 copy_has_courier
check 'the same code is still good' copyctl enrol "$code"
check 'two tills are known' test "$(tills)" = 2
must 'its sales are at the central' wait_for 30 has_sales 14
check 'the good one sells on' sell --from 10 --baskets 5 --day-baskets 15
must 'everything is at the central' wait_for 30 has_sales 19

echo '-- the good one is put back to the copy of its disk, and its journal splits'
check 'it stops' stop courier
check 'it stops' stop till
must 'its disk is lost' mv "$dir/till" "$dir/lost"
must 'an old image is put back' cp -a "$dir/image" "$dir/till"
must 'it starts' start_till
buy till p1
buy till p2
must 'and its courier' start_courier
must 'the central sees that' wait_for 30 says '"forked":true'
buy till p3
check 'nothing of it is taken' has_sales 19
check 'it stops' stop courier
check 'it stops' stop till
check 'it begins a history of its own' "$bin/loyalctl" new-epoch "$dir/till"
must 'it starts' start_till
must 'and its courier' start_courier
must 'it is enrolled' wait_for 10 enrol
must 'its sales are at the central' wait_for 30 has_sales 22
check 'two tills are known' test "$(tills)" = 2
check 'it sells on' buy till p4
must 'and delivers' wait_for 30 has_sales 23
check 'the till counts those of its life' test "$(ctl totals --json | number sales)" = 11
check 'none was in the way' test "$(central totals --json | number dead_letters)" = 0
check 'the ledger balances' central ledger check

fleet_is_told() { central fleet --json | grep -q '"devices":"2 ready"'; }
must 'the good one told how it is' wait_for 30 fleet_is_told
central fleet
check 'nothing is bad' test $? -le 1
