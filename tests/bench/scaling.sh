#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a chain of so many tills asks of its central: a calculation with nothing hidden in it, from costs that were measured
# (bench_central; docs/scaling.md says where and how). Each can be given otherwise: scaling.sh [NAME=VALUE]... [TILLS]...
set -eu
sales=500          # a till and day
peak=8             # the busiest hour's rate over the mean of 24 hours
record_bytes=738   # of a sale as it is sent and kept
book_bytes=1700    # of what is booked for it: sale, posting, entries, lots, usage, indexes
accept_us=6        # CPU to take in one record, one process with its own file
sqlite_us=43       # to take it in and book it
process_us=13      # the same in a process on PostgreSQL
server_us=82       # and in the server for it
poll_kb=28         # memory of a till that waits in a long poll
busy=60            # percent of a core that may be used at the peak
days=3             # of backlog when a whole nation was without a network
part=20000         # tills of one database with its own file
tills=''
for word in "$@"; do
    case $word in
    *[!a-z_]*=* | *=*[!0-9]* | *=) echo "scaling.sh: $word: wanted is NAME=NUMBER or a number of tills" >&2; exit 2 ;;
    sales=* | peak=* | record_bytes=* | book_bytes=* | accept_us=* | sqlite_us=* | process_us=* | server_us=* | poll_kb=* | busy=* | days=* | part=*) eval "$word" ;;
    *[!0-9]*) echo "scaling.sh: $word: wanted is NAME=NUMBER or a number of tills" >&2; exit 2 ;;
    *) tills="$tills $word" ;;
    esac
done
echo '| tills | records a day | a second, mean | at the peak | journal a day | books a day | cores, own file | cores, processes | cores, server | polls | taken in | caught up |'
echo '|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|'
for count in ${tills:-100 15000 1000000}; do
    awk -v n="$count" -v s="$sales" -v p="$peak" -v r="$record_bytes" -v b="$book_bytes" -v q="$sqlite_us" -v c="$process_us" \
        -v v="$server_us" -v k="$poll_kb" -v u="$busy" -v d="$days" -v t="$accept_us" '
    function size(x) { return x >= 1e12 ? sprintf("%.1f TB", x / 1e12) : x >= 1e9 ? sprintf("%.1f GB", x / 1e9) : sprintf("%.0f MB", x / 1e6) }
    function cores(rate, us) { return sprintf("%.2f", rate * us / 1e6 * 100 / u) }
    BEGIN {
        a = n * s; mean = a / 86400; top = mean * p
        printf "| %d | %d | %.1f | %.0f | %s | %s | %s | %s | %s | %s | %.1f min | %.1f h |\n", n, a, mean, top, size(a * r), size(a * b),
            cores(top, q), cores(top, c), cores(top, v), size(n * k * 1024), a * d * t / 6e7, a * d * q / 3.6e9
    }'
done

# A day, second by second, of one database: tills sell by the hour, what comes is taken in first, the rest of the core books. Once with an
# empty queue, once when the backlog of those days comes at midnight. Nothing in it is random.
echo
echo '| tills | databases | most records waiting to be booked | longest wait | after the backlog: taken in | booked |'
echo '|---:|---:|---:|---:|---:|---:|'
for count in ${tills:-100 15000 1000000}; do
    awk -v n="$count" -v s="$sales" -v t="$accept_us" -v q="$sqlite_us" -v u="$busy" -v d="$days" -v part="$part" '
    # Weight of each hour, by the shape of a supermarket.
    function share(hour) { return substr("000000000000002010025040055060065070065060065070080090085075050022010003000000", hour * 3 + 1, 3) + 0 }
    function wait(seconds) { return seconds < 1 ? "under 1 s" : seconds < 120 ? sprintf("%d s", seconds) : seconds < 7200 ? sprintf("%.0f min", seconds / 60) : sprintf("%.1f h", seconds / 3600) }
    # Walks days until the queues are empty again; results in taken_s, booked_s, most, longest.
    function walk(queue, tills,    i, coming, core, took, booked, waiting, all) {
        waiting = most = longest = taken_s = booked_s = 0
        for (i = 0; i < 86400 * 30 && (i < 86400 || queue + waiting > 0); i++) {
            queue += tills * s * share(int(i / 3600) % 24) / all_shares / 3600
            core = 1e6 * u / 100
            took = queue * t < core ? queue : core / t
            queue -= took; core -= took * t; waiting += took
            booked = waiting * (q - t) < core ? waiting : core / (q - t)
            waiting -= booked
            if (queue < 1 && !taken_s) taken_s = i + 1
            if (waiting < 1 && queue < 1 && !booked_s) booked_s = i + 1
            if (waiting > most) { most = waiting; longest = waiting * (q - t) / 1e6 * 100 / u }
            if (queue < 1e-9) queue = 0
            if (waiting < 1e-9) waiting = 0
            if (booked_s && i >= 86400) break
        }
    }
    BEGIN {
        for (i = 0; i < 24; i++) all_shares += share(i)
        parts = int((n + part - 1) / part); each = n / parts
        walk(0, each); usual = sprintf("%.0f", most); usual_wait = wait(longest)
        walk(each * s * d, each)
        printf "| %d | %d | %s | %s | %s | %s |\n", n, parts, usual, usual_wait, wait(taken_s), wait(booked_s)
    }'
done
