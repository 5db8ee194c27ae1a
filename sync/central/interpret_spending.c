/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/interpret_spending.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "sync/central/coupon.h"
#include "sync/central/hold.h"
#include "sync/central/lease.h"
#include "sync/central/ledger.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"
#include "sync/central/sale_record.h"

static enum status end_holds(struct central *central, const struct interpret_record *record, const struct cJSON *body,
                             int *out_count, struct errmsg *err)
{
    const struct cJSON *list = NULL, *one;
    enum status st = json_optional(json_array(body, "holds", &list, err));

    cJSON_ArrayForEach(one, list)
    {
        if (!cJSON_IsString(one) || !id_is_valid(one->valuestring)) {
            errmsg_set(err, "holds: one is not a name");
            return ST_INVALID;
        }
        if (st == ST_OK)
            st = hold_end(central, record->device, one->valuestring, true, err);
        ++*out_count;
    }
    return st;
}

static enum status use_leases(struct central *central, const struct interpret_record *record,
                              const struct cJSON *body, int *out_count, struct errmsg *err)
{
    const struct cJSON *list = NULL, *one;
    enum status st = json_optional(json_array(body, "leases", &list, err));

    cJSON_ArrayForEach(one, list)
    {
        const char *id = "";
        int64_t used = 0;

        if (st == ST_OK)
            st = json_text(one, "id", ID_LEN_MAX, &id, err);
        if (st == ST_OK)
            st = json_int(one, "used", 0, JSON_INT_MAX, &used, err);
        if (st == ST_OK)
            st = lease_used(central, record->device, id, used, err);
        ++*out_count;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

enum status spending_settle(struct central *central, const struct interpret_record *record,
                            const struct sale_record *sale, const char *member, struct errmsg *err)
{
    const struct device *device = record->device;
    char text[300];
    const char *way = "";
    int holds = 0, leases = 0;
    enum status st = end_holds(central, record, sale->root, &holds, err);

    if (st == ST_OK)
        st = use_leases(central, record, sale->root, &leases, err);
    if (st == ST_OK && holds > 0 && leases > 0) {
        (void)snprintf(text, sizeof(text), "sale %s at till %s of store %s spent from a hold and from a lease",
                       sale->sale_id, device->till, device->store);
        st = notice_put(central, device->chain, "", text, err);
    }
    if (st == ST_OK && json_text(sale->root, "spending", 16, &way, NULL) == ST_OK && strcmp(way, "floor") == 0)
        st = STORE_RUN(central->store, STATEMENT_FLOOR_PUT, err, V_TEXT(device->dev), V_TEXT(device->epoch),
                       V_INT(record->seq), V_TEXT(device->chain), V_TEXT(member), V_INT(sale->redeemed_minor),
                       V_INT(central_now_us(central)));
    return st == ST_OK ? coupon_sale_over(central, device, sale->sale_id, err) : st;
}

enum status spending_note_hold_voided(struct central *central, const struct interpret_record *record,
                                      const struct cJSON *body, struct errmsg *err)
{
    const char *hold;
    enum status st = json_text(body, "hold", ID_LEN_MAX, &hold, err);

    return st == ST_OK ? hold_end(central, record->device, hold, false, err) : st;
}

enum status spending_note_lease_use(struct central *central, const struct interpret_record *record,
                                    const struct cJSON *body, struct errmsg *err)
{
    const struct ledger_record from = {record->device->dev, record->device->epoch, record->seq};
    const char *chain = record->device->chain, *lease, *named, *currency;
    char member[ID_BYTES];
    int64_t amount;
    enum status st = json_text(body, "lease", ID_LEN_MAX, &lease, err);

    if (st == ST_OK)
        st = json_text(body, "member", ID_LEN_MAX, &named, err);
    if (st == ST_OK)
        st = json_text(body, "currency", LOT_CURRENCY_BYTES - 1, &currency, err);
    if (st == ST_OK)
        st = json_int(body, "amount", 1, JSON_INT_MAX, &amount, err);
    if (st == ST_OK)
        st = member_named(central, chain, named, member, err);
    if (st == ST_OK) {
        struct ledger_posting posting = ledger_begin(central, chain, member, &from);
        struct ledger_move move = {.currency = currency, .cost = amount};

        st = ledger_sale(central, &posting, &move, err);
    }
    if (st == ST_OK)
        st = lease_used(central, record->device, lease, amount, err);
    return st == ST_OK ? member_touch(central, chain, member, err) : st;
}

enum status spending_note_lease_close(struct central *central, const struct interpret_record *record,
                                      const struct cJSON *body, struct errmsg *err)
{
    const char *lease;
    enum status st = json_text(body, "lease", ID_LEN_MAX, &lease, err);

    return st == ST_OK ? lease_closed(central, record->device, lease, err) : st;
}
