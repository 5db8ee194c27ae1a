/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/rules.h"

#include "agent/base/embedded.h"
#include "agent/db/aside.h"
#include "agent/db/migrate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

extern const struct embedded_file schema_till_rules[];

enum { APPLICATION_ID = 0x4c594452 }; /* "LYDR" */

struct rules {
    struct sqlite db;
};

static const char *const state_names[] = {[RULES_FETCHING] = "fetching",
                                          [RULES_STAGED] = "staged",
                                          [RULES_ACTIVE] = "active",
                                          [RULES_PREVIOUS] = "previous"};

static enum status open_once(const char *path, struct rules *rules, struct errmsg *err)
{
    const struct sqlite_options file = {path, .durable = true, .application_id = APPLICATION_ID};
    const struct migration_plan plan = {schema_till_rules, APPLICATION_ID, true};
    enum status st = sqlite_open(&file, &rules->db, err);

    if (st != ST_OK)
        return st;
    if (strcmp(path, ":memory:") != 0)
        st = sqlite_check(&rules->db, NULL, err);
    if (st == ST_OK)
        st = sqlite_checkpoint(&rules->db, err); /* for the reason journal_open has */
    if (st == ST_OK)
        st = migrate(&rules->db, &plan, NULL, err);
    if (st != ST_OK)
        sqlite_abandon(&rules->db);
    return st;
}

enum status rules_open(const char *path, int64_t now_unix_ms, struct rules **out_rules, bool *out_rebuilt,
                       struct errmsg *err)
{
    struct rules *rules = calloc(1, sizeof *rules);
    bool rebuilt = false;
    enum status st;

    if (!rules) {
        errmsg_set(err, "%s: out of memory", path);
        return ST_NOMEM;
    }
    st = open_once(path, rules, err);
    if (st == ST_CORRUPT) {
        rebuilt = true;
        st = aside_rename(path, now_unix_ms, err);
        if (st == ST_OK)
            st = open_once(path, rules, err);
    }
    if (st != ST_OK) {
        free(rules);
        return st;
    }
    *out_rules = rules;
    *out_rebuilt = rebuilt;
    return ST_OK;
}

void rules_close(struct rules *rules)
{
    if (!rules)
        return;
    sqlite_close(&rules->db);
    free(rules);
}

/* Runs one statement that is needed seldom: bundles come a few times a day. */
static enum status run(struct rules *rules, const char *sql, const struct sqlite_value *values, int count,
                       struct errmsg *err)
{
    sqlite3_stmt *statement;
    enum status st = sqlite_prepare(&rules->db, sql, &statement, err);

    if (st == ST_OK) {
        st = sqlite_run(&rules->db, statement, values, count, err);
        (void)sqlite3_finalize(statement);
    }
    return st;
}

/* Keeps the WAL short between the pieces of a large bundle. */
static void keep_wal_short(struct rules *rules)
{
    if (rules->db.wal_frames >= SQLITE_WAL_FRAMES_MAX)
        (void)sqlite_checkpoint(&rules->db,
                                NULL); /* the next one tries again; the commit that was asked for is done */
}

/* Finds by state or by hash, whichever the condition asks for. */
static enum status find(struct rules *rules, const char *sql, struct sqlite_value key, enum rules_state *out_state,
                        struct rules_entry *out_entry, struct errmsg *err)
{
    struct rules_entry entry = {0};
    const char *state;
    sqlite3_stmt *statement;
    enum status st = sqlite_prepare(&rules->db, sql, &statement, err);

