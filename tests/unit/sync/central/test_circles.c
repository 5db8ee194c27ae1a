/* SPDX-License-Identifier: Apache-2.0 */
/* Members: merged, told to their stores, loaded in order; and what floor limits can come to (T3). */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/engine/engine.h"
#include "points_scene.h"
#include "sync/central/circle.h"
#include "sync/central/coupon.h"
#include "sync/central/evaluator.h"
#include "sync/central/member.h"
#include "sync/central/merge.h"
#include "sync/central/office.h"
#include "sync/central/report.h"
#include "sync/central/updates.h"

enum { TEXT_MAX = 8 * 1024 * 1024 };

static void ask(struct points_scene *s, struct fake_till *till, char cursor[POINTS_CURSOR_TEXT], struct strbuf *out)
{
    json_free(points_updates(&s->fixture, till, cursor, out));
}

/* ---- merge ---- */

Test(central_merge, moves_everything_and_records_under_way_find_the_new_member)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    char cursor[POINTS_CURSOR_TEXT] = "";
    struct strbuf out = STRBUF_INIT(TEXT_MAX);

    points_open(&s);
    points_rule(&s, 0, 100, 300, 7, 30);
    fixture_import(&s.fixture, "member,card,phone,bonus\nM7,7,+7999,200\n");
    points_sale(&s, &s.till, "a", "M7", 100, 0, "");
    points_sale(&s, &s.till, "b", "M7", 0, 0, "");
    cr_expect_eq(points_sums(&s, "M7").leased, 300);
    ask(&s, &s.till, cursor, &out);
    OK(merge_members(s.fixture.central, "demo", "M7", "M1", &err));
    cr_expect_eq(points_sums(&s, "M7").posted, 0);
    cr_expect_eq(points_sums(&s, "M1").posted, 1300);
    cr_expect_eq(points_sums(&s, "M1").leased, 300);
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"aliases\":[{\"old\":\"M7\",\"member\":\"M1\"}]"), "%s", out.data);
    cr_expect(has_text(&out, "\"members\":[{\"id\":\"M1\""));
    cr_expect(has_text(&out, "\"purchases\":2"));
    cr_expect(has_text(&out, "\"member\":\"M1\",\"currency\":\"bonus\",\"granted\":300"), "the lease is his now");
    points_sale(&s, &s.other, "c", "M7", 50, 0, "");
    cr_expect_eq(points_sums(&s, "M1").posted, 1350, "the receipt said M7, who is M1");
    s.fixture.now.wall_ms += 101 * (int64_t)SCENE_DAY_MS;
    points_expire(&s);
    cr_expect_lt(points_sums(&s, "M1").posted, 1350, "lots went along with their ends");
    strbuf_free(&out);
    points_close(&s);
}

/* What moves no points leaves nothing in the books. */
Test(central_merge, and_a_sale_of_who_has_no_points_post_nothing)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    int64_t before = 0, after = 0;

    points_open(&s);
    fixture_import(&s.fixture, "member,card\nM2,2\nM3,3\n");
    OK(store_number(s.fixture.central->store, STATEMENT_POSTING_COUNT, NULL, 0, &before, &err));
    points_sale(&s, &s.till, "a", "M2", 0, 0, "");
    OK(merge_members(s.fixture.central, "demo", "M2", "M3", &err));
    OK(store_number(s.fixture.central->store, STATEMENT_POSTING_COUNT, NULL, 0, &after, &err));
    cr_expect_eq(after, before);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    points_close(&s);
}

Test(central_merge, is_refused_in_words_and_shortens_chains)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    char id[ID_BYTES];

    points_open(&s);
    fixture_import(&s.fixture, "member,card\nM2,2\nM3,3\n");
    cr_expect_eq(merge_members(s.fixture.central, "demo", "M9", "M1", &err), ST_NOT_FOUND);
    cr_expect_eq(merge_members(s.fixture.central, "demo", "M1", "M1", &err), ST_INVALID);
    OK(merge_members(s.fixture.central, "demo", "M1", "M2", &err));
    OK(merge_members(s.fixture.central, "demo", "M2", "M3", &err));
    cr_expect_eq(merge_members(s.fixture.central, "demo", "M1", "M3", &err), ST_INVALID);
    cr_expect(strstr(err.text, "one member already"), "%s", err.text);
    OK(member_resolve(s.fixture.central, "demo", "M1", id, &err));
    cr_expect_str_eq(id, "M3");
    cr_expect_eq(points_sums(&s, "M3").posted, 1000);
    points_close(&s);
}

