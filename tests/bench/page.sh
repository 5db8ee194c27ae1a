#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures, and writes what came out into docs/performance.md and its pictures. Everything is built with preset release.
#   tests/bench/page.sh [machine curve engine peers cents bundles replay commit devices till]...     none: all, about ten minutes
# peers and cents install other engines (tests/bench/peers/run.sh); bundles and replay want LOYALD_SHARED.
# Only when they are named, a few minutes each: drain (DRAIN_PEERS names a folder with the npm packages that tests/bench/drain.sh wants),
# drain_first, roundtrip, growth, backlog, members (the last two with the options in PAGE_OPTIONS).
# Between "<!-- made: NAME -->" and "<!-- end -->" the page is made; the rest of it is written by hand.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/packaging/lib.sh"
page=$root/docs/performance.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step 'Building' build release bench_engine bench_bundle bench_commit bench_cache bench_devices plot peers_work peers_table loyalctl loyald loyald-sync loyal-central loyal-sim
bin=$root/build/release/bench

# put NAME: standard input becomes that part of the page.
put() {
    cat >"$work/part"
    [ -s "$work/part" ] || give_up "$1: nothing was measured"
    grep -q "^<!-- made: $1 -->$" "$page" || give_up "docs/performance.md has no place for $1"
    awk -v part="$work/part" -v name="$1" '
        /^<!-- end -->$/ { inside = 0 }
        !inside { print }
        $0 == "<!-- made: " name " -->" { inside = 1; while ((getline line < part) > 0) print line }
    ' "$page" >"$work/page"
    cat "$work/page" >"$page"
    say "written: $1"
}

pinned() {
    if command -v taskset >/dev/null; then taskset -c "$(($(nproc) - 1))" "$@"; else "$@"; fi
}

