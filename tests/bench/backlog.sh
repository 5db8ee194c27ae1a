#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a long backlog costs the shop while it goes up: the memory of loyald and loyald-sync, and a sale's commit before, meanwhile and after.
#   backlog.sh [--records N] [--bin DIR] [--bench DIR] [--folder DIR]     1000000 records, build/release, /var/tmp
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
records=1000000
options=records
. "$root/tests/bench/command.sh"
. "$root/tests/bench/filled.sh"
sell() { python3 "$root/tests/bench/selling.py" "$dir/till" "$@" || give_up 'the till does not sell'; }

make_filled_till "$records"
rm -rf "$fast"
echo "$records records wait"
sell before sales=300
launch_courier
sell meanwhile unsynced=0 "$(pid_of till)" "$(pid_of courier)"
sell after sales=300
