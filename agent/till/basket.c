/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/basket.h"

#include "agent/base/json.h"
#include "agent/base/money.h"
#include "agent/till/projection.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

void basket_init(struct basket *basket)
{
    memset(basket, 0, sizeof *basket);
    memcpy(basket->channel, "till", sizeof "till");
}

void basket_clear(struct basket *basket)
{
    cJSON_Delete(basket->lines);
    cJSON_Delete(basket->coupons);
    cJSON_Delete(basket->rewards);
    cJSON_Delete(basket->redeem);
    cJSON_Delete(basket->scanned);
    basket_init(basket);
}

static enum status read_text(const cJSON *body, const char *name, char out_text[BASKET_TEXT_MAX + 1],
                             struct errmsg *err)
{
    const char *view;
    enum status st = json_text(body, name, BASKET_TEXT_MAX, &view, err);

    if (st == ST_OK)
        (void)snprintf(out_text, BASKET_TEXT_MAX + 1, "%s", view);
    return json_optional(st);
}

/* Copies a member of the body for the engine to judge; absent: NULL. */
static enum status copy_member(const cJSON *body, const char *name, struct cJSON **out_copy)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(body, name);

    *out_copy = NULL;
    if (!member || cJSON_IsNull(member))
        return ST_OK;
    *out_copy = cJSON_Duplicate(member, true);
    return *out_copy ? ST_OK : ST_NOMEM;
}

/* By currency. What walks over it here counts on names: an array's elements have none. */
static enum status copy_redeem(const cJSON *body, struct cJSON **out_copy, struct errmsg *err)
{
    enum status st = copy_member(body, "redeem", out_copy);

    if (st != ST_OK || !*out_copy || cJSON_IsObject(*out_copy))
        return st;
    errmsg_set(err, "/redeem: an object such as {\"bonus\": 4000}, or {\"bonus\": \"max\"}");
    return ST_INVALID;
}

static enum status read_tender(const cJSON *item, struct basket_tender *tender, struct errmsg *err)
{
    const char *kind;
    enum status st;

    tender->amount_minor = 0;
    if (cJSON_IsString(item)) {
        kind = item->valuestring;
        st = strlen(kind) <= BASKET_TEXT_MAX ? ST_OK : ST_INVALID;
    } else {
        st = json_text(item, "kind", BASKET_TEXT_MAX, &kind, err);
        if (st == ST_OK)
            st = json_optional(json_int(item, "amount_minor", 0, MONEY_MINOR_MAX, &tender->amount_minor, err));
    }
    if (st != ST_OK || kind[0] == '\0') {
        errmsg_set(err, "/tenders: each is a word such as \"cash\", or {\"kind\",\"amount_minor\"}");
        return ST_INVALID;
    }
    (void)snprintf(tender->kind, sizeof tender->kind, "%s", kind);
    return ST_OK;
}

enum status basket_read_tenders(const struct cJSON *body, struct basket *basket, struct errmsg *err)
{
    struct basket_tender tenders[BASKET_TENDERS_MAX];
    const cJSON *list, *item;
    int count = 0;
    enum status st = json_array(body, "tenders", &list, err);

    if (st != ST_OK)
        return st;
    cJSON_ArrayForEach(item, list)
    {
        if (count == BASKET_TENDERS_MAX) {
            errmsg_set(err, "/tenders: more than %d", BASKET_TENDERS_MAX);
            return ST_FULL;
        }
        st = read_tender(item, &tenders[count], err);
        if (st != ST_OK)
            return st;
        count++;
    }
    memcpy(basket->tenders, tenders, sizeof tenders[0] * (size_t)count);
    basket->tender_count = count;
    return ST_OK;
}

static enum status read_exchange(const cJSON *body, struct basket *basket, struct errmsg *err)
{
    const char *id = "";
    enum status st = json_optional(json_text(body, "exchange", ID_LEN_MAX, &id, err));

    if (st != ST_OK || (id[0] != '\0' && !id_is_valid(id))) {
        errmsg_set(err, "/exchange: 1 to %d of A-Z a-z 0-9 . _ : -", ID_LEN_MAX);
        return ST_INVALID;
    }
    (void)snprintf(basket->exchange, sizeof basket->exchange, "%s", id);
    return ST_OK;
}

enum status basket_read(const struct cJSON *body, struct basket *out_basket, struct errmsg *err)
{
    struct basket basket;
    const cJSON *lines;
    enum status st;

