/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/cache.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(cache_rows, .init = scratch_begin, .fini = scratch_end);

enum { OWN_EPOCH = 7 };

static struct cache *open_cache(const char *path)
{
    struct cache *cache = NULL;
    struct errmsg err = ERRMSG_INIT;
    bool rebuilt;

    cr_assert_eq(cache_open(path, 1, &cache, &rebuilt, &err), ST_OK, "%s", err.text);
    return cache;
}

static int64_t own_position(void *context, uint64_t epoch, int64_t seq)
{
    (void)context;
    return epoch == OWN_EPOCH ? seq : 0;
}

static void put_member(struct cache *cache, const char *id, uint8_t identifier)
{
    uint8_t hash[1][IDENTIFIER_HASH_BYTES];

    memset(hash, identifier, sizeof hash);
    cr_assert_eq(
        cache_put_member(cache, id, "{}", (const uint8_t(*)[IDENTIFIER_HASH_BYTES])hash, 1, OWN_EPOCH, 0, NULL),
        ST_OK);
}

static bool finds(struct cache *cache, uint8_t identifier, const char *id)
{
    uint8_t hash[IDENTIFIER_HASH_BYTES];
    struct cache_member member = {0};
    enum status st;
    bool same;

    memset(hash, identifier, sizeof hash);
    st = cache_find_member(cache, hash, &member, NULL);
    same = st == ST_OK && strcmp(member.id, id) == 0;
    cache_member_clear(&member);
    return same;
}

static void project(struct cache *cache, int64_t position, enum cache_effect_kind kind, const char *subject,
                    const char *name, int64_t amount)
{
    char sale[32];
    struct errmsg err = ERRMSG_INIT;

    (void)snprintf(sale, sizeof sale, "S%" PRId64, position);
    cr_assert_eq(
        cache_project(cache, position, sale, &(struct cache_effect){kind, subject, name, amount, 50}, 1, &err), ST_OK,
        "%s", err.text);
}

static void sweep_all(struct cache *cache)
{
    struct errmsg err = ERRMSG_INIT;
    bool done = false;

    for (int i = 0; i < 1000 && !done; i++)
        cr_assert_eq(cache_sweep(cache, &done, &err), ST_OK, "%s", err.text);
    cr_assert(done);
}

/* ---- lists, coupons, leases ---- */

Test(cache_rows, lists_replace_and_empty_ones_go)
{
    struct cache *cache = open_cache(":memory:");
    char *body = NULL;
    uint64_t epoch;
    int64_t seq;

    cr_assert_eq(cache_put_part(cache, CACHE_LOTS, "M1", "[1]", OWN_EPOCH, 5, NULL), ST_OK);
    cr_assert_eq(cache_put_part(cache, CACHE_LOTS, "M1", "[1,2]", OWN_EPOCH, 6, NULL), ST_OK);
    cr_assert_eq(cache_put_part(cache, CACHE_SEGMENTS, "M1", "[\"a\"]", 0, 0, NULL), ST_OK);
    cr_assert_eq(cache_read_part(cache, CACHE_LOTS, "M1", &body, &epoch, &seq, NULL), ST_OK);
    cr_expect_str_eq(body, "[1,2]");
    cr_expect_eq(epoch, OWN_EPOCH);
    cr_expect_eq(seq, 6);
    free(body);
    cr_expect_eq(cache_read_part(cache, CACHE_OFFERS, "M1", &body, &epoch, &seq, NULL), ST_NOT_FOUND);
    cr_assert_eq(cache_put_part(cache, CACHE_LOTS, "M1", "[]", 0, 0, NULL), ST_OK);
    cr_expect_eq(cache_read_part(cache, CACHE_LOTS, "M1", &body, &epoch, &seq, NULL), ST_NOT_FOUND);
    put_member(cache, "M1", 1);
    cr_assert_eq(cache_forget_member(cache, "M1", NULL), ST_OK);
    cr_expect_eq(cache_read_part(cache, CACHE_SEGMENTS, "M1", &body, &epoch, &seq, NULL), ST_NOT_FOUND);
    cr_expect_not(finds(cache, 1, "M1"));
    cache_close(cache);
}

static void take_uses(void *context, const struct cache_coupon *coupon)
{
    *(int64_t *)context = coupon->uses;
}

