/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/embedded.h"
#include "agent/db/cache.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(cache, .init = scratch_begin, .fini = scratch_end);

enum { OWN_EPOCH = 7 };

static struct cache *open_cache(const char *path, bool *out_rebuilt)
{
    struct cache *cache = NULL;
    struct errmsg err = ERRMSG_INIT;
    bool rebuilt = false;

    cr_assert_eq(cache_open(path, 1790000000000, &cache, &rebuilt, &err), ST_OK, "%s", err.text);
    if (out_rebuilt)
        *out_rebuilt = rebuilt;
    return cache;
}

static const uint8_t *hash_of(int n)
{
    static uint8_t hashes[256][IDENTIFIER_HASH_BYTES];

    memset(hashes[n % 256], n % 256, IDENTIFIER_HASH_BYTES);
    return hashes[n % 256];
}

static void put_member(struct cache *cache, const char *id, const char *profile, const int *identifiers, size_t count,
                       int64_t seq)
{
    uint8_t hashes[8][IDENTIFIER_HASH_BYTES];
    struct errmsg err = ERRMSG_INIT;

    for (size_t i = 0; i < count; i++)
        memcpy(hashes[i], hash_of(identifiers[i]), IDENTIFIER_HASH_BYTES);
    cr_assert_eq(cache_put_member(cache, id, profile, hashes, count, OWN_EPOCH, seq, &err), ST_OK, "%s", err.text);
}

/* The id of whom the identifier finds, "" for nobody; a view until the next call. */
static const char *found_id(struct cache *cache, int identifier)
{
    static struct cache_member member;
    enum status st;

    cache_member_clear(&member);
    st = cache_find_member(cache, hash_of(identifier), &member, NULL);
    cr_expect(st == ST_OK || st == ST_NOT_FOUND, "status %d", st);
    return st == ST_OK ? member.id : "";
}

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

static void project(struct cache *cache, int64_t position, const struct cache_effect *effects, size_t count)
{
    struct errmsg err = ERRMSG_INIT;
    char sale[32];

    (void)snprintf(sale, sizeof sale, "S%" PRId64, position);
    cr_assert_eq(cache_project(cache, position, sale, effects, count, &err), ST_OK, "%s", err.text);
}

struct sums {
    char text[1024];
    int count, stop_after;
};

static bool write_sum(void *context, const struct cache_sum *sum)
{
    struct sums *sums = context;
    size_t len = strlen(sums->text);

    (void)snprintf(sums->text + len, sizeof sums->text - len, "%d:%s=%" PRId64 "@%d ", (int)sum->kind, sum->name,
                   sum->amount, (int)sum->last_day);
    return ++sums->count != sums->stop_after;
}

static void expect_sums(struct cache *cache, const char *subject, int64_t after, const char *expected)
{
    struct sums sums = {.text = ""};

    cr_assert_eq(cache_each_effect(cache, subject, after, write_sum, &sums, NULL), ST_OK);
    cr_expect_str_eq(sums.text, expected, "after %" PRId64 ": %s", after, sums.text);
}

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

static int64_t own_position(void *context, uint64_t epoch, int64_t seq)
{
    (void)context;
    return epoch == OWN_EPOCH ? seq : 0;
}

