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
                      {ROWS_APART, member_store},
                      {"aliases", put_alias},
                      {"lots", put_lots},
                      {"segments", put_segments},
                      {"offers", put_offers},
                      {"usage", put_usage},
                      {"coupons", put_coupon},
                      {"leases", put_lease},
                      {"identifiers_gone", forget_identifier}};

/* ---- the rows of an answer ---- */

/* Whether there is a row behind what stands at a place of the list apart: its bracket, or what follows a row. */
static bool has_row(const struct rows *rows, size_t at)
{
    if (rows->text[at] == '[')
        at++;
    at += strspn(rows->text + at, " \t\r\n");
    return rows->text[at] != ']';
}

void rows_of(const struct cJSON *tree, char *text, size_t len, const struct json_left_out *apart, struct rows *rows)
{
    const struct cJSON *list;

    rows->text = text;
    rows->len = len;
    rows->apart_at = apart->at > 0 && has_row(rows, apart->at) ? apart->at : 0;
    for (int i = 0; i < ROW_KINDS; i++)
        rows->next[i] = json_array(tree, kinds[i].list, &list, NULL) == ST_OK ? list->child : NULL;
}

void rows_clear(struct rows *rows)
{
    json_pool_free(&rows->pool);
    *rows = (struct rows){0};
}

void rows_leave(struct rows *rows, const char *list)
{
    for (int i = 0; i < ROW_KINDS; i++)
        if (strcmp(kinds[i].list, list) == 0)
            rows->next[i] = NULL;
}

bool rows_left(const struct rows *rows)
{
    for (int i = 0; i < ROW_KINDS; i++)
        if (rows->next[i])
            return true;
    return rows->apart_at > 0;
}

/* One that was put or cannot be taken; anything else ends the answer. */
static enum status note(enum status st, const char *list, const struct errmsg *err)
{
    if (st != ST_INVALID && st != ST_NOT_FOUND && st != ST_RANGE)
        return st;
    log_warn("link-20", "a row was left out kind=%s: %s", list, err->text);
    return ST_OK;
}

/* The row's own text is kept as it came. */
static enum status put_apart(struct rows *rows, struct cache *cache, struct errmsg *err)
{
    const struct cJSON *row;
    size_t from = rows->apart_at + 1, end = rows->apart_at;
    enum status st = json_pool_element(&rows->pool, rows->text, rows->len, &end, &row, err);
    char behind;

    if (st != ST_OK) {
        errmsg_wrap(err, ROWS_APART);
        return st == ST_NOMEM ? st : ST_CORRUPT;
    }
    behind = rows->text[end];
    rows->text[end] = '\0';
    st = member_store_text(cache, row, rows->text + from, err);
    rows->text[end] = behind;
    rows->apart_at = has_row(rows, end) ? end : 0;
    return note(st, ROWS_APART, err);
}

enum status rows_put_one(struct rows *rows, struct cache *cache, struct errmsg *err)
{
    for (int i = 0; i < ROW_KINDS; i++) {
        const struct cJSON *row = rows->next[i];

        if (strcmp(kinds[i].list, ROWS_APART) == 0 && rows->apart_at > 0)
            return put_apart(rows, cache, err);
        if (!row)
            continue;
        rows->next[i] = row->next;
        return note(kinds[i].put(cache, row, err), kinds[i].list, err);
    }
    return ST_OK;
}
