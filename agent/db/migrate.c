/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/migrate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t newest_version(const struct embedded_file *files)
{
    int64_t count = 0;

    for (; files[count].name; count++)
        assert(strtol(files[count].name, NULL, 10) == count + 1);
    return count;
}

/* Numbers only, so it may be put together as text: a pragma takes no parameters. */
static enum status set_numbers(struct sqlite *db, uint32_t application_id, int64_t version, struct errmsg *err)
{
    char sql[128];

    (void)snprintf(sql, sizeof sql, "PRAGMA application_id=%" PRId32 "; PRAGMA user_version=%" PRId64,
                   (int32_t)application_id, version);
    return sqlite_exec(db, sql, err);
}

static enum status run_one(struct sqlite *db, const struct migration_plan *plan, int64_t version, struct errmsg *err)
{
    const struct embedded_file *file = &plan->files[version - 1];
    enum status st = sqlite_begin(db, err);

    if (st == ST_OK) {
        st = sqlite_exec(db, file->text, err);
        if (st == ST_OK)
            st = set_numbers(db, plan->application_id, version, err);
        st = sqlite_end(db, st, err);
    }
    if (st != ST_OK)
        errmsg_wrap(err, "%s: migration %s", db->name, file->name);
    return st;
}

static enum status back_up(struct sqlite *db, int64_t version, struct errmsg *err)
{
    char path[SQLITE_PATH_MAX + 32];

    (void)snprintf(path, sizeof path, "%s.v%" PRId64 ".bak", db->path, version);
    return sqlite_backup(db, path, err);
}

enum status migrate(struct sqlite *db, const struct migration_plan *plan, bool *out_new, struct errmsg *err)
{
    int64_t newest = newest_version(plan->files), version = 0;
    enum status st = sqlite_get_int(db, "PRAGMA user_version", &version, err);

    if (st != ST_OK)
        return st;
    if (version < 0 || version > newest) {
        errmsg_set(err,
                   "%s was written by a newer version (schema %" PRId64 ", this program knows %" PRId64
                   "): install that version again, or restore %s.v%" PRId64 ".bak",
                   db->name, version, newest, db->name, newest);
        return ST_UNSUPPORTED;
    }
    if (out_new)
        *out_new = version == 0;
    if (plan->backup && version > 0 && version < newest)
        st = back_up(db, version, err);
    for (int64_t next = version + 1; st == ST_OK && next <= newest; next++)
        st = run_one(db, plan, next, err);
    return st;
}
