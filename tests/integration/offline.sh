#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The central is away for the whole day: members' prices and points all the same, through a restart of the till too;
# it is said in words; afterwards everything arrives.
. "$(dirname "$0")/common.sh"
begin
check 'the central stops' stop central
check 'shoppers are served without a link' sell --baskets 20 --day-baskets 40
check 'all are sold' is sales 20
check 'their receipts are printed' is printed 20
check 'points are earned without a link' is_more earned 1
check 'discounts are given without a link' is_more discount_minor 1
check 'the till says that the link is down' says '"link":{"up":false'
ctl status | sed 's/^/  /'
check 'the till stops' stop till
must 'the till starts again' start_till
must 'the scanner is ready' wait_for 10 scanner_is_ready
check 'shoppers are served after a restart without a link' sell --from 20 --baskets 20 --day-baskets 40
check 'all are sold' is sales 20
check 'rules and members are still there' is_more earned 1
check 'the records wait' test "$(unsynced)" -ge 40

# For a till whose box is replaced now: the same bytes that can be saved from its journal when it is stopped.
check 'what waits is exported' ctl export-unsynced "$dir/export.jsonl"
check 'all of it' test "$(wc -l <"$dir/export.jsonl")" -eq "$(unsynced)"
check 'for this user alone' test "$(stat -c %a "$dir/export.jsonl")" = 600
cp "$dir/export.jsonl" "$dir/export.kept"
check 'a file that is there is left alone' sh -c "! '$bin/loyalctl' --state-dir '$dir/till' export-unsynced '$dir/export.jsonl' 2>/dev/null"
check 'byte for byte' cmp "$dir/export.jsonl" "$dir/export.kept"
check 'the till stops' stop till
check 'salvage finds the same' "$bin/loyalctl" salvage "$dir/till/journal.db" "$dir/saved"
check 'byte for byte' cmp "$dir/export.jsonl" "$dir/saved/unsynced.jsonl"
must 'the till starts again' start_till
must 'the scanner is ready' wait_for 10 scanner_is_ready
check 'loyald-sync away as well' stop courier
check 'shoppers are served without loyald-sync' sell --baskets 5 --seed 3
must 'the central starts again' start_central

# The file is brought to the central before the till has a link again; then the till sends it all the same.
brought() { central till import "$@" 2>&1; }
refused() { ! brought "$1" >"$work/said" && grep -q "$2" "$work/said"; }
sed '3s/"lines"/"Lines"/' "$dir/export.jsonl" >"$dir/changed.jsonl"
check 'a record that was changed is refused' refused "$dir/changed.jsonl" 'is not of the history .* none was taken'
tail -n +2 "$dir/export.jsonl" >"$dir/without.jsonl"
check 'one that is missing too' refused "$dir/without.jsonl" 'a part is missing before'
head -c -20 "$dir/export.jsonl" >"$dir/cut.jsonl"
check 'a file that is cut short' refused "$dir/cut.jsonl" 'cut short'
sed 's/"dev":"[0-9a-f]*"/"dev":"00000000000000ff"/' "$dir/export.jsonl" >"$dir/strange.jsonl"
check 'a till that nobody knows' refused "$dir/strange.jsonl" 'no till 00000000000000ff was ever enrolled'
check 'what was refused left nothing' test "$(central till list --json | number acked)" -lt 40
check 'what was exported is taken' sh -c "'$bin/loyal-central' --state-dir '$dir/central' till import '$dir/export.jsonl' | grep -q '^$(wc -l <"$dir/export.jsonl") records taken, 0 were here before'"
check 'once' sh -c "'$bin/loyal-central' --state-dir '$dir/central' till import '$dir/export.jsonl' --json | grep -q '\"accepted\":0,'"
must 'loyald-sync starts again' start_courier
settle
check 'nothing is left to export' sh -c "'$bin/loyalctl' --state-dir '$dir/till' export-unsynced '$dir/empty.jsonl' | grep -q '^0 records'"
