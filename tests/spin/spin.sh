#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spin.sh SYNC.PML [SALES FAULTS]: walks every state of the model of the sync protocol, and of that of points set aside
# (points.pml beside it), and sees to it that each mutant of them is found. Larger numbers take minutes and gigabytes; 77 when
# spin is not there.
set -eu

model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
sizes="-DSALES=${2:-2} -DFAULTS=${3:-1}"
command -v spin >/dev/null || { echo 'spin is not installed (Debian: spin): the model of the sync protocol was left out'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# walk NAME "SPIN'S FLAGS" "COMPILER'S FLAGS" "PAN'S FLAGS": the states and errors in one line, into the file NAME.
walk() {
    mkdir "$1.d"
    (
        cd "$1.d"
        spin $2 -a "$model" >spin.log || { cat spin.log >&2; exit 1; }
        gcc -O1 -w $3 -o pan pan.c
        ./pan $4 -m100000 -w22 >pan.log
        sed -n 's/.*errors: \([0-9]*\)$/\1 errors/p; s/^ *\([0-9e+.]*\) states, stored.*/\1 states/p; s/^pan:1: //p' pan.log |
            tr '\n' ' ' >"../$1"
        grep -q 'max search depth too small' pan.log && echo 'the search was cut short ' >>"../$1" || true
    )
}

code=0
report() { # NAME WANTED-ERRORS
    line=$(cat "$1" 2>/dev/null || echo 'could not be walked')
    case "$line" in
    *short* | *'could not'*) code=1 ;;
    *' 0 errors'* | '0 errors'*) [ "$2" = 0 ] || { code=1; line="NOT FOUND: $line"; } ;;
    *) [ "$2" = 1 ] || { code=1; line="BROKEN: $line"; } ;;
    esac
    printf '%-34s %s\n' "$1" "$line"
}

# The two long ones beside the short ones: a core each.
walk 'asserts-and-ends' "$sizes" '-DNOCLAIM -DSAFETY' '' &
safety=$!
walk 'in-the-end-all-is-delivered' "$sizes" '-DNFAIR=3' '-a -f' &
liveness=$!
for mutant in NO_DEDUP ACK_FIRST SEQ_AT_SEND PRUNE_FIRST; do
    walk "mutant-$mutant" "$sizes -DMUTANT_$mutant" '-DNOCLAIM -DSAFETY' ''
done
walk 'mutant-NO_FORK' '-DSALES=3 -DFAULTS=0 -DMUTANT_NO_FORK' '-DNOCLAIM -DSAFETY' ''
walk 'known-limit-SHOP_CLOSED' "$sizes -DSHOP_CLOSED" '-DNOCLAIM -DSAFETY' ''
model=${model%/*}/points.pml
walk 'points-never-promised-twice' '' '-DNOCLAIM -DSAFETY' ''
for mutant in TIMER_LEASE TIMER_HOLD GRANT_EARLY CLOSE_FIRST; do
    walk "mutant-$mutant" "-DMUTANT_$mutant" '-DNOCLAIM -DSAFETY' ''
done
wait "$safety" "$liveness" || true
report 'asserts-and-ends' 0
report 'in-the-end-all-is-delivered' 0
report 'points-never-promised-twice' 0
for mutant in NO_DEDUP ACK_FIRST SEQ_AT_SEND PRUNE_FIRST NO_FORK TIMER_LEASE TIMER_HOLD GRANT_EARLY CLOSE_FIRST; do
    report "mutant-$mutant" 1
done
report 'known-limit-SHOP_CLOSED' 1
exit "$code"
