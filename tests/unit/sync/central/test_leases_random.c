/* SPDX-License-Identifier: Apache-2.0 */
/*
 * That what is promised is covered (docs/protocol.md 7), here T1, on random histories of tills that spend from what
 * they were told, report late, or never again.
 * LOYALD_SEED repeats one, LOYALD_ROUNDS asks for more.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leased_till.h"
#include "sync/central/lease.h"

enum { TILLS = 4, MEMBERS = 3, STEPS = 120, ROUNDS = 12 };

struct world {
    struct points_scene scene;
    struct leased_till *tills[TILLS];
    uint64_t random;
    int64_t earned, spent; /* of all receipts that were sent */
    int next_sale, next_hold;
};

static uint64_t draw(struct world *w, uint64_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random % below;
}

static void write_sale(struct world *w, struct leased_till *t, const char *member, int64_t earned, int64_t redeemed,
                       const char *more)
{
    char body[4096];
    int id = ++w->next_sale;

    snprintf(
        body, sizeof(body),
        "{\"sale\":{\"sale_id\":\"s%d\",\"store\":{\"id\":\"S12\"},\"till\":\"3\",\"at\":\"2026-11-22T12:00:00Z\","
        "\"business_date\":\"2026-11-22\",\"lines\":[],\"member\":{\"id\":\"%s\"}},"
        "\"result\":{\"sale_id\":\"s%d\",\"gross_minor\":%" PRId64 ",\"discount_minor\":0,\"redeemed_minor\":%" PRId64
        ",\"total_minor\":0,\"lines\":[],\"adjustments\":[],\"coupons\":[],\"points\":[{\"currency\":\"bonus\","
        "\"earned\":%" PRId64 ",\"redeemed\":%" PRId64 ",\"cost\":0,\"by\":[]}],\"digest\":\"%064d\"},"
        "\"bundle\":\"\",\"identifier\":\"\"%s}",
        id, member, id, redeemed, redeemed, earned, redeemed, 0, more);
    till_record(&t->till, "sale", body, &t->queue);
    w->earned += t->lost ? 0 : earned;
    w->spent += t->lost ? 0 : redeemed;
}

static void spend_from_lease(struct world *w, struct leased_till *t)
{
    struct lease_view *view;
    char more[160];
    int64_t left, amount;

    if (t->lease_count == 0 || t->use_count == USES_MAX)
        return;
    view = &t->leases[draw(w, (uint64_t)t->lease_count)];
    left = leased_left(t, view);
    if (left <= 0 || view->expires_ms <= w->scene.fixture.now.wall_ms)
        return;
    amount = 1 + (int64_t)draw(w, (uint64_t)left);
    snprintf(more, sizeof(more), ",\"leases\":[{\"id\":\"%s\",\"used\":%" PRId64 "}]", view->id, amount);
    write_sale(w, t, view->member, 0, amount, more);
    t->uses[t->use_count] = (struct lease_use){.seq = t->till.seq, .amount = amount};
    memcpy(t->uses[t->use_count++].id, view->id, ID_BYTES);
}

static void spend_by_hold(struct world *w, struct leased_till *t, const char *member)
{
    char id[32], more[64];
    int amount = 1 + (int)draw(w, 400);

    snprintf(id, sizeof(id), "h%d", ++w->next_hold);
    if (!points_hold(&w->scene, &t->till, id, member, amount, "granted"))
        return;
    snprintf(more, sizeof(more), ",\"holds\":[\"%s\"]", id);
    if (draw(w, 4) == 0) { /* given up */
        snprintf(more, sizeof(more), "{\"hold\":\"%s\",\"reason\":\"void\"}", id);
        till_record(&t->till, "hold_voided", more, &t->queue);
        return;
    }
    write_sale(w, t, member, 0, amount - (int)draw(w, (uint64_t)amount), more);
}

