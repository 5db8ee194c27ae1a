/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of a member, coupons and leases: put as the central tells them, read with own later uses. */
#include "agent/db/cache_internal.h"

#include "agent/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_ID_MAX = CACHE_ID_MAX + 16 };

static void part_id(enum cache_part part, const char *member, char out_id[PART_ID_MAX + 1])
{
    static const char *const names[] = {
        [CACHE_LOTS] = "lots", [CACHE_SEGMENTS] = "segments", [CACHE_OFFERS] = "offers"};

    (void)snprintf(out_id, PART_ID_MAX + 1, "%s:%.*s", names[part], CACHE_ID_MAX, member);
}

enum status cache_put_part(struct cache *cache, enum cache_part part, const char *member, const char *body,
                           uint64_t epoch, int64_t seq, struct errmsg *err)
{
    char id[PART_ID_MAX + 1];
    uint8_t epoch_bytes[8];
    enum status st = cache_check_text("member id", member, CACHE_ID_MAX, err);

    if (st == ST_OK)
        st = cache_check_text("a member's list", body, CACHE_PROFILE_MAX, err);
    if (st != ST_OK)
        return st;
    part_id(part, member, id);
    if (strcmp(body, "[]") == 0)
        return cache_put(cache, CACHE_DELETE_PART, VALUES(value_text(id)), err);
    bytes_put_u64(epoch_bytes, epoch);
    return cache_put(cache, CACHE_PUT_PART,
                     VALUES(value_text(id), value_text(body), value_blob(epoch_bytes, 8), value_int(seq),
                            value_int(cache->generation)),
                     err);
}

enum status cache_read_part(struct cache *cache, enum cache_part part, const char *member, char **out_body,
                            uint64_t *out_epoch, int64_t *out_seq, struct errmsg *err)
{
    sqlite3_stmt *row = cache->statements[CACHE_FIND_PART];
    char id[PART_ID_MAX + 1], *copy;
    const char *body;
    const uint8_t *epoch;
    enum status st;

    part_id(part, member, id);
    st = cache_query(cache, CACHE_FIND_PART, VALUES(value_text(id)), err);
    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: there is no such list", cache->db.name);
    if (st != ST_OK)
        return st;
    body = (const char *)sqlite3_column_text(row, 0);
    epoch = sqlite3_column_blob(row, 1);
    copy = body ? strdup(body) : NULL;
    if (!copy || !epoch || sqlite3_column_bytes(row, 1) != 8) {
        errmsg_set(err, "%s: a member's list is damaged, or there is no memory to read it", cache->db.name);
        st = copy ? cache_note(cache, ST_CORRUPT) : ST_NOMEM;
        free(copy);
    } else {
        *out_body = copy;
        *out_epoch = bytes_get_u64(epoch);
        *out_seq = sqlite3_column_int64(row, 2);
    }
    cache_reset(cache, CACHE_FIND_PART);
    return st;
}

enum status cache_forget_member(struct cache *cache, const char *id, struct errmsg *err)
{
    char part[PART_ID_MAX + 1];
    bool known = false;
    enum status st = cache_check_text("member id", id, CACHE_ID_MAX, err);

    if (st == ST_OK)
        st = cache_step_begin(cache, err);
    if (st != ST_OK)
        return st;
    st = cache_forget_identifiers_of(cache, id, NULL, 0, &known, err);
    for (int i = CACHE_LOTS; st == ST_OK && i <= CACHE_OFFERS; i++) {
        part_id((enum cache_part)i, id, part);
        st = cache_run(cache, CACHE_DELETE_PART, VALUES(value_text(part)), err);
    }
    if (st == ST_OK)
        st = cache_run(cache, CACHE_DELETE_MEMBER, VALUES(value_text(id)), err);
    if (st == ST_OK && known)
        st = cache_add_to_members(cache, -1, err);
    return cache_step_end(cache, st, err);
}

static enum status check_amounts(const char *what, const char *id, int64_t a, int64_t b, struct errmsg *err)
{
    if (a >= 0 && a <= CACHE_AMOUNT_MAX && b >= 0 && b <= CACHE_AMOUNT_MAX)
        return ST_OK;
    errmsg_set(err, "%s %s: an amount is out of range", what, id);
    return ST_RANGE;
}

