/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases: named cases, then T1 (sync.md 2.4) on random histories of tills that spend from what they were told, report
 * late, or never again. LOYALD_SEED repeats one, LOYALD_ROUNDS asks for more.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "points_scene.h"
#include "sync/central/lease.h"
#include "sync/central/updates.h"

enum {
    LEASES_MAX = 16,
    USES_MAX = 4096,
    TILLS = 4,
    MEMBERS = 3,
    STEPS = 120,
    ROUNDS = 12,
    BATCH_MAX = 4 * 1024 * 1024
};

/* A till's side of it, as the protocol tells it to keep it. */
struct lease_view {
    char id[ID_BYTES], member[ID_BYTES];
    int64_t granted, used, seq, expires_ms;
};
struct lease_use {
    char id[ID_BYTES];
    int64_t seq, amount;
};
struct world_till {
    struct fake_till till;
    struct strbuf queue; /* records not sent yet */
    struct lease_view leases[LEASES_MAX];
    int lease_count;
    struct lease_use uses[USES_MAX];
    int use_count, sales;
    char cursor[POINTS_CURSOR_TEXT];
    bool lost;
};

#define OK(call) cr_assert_eq((call), ST_OK, "%s: %s", #call, err.text)

static void take_lease(struct world_till *t, const cJSON *row)
{
    struct lease_view view = {0};
    const char *id = cJSON_GetObjectItem(row, "id")->valuestring;
    int at = 0;

    snprintf(view.id, sizeof(view.id), "%s", id);
    snprintf(view.member, sizeof(view.member), "%s", cJSON_GetObjectItem(row, "member")->valuestring);
    (void)json_int(row, "granted", 0, JSON_INT_MAX, &view.granted, NULL);
    (void)json_int(row, "used", 0, JSON_INT_MAX, &view.used, NULL);
    (void)json_int(row, "seq", 0, JSON_INT_MAX, &view.seq, NULL);
    (void)json_int(row, "expires_unix_ms", 0, JSON_INT_MAX, &view.expires_ms, NULL);
    while (at < t->lease_count && strcmp(t->leases[at].id, id) != 0)
        at++;
    cr_assert(at < LEASES_MAX);
    t->leases[at] = view;
    if (at == t->lease_count)
        t->lease_count++;
}

/* One round of updates, as a till with a link asks for them. */
static void sync_down(struct fixture *f, struct world_till *t)
{
    struct errmsg err = ERRMSG_INIT;
    struct device device;
    struct cJSON *root;
    const cJSON *row;

    OK(device_load(f->central, t->till.dev_hex, &device, &err));
    OK(lease_prolong(f->central, &device, &err));
    root = points_updates(f, &t->till, t->cursor, NULL);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(root, "leases"))
    {
        take_lease(t, row);
    }
    json_free(root);
}

static int64_t left_of(const struct world_till *t, const struct lease_view *view)
{
    int64_t left = view->granted - view->used;

    for (int i = 0; i < t->use_count; i++)
        if (strcmp(t->uses[i].id, view->id) == 0 && t->uses[i].seq > view->seq)
            left -= t->uses[i].amount;
    return left;
}

static void sync_up(struct fixture *f, struct world_till *t)
{
    struct strbuf answer = STRBUF_INIT(BATCH_MAX);

    if (t->queue.len > 0)
        cr_assert_eq(till_post(f, &t->till, &t->queue, &answer), 200, "%s", strbuf_text(&answer));
    strbuf_clear(&t->queue);
    strbuf_free(&answer);
}

/* ---- named cases ---- */

static struct world_till *open_till(struct fixture *f, uint64_t dev)
{
    struct world_till *t = calloc(1, sizeof(*t));

    cr_assert_not_null(t);
    till_enrol_fresh(f, &t->till, dev);
    t->queue = (struct strbuf)STRBUF_INIT(BATCH_MAX);
    return t;
}

static void close_till(struct world_till *t)
{
    strbuf_free(&t->queue);
    till_clear(&t->till);
    free(t);
}

