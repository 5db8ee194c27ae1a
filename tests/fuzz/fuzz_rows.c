/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the central's updates, put into a till's cache one by one: each is taken or left out, none holds back those
 * behind it, and the cache can be read afterwards. */
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/link/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 64 * 1024, NOW_MS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void must(int holds)
{
    if (!holds)
        abort();
}

static void remove_files(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char name[80];

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static struct cache *open_cache(void)
{
    struct cache *cache = NULL;
    bool rebuilt;

    log_set_level(LOG_LEVEL_ERROR);
    (void)snprintf(path, sizeof path, "%s/loyald-fuzz-%ld.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
                   (long)getpid());
    remove_files();
    must(atexit(remove_files) == 0);
    must(cache_open(path, NOW_MS, &cache, &rebuilt, NULL) == ST_OK);
    return cache;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cache *cache; /* one for the whole run: rows of inputs before are there */
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *tree = NULL;
    struct rows rows;
    char cursor[64];

    if (!cache)
        cache = open_cache();
    if (size > INPUT_BYTES_MAX || json_parse((const char *)data, size, INPUT_BYTES_MAX, &tree, NULL) != ST_OK)
        return 0;
    rows_of(tree, &rows);
    must(cache_begin(cache, &err) == ST_OK);
    for (size_t i = 0; rows_left(&rows); i++) {
        must(i < INPUT_BYTES_MAX);
        must(rows_put_one(&rows, cache, &err) == ST_OK);
    }
    must(cache_commit(cache, &err) == ST_OK);
    (void)cache_get_state(cache, "cursor", cursor, sizeof cursor, NULL);
    json_free(tree);
    return 0;
}
