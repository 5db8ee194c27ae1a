/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/cache.h"
#include "tests/unit/agent/db/cache_support.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(cache, .init = scratch_begin, .fini = scratch_end);

Test(cache, finds_members_by_what_identifies_them)
{
    struct cache *cache = open_cache(":memory:", NULL);
    struct cache_member member;

    put_member(cache, "M1", "{\"tier\":\"gold\"}", (int[]){1, 2}, 2, 120);
    put_member(cache, "M2", "{}", (int[]){3}, 1, 0);
    cr_assert_eq(cache_find_member(cache, hash_of(2), &member, NULL), ST_OK);
    cr_expect_str_eq(member.id, "M1");
    cr_expect_str_eq(member.profile, "{\"tier\":\"gold\"}");
    cr_expect_eq(member.epoch, OWN_EPOCH);
    cr_expect_eq(member.seq, 120);
    cache_member_clear(&member);
    cache_member_clear(&member);
    cr_expect_eq(cache_find_member(cache, hash_of(9), &member, NULL), ST_NOT_FOUND);
    cr_assert_eq(cache_member_by_id(cache, "M2", &member, NULL), ST_OK);
    cr_expect_str_eq(member.profile, "{}");
    cache_member_clear(&member);
    cr_expect_eq(cache_member_by_id(cache, "M3", &member, NULL), ST_NOT_FOUND);
    cr_expect_eq(cache_member_count(cache), 2);
    cache_close(cache);
    cache_close(NULL);
}

Test(cache, identifiers_come_go_and_change_hands)
{
    struct cache *cache = open_cache(":memory:", NULL);

    put_member(cache, "M1", "{}", (int[]){1, 2}, 2, 1);
    put_member(cache, "M1", "{}", (int[]){2, 3}, 2, 2);
    cr_expect_str_eq(found_id(cache, 1), "");
    cr_expect_str_eq(found_id(cache, 2), "M1");
    cr_expect_str_eq(found_id(cache, 3), "M1");
    /* A card that moved: the one who has it now keeps it, in whatever order the rows come. */
    put_member(cache, "M2", "{}", (int[]){2}, 1, 3);
    put_member(cache, "M1", "{}", (int[]){3}, 1, 3);
    cr_expect_str_eq(found_id(cache, 2), "M2");
    put_member(cache, "M1", "{}", NULL, 0, 3);
    cr_expect_str_eq(found_id(cache, 3), "");
    cr_assert_eq(cache_forget_identifier(cache, hash_of(2), NULL), ST_OK);
    cr_assert_eq(cache_forget_identifier(cache, hash_of(2), NULL), ST_OK);
    cr_expect_str_eq(found_id(cache, 2), "");
    cr_expect_eq(cache_member_count(cache), 2);
    (void)found_id(cache, 99); /* frees */
    cache_close(cache);
}

Test(cache, merged_members_are_followed_but_not_in_circles)
{
    struct cache *cache = open_cache(":memory:", NULL);
    struct cache_member member;
    struct errmsg err = ERRMSG_INIT;
    char from[16], to[16];

    put_member(cache, "A", "{}", (int[]){1}, 1, 1);
    put_member(cache, "B", "{\"b\":1}", (int[]){2}, 1, 1);
    cr_assert_eq(cache_put_alias(cache, "A", "B", NULL), ST_OK);
    cr_expect_str_eq(found_id(cache, 1), "B");
    cr_assert_eq(cache_member_by_id(cache, "A", &member, NULL), ST_OK);
    cr_expect_str_eq(member.id, "B");
    cr_expect_str_eq(member.profile, "{\"b\":1}");
    cache_member_clear(&member);
    cr_assert_eq(cache_put_alias(cache, "B", "A", NULL), ST_OK);
    cr_expect_eq(cache_member_by_id(cache, "A", &member, &err), ST_NOT_FOUND);
    cr_expect(strstr(err.text, "in a circle"), "%s", err.text);
    put_member(cache, "H7", "{}", NULL, 0, 1);
    for (int i = 0; i < CACHE_ALIAS_HOPS_MAX - 1; i++) {
        (void)snprintf(from, sizeof from, "H%d", i);
        (void)snprintf(to, sizeof to, "H%d", i + 1);
        cr_assert_eq(cache_put_alias(cache, from, to, NULL), ST_OK);
    }
    cr_expect_eq(cache_member_by_id(cache, "H0", &member, NULL), ST_OK);
    cache_member_clear(&member);
    (void)found_id(cache, 99);
    cache_close(cache);
}