    if (st != ST_OK)
        return st;
    st = sqlite_query(&rules->db, statement, VALUES(key), err);
    state = st == ST_OK ? (const char *)sqlite3_column_text(statement, 4) : NULL;
    if (st == ST_OK && (!state || sqlite3_column_bytes(statement, 0) != SHA256_BYTES)) {
        errmsg_set(err, "%s: a bundle's row is wrong", rules->db.name);
        st = ST_CORRUPT;
    }
    if (st == ST_OK) {
        memcpy(entry.sha256, sqlite3_column_blob(statement, 0), SHA256_BYTES);
        entry.version = sqlite3_column_int64(statement, 1);
        entry.total_bytes = sqlite3_column_int64(statement, 2);
        entry.have_bytes = sqlite3_column_int64(statement, 3);
        for (int i = RULES_FETCHING; out_state && i <= RULES_PREVIOUS; i++)
            if (strcmp(state, state_names[i]) == 0)
                *out_state = (enum rules_state)i;
        *out_entry = entry;
    }
    (void)sqlite3_finalize(statement);
    return st;
}

/* length() of a blob reads its row's beginning only, so this does not read the bundle. */
#define SELECT_ENTRY                                                                                                 \
    "SELECT sha256, version, total_bytes, coalesce((SELECT offset + length(bytes) FROM piece"                        \
    " WHERE piece.sha256 = bundle.sha256 ORDER BY offset DESC LIMIT 1), 0), state FROM bundle "

enum status rules_find(struct rules *rules, enum rules_state state, struct rules_entry *out_entry, struct errmsg *err)
{
    enum status st =
        find(rules, SELECT_ENTRY "WHERE state = ?1", value_text(state_names[state]), NULL, out_entry, err);

    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: no bundle is %s", rules->db.name, state_names[state]);
    return st;
}

static enum status check_entry(const struct rules_entry *entry, struct errmsg *err)
{
    if (entry->total_bytes < 1 || entry->total_bytes > RULES_BUNDLE_BYTES_MAX) {
        errmsg_set(err, "a bundle of %" PRId64 " bytes is out of bounds (1 to %d)", entry->total_bytes,
                   RULES_BUNDLE_BYTES_MAX);
        return ST_RANGE;
    }
    if (strlen(entry->manifest) > RULES_MANIFEST_BYTES_MAX || strlen(entry->signatures) > RULES_MANIFEST_BYTES_MAX) {
        errmsg_set(err, "the manifest of bundle %" PRId64 " or its signatures are longer than %d bytes",
                   entry->version, RULES_MANIFEST_BYTES_MAX);
        return ST_RANGE;
    }
    return ST_OK;
}

/* Inside the transaction: makes room for entry's row unless the same file is being fetched already (*out_resumes). */
static enum status make_room(struct rules *rules, const struct rules_entry *entry, bool *out_resumes,
                             struct errmsg *err)
{
    struct rules_entry old;
    enum rules_state state = RULES_FETCHING;
    enum status st =
        find(rules, SELECT_ENTRY "WHERE sha256 = ?1", value_blob(entry->sha256, SHA256_BYTES), &state, &old, err);

    *out_resumes = false;
    if (st == ST_OK && state == RULES_ACTIVE) {
        errmsg_set(err, "%s: this bundle is active already", rules->db.name);
        return ST_CONFLICT;
    }
    /* Staged: complete, and the power went before it was active. It goes the rest of the way again. */
    if (st == ST_OK && state == RULES_STAGED)
        st = run(rules, "DELETE FROM bundle WHERE state = 'fetching' AND sha256 <> ?1",
                 VALUES(value_blob(entry->sha256, SHA256_BYTES)), err);
    if (st == ST_OK && (state == RULES_FETCHING || state == RULES_STAGED) && old.total_bytes == entry->total_bytes) {
        *out_resumes = true;
        return run(
            rules,
            "UPDATE bundle SET state = 'fetching', version = ?2, manifest = ?3, signatures = ?4 WHERE sha256 = ?1",
            VALUES(value_blob(entry->sha256, SHA256_BYTES), value_int(entry->version), value_text(entry->manifest),
                   value_text(entry->signatures)),
            err);
    }
    if (st != ST_OK && st != ST_NOT_FOUND)
        return st;
    return run(rules, "DELETE FROM bundle WHERE state = 'fetching' OR sha256 = ?1",
               VALUES(value_blob(entry->sha256, SHA256_BYTES)), err);
}

