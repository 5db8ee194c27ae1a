#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How fast one till gets rid of a backlog: loyald, loyald-sync and loyal-central over mutual TLS on this machine, both ends on disk with
# every commit synced, hash chain, gzip and books; beside a bare drain of the same records, before and after.
#   drain.sh [--records N] [--first yes] [--peers DIR] [--bin DIR] [--bench DIR] [--folder DIR]     100000 records, build/release, /var/tmp
# --first: all but the peers run before whatever else the machine does (chrt; takes root, and the processors from the others for half a minute).
# --peers: also PouchDB to express-pouchdb and NATS JetStream, which do less; DIR/node_modules has pouchdb, express 4, express-pouchdb and nats
# (npm install), nats-server is Debian's. Wants openssl.
# Prints CSV: what,records,seconds,per_s,cpu_us_a_record,peak_kb. "acked": the till may forget them; "booked": they are in the ledger.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
records=100000
peers=''
first=''
options="records first peers"
. "$root/tests/bench/command.sh"
first=${first:+chrt -r 5}
till_run=$first courier_run=$first central_run=$first
mkdir "$dir/certs"
. "$root/tests/bench/certs.sh"
. "$root/tests/bench/filled.sh"

ticks=$(getconf CLK_TCK)
# CPU so far, in hundredths of a second, and the most memory, of the processes named.
cpu_ticks() {
    for cpu_name in "$@"; do cat "/proc/$(pid_of "$cpu_name")/stat"; done |
        awk '{ sub(/.*\) /, ""); sum += $12 + $13 } END { print sum }'
}
peak_kb() {
    for peak_name in "$@"; do cat "/proc/$(pid_of "$peak_name")/status"; done | awk '/^VmHWM/ { sum += $2 } END { print sum }'
}
now_ns() { date +%s%N; }
counted_records() { central till list --json 2>/dev/null | number counted; }
are_booked() { [ "$(counted_records)" -ge "$records" ]; }

# line WHAT RECORDS FROM_NS CPU_TICKS PEAK_KB: so many since then; CPU of all of them
line() {
    awk -v what="$1" -v n="$2" -v from="$3" -v to="$(now_ns)" -v cpu="$4" -v tick="$ticks" -v kb="$5" -v all="$records" 'BEGIN {
        s = (to - from) / 1e9
        printf "%s,%d,%.2f,%.0f,%.1f,%d\n", what, n, s, n / s, cpu * 1e6 / tick / all, kb }'
}

make_filled_till "$records"

(make_certs "$dir/certs") >"$dir/log/certs.log" 2>&1 || give_up 'no certificates'
# Before and after: what else the machine does lies between the two.
drain_barely() {
    rm -rf "$dir/bare" && mkdir "$dir/bare" && printf 'bare,' &&
        $first "$bench/bare_drain" --journal "$fast/journal.db" --certs "$dir/certs" --work "$dir/bare" || give_up 'the bare drain failed'
}

echo 'what,records,seconds,per_s,cpu_us_a_record,peak_kb'
drain_barely
before=$(cpu_ticks till)
before_central=$(cpu_ticks central)
from=$(now_ns)
start_courier || give_up 'loyald-sync does not start'
await_end_of() { # COMMAND...: asked seldom, so that asking costs nothing beside what is measured
    for _ in $(seq 2400); do
        "$@" && return 0
        sleep 0.25
    done
    return 1
}
# From the first ack on: a process that starts and a handshake are no drain.
has_begun() { left=$(unsynced) && [ "${left:-$records}" -lt "$records" ]; }
await_end_of has_begun || give_up 'the till sends nothing'
began=$(now_ns)
await_end_of is_synced || give_up 'the till keeps records'
line acked "$left" "$began" $(($(cpu_ticks till courier) - before)) "$(peak_kb till courier)"
await_end_of are_booked || give_up 'records are not booked'
line booked "$records" "$from" $(($(cpu_ticks central) - before_central)) "$(peak_kb central)"

# ---- beside it ----

stop courier && stop till || give_up 'the till does not stop'
drain_barely
[ -n "$peers" ] || exit 0
for peer in pouch nats; do
    mkdir "$dir/$peer"
    NODE_PATH=$peers/node_modules node "$root/tests/bench/drain_$peer.cjs" "$records" "$dir/certs" "$dir/$peer" 2>"$dir/log/$peer.log" ||
        give_up "$peer did not come to its end"
done