Test(central_merge, adds_uses_of_the_same_day_week_and_month)
{
    struct member_use use = {.uses = 3, .last_day = 20779, .day = 1, .week = 2, .month = 3};
    struct member_use other = {.uses = 2, .last_day = 20778, .day = 2, .week = 2, .month = 2};

    member_use_merge(&use, &other);
    cr_expect_eq(use.uses, 5);
    cr_expect_eq(use.last_day, 20779);
    cr_expect_eq(use.day, 1, "another day's are over");
    cr_expect_eq(use.month, 5);
}

Test(central_merge, a_card_that_moved_leaves_its_receipts_with_whom_they_named)
{
    struct points_scene s;

    points_open(&s);
    fixture_import(&s.fixture, "member,card,bonus\nM2,1,0\n"); /* card 1 was M1's */
    points_sale(&s, &s.till, "a", "M1", 10, 0, "");
    cr_expect_eq(points_sums(&s, "M1").posted, 1010);
    cr_expect_eq(points_sums(&s, "M2").posted, 0);
    points_close(&s);
}

/* ---- circles ---- */

Test(central_circle, a_till_hears_of_its_store_s_members_and_of_its_neighbours)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    char cursor[POINTS_CURSOR_TEXT] = "";
    struct strbuf out = STRBUF_INIT(TEXT_MAX);

    points_open(&s);
    OK(office_store_create(s.fixture.central, "demo", "S13", "Thirteen", "{}", &err));
    fixture_import(&s.fixture, "member,card,store\nM2,2,S12\nM3,3,S13\n");
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"id\":\"M3\""), "all of them as long as the chain says all");
    OK(circle_audience(s.fixture.central, "demo", "store", &err));
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"reload\":true"), "%s", out.data);
    cr_expect(has_text(&out, "\"id\":\"M2\""));
    cr_expect_not(has_text(&out, "\"id\":\"M3\""));
    cr_expect_not(has_text(&out, "\"id\":\"M1\""));
    points_sale(&s, &s.till, "a", "M1", 10, 0, "");
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"id\":\"M1\""), "he bought here");
    cr_expect_not(has_text(&out, "\"reload\""));
    fixture_import(&s.fixture, "member,tier\nM3,gold\n");
    ask(&s, &s.till, cursor, &out);
    cr_expect_not(has_text(&out, "\"id\":\"M3\""), "%s", out.data);
    OK(circle_add(s.fixture.central, "demo", "S12", "S13", &err));
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"id\":\"M3\""), "a neighbour's");
    cr_expect_eq(circle_add(s.fixture.central, "demo", "S12", "S99", &err), ST_NOT_FOUND);
    cr_expect_eq(circle_audience(s.fixture.central, "demo", "some", &err), ST_INVALID);
    strbuf_free(&out);
    points_close(&s);
}

Test(central_circle, forgets_who_was_not_seen_for_four_hundred_days)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    char cursor[POINTS_CURSOR_TEXT] = "";
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    int64_t count;

    points_open(&s);
    fixture_import(&s.fixture, "member,card,store\nM2,2,S12\n");
    OK(circle_audience(s.fixture.central, "demo", "store", &err));
    points_sale(&s, &s.till, "a", "M1", 10, 0, "");
    ask(&s, &s.till, cursor, &out);
    s.fixture.now.wall_ms += (CIRCLE_DAYS + CIRCLE_SEEN_DAYS - 1) * (int64_t)SCENE_DAY_MS;
    OK(circle_forget(s.fixture.central, &count, &err));
    cr_expect_eq(count, 0);
    s.fixture.now.wall_ms += (int64_t)SCENE_DAY_MS;
    OK(circle_forget(s.fixture.central, &count, &err));
    cr_expect_eq(count, 1, "who is at home here stays");
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"members_gone\":[\"M1\"]"), "%s", out.data);
    points_sale(&s, &s.till, "b", "M1", 10, 0, "");
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"id\":\"M1\""), "back again");
    strbuf_free(&out);
    points_close(&s);
}

/* Not every visit is written down: nobody is forgotten before his time for it. */
Test(central_circle, last_visits_are_kept_to_some_days)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    int64_t count;

    points_open(&s);
    points_sale(&s, &s.till, "a", "M1", 10, 0, "");
    s.fixture.now.wall_ms += (CIRCLE_SEEN_DAYS - 1) * (int64_t)SCENE_DAY_MS;
    points_sale(&s, &s.till, "b", "M1", 10, 0, "");
    s.fixture.now.wall_ms += CIRCLE_DAYS * (int64_t)SCENE_DAY_MS;
    OK(circle_forget(s.fixture.central, &count, &err));
    cr_expect_eq(count, 0);
    points_sale(&s, &s.till, "c", "M1", 10, 0, "");
    s.fixture.now.wall_ms += CIRCLE_DAYS * (int64_t)SCENE_DAY_MS;
    OK(circle_forget(s.fixture.central, &count, &err));
    cr_expect_eq(count, 0, "the visit after that was written");
    s.fixture.now.wall_ms += CIRCLE_SEEN_DAYS * (int64_t)SCENE_DAY_MS;
    OK(circle_forget(s.fixture.central, &count, &err));
    cr_expect_eq(count, 1);
    points_close(&s);
}