static bool write_usage(void *context, const char *promotion, int64_t uses_now)
{
    struct sums *sums = context;
    size_t len = strlen(sums->text);

    (void)snprintf(sums->text + len, sizeof sums->text - len, "%s=%" PRId64 " ", promotion, uses_now);
    return ++sums->count != sums->stop_after;
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

/* ---- slices ---- */

Test(cache, a_slice_is_all_or_nothing)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    char value[8];

    project(cache, 1, &(struct cache_effect){EFFECT_POINTS, "M1", "bonus", 10, 1}, 1);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    cr_expect_eq(cache_begin(cache, NULL), ST_CONFLICT);
    put_member(cache, "M1", "{}", (int[]){1}, 1, 1);
    cr_assert_eq(cache_put_state(cache, "cursor", "abc", NULL), ST_OK);
    project(cache, 2, &(struct cache_effect){EFFECT_POINTS, "M1", "bonus", 10, 1}, 1);
    cr_expect_eq(cache_projected(cache), 2);
    cache_rollback(cache);
    cache_rollback(cache);
    cr_expect_eq(cache_projected(cache), 1);
    cr_expect_eq(cache_commit(cache, NULL), ST_CONFLICT);
    cr_expect_eq(cache_member_count(cache), 0);
    cr_expect_eq(cache_get_state(cache, "cursor", value, sizeof value, NULL), ST_NOT_FOUND);
    cr_expect_str_eq(found_id(cache, 1), "");
    expect_sums(cache, "M1", 0, "0:bonus=10@1 ");

    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    put_member(cache, "M1", "{}", (int[]){1}, 1, 1);
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    put_member(cache, "M2", "{}", (int[]){2}, 1, 1);
    cache_close(cache); /* in the middle of one */
    cache = open_cache(path_in("cache.db"), NULL);
    cr_expect_str_eq(found_id(cache, 1), "M1");
    cr_expect_str_eq(found_id(cache, 2), "");
    (void)found_id(cache, 99);
    cache_close(cache);
}

/* Whatever write fails for want of room: the slice fails by its commit at the latest, and done again it is whole. */
Test(cache, a_full_disk_in_a_slice_loses_the_slice_and_no_more)
{
    struct cache *cache;
    static char profile[30000];
    int failed = 0;

    memset(profile, 'p', sizeof profile - 1);
    disk_install();
    cache = open_cache(path_in("cache.db"), NULL);
    for (int nth = 1; nth < 30; nth++) {
        char id[32];
        enum status st, put = ST_OK;

        (void)snprintf(id, sizeof id, "N%d", nth);
        disk_fail(DISK_FULL, "-wal", nth, true);
        cr_assert_eq(cache_begin(cache, NULL), ST_OK);
        for (int i = 0; i < 4; i++) {
            uint8_t hashes[1][IDENTIFIER_HASH_BYTES];

            (void)snprintf(id, sizeof id, "N%d.%d", nth, i);
            memset(hashes, nth * 4 + i, sizeof hashes);
            st = cache_put_member(cache, id, profile, hashes, 1, 1, 1, NULL);
            cr_expect(st == ST_OK || st == ST_FULL || st == ST_CONFLICT, "%d", st);
            put = put == ST_OK ? st : put;
        }
        st = cache_commit(cache, NULL);
        cr_expect(put == ST_OK || st != ST_OK, "a slice with a failed put was committed");
        if (st != ST_OK) {
            failed++;
            cr_expect_eq(cache_member_by_id(cache, id, &(struct cache_member){0}, NULL), ST_NOT_FOUND);
        }
        disk_heal();
        cr_assert_eq(cache_begin(cache, NULL), ST_OK);
        put_member(cache, id, profile, (int[]){nth * 4 % 256}, 1, 1);
        cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    }
    cr_expect_gt(failed, 10, "%d", failed);
    cache_close(cache);
    cache_close(open_cache(path_in("cache.db"), NULL));
}

/* More than the page cache holds is written before the commit: SQLite gives up the whole slice then, and what is put
 * into it afterwards must not become a commit of its own. */
