/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the loop's time a slice and its checkpoint take, on disks that are slow by a clock of their own. */
#include "agent/db/cache.h"
#include "agent/db/pace.h"
#include "agent/db/sqlite.h"
#include "tests/unit/agent/db/cache_support.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

/* ---- the pace ---- */

Test(pace, shrinks_at_once_and_grows_little_by_little)
{
    struct pace pace = PACE_INIT;

    pace_learn(&pace, PACE_START, 2400, 5000);
    cr_expect_eq(pace.units, PACE_START + PACE_START / 8 + 1);
    pace_learn(&pace, 10, 2400, 5000);
    cr_expect_eq(pace.units, PACE_START + PACE_START / 8 + 1, "half a turn's work says nothing of a whole one");
    pace_learn(&pace, pace.units, 4000, 5000);
    cr_expect_eq(pace.units, PACE_START + PACE_START / 8 + 1, "neither too long nor short");
    pace = (struct pace){300};
    pace_learn(&pace, 300, 10000, 5000);
    cr_expect_eq(pace.units, 75, "what would have taken half the limit");
    pace_learn(&pace, 400, 5001, 5000);
    cr_expect_eq(pace.units, 75, "never larger for having been late");
}

Test(pace, has_bounds)
{
    struct pace pace = PACE_INIT;

    for (int i = 0; i < 100; i++)
        pace_learn(&pace, pace.units, 1, 5000);
    cr_expect_eq(pace.units, PACE_MAX);
    for (int i = 0; i < 100; i++)
        pace_learn(&pace, pace.units, INT64_C(1000000000000), 5000);
    cr_expect_eq(pace.units, PACE_MIN);
}

/* ---- slices on a slow disk ---- */

static void begin(void)
{
    scratch_begin();
    disk_install();
}

TestSuite(cache_slices, .init = begin, .fini = scratch_end);

/* The hash of member n: spread, so that each lies on a page of its own. */
static void put_scattered(struct cache *cache, uint64_t n)
{
    uint64_t spread[2] = {n * UINT64_C(0x9e3779b97f4a7c15), n};
    uint8_t hash[1][IDENTIFIER_HASH_BYTES];
    char id[16];

    memcpy(hash[0], spread, sizeof spread);
    (void)snprintf(id, sizeof id, "M%06d", (int)(n * 7919 % 100000));
    cr_assert_eq(cache_put_member(cache, id, "{\"state\":\"active\"}", (const uint8_t(*)[IDENTIFIER_HASH_BYTES])hash,
                                  1, 1, 1, NULL),
                 ST_OK);
}

struct seen {
    int rows;           /* of the last slice */
    int64_t longest_ns; /* turn of the latter half */
    int most_syncs;     /* in one turn */
};

static void end_turn(struct seen *seen, int64_t began_ns, int syncs_before, bool late)
{
    int64_t took_ns = disk_now_ns(NULL) - began_ns;

    seen->longest_ns = late && took_ns > seen->longest_ns ? took_ns : seen->longest_ns;
    seen->most_syncs =
        disk_sync_count() - syncs_before > seen->most_syncs ? disk_sync_count() - syncs_before : seen->most_syncs;
}

/* So many slices as the loop makes them. */
static struct seen work(struct cache *cache, int slices, uint64_t *n)
{
    struct seen seen = {0};

    for (int i = 0; i < slices; i++) {
        int64_t began_ns = disk_now_ns(NULL);
        int syncs = disk_sync_count();

        seen.rows = 0;
        cr_assert_eq(cache_begin(cache, NULL), ST_OK);
        for (bool full = false; !full; full = cache_slice_is_full(cache), seen.rows++)
            put_scattered(cache, (*n)++);
        cr_assert_eq(cache_commit(cache, NULL), ST_OK);
        end_turn(&seen, began_ns, syncs, i >= slices / 2);
        while (cache_wal_is_due(cache)) {
            began_ns = disk_now_ns(NULL);
            syncs = disk_sync_count();
            cr_assert_eq(cache_checkpoint(cache, NULL), ST_OK);
            end_turn(&seen, began_ns, syncs, i >= slices / 2);
        }
    }
    return seen;
}

