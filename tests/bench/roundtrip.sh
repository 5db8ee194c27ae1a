#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How long one record is on its way, from its commit at the till to the central's ack, through the real loyald-sync and loyal-central;
# by turns with one bare request over mutual TLS and two fdatasync.
# On a machine with other work: chrt -r 5 sh roundtrip.sh. Each wake-up of a process would else wait for the others' turns.
#   roundtrip.sh [--rounds N] [--bin DIR] [--bench DIR] [--folder DIR]     1000 rounds, build/release, /var/tmp
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=1000
options=rounds
. "$root/tests/bench/command.sh"
mkdir "$dir/certs" "$dir/bare"
. "$root/tests/bench/certs.sh"

make_chain "$demo/members.csv" && start_devices && start_till && start_courier && wait_for 15 enrol &&
    wait_for 60 is_synced || give_up 'the shop does not open'
stop till || give_up 'the till does not stop'
(make_certs "$dir/certs") >"$dir/log/certs.log" 2>&1 || give_up 'no certificates'
"$bench/bench_roundtrip" --journal "$dir/till/journal.db" --socket "$dir/till/run/sync.sock" --certs "$dir/certs" --work "$dir/bare" \
    --rounds "$rounds" 2>"$dir/log/bench.log" || give_up 'no figures'
