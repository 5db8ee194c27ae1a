#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Loyald's engine beside others on the same work: installs them into the build folder, makes sure that all compute the
# same, and only then prints how long each took.
#   tests/bench/peers/run.sh [--cents] [PROMOTIONS:BASKETS:PASSES]...      default 100:200:5 1000:200:5 10000:50:5
#   --cents   instead: the share of cases with exact cents, Loyald's beside Medusa's
# Needs node and npm, and as root or with sudo installs the Debian package clips. About two minutes after installing.
# Everything runs on one CPU, one after the other. A basket's time is the best of its passes, for every engine; CLIPS has
# eight times as many, and in Node the time on the CPU counts where it is less than the clock's.
# Exit status: 0 printed; 1 an engine is missing, or results differ; 2 wrong usage.
set -eu

root=$(cd "$(dirname "$0")/../../.." && pwd)
here=$root/tests/bench/peers
. "$root/packaging/lib.sh"
# What this generator gave in every engine before: a change of the generator must not go unseen.
published='32151311 3880 2368733540'

usage() {
    sed -n '5,6s/^# *//p' "$0" >&2
    exit 2
}

cents=no
[ "${1:-}" = --cents ] && cents=yes && shift
[ $# -gt 0 ] || set -- 100:200:5 1000:200:5 10000:50:5
for size in "$@"; do
    echo "$size" | grep -Eq '^[0-9]+:[0-9]+:[0-9]+$' || usage
done

command -v node >/dev/null && command -v npm >/dev/null || give_up "wants node and npm: install nodejs 20 or later and npm"
say "Two of the peers are packages of npm; they and what they need (600 packages) stay in build/peers." >&2
work=$root/build/peers
mkdir -p "$work"
{
    command -v clips >/dev/null || step 'Installing clips' install_packages clips
    cmp -s "$here/package.json" "$work/package.json" && [ -f "$work/installed" ] || {
        cp "$here/package.json" "$work/package.json"
        step 'Installing the npm peers' sh -c 'cd "$1" && npm install --ignore-scripts --no-audit --no-fund && touch installed' - "$work"
    }
    step 'Building' build release peers_work peers_table loyalctl
} >&2
bin=$root/build/release/bench
cd "$work"

if [ $cents = yes ]; then
    exec node "$here/cents.cjs" "$root/build/release/bin/loyalctl" "$here/cents.json"
fi

# On one CPU where that can be asked for.
pinned() {
    if command -v taskset >/dev/null; then taskset -c "$(($(nproc) - 1))" "$@"; else "$@"; fi
}

clips_run() { # RULES PASSES
    printf '(bind ?*passes* %s)\n(load "%s")\n' "$2" "$here/$1.clp" >settings.clp
    pinned clips -f2 "$here/clips.clp" >"$1.out"
}

for size in "$@"; do
    promotions=${size%%:*} passes=${size##*:} baskets=${size#*:}
    baskets=${baskets%:*}
    "$bin/peers_work" clips-promotions "$promotions" "$baskets" >promotions.facts
    "$bin/peers_work" clips-baskets "$promotions" "$baskets" >baskets.facts
    "$bin/peers_work" json "$promotions" "$baskets" >work.json
    for what in floor engine engine-digest; do
        pinned "$bin/peers_work" $what "$promotions" "$baskets" "$passes" >$what.out
    done
    # Its clock runs on while others have the CPU: more passes, so that one of them is undisturbed.
    clips_run clips_direct $((passes * 8))
    clips_run clips_textbook $((passes * 8))
    pinned node "$here/zen.cjs" "$passes" >zen.out
    pinned node "$here/medusa.cjs" "$passes" >medusa.out
    if [ "$promotions:$baskets" = 1000:200 ] && ! grep -qx "result $published" engine.out; then
        give_up "the work at 1000:200 must give $published; it gave $(grep '^result' engine.out)"
    fi
    case $promotions in # how many times our time the others' is aimed to be
    1000) clips_aim=@100 zen_aim=@700 ;;
    10000) clips_aim=@1000 zen_aim=@1000 ;;
    *) clips_aim= zen_aim= ;;
    esac
    "$bin/peers_table" "$promotions" "$baskets" "Loyald"=engine.out "Loyald, with the digest of the result"=engine-digest.out \
        "a plain walk in C (the floor)"=floor.out "CLIPS 6.30, quickest form found$clips_aim"=clips_direct.out \
        "CLIPS 6.30, facts and patterns alone$clips_aim"=clips_textbook.out "@gorules/zen-engine 0.54.0$zen_aim"=zen.out \
        "@medusajs/promotion 2.21.2"=medusa.out
done
