#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole product doing its job on this machine, on simulated devices: a card is scanned, the discount worked out
# offline, the sale journalled, the slip printed, the central told over TLS, and a rule of the office changes the next
# sale. Installs and builds what is missing; the second run does not.
#   --keep       leave everything running, and print commands to try by hand
#   --data DIR   sell real receipts (DIR/completejourney, DIR/onlineretail) instead of made ones
#   --baskets N  how many (200)      --seed N   of the baskets (1)
#   --faults N   play faults of the scanner line too, N being their seed
#   --language ru|en   of slips and names (ru)
#   LOYALD_BIN=DIR in the environment: programs built elsewhere; nothing is installed or built then
# Exit status: 0 everything balances, 1 it does not or something failed.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
demo=$root/packaging/demo
. "$root/packaging/lib.sh"
. "$demo/shop.sh"

keep=no data='' baskets=200 seed=1 faults=0 language=ru
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=yes ;;
    --data | --baskets | --seed | --faults | --language)
        [ $# -gt 1 ] || give_up "$1 wants a value; try --help"
        case $1 in
        --data) data=$(cd "$2" && pwd) || give_up "--data $2: no such folder" ;;
        --baskets) baskets=$2 ;;
        --seed) seed=$2 ;;
        --faults) faults=$2 ;;
        --language) language=$2 ;;
        esac
        shift
        ;;
    --help)
        sed -n 's/^# \{0,1\}//; 3,13p' "$0"
        exit 0
        ;;
    *) give_up "$1 is no option; try --help" ;;
    esac
    shift
done
[ "$baskets" -ge 20 ] 2>/dev/null || give_up "--baskets $baskets: wants a number of at least 20"

# ---- what it stands on ----