/* While all tills hear of every member, stores take no note of changes; they are asked for them after the switch. */
Test(central_circle, stores_tell_of_changes_after_the_audience_was_all)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    char cursor[POINTS_CURSOR_TEXT] = "";
    struct strbuf out = STRBUF_INIT(TEXT_MAX);

    points_open(&s);
    points_sale(&s, &s.till, "a", "M1", 10, 0, "");
    points_sale(&s, &s.till, "b", "M1", 10, 0, "");
    ask(&s, &s.till, cursor, &out);
    OK(circle_audience(s.fixture.central, "demo", "store", &err));
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"id\":\"M1\""), "loaded anew: %s", out.data);
    points_sale(&s, &s.till, "c", "M1", 10, 0, "");
    ask(&s, &s.till, cursor, &out);
    cr_expect(has_text(&out, "\"id\":\"M1\""), "told of the sale: %s", out.data);
    ask(&s, &s.till, cursor, &out);
    cr_expect(!has_text(&out, "\"id\":\"M1\""), "once");
    strbuf_free(&out);
    points_close(&s);
}

/* ---- full loads ---- */

Test(central_updates, a_full_load_comes_in_the_order_of_ids_and_misses_no_change_meanwhile)
{
    struct points_scene s;
    char cursor[POINTS_CURSOR_TEXT] = "", last[ID_BYTES] = "", row[64];
    struct strbuf csv = STRBUF_INIT(TEXT_MAX), out = STRBUF_INIT(TEXT_MAX);
    int told = 0, pages = 0, many;
    bool more = true;

    points_open(&s);
    strbuf_puts(&csv, "member,bonus\n");
    many = fixture_many(&s.fixture);
    for (int i = 0; i < many; i++) /* not in the order of their ids */
        strbuf_printf(&csv, "X%04d,1\n", (i * 1237) % many);
    fixture_import(&s.fixture, csv.data);
    while (more) {
        struct errmsg err = ERRMSG_INIT;
        struct cJSON *root = NULL;
        const cJSON *one;

        ask(&s, &s.till, cursor, &out);
        OK(json_parse(out.data, out.len, out.len, &root, &err));
        cJSON_ArrayForEach(one, cJSON_GetObjectItem(root, "members"))
        {
            const char *id = cJSON_GetObjectItem(one, "id")->valuestring;

            cr_assert_gt(strcmp(id, last), 0, "%s after %s", id, last);
            snprintf(last, sizeof(last), "%s", id);
            told++;
        }
        more = cJSON_IsTrue(cJSON_GetObjectItem(root, "more"));
        cr_expect_eq(cJSON_HasObjectItem(root, "manifest"), pages == 0);
        json_free(root);
        if (pages++ == 0)
            points_sale(&s, &s.till, "a", "M1", 10, 0, ""); /* behind the key already */
    }
    cr_expect_eq(told, many + 1);
    cr_expect_gt(pages, many / UPDATES_ROWS_MAX);
    ask(&s, &s.till, cursor, &out);
    snprintf(row, sizeof(row), "\"balances\":{\"bonus\":%d}", 1010);
    cr_expect(has_text(&out, row), "%s", out.data);
    strbuf_free(&csv);
    strbuf_free(&out);
    points_close(&s);
}

/* ---- coupons ---- */

Test(central_coupons, come_from_a_file_with_its_bad_rows_told)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    struct strbuf out = STRBUF_INIT(TEXT_MAX), told = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    char csv[] = "code,member,uses_max,until\nAB-1,M1,2,2027-01-01\n,,1,\nAB-2,M1,x,\nAB-3,,1,soon\nAB-4\n";
    char bad[] = "member,uses_max\nM1,1\n", cursor[POINTS_CURSOR_TEXT] = "";

    points_open(&s);
    OK(coupon_import(s.fixture.central, "demo", csv, strlen(csv), 2, &w, &err));
    cr_expect_eq(answer_int(&out, "imported"), 1);
    cr_expect_eq(answer_int(&out, "error_count"), 4, "%s", out.data);
    cr_expect_eq(coupon_import(s.fixture.central, "demo", bad, strlen(bad), 2, &w, &err), ST_INVALID);
    ask(&s, &s.till, cursor, &told);
    cr_expect(
        has_text(&told, "\"code\":\"ab1\",\"member\":\"M1\",\"uses\":0,\"uses_max\":2,\"until\":\"2027-01-01\""),
        "%s", told.data);
    strbuf_free(&told);
    strbuf_free(&out);
    points_close(&s);
}

