#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a chain of so many tills asks of its central: a calculation with nothing hidden in it, from costs that were measured
# (bench_central; docs/scaling.md says where and how). Each can be given otherwise: scaling.sh [NAME=VALUE]... [TILLS]...
set -eu
sales=500          # a till and day
peak=8             # the busiest hour's rate over the mean of 24 hours
record_bytes=704   # of a sale as it is sent and kept
book_bytes=1700    # of what is booked for it: sale, posting, entries, lots, usage, indexes
sqlite_us=230      # CPU to take in and book one record, one process with its own file
process_us=220     # the same in a process on PostgreSQL
server_us=1000     # and in the server for it
poll_kb=27         # memory of a till that waits in a long poll
busy=60            # percent of a core that may be used at the peak
days=3             # of backlog when a whole nation was without a network
tills=''
for word in "$@"; do
    case $word in
    *[!a-z_]*=* | *=*[!0-9]* | *=) echo "scaling.sh: $word: wanted is NAME=NUMBER or a number of tills" >&2; exit 2 ;;
    sales=* | peak=* | record_bytes=* | book_bytes=* | sqlite_us=* | process_us=* | server_us=* | poll_kb=* | busy=* | days=*) eval "$word" ;;
    *[!0-9]*) echo "scaling.sh: $word: wanted is NAME=NUMBER or a number of tills" >&2; exit 2 ;;
    *) tills="$tills $word" ;;
    esac
done
echo '| tills | records a day | a second, mean | at the peak | journal a day | books a day | cores, own file | cores, processes | cores, server | polls | catching up |'
echo '|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|'
for count in ${tills:-100 15000 1000000}; do
    awk -v n="$count" -v s="$sales" -v p="$peak" -v r="$record_bytes" -v b="$book_bytes" -v q="$sqlite_us" -v c="$process_us" \
        -v v="$server_us" -v k="$poll_kb" -v u="$busy" -v d="$days" '
    function size(x) { return x >= 1e12 ? sprintf("%.1f TB", x / 1e12) : x >= 1e9 ? sprintf("%.1f GB", x / 1e9) : sprintf("%.0f MB", x / 1e6) }
    function cores(rate, us) { return sprintf("%.2f", rate * us / 1e6 * 100 / u) }
    BEGIN {
        a = n * s; mean = a / 86400; top = mean * p
        printf "| %d | %d | %.1f | %.0f | %s | %s | %s | %s | %s | %s | %.1f h |\n", n, a, mean, top, size(a * r), size(a * b),
            cores(top, q), cores(top, c), cores(top, v), size(n * k * 1024), a * d / (1e6 / q) / 3600
    }'
done