Test(cache_rows, a_coupon_has_own_later_uses_added)
{
    struct cache *cache = open_cache(":memory:");
    const struct cache_coupon coupon = {"abc", "", 1, 3, "{}", OWN_EPOCH, 2};
    struct cache_coupon gone = coupon;
    int64_t uses = -1;

    for (int64_t position = 1; position <= 3; position++)
        project(cache, position, EFFECT_COUPON, "", "coupon:abc", 1);
    cr_assert_eq(cache_put_coupon(cache, &coupon, NULL), ST_OK);
    cr_assert_eq(cache_find_coupon(cache, "abc", own_position, NULL, take_uses, &uses, NULL), ST_OK);
    cr_expect_eq(uses, 2, "1 counted, 1 since, not %" PRId64, uses);
    gone.uses_max = 0;
    cr_assert_eq(cache_put_coupon(cache, &gone, NULL), ST_OK);
    cr_expect_eq(cache_find_coupon(cache, "abc", own_position, NULL, take_uses, &uses, NULL), ST_NOT_FOUND);
    cache_close(cache);
}

static bool write_lease(void *context, const struct cache_lease *lease)
{
    char *text = context;

    (void)snprintf(text + strlen(text), 100, "%s:%" PRId64 "/%" PRId64 " ", lease->id, lease->used, lease->granted);
    return true;
}

Test(cache_rows, leases_of_all_names_a_member_had_with_own_uses)
{
    struct cache *cache = open_cache(":memory:");
    struct cache_lease lease = {"L1", "M7", "bonus", 5000, 100, 10, OWN_EPOCH, 1};
    char text[300] = "";

    project(cache, 1, EFFECT_LEASE, "", "L1", 100);
    project(cache, 2, EFFECT_LEASE, "", "L1", 30);
    cr_assert_eq(cache_put_lease(cache, &lease, NULL), ST_OK);
    lease = (struct cache_lease){"L2", "M1", "bonus", 700, 0, 20, OWN_EPOCH, 0};
    cr_assert_eq(cache_put_lease(cache, &lease, NULL), ST_OK);
    cr_assert_eq(cache_put_alias(cache, "M7", "M1", NULL), ST_OK);
    project(cache, 3, EFFECT_LEASE, "", "L2", 7);
    cr_assert_eq(cache_each_lease(cache, "M1", own_position, NULL, write_lease, text, NULL), ST_OK);
    cr_expect_str_eq(text, "L1:130/5000 L2:7/700 ", "%s", text);
    lease.granted = 0;
    cr_assert_eq(cache_put_lease(cache, &lease, NULL), ST_OK);
    text[0] = '\0';
    cr_assert_eq(cache_each_lease(cache, "M1", own_position, NULL, write_lease, text, NULL), ST_OK);
    cr_expect_str_eq(text, "L1:130/5000 ", "%s", text);
    cache_close(cache);
}

static bool add_sum(void *context, const struct cache_sum *sum)
{
    *(int64_t *)context += sum->amount;
    return true;
}

Test(cache_rows, a_merged_member_has_what_own_records_did_under_each_name)
{
    struct cache *cache = open_cache(":memory:");
    int64_t sum = 0;

    project(cache, 1, EFFECT_POINTS, "M8", "bonus", 1);
    project(cache, 2, EFFECT_POINTS, "M7", "bonus", 10);
    project(cache, 3, EFFECT_POINTS, "M1", "bonus", 100);
    project(cache, 4, EFFECT_POINTS, "M2", "bonus", 1000);
    cr_assert_eq(cache_put_alias(cache, "M8", "M7", NULL), ST_OK);
    cr_assert_eq(cache_put_alias(cache, "M7", "M1", NULL), ST_OK);
    cr_assert_eq(cache_each_effect(cache, "M1", 0, add_sum, &sum, NULL), ST_OK);
    cr_expect_eq(sum, 111, "%" PRId64, sum);
    sum = 0;
    cr_assert_eq(cache_each_effect(cache, "M1", 2, add_sum, &sum, NULL), ST_OK);
    cr_expect_eq(sum, 100, "%" PRId64, sum);
    cr_assert_eq(cache_put_alias(cache, "M1", "M8", NULL), ST_OK); /* a circle ends */
    sum = 0;
    cr_assert_eq(cache_each_effect(cache, "M1", 2, add_sum, &sum, NULL), ST_OK);
    cr_expect_eq(sum, 100, "each record once, not %" PRId64, sum);
    cache_close(cache);
}

/* ---- a full reload ---- */

