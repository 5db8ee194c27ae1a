#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Garbage, oversize and half frames, wrong check digits, unknown cards, codes and items, sales given up between, the
# cable pulled: every sale goes through, and the till says what happened. LOYALD_SEED=N plays another course.
. "$(dirname "$0")/common.sh"
seed=${LOYALD_SEED:-7}
echo "seed $seed"
begin
check 'shoppers are served among faults' sell --baskets 60 --faults "$seed" --seed "$seed"
check 'all are sold' is sales 60
check 'the till spoke of every fault' is faults_silent 0
check 'each kind was played' is_more faults_played 9
check 'sales were given up between' is_more voided 1
check 'unreadable scans were told' is_more scan_unreadable 1
check 'the cable is pulled' device scanner unplug
check 'shoppers are served without a scanner' sell --baskets 5 --seed 99
check 'all are sold' is sales 5
check 'cards were typed in' is_more cards_keyed 1
check 'the till says the scanner is away' says '"kind":"scanner"[^}]*"state":"\(lost\|opening\)"'
check 'the cable is back' device scanner plug
check 'the scanner is ready again' wait_for 15 scanner_is_ready
check 'shoppers are served by scanner again' sell --baskets 5 --seed 100
check 'no card was typed in' is cards_keyed 0
settle
