/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/interpret_sale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/engine/engine.h"
#include "sync/central/circle.h"
#include "sync/central/coupon.h"
#include "sync/central/evaluator.h"
#include "sync/central/interpret_spending.h"
#include "sync/central/ledger.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"
#include "sync/central/return_later.h"
#include "sync/central/sale_booking.h"
#include "sync/central/sale_record.h"
#include "sync/central/sheet.h"

enum { MEMBER_JSON_MAX = 1024 * 1024 };

static enum status put_difference(const struct sale_booking *booking, const char *central_digest, const char *reason,
                                  struct errmsg *err)
{
    const struct sale_record *sale = booking->sale;

    return STORE_RUN(booking->central->store, STATEMENT_DIFFERENCE_INSERT, err, V_TEXT(booking->dev),
                     V_TEXT(booking->epoch), V_INT(booking->seq), V_TEXT(booking->chain), V_TEXT(sale->sale_id),
                     V_TEXT(sale->bundle), V_TEXT(sale->digest), V_TEXT(central_digest), V_TEXT(reason),
                     V_INT(central_now_us(booking->central)));
}

/* Computes the sale again by the bundle it names. What differs is reported and stays as sold. */
static enum status compare(const struct sale_booking *booking, const char **out_compared, struct errmsg *err)
{
    const struct sale_record *sale = booking->sale;
    const struct engine_result *result;
    struct errmsg reason = ERRMSG_INIT;
    enum status st;

    *out_compared = "no_bundle";
    if (!sale->bundle[0])
        return ST_OK;
    st = evaluator_evaluate(booking->central->evaluator, sale->bundle, sale->sale_json, sale->sale_len, &result,
                            &reason);
    if (interpret_is_fault(st)) {
        *err = reason;
        return st;
    }
    if (st == ST_NOT_FOUND) {
        *out_compared = "unknown_bundle";
        return put_difference(booking, "", reason.text, err);
    }
    if (st == ST_OK && strcmp(result->digest, sale->digest) == 0) {
        *out_compared = "same";
        return ST_OK;
    }
    *out_compared = "different";
    return put_difference(booking, st == ST_OK ? result->digest : "",
                          st == ST_OK ? "the central computes another result" : reason.text, err);
}

static enum status put_sale(const struct sale_booking *booking, const struct interpret_record *record,
                            const char *compared, struct errmsg *err)
{
    const struct sale_record *sale = booking->sale;
    const struct device *device = record->device;
    /* Where it was sold is what the till was enrolled as, not what a body claims. */
    enum status st = STORE_RUN(
        booking->central->store, STATEMENT_SALE_INSERT, err, V_TEXT(booking->chain), V_TEXT(sale->sale_id),
        V_TEXT(booking->dev), V_TEXT(booking->epoch), V_INT(booking->seq), V_TEXT(device->store),
        V_TEXT(device->till), V_TEXT(booking->member), V_TEXT(sale->identifier), V_TEXT(sale->business_date),
        V_INT(sale->gross_minor), V_INT(sale->discount_minor), V_INT(sale->redeemed_minor), V_INT(sale->net_minor),
        V_INT(sale->line_count), V_TEXT(sale->bundle), V_TEXT(sale->digest), V_TEXT(compared));

    if (st == ST_CONFLICT)
        errmsg_set(err, "sale %s was booked before, from another record", sale->sale_id);
    return st;
}

static enum status post_points(const struct sale_booking *booking, struct errmsg *err)
{
    struct ledger_record record = {.dev = booking->dev, .epoch = booking->epoch, .seq = booking->seq};
    struct ledger_posting posting = ledger_begin(booking->central, booking->chain, booking->member, &record);
    struct sale_points points;
    enum status st = ST_OK;

    posting.day = booking->sale->business_day;
    for (int i = 0; st == ST_OK; i++) {
        struct ledger_move move;

        st = sale_record_points(booking->sale, i, &points, err);
        if (st == ST_NOT_FOUND)
            return ST_OK;
        if (st != ST_OK)
            break;
        move = (struct ledger_move){
            .currency = points.currency, .earned = points.earned, .redeemed = points.redeemed, .cost = points.cost};
        st = ledger_sale(booking->central, &posting, &move, err);
    }
    return st;
}

static void add_buyer(struct interpret_buyers *buyers, const char *member)
{
    for (int i = buyers->count; i > 0; i--) {
        if (strcmp(buyers->members[i - 1], member) == 0)
            return;
    }
    if (buyers->count < INTERPRET_BUYERS_MAX)
        (void)snprintf(buyers->members[buyers->count++], ID_BYTES, "%s", member);
}

/* One purchase more, and where. */
static enum status count_purchase(const struct sale_booking *booking, struct errmsg *err)
{
    struct central *central = booking->central;
    enum status st = member_count_purchase(central, booking->chain, booking->member, err);

    if (st != ST_OK || !booking->device)
        return st;
    st = circle_seen(central, booking->chain, booking->device->store, booking->member, lot_today(central), err);
    if (st == ST_OK)
        st = sheet_bought(central, booking->chain, booking->member, booking->dev, booking->sale->business_day, err);
    if (st == ST_OK)
        add_buyer(booking->buyers, booking->member);
    return st;
}

static enum status count_use(void *context, const char *name, struct errmsg *err)
{
    const struct sale_booking *booking = context;
    enum status st = usage_count(booking->central, booking->chain, name, err);

    if (strncmp(name, "coupon:", 7) == 0)
        return st == ST_OK && booking->device
                   ? coupon_used(booking->central, booking->device, booking->sale->sale_id, name + 7, err)
                   : st;
    if (st == ST_OK && booking->member[0])
        st = member_count_use(booking->central, booking->chain, booking->member, name, booking->sale->business_day,
                              err);
    return st;
}

