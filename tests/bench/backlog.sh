#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a long backlog costs the shop while it goes up: the memory of loyald and loyald-sync, and a sale's commit before, meanwhile and after.
#   backlog.sh [--records N] [--bin DIR] [--bench DIR] [--folder DIR]     1000000 records, build/release, /var/tmp
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
demo=$root/packaging/demo
records=1000000
bin=$root/build/release/bin
bench=$root/build/release/bench
folder=/var/tmp
while [ $# -gt 1 ]; do
    case $1 in
    --records) records=$2 ;;
    --bin) bin=$2 ;;
    --bench) bench=$2 ;;
    --folder) folder=$2 ;;
    *) break ;;
    esac
    shift 2
done
[ $# -eq 0 ] || { echo "usage: backlog.sh [--records N] [--bin DIR] [--bench DIR] [--folder DIR]" >&2; exit 2; }
dir=$(mktemp -d "$folder/loyald-backlog.XXXXXX")
language=en
mkdir "$dir/log"
. "$demo/shop.sh"
. "$root/tests/bench/filled.sh"
trap 'shop_end; rm -rf "$dir" "${fast:-$dir/fast}"' EXIT
trap 'exit 1' INT TERM
give_up() {
    echo "backlog.sh: $*" >&2
    tail -n 5 "$dir"/log/*.log >&2
    exit 1
}
sell() { python3 "$root/tests/bench/selling.py" "$dir/till" "$@" || give_up 'the till does not sell'; }

make_filled_till "$records"
rm -rf "$fast"
echo "$records records wait"
sell before sales=300
launch_courier
sell meanwhile unsynced=0 "$(pid_of till)" "$(pid_of courier)"
sell after sales=300