Test(cache, what_is_out_of_bounds_is_refused_whole)
{
    static char profile[CACHE_PROFILE_MAX + 2];
    static uint8_t hashes[CACHE_IDENTIFIERS_MAX + 1][IDENTIFIER_HASH_BYTES];
    char id[CACHE_ID_MAX + 2], name[CACHE_NAME_MAX + 2];
    struct cache *cache = open_cache(":memory:", NULL);
    struct cache_member member;
    struct errmsg err = ERRMSG_INIT;

    for (size_t i = 0; i <= CACHE_IDENTIFIERS_MAX; i++)
        memcpy(hashes[i], &i, sizeof i);
    memset(profile, 'p', CACHE_PROFILE_MAX + 1);
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_expect_eq(cache_put_member(cache, "M", profile, hashes, 1, 1, 1, &err), ST_RANGE);
    profile[CACHE_PROFILE_MAX] = '\0';
    cr_expect_eq(cache_put_member(cache, id, profile, hashes, 1, 1, 1, &err), ST_RANGE);
    cr_expect_eq(cache_put_member(cache, "M", profile, hashes, CACHE_IDENTIFIERS_MAX + 1, 1, 1, &err), ST_RANGE);
    cr_expect_eq(cache_member_count(cache), 0);
    cr_expect_eq(cache_member_by_id(cache, id, &member, NULL), ST_NOT_FOUND);
    id[CACHE_ID_MAX] = '\0';
    cr_expect_eq(cache_put_member(cache, id, profile, hashes, CACHE_IDENTIFIERS_MAX, 1, 1, &err), ST_OK, "%s",
                 err.text);
    cr_assert_eq(cache_find_member(cache, hashes[CACHE_IDENTIFIERS_MAX - 1], &member, NULL), ST_OK);
    cr_expect_eq(strlen(member.profile), CACHE_PROFILE_MAX);
    cache_member_clear(&member);
    cr_expect_eq(cache_put_usage(cache, name, 1, 1, 1, &err), ST_RANGE);
    cr_expect_eq(cache_put_usage(cache, "p", -1, 1, 1, &err), ST_RANGE);
    cr_expect_eq(cache_put_usage(cache, "p", CACHE_AMOUNT_MAX + 1, 1, 1, &err), ST_RANGE);
    cr_expect_eq(cache_put_state(cache, name, "x", &err), ST_RANGE);
    cr_expect_eq(cache_put_alias(cache, "x", name, &err), ST_RANGE);
    cache_close(cache);
}

Test(cache, states_are_copied_with_a_bound)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    char value[8] = "before";

    cr_expect_eq(cache_get_state(cache, "cursor", value, sizeof value, NULL), ST_NOT_FOUND);
    cr_expect_str_eq(value, "");
    cr_assert_eq(cache_put_state(cache, "cursor", "1234567", NULL), ST_OK);
    cache_close(cache);
    cache = open_cache(path_in("cache.db"), NULL);
    cr_expect_eq(cache_get_state(cache, "cursor", value, sizeof value, NULL), ST_OK);
    cr_expect_str_eq(value, "1234567");
    cr_assert_eq(cache_put_state(cache, "cursor", "12345678", NULL), ST_OK);
    cr_expect_eq(cache_get_state(cache, "cursor", value, sizeof value, NULL), ST_FULL);
    cr_expect_str_eq(value, "");
    cr_assert_eq(cache_put_state(cache, "cursor", "", NULL), ST_OK);
    cr_expect_eq(cache_get_state(cache, "cursor", value, sizeof value, NULL), ST_OK);
    cr_expect_str_eq(value, "");
    cache_close(cache);
}

/* ---- effects ---- */

