/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's projection: what own records did, by position. */
#include "agent/db/cache_internal.h"

#include "agent/base/bytes.h"

#include <inttypes.h>
#include <string.h>

/* In the state table, beside what the caller keeps there. */
static const char PROJECTED[] = "projected";
static const char DIGESTS[] = "digests";
static const char SHIFT[] = "shift"; /* the one under way */

const char *const cache_kind_names[EFFECT_TIED + 1] = {
    [EFFECT_POINTS] = "points", [EFFECT_USE] = "use",     [EFFECT_MEMBER_USE] = "member_use",
    [EFFECT_COUPON] = "coupon", [EFFECT_LEASE] = "lease", [EFFECT_TIED] = "tied"};

enum status cache_load_projected(struct cache *cache, struct errmsg *err)
{
    enum status st = cache_query(cache, CACHE_GET_STATE, VALUES(value_text(PROJECTED)), err);
    uint64_t position = 0;

    if (st == ST_NOT_FOUND) {
        cache->projected = 0;
        return ST_OK;
    }
    if (st != ST_OK)
        return st;
    if (sqlite3_column_bytes(cache->statements[CACHE_GET_STATE], 0) == 8)
        position = bytes_get_u64(sqlite3_column_blob(cache->statements[CACHE_GET_STATE], 0));
    cache_reset(cache, CACHE_GET_STATE);
    if (position == 0 || position > INT64_MAX) {
        errmsg_set(err, "%s: how far the journal is projected is damaged", cache->db.name);
        return ST_CORRUPT;
    }
    cache->projected = (int64_t)position;
    return ST_OK;
}

static enum status check_effect(const struct cache_effect *effect, struct errmsg *err)
{
    enum status st = cache_check_text("member id", effect->subject, CACHE_ID_MAX, err);

    if (st == ST_OK)
        st = cache_check_text("name", effect->name, CACHE_NAME_MAX, err);
    if (st == ST_OK && (effect->amount > CACHE_AMOUNT_MAX || effect->amount < -CACHE_AMOUNT_MAX)) {
        errmsg_set(err, "effect on %s: %" PRId64 " is out of range", effect->name, effect->amount);
        st = ST_RANGE;
    }
    return st;
}

/* ---- what is kept of a record beside its effects ---- */

static enum status add_digest(struct cache *cache, const char *digest, struct errmsg *err)
{
    uint8_t hash[SHA256_BYTES];
    struct sha256 sum;
    enum status st = cache_digests(cache, hash, err);

    if (st != ST_OK)
        return st;
    sha256_init(&sum);
    sha256_add(&sum, hash, sizeof hash);
    sha256_add(&sum, digest, strlen(digest));
    sha256_end(&sum, hash);
    return cache_run(cache, CACHE_PUT_STATE, VALUES(value_text(DIGESTS), value_blob(hash, sizeof hash)), err);
}

enum status cache_digests(struct cache *cache, uint8_t out_hash[SHA256_BYTES], struct errmsg *err)
{
    sqlite3_stmt *row = cache->statements[CACHE_GET_STATE];
    enum status st = cache_query(cache, CACHE_GET_STATE, VALUES(value_text(DIGESTS)), err);

    memset(out_hash, 0, SHA256_BYTES);
    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return st;
    if (sqlite3_column_bytes(row, 0) == SHA256_BYTES)
        memcpy(out_hash, sqlite3_column_blob(row, 0), SHA256_BYTES);
    cache_reset(cache, CACHE_GET_STATE);
    return ST_OK;
}

static enum status add_figure(struct cache *cache, const struct cache_effect *figure, struct errmsg *err)
{
    char shift[CACHE_NAME_MAX + 1];
    enum status st = cache_get_state(cache, SHIFT, shift, sizeof shift, err);

    if (st != ST_OK && st != ST_NOT_FOUND)
        return st;
    return cache_run(
        cache, CACHE_ADD_TOTAL,
        VALUES(value_int(figure->day), value_text(shift), value_text(figure->name), value_int(figure->amount)), err);
}

static enum status add_effect(struct cache *cache, int64_t position, const struct cache_effect *effect,
                              struct errmsg *err)
{
    enum status st = ST_OK;

    switch (effect->kind) {
    case EFFECT_USE:
    case EFFECT_COUPON:
        st = cache_add_running(cache, effect->name, position, effect->amount, err);
        break;
    case EFFECT_POINTS:
    case EFFECT_MEMBER_USE:
    case EFFECT_LEASE:
    case EFFECT_TIED:
        break;
    case EFFECT_FIGURE:
        return add_figure(cache, effect, err);
    case EFFECT_DIGEST:
        return add_digest(cache, effect->name, err);
    case EFFECT_SHIFT:
        return cache_run(cache, CACHE_PUT_STATE,
                         VALUES(value_text(SHIFT), value_blob(effect->name, strlen(effect->name))), err);
    }
    return st == ST_OK ? cache_run(cache, CACHE_ADD_EFFECT,
                                   VALUES(value_text(effect->subject), value_text(cache_kind_names[effect->kind]),
                                          value_text(effect->name), value_int(position), value_int(effect->amount),
                                          value_int(effect->day)),
                                   err)
                       : st;
}

static enum status put_projected(struct cache *cache, int64_t position, struct errmsg *err)
{
    uint8_t bytes[8];

    bytes_put_u64(bytes, (uint64_t)position);
    return cache_run(cache, CACHE_PUT_STATE, VALUES(value_text(PROJECTED), value_blob(bytes, 8)), err);
}