enum status rules_begin(struct rules *rules, const struct rules_entry *entry, int64_t now_unix_ms, struct errmsg *err)
{
    bool resumes = false;
    enum status st = check_entry(entry, err);

    if (st == ST_OK)
        st = sqlite_begin(&rules->db, err);
    if (st != ST_OK)
        return st;
    st = make_room(rules, entry, &resumes, err);
    if (st == ST_OK && !resumes)
        st = run(rules,
                 "INSERT INTO bundle (sha256, version, state, manifest, signatures, total_bytes, changed_unix_ms)"
                 " VALUES (?1, ?2, 'fetching', ?3, ?4, ?5, ?6)",
                 VALUES(value_blob(entry->sha256, SHA256_BYTES), value_int(entry->version),
                        value_text(entry->manifest), value_text(entry->signatures), value_int(entry->total_bytes),
                        value_int(now_unix_ms)),
                 err);
    return sqlite_end(&rules->db, st, err);
}

enum status rules_add_piece(struct rules *rules, int64_t offset, const void *bytes, size_t len, struct errmsg *err)
{
    struct rules_entry entry;
    enum status st = rules_find(rules, RULES_FETCHING, &entry, err);

    if (st != ST_OK)
        return st;
    if (offset != entry.have_bytes) {
        errmsg_set(err, "a piece at %" PRId64 " does not continue the bundle, of which %" PRId64 " bytes are here",
                   offset, entry.have_bytes);
        return ST_CONFLICT;
    }
    if (len == 0 || len > RULES_PIECE_BYTES_MAX || (int64_t)len > entry.total_bytes - offset) {
        errmsg_set(err, "a piece of %zu bytes at %" PRId64 " does not fit a bundle of %" PRId64, len, offset,
                   entry.total_bytes);
        return ST_RANGE;
    }
    st = run(rules, "INSERT INTO piece (sha256, offset, bytes) VALUES (?1, ?2, ?3)",
             VALUES(value_blob(entry.sha256, SHA256_BYTES), value_int(offset), value_blob(bytes, len)), err);
    if (st == ST_OK)
        keep_wal_short(rules);
    return st;
}

/* Fills bytes, which hold total_bytes. */
static enum status collect(struct rules *rules, const struct rules_entry *entry, char *bytes, struct errmsg *err)
{
    sqlite3_stmt *statement;
    int64_t at = 0;
    enum status st = sqlite_prepare(&rules->db, "SELECT offset, bytes FROM piece WHERE sha256 = ?1 ORDER BY offset",
                                    &statement, err);

    if (st != ST_OK)
        return st;
    st = sqlite_bind(&rules->db, statement, VALUES(value_blob(entry->sha256, SHA256_BYTES)), err);
    while (st == ST_OK && (st = sqlite_step(&rules->db, statement, err)) == ST_OK) {
        int64_t len = sqlite3_column_bytes(statement, 1);

        if (sqlite3_column_int64(statement, 0) != at || len == 0 || len > entry->total_bytes - at)
            break;
        memcpy(bytes + at, sqlite3_column_blob(statement, 1), (size_t)len);
        at += len;
    }
    (void)sqlite3_finalize(statement);
    if (st != ST_OK && st != ST_NOT_FOUND)
        return st;
    if (at == entry->total_bytes)
        return ST_OK;
    errmsg_set(err, "%s: of the bundle's %" PRId64 " bytes only the first %" PRId64 " are here", rules->db.name,
               entry->total_bytes, at);
    return ST_CORRUPT;
}

enum status rules_read(struct rules *rules, enum rules_state state, char **out_bytes, size_t *out_len,
                       struct errmsg *err)
{
    struct rules_entry entry;
    uint8_t digest[SHA256_BYTES];
    char *bytes;
    enum status st = rules_find(rules, state, &entry, err);

