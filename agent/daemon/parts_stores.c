/* SPDX-License-Identifier: Apache-2.0 */
/* What is on disk: the state directory, locked, and its three databases. */
#include "agent/daemon/parts_internal.h"

#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/hex.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CACHE_JOURNAL "journal" /* in the cache's state: the dev of the journal it reads */

void parts_path(const char *dir, const char *name, char out_path[PATH_MAX_BYTES])
{
    (void)snprintf(out_path, PATH_MAX_BYTES, "%s/%s", dir, name);
}

const char *parts_socket_path(const struct parts *parts, const char *set, const char *name,
                              char out_path[PATH_MAX_BYTES])
{
    if (set[0] != '\0')
        return set;
    parts_path(parts->runtime_dir, name, out_path);
    return out_path;
}

enum status parts_start_folders(struct parts *parts, struct errmsg *err)
{
    enum status st = file_mkdir(parts->state_dir, 0750, err);

    if (st == ST_OK)
        st = file_mkdir(parts->runtime_dir, 0755, err);
    if (st == ST_OK)
        st = file_lock_dir(parts->state_dir, "loyald", &parts->lock_fd, err);
    if (st == ST_OK)
        ballast_init(&parts->ballast, parts->state_dir, BALLAST_BYTES);
    return st;
}

/* A cache that read another journal, or more than this one holds (a journal restored from a backup), says nothing
 * true. */
static bool cache_is_of_journal(const struct parts *parts)
{
    struct journal_head head;
    char dev[17], known[32] = "";

    journal_head(parts->journal, &head);
    hex_from_u64(head.dev, dev);
    if (cache_get_state(parts->cache, CACHE_JOURNAL, known, sizeof known, NULL) != ST_OK || known[0] == '\0')
        return cache_projected(parts->cache) == 0 && cache_put_state(parts->cache, CACHE_JOURNAL, dev, NULL) == ST_OK;
    return strcmp(known, dev) == 0 && cache_projected(parts->cache) <= head.position;
}

static enum status start_cache(struct parts *parts, int64_t now_unix_ms, struct errmsg *err)
{
    char path[PATH_MAX_BYTES], aside[PATH_MAX_BYTES + 32];
    bool rebuilt = false;
    enum status st;

    parts_path(parts->state_dir, "cache.db", path);
    st = cache_open(path, now_unix_ms, &parts->cache, &rebuilt, err);
    if (st == ST_OK && !cache_is_of_journal(parts)) {
        log_warn("daemon-04", "cache.db is of another journal and put aside: members come again from the central");
        cache_close(parts->cache);
        parts->cache = NULL;
        (void)snprintf(aside, sizeof aside, "%s.foreign", path);
        if (rename(path, aside) != 0) {
            errmsg_set(err, "%s: cannot be put aside: %s", path, strerror(errno));
            return ST_IO;
        }
        st = cache_open(path, now_unix_ms, &parts->cache, &rebuilt, err);
        if (st == ST_OK)
            (void)cache_is_of_journal(parts); /* writes down whose it is */
    } else if (st == ST_OK && rebuilt) {
        log_info("daemon-05", "cache.db is new: members come from the central");
    }
    return st;
}

enum status parts_start_databases(struct parts *parts, struct errmsg *err)
{
    struct journal_options wanted = {.now_unix_ms = clock_wall_ms(clock_system())};
    char path[PATH_MAX_BYTES];
    bool rebuilt = false;
    enum status st;

    crypto_random(&wanted.new_dev, sizeof wanted.new_dev);
    crypto_random(&wanted.new_epoch, sizeof wanted.new_epoch);
    parts_path(parts->state_dir, "journal.db", path);
    wanted.path = path;
    st = journal_open(&wanted, &parts->journal, err);
    if (st != ST_OK)
        return st;
    parts_path(parts->state_dir, "rules.db", path);
    st = rules_open(path, wanted.now_unix_ms, &parts->rules, &rebuilt, err);
    if (st != ST_OK)
        return st;
    if (rebuilt)
        log_warn("daemon-06", "rules.db was damaged and put aside: rules come again from the central");
    return start_cache(parts, wanted.now_unix_ms, err);
}
