#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How long one record is on its way, from its commit at the till to the central's ack, through the real loyald-sync and loyal-central;
# by turns with one bare request over mutual TLS and two fdatasync.
# On a machine with other work: chrt -r 5 sh roundtrip.sh. Each wake-up of a process would else wait for the others' turns.
#   roundtrip.sh [--rounds N] [--bin DIR] [--bench DIR] [--folder DIR]     1000 rounds, build/release, /var/tmp
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
demo=$root/packaging/demo
rounds=1000
bin=$root/build/release/bin
bench=$root/build/release/bench
folder=/var/tmp
while [ $# -gt 1 ]; do
    case $1 in
    --rounds) rounds=$2 ;;
    --bin) bin=$2 ;;
    --bench) bench=$2 ;;
    --folder) folder=$2 ;;
    *) break ;;
    esac
    shift 2
done
[ $# -eq 0 ] || { echo "usage: roundtrip.sh [--rounds N] [--bin DIR] [--bench DIR] [--folder DIR]" >&2; exit 2; }
dir=$(mktemp -d "$folder/loyald-roundtrip.XXXXXX")
language=en
mkdir "$dir/log" "$dir/certs" "$dir/bare"
. "$demo/shop.sh"
. "$root/tests/bench/certs.sh"
trap 'shop_end; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
give_up() {
    echo "roundtrip.sh: $*" >&2
    tail -n 5 "$dir"/log/*.log >&2
    exit 1
}

make_chain "$demo/members.csv" && start_devices && start_till && start_courier && wait_for 15 enrol &&
    wait_for 60 is_synced || give_up 'the shop does not open'
stop till || give_up 'the till does not stop'
(make_certs "$dir/certs") >"$dir/log/certs.log" 2>&1 || give_up 'no certificates'
"$bench/bench_roundtrip" --journal "$dir/till/journal.db" --socket "$dir/till/run/sync.sock" --certs "$dir/certs" --work "$dir/bare" \
    --rounds "$rounds" 2>"$dir/log/bench.log" || give_up 'no figures'
