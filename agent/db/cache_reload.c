/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A full reload, and the sweep behind it.
 *
 *   (settled) --begin_reload--> reloading --end_reload--> sweeping --cache_sweep, slice by slice--> (settled)
 *                                  ^  |                      |
 *                                  +--+----begin_reload------+
 *
 * A row of an older generation is read like any other until the sweep takes it: while the chain's members come down,
 * the shop sells by those it has. Two whole sets of rows beside each other would need twice the disk.
 */
#include "agent/db/cache_internal.h"

#include "agent/base/bytes.h"

#include <stdio.h>
#include <string.h>

static const char GENERATION[] = "generation";

static const struct {
    const char *name, *key;
} tables[] = {{"member", "id"},   {"alias", "old_member"}, {"usage", "promotion"},
              {"coupon", "code"}, {"lease", "id"},         {"part", "id"}};
enum { TABLES = sizeof tables / sizeof tables[0] };

enum status cache_load_generation(struct cache *cache, struct errmsg *err)
{
    char text[64];
    long long generation = 0;
    char state = 's';
    enum status st = cache_get_state(cache, GENERATION, text, sizeof text, err);

    if (st != ST_OK && st != ST_NOT_FOUND)
        return st;
    if (st == ST_OK && (sscanf(text, "%lld %c", &generation, &state) != 2 || generation < 0)) {
        errmsg_set(err, "%s: the generation of its rows is damaged", cache->db.name);
        return ST_CORRUPT;
    }
    cache->generation = generation;
    cache->reloading = state == 'r';
    cache->sweeping = state == 'w';
    cache->sweep_table = 0;
    cache->sweep_key[0] = '\0';
    return ST_OK;
}

/* state: r reloading, w sweeping, s settled. */
static enum status move(struct cache *cache, int64_t generation, char state, struct errmsg *err)
{
    char text[64];
    enum status st;

    (void)snprintf(text, sizeof text, "%lld %c", (long long)generation, state);
    st = cache_put_state(cache, GENERATION, text, err);
    return st == ST_OK ? cache_load_generation(cache, err) : st;
}

enum status cache_begin_reload(struct cache *cache, struct errmsg *err)
{
    return move(cache, cache->generation + 1, 'r', err);
}

bool cache_is_reloading(const struct cache *cache)
{
    return cache->reloading;
}

enum status cache_end_reload(struct cache *cache, struct errmsg *err)
{
    return cache->reloading ? move(cache, cache->generation, 'w', err) : ST_OK;
}

static enum status delete_row(struct cache *cache, int table, const char *key, struct errmsg *err)
{
    char sql[96];
    sqlite3_stmt *statement;
    bool is_member = false;
    enum status st = table == 0 ? cache_forget_identifiers_of(cache, key, NULL, 0, &is_member, err) : ST_OK;

    if (st != ST_OK)
        return st;
    cache->slice_rows++;
    (void)snprintf(sql, sizeof sql, "DELETE FROM %s WHERE %s = ?1", tables[table].name, tables[table].key);
    st = sqlite_prepare(&cache->db, sql, &statement, err);
    if (st == ST_OK) {
        st = sqlite_run(&cache->db, statement, VALUES(value_text(key)), err);
        (void)sqlite3_finalize(statement);
    }
    if (st == ST_OK && is_member)
        st = cache_add_to_members(cache, -1, err);
    return st;
}

enum { STALE_MAX = 64, KEY_BYTES = sizeof((struct cache *)0)->sweep_key };

struct look {
    char stale[STALE_MAX][KEY_BYTES];
    char last[KEY_BYTES]; /* the last row looked at */
    int stale_count;
    bool table_ended;
};

/* Looks at rows after the sweep's key, at one at least, until the slice is full or the table ends. */
static enum status look_at_rows(struct cache *cache, struct look *look, struct errmsg *err)
{
    char sql[160];
    sqlite3_stmt *rows;
    const char *key_name = tables[cache->sweep_table].key;
    enum status st;

    (void)snprintf(sql, sizeof sql, "SELECT %s, generation FROM %s WHERE %s > ?1 ORDER BY 1", key_name,
                   tables[cache->sweep_table].name, key_name);
    st = sqlite_prepare(&cache->db, sql, &rows, err);
    if (st != ST_OK)
        return st;
    st = sqlite_bind(&cache->db, rows, VALUES(value_text(cache->sweep_key)), err);
    for (int seen = 0; st == ST_OK && seen < CACHE_SWEEP_ROWS && look->stale_count < STALE_MAX; seen++) {
        const char *key;

        if (seen > 0 && cache_slice_is_full(cache))
            break;

        st = sqlite_step(&cache->db, rows, err);
        if (st != ST_OK)
            break;
        key = (const char *)sqlite3_column_text(rows, 0);
        if (!key || strlen(key) >= KEY_BYTES) {
            errmsg_set(err, "%s: a key is damaged", cache->db.name);
            st = ST_CORRUPT;
            break;
        }
        memcpy(look->last, key, strlen(key) + 1);
        if (sqlite3_column_int64(rows, 1) != cache->generation)
            memcpy(look->stale[look->stale_count++], key, strlen(key) + 1);
    }
    (void)sqlite3_finalize(rows);
    look->table_ended = st == ST_NOT_FOUND;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Takes the stale ones away, as many as the slice holds: the next one looks at the others again. */
static enum status delete_stale(struct cache *cache, struct look *look, struct errmsg *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < look->stale_count; i++) {
        if (i > 0 && cache_slice_is_full(cache)) {
            memcpy(look->last, look->stale[i - 1], KEY_BYTES);
            look->table_ended = false;
            break;
        }
        st = delete_row(cache, cache->sweep_table, look->stale[i], err);
    }
    return st;
}

static enum status sweep_slice(struct cache *cache, struct look *look, struct errmsg *err)
{
    enum status st = cache_begin(cache, err);

    if (st != ST_OK)
        return st;
    st = look_at_rows(cache, look, err);
    if (st == ST_OK)
        st = delete_stale(cache, look, err);
    if (st == ST_OK && look->table_ended && cache->sweep_table + 1 == TABLES)
        st = move(cache, cache->generation, 's', err);
    if (st == ST_OK)
        return cache_commit(cache, err);
    cache_rollback(cache); /* begins anew at the first table: what is swept is swept */
    return cache_note(cache, st);
}

enum status cache_sweep(struct cache *cache, bool *out_done, struct errmsg *err)
{
    struct look look = {.stale_count = 0};
    int table = cache->sweep_table;
    enum status st = cache->sweeping ? sweep_slice(cache, &look, err) : ST_OK;

    if (st == ST_OK && cache->sweeping) {
        cache->sweep_table = look.table_ended ? table + 1 : table;
        memcpy(cache->sweep_key, look.table_ended ? "" : look.last, look.table_ended ? 1 : KEY_BYTES);
    }
    *out_done = !cache->sweeping;
    return st;
}
