#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How long a new till waits for its members: enrolled at a real central, pulled over mutual TLS, put into the real cache.db, while it sells.
#   members.sh [--members N] [--first yes] [--bin DIR] [--folder DIR]     1000000 members, build/release, /var/tmp
# --first: what is measured runs before whatever else the machine does (chrt; takes root).
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
members=1000000
first=''
options="members first"
. "$root/tests/bench/command.sh"
ticks=$(getconf CLK_TCK)
cpu_s() { awk -v tick="$ticks" '{ sub(/.*\) /, ""); printf "%.1f", ($12 + $13) / tick }' "/proc/$(pid_of "$1")/stat"; }

awk -v n="$members" 'BEGIN {
    print "member,card,state,tier,segments,birthday,display,bonus"
    for (i = 1; i <= n; i++)
        printf "N%07d,29%011d,active,%s,,%02d-%02d,Member %d,%d\n", i, i, i % 10 ? "" : "gold", i % 12 + 1, i % 28 + 1, i, i % 100 * 100 }' >"$dir/members.csv"
from=$(date +%s)
make_chain "$dir/members.csv" && start_devices && start_till && start_courier || give_up 'the shop does not open'
echo "$members members at the central after $(($(date +%s) - from)) s"
go_first till courier central
central_before=$(cpu_s central)
wait_for 15 enrol || give_up 'the till is not enrolled'
${first:+chrt -r 5} python3 "$root/tests/bench/selling.py" "$dir/till" pulling members="$members" "$(pid_of till)" "$(pid_of courier)" ||
    give_up 'the members do not come'
echo "CPU: loyald $(cpu_s till) s, loyald-sync $(cpu_s courier) s, loyal-central $(cpu_s central) s, of which $central_before s before"