bin=${LOYALD_BIN:-$root/build/release/bin}
if [ -z "${LOYALD_BIN:-}" ]; then
    needs build demo
    build_programs() {
        [ -f "$root/build/release/build.ninja" ] || (cd "$root" && cmake --preset release -DLOYALD_TESTS=OFF)
        cmake --build "$root/build/release" --target loyald loyald-sync loyalctl loyal-central loyal-sim
    }
    step 'Building the five programs' build_programs
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/loyald-demo.XXXXXX")
mkdir "$dir/log"
finish() {
    finish_code=$?
    trap - EXIT INT TERM
    shop_end || finish_code=1
    if [ "$finish_code" -ne 0 ]; then
        say "What the programs said is in $dir/log" >&2
    else
        rm -rf "$dir"
    fi
    exit "$finish_code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

must() {
    must_what=$1
    shift
    "$@" || {
        tail -n 5 "$dir"/log/*.log >&2 || true
        give_up "$must_what: failed"
    }
}
tell() { printf '\n== %s\n' "$*"; }

# ---- the story ----

tell 'The office: an authority of its own, a chain, a store, 360 members'
if [ -n "$data" ]; then
    members=$dir/members.csv
    "$bin/loyal-sim" shop --list-members --data "$data" --seed "$seed" --baskets "$baskets" >"$members"
else
    members=$demo/members.csv
fi
must 'the chain' make_chain "$members"
must 'rules version 1' publish "$demo/bundle-1.json"
say "The central serves https://localhost:$central_port; rules version 1 are signed and published."

tell 'The till: scanner and printer on simulated serial lines, enrolled by a code'
must 'the devices' start_devices
must 'loyald' start_till
must 'loyald-sync' start_courier
must 'enrolment' enrol
must 'rules version 1 at the till' wait_for 20 has_rules 1
must 'members at the till' wait_for 20 has_members "$(($(wc -l <"$members") - 1))"
must 'the scanner' wait_for 10 scanner_is_ready
ctl status || true

half=$((baskets / 2)) offline=$((baskets / 4))
rest=$((baskets - half - offline))
sell() { # PART FROM COUNT
    shoppers --members "$members" ${data:+--data "$data"} --seed "$seed" --from "$2" --baskets "$3" \
        --day-baskets "$baskets" --faults "$faults" --language "$language" --json "$dir/shop-$1.json"
}

tell "A shop day, $baskets baskets: the first $half with the link"
must 'selling' sell 1 0 $half

tell 'Three slips, as the printer printed them'
for n in 1 $((half / 2)) $half; do
    slip=$(printf '%s/slips/slip-%04d.txt' "$dir" "$n")
    must "slip $n" wait_for 10 test -s "$slip"
    sed 's/^/    | /' "$slip"
    printf '\n\n'
done

tell "The link is cut (the central is stopped); $offline baskets go on"
must 'stopping the central' stop central
must 'selling without a link' sell 2 $half $offline
say "Without a link since: $(unsynced) records wait at the till."
must 'a till without a link that waits' [ "$(unsynced)" -gt "$offline" ]

tell 'The office publishes rules version 2 (7 % off everything), the link heals'
must 'the central' start_central
must 'rules version 2' publish "$demo/bundle-2.json"
must 'rules version 2 at the till' wait_for 30 has_rules 2
must 'the last baskets' sell 3 $((half + offline)) $rest
must 'the waiting sales at the central' wait_for 60 is_synced
last=$(tail -n 1 "$dir/confirmed" | cut -d ' ' -f 1)
ctl sale show "$last" --json >"$dir/last.json"
grep -q '"version":2' "$dir/last.json" || give_up "sale $last did not go by rules version 2"
grep -q 'birthday-of-the-shop' "$dir/last.json" || give_up "sale $last did not get the new rule's discount"
say "The next sales went by version 2, with no restart: sale $last has \"birthday-of-the-shop\"."

tell 'What is refused'
refused() { # WHAT COMMAND...
    refused_what=$1
    shift
    if "$@" 2>"$dir/refused"; then
        give_up "$refused_what: was not refused"
    fi
    say "$refused_what: $(cat "$dir/refused")"
}
"$bin/loyal-central" key create --out "$dir/stranger.pem" >>"$dir/log/setup.log"
sed 's/"version": 2,/"version": 3,/' "$demo/bundle-2.json" >"$dir/bundle-3.json"
refused 'By the central, an older version' publish "$demo/bundle-1.json"
refused 'By the central, a signature of nobody it knows' publish "$dir/bundle-3.json" "$dir/stranger.pem"
"$bin/loyal-central" bundle sign --key "$dir/office.pem" --chain demo --out "$dir/wrong.signed" "$dir/bundle-3.json" \
    >>"$dir/log/setup.log"
sed 's/created_at\\":\\"20/created_at\\":\\"21/' "$dir/wrong.signed" >"$dir/altered.signed"
cmp -s "$dir/wrong.signed" "$dir/altered.signed" && give_up 'the signed manifest was not altered'
refused 'By the central, a manifest altered after it was signed' \
    central bundle publish "$dir/bundle-3.json" "$dir/altered.signed"
# The till trusts the keys it was given when it was enrolled, and no central that was talked into another one.
central chain key add demo "$dir/stranger.pub.pem" >>"$dir/log/setup.log"
must 'rules version 3' publish "$dir/bundle-3.json" "$dir/stranger.pem"
refused_reason() { ctl api GET /v1/health | sed -n 's/.*"refused":{[^}]*"reason":"\([^}]*\)"}.*/\1/p' | grep .; }
must 'the refusal of version 3' wait_for 20 refused_reason >/dev/null
say "By the till, rules of a key it does not know: $(refused_reason)"
must 'version 2 still in force' has_rules 2
must 'the last records at the central' wait_for 30 is_synced

# ---- the table ----

tell 'Till and central'
balanced=yes
balance || balanced=no
money() { printf '%s' "$1" | awk '{ printf "%d.%02d", $1 / 100, $1 % 100 }'; }
row() { printf '  %-26s %18s %18s\n' "$1" "$2" "$3"; }
row '' till central
row sales "$till_sales" "$central_sales"
row gross "$(money "$till_gross_minor")" "$(money "$central_gross_minor")"
row discount "$(money "$till_discount_minor")" "$(money "$central_discount_minor")"
row 'paid with points' "$(money $((till_gross_minor - till_discount_minor - till_net_minor)))" \
    "$(money "$central_redeemed_minor")"
row net "$(money "$till_net_minor")" "$(money "$central_net_minor")"
row 'points earned' "$(money "$till_earned")" "$(money "$central_earned")"
row 'points earned by card, later' '' "$(money "$central_earned_later")"
row 'points spent' "$(money "$till_redeemed")" "$(money "$central_redeemed")"
row 'head of the hash chain' "$(printf '%.16s' "$till_head")" "$(printf '%.16s' "$central_head")"
row 'digests the same' "$till_sales" "$compared_same"
row 'digests different' 0 "$central_differences"
worst() { # of the three parts, in ms
    cat "$dir"/shop-[123].json | grep -o "\"card_answer\":{[^}]*}" | grep -o "\"$1\":[0-9]*" | cut -d : -f 2 | sort -n |
        tail -n 1 | awk '{ printf "%.3f", $1 / 1000 }'
}
printf '  %-26s %s\n' 'last scanned byte to answer' "p50 $(worst p50_us) ms, p99 $(worst p99_us) ms (the POS's view, worst of three parts)"
printf '  %-26s %s\n' '' "$(ctl status | sed -n 's/^answer *scan to answer //p') (the till's own)"
printf '  %-26s lost %s, twice %s, of %s sales confirmed to the POS\n' 'nothing lost or twice' "$lost" "$twice" "$told_sales"
[ $balanced = yes ] || give_up 'the two ends differ'
say
say 'Everything balances.'

if [ $keep = yes ]; then
    tell 'It goes on running; end it with Ctrl-C'
    cat <<TRY
  $bin/loyalctl --state-dir $dir/till status
  $bin/loyalctl --state-dir $dir/till events
  $bin/loyal-sim tell --control $dir/scanner.sock scan $(sed -n 2p "$members" | cut -d , -f 2)
  $bin/loyal-sim tell --control $dir/printer.sock paper out
  $bin/loyal-sim shop --api $dir/till/run/api.sock --scanner $dir/scanner.sock --members $members --baskets 10 --seed 99
  $bin/loyal-central --state-dir $dir/central totals
  curl --unix-socket $dir/till/run/api.sock http://till/v1/health
  ls $dir/slips                      (each slip as text and as SVG)
  tail -f $dir/log/till.log
TRY
    trap 'exit 0' INT TERM
    while is_running till; do sleep 1; done
fi
