#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One member at two tills of a store: what one did the other knows within a minute, when both have a link. When either has none, the
# other is right about what the central knows all the same, and it counts its own sales at once and the other's when its link is back.
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

# One has a link, the other none: who has it shows what the central knows, the other what it knew last and what it sold itself.
one_without() { # WITHOUT WITH COURIER
    known=$(balance_at "$2")
    check "$1 loses its link" stop "$3"
    check "the member buys at $2" buy "$2" "with-$1"
    earned=$(($(balance_at "$2") - known))
    check "and at $1, without a link" buy "$1" "without-$1"
    check "within a minute $2 shows what the central says" wait_for 60 test_both "$2" "$((known + earned))"
    check "$1 shows its own sale at once" shows "$1" "$((known + earned))"
    check 'each sale earned something' test "$earned" -gt 0
}
test_both() { shows "$1" "$2" && [ "$(at_central)" = "$2" ]; }
both_are_right() { # BALANCE
    check 'within a minute of the link being back both are right' wait_for 60 agree
    check 'and every sale is counted' shows till "$1"
}

one_without b till b_courier
must 'the link comes back' start_more_courier b
both_are_right "$((known + 2 * earned))"
one_without till b courier
must 'the link comes back' start_courier
both_are_right "$((known + 2 * earned))"
must 'all of it is at the central' wait_for 30 till_is_synced b
check 'the ledger balances' central ledger check