/* A till that was told of a lease of 600, by two sales. */
static struct world_till *open_with_lease(struct points_scene *s)
{
    struct world_till *t;

    points_open(s);
    points_rule(s, 0, 0, 600, 7, 30);
    t = open_till(&s->fixture, 0xd9);
    points_sale(s, &t->till, "a", "M1", 0, 0, "");
    points_sale(s, &t->till, "b", "M1", 0, 0, "");
    sync_down(&s->fixture, t);
    return t;
}

Test(central_leases, are_granted_at_the_usual_till_out_of_what_is_available)
{
    struct points_scene s;
    struct world_till *t;

    points_open(&s);
    points_rule(&s, 0, 0, 600, 7, 30);
    t = open_till(&s.fixture, 0xd9);
    points_sale(&s, &t->till, "a", "M1", 0, 0, "");
    cr_expect_eq(points_sums(&s, "M1").leased, 0, "once is not usual");
    points_sale(&s, &t->till, "b", "M1", 0, 0, "");
    cr_expect_eq(points_sums(&s, "M1").leased, 600);
    cr_expect_eq(points_available(&s, "M1"), 400);
    cr_expect(points_hold(&s, &s.other, "h", "M1", 401, "refused"));
    points_sale(&s, &s.other, "c", "M1", 0, 0, "");
    points_sale(&s, &s.other, "d", "M1", 0, 0, "");
    cr_expect_eq(points_available(&s, "M1"), 0, "the second till gets the rest");
    sync_down(&s.fixture, t);
    cr_assert_eq(t->lease_count, 1);
    cr_expect_eq(t->leases[0].granted, 600);
    close_till(t);
    points_close(&s);
}

Test(central_leases, are_used_filled_up_and_closed_by_records)
{
    struct points_scene s;
    struct world_till *t;
    char text[256];

    t = open_with_lease(&s);
    snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":200}]", t->leases[0].id);
    points_sale(&s, &t->till, "c", "M1", 0, 200, text);
    cr_expect_eq(points_sums(&s, "M1").leased, 400, "not filled up before half is gone");
    cr_expect_eq(points_available(&s, "M1"), 400);
    points_sale(&s, &t->till, "d", "M1", 0, 200, text);
    cr_expect_eq(points_sums(&s, "M1").leased, 600, "filled up to the cap");
    cr_expect_eq(points_available(&s, "M1"), 0);
    snprintf(text, sizeof(text),
             "{\"lease\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":100,"
             "\"sale_id\":\"x\"}",
             t->leases[0].id);
    points_record(&s, &t->till, "lease_use", text);
    cr_expect_eq(points_sums(&s, "M1").posted, 500);
    cr_expect_eq(points_sums(&s, "M1").leased, 500);
    snprintf(text, sizeof(text),
             "{\"lease\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"used\":500,"
             "\"reason\":\"returned\"}",
             t->leases[0].id);
    points_record(&s, &s.other, "lease_close", text);
    cr_expect_eq(points_sums(&s, "M1").leased, 500, "another till cannot close it");
    points_record(&s, &t->till, "lease_close", text);
    cr_expect_eq(points_available(&s, "M1"), 500);
    sync_down(&s.fixture, t);
    cr_expect_eq(t->leases[0].granted, 0, "gone");
    close_till(t);
    points_close(&s);
}

