/* SPDX-License-Identifier: Apache-2.0 */
/* What cashiers do: baskets with and without a card, a coupon, points to be spent; sales given up, parked and taken
 * up again; goods that come back. As the local API does it: what may have to be asked of the central is waited for.
 */
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARKED_FOR_MS = 5 * 60 * 1000, BODY_MAX = 512 };

static const char *const cards[MEMBERS] = {"2900000000018", "2900000000025", "2900000000032"};

const char *sim_card(int member)
{
    return cards[member];
}

enum visit_step { VISIT_TENDER, VISIT_COMMIT, VISIT_RETURN };

/* One shopper at a till. A till that starts anew has forgotten him. */
struct visit {
    struct sim_world *world;
    struct sim_till *till;
    int starts;
    int sale; /* number at its till */
    enum visit_step step;
    int64_t days_ms; /* that had passed when its basket was put */
    char id[32], body[BODY_MAX];
};

static void end_visit(struct visit *visit)
{
    visit->world->visits--;
    free(visit);
}

static bool is_gone(const struct visit *visit)
{
    return visit->world->ended || !visit->till->up || visit->till->starts != visit->starts ||
           disk_is_off(visit->till->disk);
}

/* Whether the till did it. A refusal is a fault, unless the power went, or days passed and it gave the basket up. */
static bool done(const struct visit *visit, enum problem problem, const struct errmsg *err, const char *what)
{
    if (problem == PROBLEM_NONE && !disk_is_off(visit->till->disk))
        return true;
    if (!disk_is_off(visit->till->disk) && (problem != PROBLEM_NO_SALE || visit->days_ms == visit->world->days_ms))
        sim_wrong(visit->world, "%s of %s was refused: %s: %s", what, visit->id, problem_spec(problem)->name,
                  err->text);
    return false;
}

static void put_basket(struct visit *visit, struct strbuf *out)
{
    struct dice *dice = &visit->world->dice;
    struct sim_sale *sale = &visit->till->sales[visit->sale];
    struct strbuf body = STRBUF_INIT(BODY_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum problem problem;

    strbuf_printf(&body, "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":%lld}]",
                  (long long)sale->total_minor);
    if (sale->member >= 0)
        strbuf_printf(&body, ",\"card\":\"%s\",\"entry\":\"scan\"", cards[sale->member]);
    if (sale->member >= 0 && dice_one_in(dice, 2))
        strbuf_printf(&body, ",\"redeem\":{\"" SHOP_CURRENCY "\":%lld}", (long long)(1 + dice_below(dice, 60)));
    if (dice_one_in(dice, 8))
        strbuf_printf(&body, ",\"coupons\":[\"C%lld\"]", (long long)dice_below(dice, COUPONS));
    strbuf_printf(&body, "}");
    problem = till_put_sale(visit->till->till, visit->id, body.data, body.len, out, &err);
    strbuf_free(&body);
    visit->days_ms = visit->world->days_ms;
    (void)done(visit, problem, &err, "the basket");
}

static void give_up(struct visit *visit, struct strbuf *out)
{
    static const char body[] = "{\"reason\":\"left\"}";
    struct errmsg err = ERRMSG_INIT;
    enum problem problem = till_void(visit->till->till, visit->id, body, sizeof body - 1, out, &err);

    (void)done(visit, problem, &err, "giving up");
}

static void go_on(struct sim_world *world, void *context);

static void park(struct visit *visit)
{
    sim_after(visit->world, dice_below(&visit->world->dice, PARKED_FOR_MS), go_on, visit);
}

static void tender(struct visit *visit, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;

    if (!done(visit, till_tender(visit->till->till, visit->id, NULL, 0, out, &err), &err, "the tender")) {
        end_visit(visit);
        return;
    }
    visit->step = VISIT_COMMIT;
    park(visit);
}

static void commit(struct visit *visit, struct strbuf *out)
{
    struct sim_sale *sale = &visit->till->sales[visit->sale];
    struct errmsg err = ERRMSG_INIT;

    if (done(visit, till_commit(visit->till->till, visit->id, NULL, 0, out, &err), &err, "the commit")) {
        visit->world->answered++;
        sale->committed = true;
        sale->named = sale->member < 0 || strstr(strbuf_text(out), "\"member\":{\"id\"");
    }
    end_visit(visit);
}

