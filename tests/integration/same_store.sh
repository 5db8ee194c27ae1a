#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One member at two tills of a store: what one did the other knows within a minute, when both have a link; a till without one counts
# its own sales at once and the other's when its link is back.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tills.sh"
card=2900010000022

# The balance in points that the till shows when the card is read.
balance_at() {
    look=look-$(date +%s%N)
    till_ctl "$1" api PUT "/v1/sales/$look" "{\"card\":\"$card\",\"lines\":[$line]}" | grep -o '"balances":{[^}]*}' | number bonus
    till_ctl "$1" api POST "/v1/sales/$look/void" '{}' >/dev/null
}
shows() { [ "$(balance_at "$1")" = "$2" ]; }
agree() { [ "$(balance_at till)" = "$(balance_at b)" ] && [ "$(balance_at till)" = "$(at_central)" ]; }
at_central() { central member show M0002 --json | grep -o '"balances":{[^}]*}' | number bonus; }

begin
must 'a second till of the store' more_till b S12 4
first=$(balance_at till)
check 'both show one balance' agree
check 'the member buys at the first till' buy till s1
after=$(balance_at till)
check 'which counts it at once' test "$after" -gt "$first"
check 'within a minute the second shows it' wait_for 60 shows b "$after"
check 'the member pays with points at the second' buy b s2 ",\"redeem\":{\"bonus\":1000}"
spent=$(balance_at b)
check 'which counts them at once' test "$spent" -lt "$((after + 5000))"
check 'within a minute the first shows it' wait_for 60 shows till "$spent"
check 'and the central says the same' wait_for 30 agree

check 'the second loses its link' stop b_courier
check 'the member buys at the first' buy till s3
with_link=$(balance_at till)
check 'and at the second, without a link' buy b s4
check 'which counts its own' test "$(balance_at b)" -gt "$spent"
check 'the first, with a link, is right about what the central knows' test "$with_link" -gt "$spent"
must 'the link comes back' start_more_courier b
check 'within a minute both are right' wait_for 60 agree
check 'every sale is counted' test "$(balance_at till)" -gt "$with_link"
must 'all of it is at the central' wait_for 30 till_is_synced b
check 'the ledger balances' central ledger check
