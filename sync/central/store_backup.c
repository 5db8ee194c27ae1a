/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "agent/base/file.h"
#include "sync/central/store_engine.h"

enum {
    PATH_BYTES_MAX = 4096,
    STEP_PAGES = 2048 /* 8 MiB: some hundredths of a second between two requests of tills */
};

struct store_backup {
    sqlite3 *to;
    sqlite3_backup *pages;
    char path[PATH_BYTES_MAX], part[PATH_BYTES_MAX + 8];
};

static enum status fault(const struct store_backup *backup, int rc, struct errmsg *err)
{
    enum status st = store_sqlite_status(rc);

    errmsg_set(err, "the copy to %s: %s", backup->part, backup->to ? sqlite3_errmsg(backup->to) : "no memory");
    return st == ST_OK ? ST_INTERNAL : st;
}

static enum status check_path(const char *path, struct errmsg *err)
{
    if (path[0] != '/' || strlen(path) >= PATH_BYTES_MAX) {
        errmsg_set(err, "%.100s: a backup wants the whole path of a file", path);
        return ST_INVALID;
    }
    if (access(path, F_OK) == 0) {
        errmsg_set(err, "%s is there already: a backup overwrites nothing", path);
        return ST_CONFLICT;
    }
    return ST_OK;
}

enum status store_backup_begin(struct store *store, const char *path, struct store_backup **out_backup,
                               struct errmsg *err)
{
    sqlite3 *from = store_sqlite_handle(store);
    struct store_backup *backup;
    enum status st = check_path(path, err);
    int rc;

    if (!from) {
        errmsg_set(err, "the database is a PostgreSQL: back it up by pg_dump --format=custom --file=FILE URL, "
                        "or by your server's own way");
        return ST_UNSUPPORTED;
    }
    backup = st == ST_OK ? calloc(1, sizeof(*backup)) : NULL;
    if (!backup)
        return st == ST_OK ? ST_NOMEM : st;
    (void)snprintf(backup->path, sizeof(backup->path), "%s", path);
    (void)snprintf(backup->part, sizeof(backup->part), "%s.part", path);
    (void)unlink(backup->part); /* of one that was cut short */
    rc = sqlite3_open_v2(backup->part, &backup->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                         NULL);
    if (rc == SQLITE_OK) {
        backup->pages = sqlite3_backup_init(backup->to, "main", from, "main");
        rc = backup->pages ? SQLITE_OK : sqlite3_errcode(backup->to);
    }
    if (rc != SQLITE_OK) {
        st = fault(backup, rc, err);
        store_backup_end(backup);
        return st;
    }
    *out_backup = backup;
    return ST_OK;
}

/* All pages are there: from now on it is a file of its own. */
static enum status finish(struct store_backup *backup, struct errmsg *err)
{
    int rc = sqlite3_backup_finish(backup->pages);

    backup->pages = NULL;
    if (rc == SQLITE_OK)
        rc = sqlite3_close(backup->to);
    if (rc != SQLITE_OK)
        return fault(backup, rc, err);
    backup->to = NULL;
    if (rename(backup->part, backup->path) != 0) {
        errmsg_set(err, "cannot rename %s: %m", backup->part);
        return ST_IO;
    }
    return file_sync_folder(backup->path, err);
}

enum status store_backup_step(struct store_backup *backup, int64_t *out_done, int64_t *out_all, struct errmsg *err)
{
    int rc = sqlite3_backup_step(backup->pages, STEP_PAGES);

    if (rc != SQLITE_OK && rc != SQLITE_DONE)
        return fault(backup, rc, err);
    *out_all = sqlite3_backup_pagecount(backup->pages);
    *out_done = *out_all - sqlite3_backup_remaining(backup->pages);
    return rc == SQLITE_DONE ? finish(backup, err) : ST_OK;
}

void store_backup_end(struct store_backup *backup)
{
    if (!backup)
        return;
    (void)sqlite3_backup_finish(backup->pages);
    if (backup->to) {
        (void)sqlite3_close(backup->to);
        (void)unlink(backup->part);
    }
    free(backup);
}