/* ---- T3 ---- */

static struct bundle *limits(int sale, int member, int device, int sales, int hours)
{
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = NULL;
    char text[512];

    snprintf(text, sizeof(text),
             "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"
             "\"layers\":[],\"promotions\":[],\"offline\":{\"f_sale\":%d,\"f_member\":%d,\"e_device\":%d,"
             "\"sales_max\":%d,\"hours_max\":%d}}",
             sale, member, device, sales, hours);
    OK(bundle_compile(text, strlen(text), &bundle, NULL, &err));
    return bundle;
}

Test(central_exposure, is_the_smallest_of_what_the_limits_allow_times_the_tills)
{
    struct errmsg err = ERRMSG_INIT;
    struct exposure exposure;
    struct bundle *bundle = limits(1000, 2000, 5000, 100, 24);

    OK(exposure_of(bundle, 3000, &exposure, &err));
    cr_expect_eq(exposure.till_minor, 5000);
    cr_expect_eq(exposure.member_minor, 2000);
    cr_expect_eq(exposure.worst_minor, 15000000);
    bundle_destroy(bundle);
    bundle = limits(1000, 2000, 5000, 3, 24);
    OK(exposure_of(bundle, 1, &exposure, &err));
    cr_expect_eq(exposure.till_minor, 3000, "three sales of 10.00");
    bundle_destroy(bundle);
    bundle = limits(1000, 2000, 5000, 3, 0);
    OK(exposure_of(bundle, 1000, &exposure, &err));
    cr_expect_eq(exposure.worst_minor, 0, "no hours, no spending");
    bundle_destroy(bundle);
}

/* Tills that keep to the limits, members that visit them all, no link: the overdraft stays within what was signed. */
Test(central_exposure, random_sales_up_to_the_floor_stay_within_it)
{
    enum { DEVICE = 500, SALE = 90, MEMBER = 200 };
    const char *given = getenv("LOYALD_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261122, state = seed;
    struct points_scene s;
    struct fake_till *tills[2];
    int left[2] = {DEVICE, DEVICE}, member_left[2][3] = {{MEMBER, MEMBER, MEMBER}, {MEMBER, MEMBER, MEMBER}};
    int64_t beyond = 0;

    printf("T3: seed %" PRIu64 "\n", seed);
    points_open(&s);
    fixture_import(&s.fixture, "member,card,bonus\nM1,1,100\nM2,2,0\nM3,3,250\n");
    tills[0] = &s.till;
    tills[1] = &s.other;
    for (int i = 0; i < 200; i++) {
        char sale[16], member[16];
        int till, who, amount;

        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        till = (int)(state >> 40) % 2;
        who = (int)(state >> 44) % 3;
        amount = 1 + (int)((state >> 50) % SALE);
        if (amount > left[till] || amount > member_left[till][who])
            continue;
        left[till] -= amount;
        member_left[till][who] -= amount;
        snprintf(sale, sizeof(sale), "f%d", i);
        snprintf(member, sizeof(member), "M%d", who + 1);
        points_sale(&s, tills[till], sale, member, 0, amount, ",\"spending\":\"floor\"");
    }
    for (int i = 1; i <= 3; i++) {
        char member[16];
        int64_t posted;

        snprintf(member, sizeof(member), "M%d", i);
        posted = points_sums(&s, member).posted;
        cr_expect_geq(posted, -2 * MEMBER, "seed %" PRIu64 " %s", seed, member);
        beyond += posted < 0 ? -posted : 0;
    }
    cr_expect_leq(beyond, 2 * DEVICE, "seed %" PRIu64, seed);
    cr_expect_gt(beyond, 0, "the limits were tried");
    points_close(&s);
}

Test(central_exposure, is_reported_by_till)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    points_open(&s);
    points_sale(&s, &s.till, "a", "M1", 0, 1200, ",\"spending\":\"floor\"");
    OK(report_exposure(s.fixture.central, &w, &err));
    cr_expect(has_text(&out, "\"members_overdrawn\":1"), "%s", out.data);
    cr_expect(has_text(&out, "\"floor_sales\":1,\"floor_minor\":1200"));
    cr_expect(has_text(&out, "\"currency\":\"bonus\",\"leased\":0,\"held\":0,\"written_off\":0,\"overdrawn\":200"));
    strbuf_free(&out);
    points_close(&s);
}
