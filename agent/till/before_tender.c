/* SPDX-License-Identifier: Apache-2.0 */
/* What the central is asked before a sale is tendered or committed: holds of points, claims of coupons, side by side.
 */
#include "agent/till/till_internal.h"

#include <stdlib.h>

struct asking {
    int open;
    till_ready_fn *ready;
    void *context;
};

static void one_done(void *context)
{
    struct asking *asking = context;

    if (--asking->open > 0)
        return;
    asking->ready(asking->context);
    free(asking);
}

void till_before_tender(struct till *till, const char *id, till_ready_fn *ready, void *context)
{
    const struct till_central *central = &till->options.central;
    struct sale *sale = till->stopping ? NULL : till_find_sale(till, id);
    struct asking *asking = NULL;
    int64_t since;

    if (sale && sale_is_open(sale) && central->is_up && central->is_up(central->link, &since))
        asking = calloc(1, sizeof *asking);
    if (!asking) { /* what the till knows must do */
        if (sale && sale_is_open(sale))
            claims_judge(till, sale);
        ready(context);
        return;
    }
    *asking = (struct asking){2, ready, context};
    claims_ask(till, sale, one_done, asking);
    sale = till_find_sale(till, id); /* an answer that came at once may have ended it */
    if (sale && sale_is_open(sale))
        holds_ask(till, sale, one_done, asking);
    else
        one_done(asking);
}
