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
check 'all of it, and the line that closes it' test "$(wc -l <"$dir/export.jsonl")" -eq "$(($(unsynced) + 1))"
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
refused() { ! brought $1 >"$work/said" && grep -q "$2" "$work/said"; }
sed '3s/"lines"/"Lines"/' "$dir/export.jsonl" >"$dir/changed.jsonl"
check 'a record that was changed is refused' refused "$dir/changed.jsonl" 'nothing was taken .*line 4: the record does not follow the one before it'
check 'by your word it is refused all the same' refused "$dir/changed.jsonl --unproven" 'is not of the history .* none was taken'
tail -n +2 "$dir/export.jsonl" >"$dir/without.jsonl"
check 'one that is missing too' refused "$dir/without.jsonl" 'lines before it are missing'
check 'by your word as well' refused "$dir/without.jsonl --unproven" 'a part is missing before'
head -c -20 "$dir/export.jsonl" >"$dir/cut.jsonl"
check 'a file that is cut within its last line' refused "$dir/cut.jsonl" 'the closing line is not one that a till writes'
head -n -1 "$dir/export.jsonl" >"$dir/open.jsonl"
check 'one without that line' refused "$dir/open.jsonl" 'there is no closing line'
head -n -2 "$dir/export.jsonl" >"$dir/short.jsonl"
tail -n 1 "$dir/export.jsonl" >>"$dir/short.jsonl"
check 'one without its last record' refused "$dir/short.jsonl" 'the last record is not the one that the closing line names'
# The last record, of which no other tells, altered; and so cleverly that its closing line fits, but for the key.
count=$(wc -l <"$dir/export.jsonl")
sed "$((count - 1))s/\"body\":{/\"body\":{\"more\":1,/" "$dir/export.jsonl" >"$dir/last.jsonl"
check 'the last record altered' refused "$dir/last.jsonl" 'the last record is not the one that the closing line names'
python3 - "$dir/last.jsonl" >"$dir/clever.jsonl" <<'CODE'
import hashlib, json, sys
*records, end = open(sys.argv[1]).read().splitlines()
prev = bytes.fromhex(json.loads(records[-1])["prev"])
closing = json.loads(end)
closing["hash"] = hashlib.sha256(prev + records[-1].encode()).hexdigest()
print("\n".join(records + [json.dumps(closing, separators=(",", ":"))]))
CODE
check 'with a closing line to fit' refused "$dir/clever.jsonl" 'bears not the MAC of till'
sed '$s/,"mac":"[0-9a-f]*"//' "$dir/clever.jsonl" >"$dir/bare.jsonl"
check 'or one without a MAC' refused "$dir/bare.jsonl" 'bears no MAC of till'
sed 's/"dev":"[0-9a-f]*"/"dev":"00000000000000ff"/' "$dir/export.jsonl" >"$dir/strange.jsonl"
check 'a till that nobody knows' refused "$dir/strange.jsonl --unproven" 'no till 00000000000000ff was ever enrolled'
check 'what was refused left nothing' test "$(central till list --json | number acked)" -lt 40
check 'what was exported is taken' sh -c "'$bin/loyal-central' --state-dir '$dir/central' till import '$dir/export.jsonl' | grep -q '^records taken: $((count - 1)), here before: 0;'"
check 'by your word the same, without the line' sh -c "'$bin/loyal-central' --state-dir '$dir/central' till import '$dir/open.jsonl' --unproven --json | grep -q '\"accepted\":0,'"
check 'once' sh -c "'$bin/loyal-central' --state-dir '$dir/central' till import '$dir/export.jsonl' --json | grep -q '\"accepted\":0,'"
must 'loyald-sync starts again' start_courier
settle
check 'nothing is left to export' sh -c "'$bin/loyalctl' --state-dir '$dir/till' export-unsynced '$dir/empty.jsonl' | grep -q '^0 records'"
