/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/return_later.h"

#include <stdio.h>

#include "agent/base/wide.h"
#include "sync/central/central.h"
#include "sync/central/store.h"

static int64_t share(int64_t points, int64_t part_minor, int64_t whole_minor)
{
    if (part_minor >= whole_minor) /* of a sale that cost nothing: all of it */
        return points;
    return (int64_t)wide_half_up((uint64_t)points, (uint64_t)part_minor, (uint64_t)whole_minor);
}

enum status return_later_find(struct central *central, const char *chain, const char *sale_id, int64_t before_minor,
                              int64_t by_now_minor, struct return_later *out_later, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_SALE_LATER, &rows, err, V_TEXT(chain), V_TEXT(sale_id));

    if (st != ST_OK)
        return st;
    out_later->count = 0;
    while (rows_next(rows) && out_later->count < RETURN_LATER_MAX) {
        int64_t points = rows_int(rows, 1), net_minor = rows_int(rows, 2);
        int64_t taken = share(points, by_now_minor, net_minor);

        taken -= before_minor > 0 ? share(points, before_minor, net_minor) : 0;
        if (points <= 0 || taken <= 0)
            continue;
        (void)snprintf(out_later->parts[out_later->count].currency, LOT_CURRENCY_BYTES, "%s", rows_text(rows, 0));
        out_later->parts[out_later->count++].taken_back = taken;
    }
    return rows_end(rows, err);
}

enum status return_later_refunded(struct central *central, const char *chain, const char *sale_id, const char *but,
                                  int64_t *out_minor, struct errmsg *err)
{
    return STORE_NUMBER(central->store, STATEMENT_RETURN_SUM, out_minor, err, V_TEXT(chain), V_TEXT(sale_id),
                        V_TEXT(but));
}

enum status return_later_post(struct central *central, const struct return_later *later,
                              struct ledger_posting *posting, struct errmsg *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < later->count; i++)
        st = ledger_return(central, posting, later->parts[i].currency, later->parts[i].taken_back, 0, err);
    return st;
}