Test(central_leases, are_prolonged_while_heard_of_and_end_by_no_clock)
{
    struct points_scene s;
    struct world_till *t;
    struct errmsg err = ERRMSG_INIT;
    int64_t count = 0, before;

    points_open(&s);
    points_rule(&s, 0, 20, 600, 8, 30);
    t = open_till(&s.fixture, 0xd9);
    points_sale(&s, &t->till, "a", "M1", 600, 0, "");
    points_sale(&s, &t->till, "b", "M1", 0, 0, "");
    sync_down(&s.fixture, t);
    before = t->leases[0].expires_ms;
    s.fixture.now.wall_ms += 5 * (int64_t)SCENE_DAY_MS;
    sync_down(&s.fixture, t);
    cr_expect_eq(t->leases[0].expires_ms, before + 5 * (int64_t)SCENE_DAY_MS);
    s.fixture.now.wall_ms += 25 * (int64_t)SCENE_DAY_MS; /* past its time, and that of the lots */
    points_expire(&s);
    OK(lease_write_off(s.fixture.central, &count, &err));
    cr_expect_eq(count, 0);
    cr_expect_eq(points_sums(&s, "M1").leased, 600);
    cr_expect_geq(points_sums(&s, "M1").posted, 600, "what is promised does not expire");
    s.fixture.now.wall_ms += 400 * (int64_t)SCENE_DAY_MS;
    sync_down(&s.fixture, t); /* it was away for a year and is back */
    points_sale(&s, &t->till, "c", "M1", 0, 0, "");
    OK(lease_write_off(s.fixture.central, &count, &err));
    cr_expect_eq(count, 0, "a till that is heard of loses nothing");
    close_till(t);
    points_close(&s);
}

Test(central_leases, of_a_lost_till_are_written_off_and_late_spending_still_posts)
{
    struct points_scene s;
    struct world_till *t;
    struct errmsg err = ERRMSG_INIT;
    int64_t count = 0;
    char text[256];

    t = open_with_lease(&s);
    cr_expect(points_hold(&s, &t->till, "h", "M1", 100, "granted"));
    s.fixture.now.wall_ms += 38 * (int64_t)SCENE_DAY_MS;
    OK(lease_write_off(s.fixture.central, &count, &err));
    cr_expect_eq(count, 2, "the lease and the hold");
    cr_expect_eq(points_available(&s, "M1"), 1000);
    cr_expect(points_hold(&s, &s.other, "h", "M1", 1000, "granted"));
    points_sale(&s, &s.other, "c", "M1", 0, 1000, ",\"holds\":[\"h\"]");
    snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":500}]", t->leases[0].id);
    points_sale(&s, &t->till, "d", "M1", 0, 500, text);
    cr_expect_eq(points_sums(&s, "M1").posted, -500, "a sale that happened is posted");
    cr_expect_eq(points_sums(&s, "M1").leased, 0);
    cr_expect(points_hold(&s, &s.other, "i", "M1", 1, "refused"), "overdrawn");
    close_till(t);
    points_close(&s);
}

Test(central_leases, that_are_recalled_stay_set_aside_until_the_till_closes_them)
{
    struct points_scene s;
    struct world_till *t;
    struct errmsg err = ERRMSG_INIT;

    t = open_with_lease(&s);
    OK(lease_recall(s.fixture.central, t->leases[0].id, &err));
    sync_down(&s.fixture, t);
    cr_expect_eq(t->leases[0].expires_ms, 0, "nothing more is to be spent from it");
    cr_expect_eq(points_sums(&s, "M1").leased, 600, "a use of it may be under way");
    cr_expect_eq(lease_recall(s.fixture.central, "L0", &err), ST_NOT_FOUND);
    close_till(t);
    points_close(&s);
}

/* ---- T1 ---- */

