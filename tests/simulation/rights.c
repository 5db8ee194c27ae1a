/* SPDX-License-Identifier: Apache-2.0 */
/* Leases and holds that a central put back to a backup has forgotten: it granted them, or filled them up, since. */
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <sqlite3.h>

#include <stdio.h>
#include <string.h>

#define RIGHTS                                                                                                       \
    "SELECT id, granted FROM lease UNION ALL SELECT id, amount FROM hold WHERE state <> 'refused' ORDER BY 1"

static struct {
    char id[40];
    int64_t amount;
} before[FORGOTTEN_MAX];
static int before_count;

/* Read beside the central, which holds the file for itself: it is closed. */
static sqlite3 *open_file(struct sim_world *world)
{
    sqlite3 *db = NULL;

    office_stop(world, true);
    must(sqlite3_open(DISK_FOLDER "9/central.db", &db) == SQLITE_OK, "the central's file");
    (void)sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
    return db;
}

void rights_before(struct sim_world *world)
{
    sqlite3 *db = open_file(world);
    sqlite3_stmt *stmt = NULL;

    before_count = 0;
    must(sqlite3_prepare_v2(db, RIGHTS, -1, &stmt, NULL) == SQLITE_OK, sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        must(before_count < FORGOTTEN_MAX, "fewer rights");
        (void)snprintf(before[before_count].id, sizeof before[0].id, "%s",
                       (const char *)sqlite3_column_text(stmt, 0));
        before[before_count++].amount = sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

bool rights_is_forgotten(const struct sim_world *world, const char *id)
{
    for (int i = 0; i < world->forgotten_count; i++) {
        if (strcmp(world->forgotten[i], id) == 0)
            return true;
    }
    return false;
}

static void forget(struct sim_world *world, const char *id)
{
    if (rights_is_forgotten(world, id))
        return;
    must(world->forgotten_count < FORGOTTEN_MAX, "fewer rights that are forgotten");
    (void)snprintf(world->forgotten[world->forgotten_count++], sizeof world->forgotten[0], "%s", id);
}

void rights_forgotten(struct sim_world *world)
{
    sqlite3 *db = open_file(world);

    for (int i = 0; i < before_count; i++) {
        int64_t amount = check_number(db,
                                      "SELECT COALESCE((SELECT granted FROM lease WHERE id = ?1),"
                                      " (SELECT MAX(amount) FROM hold WHERE id = ?1 AND state <> 'refused'), 0)",
                                      before[i].id, NULL);

        if (amount != before[i].amount)
            forget(world, before[i].id);
    }
    sqlite3_close(db);
    office_open(world);
}
