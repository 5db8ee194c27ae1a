/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/db/cache_support.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct cache *open_cache(const char *path, bool *out_rebuilt)
{
    struct cache *cache = NULL;
    struct errmsg err = ERRMSG_INIT;
    bool rebuilt = false;

    cr_assert_eq(cache_open(path, 1790000000000, &cache, &rebuilt, &err), ST_OK, "%s", err.text);
    if (out_rebuilt)
        *out_rebuilt = rebuilt;
    return cache;
}

const uint8_t *hash_of(int n)
{
    static uint8_t hashes[256][IDENTIFIER_HASH_BYTES];

    memset(hashes[n % 256], n % 256, IDENTIFIER_HASH_BYTES);
    return hashes[n % 256];
}

void put_member(struct cache *cache, const char *id, const char *profile, const int *identifiers, size_t count,
                int64_t seq)
{
    uint8_t hashes[8][IDENTIFIER_HASH_BYTES];
    struct errmsg err = ERRMSG_INIT;

    for (size_t i = 0; i < count; i++)
        memcpy(hashes[i], hash_of(identifiers[i]), IDENTIFIER_HASH_BYTES);
    cr_assert_eq(cache_put_member(cache, id, profile, hashes, count, OWN_EPOCH, seq, &err), ST_OK, "%s", err.text);
}

/* The id of whom the identifier finds, "" for nobody; a view until the next call. */
const char *found_id(struct cache *cache, int identifier)
{
    static struct cache_member member;
    enum status st;

    cache_member_clear(&member);
    st = cache_find_member(cache, hash_of(identifier), &member, NULL);
    cr_expect(st == ST_OK || st == ST_NOT_FOUND, "status %d", st);
    return st == ST_OK ? member.id : "";
}

void project(struct cache *cache, int64_t position, const struct cache_effect *effects, size_t count)
{
    struct errmsg err = ERRMSG_INIT;
    char sale[32];

    (void)snprintf(sale, sizeof sale, "S%" PRId64, position);
    cr_assert_eq(cache_project(cache, position, sale, effects, count, &err), ST_OK, "%s", err.text);
}

bool write_sum(void *context, const struct cache_sum *sum)
{
    struct sums *sums = context;
    size_t len = strlen(sums->text);

    (void)snprintf(sums->text + len, sizeof sums->text - len, "%d:%s=%" PRId64 "@%d ", (int)sum->kind, sum->name,
                   sum->amount, (int)sum->last_day);
    return ++sums->count != sums->stop_after;
}

void expect_sums(struct cache *cache, const char *subject, int64_t after, const char *expected)
{
    struct sums sums = {.text = ""};

    cr_assert_eq(cache_each_effect(cache, subject, after, write_sum, &sums, NULL), ST_OK);
    cr_expect_str_eq(sums.text, expected, "after %" PRId64 ": %s", after, sums.text);
}

int64_t own_position(void *context, uint64_t epoch, int64_t seq)
{
    (void)context;
    return epoch == OWN_EPOCH ? seq : 0;
}

bool write_usage(void *context, const char *promotion, int64_t uses_now)
{
    struct sums *sums = context;
    size_t len = strlen(sums->text);

    (void)snprintf(sums->text + len, sizeof sums->text - len, "%s=%" PRId64 " ", promotion, uses_now);
    return ++sums->count != sums->stop_after;
}
