/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the central's updates, put into a till's cache one by one: each is taken or left out, none holds back those
 * behind it, and the cache can be read afterwards. */
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/base/strbuf.h"
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

/* Members are not looked at before their turn: only where they are no JSON may a row end the answer. */
static void put_rows(struct rows *rows, const char *text, size_t len, struct cache *cache)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *tree = NULL;
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && rows_left(rows); i++) {
        must(i < INPUT_BYTES_MAX);
        st = rows_put_one(rows, cache, &err);
    }
    must(st == ST_OK || (st == ST_CORRUPT && json_parse(text, len, INPUT_BYTES_MAX, &tree, NULL) != ST_OK));
    json_free(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cache *cache;   /* one for the whole run: rows of inputs before are there */
    static struct json_pool pool; /* and of their memory */
    static struct rows rows;
    struct strbuf text = STRBUF_INIT(INPUT_BYTES_MAX);
    struct json_left_out apart = {0};
    const struct cJSON *tree = NULL;
    char cursor[64];

    if (!cache)
        cache = open_cache();
    strbuf_add(&text, data, size);
    if (size > 0 && strbuf_status(&text) == ST_OK &&
        json_pool_parse_without(&pool, text.data, size, INPUT_BYTES_MAX, ROWS_APART, &tree, &apart, NULL) == ST_OK) {
        rows_of(tree, text.data, text.len, &apart, &rows);
        must(cache_begin(cache, NULL) == ST_OK);
        put_rows(&rows, text.data, text.len, cache);
        must(cache_commit(cache, NULL) == ST_OK);
        (void)cache_get_state(cache, "cursor", cursor, sizeof cursor, NULL);
    }
    strbuf_free(&text);
    return 0;
}