    basket_init(&basket);
    st = json_array(body, "lines", &lines, err);
    if (st == ST_NOT_FOUND) {
        errmsg_set(err, "/lines: missing; a PUT carries the whole basket");
        return ST_INVALID;
    }
    if (st != ST_OK)
        return st;
    st = copy_member(body, "lines", &basket.lines);
    if (st == ST_OK)
        st = copy_member(body, "coupons", &basket.coupons);
    if (st == ST_OK)
        st = copy_member(body, "rewards", &basket.rewards);
    if (st == ST_OK)
        st = copy_redeem(body, &basket.redeem, err);
    if (st == ST_OK)
        st = read_text(body, "channel", basket.channel, err);
    if (st == ST_OK)
        st = read_text(body, "cashier", basket.cashier, err);
    if (st == ST_OK)
        st = read_exchange(body, &basket, err);
    if (st == ST_OK)
        st = json_optional(basket_read_tenders(body, &basket, err));
    if (st != ST_OK) {
        basket_clear(&basket);
        return st;
    }
    basket_clear(out_basket);
    *out_basket = basket;
    return ST_OK;
}

void basket_write_tenders(const struct basket *basket, struct json_writer *w)
{
    jw_name(w, "tenders");
    jw_array_begin(w);
    for (int i = 0; i < basket->tender_count; i++) {
        jw_object_begin(w);
        jw_field_text(w, "kind", basket->tenders[i].kind);
        jw_field_int(w, "amount_minor", basket->tenders[i].amount_minor);
        jw_object_end(w);
    }
    jw_array_end(w);
}

int64_t basket_tendered(const struct basket *basket)
{
    money sum = {0};

    for (int i = 0; i < basket->tender_count; i++) {
        if (money_add(sum, (money){basket->tenders[i].amount_minor}, &sum) != ST_OK)
            return MONEY_MINOR_MAX; /* sixteen tenders of the most money there can be: more than any total */
    }
    return sum.minor;
}

bool basket_has_lines(const struct basket *basket)
{
    return cJSON_GetArraySize(basket->lines) > 0;
}

/* ---- coupons that were scanned ---- */

/* Where it stands among the codes; -1: nowhere. */
static int find_code(const struct cJSON *codes, const char *code)
{
    char name[CACHE_NAME_MAX + 1], other[CACHE_NAME_MAX + 1];
    const cJSON *item;
    int at = 0;

    projection_coupon_name(code, name);
    cJSON_ArrayForEach(item, codes)
    {
        projection_coupon_name(cJSON_IsString(item) ? item->valuestring : "", other);
        if (strcmp(name, other) == 0)
            return at;
        at++;
    }
    return -1;
}

bool basket_has_coupon(const struct basket *basket, const char *code)
{
    return find_code(basket->coupons, code) >= 0;
}

static bool add_code(struct cJSON **codes, const char *code)
{
    cJSON *item = cJSON_CreateString(code);

    if (!*codes)
        *codes = cJSON_CreateArray();
    if (*codes && item && cJSON_AddItemToArray(*codes, item))
        return true;
    cJSON_Delete(item);
    return false;
}

enum status basket_add_scanned(struct basket *basket, const char *code)
{
    if (cJSON_GetArraySize(basket->scanned) == BASKET_SCANNED_MAX)
        return ST_FULL;
    if (!add_code(&basket->scanned, code))
        return ST_NOMEM;
    if (basket_has_coupon(basket, code) || add_code(&basket->coupons, code))
        return ST_OK;
    cJSON_DeleteItemFromArray(basket->scanned, cJSON_GetArraySize(basket->scanned) - 1);
    return ST_NOMEM;
}

void basket_drop_scanned(struct basket *basket, const char *code)
{
    cJSON_DeleteItemFromArray(basket->scanned, find_code(basket->scanned, code));
    cJSON_DeleteItemFromArray(basket->coupons, find_code(basket->coupons, code));
}

enum status basket_keep_scanned(const struct cJSON *body, const struct basket *before, struct basket *basket,
                                struct errmsg *err)
{
    const cJSON *kept = NULL, *item;
    enum status st = json_optional(json_array(body, "scanned_coupons", &kept, err));

    if (st == ST_OK && basket->coupons && !cJSON_IsArray(basket->coupons))
        return ST_OK; /* the engine says what is wrong with it */
    cJSON_ArrayForEach(item, before->scanned)
    {
        if (st == ST_OK && (!kept || find_code(kept, item->valuestring) >= 0))
            st = basket_add_scanned(basket, item->valuestring);
    }
    return st;
}
