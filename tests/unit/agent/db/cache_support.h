/* SPDX-License-Identifier: Apache-2.0 */
/* cache_support - what the tests of the cache put into it and find in it. */
#ifndef LOYALD_TEST_DB_CACHE_SUPPORT_H
#define LOYALD_TEST_DB_CACHE_SUPPORT_H

#include "agent/db/cache.h"

enum { OWN_EPOCH = 7 };

/* Asserts that it opens; out_rebuilt may be NULL. */
struct cache *open_cache(const char *path, bool *out_rebuilt);
/* The hash of identifier n. */
const uint8_t *hash_of(int n);
void put_member(struct cache *cache, const char *id, const char *profile, const int *identifiers, size_t count,
                int64_t seq);
/* The id of whom the identifier finds, "" for nobody; a view until the next call. */
const char *found_id(struct cache *cache, int identifier);
/* Projects a record at that position, a sale S<position>. */
void project(struct cache *cache, int64_t position, const struct cache_effect *effects, size_t count);
/* Sums as text, "kind:name=amount@day " each; write_sum visits, and stops after so many (0: never). */
struct sums {
    char text[1024];
    int count, stop_after;
};

bool write_sum(void *context, const struct cache_sum *sum);
void expect_sums(struct cache *cache, const char *subject, int64_t after, const char *expected);
/* For cache_each_usage: our own record's position, and the uses as text into a struct sums. */
int64_t own_position(void *context, uint64_t epoch, int64_t seq);
bool write_usage(void *context, const char *promotion, int64_t uses_now);

#endif
