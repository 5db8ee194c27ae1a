/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of the records that were saved: the report, the new journal, the export. */
#include "agent/db/salvage_internal.h"

#include "agent/base/bytes.h"
#include "agent/base/file.h"
#include "agent/db/journal_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { APPLICATION_ID = 0x4c59444a, PATH_BYTES = 4200, ROWS_A_COMMIT = 500 };

struct making {
    const struct salvage_options *options;
    struct salvage *salvage;
    const struct salvage_record *records;
    size_t count, kept; /* kept: index of the first record of the new journal */
    struct salvage_report *report;
    char *bytes; /* owned: of one record */
};

/* ---- what is missing ---- */

static void add_gap(struct salvage_report *report, uint64_t epoch, int64_t from, int64_t to)
{
    if (from > to)
        return;
    report->records_missing += to - from + 1;
    if (report->gap_count < SALVAGE_GAPS_MAX)
        report->gaps[report->gap_count++] = (struct salvage_gap){epoch, from, to};
}

/* Between two neighbours: the end of one epoch is known only when the next begins right after it. */
static void compare_neighbours(struct making *m, const struct salvage_record *before, const struct salvage_record *at)
{
    struct salvage_report *report = m->report;

    if (at->epoch == before->epoch)
        add_gap(report, at->epoch, before->seq + 1, at->seq - 1);
    else {
        add_gap(report, before->epoch, before->seq + 1, before->seq + at->position - at->seq - before->position);
        add_gap(report, at->epoch, 1, at->seq - 1);
    }
    if (at->position == before->position + 1 && at->epoch == before->epoch && report->broken_at == 0 &&
        memcmp(at->prev, before->hash, SHA256_BYTES) != 0)
        report->broken_at = at->position;
}

/* One that follows the record before without a gap. */
static bool follows(const struct salvage_record *before, const struct salvage_record *at)
{
    if (at->position != before->position + 1 || at->hlc <= before->hlc)
        return false;
    return at->epoch == before->epoch ? memcmp(at->prev, before->hash, SHA256_BYTES) == 0 : at->seq == 1;
}

static int64_t state_position(const struct salvage *salvage, const char *name)
{
    const struct salvage_state *state = salvage_find_state(salvage, name);
    uint64_t position = state && state->len >= 8 ? bytes_get_u64(state->value) : 0;

    return position <= INT64_MAX ? (int64_t)position : 0;
}

/* Records that the journal itself had removed may still lie on pages it does not use. */
static void leave_out_pruned(struct making *m)
{
    int64_t pruned = state_position(m->salvage, JOURNAL_STATE_PRUNED);

    while (m->count > 0 && m->records[0].position <= pruned) {
        m->records++;
        m->count--;
    }
    if (m->count > 0 && m->records[0].position > pruned + 1) {
        const struct salvage_record *first = &m->records[0];
        int64_t missing = first->position - pruned - 1;

        add_gap(m->report, first->epoch, missing < first->seq ? first->seq - missing : 1, first->seq - 1);
    }
}

static void look_over(struct making *m)
{
    struct salvage_report *report = m->report;

    report->pages = salvage_page_count(m->salvage);
    report->frames = salvage_frame_count(m->salvage);
    report->acked = state_position(m->salvage, JOURNAL_STATE_ACKED);
    report->dev_lost = salvage_dev(m->salvage) == 0;
    leave_out_pruned(m);
    report->records = (int64_t)m->count;
    if (m->count == 0)
        return;
    report->first_position = m->records[0].position;
    report->last_position = m->records[m->count - 1].position;
    for (size_t i = 0; i < m->count; i++) {
        report->unsynced += m->records[i].position > report->acked;
        if (i > 0)
            compare_neighbours(m, &m->records[i - 1], &m->records[i]);
        if (i > 0 && !follows(&m->records[i - 1], &m->records[i]))
            m->kept = i;
    }
    report->kept_from = m->records[m->kept].position;
}

/* ---- the export ---- */

static enum status write_failed(const char *path, struct errmsg *err)
{
    errmsg_set(err, "%s: %s", path, strerror(errno));
    return errno == ENOSPC || errno == EDQUOT ? ST_FULL : ST_IO;
}

