/* SPDX-License-Identifier: Apache-2.0 */
/* What a sale asks: members, and the effects of own records that their rows do not count yet. */
#include "agent/db/cache_internal.h"

#include "agent/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cache_member_clear(struct cache_member *member)
{
    free(member->profile);
    *member = (struct cache_member){0};
}

/* Copies a member id out of the first column and resets; a text that cannot be one is damage. */
static enum status take_id(struct cache *cache, enum cache_statement which, char out_id[CACHE_ID_MAX + 1],
                           struct errmsg *err)
{
    const char *id = (const char *)sqlite3_column_text(cache->statements[which], 0);
    enum status st = ST_OK;

    if (id && strlen(id) <= CACHE_ID_MAX) {
        memcpy(out_id, id, strlen(id) + 1);
    } else {
        errmsg_set(err, "%s: a member's id is damaged", cache->db.name);
        st = cache_note(cache, ST_CORRUPT);
    }
    cache_reset(cache, which);
    return st;
}

/* Replaces id by the member it was merged into, and that one's, and so on. */
static enum status follow_aliases(struct cache *cache, char id[CACHE_ID_MAX + 1], struct errmsg *err)
{
    for (int hop = 0; hop < CACHE_ALIAS_HOPS_MAX; hop++) {
        enum status st = cache_query(cache, CACHE_FIND_ALIAS, VALUES(value_text(id)), err);

        if (st == ST_NOT_FOUND)
            return ST_OK;
        if (st == ST_OK)
            st = take_id(cache, CACHE_FIND_ALIAS, id, err);
        if (st != ST_OK)
            return st;
    }
    errmsg_set(err, "%s: member %s was merged more than %d times, or in a circle", cache->db.name, id,
               CACHE_ALIAS_HOPS_MAX);
    return ST_NOT_FOUND;
}

static enum status take_member(struct cache *cache, const char *id, struct cache_member *out_member,
                               struct errmsg *err)
{
    sqlite3_stmt *row = cache->statements[CACHE_FIND_MEMBER];
    const char *profile = (const char *)sqlite3_column_text(row, 0);
    const uint8_t *epoch = sqlite3_column_blob(row, 1);
    struct cache_member member = {.seq = sqlite3_column_int64(row, 2)};

    if (!profile || !epoch || sqlite3_column_bytes(row, 1) != 8) {
        errmsg_set(err, "%s: the row of member %s is damaged", cache->db.name, id);
        return cache_note(cache, ST_CORRUPT);
    }
    member.profile = strdup(profile);
    if (!member.profile) {
        errmsg_set(err, "%s: member %s: out of memory", cache->db.name, id);
        return ST_NOMEM;
    }
    member.epoch = bytes_get_u64(epoch);
    memcpy(member.id, id, strlen(id) + 1);
    *out_member = member;
    return ST_OK;
}

enum status cache_member_by_id(struct cache *cache, const char *id, struct cache_member *out_member,
                               struct errmsg *err)
{
    char last_id[CACHE_ID_MAX + 1];
    enum status st = cache_check_text("member id", id, CACHE_ID_MAX, err);

    if (st != ST_OK)
        return ST_NOT_FOUND;
    memcpy(last_id, id, strlen(id) + 1);
    st = follow_aliases(cache, last_id, err);
    if (st != ST_OK)
        return st;
    st = cache_query(cache, CACHE_FIND_MEMBER, VALUES(value_text(last_id)), err);
    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: member %s is not known here", cache->db.name, last_id);
    if (st != ST_OK)
        return st;
    st = take_member(cache, last_id, out_member, err);
    cache_reset(cache, CACHE_FIND_MEMBER);
    return st;
}

enum status cache_find_member(struct cache *cache, const uint8_t hash[IDENTIFIER_HASH_BYTES],
                              struct cache_member *out_member, struct errmsg *err)
{
    char id[CACHE_ID_MAX + 1];
    enum status st = cache_query(cache, CACHE_FIND_IDENTIFIER, VALUES(value_blob(hash, IDENTIFIER_HASH_BYTES)), err);

    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: the identifier is not known here", cache->db.name);
    if (st == ST_OK)
        st = take_id(cache, CACHE_FIND_IDENTIFIER, id, err);
    return st == ST_OK ? cache_member_by_id(cache, id, out_member, err) : st;
}

enum status cache_add_amount(int64_t *sum, int64_t amount, struct errmsg *err)
{
    if (!__builtin_add_overflow(*sum, amount, sum))
        return ST_OK;
    errmsg_set(err, "the effects add up to more than 64 bits hold");
    return ST_RANGE;
}

/* Groups in SQL, adds here: SQLite's sum() answers an overflow with an error that could be anything. */
struct sum_state {
    struct cache_sum sum;
    char name[CACHE_NAME_MAX + 1];
    bool any;
};