Test(cache_rows, rows_not_told_again_are_gone_after_a_reload)
{
    struct cache *cache = open_cache(path_in("cache.db"));
    char id[16];
    char *body;
    uint64_t epoch;
    int64_t seq;

    for (int i = 0; i < 1500; i++) {
        (void)snprintf(id, sizeof id, "X%d", i);
        cr_assert_eq(cache_put_usage(cache, id, 1, 1, 1, NULL), ST_OK);
    }
    put_member(cache, "M1", 1);
    put_member(cache, "M2", 2);
    cr_assert_eq(cache_put_alias(cache, "M9", "M2", NULL), ST_OK);
    cr_assert_eq(cache_put_part(cache, CACHE_LOTS, "M2", "[1]", 0, 0, NULL), ST_OK);
    cr_assert_eq(cache_begin_reload(cache, NULL), ST_OK);
    put_member(cache, "M1", 1);
    put_member(cache, "M3", 3);
    cr_expect(finds(cache, 2, "M2"), "the old rows serve while the new ones come");
    sweep_all(cache);
    cr_expect(finds(cache, 2, "M2"), "nothing is swept before all were told");
    cache_close(cache);
    cache = open_cache(path_in("cache.db"));
    cr_expect(cache_is_reloading(cache), "a restart goes on with it");
    put_member(cache, "M4", 4);
    cr_assert_eq(cache_end_reload(cache, NULL), ST_OK);
    cache_close(cache);
    cache = open_cache(path_in("cache.db"));
    sweep_all(cache);
    cr_expect(finds(cache, 1, "M1") && finds(cache, 3, "M3") && finds(cache, 4, "M4"));
    cr_expect_not(finds(cache, 2, "M2"));
    cr_expect_eq(cache_member_count(cache), 3);
    cr_expect_eq(cache_read_part(cache, CACHE_LOTS, "M2", &body, &epoch, &seq, NULL), ST_NOT_FOUND);
    cr_assert_eq(cache_usage_of(cache, "X77", own_position, NULL, &seq, NULL), ST_OK);
    cr_expect_eq(seq, 0);
    cache_close(cache);
}

Test(cache_rows, a_member_told_of_again_is_merged_no_longer)
{
    struct cache *cache = open_cache(":memory:");
    int64_t sum = 0;

    put_member(cache, "M1", 1);
    put_member(cache, "M2", 2);
    cr_assert_eq(cache_put_alias(cache, "M2", "M1", NULL), ST_OK);
    project(cache, 1, EFFECT_POINTS, "M2", "bonus", 10);
    cr_assert_eq(cache_begin_reload(cache, NULL), ST_OK);
    put_member(cache, "M1", 1);
    cr_expect(finds(cache, 2, "M1"));
    put_member(cache, "M2", 2);
    cr_expect(finds(cache, 2, "M2"), "before the sweep");
    cr_assert_eq(cache_each_effect(cache, "M1", 0, add_sum, &sum, NULL), ST_OK);
    cr_expect_eq(sum, 0, "%" PRId64, sum);
    cache_close(cache);
}

Test(cache_rows, members_are_counted_as_they_come_and_go)
{
    struct cache *cache = open_cache(path_in("cache.db"));

    put_member(cache, "M1", 1);
    put_member(cache, "M2", 2);
    put_member(cache, "M1", 3);
    cr_expect_eq(cache_member_count(cache), 2, "one that is put again is the same one");
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    put_member(cache, "M3", 4);
    cr_expect_eq(cache_member_count(cache), 3);
    cache_rollback(cache);
    cr_expect_eq(cache_member_count(cache), 2, "what is taken back is not counted");
    cr_assert_eq(cache_forget_member(cache, "M1", NULL), ST_OK);
    cr_assert_eq(cache_forget_member(cache, "M1", NULL), ST_OK);
    cache_close(cache);
    cache = open_cache(path_in("cache.db"));
    cr_expect_eq(cache_member_count(cache), 1);
    cache_close(cache);
}

/* ---- running sums, totals, and what goes with old records ---- */

static int64_t usage_of(struct cache *cache, const char *name)
{
    int64_t uses = -1;

    cr_assert_eq(cache_usage_of(cache, name, own_position, NULL, &uses, NULL), ST_OK);
    return uses;
}

