/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/lot.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/civil_time.h"
#include "sync/central/device.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"
#include "sync/central/sheet.h"
#include "sync/central/steps.h"

/* A business day further from today than this is a wrong clock: the points count as earned today. */
enum { DAY_LATE_MAX = 400, DAY_EARLY_MAX = 1 };
static const int64_t DAY_US = INT64_C(86400000000);

struct lot {
    int32_t from_day, until_day;
    int64_t amount;
};

int32_t lot_today(const struct central *central)
{
    return (int32_t)(central_now_us(central) / DAY_US);
}

int64_t lot_available(const struct lot_sums *sums)
{
    return sums->active - sums->leased - sums->held;
}

enum status lot_sum(struct central *central, const char *chain, const char *member, const char *currency,
                    struct lot_sums *out_sums, struct errmsg *err)
{
    struct rows *rows;
    struct lot_sums sums = {0};
    enum status st = STORE_SELECT(central->store, STATEMENT_LOT_SUMS, &rows, err, V_TEXT(chain), V_TEXT(member),
                                  V_TEXT(currency), V_INT(lot_today(central)));

    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        sums = (struct lot_sums){rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3)};
    st = rows_end(rows, err);
    if (st == ST_OK)
        *out_sums = sums;
    return st;
}

/* ---- in ---- */

/* amount may be below zero, for the lot of 0 and 0. */
static enum status put(struct central *central, const struct lot_key *key, int32_t from_day, int32_t until_day,
                       int64_t amount, struct errmsg *err)
{
    const struct sheet_lot lot = {key->chain, key->member, key->currency, from_day, until_day};
    int64_t before = 0;
    enum status st = sheet_lot_get(central, &lot, &before, err);

    return st == ST_OK ? sheet_lot_set(central, &lot, before + amount, err) : st;
}

enum status lot_add(struct central *central, const struct lot_key *key, int32_t from_day, int32_t until_day,
                    int64_t amount, struct errmsg *err)
{
    const struct sheet_lot undated = {key->chain, key->member, key->currency, 0, 0};
    int64_t base = 0, paid = 0;
    enum status st;

    if (from_day == 0 && until_day == 0)
        return put(central, key, 0, 0, amount, err);
    st = sheet_lot_get(central, &undated, &base, err);
    if (st == ST_OK && base < 0) {
        paid = amount < -base ? amount : -base;
        st = put(central, key, 0, 0, paid, err);
    }
    return st == ST_OK && amount > paid ? put(central, key, from_day, until_day, amount - paid, err) : st;
}

enum status lot_earn(struct central *central, const struct lot_key *key, int32_t day, bool earned, int64_t amount,
                     struct errmsg *err)
{
    int32_t today = lot_today(central), from_day, until_day, activation, life;
    enum status st = sheet_rule(central, key->chain, key->currency, &activation, &life, err);

    if (st != ST_OK)
        return st;
    if (day < today - DAY_LATE_MAX || day > today + DAY_EARLY_MAX)
        day = today;
    /* Without a delay from ever, so that a store east of here can spend them on its own day. */
    from_day = earned && activation > 0 ? day + activation : 0;
    until_day = life > 0 ? day + (earned ? activation : 0) + life : 0;
    return lot_add(central, key, from_day, until_day, amount, err);
}

/* ---- out ---- */

enum status lot_take(struct central *central, const struct lot_key *key, bool newest, int64_t amount,
                     struct errmsg *err)
{
    enum status st = ST_OK;
    bool found = true;

    while (st == ST_OK && amount > 0 && found) {
        struct sheet_lot lot = {.chain = key->chain, .member = key->member, .currency = key->currency};
        int64_t there = 0, part;

        st = sheet_lot_choose(central, &lot, newest, lot_today(central), &there, err);
        found = there > 0;
        part = there < amount ? there : amount;
        if (st == ST_OK && found)
            st = sheet_lot_set(central, &lot, there - part, err);
        amount -= part;
    }
    return st == ST_OK && amount > 0 ? put(central, key, 0, 0, -amount, err) : st;
}

enum status lot_move(struct central *central, const char *chain, const char *from, const char *to, struct errmsg *err)
{
    enum status st = ST_OK;

    for (bool any = true; st == ST_OK && any;) {
        char currency[LOT_CURRENCY_BYTES] = "";
        struct lot lot = {0};
        struct rows *rows;

        st = STORE_SELECT(central->store, STATEMENT_LOT_ANY, &rows, err, V_TEXT(chain), V_TEXT(from));
        if (st != ST_OK)
            return st;
        any = rows_next(rows);
        if (any) {
            (void)snprintf(currency, sizeof(currency), "%s", rows_text(rows, 0));
            lot = (struct lot){(int32_t)rows_int(rows, 1), (int32_t)rows_int(rows, 2), rows_int(rows, 3)};
        }
        st = rows_end(rows, err);
        if (st == ST_OK && any) {
            const struct lot_key before = {chain, from, currency}, after = {chain, to, currency};

            st = put(central, &before, lot.from_day, lot.until_day, -lot.amount, err);
            if (st == ST_OK && lot.amount < 0)
                st = lot_take(central, &after, false, -lot.amount, err);
            else if (st == ST_OK)
                st = lot_add(central, &after, lot.from_day, lot.until_day, lot.amount, err);
        }
    }
    return st;
}