static enum status export_unsynced(struct making *m, struct errmsg *err)
{
    char path[PATH_BYTES], type[JOURNAL_TYPE_MAX + 1];
    enum status st = ST_OK;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/unsynced.jsonl", m->options->out_folder);
    file = fopen(path, "wxe");
    if (!file)
        return write_failed(path, err);
    for (size_t i = 0; st == ST_OK && i < m->count; i++) {
        const struct salvage_record *record = &m->records[i];

        if (record->position <= m->report->acked)
            continue;
        st = salvage_read(m->salvage, record, type, m->bytes, NULL, NULL, err);
        if (st == ST_OK && (fwrite(m->bytes, record->len, 1, file) != 1 || putc('\n', file) == EOF))
            st = write_failed(path, err);
    }
    if (st == ST_OK && (fflush(file) != 0 || fsync(fileno(file)) != 0))
        st = write_failed(path, err);
    if (fclose(file) != 0 && st == ST_OK)
        st = write_failed(path, err);
    return st;
}

/* ---- the new journal ---- */

static enum status put_epoch(struct sqlite *db, sqlite3_stmt *insert, uint64_t epoch, int64_t base,
                             int64_t now_unix_ms, struct errmsg *err)
{
    uint8_t bytes[8];

    bytes_put_u64(bytes, epoch);
    return sqlite_run(db, insert, VALUES(value_blob(bytes, 8), value_int(base), value_int(now_unix_ms)), err);
}

/* The epochs of the saved records, one before them when theirs began later, and the new one. */
static enum status put_epochs(struct making *m, struct sqlite *db, struct errmsg *err)
{
    int64_t now = m->options->now_unix_ms, last_base = -1;
    sqlite3_stmt *insert = NULL;
    enum status st = sqlite_exec(db, "DELETE FROM epoch", err);

    if (st == ST_OK)
        st = sqlite_prepare(db,
                            "INSERT INTO epoch (epoch, base, opened_unix_ms) VALUES (?1, ?2, ?3)"
                            " ON CONFLICT (base) DO UPDATE SET epoch = excluded.epoch ON CONFLICT DO NOTHING",
                            &insert, err);
    for (size_t i = m->kept; st == ST_OK && i < m->count; i++) {
        int64_t base = m->records[i].position - m->records[i].seq;

        if (base == last_base)
            continue;
        if (last_base < 0 && base > 0)
            st = put_epoch(db, insert, ~m->records[i].epoch, 0, now, err);
        if (st == ST_OK)
            st = put_epoch(db, insert, m->records[i].epoch, base, now, err);
        last_base = base;
    }
    if (st == ST_OK)
        st = put_epoch(db, insert, m->options->new_epoch, m->report->last_position, now, err);
    (void)sqlite3_finalize(insert);
    return st;
}

static enum status put_state(struct sqlite *db, const char *name, const void *value, size_t len, struct errmsg *err)
{
    sqlite3_stmt *insert = NULL;
    enum status st = sqlite_prepare(db, "INSERT OR REPLACE INTO state (name, value) VALUES (?1, ?2)", &insert, err);

    if (st == ST_OK)
        st = sqlite_run(db, insert, VALUES(value_text(name), value_blob(value, len)), err);
    (void)sqlite3_finalize(insert);
    return st;
}

/* All that was saved, but that the old epochs are never sent from here: they are in the export. */
static enum status put_states(struct making *m, struct sqlite *db, struct errmsg *err)
{
    const struct salvage_state *states;
    size_t count = salvage_states(m->salvage, &states);
    uint8_t dev[8], last[8], pruned[16 + SHA256_BYTES] = {0};
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < count; i++)
        if (strncmp(states[i].name, JOURNAL_OWN_STATES, sizeof JOURNAL_OWN_STATES - 1) != 0)
            st = put_state(db, states[i].name, states[i].value, states[i].len, err);
    m->report->states = count;
    bytes_put_u64(dev, m->report->dev_lost ? m->options->new_dev : salvage_dev(m->salvage));
    bytes_put_u64(last, (uint64_t)m->report->last_position);
    if (st == ST_OK)
        st = put_state(db, JOURNAL_STATE_DEV, dev, sizeof dev, err);
    if (st == ST_OK)
        st = put_state(db, JOURNAL_STATE_ACKED, last, sizeof last, err);
    if (st != ST_OK || m->count == 0 || m->report->kept_from == 1)
        return st;
    bytes_put_u64(pruned, (uint64_t)m->report->kept_from - 1);
    bytes_put_u64(pruned + 8, m->records[m->kept].hlc - 1);
    memcpy(pruned + 16, m->records[m->kept].prev, SHA256_BYTES);
    return put_state(db, JOURNAL_STATE_PRUNED, pruned, sizeof pruned, err);
}

