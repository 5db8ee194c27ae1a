# SPDX-License-Identifier: Apache-2.0
# make_filled_till RECORDS: a chain, and a till whose journal holds so many sales that the central has not seen; loyald runs, loyald-sync does
# not. What was filled stays at $fast/journal.db, in memory where there is some. Sourced after shop.sh; the caller has give_up and $bench.
make_filled_till() {
    make_chain "$demo/members.csv" && start_devices && start_till && start_courier && wait_for 15 enrol &&
        wait_for 60 is_synced || give_up 'the shop does not open'
    stop courier && stop till || give_up 'the till does not stop'
    fast=$(mktemp -d /dev/shm/loyald-bench.XXXXXX 2>/dev/null || mktemp -d "$dir/fast.XXXXXX")
    cp "$dir/till/journal.db" "$fast/journal.db" && "$bench/drain_fill" "$fast/journal.db" "$1" || give_up 'the journal cannot be filled'
    # It catches up in memory, too.
    mv "$dir/till" "$fast/till" && ln -s "$fast/till" "$dir/till" && cp "$fast/journal.db" "$fast/till/journal.db" ||
        give_up 'the till cannot be moved'
    launch_till
    wait_for 600 till_answers || give_up 'the till does not start' # it looks its journal through first
    wait_for 3600 has_caught_up || give_up 'the till does not catch up'
    stop till && rm "$dir/till" && mv "$fast/till" "$dir/till" && sync "$dir/till/journal.db" "$dir/till/cache.db" &&
        launch_till && wait_for 600 till_answers || give_up 'the till does not start again'
}
# A till that sold them has them in its cache's projection, too: a few before it is ready, more while it sells, which it says.
has_caught_up() {
    ! grep -q 'cache.db lacks .* records of the journal' "$dir/log/till.log" || grep -q 'cache.db is up to the journal' "$dir/log/till.log"
}