Test(cache, a_slice_that_was_given_up_takes_no_more)
{
    static char profile[60000];
    struct cache *cache;
    struct errmsg err = ERRMSG_INIT;
    enum status st = ST_OK;
    char id[32];

    memset(profile, 'p', sizeof profile - 1);
    disk_install();
    cache = open_cache(path_in("cache.db"), NULL);
    project(cache, 1, NULL, 0);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    project(cache, 2, NULL, 0);
    disk_fail(DISK_FULL, "-wal", 3, false);
    for (int i = 0; i < 200 && st == ST_OK; i++) {
        (void)snprintf(id, sizeof id, "M%d", i);
        st = cache_put_member(cache, id, profile, NULL, 0, 1, 1, NULL);
    }
    cr_assert_eq(st, ST_FULL);
    cr_expect_eq(cache_put_member(cache, "late", "{}", NULL, 0, 1, 1, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "taken back"), "%s", err.text);
    cr_expect_eq(cache_put_state(cache, "cursor", "late", NULL), ST_CONFLICT);
    cr_expect_eq(cache_commit(cache, &err), ST_CONFLICT);
    cr_expect_eq(cache_member_count(cache), 0);
    cr_expect_eq(cache_projected(cache), 1);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    cr_assert_eq(cache_put_member(cache, "again", "{}", NULL, 0, 1, 1, NULL), ST_OK);
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    cr_expect_eq(cache_member_count(cache), 1);
    cache_close(cache);
}

/* ---- disposable ---- */