/* Of a sale that this till does not find any more, and nobody tells it of, nothing comes back by its receipt; nor of
 * one that was gone with the disk before it was delivered. */
static void give_back(struct visit *visit, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    enum problem problem = till_return(visit->till->till, visit->body, strlen(visit->body), out, &err);

    if (problem == PROBLEM_NONE && !disk_is_off(visit->till->disk))
        visit->world->returned++;
    else if (!disk_is_off(visit->till->disk) && problem != PROBLEM_RETURN_NO_SALE &&
             problem != PROBLEM_SALE_ELSEWHERE && (problem != PROBLEM_NO_SALE || visit->till->split_position < 0))
        sim_wrong(visit->world, "%s was refused: %s: %s", visit->id, problem_spec(problem)->name, err.text);
    end_visit(visit);
}

static void ready(void *context)
{
    struct visit *visit = context;
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);

    if (is_gone(visit))
        end_visit(visit);
    else if (visit->step == VISIT_TENDER)
        tender(visit, &out);
    else if (visit->step == VISIT_COMMIT)
        commit(visit, &out);
    else
        give_back(visit, &out);
    strbuf_free(&out);
}

/* Somebody comes back to a parked sale: mostly to pay. */
static void go_on(struct sim_world *world, void *context)
{
    struct visit *visit = context;
    struct sim_till *till = visit->till;
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);

    if (!is_gone(visit) && !world->calm && dice_one_in(&world->dice, 8)) {
        give_up(visit, &out);
        end_visit(visit);
    } else if (!is_gone(visit)) {
        if (!world->calm && dice_one_in(&world->dice, 6))
            put_basket(visit, &out);
        till_before_tender(till->till, visit->id, ready, visit);
    } else {
        end_visit(visit);
    }
    strbuf_free(&out);
    if (!world->ended)
        till_after(world, till);
}

static struct visit *begin_visit(struct sim_world *world, struct sim_till *till, int sale)
{
    struct visit *visit = must_alloc(sizeof *visit);

    *visit = (struct visit){.world = world, .till = till, .starts = till->starts, .sale = sale};
    world->visits++;
    return visit;
}

void till_sell(struct sim_world *world, struct sim_till *till)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct visit *visit = begin_visit(world, till, till->sale_count);
    struct sim_sale *sale = &till->sales[till->sale_count];

    must(till->sale_count < SALES_MAX, "more sales than a till has");
    sale->member = (int)dice_below(&world->dice, MEMBERS + 1) - 1;
    sale->total_minor = 100 * (1 + dice_below(&world->dice, 50));
    (void)snprintf(visit->id, sizeof visit->id, "T%d-%d", till->place, till->sale_count++);
    put_basket(visit, &out);
    strbuf_clear(&out);
    if (is_gone(visit)) {
        end_visit(visit);
    } else if (!world->calm && dice_one_in(&world->dice, 12)) {
        give_up(visit, &out);
        end_visit(visit);
    } else {
        visit->step = dice_one_in(&world->dice, 3) ? VISIT_TENDER : VISIT_COMMIT;
        till_before_tender(till->till, visit->id, ready, visit);
    }
    strbuf_free(&out);
    till_after(world, till);
}

void till_take_back(struct sim_world *world, struct sim_till *till)
{
    int number = till->sale_count > 0 ? (int)dice_below(&world->dice, till->sale_count) : 0;
    struct sim_sale *sale = &till->sales[number];
    struct visit *visit;

    if (!sale->committed || !sale->named || sale->returned)
        return;
    sale->returned = true;
    visit = begin_visit(world, till, number);
    visit->step = VISIT_RETURN;
    (void)snprintf(visit->id, sizeof visit->id, "R%d-%d", till->place, number);
    (void)snprintf(visit->body, sizeof visit->body,
                   "{\"return_id\":\"%s\",\"sale_id\":\"T%d-%d\",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}",
                   visit->id, till->place, number);
    till_before_return(till->till, visit->body, strlen(visit->body), ready, visit);
    till_after(world, till);
}