static enum status add_rows(struct cache *cache, int64_t position, const char *sale_id,
                            const struct cache_effect *effects, size_t effect_count, struct errmsg *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < effect_count; i++)
        st = add_effect(cache, position, &effects[i], err);
    if (st == ST_OK && sale_id)
        st = cache_run(cache, CACHE_ADD_SALE, VALUES(value_text(sale_id), value_int(position)), err);
    return st == ST_OK ? put_projected(cache, position, err) : st;
}

enum status cache_project(struct cache *cache, int64_t position, const char *sale_id,
                          const struct cache_effect *effects, size_t effect_count, struct errmsg *err)
{
    enum status st = sale_id ? cache_check_text("sale id", sale_id, CACHE_ID_MAX, err) : ST_OK;

    if (position <= cache->projected)
        return ST_OK;
    /* One that could not be written would be taken for projected by the next, and its effects lost for ever. */
    if (st == ST_OK && position != cache->projected + 1) {
        errmsg_set(err, "%s: record %" PRId64 " cannot be projected before %" PRId64, cache->db.name, position,
                   cache->projected + 1);
        st = ST_CONFLICT;
    }
    if (st == ST_OK && effect_count > CACHE_EFFECTS_MAX) {
        errmsg_set(err, "record %" PRId64 ": %zu effects are more than %d", position, effect_count,
                   CACHE_EFFECTS_MAX);
        st = ST_RANGE;
    }
    for (size_t i = 0; st == ST_OK && i < effect_count; i++)
        st = check_effect(&effects[i], err);
    if (st == ST_OK)
        st = cache_step_begin(cache, err);
    if (st != ST_OK)
        return st;
    st = cache_step_end(cache, add_rows(cache, position, sale_id, effects, effect_count, err), err);
    if (st == ST_OK)
        cache->projected = position;
    return st;
}

enum status cache_skip_to(struct cache *cache, int64_t position, struct errmsg *err)
{
    enum status st = position > cache->projected ? cache_step_begin(cache, err) : ST_NOT_FOUND;

    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_OK : st;
    st = cache_step_end(cache, put_projected(cache, position, err), err);
    if (st == ST_OK)
        cache->projected = position;
    return st;
}

static enum status forget_rows(struct cache *cache, int64_t position, const char *sale_id,
                               const struct cache_effect *effects, size_t effect_count, struct errmsg *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < effect_count; i++) {
        const struct cache_effect *effect = &effects[i];

        if (effect->kind > EFFECT_TIED)
            continue;
        st = cache_run(cache, CACHE_FORGET_EFFECT,
                       VALUES(value_text(effect->subject), value_text(cache_kind_names[effect->kind]),
                              value_text(effect->name), value_int(position)),
                       err);
        if (st == ST_OK && (effect->kind == EFFECT_USE || effect->kind == EFFECT_COUPON))
            st = cache_run(cache, CACHE_FORGET_RUNNING, VALUES(value_text(effect->name), value_int(position)), err);
    }
    if (st == ST_OK && sale_id)
        st = cache_run(cache, CACHE_FORGET_SALE, VALUES(value_text(sale_id), value_int(position)), err);
    return st;
}

enum status cache_forget(struct cache *cache, int64_t position, const char *sale_id,
                         const struct cache_effect *effects, size_t effect_count, struct errmsg *err)
{
    enum status st = cache_step_begin(cache, err);

    return st == ST_OK ? cache_step_end(cache, forget_rows(cache, position, sale_id, effects, effect_count, err), err)
                       : st;
}

enum status cache_note_sale(struct cache *cache, const char *sale_id, int64_t position, struct errmsg *err)
{
    enum status st = cache_check_text("sale id", sale_id, CACHE_ID_MAX, err);

    return st == ST_OK ? cache_put(cache, CACHE_ADD_SALE, VALUES(value_text(sale_id), value_int(position)), err) : st;
}

enum status cache_each_total(struct cache *cache, int32_t day_from, int32_t day_to, cache_total_visitor *visitor,
                             void *context, struct errmsg *err)
{
    sqlite3_stmt *rows;
    enum status st = sqlite_prepare(
        &cache->db,
        "SELECT day, shift, name, amount FROM total WHERE day BETWEEN ?1 AND ?2 ORDER BY day, shift, name", &rows,
        err);

    if (st != ST_OK)
        return cache_note(cache, st);
    st = sqlite_bind(&cache->db, rows, VALUES(value_int(day_from), value_int(day_to)), err);
    while (st == ST_OK && (st = sqlite_step(&cache->db, rows, err)) == ST_OK) {
        const char *shift = (const char *)sqlite3_column_text(rows, 1);
        const char *name = (const char *)sqlite3_column_text(rows, 2);

        if (!shift || !name) {
            errmsg_set(err, "%s: a total is damaged", cache->db.name);
            st = ST_CORRUPT;
        } else if (!visitor(context, sqlite3_column_int(rows, 0), shift, name, sqlite3_column_int64(rows, 3))) {
            break;
        }
    }
    (void)sqlite3_finalize(rows);
    return cache_note(cache, st == ST_NOT_FOUND ? ST_OK : st);
}

int64_t cache_projected(const struct cache *cache)
{
    return cache->projected;
}

enum status cache_find_sale(struct cache *cache, const char *sale_id, int64_t *out_position, struct errmsg *err)
{
    enum status st = cache_query(cache, CACHE_FIND_SALE, VALUES(value_text(sale_id)), err);

    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: there is no sale %.64s", cache->db.name, sale_id);
    if (st != ST_OK)
        return st;
    *out_position = sqlite3_column_int64(cache->statements[CACHE_FIND_SALE], 0);
    cache_reset(cache, CACHE_FIND_SALE);
    return ST_OK;
}