Test(cache_rows, running_uses_are_those_after_the_row_at_any_place)
{
    struct cache *cache = open_cache(":memory:");

    for (int64_t position = 1; position <= 30; position++)
        project(cache, position, EFFECT_USE, "", position % 3 ? "often" : "rare", position % 2 ? 1 : 2);
    for (int64_t counted = 0; counted <= 31; counted++) {
        int64_t often = 0, rare = 0;

        for (int64_t position = counted + 1; position <= 30; position++) {
            often += position % 3 ? position % 2 ? 1 : 2 : 0;
            rare += position % 3 ? 0 : position % 2 ? 1 : 2;
        }
        cr_assert_eq(cache_put_usage(cache, "often", 100, OWN_EPOCH, counted, NULL), ST_OK);
        cr_assert_eq(cache_put_usage(cache, "rare", 0, OWN_EPOCH, counted, NULL), ST_OK);
        cr_expect_eq(usage_of(cache, "often"), 100 + often, "after %" PRId64, counted);
        cr_expect_eq(usage_of(cache, "rare"), rare, "after %" PRId64, counted);
    }
    cr_expect_eq(usage_of(cache, "never"), 0);
    cache_close(cache);
}

Test(cache_rows, what_old_records_did_goes_with_them_and_the_rest_stays_right)
{
    struct cache *cache = open_cache(":memory:");
    int64_t position, sum = 0;

    for (position = 1; position <= 10; position++)
        project(cache, position, EFFECT_USE, "", "p", 1);
    project(cache, 11, EFFECT_POINTS, "M1", "bonus", 5);
    cr_assert_eq(cache_put_usage(cache, "p", 50, OWN_EPOCH, 6, NULL), ST_OK);
    for (position = 1; position <= 6; position++) {
        char sale[32];

        (void)snprintf(sale, sizeof sale, "S%" PRId64, position);
        cr_assert_eq(cache_forget(cache, position, sale, &(struct cache_effect){EFFECT_USE, "", "p", 1, 50}, 1, NULL),
                     ST_OK);
        cr_expect_eq(usage_of(cache, "p"), 54);
    }
    cr_expect_eq(cache_find_sale(cache, "S6", &position, NULL), ST_NOT_FOUND);
    cr_expect_eq(cache_find_sale(cache, "S7", &position, NULL), ST_OK);
    cr_assert_eq(cache_each_effect(cache, "", 0, add_sum, &sum, NULL), ST_OK);
    cr_expect_eq(sum, 4, "%" PRId64, sum);
    cache_close(cache);
}

static bool write_total(void *context, int32_t day, const char *shift, const char *name, int64_t amount)
{
    char *text = context;

    (void)snprintf(text + strlen(text), 60, "%d %s %s=%" PRId64 "; ", day, shift, name, amount);
    return true;
}

Test(cache_rows, totals_are_by_day_and_shift)
{
    struct cache *cache = open_cache(":memory:");
    char text[400] = "";
    uint8_t zeros[SHA256_BYTES] = {0}, digest[SHA256_BYTES], next[SHA256_BYTES];

    cr_assert_eq(cache_digests(cache, digest, NULL), ST_OK);
    cr_expect_arr_eq(digest, zeros, sizeof zeros);
    project(cache, 1, EFFECT_FIGURE, "", "sales", 1);
    project(cache, 2, EFFECT_SHIFT, "", "A", 1);
    project(cache, 3, EFFECT_FIGURE, "", "sales", 1);
    project(cache, 4, EFFECT_FIGURE, "", "sales", 1);
    project(cache, 5, EFFECT_SHIFT, "", "B", 1);
    project(cache, 6, EFFECT_FIGURE, "", "net", -70);
    project(cache, 7, EFFECT_DIGEST, "", "d1", 1);
    cr_assert_eq(cache_digests(cache, digest, NULL), ST_OK);
    project(cache, 8, EFFECT_DIGEST, "", "d2", 1);
    cr_assert_eq(cache_digests(cache, next, NULL), ST_OK);
    cr_expect_neq(memcmp(digest, next, sizeof next), 0);
    cr_assert_eq(cache_each_total(cache, 0, 100, write_total, text, NULL), ST_OK);
    cr_expect_str_eq(text, "50  sales=1; 50 A sales=2; 50 B net=-70; ", "%s", text);
    text[0] = '\0';
    cr_assert_eq(cache_each_total(cache, 51, 100, write_total, text, NULL), ST_OK);
    cr_expect_str_eq(text, "");
    cache_close(cache);
}

Test(cache_rows, a_journal_that_begins_later_is_projected_from_there)
{
    struct cache *cache = open_cache(path_in("cache.db"));

    cr_assert_eq(cache_skip_to(cache, 40, NULL), ST_OK);
    cr_assert_eq(cache_skip_to(cache, 30, NULL), ST_OK);
    cr_expect_eq(cache_projected(cache), 40);
    project(cache, 41, EFFECT_USE, "", "p", 1);
    cache_close(cache);
    cache = open_cache(path_in("cache.db"));
    cr_expect_eq(cache_projected(cache), 41);
    cache_close(cache);
}
