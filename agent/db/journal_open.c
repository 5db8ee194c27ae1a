/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the journal: what must be true of the file before a sale may rely on it. */
#include "agent/db/journal_internal.h"

#include "agent/base/bytes.h"
#include "agent/base/embedded.h"
#include "agent/base/hex.h"
#include "agent/db/migrate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

extern const struct embedded_file schema_till_journal[];

enum { APPLICATION_ID = 0x4c59444a }; /* "LYDJ" */
/* 64 MiB: 0.05 s of quick_check on the machine it was measured on, six weeks of a busy till that is synced. */
enum { QUICK_CHECK_PAGES_MAX = 64 * 256 };

static enum status prepare_all(struct journal *journal, struct errmsg *err)
{
    struct sqlite *db = &journal->db;
    enum status st = sqlite_prepare(db, "INSERT INTO record (position, type, bytes, hash) VALUES (?1, ?2, ?3, ?4)",
                                    &journal->insert, err);

    if (st == ST_OK)
        st = sqlite_prepare(db, "SELECT hash FROM record WHERE position = ?1", &journal->hash_at, err);
    if (st == ST_OK)
        st = sqlite_prepare(db,
                            "INSERT INTO state (name, value) VALUES (?1, ?2)"
                            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                            &journal->put_state, err);
    if (st == ST_OK)
        st = sqlite_prepare(db, "SELECT value FROM state WHERE name = ?1", &journal->get_state, err);
    if (st == ST_OK)
        st = sqlite_prepare(db, "DELETE FROM state WHERE name = ?1", &journal->delete_state, err);
    return st;
}

/* A file without a name is one whose making broke off, or a new one. */
static enum status name_new(struct journal *journal, const struct journal_options *options, struct errmsg *err)
{
    uint8_t dev[8], epoch[8];
    sqlite3_stmt *statement = NULL;
    enum status st = sqlite_prepare(
        &journal->db, "INSERT INTO epoch (epoch, base, opened_unix_ms) VALUES (?1, 0, ?2)", &statement, err);

    if (st != ST_OK)
        return st;
    bytes_put_u64(dev, options->new_dev);
    bytes_put_u64(epoch, options->new_epoch);
    st = sqlite_begin(&journal->db, err);
    if (st == ST_OK) {
        st = sqlite_run(&journal->db, journal->put_state, VALUES(value_text(JOURNAL_STATE_DEV), value_blob(dev, 8)),
                        err);
        if (st == ST_OK)
            st = sqlite_run(&journal->db, statement, VALUES(value_blob(epoch, 8), value_int(options->now_unix_ms)),
                            err);
        st = sqlite_end(&journal->db, st, err);
    }
    (void)sqlite3_finalize(statement);
    return st;
}

static enum status read_dev(struct journal *journal, struct errmsg *err)
{
    char *value = NULL;
    size_t len = 0;
    enum status st = journal_get_state(journal, JOURNAL_STATE_DEV, &value, &len, err);

    if (st == ST_NOT_FOUND || (st == ST_OK && len != 8)) {
        errmsg_set(err, "%s: the till's own name is missing", journal->db.name);
        st = ST_CORRUPT;
    }
    if (st == ST_OK)
        journal->head.dev = bytes_get_u64((const uint8_t *)value);
    free(value);
    return st;
}

static enum status read_epochs(struct journal *journal, struct errmsg *err)
{
    sqlite3_stmt *statement;
    enum status st = sqlite_prepare(&journal->db, "SELECT epoch, base FROM epoch ORDER BY base", &statement, err);

    journal->epoch_count = 0;
    while (st == ST_OK && (st = sqlite_step(&journal->db, statement, err)) == ST_OK) {
        const uint8_t *epoch = sqlite3_column_blob(statement, 0);

        if (journal->epoch_count == JOURNAL_EPOCHS_MAX || !epoch || sqlite3_column_bytes(statement, 0) != 8) {
            errmsg_set(err, "%s: the table of epochs is wrong", journal->db.name);
            st = ST_CORRUPT;
            break;
        }
        journal->epochs[journal->epoch_count++] =
            (struct journal_epoch){bytes_get_u64(epoch), sqlite3_column_int64(statement, 1)};
    }
    (void)sqlite3_finalize(statement);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Sets head but for its hash and hlc, which the last record tells. */
static enum status read_head(struct journal *journal, struct errmsg *err)
{
    const struct journal_epoch *last = &journal->epochs[journal->epoch_count - 1];
    int64_t first = 0, position = 0;
    enum status st = sqlite_get_int(&journal->db, "SELECT coalesce(max(position), 0) FROM record", &position, err);

