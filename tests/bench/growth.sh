#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whether a record costs the central the same however much there is: its time on the processor to be taken in and to be booked, by the size of
# a batch, by the number of tills and by the length of the backlog.
#   growth.sh [BENCH_DIR]     build/release/bench; prints curve,number,ns for plot
set -eu
bench=${1:-$(cd "$(dirname "$0")/../.." && pwd)/build/release/bench}
folder=$(mktemp -d /var/tmp/loyald-growth.XXXXXX)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM

# one NAME NUMBER TILLS SALES BATCHES
one() {
    "$bench/bench_central" --csv yes --folder "$folder" --tills "$3" --sales "$4" --batches "$5" |
        awk -F, -v name="$1" -v number="$2" '{ printf "taken in by %s,%d,%d\nbooked by %s,%d,%d\n", name, number, $2, name, number, $3 }'
    rm -rf "$folder"/loyald-bench-*
}
echo curve,number,ns
for size in 1 5 25 100 500; do one batch $size 4 $size $((5000 / size)); done
for tills in 1 4 16 64 256; do one tills $tills $tills 50 $((25600 / tills / 50)); done
for records in 2000 10000 50000 250000; do one backlog $records 4 500 $((records / 2000)); done
