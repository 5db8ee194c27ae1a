/* SPDX-License-Identifier: Apache-2.0 */
/* What a cashier does. */
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <string.h>

static const char *const cards[MEMBERS] = {"2900000000018", "2900000000025", "2900000000032"};

const char *sim_card(int member)
{
    return cards[member];
}

void till_sell(struct sim_world *world, struct sim_till *till)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct sim_sale *sale = &till->sales[till->sale_count];
    char id[32], body[512];
    int len;
    enum problem problem;

    must(till->sale_count < SALES_MAX, "more sales than a till has");
    sale->member = (int)dice_below(&world->dice, MEMBERS + 1) - 1;
    sale->total_minor = 100 * (1 + dice_below(&world->dice, 300));
    (void)snprintf(id, sizeof id, "T%d-%d", till->place, till->sale_count++);
    len = snprintf(body, sizeof body,
                   "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":%lld}]",
                   (long long)sale->total_minor);
    if (sale->member >= 0)
        (void)snprintf(body + len, sizeof body - (size_t)len, ",\"card\":\"%s\",\"entry\":\"scan\"}",
                       cards[sale->member]);
    else
        (void)snprintf(body + len, sizeof body - (size_t)len, "}");
    problem = till_put_sale(till->till, id, body, strlen(body), &out, &err);
    strbuf_clear(&out);
    if (problem == PROBLEM_NONE && !world->calm && dice_one_in(&world->dice, 12))
        problem = till_void(till->till, id, "{\"reason\":\"left\"}", 17, &out, &err);
    else if (problem == PROBLEM_NONE)
        problem = till_commit(till->till, id, NULL, 0, &out, &err);
    if (problem == PROBLEM_NONE && !disk_is_off(till->disk))
        world->answered++;
    if (problem != PROBLEM_NONE && !disk_is_off(till->disk))
        sim_wrong(world, "sale %s was refused: %s: %s", id, problem_spec(problem)->name, err.text);
    strbuf_free(&out);
    till_after(world, till);
}
