/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/restore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"

#define SECOND_US INT64_C(1000000)

enum status restore_begin(struct central *central, struct errmsg *err)
{
    char text[24];
    enum status st;

    (void)snprintf(text, sizeof(text), "%" PRId64, central_now_us(central));
    st = STORE_RUN(central->store, STATEMENT_META_SET, err, V_TEXT("restored_us"), V_TEXT(text));
    return st == ST_OK ? restore_load(central, err) : st;
}

enum status restore_load(struct central *central, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_META_GET, &rows, err, V_TEXT("restored_us"));

    if (st != ST_OK)
        return st;
    central->restored_us = rows_next(rows) ? strtoll(rows_text(rows, 0), NULL, 10) : 0;
    return rows_end(rows, err);
}

enum status restore_waiting(struct central *central, const char *chain, int64_t *out_tills, struct errmsg *err)
{
    *out_tills = 0;
    if (central->restored_us == 0 || central_now_us(central) - central->restored_us >= RESTORE_WAIT_S * SECOND_US)
        return ST_OK;
    return STORE_NUMBER(central->store, STATEMENT_DEVICE_UNREPORTED, out_tills, err, V_TEXT(chain),
                        V_TEXT(central->incarnation), V_INT(central->restored_us - RESTORE_USED_S * SECOND_US));
}

enum status restore_till_is_known(struct central *central, const char *dev, struct errmsg *err)
{
    return STORE_RUN(central->store, STATEMENT_DEVICE_REPORTED, err, V_TEXT(dev), V_TEXT(central->incarnation));
}

/* ---- what a till holds ---- */

struct held {
    const char *id, *named, *currency; /* views of the record */
    char member[ID_BYTES];
    int64_t amount, used, expires_unix_ms;
};

static enum status read_held(const struct cJSON *item, const char *id_name, const char *amount_name,
                             struct held *held, struct errmsg *err)
{
    enum status st = json_text(item, id_name, ID_LEN_MAX, &held->id, err);

    if (st == ST_OK && !id_is_valid(held->id)) {
        errmsg_set(err, "%s is not a name", id_name);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = json_text(item, "member", ID_LEN_MAX, &held->named, err);
    if (st == ST_OK)
        st = json_text(item, "currency", LOT_CURRENCY_BYTES - 1, &held->currency, err);
    if (st == ST_OK)
        st = json_int(item, amount_name, 1, JSON_INT_MAX, &held->amount, err);
    if (st == ST_OK)
        st = json_optional(json_int(item, "used", 0, held->amount, &held->used, err));
    if (st == ST_OK)
        st = json_optional(json_int(item, "expires_unix_ms", 0, JSON_INT_MAX / 1000, &held->expires_unix_ms, err));
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

/* The lease as this database has it: ST_NOT_FOUND when it was granted after the backup. */
static enum status find_lease(struct central *central, const struct device *device, const struct held *held,
                              int64_t *out_granted, bool *out_live, struct errmsg *err)
{
    struct rows *rows;
    bool found;
    enum status st = STORE_SELECT(central->store, STATEMENT_LEASE_GET, &rows, err, V_TEXT(held->id),
                                  V_TEXT(device->dev), V_TEXT(device->epoch));

    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    *out_granted = found ? rows_int(rows, 3) : 0;
    *out_live = found && strcmp(rows_text(rows, 5), "live") == 0;
    st = rows_end(rows, err);
    return st == ST_OK && !found ? ST_NOT_FOUND : st;
}

/* Of an epoch before, or of the till whose disk was copied: the record was carried from there, and what is set aside
 * there stays so. */
static enum status is_of_before(struct central *central, const struct held *held, bool *out_is, struct errmsg *err)
{
    int64_t count = 0;
    enum status st = STORE_NUMBER(central->store, STATEMENT_LEASE_KNOWN, &count, err, V_TEXT(held->id));

    *out_is = count > 0;
    return st;
}

/* What it used of it was posted by its records, which came before this one. A lease of before stays beside it, also
 * when the till has it no more: that one ends by the till's word alone. */
static enum status book_new(struct central *central, const struct device *device, struct held *held, int64_t change,
                            struct errmsg *err)
{
    enum status st = member_named(central, device->chain, held->named, held->member, err);

    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_LEASE_PUT, err, V_TEXT(held->id), V_TEXT(device->chain),
                       V_TEXT(device->dev), V_TEXT(device->epoch), V_TEXT(held->member), V_TEXT(held->currency),
                       V_INT(held->amount), V_INT(held->expires_unix_ms * 1000), V_INT(change),
                       V_INT(central_now_us(central)));
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_LEASE_USE, err, V_TEXT(held->id), V_INT(held->used), V_INT(change));
    return st == ST_OK ? member_touch(central, device->chain, held->member, err) : st;
}

