/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chain-wide uses: what the central counts, and own uses since. Weeks without a link are thousands of own records, so
 * their uses stand added up beside each (table running): a counter is two look-ups, however many they are.
 */
#include "agent/db/cache_internal.h"

#include "agent/base/bytes.h"

#include <string.h>

#define COUPON       "coupon:"
#define PAST_COUPONS "coupon;" /* ';' follows ':', and no name has one */

enum status cache_add_running(struct cache *cache, const char *name, int64_t position, int64_t amount,
                              struct errmsg *err)
{
    int64_t total = 0;
    enum status st = cache_query(cache, CACHE_LAST_RUNNING, VALUES(value_text(name)), err);

    if (st == ST_OK) {
        total = sqlite3_column_int64(cache->statements[CACHE_LAST_RUNNING], 0);
        cache_reset(cache, CACHE_LAST_RUNNING);
    } else if (st != ST_NOT_FOUND) {
        return st;
    }
    st = cache_add_amount(&total, amount, err);
    return st == ST_OK ? cache_run(cache, CACHE_ADD_RUNNING,
                                   VALUES(value_text(name), value_int(position), value_int(total)), err)
                       : st;
}

static enum status read_total(struct cache *cache, enum cache_statement which, const struct sqlite_value *values,
                              int count, int64_t *out_total, struct errmsg *err)
{
    enum status st = cache_query(cache, which, values, count, err);

    *out_total = 0;
    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st == ST_OK) {
        *out_total = sqlite3_column_int64(cache->statements[which], 0);
        cache_reset(cache, which);
    }
    return st;
}

/* Own uses after a position. */
static enum status own_uses(struct cache *cache, const char *name, int64_t position, int64_t *out_uses,
                            struct errmsg *err)
{
    int64_t all, counted;
    enum status st = read_total(cache, CACHE_LAST_RUNNING, VALUES(value_text(name)), &all, err);

    if (st == ST_OK)
        st = read_total(cache, CACHE_RUNNING_AT, VALUES(value_text(name), value_int(position)), &counted, err);
    if (st == ST_OK)
        *out_uses = all - counted;
    return st;
}

enum status cache_usage_of(struct cache *cache, const char *promotion, cache_position_fn *position_of,
                           void *position_context, int64_t *out_uses, struct errmsg *err)
{
    sqlite3_stmt *row = cache->statements[CACHE_FIND_USAGE];
    int64_t uses = 0, own = 0, position = 0;
    enum status st = cache_query(cache, CACHE_FIND_USAGE, VALUES(value_text(promotion)), err);

    if (st == ST_OK) {
        const uint8_t *epoch = sqlite3_column_blob(row, 1);

        uses = sqlite3_column_int64(row, 0);
        if (epoch && sqlite3_column_bytes(row, 1) == 8) {
            position = position_of(position_context, bytes_get_u64(epoch), sqlite3_column_int64(row, 2));
        } else {
            errmsg_set(err, "%s: a counter is damaged", cache->db.name);
            st = cache_note(cache, ST_CORRUPT);
        }
        cache_reset(cache, CACHE_FIND_USAGE);
    } else if (st == ST_NOT_FOUND) {
        st = ST_OK;
    }
    if (st == ST_OK)
        st = own_uses(cache, promotion, position, &own, err);
    if (st == ST_OK)
        st = cache_add_amount(&uses, own, err);
    if (st == ST_OK)
        *out_uses = uses;
    return st;
}

/* The next name after the one given, "" when there is none. One look-up, whatever lies between. */
static enum status next_name(struct cache *cache, enum cache_statement which, const char *after,
                             char out_name[CACHE_NAME_MAX + 1], struct errmsg *err)
{
    const char *name;
    enum status st = cache_query(cache, which, VALUES(value_text(after)), err);

    out_name[0] = '\0';
    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return st;
    name = (const char *)sqlite3_column_text(cache->statements[which], 0);
    if (name && name[0] != '\0' && strlen(name) <= CACHE_NAME_MAX) {
        memcpy(out_name, name, strlen(name) + 1);
    } else {
        errmsg_set(err, "%s: a counter's name is damaged", cache->db.name);
        st = cache_note(cache, ST_CORRUPT);
    }
    cache_reset(cache, which);
    return st;
}

/* The next that is wanted: past all coupons in one look-up, however many were used. */
static enum status next_wanted(struct cache *cache, enum cache_statement which, const char *after, bool coupons,
                               char out_name[CACHE_NAME_MAX + 1], struct errmsg *err)
{
    enum status st = next_name(cache, which, after, out_name, err);

    if (st != ST_OK || coupons || strncmp(out_name, COUPON, strlen(COUPON)) != 0)
        return st;
    return next_name(cache, which, PAST_COUPONS, out_name, err);
}

/* Two lists of names in order, merged. */
static enum status each(struct cache *cache, bool coupons, cache_position_fn *position_of, void *position_context,
                        cache_usage_visitor *visitor, void *context, struct errmsg *err)
{
    char told[CACHE_NAME_MAX + 1], own[CACHE_NAME_MAX + 1];
    enum status st = next_wanted(cache, CACHE_NEXT_USAGE, "", coupons, told, err);

    if (st == ST_OK)
        st = next_wanted(cache, CACHE_NEXT_RUNNING, "", coupons, own, err);
    while (st == ST_OK && (told[0] != '\0' || own[0] != '\0')) {
        int order = told[0] == '\0' ? 1 : own[0] == '\0' ? -1 : strcmp(told, own);
        int64_t uses = 0;

        st = cache_usage_of(cache, order <= 0 ? told : own, position_of, position_context, &uses, err);
        if (st != ST_OK || !visitor(context, order <= 0 ? told : own, uses))
            break;
        if (order >= 0)
            st = next_wanted(cache, CACHE_NEXT_RUNNING, own, coupons, own, err);
        if (st == ST_OK && order <= 0)
            st = next_wanted(cache, CACHE_NEXT_USAGE, told, coupons, told, err);
    }
    return st;
}

enum status cache_each_usage(struct cache *cache, cache_position_fn *position_of, void *position_context,
                             cache_usage_visitor *visitor, void *context, struct errmsg *err)
{
    return each(cache, true, position_of, position_context, visitor, context, err);
}

enum status cache_each_promotion_usage(struct cache *cache, cache_position_fn *position_of, void *position_context,
                                       cache_usage_visitor *visitor, void *context, struct errmsg *err)
{
    return each(cache, false, position_of, position_context, visitor, context, err);
}
