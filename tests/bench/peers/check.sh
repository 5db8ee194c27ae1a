#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The comparison's own test: engine and plain walk give the published figures; peers_table refuses what differs.
set -eu

bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "FAILED: $*"
    exit 1
}

for what in floor engine; do
    "$bin/peers_work" $what 1000 200 1 >$what
    grep -qx 'result 32151311 3880 2368733540' $what || fail "$what gave $(grep '^result' $what)"
done
"$bin/peers_table" 1000 200 ours=engine floor=floor >table || fail "equal results were refused"
[ "$(grep -c '^| ours \|^| floor ' table)" -eq 2 ] || fail "the table lacks a row: $(cat table)"

"$bin/peers_table" 1000 200 ours=engine slow@2=engine quick@0=floor >table || fail "an aim was refused"
grep -q '^| slow |.* 2: missed |' table || fail "as quick as ours is not twice as slow: $(cat table)"

sed 's/^result 32151311/result 32151312/' floor >other
if "$bin/peers_table" 1000 200 ours=engine other=other >table 2>words; then fail "unequal results were compared"; fi
[ ! -s table ] || fail "times were printed beside unequal results"
grep -q 'no times compared' words || fail "no words about unequal results: $(cat words)"
sed '/^time 7 /d' floor >short
if "$bin/peers_table" 1000 200 ours=engine short=short >table 2>words; then fail "half a run was compared"; fi
echo "work, results and table are as they should be"