Test(cache_slices, follow_the_disk_and_keep_to_their_time)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    uint64_t n = 0;
    struct seen fast, slow, again;

    cache_set_timer(cache, disk_now_ns, NULL);
    disk_slow(1000, 200000);
    fast = work(cache, 60, &n);
    cr_expect_geq(fast.rows, 250, "a good disk: %d rows", fast.rows);
    cr_expect_leq(fast.longest_ns, CACHE_TURN_NS, "%lld ns", (long long)fast.longest_ns);
    disk_slow(12000, 500000);
    slow = work(cache, 60, &n);
    cr_expect_lt(slow.rows, fast.rows / 2, "a slow one: %d rows after %d", slow.rows, fast.rows);
    cr_expect_leq(slow.longest_ns, CACHE_TURN_NS, "%lld ns", (long long)slow.longest_ns);
    disk_slow(1000, 200000);
    again = work(cache, 60, &n);
    cr_expect_gt(again.rows, 2 * slow.rows, "and back: %d rows", again.rows);
    cache_close(cache);
}

Test(cache_slices, wait_for_the_disk_in_turns_of_their_own)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    uint64_t n = 0;
    struct seen seen;

    cache_set_timer(cache, disk_now_ns, NULL);
    disk_slow(1000, 200000);
    seen = work(cache, 20, &n);
    cr_expect_leq(seen.most_syncs, 2, "%d waits for the disk in one turn", seen.most_syncs);
    cache_close(cache);
}

/* The least a slice holds is one row of the largest kind, however slow; a load must end. */
Test(cache_slices, hold_something_on_a_disk_that_is_too_slow)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    uint64_t n = 0;
    struct seen seen;

    cache_set_timer(cache, disk_now_ns, NULL);
    disk_slow(1000, INT64_C(50000000));
    seen = work(cache, 20, &n);
    cr_expect_eq(seen.rows, PACE_MIN);
    cache_close(cache);
}

/* The clock ends a slice before its rows are many: here each row waits for a page. */
static int64_t slow_reads(void *context)
{
    return *(int64_t *)context += 400000;
}

Test(cache_slices, end_by_the_clock_too)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    int64_t now_ns = 0;
    int rows = 0;

    cache_set_timer(cache, slow_reads, &now_ns);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    for (bool full = false; !full; full = cache_slice_is_full(cache))
        put_scattered(cache, (uint64_t)rows++);
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    cr_expect_eq(rows, 7, "of 0.4 ms each in half of 5 ms: %d", rows);
    cache_close(cache);
}

/* What is kept is in the WAL whether or not a checkpoint can be; it is moved when the disk can again. */
Test(cache_slices, a_checkpoint_that_fails_is_tried_again)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    struct errmsg err = ERRMSG_INIT;
    uint64_t n = 0;

    while (n < 60) /* each a commit of its own */
        put_scattered(cache, n++);
    cr_assert(cache_wal_is_due(cache));
    disk_fail(DISK_SYNC_ERROR, "-wal", 1, false);
    cr_expect_eq(cache_checkpoint(cache, &err), ST_IO);
    cr_expect(strstr(err.text, "cache.db"), "%s", err.text);
    cr_assert_eq(cache_checkpoint(cache, &err), ST_OK);
    disk_fail(DISK_WRITE_ERROR, "cache.db", 1, false);
    cr_expect_eq(cache_checkpoint(cache, &err), ST_IO);
    disk_heal();
    for (int i = 0; i < 3 && cache_wal_is_due(cache); i++)
        (void)cache_checkpoint(cache, NULL);
    cr_expect_not(cache_wal_is_due(cache));
    cr_expect_eq(cache_member_count(cache), 60);
    cache_close(cache);
}

/* Nobody makes a checkpoint: the WAL stays short all the same. */
Test(cache_slices, the_wal_has_a_ceiling)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);

    for (uint64_t n = 0; n < 2000; n++)
        put_scattered(cache, n);
    cr_expect_leq(file_size(path_in("cache.db-wal")), (long long)SQLITE_WAL_FILL_BYTES);
    cache_close(cache);
}
