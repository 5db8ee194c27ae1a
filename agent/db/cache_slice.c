/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slices: rows and their commit in one turn of the loop, the WAL they made in others.
 *
 *   begin -> puts, until the slice is full -> commit   into the WAL; waits for the disk when it begins the WAL anew
 *
 *   (other turns of the loop: sales)
 *
 *   checkpoint: the WAL onto the disk                  waits for its pages
 *
 *   (other turns)
 *
 *   checkpoint: its pages into the file, the file onto the disk
 *
 * The longest of the turns says how many rows a slice may have from then on (pace.h).
 */
#include "agent/db/cache_internal.h"

#include "agent/base/clock.h"

/* Turns are measured against less than they may last: a disk's own times differ by as much. */
static const int64_t AIM_NS = CACHE_TURN_NS * 3 / 5;

static int64_t now_ns(const struct cache *cache)
{
    return cache->timer ? cache->timer(cache->timer_context) : clock_measure_ns();
}

void cache_set_timer(struct cache *cache, int64_t (*timer)(void *context), void *context)
{
    cache->timer = timer;
    cache->timer_context = context;
}

static void note_turn(struct cache *cache, int64_t began_ns)
{
    int64_t took_ns = now_ns(cache) - began_ns;

    cache->longest_turn_ns = took_ns > cache->longest_turn_ns ? took_ns : cache->longest_turn_ns;
}

enum status cache_begin(struct cache *cache, struct errmsg *err)
{
    enum status st;

    if (cache->in_slice) {
        errmsg_set(err, "%s: a slice is open already", cache->db.name);
        return ST_CONFLICT;
    }
    cache->slice_rows = 0;
    cache->slice_began_ns = now_ns(cache);
    st = sqlite_begin(&cache->db, err);
    cache->in_slice = st == ST_OK;
    return cache_note(cache, st);
}

/* The clock has its say beside the pace: rows differ, and one whose pages are not in memory waits for each. */
bool cache_slice_is_full(const struct cache *cache)
{
    return cache->slice_rows >= cache->pace.units || now_ns(cache) - cache->slice_began_ns >= CACHE_TURN_NS / 2;
}

/* The slice was given up by SQLite, and its earlier puts with it. */
static enum status refuse_lost_slice(const struct cache *cache, struct errmsg *err)
{
    if (!cache->in_slice || sqlite_in_transaction(&cache->db))
        return ST_OK;
    errmsg_set(err, "%s: the slice was taken back after an earlier failure", cache->db.name);
    return ST_CONFLICT;
}

/* Nobody had a turn to spare for hundreds of sales, or a caller that waits for all of it: this one moves the WAL. */
static void keep_wal_short(struct cache *cache)
{
    if (cache->db.wal_frames >= SQLITE_WAL_FRAMES_MAX)
        (void)cache_note(cache, sqlite_checkpoint(&cache->db, NULL));
}

enum status cache_commit(struct cache *cache, struct errmsg *err)
{
    enum status st;

    if (!cache->in_slice) {
        errmsg_set(err, "%s: no slice is open", cache->db.name);
        return ST_CONFLICT;
    }
    st = refuse_lost_slice(cache, err);
    if (st == ST_OK)
        st = sqlite_commit(&cache->db, err);
    if (st != ST_OK) {
        cache_rollback(cache);
        return cache_note(cache, st);
    }
    cache->in_slice = cache->wal_synced = false;
    cache->wal_rows = cache->slice_rows > cache->wal_rows ? cache->slice_rows : cache->wal_rows;
    note_turn(cache, cache->slice_began_ns);
    keep_wal_short(cache);
    return ST_OK;
}

void cache_rollback(struct cache *cache)
{
    if (!cache->in_slice)
        return;
    sqlite_undo(&cache->db);
    cache->in_slice = false;
    (void)cache_note(cache, cache_load_projected(cache, NULL));
    (void)cache_note(cache, cache_load_generation(cache, NULL));
}

/* After each slice of scattered rows, which have a page or two each; after some of those in the order of their keys.
 */
bool cache_wal_is_due(const struct cache *cache)
{
    return cache->db.wal_frames >= cache->pace.units / 2;
}

enum status cache_sync(struct cache *cache, struct errmsg *err)
{
    enum status st = cache->wal_synced ? ST_OK : cache_note(cache, sqlite_sync_wal(&cache->db, err));

    cache->wal_synced = st == ST_OK;
    return st;
}

enum status cache_checkpoint(struct cache *cache, struct errmsg *err)
{
    int64_t began_ns = now_ns(cache);
    bool moves = cache->wal_synced;
    enum status st = moves ? cache_note(cache, sqlite_checkpoint(&cache->db, err)) : cache_sync(cache, err);

    if (st != ST_OK)
        return st;
    note_turn(cache, began_ns);
    if (!moves)
        return ST_OK;
    if (cache->wal_rows > 0)
        pace_learn(&cache->pace, cache->wal_rows, cache->longest_turn_ns, AIM_NS);
    cache->wal_rows = 0;
    cache->longest_turn_ns = 0;
    return ST_OK;
}

enum status cache_step_begin(struct cache *cache, struct errmsg *err)
{
    enum status st = refuse_lost_slice(cache, err);

    return st == ST_OK ? cache_note(cache, sqlite_begin(&cache->db, err)) : st;
}

enum status cache_step_end(struct cache *cache, enum status st, struct errmsg *err)
{
    st = sqlite_end(&cache->db, st, err);
    if (cache->in_slice) {
        cache->slice_rows++;
    } else {
        cache->wal_synced = false;
        keep_wal_short(cache);
    }
    return cache_note(cache, st);
}
