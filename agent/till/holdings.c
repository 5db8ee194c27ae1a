/* SPDX-License-Identifier: Apache-2.0 */
/* What this till may still spend, told to a central that was put back from a backup and has forgotten granting it. */
#include "agent/till/till_internal.h"

#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/till/spending.h"
#include "sync/protocol/record.h"

enum { HOLDINGS_BYTES_MAX = RECORD_BYTES_MAX - 64 * 1024, LEASE_BYTES_MAX = 1024 };

struct listing {
    struct json_writer w;
    struct strbuf *out;
    int left_out;
};

/* One that has nothing left is none. What does not fit is lost to this till: it is not told again, so it goes. */
static bool list_lease(void *context, const struct cache_lease *lease)
{
    struct listing *listing = context;
    struct json_writer *w = &listing->w;

    if (lease->granted <= 0 || lease->used >= lease->granted)
        return true;
    if (listing->out->len + LEASE_BYTES_MAX > HOLDINGS_BYTES_MAX) {
        listing->left_out++;
        return true;
    }
    jw_object_begin(w);
    jw_field_text(w, "id", lease->id);
    jw_field_text(w, "member", lease->member);
    jw_field_text(w, "currency", lease->currency);
    jw_field_int(w, "granted", lease->granted);
    jw_field_int(w, "used", lease->used);
    jw_field_int(w, "expires_unix_ms", lease->expires_unix_ms);
    jw_object_end(w);
    return true;
}

static void list_holds(const struct till *till, struct json_writer *w)
{
    for (int i = 0; i < TILL_SALES_MAX; i++) {
        const struct sale *sale = till->sales[i];

        if (!sale || !sale_is_open(sale) || sale->spending.way != SPENDING_HOLD)
            continue;
        for (int part = 0; part < sale->spending.count; part++) {
            jw_object_begin(w);
            jw_field_text(w, "hold", sale->spending.parts[part].id);
            jw_field_text(w, "member", sale->member.id);
            jw_field_text(w, "currency", sale->spending.parts[part].currency);
            jw_field_int(w, "amount", sale->spending.parts[part].amount);
            jw_object_end(w);
        }
    }
}

enum status till_report_holdings(struct till *till, const char *incarnation, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(RECORD_BYTES_MAX);
    struct listing listing = {.w = JSON_WRITER_INIT(&body), .out = &body};
    struct json_writer *w = &listing.w;
    enum status st;

    jw_object_begin(w);
    jw_field_text(w, "incarnation", incarnation);
    jw_name(w, "leases");
    jw_array_begin(w);
    st = cache_every_lease(till->options.cache, till_position_of, till->options.journal, list_lease, &listing, err);
    jw_array_end(w);
    jw_name(w, "holds");
    jw_array_begin(w);
    list_holds(till, w);
    jw_array_end(w);
    jw_object_end(w);
    if (st == ST_OK)
        st = strbuf_status(&body);
    if (st == ST_OK)
        st = till_record(till, "holdings", body.data, body.len, err);
    if (st == ST_OK)
        log_info("till-30", "the central was put back from a backup: told what may be spent here, left out=%d",
                 listing.left_out);
    strbuf_free(&body);
    return st;
}