static enum status kind_of(const struct cache *cache, const char *text, enum cache_effect_kind *out_kind,
                           struct errmsg *err)
{
    for (int i = EFFECT_POINTS; text && i <= EFFECT_TIED; i++) {
        if (strcmp(text, cache_kind_names[i]) == 0) {
            *out_kind = (enum cache_effect_kind)i;
            return ST_OK;
        }
    }
    errmsg_set(err, "%s: an effect of an unknown kind", cache->db.name);
    return ST_CORRUPT;
}

/* Takes one row; a row of another group hands the finished sum to the visitor first. */
static enum status take_effect(struct cache *cache, sqlite3_stmt *row, struct sum_state *state,
                               cache_sum_visitor *visitor, void *context, bool *out_more, struct errmsg *err)
{
    const char *name = (const char *)sqlite3_column_text(row, 1);
    int64_t day = sqlite3_column_int64(row, 3);
    enum cache_effect_kind kind = EFFECT_POINTS;
    enum status st = kind_of(cache, (const char *)sqlite3_column_text(row, 0), &kind, err);

    if (st != ST_OK)
        return st;
    if (!name || strlen(name) > CACHE_NAME_MAX || day < INT32_MIN || day > INT32_MAX) {
        errmsg_set(err, "%s: an effect is damaged", cache->db.name);
        return ST_CORRUPT;
    }
    if (!state->any || kind != state->sum.kind || strcmp(name, state->name) != 0) {
        if (state->any && !visitor(context, &state->sum)) {
            *out_more = false;
            return ST_OK;
        }
        memcpy(state->name, name, strlen(name) + 1);
        state->sum = (struct cache_sum){kind, state->name, 0, (int32_t)day};
        state->any = true;
    }
    if (day > state->sum.last_day)
        state->sum.last_day = (int32_t)day;
    return cache_add_amount(&state->sum.amount, sqlite3_column_int64(row, 2), err);
}

enum status cache_each_effect(struct cache *cache, const char *subject, int64_t after_position,
                              cache_sum_visitor *visitor, void *context, struct errmsg *err)
{
    struct sum_state state = {.any = false};
    bool more = true;
    sqlite3_stmt *rows;
    /* In the order of the enum; within a kind in the order of the key. */
    enum status st = sqlite_lend(
        &cache->db,
        CACHE_SUBJECTS
        "SELECT kind, name, amount, day FROM names JOIN effect ON subject = id AND position > ?2 ORDER BY CASE kind"
        " WHEN 'points' THEN 0 WHEN 'use' THEN 1 WHEN 'member_use' THEN 2 WHEN 'coupon' THEN 3 WHEN 'lease' THEN 4 "
        "ELSE 5 END,"
        " name",
        &cache->effects, &rows, err);

    if (st != ST_OK)
        return cache_note(cache, st);
    st = sqlite_bind(&cache->db, rows, VALUES(value_text(subject), value_int(after_position)), err);
    while (st == ST_OK && more && (st = sqlite_step(&cache->db, rows, err)) == ST_OK)
        st = take_effect(cache, rows, &state, visitor, context, &more, err);
    sqlite_give_back(&cache->effects, rows);
    if (st == ST_NOT_FOUND && state.any)
        (void)visitor(context, &state.sum); /* the last group; there is nothing left to stop */
    return cache_note(cache, st == ST_NOT_FOUND ? ST_OK : st);
}

/* Adds up the rows of a statement that gives amounts. */
static enum status add_up(struct cache *cache, enum cache_statement which, const struct sqlite_value *values,
                          int value_count, int64_t *out_sum, struct errmsg *err)
{
    sqlite3_stmt *rows = cache->statements[which];
    int64_t sum = 0;
    enum status st = cache_query(cache, which, values, value_count, err);

    for (; st == ST_OK; st = st == ST_OK ? sqlite_step(&cache->db, rows, err) : st)
        st = cache_add_amount(&sum, sqlite3_column_int64(rows, 0), err);
    cache_reset(cache, which);
    if (st != ST_NOT_FOUND)
        return cache_note(cache, st);
    *out_sum = sum;
    return ST_OK;
}

enum status cache_count_uses(struct cache *cache, const char *subject, enum cache_effect_kind kind, const char *name,
                             int64_t after_position, int32_t day_from, int32_t day_to, int64_t *out_count,
                             struct errmsg *err)
{
    return add_up(cache, CACHE_COUNT_USES,
                  VALUES(value_text(subject), value_text(cache_kind_names[kind]), value_text(name),
                         value_int(after_position), value_int(day_from), value_int(day_to)),
                  out_count, err);
}

enum status cache_sum_earned(struct cache *cache, const char *member, const char *currency, int64_t after_position,
                             int32_t day_from, int64_t *out_points, struct errmsg *err)
{
    return add_up(cache, CACHE_EARNED,
                  VALUES(value_text(member), value_text(currency), value_int(after_position), value_int(day_from)),
                  out_points, err);
}

int64_t cache_member_count(struct cache *cache)
{
    int64_t count = -1;
    enum status st = sqlite_get_int(&cache->db, "SELECT count FROM member_count", &count, NULL);

    return cache_note(cache, st) == ST_OK ? count : -1;
}