static enum status put_records(struct making *m, struct sqlite *db, struct errmsg *err)
{
    char type[JOURNAL_TYPE_MAX + 1];
    sqlite3_stmt *insert = NULL;
    enum status st =
        sqlite_prepare(db, "INSERT INTO record (position, type, bytes, hash) VALUES (?1, ?2, ?3, ?4)", &insert, err);

    for (size_t i = m->kept; st == ST_OK && i < m->count; i++) {
        const struct salvage_record *record = &m->records[i];

        st = salvage_read(m->salvage, record, type, m->bytes, NULL, NULL, err);
        if (st == ST_OK)
            st = sqlite_run(db, insert,
                            VALUES(value_int(record->position), value_text(type), value_blob(m->bytes, record->len),
                                   value_blob(record->hash, SHA256_BYTES)),
                            err);
        if (st == ST_OK && (i - m->kept) % ROWS_A_COMMIT == ROWS_A_COMMIT - 1) {
            st = sqlite_commit(db, err);
            if (st == ST_OK)
                st = sqlite_checkpoint(db, err);
            if (st == ST_OK)
                st = sqlite_begin(db, err);
        }
    }
    (void)sqlite3_finalize(insert);
    return st;
}

static enum status fill(struct making *m, const char *path, struct errmsg *err)
{
    struct sqlite db;
    enum status st = sqlite_open(&(struct sqlite_options){path, true, APPLICATION_ID}, &db, err);

    if (st != ST_OK)
        return st;
    st = sqlite_begin(&db, err);
    if (st == ST_OK) {
        st = put_epochs(m, &db, err);
        if (st == ST_OK)
            st = put_states(m, &db, err);
        if (st == ST_OK)
            st = put_records(m, &db, err);
        st = sqlite_end(&db, st, err);
    }
    sqlite_close(&db);
    return st;
}

/* Made by the journal itself, filled, and opened by it once more: what it takes, the till takes. */
static enum status make_journal(struct making *m, struct errmsg *err)
{
    char path[PATH_BYTES];
    const struct journal_options wanted = {path, m->options->now_unix_ms, m->options->new_dev, m->options->new_epoch};
    struct journal *journal = NULL;
    enum status st;

    (void)snprintf(path, sizeof path, "%s/journal.db", m->options->out_folder);
    if (access(path, F_OK) == 0) {
        errmsg_set(err, "%s is there already: name another folder", path);
        return ST_CONFLICT;
    }
    st = journal_open(&wanted, &journal, err);
    journal_close(journal);
    journal = NULL;
    if (st == ST_OK)
        st = fill(m, path, err);
    if (st == ST_OK)
        st = journal_open(&wanted, &journal, err);
    journal_close(journal);
    return st;
}

enum status salvage_run(const struct salvage_options *options, struct salvage_report *out_report, struct errmsg *err)
{
    struct making m = {.options = options, .report = out_report};
    enum status st = salvage_open(options->path, &m.salvage, err);

    if (st != ST_OK)
        return st;
    *out_report = (struct salvage_report){0};
    m.bytes = malloc(JOURNAL_RECORD_BYTES_MAX);
    if (!m.bytes) {
        errmsg_set(err, "out of memory");
        st = ST_NOMEM;
    }
    m.count = salvage_records(m.salvage, &m.records);
    if (st == ST_OK) {
        look_over(&m);
        st = file_mkdir(options->out_folder, 0700, err);
    }
    if (st == ST_OK)
        st = make_journal(&m, err);
    if (st == ST_OK)
        st = export_unsynced(&m, err);
    if (st == ST_OK) {
        char path[PATH_BYTES];

        (void)snprintf(path, sizeof path, "%s/unsynced.jsonl", options->out_folder);
        st = file_sync_folder(path, err);
    }
    free(m.bytes);
    salvage_close(m.salvage);
    return st;
}