    if (st == ST_OK)
        st = sqlite_get_int(&journal->db, "SELECT coalesce(min(position), 0) FROM record", &first, err);
    if (st != ST_OK)
        return st;
    if (first != 0 && first != journal->pruned.position + 1) {
        errmsg_set(err, "%s: the chain is broken: record %" PRId64 " is missing, the first one is %" PRId64,
                   journal->db.name, journal->pruned.position + 1, first);
        return ST_CORRUPT;
    }
    if (position < journal->pruned.position)
        position = journal->pruned.position;
    if (journal->epochs[0].base != 0 || position < last->base) {
        errmsg_set(err,
                   "%s: records are missing: the last one is %" PRId64 ", the present epoch began after %" PRId64,
                   journal->db.name, position, last->base);
        return ST_CORRUPT;
    }
    journal->head.epoch = last->epoch;
    journal->head.position = position;
    journal->head.seq = position - last->base;
    return ST_OK;
}

static enum status load(struct journal *journal, const struct journal_options *options, struct errmsg *err)
{
    enum status st = prepare_all(journal, err);
    int64_t records = 0;

    if (st == ST_OK)
        st = read_epochs(journal, err);
    if (st == ST_OK && journal->epoch_count == 0) {
        st = sqlite_get_int(&journal->db, "SELECT count(*) FROM (SELECT 1 FROM record LIMIT 1)", &records, err);
        if (st == ST_OK && records > 0) {
            errmsg_set(err, "%s: there are records but no epoch", journal->db.name);
            st = ST_CORRUPT;
        }
        if (st == ST_OK)
            st = name_new(journal, options, err);
        if (st == ST_OK)
            st = read_epochs(journal, err);
    }
    if (st == ST_OK)
        st = read_dev(journal, err);
    if (st == ST_OK)
        st = journal_read_pruned(journal, err);
    if (st == ST_OK)
        st = read_head(journal, err);
    if (st == ST_OK)
        st = journal_check_tail(journal, err);
    if (st == ST_OK)
        st = journal_read_told(journal, err);
    return st;
}

/* All of the file, while that takes less than a start may; of a longer one only the small tables: its records are
 * checked by the chain, the last of them now and all of them when the till is idle (journal_check_slice). */
static enum status quick_check(struct sqlite *db, struct errmsg *err)
{
    int64_t pages = 0, version = 0;
    enum status st = sqlite_get_int(db, "PRAGMA page_count", &pages, err);

    if (st == ST_OK)
        st = sqlite_get_int(db, "PRAGMA user_version", &version, err);
    if (st != ST_OK)
        return st;
    if (pages <= QUICK_CHECK_PAGES_MAX || version == 0)
        return sqlite_check(db, NULL, err);
    st = sqlite_check(db, "epoch", err);
    return st == ST_OK ? sqlite_check(db, "state", err) : st;
}

static enum status set_up(struct journal *journal, const struct journal_options *options, struct errmsg *err)
{
    const struct migration_plan plan = {schema_till_journal, APPLICATION_ID, true};
    bool is_new = false;
    enum status st = ST_OK;

    /* Before anything is written into a file that may be damaged. */
    if (strcmp(options->path, ":memory:") != 0)
        st = quick_check(&journal->db, err);
    /* After a sync that failed, what was written reads as if it were there, from the system's memory, and no later
     * sync writes it. So what a process before this one left in the WAL is written once more, into the file, before
     * anybody is told of it. */
    if (st == ST_OK)
        st = sqlite_checkpoint(&journal->db, err);
    if (st == ST_OK)
        st = migrate(&journal->db, &plan, &is_new, err);
    if (st == ST_OK)
        st = load(journal, options, err);
    if (st == ST_OK) {
        st = sqlite_fill_wal(&journal->db, err);
        /* No room for it now: commits cost more until the next start, and take what room there is. */
        if (st == ST_FULL)
            st = ST_OK;
    }
    return st;
}

enum status journal_open(const struct journal_options *options, struct journal **out_journal, struct errmsg *err)
{
    const struct sqlite_options file = {options->path, .durable = true, .application_id = APPLICATION_ID};
    struct journal *journal = calloc(1, sizeof *journal);
    enum status st;

    if (!journal) {
        errmsg_set(err, "%s: out of memory", options->path);
        return ST_NOMEM;
    }
    st = sqlite_open(&file, &journal->db, err);
    if (st == ST_OK)
        st = set_up(journal, options, err);
    if (st == ST_OK) {
        *out_journal = journal;
        return ST_OK;
    }
    if (st == ST_CORRUPT)
        errmsg_wrap(
            err,
            "the journal cannot be trusted (keep %s and its -wal as they are; loyalctl salvage saves what is intact)",
            options->path);
    sqlite_abandon(&journal->db);
    free(journal);
    return st;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    journal_checkpoint(journal);
    if (journal->failed)
        sqlite_abandon(&journal->db); /* closing would move the WAL, and ask for an fsync once more */
    else
        sqlite_close(&journal->db);
    free(journal);
}