static void close_lease(struct world *w, struct leased_till *t)
{
    char body[256];
    struct lease_view *view;

    if (t->lease_count == 0)
        return;
    view = &t->leases[draw(w, (uint64_t)t->lease_count)];
    if (view->granted == 0)
        return;
    snprintf(body, sizeof(body),
             "{\"lease\":\"%s\",\"member\":\"%s\",\"currency\":\"bonus\",\"used\":0,\"reason\":\"returned\"}",
             view->id, view->member);
    till_record(&t->till, "lease_close", body, &t->queue);
    view->granted = view->used = 0; /* nothing more is spent from it */
    for (int i = 0; i < t->use_count; i++)
        if (strcmp(t->uses[i].id, view->id) == 0)
            t->uses[i].seq = 0;
}

static void check(struct world *w, uint64_t seed, int step)
{
    for (int i = 0; i < MEMBERS; i++) {
        char member[16];
        struct lot_sums sums;

        snprintf(member, sizeof(member), "M%d", i + 1);
        sums = points_sums(&w->scene, member);
        cr_assert_geq(sums.posted - sums.leased - sums.held, 0,
                      "T1 broken: seed=%" PRIu64 " step=%d %s posted=%" PRId64 " leased=%" PRId64 " held=%" PRId64,
                      seed, step, member, sums.posted, sums.leased, sums.held);
    }
}

static void step(struct world *w)
{
    struct leased_till *t = w->tills[draw(w, TILLS)];
    char member[16];

    snprintf(member, sizeof(member), "M%d", 1 + (int)draw(w, MEMBERS));
    switch (draw(w, 12)) {
    case 0:
    case 1:
    case 2:
        write_sale(w, t, member, (int64_t)draw(w, 300), 0, "");
        break;
    case 3:
    case 4:
    case 5:
        spend_from_lease(w, t);
        break;
    case 6:
        if (!t->lost)
            spend_by_hold(w, t, member);
        break;
    case 7:
        w->scene.fixture.now.wall_ms += (int64_t)draw(w, 6) * SCENE_DAY_MS;
        points_expire(&w->scene);
        break;
    case 8:
        close_lease(w, t);
        break;
    case 9:
        if (draw(w, 8) == 0 && t->queue.len == 0)
            t->lost = true; /* what it still sells is never told */
        break;
    default:
        if (!t->lost) {
            leased_up(&w->scene.fixture, t);
            if (draw(w, 2) == 0)
                leased_down(&w->scene.fixture, t);
        }
    }
}

static void run_round(uint64_t seed)
{
    struct world w = {.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};

    points_open(&w.scene);
    points_rule(&w.scene, 0, 15, 500, 5, 3000);
    fixture_import(&w.scene.fixture, "member,card,bonus\nM2,2,700\nM3,3,0\n");
    for (int i = 0; i < TILLS; i++)
        w.tills[i] = leased_open(&w.scene.fixture, 0xe0 + (uint64_t)i);
    for (int i = 0; i < STEPS; i++) {
        step(&w);
        check(&w, seed, i);
    }
    for (int i = 0; i < TILLS; i++) {
        if (!w.tills[i]->lost)
            leased_up(&w.scene.fixture, w.tills[i]);
        check(&w, seed, STEPS + i);
    }
    cr_expect_eq(total_points(&w.scene.fixture, "earned"), w.earned, "seed=%" PRIu64, seed);
    cr_expect_eq(total_points(&w.scene.fixture, "redeemed"), w.spent, "seed=%" PRIu64, seed);
    for (int i = 0; i < TILLS; i++)
        leased_close(w.tills[i]);
    points_close(&w.scene);
}

Test(central_leases, never_promise_more_than_there_is)
{
    const char *given = getenv("LOYALD_SEED"), *asked = getenv("LOYALD_ROUNDS");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 1;
    int rounds = given ? 1 : asked ? atoi(asked) : ROUNDS;

    printf("T1: seeds %" PRIu64 " to %" PRIu64 "\n", seed, seed + (uint64_t)rounds - 1);
    for (int i = 0; i < rounds; i++)
        run_round(seed + (uint64_t)i);
}
