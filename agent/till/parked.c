/* SPDX-License-Identifier: Apache-2.0 */
/* The sales that are open: listed, and ended when nobody comes back to them. */
#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"

enum { TIMEOUT_DEFAULT_MS = 60 * 60 * 1000 };

void till_age_sales(struct till *till)
{
    int64_t limit = till->options.sale_timeout_ms > 0 ? till->options.sale_timeout_ms : TIMEOUT_DEFAULT_MS;
    int64_t now = clock_mono_ms(till->options.clock);

    for (int i = 0; i < TILL_SALES_MAX; i++) {
        struct sale *sale = till->sales[i];

        /* One in tender stays: somebody may just have paid. */
        if (!sale || sale->state != SALE_OPEN || now - sale->touched_mono_ms < limit)
            continue;
        log_info("till-15", "a parked sale was given up sale=%s", sale->id);
        spending_release(till, sale, "void");
        claims_release(till, sale);
        (void)sale_move(sale, SALE_VOID);
        sale_notice(sale, PROBLEM_SALE_TIMED_OUT, NULL);
        till_tell_sale(till, sale);
        till_tell_notice(till, PROBLEM_SALE_TIMED_OUT, sale->id);
        till_drop_sale(till, i); /* so that its id can be put again */
    }
}

void till_tick(struct till *till)
{
    till_age_sales(till);
    screen_tick(till);
}

static void write_sale(const struct till *till, const struct sale *sale, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_text(w, "sale_id", sale->id);
    jw_field_text(w, "state", sale_state_name(sale->state));
    jw_field_int(w, "total_minor", sale->evaluation.total_minor);
    jw_field_int(w, "opened_unix_ms", sale->opened_unix_ms);
    jw_field_int(w, "untouched_s", (clock_mono_ms(till->options.clock) - sale->touched_mono_ms) / 1000);
    jw_field_bool(w, "current", sale == till->current);
    if (sale->has_card)
        jw_field_text(w, "card", sale->card);
    if (sale->basket.cashier[0] != '\0')
        jw_field_text(w, "cashier", sale->basket.cashier);
    jw_object_end(w);
}

enum problem till_list_sales(struct till *till, struct strbuf *out, struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    (void)err;
    jw_object_begin(&w);
    jw_name(&w, "sales");
    jw_array_begin(&w);
    for (int i = 0; i < TILL_SALES_MAX; i++) {
        if (till->sales[i] && sale_is_open(till->sales[i]))
            write_sale(till, till->sales[i], &w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return strbuf_status(out) == ST_OK ? PROBLEM_NONE : PROBLEM_TOO_LARGE;
}