/* Part of it may have come back before anybody knew whose it was. */
static enum status take_back_later(const struct sale_booking *booking, struct ledger_posting *posting, struct errmsg *err)
{
    struct central *central = booking->central;
    struct return_later later;
    int64_t refunded = 0;
    enum status st = return_later_refunded(central, booking->chain, booking->sale->sale_id, "", &refunded, err);

    if (st == ST_OK && refunded > 0)
        st = return_later_find(central, booking->chain, booking->sale->sale_id, 0, refunded, &later, err);
    return st == ST_OK && refunded > 0 ? return_later_post(central, &later, posting, err) : st;
}

/* A card was shown that the till did not know. Points are what the sale would have earned with the member as known
 * here; what was on the receipt stays. */
static enum status post_earned(struct sale_booking *booking, struct errmsg *err)
{
    struct central *central = booking->central;
    struct strbuf member = STRBUF_INIT(MEMBER_JSON_MAX);
    struct json_writer w = JSON_WRITER_INIT(&member);
    struct ledger_record record = {.dev = booking->dev, .epoch = booking->epoch, .seq = booking->seq};
    struct ledger_posting posting = ledger_begin(central, booking->chain, booking->member, &record);
    const struct engine_result *result;
    char *text = NULL;
    size_t len = 0;
    enum status st = member_write(central, booking->chain, booking->member, NULL, &w, err);

    if (st == ST_OK) {
        text = sale_record_with_member(booking->sale, strbuf_text(&member), &len);
        st = text ? evaluator_evaluate(central->evaluator, booking->sale->bundle, text, len, &result, err) : ST_NOMEM;
    }
    posting.day = booking->sale->business_day;
    for (size_t i = 0; st == ST_OK && i < result->point_count; i++) {
        const struct engine_points *points = &result->points[i];
        struct ledger_move move = {.currency = points->currency, .earned_later = points->earned};

        st = ledger_sale(central, &posting, &move, err);
        for (size_t k = 0; st == ST_OK && k < points->by_count; k++)
            st = count_use(booking, points->by[k].promotion, err);
    }
    if (st == ST_OK)
        st = take_back_later(booking, &posting, err);
    free(text);
    strbuf_free(&member);
    return st;
}

/* A member who is not activated yet earns; a blocked or expired one does not, as the cashier was told. */
enum status sale_post_identified(struct sale_booking *booking, struct errmsg *err)
{
    struct errmsg reason = ERRMSG_INIT;
    char text[ERRMSG_BYTES_MAX + 128];
    int64_t earns = 0;
    enum status st = STORE_NUMBER(booking->central->store, STATEMENT_MEMBER_STATE, &earns, err,
                                  V_TEXT(booking->chain), V_TEXT(booking->member));

    if (st != ST_OK)
        return st;
    if (booking->sale->bundle[0] && earns)
        st = post_earned(booking, &reason);

    if (st != ST_OK && interpret_is_fault(st)) {
        *err = reason;
        return st;
    }
    if (st != ST_OK) {
        (void)snprintf(text, sizeof(text), "sale %s: points could not be computed afterwards: %s",
                       booking->sale->sale_id, reason.text);
        st = notice_put(booking->central, booking->chain, "", text, err);
    }
    return st == ST_OK ? count_purchase(booking, err) : st;
}

static enum status post_by_identifier(struct sale_booking *booking, struct errmsg *err)
{
    const struct sale_record *sale = booking->sale;
    enum status st = member_by_identifier(booking->central, booking->chain, sale->identifier, booking->member, err);

    if (st == ST_NOT_FOUND)
        return STORE_RUN(booking->central->store, STATEMENT_UNATTACHED_INSERT, err, V_TEXT(booking->dev),
                         V_TEXT(booking->epoch), V_INT(booking->seq), V_TEXT(booking->chain),
                         V_TEXT(sale->identifier));
    if (st == ST_OK)
        st = STORE_RUN(booking->central->store, STATEMENT_SALE_MEMBER, err, V_TEXT(booking->chain),
                       V_TEXT(sale->sale_id), V_TEXT(booking->member));
    return st == ST_OK ? sale_post_identified(booking, err) : st;
}

static enum status book(struct sale_booking *booking, const struct interpret_record *record, struct errmsg *err)
{
    const char *compared;
    enum status st = ST_OK;

    if (booking->sale->member[0])
        st = member_named(booking->central, booking->chain, booking->sale->member, booking->member, err);
    if (st == ST_OK)
        st = compare(booking, &compared, err);
    if (st == ST_OK)
        st = put_sale(booking, record, compared, err);
    if (st == ST_OK && booking->member[0])
        st = post_points(booking, err);
    if (st == ST_OK)
        st = sale_record_uses(booking->sale, count_use, booking, err);
    if (st == ST_OK)
        st = spending_settle(booking->central, record, booking->sale, booking->member, err);
    if (st == ST_OK && booking->member[0])
        return count_purchase(booking, err);
    if (st == ST_OK && booking->sale->identifier[0])
        st = post_by_identifier(booking, err);
    return st;
}

enum status interpret_sale(struct central *central, const struct interpret_record *record, struct errmsg *err)
{
    struct sale_record sale;
    struct sale_booking booking = {.central = central,
                              .chain = record->device->chain,
                              .dev = record->device->dev,
                              .epoch = record->device->epoch,
                              .seq = record->seq,
                              .sale = &sale,
                              .device = record->device,
                              .buyers = record->buyers};
    enum status st = sale_record_parse(record->body, record->body_len, &sale, err);

    if (st != ST_OK)
        return st;
    st = book(&booking, record, err);
    sale_record_clear(&sale);
    return st;
}
