/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/link/rows.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/till/member.h"

#include <cjson/cJSON.h>

#include <string.h>

/* ---- what a row says ---- */

/* The own (epoch, seq) that a row counts; none: it counts nothing. */
static enum status read_counted(const struct cJSON *row, uint64_t *out_epoch, int64_t *out_seq, struct errmsg *err)
{
    const char *text;
    enum status st = json_optional(json_int(row, "seq", 0, JSON_INT_MAX, out_seq, err));

    if (st == ST_OK && json_text(row, "epoch", 16, &text, NULL) == ST_OK) {
        st = hex_to_u64(text, out_epoch);
        if (st != ST_OK)
            errmsg_set(err, "epoch: \"%s\" is not 16 hex digits", text);
    }
    return st;
}

static enum status put_usage(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    const char *promotion;
    uint64_t epoch = 0;
    int64_t uses = 0, seq = 0;
    enum status st = json_text(row, "promotion", 160, &promotion, err);

    if (st == ST_OK)
        st = json_int(row, "uses", 0, JSON_INT_MAX, &uses, err);
    if (st == ST_OK)
        st = read_counted(row, &epoch, &seq, err);
    return st == ST_OK ? cache_put_usage(cache, promotion, uses, epoch, seq, err) : st;
}

static enum status put_alias(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    const char *old_member, *member;
    enum status st = json_text(row, "old", CACHE_ID_MAX, &old_member, err);

    if (st == ST_OK)
        st = json_text(row, "member", CACHE_ID_MAX, &member, err);
    if (st == ST_OK && strcmp(old_member, member) == 0) {
        errmsg_set(err, "member %s is merged into itself", member);
        st = ST_INVALID;
    }
    return st == ST_OK ? cache_put_alias(cache, old_member, member, err) : st;
}

/* {"member","<list>":[…],"epoch","seq"} */
static enum status put_part(struct cache *cache, const struct cJSON *row, enum cache_part part, const char *list_name,
                            struct errmsg *err)
{
    const struct cJSON *list;
    const char *member;
    uint64_t epoch = 0;
    int64_t seq = 0;
    char *body;
    enum status st = json_text(row, "member", CACHE_ID_MAX, &member, err);

    if (st == ST_OK)
        st = json_array(row, list_name, &list, err);
    if (st == ST_OK)
        st = read_counted(row, &epoch, &seq, err);
    if (st != ST_OK)
        return st;
    body = cJSON_PrintUnformatted(list);
    if (!body)
        return ST_NOMEM;
    st = cache_put_part(cache, part, member, body, epoch, seq, err);
    cJSON_free(body);
    return st;
}

static enum status put_lots(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    return put_part(cache, row, CACHE_LOTS, "lots", err);
}

static enum status put_segments(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    return put_part(cache, row, CACHE_SEGMENTS, "segments", err);
}

static enum status put_offers(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    return put_part(cache, row, CACHE_OFFERS, "offers", err);
}

static enum status put_coupon(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    struct cache_coupon coupon = {.member = "", .uses_max = 1};
    char *body;
    enum status st = json_text(row, "code", CACHE_NAME_MAX, &coupon.code, err);

    if (st == ST_OK)
        st = json_optional(json_text(row, "member", CACHE_ID_MAX, &coupon.member, err));
    if (st == ST_OK)
        st = json_optional(json_int(row, "uses", 0, JSON_INT_MAX, &coupon.uses, err));
    if (st == ST_OK)
        st = json_optional(json_int(row, "uses_max", 0, JSON_INT_MAX, &coupon.uses_max, err));
    if (st == ST_OK)
        st = read_counted(row, &coupon.epoch, &coupon.seq, err);
    if (st != ST_OK)
        return st;
    coupon.body = body = cJSON_PrintUnformatted(row);
    if (!body)
        return ST_NOMEM;
    st = cache_put_coupon(cache, &coupon, err);
    cJSON_free(body);
    return st;
}

static enum status put_lease(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    struct cache_lease lease = {0};
    enum status st = json_text(row, "id", CACHE_NAME_MAX, &lease.id, err);

    if (st == ST_OK)
        st = json_text(row, "member", CACHE_ID_MAX, &lease.member, err);
    if (st == ST_OK)
        st = json_text(row, "currency", CACHE_NAME_MAX, &lease.currency, err);
    if (st == ST_OK)
        st = json_int(row, "granted", 0, JSON_INT_MAX, &lease.granted, err);
    if (st == ST_OK)
        st = json_int(row, "used", 0, JSON_INT_MAX, &lease.used, err);
    if (st == ST_OK)
        st = json_int(row, "expires_unix_ms", 0, JSON_INT_MAX, &lease.expires_unix_ms, err);
    if (st == ST_OK)
        st = read_counted(row, &lease.epoch, &lease.seq, err);
    return st == ST_OK ? cache_put_lease(cache, &lease, err) : st;
}

static enum status forget_identifier(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    uint8_t hash[IDENTIFIER_HASH_BYTES];

    if (!cJSON_IsString(row) || strlen(row->valuestring) != 2 * sizeof hash ||
        hex_decode(row->valuestring, sizeof hash, hash) != ST_OK) {
        errmsg_set(err, "not a hash of %zu hex digits", 2 * sizeof hash);
        return ST_INVALID;
    }
    return cache_forget_identifier(cache, hash, err);
}

static enum status forget_member(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    if (!cJSON_IsString(row)) {
        errmsg_set(err, "not a member's id");
        return ST_INVALID;
    }
    return cache_forget_member(cache, row->valuestring, err);
}

/* In the order they are put: what is gone first, so that a row of the same answer stays. */
static const struct {
    const char *list;
    enum status (*put)(struct cache *cache, const struct cJSON *row, struct errmsg *err);
} kinds[ROW_KINDS] = {{"members_gone", forget_member},
                      {"members", member_store},
                      {"aliases", put_alias},
                      {"lots", put_lots},
                      {"segments", put_segments},
                      {"offers", put_offers},
                      {"usage", put_usage},
                      {"coupons", put_coupon},
                      {"leases", put_lease},
                      {"identifiers_gone", forget_identifier}};

/* ---- the rows of an answer ---- */

void rows_of(const struct cJSON *answer, struct rows *out_rows)
{
    const struct cJSON *list;

    for (int i = 0; i < ROW_KINDS; i++)
        out_rows->next[i] = json_array(answer, kinds[i].list, &list, NULL) == ST_OK ? list->child : NULL;
}

bool rows_left(const struct rows *rows)
{
    for (int i = 0; i < ROW_KINDS; i++)
        if (rows->next[i])
            return true;
    return false;
}

enum status rows_put_one(struct rows *rows, struct cache *cache, struct errmsg *err)
{
    for (int i = 0; i < ROW_KINDS; i++) {
        enum status st;

        if (!rows->next[i])
            continue;
        st = kinds[i].put(cache, rows->next[i], err);
        rows->next[i] = rows->next[i]->next;
        if (st != ST_INVALID && st != ST_NOT_FOUND && st != ST_RANGE)
            return st;
        log_warn("link-20", "a row was left out kind=%s: %s", kinds[i].list, err->text);
        return ST_OK;
    }
    return ST_OK;
}