struct world {
    struct points_scene scene;
    struct world_till *tills[TILLS];
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

static void write_sale(struct world *w, struct world_till *t, const char *member, int64_t earned, int64_t redeemed,
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

static void spend_from_lease(struct world *w, struct world_till *t)
{
    struct lease_view *view;
    char more[160];
    int64_t left, amount;

    if (t->lease_count == 0 || t->use_count == USES_MAX)
        return;
    view = &t->leases[draw(w, (uint64_t)t->lease_count)];
    left = left_of(t, view);
    if (left <= 0 || view->expires_ms <= w->scene.fixture.now.wall_ms)
        return;
    amount = 1 + (int64_t)draw(w, (uint64_t)left);
    snprintf(more, sizeof(more), ",\"leases\":[{\"id\":\"%s\",\"used\":%" PRId64 "}]", view->id, amount);
    write_sale(w, t, view->member, 0, amount, more);
    t->uses[t->use_count] = (struct lease_use){.seq = t->till.seq, .amount = amount};
    memcpy(t->uses[t->use_count++].id, view->id, ID_BYTES);
}

static void spend_by_hold(struct world *w, struct world_till *t, const char *member)
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

static void close_lease(struct world *w, struct world_till *t)
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
    struct world_till *t = w->tills[draw(w, TILLS)];
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
            sync_up(&w->scene.fixture, t);
            if (draw(w, 2) == 0)
                sync_down(&w->scene.fixture, t);
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
        w.tills[i] = open_till(&w.scene.fixture, 0xe0 + (uint64_t)i);
    for (int i = 0; i < STEPS; i++) {
        step(&w);
        check(&w, seed, i);
    }
    for (int i = 0; i < TILLS; i++) {
        if (!w.tills[i]->lost)
            sync_up(&w.scene.fixture, w.tills[i]);
        check(&w, seed, STEPS + i);
    }
    cr_expect_eq(total_points(&w.scene.fixture, "earned"), w.earned, "seed=%" PRIu64, seed);
    cr_expect_eq(total_points(&w.scene.fixture, "redeemed"), w.spent, "seed=%" PRIu64, seed);
    for (int i = 0; i < TILLS; i++)
        close_till(w.tills[i]);
    points_close(&w.scene);
}

Test(central_leases, are_not_filled_up_out_of_what_a_hold_has_promised)
{
    struct points_scene s;
    struct world_till *t;
    char text[256];

    t = open_with_lease(&s);
    cr_expect_eq(points_available(&s, "M1"), 400);
    cr_expect(points_hold(&s, &s.other, "h", "M1", 350, "granted"), "of what no lease has");
    snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":400}]", t->leases[0].id);
    points_sale(&s, &t->till, "c", "M1", 0, 400, text);
    cr_expect_eq(points_sums(&s, "M1").leased, 250, "200 were left, and 50 that nobody holds");
    cr_expect_eq(points_available(&s, "M1"), 0);
    cr_expect(points_hold(&s, &s.other, "i", "M1", 1, "refused"));
    points_sale(&s, &s.other, "d", "M1", 0, 350, ",\"holds\":[\"h\"]");
    cr_expect_eq(points_sums(&s, "M1").posted, 250);
    cr_expect_eq(points_available(&s, "M1"), 0, "all of it is set aside at the till");
    close_till(t);
    points_close(&s);
}

Test(central_leases, that_are_closed_do_not_come_to_life_by_a_refund)
{
    struct points_scene s;
    struct world_till *t;
    char text[512];

    t = open_with_lease(&s);
    snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":200}]", t->leases[0].id);
    points_sale(&s, &t->till, "c", "M1", 0, 200, text);
    snprintf(text, sizeof(text),
             "{\"lease\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"used\":200,\"reason\":\"returned\"}",
             t->leases[0].id);
    points_record(&s, &t->till, "lease_close", text);
    points_record(&s, &t->till, "return",
                  "{\"return_id\":\"r\",\"sale_id\":\"c\",\"policy\":\"as_paid\",\"business_date\":\"2026-11-23\","
                  "\"member\":\"M1\",\"result\":{\"coupons_released\":[],\"lines\":[],\"points\":[{\"currency\":"
                  "\"bonus\",\"given_back\":200,\"taken_back\":0}],\"refund_minor\":0,\"return_id\":\"r\"},"
                  "\"earlier\":[]}");
    cr_expect_eq(points_sums(&s, "M1").posted, 1000, "what was paid is back");
    cr_expect_eq(points_sums(&s, "M1").leased, 0);
    cr_expect_eq(points_available(&s, "M1"), 1000, "for everybody, not for the lease");
    close_till(t);
    points_close(&s);
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
