#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rules go out ring by ring to real tills of two stores: the first ring's till cannot live by them and goes back, the roll-out halts by
# itself and is taken back by one command; the next one is forced to every till by two people.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tills.sh"

# bundle VERSION: the rules of version 1 under another number, signed
bundle() {
    sed "s/\"version\": *[0-9]*/\"version\": $1/" "$demo/bundle-1.json" >"$dir/rules-$1.json" &&
        "$bin/loyal-central" bundle sign --key "$dir/office.pem" --chain demo --out "$dir/rules-$1.signed" "$dir/rules-$1.json" \
            >>"$dir/log/setup.log"
}
rollout() { central rollout "$@" >>"$dir/log/setup.log"; }
is_state() { central rollout status --json | grep -q "\"version\":$1,\"state\":\"$2\""; }
is_asked_of() { central rollout status --json | grep -q "\"told\":$1,"; }
fails() { if "$@" 2>/dev/null; then return 1; fi; }
dies_and_comes_back() {
    kill_now till
    start_till
}

begin
must 'a second key of the office' "$bin/loyal-central" key create --out "$dir/second.pem" >>"$dir/log/setup.log"
must 'the chain has it' central chain key add demo "$dir/second.pub.pem" >>"$dir/log/setup.log"
must 'a second store' central store create demo S13 >>"$dir/log/setup.log"
must 'a till of it' more_till b S13 1
for version in 2 3 4; do must 'rules are signed' bundle $version; done

check 'rules go out in two rings' rollout start "$dir/rules-2.json" "$dir/rules-2.signed" "$dir/rules-3.json" "$dir/rules-3.signed" \
    --rings lab:S12,100% --failures 10
check 'the first ring has them' wait_for 30 has_rules 2
check 'the second has not' till_has_rules b 1
check 'the till dies under them' dies_and_comes_back
check 'again' dies_and_comes_back
check 'and again' dies_and_comes_back
check 'it goes back by itself' wait_for 30 has_rules 1
ctl status | grep 'refused' | sed 's/^/  /'
check 'the roll-out halts by itself' wait_for 100 is_state 2 halted
central rollout status
check 'the second ring never had them' till_has_rules b 1
check 'the next ring is not reached while it is halted' fails rollout advance demo
check 'one command back' rollout back demo
check 'every till has the rules of before' wait_for 30 has_rules 3
check 'every till has the rules of before' wait_for 30 till_has_rules b 3

check 'the next rules go out' rollout start "$dir/rules-4.json" "$dir/rules-4.signed" --rings lab:S12,100%
check 'the first ring has them' wait_for 30 has_rules 4
check 'the second has not' till_has_rules b 3
check 'one person wants them everywhere at once' rollout approve demo --key "$dir/office.pem"
check 'the same person is no second one' fails rollout approve demo --key "$dir/office.pem"
check 'that is not enough' till_has_rules b 3
check 'a second person agrees' rollout approve demo --key "$dir/second.pem"
check 'every till has them' wait_for 30 till_has_rules b 4
check 'sales go on' sell --baskets 5
settle