static void project_four(struct cache *cache)
{
    project(cache, 1, (struct cache_effect[]){{EFFECT_POINTS, "M1", "bonus", 100, 50}}, 1);
    project(cache, 2,
            (struct cache_effect[]){{EFFECT_POINTS, "M1", "bonus", -30, 51},
                                    {EFFECT_MEMBER_USE, "M1", "welcome", 1, 51},
                                    {EFFECT_POINTS, "M1", "bonus", 5, 51},
                                    {EFFECT_USE, "", "opening", 1, 51}},
            4);
    project(cache, 3, (struct cache_effect[]){{EFFECT_POINTS, "M2", "bonus", 7, 52}}, 1);
    project(cache, 4,
            (struct cache_effect[]){{EFFECT_POINTS, "M1", "bonus", 11, 49},
                                    {EFFECT_POINTS, "M1", "stamps", 2, 53},
                                    {EFFECT_MEMBER_USE, "M1", "welcome", 2, 53},
                                    {EFFECT_COUPON, "", "C1", 1, 53}},
            4);
}

Test(cache, effects_after_a_position_are_summed_and_none_before)
{
    struct cache *cache = open_cache(":memory:", NULL);

    project_four(cache);
    expect_sums(cache, "M1", 0, "0:bonus=86@51 0:stamps=2@53 2:welcome=3@53 ");
    expect_sums(cache, "M1", 1, "0:bonus=-14@51 0:stamps=2@53 2:welcome=3@53 ");
    expect_sums(cache, "M1", 2, "0:bonus=11@49 0:stamps=2@53 2:welcome=2@53 ");
    expect_sums(cache, "M1", 3, "0:bonus=11@49 0:stamps=2@53 2:welcome=2@53 ");
    expect_sums(cache, "M1", 4, "");
    expect_sums(cache, "M2", 0, "0:bonus=7@52 ");
    expect_sums(cache, "M2", 3, "");
    expect_sums(cache, "", 0, "1:opening=1@51 3:C1=1@53 ");
    expect_sums(cache, "nobody", 0, "");
    cache_close(cache);
}

Test(cache, a_visitor_may_stop)
{
    struct cache *cache = open_cache(":memory:", NULL);

    project_four(cache);
    for (int stop = 1; stop <= 3; stop++) {
        struct sums sums = {.stop_after = stop};

        cr_assert_eq(cache_each_effect(cache, "M1", 0, write_sum, &sums, NULL), ST_OK);
        cr_expect_eq(sums.count, stop);
    }
    cache_close(cache);
}

static int64_t uses(struct cache *cache, int64_t after, int32_t from, int32_t to)
{
    int64_t count = -1;

    cr_assert_eq(cache_count_uses(cache, "M1", EFFECT_MEMBER_USE, "welcome", after, from, to, &count, NULL), ST_OK);
    return count;
}

Test(cache, uses_are_counted_within_days)
{
    struct cache *cache = open_cache(":memory:", NULL);

    project_four(cache);
    cr_expect_eq(uses(cache, 0, INT32_MIN, INT32_MAX), 3);
    cr_expect_eq(uses(cache, 0, 51, 51), 1);
    cr_expect_eq(uses(cache, 0, 52, 53), 2);
    cr_expect_eq(uses(cache, 2, 51, 53), 2);
    cr_expect_eq(uses(cache, 4, 51, 53), 0);
    cr_expect_eq(uses(cache, 0, 54, 60), 0);
    cr_expect_eq(uses(cache, 0, 53, 51), 0);
    cache_close(cache);
}

Test(cache, chain_wide_counters_have_the_own_later_uses_added)
{
    struct cache *cache = open_cache(":memory:", NULL);
    struct sums all = {.text = ""}, one = {.stop_after = 1}, promotions = {.text = ""};

    cr_assert_eq(cache_put_usage(cache, "coupon:told", 1, OWN_EPOCH, 1, NULL), ST_OK);
    cr_assert_eq(cache_put_usage(cache, "quiet", 5, OWN_EPOCH, 1, NULL), ST_OK);
    cr_assert_eq(cache_put_usage(cache, "busy", 800, 1, 1, NULL), ST_OK);
    cr_assert_eq(cache_put_usage(cache, "busy", 812, OWN_EPOCH, 2, NULL), ST_OK);
    cr_assert_eq(cache_put_usage(cache, "foreign", 3, 99, 2, NULL), ST_OK);
    for (int64_t position = 1; position <= 4; position++)
        project(cache, position,
                (struct cache_effect[]){{EFFECT_USE, "", "busy", 1, 50},
                                        {EFFECT_USE, "", "fresh", 2, 50},
                                        {EFFECT_USE, "", "foreign", 1, 50},
                                        {EFFECT_MEMBER_USE, "M1", "busy", 1, 50},
                                        {EFFECT_COUPON, "", "coupon:x", 1, 50}},
                5);
    cr_assert_eq(cache_each_usage(cache, own_position, NULL, write_usage, &all, NULL), ST_OK);
    cr_expect_str_eq(all.text, "busy=814 coupon:told=1 coupon:x=4 foreign=7 fresh=8 quiet=5 ", "%s", all.text);
    cr_assert_eq(cache_each_promotion_usage(cache, own_position, NULL, write_usage, &promotions, NULL), ST_OK);
    cr_expect_str_eq(promotions.text, "busy=814 foreign=7 fresh=8 quiet=5 ", "%s", promotions.text);
    cr_assert_eq(cache_each_usage(cache, own_position, NULL, write_usage, &one, NULL), ST_OK);
    cr_expect_eq(one.count, 1);
    cache_close(cache);
}

