/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/interpret.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/central/forms.h"
#include "sync/central/coupon.h"
#include "sync/central/interpret_return.h"
#include "sync/central/interpret_sale.h"
#include "sync/central/interpret_spending.h"
#include "sync/central/member.h"
#include "sync/central/restore.h"
#include "sync/central/rollout.h"

enum { REASON_MAX = 400 };

bool interpret_is_fault(enum status st)
{
    return st == ST_IO || st == ST_NOMEM || st == ST_CORRUPT || st == ST_AGAIN;
}

static enum status note_void(struct central *central, const struct interpret_record *record, const struct cJSON *body,
                             struct errmsg *err)
{
    const char *sale_id, *reason = "";
    enum status st = json_text(body, "sale_id", ID_LEN_MAX, &sale_id, err);

    if (st == ST_OK)
        st = json_optional(json_text(body, "reason", REASON_MAX, &reason, err));
    if (st != ST_OK)
        return st;
    st = STORE_RUN(central->store, STATEMENT_VOID_INSERT, err, V_TEXT(record->device->chain), V_TEXT(sale_id),
                   V_TEXT(record->device->dev), V_TEXT(record->device->epoch), V_INT(record->seq), V_TEXT(reason));
    return st == ST_OK ? coupon_sale_over(central, record->device, sale_id, err) : st;
}

/* The sale may be one that became a dead letter, or another till's; then there is nothing to mark and that is no
 * fault of this record. */
static enum status note_print(struct central *central, const struct interpret_record *record,
                              const struct cJSON *body, struct errmsg *err)
{
    const char *sale_id, *state;
    enum status st = json_text(body, "sale_id", ID_LEN_MAX, &sale_id, err);

    if (st == ST_OK)
        st = json_text(body, "state", 32, &state, err);
    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_SALE_PRINTED, err, V_TEXT(record->device->chain), V_TEXT(sale_id),
                     V_TEXT(state), V_TEXT(record->device->dev));
}

static enum status note_activated(struct central *central, const struct interpret_record *record,
                                  const struct cJSON *body, struct errmsg *err)
{
    int64_t version;
    bool healthy = false;
    enum status st = json_int(body, "version", 0, JSON_INT_MAX, &version, err);

    if (st == ST_OK)
        st = json_optional(json_bool(body, "healthy", &healthy, err));
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_DEVICE_ACTIVATED, err, V_TEXT(record->device->dev), V_INT(version));
    return st == ST_OK ? rollout_heard(central, record->device, version, healthy ? "healthy" : "activated", "", err)
                       : st;
}

static enum status note_refused(struct central *central, const struct interpret_record *record,
                                const struct cJSON *body, struct errmsg *err)
{
    char text[REASON_MAX + 160];
    const char *reason;
    int64_t version = 0;
    enum status st = json_text(body, "reason", REASON_MAX, &reason, err);

    if (st == ST_OK)
        st = json_optional(json_int(body, "version", 0, JSON_INT_MAX, &version, err));
    if (st != ST_OK)
        return st;
    (void)snprintf(text, sizeof(text), "version %lld: %s", (long long)version, reason);
    st = STORE_RUN(central->store, STATEMENT_DEVICE_REFUSED, err, V_TEXT(record->device->dev), V_TEXT(text));
    if (st == ST_OK)
        st = rollout_heard(central, record->device, version, "refused", reason, err);
    if (st != ST_OK)
        return st;
    (void)snprintf(text, sizeof(text), "till %s of store %s refused bundle %lld: %s", record->device->till,
                   record->device->store, (long long)version, reason);
    return notice_put(central, record->device->chain, "", text, err);
}

/* Kept as they came, for reports and for whoever asks later; nothing is booked by them. */
static bool is_kept(const char *type)
{
    static const char *const kept[] = {"shift", "keyed_entry", "override", "hold_asked", "claim_asked"};

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (strcmp(type, kept[i]) == 0)
            return true;
    }
    return false;
}

enum status interpret(struct central *central, const struct interpret_record *record, struct errmsg *err)
{
    static const struct {
        const char *type;
        enum status (*note)(struct central *, const struct interpret_record *, const struct cJSON *, struct errmsg *);
    } types[] = {
        {"void", note_void},
        {"print", note_print},
        {"bundle_activated", note_activated},
        {"bundle_refused", note_refused},
        {"enrolment", forms_note},
        {"hold_voided", spending_note_hold_voided},
        {"claim_voided", coupon_note_claim_voided},
        {"lease_use", spending_note_lease_use},
        {"lease_close", spending_note_lease_close},
        {"holdings", restore_note_holdings},
    };
    struct cJSON *body = NULL;
    enum status st;

    if (record->type_version != 1) {
        errmsg_set(err, "version %lld of \"%s\" is not known here", (long long)record->type_version, record->type);
        return ST_UNSUPPORTED;
    }
    if (strcmp(record->type, "sale") == 0)
        return interpret_sale(central, record, err);
    if (strcmp(record->type, "return") == 0)
        return interpret_return(central, record, err);
    if (is_kept(record->type))
        return ST_OK;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(record->type, types[i].type) != 0)
            continue;
        st = json_parse(record->body, record->body_len, record->body_len, &body, err);
        if (st == ST_OK)
            st = types[i].note(central, record, body, err);
        json_free(body);
        return st;
    }
    errmsg_set(err, "records of type \"%s\" are not known here", record->type);
    return ST_UNSUPPORTED;
}
