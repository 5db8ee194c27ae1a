/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/interpret_return.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/money.h"
#include "sync/central/coupon.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"
#include "sync/central/return_later.h"
#include "sync/central/return_internal.h"

enum { NAME_MAX_BYTES = 512 };

static enum status read_body(struct return_booking *booking, struct errmsg *err)
{
    enum status st = json_text(booking->root, "return_id", ID_LEN_MAX, &booking->return_id, err);

    booking->sale_id = booking->named_member = "";
    booking->policy = "as_paid";
    if (st == ST_OK)
        st = json_optional(json_text(booking->root, "sale_id", ID_LEN_MAX, &booking->sale_id, err));
    if (st == ST_OK)
        st = json_optional(json_text(booking->root, "policy", 16, &booking->policy, err));
    if (st == ST_OK)
        st = json_optional(json_text(booking->root, "member", ID_LEN_MAX, &booking->named_member, err));
    if (st == ST_OK)
        st = json_object(booking->root, "result", &booking->result, err);
    if (st == ST_OK)
        st = json_int(booking->result, "refund_minor", 0, MONEY_MINOR_MAX, &booking->refund_minor, err);
    if (st == ST_OK && !id_is_valid(booking->return_id)) {
        errmsg_set(err, "return_id is not a name");
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

/* ---- the books ---- */

static enum status put_return(const struct return_booking *booking, struct errmsg *err)
{
    const struct interpret_record *record = booking->record;
    const struct device *device = record->device;
    char *result = cJSON_PrintUnformatted(booking->result);
    enum status st = ST_NOMEM;

    if (result)
        st = STORE_RUN(booking->central->store, STATEMENT_RETURN_INSERT, err, V_TEXT(device->chain),
                       V_TEXT(booking->return_id), V_TEXT(booking->sale_id), V_TEXT(device->dev),
                       V_TEXT(device->epoch), V_INT(record->seq), V_TEXT(device->store), V_TEXT(device->till),
                       V_TEXT(booking->member), V_TEXT(booking->policy), V_INT(booking->refund_minor), V_TEXT(result),
                       V_TEXT(booking->compared));
    cJSON_free(result);
    if (st == ST_CONFLICT)
        errmsg_set(err, "return %s was booked before, from another record", booking->return_id);
    return st;
}

static enum status post_points(const struct return_booking *booking, struct errmsg *err)
{
    const struct interpret_record *record = booking->record;
    struct ledger_record from = {record->device->dev, record->device->epoch, record->seq};
    const struct cJSON *points = cJSON_GetObjectItemCaseSensitive(booking->result, "points"), *one;
    const char *chain = record->device->chain;
    struct ledger_posting posting = ledger_begin_return(booking->central, chain, booking->member, &from);
    struct return_later later = {.count = 0};
    int64_t before = 0;
    enum status st = ST_OK;

    if (!booking->sale_named) {
        st = return_later_refunded(booking->central, chain, booking->sale_id, booking->return_id, &before, err);
        if (st == ST_OK)
            st = return_later_find(booking->central, chain, booking->sale_id, before, before + booking->refund_minor,
                                   &later, err);
    }
    if (st != ST_OK || !booking->member[0] || (cJSON_GetArraySize(points) == 0 && later.count == 0))
        return st;
    cJSON_ArrayForEach(one, points)
    {
        const char *currency;
        int64_t taken = 0, given = 0;

        if (st == ST_OK)
            st = json_text(one, "currency", NAME_MAX_BYTES, &currency, err);
        if (st == ST_OK)
            st = json_optional(json_int(one, "taken_back", 0, MONEY_MINOR_MAX, &taken, err));
        if (st == ST_OK)
            st = json_optional(json_int(one, "given_back", 0, MONEY_MINOR_MAX, &given, err));
        if (st == ST_OK)
            st = ledger_return(booking->central, &posting, currency, taken, given, err);
    }
    if (st == ST_OK)
        st = return_later_post(booking->central, &later, &posting, err);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static enum status release_coupons(const struct return_booking *booking, struct errmsg *err)
{
    const struct cJSON *list = cJSON_GetObjectItemCaseSensitive(booking->result, "coupons_released"), *one;
    enum status st = ST_OK;

    cJSON_ArrayForEach(one, list)
    {
        char name[NAME_MAX_BYTES + 16] = "coupon:";
        size_t len = strlen(name);

        if (!cJSON_IsString(one) || strlen(one->valuestring) > NAME_MAX_BYTES)
            return ST_INVALID;
        for (const char *code = one->valuestring; *code; code++) {
            if (*code != ' ' && *code != '-')
                name[len++] = (char)(*code >= 'A' && *code <= 'Z' ? *code + 32 : *code);
        }
        name[len] = '\0';
        st = usage_release(booking->central, booking->record->device->chain, name, err);
        if (st == ST_OK)
            st = coupon_touch(booking->central, booking->record->device->chain, name + strlen("coupon:"), err);
        if (st != ST_OK)
            break;
    }
    return st;
}

static enum status book(struct return_booking *booking, struct errmsg *err)
{
    const char *chain = booking->record->device->chain;
    char buyer[ID_BYTES] = "";
    enum status st = booking->named_member[0]
                         ? member_named(booking->central, chain, booking->named_member, booking->member, err)
                         : ST_OK;

    if (st == ST_OK && booking->sale_id[0])
        st = json_optional(return_read_sale(booking->central, chain, booking->sale_id, &booking->sale, buyer, err));
    if (st == ST_OK && !booking->member[0] && buyer[0]) /* the till did not know whose card it was; here one does */
        st = json_optional(member_resolve(booking->central, chain, buyer, booking->member, err));
    if (st == ST_OK)
        st = return_compare(booking, err);
    if (st == ST_OK)
        st = put_return(booking, err);
    if (st == ST_OK)
        st = post_points(booking, err);
    if (st == ST_OK)
        st = release_coupons(booking, err);
    /* Last, so that the row's new place behind the cursors covers all of the above. */
    if (st == ST_OK && booking->member[0])
        st = member_touch(booking->central, chain, booking->member, err);
    return st;
}

enum status interpret_return(struct central *central, const struct interpret_record *record, struct errmsg *err)
{
    struct return_booking booking = {.central = central, .record = record, .sale = STRBUF_INIT(RECORD_BYTES_MAX)};
    enum status st = json_parse(record->body, record->body_len, RECORD_BYTES_MAX, &booking.root, err);

    if (st == ST_OK)
        st = read_body(&booking, err);
    if (st == ST_OK)
        st = book(&booking, err);
    strbuf_free(&booking.sale);
    json_free(booking.root);
    return st;
}