enum status cache_put_coupon(struct cache *cache, const struct cache_coupon *coupon, struct errmsg *err)
{
    uint8_t epoch[8];
    enum status st = cache_check_text("coupon", coupon->code, CACHE_NAME_MAX, err);

    if (st == ST_OK)
        st = cache_check_text("member id", coupon->member, CACHE_ID_MAX, err);
    if (st == ST_OK)
        st = cache_check_text("a coupon's row", coupon->body, CACHE_PROFILE_MAX, err);
    if (st == ST_OK)
        st = check_amounts("coupon", coupon->code, coupon->uses, coupon->uses_max, err);
    if (st != ST_OK)
        return st;
    if (coupon->uses_max == 0)
        return cache_put(cache, CACHE_DELETE_COUPON, VALUES(value_text(coupon->code)), err);
    bytes_put_u64(epoch, coupon->epoch);
    return cache_put(cache, CACHE_PUT_COUPON,
                     VALUES(value_text(coupon->code), value_text(coupon->member), value_int(coupon->uses),
                            value_int(coupon->uses_max), value_text(coupon->body), value_blob(epoch, 8),
                            value_int(coupon->seq), value_int(cache->generation)),
                     err);
}

enum status cache_find_coupon(struct cache *cache, const char *code, cache_position_fn *position_of,
                              void *position_context, cache_coupon_visitor *visitor, void *context,
                              struct errmsg *err)
{
    sqlite3_stmt *row = cache->statements[CACHE_FIND_COUPON];
    struct cache_coupon coupon;
    const uint8_t *epoch;
    char name[CACHE_NAME_MAX + 8];
    int64_t own = 0;
    enum status st = cache_query(cache, CACHE_FIND_COUPON, VALUES(value_text(code)), err);

    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: coupon %.64s is not listed here", cache->db.name, code);
    if (st != ST_OK)
        return st;
    epoch = sqlite3_column_blob(row, 5);
    coupon = (struct cache_coupon){(const char *)sqlite3_column_text(row, 0),
                                   (const char *)sqlite3_column_text(row, 1),
                                   sqlite3_column_int64(row, 2),
                                   sqlite3_column_int64(row, 3),
                                   (const char *)sqlite3_column_text(row, 4),
                                   0,
                                   sqlite3_column_int64(row, 6)};
    if (!coupon.code || !coupon.member || !coupon.body || !epoch || sqlite3_column_bytes(row, 5) != 8) {
        errmsg_set(err, "%s: a coupon's row is damaged", cache->db.name);
        st = cache_note(cache, ST_CORRUPT);
    }
    if (st == ST_OK) {
        coupon.epoch = bytes_get_u64(epoch);
        (void)snprintf(name, sizeof name, "coupon:%s", code);
        st = cache_count_uses(cache, "", EFFECT_COUPON, name, position_of(position_context, coupon.epoch, coupon.seq),
                              INT32_MIN, INT32_MAX, &own, err);
    }
    if (st == ST_OK)
        st = cache_add_amount(&coupon.uses, own, err);
    if (st == ST_OK)
        visitor(context, &coupon);
    cache_reset(cache, CACHE_FIND_COUPON);
    return st;
}

enum status cache_put_lease(struct cache *cache, const struct cache_lease *lease, struct errmsg *err)
{
    uint8_t epoch[8];
    enum status st = cache_check_text("lease", lease->id, CACHE_NAME_MAX, err);

    if (st == ST_OK)
        st = cache_check_text("member id", lease->member, CACHE_ID_MAX, err);
    if (st == ST_OK)
        st = cache_check_text("currency", lease->currency, CACHE_NAME_MAX, err);
    if (st == ST_OK)
        st = check_amounts("lease", lease->id, lease->granted, lease->used, err);
    if (st != ST_OK)
        return st;
    if (lease->granted == 0)
        return cache_put(cache, CACHE_DELETE_LEASE, VALUES(value_text(lease->id)), err);
    bytes_put_u64(epoch, lease->epoch);
    return cache_put(cache, CACHE_PUT_LEASE,
                     VALUES(value_text(lease->id), value_text(lease->member), value_text(lease->currency),
                            value_int(lease->granted), value_int(lease->used), value_int(lease->expires_unix_ms),
                            value_blob(epoch, 8), value_int(lease->seq), value_int(cache->generation)),
                     err);
}