Test(cache, a_new_file_is_told_and_a_known_one_kept)
{
    bool rebuilt = false;

    cache_close(open_cache(path_in("cache.db"), &rebuilt));
    cr_expect(rebuilt);
    cache_close(open_cache(path_in("cache.db"), &rebuilt));
    cr_expect(!rebuilt);
    cr_expect_eq(count_files("cache.db.damaged"), 0);
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;

    cr_assert_eq(sqlite3_open(path_in("cache.db"), &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

Test(cache, an_unknown_schema_or_garbage_is_put_aside)
{
    static const char garbage[9000] = "garbage";
    static const char *const scripts[] = {"PRAGMA user_version=99", "DROP TABLE effect", "PRAGMA application_id=5",
                                          "INSERT OR REPLACE INTO state VALUES ('projected', x'00')"};
    bool rebuilt = false;
    struct cache *cache;

    cache_close(open_cache(path_in("cache.db"), NULL));
    for (size_t i = 0; i < 4; i++) {
        run_sql(scripts[i]);
        cache = open_cache(path_in("cache.db"), &rebuilt);
        cr_expect(rebuilt, "%s", scripts[i]);
        put_member(cache, "M1", "{}", (int[]){1}, 1, 1);
        cache_close(cache);
    }
    file_damage(path_in("cache.db"), 0, garbage, sizeof garbage);
    cache_close(open_cache(path_in("cache.db"), &rebuilt));
    cr_expect(rebuilt);
    cr_expect_leq(count_files("cache.db.damaged-"), 4, "two of five, with their WALs");
    cr_expect_geq(count_files("cache.db.damaged-"), 2);
}

Test(cache, damage_met_while_selling_is_put_aside_at_closing)
{
    static const char garbage[4096] = "garbage";
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    struct cache_member member;
    char id[32];
    bool rebuilt = false, met = false;

    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(id, sizeof id, "M%d", i);
        put_member(cache, id, "{\"some\":\"profile\"}", NULL, 0, 1);
    }
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    cache_close(cache);
    for (int page = 12; page < 30; page++)
        file_damage(path_in("cache.db"), page * 4096, garbage, sizeof garbage);
    cache = open_cache(path_in("cache.db"), &rebuilt);
    cr_assert(!rebuilt);
    for (int i = 0; i < 2000 && !met; i++) {
        (void)snprintf(id, sizeof id, "M%d", i);
        enum status st = cache_member_by_id(cache, id, &member, NULL);

        met = st == ST_CORRUPT;
        if (st == ST_OK)
            cache_member_clear(&member);
    }
    cr_expect(met);
    cache_close(cache);
    cr_expect(file_exists(path_in("cache.db.damaged-1790000000000")));
    cache = open_cache(path_in("cache.db"), &rebuilt);
    cr_expect(rebuilt);
    cr_expect_eq(cache_projected(cache), 0);
    cache_close(cache);
}

/* What the projection says, as one text. */
static char *dump(struct cache *cache)
{
    static struct sums sums[2];
    static int turn;
    struct sums *s = &sums[turn++ % 2];

    *s = (struct sums){.text = ""};
    for (int m = 0; m < 5; m++) {
        char id[32];

        (void)snprintf(id, sizeof id, "M%d", m);
        for (int64_t after = 0; after < 60; after += 20)
            cr_assert_eq(cache_each_effect(cache, id, after, write_sum, s, NULL), ST_OK);
    }
    cr_assert_eq(cache_each_usage(cache, own_position, NULL, write_usage, s, NULL), ST_OK);
    cr_assert_lt(strlen(s->text), sizeof s->text - 1);
    return s->text;
}

static bool project_entry(void *context, const struct journal_entry *entry)
{
    char id[32];

    (void)snprintf(id, sizeof id, "M%d", (int)(entry->position * 7 % 5));
    project(context, entry->position,
            (struct cache_effect[]){
                {EFFECT_POINTS, id, "bonus", (int64_t)entry->len - entry->hash[0], (int32_t)entry->seq},
                {EFFECT_USE, "", entry->hash[1] % 2 ? "odd" : "even", 1, (int32_t)entry->seq}},
            2);
    return true;
}

Test(cache, projected_anew_from_the_journal_it_is_what_it_was)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    char *before, *after;
    bool rebuilt = false;
    int64_t position = 0;

    for (int i = 0; i < 60; i++) {
        if (i == 25)
            cr_assert_eq(journal_begin_epoch(journal, OWN_EPOCH, 1, NULL), ST_OK);
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
        cr_assert_eq(journal_each(journal, cache_projected(cache) + 1, project_entry, cache, NULL), ST_OK);
    }
    before = dump(cache);
    cache_close(cache);
    cr_assert_eq(unlink(path_in("cache.db")), 0);
    cache = open_cache(path_in("cache.db"), &rebuilt);
    cr_assert(rebuilt);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    cr_assert_eq(journal_each(journal, cache_projected(cache) + 1, project_entry, cache, NULL), ST_OK);
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    after = dump(cache);
    cr_expect_str_eq(before, after);
    cr_expect_eq(cache_projected(cache), 60);
    cr_expect_eq(cache_find_sale(cache, "S33", &position, NULL), ST_OK);
    cr_expect_eq(position, 33);
    cache_close(cache);
    journal_close(journal);
}

/* ---- files of before ---- */

extern const struct embedded_file schema_till_cache[];

/* A file as a program left it that knew so many of the schema's steps, with a member and what he did since. */
static void make_older(const char *path, int version)
{
    char hex[2 * IDENTIFIER_HASH_BYTES + 1] = "", sql[512];
    sqlite3 *db = NULL;

    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    for (int i = 0; i < version; i++)
        cr_assert_eq(sqlite3_exec(db, schema_till_cache[i].text, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    for (int i = 0; i < IDENTIFIER_HASH_BYTES; i++)
        (void)strcat(hex, "07");
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO member (id, profile, identifiers, epoch, seq) VALUES ('M1', '{\"tier\":\"gold\"}', x'%s', "
                   "x'0000000000000007', 3); INSERT INTO identifier VALUES (x'%s', 'M1');"
                   "INSERT INTO effect VALUES ('M1', 'points', 'bonus', 1, 50, 20000);"
                   "INSERT INTO state VALUES ('projected', x'0000000000000001'); PRAGMA application_id=%d; PRAGMA user_version=%d",
                   hex, hex, 0x4c594443, version);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

Test(cache, of_an_older_number_keeps_its_members_and_is_projected_anew)
{
    for (int version = 1; version <= 2; version++) {
        char name[32];
        bool rebuilt;
        struct cache *cache;

        (void)snprintf(name, sizeof name, "old%d.db", version);
        make_older(path_in(name), version);
        cache = open_cache(path_in(name), &rebuilt);
        cr_expect_not(rebuilt, "version %d: brought up, not made anew", version);
        cr_expect_str_eq(found_id(cache, 7), "M1");
        cr_expect_eq(cache_projected(cache), 0, "its totals are added up from the first record on");
        cache_close(cache);
    }
}
