#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The central is stopped and started again, as an upgrade does, while many tills post and poll and the office imports: it ends within
# ten seconds by itself (await_end), tills come back, nothing is lost and nothing counts twice. usage: restart_load.sh BIN_DIR SOURCE_DIR PROGRAM sqlite|postgres
# [TILLS [ROUNDS]]. On a PostgreSQL a second part: two central processes, one of them at a time; no till sees more than one failed try.
program=$3
kind=$4
tills=${5:-20}
rounds=${6:-3}
if [ "$kind" = postgres ]; then
    . "$(dirname "$0")/postgres_cluster.sh"
    cluster_find || {
        echo 'skipped: PostgreSQL is not installed (Debian: postgresql-15)'
        exit 77
    }
fi
. "$(dirname "$0")/common.sh"
if [ "$kind" = postgres ]; then
    trap 'cluster_stop 2>/dev/null; finish' EXIT
    must 'a PostgreSQL of its own' cluster_make "$work"
    central_database=$cluster_url
fi

now_ms() { date +%s%3N; }
posts() { tail -n 1 "$dir/log/load.log" 2>/dev/null | sed -n 's/^posts=//p'; }
goes_on() { # as many more batches as there are tills
    [ "$(($(posts) + 0))" -ge "$((posts_before + tills))" ]
}
load_goes_on() {
    posts_before=$(($(posts) + 0))
    wait_for 60 goes_on
}
booked() { [ "$(central totals --json | number sales)" = "$1" ]; }
figure_of() { number "$1" <"$dir/figures"; }
import_for_ever() { # a file of several pieces again and again; while the central is away it is refused, in words
    while [ ! -e "$dir/enough" ]; do
        central member import demo "$dir/shoppers.csv" >>"$dir/log/office.log" 2>&1 && echo "$(now_ms)" >>"$dir/imported"
        sleep 0.1
    done
}

# stop_and_start NAME COMMAND...: asks it to end, waits, starts it again by the command
stop_and_start() {
    stopped=$1
    shift
    began=$(now_ms)
    ask_to_end "$stopped"
    check "$stopped ends with status 0" await_end "$stopped"
    took=$(($(now_ms) - began))
    [ "$took" -le "$took_max" ] || took_max=$took
    must "$stopped starts again" "$@"
    away=$(($(now_ms) - began))
    [ "$away" -le "$away_max" ] || away_max=$away
}

begin_load() { # FIRST_TILL PORT...
    first_till=$1
    shift
    took_max=0
    away_max=0
    rm -f "$dir/enough" "$dir/imported"
    start load "$program" run "$dir/tills" "$first_till" "$tills" "$@"
    import_for_ever &
    office=$!
    must 'the load begins' load_goes_on
}
end_load() {
    must 'the load goes on' load_goes_on
    touch "$dir/enough"
    wait "$office"
    ask_to_end load
    check 'every till got its answers' await_end load
    tail -n 1 "$dir/log/load.log" >"$dir/figures"
    echo "figures: ends_ms=$took_max away_ms=$away_max $(cat "$dir/figures")"
    records=$((${records:-0} + $(figure_of records)))
    must 'all is booked' wait_for 60 booked "$records"
    check 'each record is there once' test "$(central totals --json | number records)" = "$records"
    check 'none is a dead letter' test "$(central totals --json | number dead_letters)" = 0
    check 'the ledger balances' central ledger check
    check 'imports came through' test -s "$dir/imported"
    check 'polls were answered' test "$(figure_of polls)" -gt 0
    check 'no answer said more than that it stops' test "$(figure_of told_busy)" = 0
}

mkdir "$dir/tills"
awk 'BEGIN { print "member,display,gold"; for (i = 1; i <= 1200; i++) printf "I%05d,\"Shopper number %d, whose name is long enough to make a file of several pieces out of a few members\",%d\n", i, i, i % 100 }' >"$dir/shoppers.csv"
must 'the chain is made' make_chain "$demo/members.csv"
must 'members go by store' central chain audience demo store >>"$dir/log/setup.log"
must 'the central stops' stop central
must 'the tills are made' "$program" make "$dir/central" "${central_database:-}" $((2 * tills)) "$dir/tills"
must 'the central starts' start_central

echo "-- one process: stopped and started $rounds times"
begin_load 0 "$central_port"
round=0
while [ $round -lt "$rounds" ]; do
    stop_and_start central start_central
    must 'the tills are back' load_goes_on
    round=$((round + 1))
done
end_load
[ "$kind" = postgres ] || exit 0

echo "-- two processes: one of them at a time, $rounds times"
must 'it stops' stop central
must 'the second one has the keys of the first' cp -a "$dir/central" "$dir/central2"
rm -f "$dir/central2/admin.sock" "$dir/central2/lock"
must 'the first one starts' start_central
second() { "$bin/loyal-central" --state-dir "$dir/central2" "$@"; }
start_second() {
    printf '[central]\nlisten_host = 127.0.0.1\nlisten_port = %s\ndatabase = %s\n' "${second_port:-0}" "$cluster_url" >"$dir/central2.conf"
    start central2 "$bin/loyal-central" --config "$dir/central2.conf" --state-dir "$dir/central2" serve
    wait_for 15 second notice list >/dev/null 2>&1
}
must 'the second one starts' start_second
second_port=$(sed -n 's/.*central: ready .*port=\([0-9]*\).*/\1/p' "$dir/log/central2.log" | tail -n 1)
begin_load "$tills" "$central_port" "$second_port"
round=0
while [ $round -lt "$rounds" ]; do
    stop_and_start central start_central
    must 'the tills go on' load_goes_on
    stop_and_start central2 start_second
    must 'the tills go on' load_goes_on
    round=$((round + 1))
done
end_load
check 'no till saw more than one failed try' test "$(figure_of tries_max)" -le 1
