/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrate - brings a database file to the schema this program knows: numbered scripts, each in one transaction
 * together with the number it leads to (user_version), so that a power cut leaves a file of the old or of the new
 * schema.
 *
 * An existing file is copied to "<path>.v<old>.bak" first. A file of a newer schema is refused: ST_UNSUPPORTED.
 */
#ifndef LOYALD_DB_MIGRATE_H
#define LOYALD_DB_MIGRATE_H

#include "agent/base/embedded.h"
#include "agent/db/sqlite.h"

struct migration_plan {
    const struct embedded_file
        *files; /* borrowed: "0001_first.sql" leads to version 1, and so on; ends with a NULL name */
    uint32_t application_id;
    bool backup; /* no for what can be fetched again */
};

/* *out_new (may be NULL) says that the file had no schema before. */
enum status migrate(struct sqlite *db, const struct migration_plan *plan, bool *out_new, struct errmsg *err);

#endif