Test(cache, sums_past_64_bits_are_refused_not_wrapped)
{
    struct cache *cache = open_cache(":memory:", NULL);
    struct sums sums = {.text = ""};
    struct cache_effect large = {EFFECT_POINTS, "M1", "bonus", CACHE_AMOUNT_MAX + 1, 1};
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(cache_project(cache, 1, NULL, &large, 1, &err), ST_RANGE);
    large.amount = -CACHE_AMOUNT_MAX - 1;
    cr_expect_eq(cache_project(cache, 1, NULL, &large, 1, &err), ST_RANGE);
    large.amount = CACHE_AMOUNT_MAX;
    for (int position = 1; position <= 1024; position++)
        cr_assert_eq(cache_project(cache, position, NULL, &large, 1, &err), ST_OK);
    cr_expect_eq(cache_each_effect(cache, "M1", 0, write_sum, &sums, NULL), ST_OK);
    cr_assert_eq(cache_project(cache, 1025, NULL, &large, 1, &err), ST_OK);
    cr_expect_eq(cache_each_effect(cache, "M1", 0, write_sum, &sums, &err), ST_RANGE);
    cache_close(cache);
}

Test(cache, a_record_is_projected_once_and_within_bounds)
{
    static struct cache_effect many[CACHE_EFFECTS_MAX + 1];
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    struct cache_effect points = {EFFECT_POINTS, "M1", "bonus", 10, 1};
    struct errmsg err = ERRMSG_INIT;
    int64_t position = 0;

    for (int i = 0; i <= CACHE_EFFECTS_MAX; i++)
        many[i] = (struct cache_effect){EFFECT_POINTS, "M2", "bonus", 1, 1};
    project(cache, 1, &points, 1);
    project(cache, 1, &points, 1);
    cr_expect_eq(cache_project(cache, 3, NULL, NULL, 0, &err), ST_CONFLICT, "2 is left out");
    cr_expect_eq(cache_projected(cache), 1);
    cr_assert_eq(cache_project(cache, 2, NULL, NULL, 0, NULL), ST_OK, "a record without effects");
    cr_assert_eq(cache_project(cache, 3, NULL, NULL, 0, NULL), ST_OK);
    project(cache, 2, &points, 1);
    cr_expect_eq(cache_projected(cache), 3);
    expect_sums(cache, "M1", 0, "0:bonus=10@1 ");
    cr_expect_eq(cache_project(cache, 4, NULL, many, CACHE_EFFECTS_MAX + 1, &err), ST_RANGE);
    cr_expect_eq(cache_projected(cache), 3);
    cr_expect_eq(cache_project(cache, 4, "S4", many, CACHE_EFFECTS_MAX, &err), ST_OK);
    expect_sums(cache, "M2", 0, "0:bonus=256@1 ");
    cr_expect_eq(cache_find_sale(cache, "S4", &position, NULL), ST_OK);
    cr_expect_eq(position, 4);
    cr_expect_eq(cache_find_sale(cache, "S2", &position, NULL), ST_NOT_FOUND);
    cache_close(cache);
    cache = open_cache(path_in("cache.db"), NULL);
    cr_expect_eq(cache_projected(cache), 4);
    cache_close(cache);
}