machine() {
    echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs, one used;" \
        "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release); $(cc --version | head -n 1); preset \`release\` (-O2, hardened)."
}

curve() {
    pinned "$bin/bench_engine" --curve >"$work/curve.csv"
    for axis in promotions lines; do
        "$bin/plot" $axis <"$work/curve.csv" >"$work/picture.svg"
        cp "$work/picture.svg" "$root/docs/images/performance-$axis.svg"
    done
    awk -F, 'NR == 1 { print "| promotions | lines | p50 | p99 | floor p50 | p50 : floor |\n|---|---|---|---|---|---|" }
             NR > 1 { printf "| %d | %d | %.1f us | %.1f us | %.2f us | %.1f |\n", $1, $2, $3 / 1000, $4 / 1000, $5 / 1000, $3 / $5 }' \
        "$work/curve.csv"
}

engine() {
    pinned "$bin/bench_engine" | awk -F, '
        BEGIN { print "| figure | measured | target | |\n|---|---|---|---|" }
        /^figure,/ { printf "| `%s` | %s %s | %s | %s |\n", $2, $3, $4, $5, $6 }'
}

bundles() {
    "$bin/bench_bundle" --head
    "$bin/peers_work" bundle 1000 1 >"$work/generated-1000.json"
    "$bin/peers_work" bundle 10000 1 >"$work/generated-10000.json"
    # The week with the most price rows.
    largest=$(ls -S "$root"/build/release/replay/journey/bundle-*.json | head -n 1)
    for file in "$largest" "$root/build/release/replay/retail/bundle-retail.json" "$work"/generated-*.json; do
        pinned "$bin/bench_bundle" "$file"
    done
}

growth() {
    step 'Building' build release bench_central plot >&2
    sh "$root/tests/bench/growth.sh" "$bin" >"$work/growth.csv"
    "$bin/plot" growth <"$work/growth.csv" >"$root/docs/images/performance-growth.svg"
    awk -F, 'NR == 1 { print "| | | CPU of a record |\n|---|---:|---:|"; next } { printf "| %s | %d | %.1f us |\n", $1, $2, $3 / 1000 }' "$work/growth.csv"
}

# drain [OPTION]...
drain() {
    step 'Building' build release drain_fill bare_drain loyald loyald-sync loyal-central loyalctl loyal-sim >&2
    sh "$root/tests/bench/drain.sh" "$@" | awk -F, '
        NR == 1 { print "| what | records | records/s | CPU of a record | peak memory |\n|---|---:|---:|---:|---:|"; next }
        { name["acked"] = "Loyald: acked, the till may forget them (CPU, memory: `loyald` and `loyald-sync`)"
          name["booked"] = "Loyald: booked, in the ledger (`loyal-central`)"
          name["bare"] = "bare drain, both ends"; name["pouchdb"] = "PouchDB to express-pouchdb"; name["nats"] = "NATS JetStream" }
        { printf "| %s | %d | %d | %s | %s |\n", name[$1], $2, $4, $5 == "" ? "" : $5 " us", $6 == "" ? "" : sprintf("%.1f MB", $6 / 1024) }'
}

# All sales of a set with the largest of its bundles, three times; the least of each figure.
replay() {
    echo '| set | sales | lines | p50 | p99 | all of it, JSON to JSON |'
    echo '|---|---|---|---|---|---|'
    for set_name in journey retail; do
        out=$root/build/release/replay/$set_name
        sh "$root/tests/replay/run.sh" "$root/build/release/bin" "$out" $set_name >"$work/said" || {
            cat "$work/said" >&2
            give_up "the replay of $set_name did not give what it must"
        }
        cat "$out"/sales-*.jsonl >"$work/sales"
        largest=$(ls -S "$out"/bundle-*.json | head -n 1)
        for _ in 1 2 3; do
            began=$(date +%s%N)
            pinned "$root/build/release/bin/loyalctl" evaluate --stats --bundle "$largest" <"$work/sales" 2>&1 >"$work/results" |
                sed 's/{"sales":\([0-9]*\),"p50_ns":\([0-9]*\),"p99_ns":\([0-9]*\).*/\1 \2 \3/'
            echo "took $(($(date +%s%N) - began))"
        done >"$work/times"
        awk -v name=$set_name -v lines="$(grep -o '"line":' "$work/sales" | wc -l)" '
            function less(a, b) { return a == 0 || b < a ? b : a }
            $1 == "took" { took = less(took, $2); next }
            { sales = $1; p50 = less(p50, $2); p99 = less(p99, $3) }
            END {
                printf "| %s | %d | %d | %.1f us | %.1f us | %d sales/s, %d lines/s |\n", name, sales, lines, p50 / 1000,
                    p99 / 1000, sales / (took / 1e9), lines / (took / 1e9)
            }' "$work/times"
    done
}

# LOYALD_MEMBERS: a cache.db that bench_cache has left, so that it is not loaded once more.
till() {
    members=${LOYALD_MEMBERS:-}
    if [ -z "$members" ]; then
        members=$work/members/cache.db
        mkdir "$work/members"
        LOYALD_KEEP=1 "$bin/bench_cache" "$work/members" 1000000 0 >&2
    fi
    echo '```'
    sh "$root/tests/bench/sizes.sh" "$root/build/release/bin" "$members"
    echo '```'
}

[ $# -gt 0 ] || set -- machine curve engine peers cents replay bundles commit devices till
for name in "$@"; do
    case $name in
    drain) drain ${DRAIN_PEERS:+--peers "$DRAIN_PEERS"} >"$work/out" ;;
    drain_first) drain --first yes >"$work/out" ;;
    roundtrip | backlog | members)
        [ "$name" != roundtrip ] || PAGE_OPTIONS=
        step 'Building' build release bench_roundtrip drain_fill loyald loyald-sync loyal-central loyalctl loyal-sim >&2
        { echo '```'; sh "$root/tests/bench/$name.sh" ${PAGE_OPTIONS:-}; echo '```'; } >"$work/out" # words of their own: not quoted
        ;;
    machine | curve | growth | engine | bundles | replay | till) $name >"$work/out" ;;
    peers) sh "$root/tests/bench/peers/run.sh" >"$work/out" ;;
    cents) sh "$root/tests/bench/peers/run.sh" --cents >"$work/out" ;;
    commit) { echo '```'; "$bin/bench_commit"; echo '```'; } >"$work/out" ;;
    devices) { echo '```'; pinned "$bin/bench_devices"; echo '```'; } >"$work/out" ;;
    *) give_up "what is \"$name\"?" ;;
    esac
    put "$name" <"$work/out"
done