/* ---- told ---- */

/* How long points wait, as a lot of none: a till applies it to what its own sales earned and no row counts yet. */
static enum status write_delays(struct central *central, const char *chain, struct json_writer *w, struct errmsg *err)
{
    char id[LOT_CURRENCY_BYTES + 8];
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_POINT_RULE_DELAYED, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    while (rows_next(rows)) {
        (void)snprintf(id, sizeof(id), "%s.delay", rows_text(rows, 0));
        jw_object_begin(w);
        jw_field_text(w, "id", id);
        jw_field_text(w, "currency", rows_text(rows, 0));
        jw_field_int(w, "amount", 0);
        jw_field_int(w, "activation_days", rows_int(rows, 1));
        jw_object_end(w);
    }
    return rows_end(rows, err);
}

enum status lot_write(struct central *central, const char *chain, const char *member, const struct device *device,
                      struct json_writer *w, struct errmsg *err)
{
    char from[11], until[11], id[LOT_CURRENCY_BYTES + 32];
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_LOT_LIST, &rows, err, V_TEXT(chain), V_TEXT(member));

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    jw_field_text(w, "member", member);
    jw_name(w, "lots");
    jw_array_begin(w);
    while (rows_next(rows)) {
        int32_t from_day = (int32_t)rows_int(rows, 1), until_day = (int32_t)rows_int(rows, 2);

        civil_format_date(from_day, from);
        civil_format_date(until_day, until);
        (void)snprintf(id, sizeof(id), "%s.%d.%d", rows_text(rows, 0), from_day, until_day);
        jw_object_begin(w);
        jw_field_text(w, "id", id);
        jw_field_text(w, "currency", rows_text(rows, 0));
        jw_field_int(w, "amount", rows_int(rows, 3));
        if (from_day > 0)
            jw_field_text(w, "from", from);
        if (until_day > 0)
            jw_field_text(w, "until", until);
        jw_object_end(w);
    }
    st = rows_end(rows, err);
    if (st == ST_OK)
        st = write_delays(central, chain, w, err);
    jw_array_end(w);
    if (device) {
        jw_field_text(w, "epoch", device->epoch);
        jw_field_int(w, "seq", device->counted);
    }
    jw_object_end(w);
    return st;
}

/* ---- expired ---- */

/* All that expired of one member and currency, but for what leases and holds have promised. */
static enum status expire_one(struct central *central, const struct lot_place *one, struct errmsg *err)
{
    struct ledger_posting posting = ledger_begin_kind(central, one->chain, one->member, "expiry");
    struct lot_sums sums;
    int64_t amount = 0, free_points;
    enum status st = lot_sum(central, one->chain, one->member, one->currency, &sums, err);

    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_LOT_EXPIRED_SUM, &amount, err, V_TEXT(one->chain),
                          V_TEXT(one->member), V_TEXT(one->currency), V_INT(lot_today(central)));
    if (st != ST_OK)
        return st;
    free_points = sums.posted - sums.leased - sums.held;
    if (amount > free_points)
        amount = free_points > 0 ? free_points : 0;
    if (amount == 0)
        return ST_OK;
    st = ledger_expire(central, &posting, one->currency, amount, err);
    return st == ST_OK ? member_touch(central, one->chain, one->member, err) : st;
}

/* The next behind *place that has something expired; {0} when there is none. */
static enum status next_expired(struct central *central, const struct lot_place *place, struct lot_place *out_next,
                                bool *out_found, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_LOT_EXPIRED, &rows, err, V_INT(lot_today(central)),
                                  V_TEXT(place->chain), V_TEXT(place->member), V_TEXT(place->currency), V_INT(1));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found) {
        (void)snprintf(out_next->chain, sizeof(out_next->chain), "%s", rows_text(rows, 0));
        (void)snprintf(out_next->member, sizeof(out_next->member), "%s", rows_text(rows, 1));
        (void)snprintf(out_next->currency, sizeof(out_next->currency), "%s", rows_text(rows, 2));
    }
    return rows_end(rows, err);
}

struct expiry {
    struct central *central;
    struct lot_place place;
};

static enum status expire_next(void *context, bool *out_found, struct errmsg *err)
{
    struct expiry *expiry = context;
    struct lot_place next = {.chain = ""};
    enum status st = next_expired(expiry->central, &expiry->place, &next, out_found, err);

    if (st != ST_OK || !*out_found)
        return st;
    expiry->place = next;
    return expire_one(expiry->central, &next, err);
}

enum status lot_expire(struct central *central, struct lot_place *place, bool *out_more, struct errmsg *err)
{
    struct expiry expiry = {central, *place};
    int64_t count = 0;
    enum status st = steps_run(central, LOT_EXPIRE_BATCH, expire_next, &expiry, &count, err);

    if (st == ST_OK) {
        *place = expiry.place;
        *out_more = count == LOT_EXPIRE_BATCH;
    }
    return st;
}
