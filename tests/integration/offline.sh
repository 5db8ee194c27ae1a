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
check 'loyald-sync away as well' stop courier
check 'shoppers are served without loyald-sync' sell --baskets 5 --seed 3
must 'the central starts again' start_central
must 'loyald-sync starts again' start_courier
settle
