/* SPDX-License-Identifier: Apache-2.0 */
/* The answer into the cache: slice by slice, each a commit, its WAL moved in turns of their own; the cursor with the
 * last row. */
#include "agent/link/link_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/net/loop.h"

#include <stdio.h>
#include <string.h>

#define INCARNATION "incarnation" /* in the cache's state: of the central that told these rows */

void updates_cursor(const struct updates *updates, char out_cursor[OPERATION_ARG_BYTES_MAX + 1])
{
    if (cache_get_state(updates->link->options.cache, "cursor", out_cursor, OPERATION_ARG_BYTES_MAX + 1, NULL) !=
            ST_OK ||
        !operation_arg_is_valid(out_cursor))
        out_cursor[0] = '\0';
}

/* The cursor, and the manifest with its timestamp should they not be taken yet, go with the last slice. */
static enum status put_cursor(struct updates *updates, struct errmsg *err)
{
    struct cache *cache = updates->link->options.cache;
    char known[CACHE_NAME_MAX + 1] = "", now[24];
    const char *cursor, *incarnation;
    enum status st = json_text(updates->tree, "cursor", OPERATION_ARG_BYTES_MAX, &cursor, err);

    if (st == ST_OK &&
        !operation_arg_is_valid(cursor)) { /* asked with, it would mean everything from the beginning */
        errmsg_set(err, "cursor: not one that can be asked with");
        st = ST_INVALID;
    }
    if (st == ST_OK && json_text(updates->tree, "incarnation", CACHE_NAME_MAX, &incarnation, NULL) == ST_OK) {
        (void)cache_get_state(cache, INCARNATION, known, sizeof known, NULL);
        updates->another = strcmp(known, incarnation) != 0;
        if (updates->another)
            st = cache_put_state(cache, INCARNATION, incarnation, err);
    }
    if (st == ST_OK)
        st = cache_put_state(cache, "cursor", cursor, err);
    (void)snprintf(now, sizeof now, "%lld", (long long)clock_wall_ms(updates->link->options.clock));
    if (st == ST_OK)
        st = cache_put_state(cache, CACHE_TOLD, now, err);
    return st == ST_OK ? updates_keep_told(updates, err) : st;
}

/* Sales first: what is left comes in the loop's next turn. */
void updates_next_turn(struct updates *updates)
{
    loop_timer_set(updates->timer, 0, 0);
}

static void put_slice(struct updates *updates)
{
    struct cache *cache = updates->link->options.cache;
    struct errmsg err = ERRMSG_INIT;
    enum status st = cache_begin(cache, &err);

    if (st == ST_OK && updates->reload)
        st = cache_begin_reload(cache, &err);
    for (bool full = false; st == ST_OK && !full && rows_left(&updates->rows); full = cache_slice_is_full(cache))
        st = rows_put_one(&updates->rows, cache, &err);
    if (st == ST_OK && !rows_left(&updates->rows))
        st = put_cursor(updates, &err);
    if (st == ST_OK && !rows_left(&updates->rows) && !updates->have_more)
        st = cache_end_reload(cache, &err);
    if (st == ST_OK)
        st = cache_commit(cache, &err);
    updates->reload = updates->reload && st != ST_OK; /* begun once */
    if (st == ST_OK) {
        updates->put = !rows_left(&updates->rows);
        updates_next_turn(updates);
    } else {
        cache_rollback(cache);
        updates_give_up(updates, &err);
    }
}

/* The rows are on disk before the journal says that they count its records. */
static void end_put(struct updates *updates)
{
    struct errmsg err = ERRMSG_INIT;

    if (cache_sync(updates->link->options.cache, &err) == ST_OK)
        updates_end_answer(updates);
    else
        updates_give_up(updates, &err);
}

void updates_take_turn(struct updates *updates)
{
    struct cache *cache = updates->link->options.cache;

    /* While that fails the WAL grows up to its ceiling, and what is wrong with the disk is told by what is put. */
    if (cache_wal_is_due(cache) && cache_checkpoint(cache, NULL) == ST_OK)
        updates_next_turn(updates);
    else if (updates->put)
        end_put(updates);
    else
        put_slice(updates);
}
