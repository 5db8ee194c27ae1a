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
must 'loyald-sync starts again' start_courier
settle
check 'nothing is left to export' sh -c "'$bin/loyalctl' --state-dir '$dir/till' export-unsynced '$dir/empty.jsonl' | grep -q '^0 records'"
