#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The office gets a root after its tills were enrolled; later every key of rules and of the central changes while the till is away.
. "$(dirname "$0")/common.sh"

key() { "$bin/loyal-central" key create --out "$dir/$1.pem" --json | text key; }
root() { "$bin/loyal-central" root "$@" >>"$dir/log/setup.log"; }
sign_root() { # FILE KEY...
    sign_root_file=$1
    shift
    for sign_root_key in "$@"; do
        root sign --key "$dir/$sign_root_key.pem" "$sign_root_file" || return 1
    done
}
publish_root() { central root publish "$1" >>"$dir/log/setup.log"; }
refuses() { # WORDS COMMAND...
    refuses_words=$1
    shift
    if "$@" >"$dir/said" 2>&1; then return 1; fi
    grep -q "$refuses_words" "$dir/said" || {
        cat "$dir/said"
        return 1
    }
}
bundle() { sed "s/\"version\": *[0-9]*/\"version\": $1/" "$demo/bundle-1.json" >"$dir/bundle-$1.json"; }

begin
must 'keys are made' key anna >/dev/null
for who in boris clara new; do must 'keys are made' key $who >/dev/null; done
must 'root 1 is made' root create demo root+="$dir/anna.pub.pem" root+="$dir/boris.pub.pem" root+="$dir/clara.pub.pem" \
    rules+="$dir/office.pub.pem" timestamp+="$dir/central/timestamp.pub.pem" --out "$dir/root-1.json"
must 'two sign it' sign_root "$dir/root-1.json" anna boris
check 'without the key that tills know it is refused' refuses 'when they were enrolled' publish_root "$dir/root-1.json"
must 'that key signs it too' sign_root "$dir/root-1.json" office
check 'it is published' publish_root "$dir/root-1.json"
check 'the till enrolled before takes it' wait_for 30 says '"trust":{"root":1,'
bundle 2
must 'newer rules are published' publish "$dir/bundle-2.json"
check 'the till has them' wait_for 30 has_rules 2
check 'keys are no more added beside the root' refuses 'root create' central chain key add demo "$dir/clara.pub.pem"

check 'the link goes' stop courier
old=$("$bin/loyal-central" root check "$dir/root-1.json" | sed -n 's/^rules .*: //p')
stamp=$("$bin/loyal-central" root check "$dir/root-1.json" | sed -n 's/^timestamp .*: //p')
must 'root 2: another key of rules' root create demo "rules+=$dir/new.pub.pem" "rules-=$old" --after "$dir/root-1.json" \
    --out "$dir/root-2.json"
must 'one signs it' sign_root "$dir/root-2.json" clara
check 'one of two is too few' refuses '1 of the 2 keys' publish_root "$dir/root-2.json"
must 'another signs it' sign_root "$dir/root-2.json" anna
check 'root 2 is published' publish_root "$dir/root-2.json"
check 'what the old key signs is refused' refuses 'is not one of chain demo' publish "$dir/bundle-2.json"
check 'the central stops' stop central
must 'it gets another key of timestamps' central timestamp rotate >>"$dir/log/setup.log"
must 'the central starts' start_central
must 'root 3: with that key' root create demo "timestamp+=$dir/central/timestamp-next.pub.pem" "timestamp-=$stamp" \
    --after "$dir/root-2.json" --out "$dir/root-3.json"
must 'two sign it' sign_root "$dir/root-3.json" boris clara
check 'root 3 is published' publish_root "$dir/root-3.json"
bundle 3
must 'rules by the new key' publish "$dir/bundle-3.json" "$dir/new.pem"
check 'the till sells on meanwhile' sell --baskets 5 --day-baskets 45
must 'the link comes back' start_courier
check 'the till goes through both' wait_for 30 says '"trust":{"root":3,'
check 'and has the rules of the new key' wait_for 30 has_rules 3
check 'status says who confirmed them and for how long' sh -c "'$bin/loyalctl' --state-dir '$dir/till' status | grep 'confirmed  by root 3, [67] days left'"
check 'the till stops' stop till
must 'its cache is thrown away' sh -c "rm -f '$dir'/till/cache.db*"
must 'the till starts' start_till
check 'what it trusts was not in it' says '"trust":{"root":3,'
settle

# Nobody has confirmed the rules for longer than the timestamp is good: status and doctor say so, in the same words.
. "$(dirname "$0")/doctor_common.sh"
if command -v faketime >/dev/null && ! grep -q __asan_init "$bin/loyald"; then
    must 'the courier stops' stop courier
    must 'the till stops' stop till
    # Not under faketime(1), which stays its parent and would be told to end in its place.
    start till env "LD_PRELOAD=$(faketime -f +30d env | sed -n 's/^LD_PRELOAD=//p')" FAKETIME=+30d \
        "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
    must 'the till starts a month later' wait_for 15 till_answers
    places
    ctl_says() { "$bin/loyalctl" --state-dir "$dir/till" status | grep -q "$1"; }
    check 'doctor says that the rules are not confirmed' finds FAIL rules 'has not confirmed these rules for too long' 'loyal-central root list'
    check 'and so does status' ctl_says "^CRITICAL: .*has not confirmed the rules for too long"
else
    echo 'left out: no month passes, for want of faketime (or under a sanitizer)'
fi
