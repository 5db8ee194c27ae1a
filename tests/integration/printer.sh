#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Paper out, unplugged, hung: the sale goes through and is journalled, the till says that the slip is not printed or
# that it cannot know, and prints again when it can.
printer_profile=${3:-epson-tm-t20iii}
. "$(dirname "$0")/common.sh"
printer_is_ready() { says '"kind":"printer"[^}]*"state":"ready"'; }
not_printed() { [ $(($(figure print_failed) + $(figure print_unknown))) -ge "$1" ]; }

begin
check 'a slip is printed' sell --baskets 1 --print-wait-ms 20000
check 'it is confirmed' is printed 1
check 'the paper is out' device printer paper out
check 'sales go on without paper' sell --baskets 2 --seed 2 --print-wait-ms 40000
check 'all are sold' is sales 2
check 'their slips are known not to be printed' not_printed 2
cat "$dir/shop.json"
ctl status | sed -n 's/^printer/  printer/p'
check 'there is paper' device printer paper ok
check 'the printer is ready again' wait_for 20 printer_is_ready
check 'a slip is printed again' sell --baskets 1 --seed 3 --print-wait-ms 20000
check 'it is confirmed' is printed 1
check 'the printer is unplugged' device printer unplug
check 'sales go on without a printer' sell --baskets 2 --seed 4 --print-wait-ms 40000
check 'all are sold' is sales 2
check 'their slips are known not to be printed' not_printed 2
check 'the till says the printer is away' says '"kind":"printer"[^}]*"state":"lost"'
check 'the printer is plugged in' device printer plug
check 'the printer is ready again' wait_for 20 printer_is_ready
check 'a slip is printed again' sell --baskets 1 --seed 5 --print-wait-ms 20000
check 'it is confirmed' is printed 1
copied=$(tail -n 1 "$dir/confirmed" | cut -d ' ' -f 1)
records() { ctl totals --json | number records; }
is_journalled() { [ "$(records)" -gt "$before" ]; }
before=$(records)
check 'a copy is printed' ctl sale copy "$copied" >/dev/null
check 'what became of it is journalled' wait_for 20 is_journalled
settle