/* More was added to it after the backup. */
static enum status book_more(struct central *central, const struct device *device, struct held *held, int64_t more,
                             int64_t change, struct errmsg *err)
{
    enum status st = member_named(central, device->chain, held->named, held->member, err);

    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_LEASE_FILL, err, V_TEXT(held->id), V_INT(more),
                       V_INT(held->expires_unix_ms * 1000), V_INT(change));
    return st == ST_OK ? member_touch(central, device->chain, held->member, err) : st;
}

/* *out_done is false when there was nothing to do: closed by a record of its own, known as it is, or of before. */
static enum status book_lease(struct central *central, const struct device *device, struct held *held, bool *out_done,
                              struct errmsg *err)
{
    int64_t granted, change;
    bool live, before = false;
    enum status found = find_lease(central, device, held, &granted, &live, err), st = found;

    if (found == ST_NOT_FOUND)
        st = is_of_before(central, held, &before, err);
    if (st != ST_OK)
        return st;
    *out_done = !before && (found == ST_NOT_FOUND || (live && granted < held->amount));
    if (!*out_done)
        return ST_OK;
    st = store_next_change(central->store, &change, err);
    if (st == ST_OK && found == ST_NOT_FOUND)
        return book_new(central, device, held, change, err);
    return st == ST_OK ? book_more(central, device, held, held->amount - granted, change, err) : st;
}

/* A record that ended it may have come before: then it stays ended. */
static enum status book_hold(struct central *central, const struct device *device, struct held *held, bool *out_done,
                             struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_HOLD_GET, &rows, err, V_TEXT(device->dev),
                                  V_TEXT(device->epoch), V_TEXT(held->id));

    if (st != ST_OK)
        return st;
    *out_done = !rows_next(rows);
    st = rows_end(rows, err);
    if (st == ST_OK && *out_done)
        st = member_named(central, device->chain, held->named, held->member, err);
    return st == ST_OK && *out_done
               ? STORE_RUN(central->store, STATEMENT_HOLD_BOOK, err, V_TEXT(device->dev), V_TEXT(device->epoch),
                           V_TEXT(held->id), V_TEXT(device->chain), V_TEXT(held->member), V_TEXT(held->currency),
                           V_INT(held->amount), V_INT(central_now_us(central)))
               : st;
}

/* What is done with each of a record's leases or holds. */
typedef enum status held_fn(struct central *central, const struct interpret_record *record, struct held *held,
                            bool lease, struct errmsg *err);

static enum status check_held(struct central *central, const struct interpret_record *record, struct held *held,
                              bool lease, struct errmsg *err)
{
    (void)central, (void)record, (void)held, (void)lease, (void)err;
    return ST_OK; /* it was read */
}

/* Each is a step (steps.h), of this till and of one member: what was booked says so by itself when the record comes
 * again. */
static enum status book_held(struct central *central, const struct interpret_record *record, struct held *held,
                             bool lease, struct errmsg *err)
{
    bool done = false;
    enum status st;

    if (record->again && *record->again)
        return ST_OK;
    st = lease ? book_lease(central, record->device, held, &done, err)
               : book_hold(central, record->device, held, &done, err);
    if (st == ST_OK && done && record->again)
        *record->again = true;
    return st;
}

static enum status each_of(struct central *central, const struct interpret_record *record, const struct cJSON *body,
                           bool lease, held_fn *act, struct errmsg *err)
{
    const struct cJSON *list = NULL, *item;
    enum status st = json_optional(json_array(body, lease ? "leases" : "holds", &list, err));

    cJSON_ArrayForEach(item, list)
    {
        struct held held = {.id = ""};

        if (st == ST_OK)
            st = read_held(item, lease ? "id" : "hold", lease ? "granted" : "amount", &held, err);
        if (st == ST_OK)
            st = act(central, record, &held, lease, err);
    }
    return st;
}

static enum status each_held(struct central *central, const struct interpret_record *record, const struct cJSON *body,
                             held_fn *act, struct errmsg *err)
{
    enum status st = each_of(central, record, body, true, act, err);

    return st == ST_OK ? each_of(central, record, body, false, act, err) : st;
}

enum status restore_note_holdings(struct central *central, const struct interpret_record *record,
                                  const struct cJSON *body, struct errmsg *err)
{
    const char *incarnation;
    enum status st = json_text(body, "incarnation", HEX64_TEXT - 1, &incarnation, err);

    if (st == ST_OK) /* all of it, before a part is booked */
        st = each_held(central, record, body, check_held, err);
    if (st == ST_OK)
        st = each_held(central, record, body, book_held, err);
    if (st == ST_OK && record->again && *record->again)
        return ST_OK;
    if (st == ST_OK && strcmp(incarnation, central->incarnation) == 0)
        st = restore_till_is_known(central, record->device->dev, err);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}