static enum status take_lease(struct cache *cache, sqlite3_stmt *row, struct cache_lease *out_lease,
                              struct errmsg *err)
{
    const uint8_t *epoch = sqlite3_column_blob(row, 6);

    *out_lease = (struct cache_lease){(const char *)sqlite3_column_text(row, 0),
                                      (const char *)sqlite3_column_text(row, 1),
                                      (const char *)sqlite3_column_text(row, 2),
                                      sqlite3_column_int64(row, 3),
                                      sqlite3_column_int64(row, 4),
                                      sqlite3_column_int64(row, 5),
                                      0,
                                      sqlite3_column_int64(row, 7)};
    if (!out_lease->id || !out_lease->member || !out_lease->currency || !epoch || sqlite3_column_bytes(row, 6) != 8) {
        errmsg_set(err, "%s: a lease is damaged", cache->db.name);
        return cache_note(cache, ST_CORRUPT);
    }
    out_lease->epoch = bytes_get_u64(epoch);
    return ST_OK;
}

/* The lease of the row, with own later uses in used: by its id alone, whatever its member was called then. */
static enum status read_lease(struct cache *cache, sqlite3_stmt *row, cache_position_fn *position_of,
                              void *position_context, struct cache_lease *out_lease, struct errmsg *err)
{
    int64_t own = 0;
    enum status st = take_lease(cache, row, out_lease, err);

    if (st == ST_OK)
        st = cache_count_uses(cache, "", EFFECT_LEASE, out_lease->id,
                              position_of(position_context, out_lease->epoch, out_lease->seq), INT32_MIN, INT32_MAX,
                              &own, err);
    return st == ST_OK ? cache_add_amount(&out_lease->used, own, err) : st;
}

enum status cache_lease_lives(struct cache *cache, int64_t now_unix_ms, struct errmsg *err)
{
    enum status st = cache_query(cache, CACHE_LEASE_LIVES, VALUES(value_int(now_unix_ms)), err);

    cache_reset(cache, CACHE_LEASE_LIVES);
    return st;
}

enum status cache_ended_lease(struct cache *cache, int64_t now_unix_ms, cache_position_fn *position_of,
                              void *position_context, cache_lease_visitor *visitor, void *context, struct errmsg *err)
{
    struct cache_lease lease;
    enum status st = cache_query(cache, CACHE_LEASE_ENDED, VALUES(value_int(now_unix_ms)), err);

    if (st == ST_OK)
        st = read_lease(cache, cache->statements[CACHE_LEASE_ENDED], position_of, position_context, &lease, err);
    if (st == ST_OK)
        (void)visitor(context, &lease);
    cache_reset(cache, CACHE_LEASE_ENDED);
    return cache_note(cache, st);
}

static enum status visit_leases(struct cache *cache, enum cache_statement which, cache_position_fn *position_of,
                                void *position_context, cache_lease_visitor *visitor, void *context, enum status st,
                                struct errmsg *err)
{
    sqlite3_stmt *rows = cache->statements[which];

    for (; st == ST_OK; st = st == ST_OK ? sqlite_step(&cache->db, rows, err) : st) {
        struct cache_lease lease;

        st = read_lease(cache, rows, position_of, position_context, &lease, err);
        if (st == ST_OK && !visitor(context, &lease)) {
            st = ST_NOT_FOUND;
            break;
        }
    }
    cache_reset(cache, which);
    return cache_note(cache, st == ST_NOT_FOUND ? ST_OK : st);
}

enum status cache_each_lease(struct cache *cache, const char *member, cache_position_fn *position_of,
                             void *position_context, cache_lease_visitor *visitor, void *context, struct errmsg *err)
{
    enum status st = cache_query(cache, CACHE_LEASES_OF, VALUES(value_text(member)), err);

    return visit_leases(cache, CACHE_LEASES_OF, position_of, position_context, visitor, context, st, err);
}

enum status cache_every_lease(struct cache *cache, cache_position_fn *position_of, void *position_context,
                              cache_lease_visitor *visitor, void *context, struct errmsg *err)
{
    enum status st = cache_query(cache, CACHE_LEASES, NULL, 0, err);

    return visit_leases(cache, CACHE_LEASES, position_of, position_context, visitor, context, st, err);
}
