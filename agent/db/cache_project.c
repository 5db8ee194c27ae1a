/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's projection: what own records did, by position. */
#include "agent/db/cache_internal.h"

#include "agent/base/bytes.h"

#include <inttypes.h>

/* In the state table, beside what the caller keeps there. */
static const char PROJECTED[] = "projected";

const char *const cache_kind_names[EFFECT_TIED + 1] = {[EFFECT_POINTS] = "points",
                                                        [EFFECT_USE] = "use",
                                                        [EFFECT_MEMBER_USE] = "member_use",
                                                        [EFFECT_COUPON] = "coupon",
                                                        [EFFECT_LEASE] = "lease",
                                                       [EFFECT_TIED] = "tied"};

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

static enum status add_rows(struct cache *cache, int64_t position, const char *sale_id,
                            const struct cache_effect *effects, size_t effect_count, struct errmsg *err)
{
    uint8_t bytes[8];
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < effect_count; i++)
        st = cache_run(cache, CACHE_ADD_EFFECT,
                       VALUES(value_text(effects[i].subject), value_text(cache_kind_names[effects[i].kind]),
                              value_text(effects[i].name), value_int(position), value_int(effects[i].amount),
                              value_int(effects[i].day)),
                       err);
    if (st == ST_OK && sale_id)
        st = cache_run(cache, CACHE_ADD_SALE, VALUES(value_text(sale_id), value_int(position)), err);
    bytes_put_u64(bytes, (uint64_t)position);
    if (st == ST_OK)
        st = cache_run(cache, CACHE_PUT_STATE, VALUES(value_text(PROJECTED), value_blob(bytes, 8)), err);
    return st;
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
