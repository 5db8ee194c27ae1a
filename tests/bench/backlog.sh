#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a long backlog costs the shop while it goes up: the memory of loyald and loyald-sync, and a sale's commit before, meanwhile and after.
#   backlog.sh [--records N] [--apart DIR] [--first yes] [--bin DIR] [--bench DIR] [--folder DIR]     1000000 records, build/release, /var/tmp
# --apart: the central's files there, on another disk than the till's, as another machine's are.
# --first: till, courier and who sells run before whatever else the machine does (chrt; takes root), the central among it. A central that runs before
# all else, too, leaves nothing to the kernel's own threads, and writes wait for those.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
records=1000000
first=''
apart=''
options="records first apart"
. "$root/tests/bench/command.sh"
. "$root/tests/bench/filled.sh"
sell() { ${first:+chrt -r 5} python3 "$root/tests/bench/selling.py" "$dir/till" "$@" || give_up 'the till does not sell'; }

if [ -n "$apart" ]; then
    apart=$(mktemp -d "$apart/loyald-backlog.XXXXXX") || give_up 'no such folder'
    ln -s "$apart" "$dir/central"
    trap 'shop_end; rm -rf "$dir" "${fast:-$dir/fast}" "$apart"' EXIT
fi
make_filled_till "$records"
rm -rf "$fast"
echo "$records records wait"
go_first till
sell before sales=1000
start_courier || give_up 'loyald-sync does not start'
go_first courier
sell meanwhile unsynced=0 "$(pid_of till)" "$(pid_of courier)"
sell after sales=1000