    if (st != ST_OK)
        return st;
    if (entry.total_bytes < 1 || entry.total_bytes > RULES_BUNDLE_BYTES_MAX) {
        errmsg_set(err, "%s: a bundle's length is wrong", rules->db.name);
        return ST_CORRUPT;
    }
    bytes = malloc((size_t)entry.total_bytes + 1);
    if (!bytes) {
        errmsg_set(err, "%s: no memory for a bundle of %" PRId64 " bytes", rules->db.name, entry.total_bytes);
        return ST_NOMEM;
    }
    st = collect(rules, &entry, bytes, err);
    if (st == ST_OK) {
        sha256_of(bytes, (size_t)entry.total_bytes, digest);
        if (memcmp(digest, entry.sha256, SHA256_BYTES) != 0) {
            errmsg_set(err, "%s: the %s bundle's bytes do not have its hash", rules->db.name, state_names[state]);
            st = ST_CORRUPT;
        }
    }
    if (st != ST_OK) {
        free(bytes);
        return st;
    }
    bytes[entry.total_bytes] = '\0';
    *out_bytes = bytes;
    *out_len = (size_t)entry.total_bytes;
    return ST_OK;
}

enum status rules_stage(struct rules *rules, struct errmsg *err)
{
    struct rules_entry entry;
    char *bytes = NULL;
    size_t len = 0;
    enum status st = rules_find(rules, RULES_FETCHING, &entry, err);

    if (st != ST_OK)
        return st;
    if (entry.have_bytes < entry.total_bytes) {
        errmsg_set(err, "%s: %" PRId64 " of the bundle's %" PRId64 " bytes are still to come", rules->db.name,
                   entry.total_bytes - entry.have_bytes, entry.total_bytes);
        return ST_CONFLICT;
    }
    st = rules_read(rules, RULES_FETCHING, &bytes, &len, err);
    free(bytes);
    if (st == ST_OK)
        st = sqlite_begin(&rules->db, err);
    if (st != ST_OK)
        return st;
    st = sqlite_exec(&rules->db,
                     "DELETE FROM bundle WHERE state = 'staged';"
                     "UPDATE bundle SET state = 'staged' WHERE state = 'fetching'",
                     err);
    return sqlite_end(&rules->db, st, err);
}

enum status rules_activate(struct rules *rules, struct errmsg *err)
{
    struct rules_entry entry;
    enum status st = rules_find(rules, RULES_STAGED, &entry, err);

    if (st == ST_OK)
        st = sqlite_begin(&rules->db, err);
    if (st != ST_OK)
        return st;
    st = sqlite_exec(&rules->db,
                     "DELETE FROM bundle WHERE state = 'previous';"
                     "UPDATE bundle SET state = 'previous' WHERE state = 'active';"
                     "UPDATE bundle SET state = 'active' WHERE state = 'staged'",
                     err);
    st = sqlite_end(&rules->db, st, err);
    if (st == ST_OK)
        keep_wal_short(rules);
    return st;
}

enum status rules_go_back(struct rules *rules, struct errmsg *err)
{
    struct rules_entry entry;
    enum status st = rules_find(rules, RULES_PREVIOUS, &entry, err);

    if (st == ST_OK)
        st = sqlite_begin(&rules->db, err);
    if (st != ST_OK)
        return st;
    st = sqlite_exec(&rules->db,
                     "DELETE FROM bundle WHERE state = 'active';"
                     "UPDATE bundle SET state = 'active' WHERE state = 'previous'",
                     err);
    st = sqlite_end(&rules->db, st, err);
    if (st == ST_OK)
        keep_wal_short(rules);
    return st;
}

enum status rules_drop(struct rules *rules, struct errmsg *err)
{
    enum status st = sqlite_exec(&rules->db, "DELETE FROM bundle WHERE state IN ('fetching', 'staged')", err);

    if (st == ST_OK)
        keep_wal_short(rules);
    return st;
}

enum status rules_forget(struct rules *rules, enum rules_state state, struct errmsg *err)
{
    return run(rules, "DELETE FROM bundle WHERE state = ?1", VALUES(value_text(state_names[state])), err);
}
