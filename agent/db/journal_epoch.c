/* SPDX-License-Identifier: Apache-2.0 */
/* A new life of the journal: what was not acked becomes the beginning of a new epoch, in one commit. */
#include "agent/db/journal_internal.h"

#include "agent/base/bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct moving {
    struct journal *journal;
    const struct journal_life *life;
    struct journal_head after; /* where the new chain stands */
    sqlite3_stmt *read, *write;
    struct strbuf bytes;
};

static enum status check_epoch(const struct journal *journal, uint64_t epoch, struct errmsg *err)
{
    if (journal_epoch_index(journal, epoch) >= 0) {
        errmsg_set(err, "epoch %016" PRIx64 " has been one of this journal before", epoch);
        return ST_CONFLICT;
    }
    if (journal->epoch_count == JOURNAL_EPOCHS_MAX &&
        journal->epochs[journal->epoch_count - 1].base < journal->acked) {
        errmsg_set(err, "the journal has had %d epochs already", JOURNAL_EPOCHS_MAX);
        return ST_FULL;
    }
    return ST_OK;
}

static enum status write_record(struct moving *m, const struct journal_entry *entry, uint64_t hlc, struct errmsg *err)
{
    uint8_t hash[SHA256_BYTES];
    enum status st;

    strbuf_clear(&m->bytes);
    st = m->life->carry(m->life->context, &m->after, entry, &m->bytes, err);
    if (st == ST_OK)
        st = strbuf_status(&m->bytes);
    if (st == ST_OK)
        st = journal_check_envelope(&m->after, entry->type, hlc, m->bytes.data, m->bytes.len, err);
    if (st != ST_OK)
        return st;
    journal_hash(m->after.hash, m->bytes.data, m->bytes.len, hash);
    st = sqlite_run(
        &m->journal->db, m->write,
        VALUES(value_int(entry->position), value_blob(m->bytes.data, m->bytes.len), value_blob(hash, sizeof hash)),
        err);
    m->after.seq++;
    m->after.position = entry->position;
    m->after.hlc = hlc;
    memcpy(m->after.hash, hash, sizeof hash);
    return st;
}

static enum status move_record(struct moving *m, int64_t position, struct errmsg *err)
{
    const struct journal *journal = m->journal;
    const struct journal_epoch *epoch = &journal->epochs[journal_epoch_of(journal, position)];
    enum status st = sqlite_query(&m->journal->db, m->read, VALUES(value_int(position)), err);
    struct journal_entry entry = {.position = position, .epoch = epoch->epoch, .seq = position - epoch->base};
    uint64_t hlc = 0;

    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_CORRUPT : st;
    entry.type = (const char *)sqlite3_column_text(m->read, 0);
    entry.bytes = sqlite3_column_blob(m->read, 1);
    entry.len = (size_t)sqlite3_column_bytes(m->read, 1);
    entry.hash = sqlite3_column_blob(m->read, 2);
    st = !entry.type || !entry.bytes || !entry.hash ? ST_CORRUPT : journal_read_hlc(entry.bytes, entry.len, &hlc);
    if (st == ST_OK)
        st = write_record(m, &entry, hlc, err);
    sqlite_reset(m->read);
    if (st != ST_OK)
        errmsg_wrap(err, "record %" PRId64, position);
    return st;
}

static enum status move_records(struct moving *m, struct errmsg *err)
{
    struct journal *journal = m->journal;
    struct sqlite *db = &journal->db;
    enum status st = sqlite_prepare(db, "SELECT type, bytes, hash FROM record WHERE position = ?1", &m->read, err);

    if (st == ST_OK)
        st = sqlite_prepare(db, "UPDATE record SET bytes = ?2, hash = ?3 WHERE position = ?1", &m->write, err);
    for (int64_t at = journal->acked + 1; st == ST_OK && at <= journal->head.position; at++)
        st = move_record(m, at, err);
    (void)sqlite3_finalize(m->read);
    (void)sqlite3_finalize(m->write);
    return st;
}

/* An epoch of which nothing was acked leaves no trace: the new one takes its place, since two cannot begin at one
 * position. */
static enum status put_epoch(struct moving *m, struct errmsg *err)
{
    struct sqlite *db = &m->journal->db;
    sqlite3_stmt *drop = NULL, *insert = NULL;
    uint8_t bytes[8];
    enum status st = sqlite_prepare(db, "DELETE FROM epoch WHERE base >= ?1", &drop, err);

    if (st == ST_OK)
        st = sqlite_prepare(db, "INSERT INTO epoch (epoch, base, opened_unix_ms) VALUES (?1, ?2, ?3)", &insert, err);
    bytes_put_u64(bytes, m->life->epoch);
    if (st == ST_OK)
        st = sqlite_run(db, drop, VALUES(value_int(m->journal->acked)), err);
    if (st == ST_OK)
        st = sqlite_run(db, insert,
                        VALUES(value_blob(bytes, 8), value_int(m->journal->acked), value_int(m->life->now_unix_ms)),
                        err);
    (void)sqlite3_finalize(drop);
    (void)sqlite3_finalize(insert);
    return st;
}

/* Another name: the records before are another till's, who has them. */
static enum status put_name(struct moving *m, struct errmsg *err)
{
    struct journal *journal = m->journal;
    uint8_t bytes[8];
    enum status st = ST_OK;

    if (m->life->dev == journal->head.dev)
        return ST_OK;
    bytes_put_u64(bytes, m->life->dev);
    if (journal->acked > journal->pruned.position)
        st = journal_remove_to(journal, journal->acked, err);
    return st == ST_OK ? sqlite_run(&journal->db, journal->put_state,
                                    VALUES(value_text(JOURNAL_STATE_DEV), value_blob(bytes, 8)), err)
                       : st;
}

static enum status move(struct moving *m, struct errmsg *err)
{
    enum status st = move_records(m, err);

    if (st == ST_OK)
        st = put_epoch(m, err);
    if (st == ST_OK)
        st = put_name(m, err);
    if (st == ST_OK)
        st = journal_write_told(m->journal, err);
    return st;
}

static void take_on(struct moving *m)
{
    struct journal *journal = m->journal;

    while (journal->epoch_count > 0 && journal->epochs[journal->epoch_count - 1].base >= journal->acked)
        journal->epoch_count--;
    journal->epochs[journal->epoch_count++] = (struct journal_epoch){m->life->epoch, journal->acked};
    journal->head = m->after;
    journal->told_changed = false;
    journal->walk.journal = NULL;
}

enum status journal_begin_epoch(struct journal *journal, const struct journal_life *life, struct errmsg *err)
{
    struct moving m = {.journal = journal,
                       .life = life,
                       .after = {.dev = life->dev,
                                 .epoch = life->epoch,
                                 .position = journal->acked,
                                 .hlc = journal->head.position == journal->acked ? journal->head.hlc : 0},
                       .bytes = STRBUF_INIT(JOURNAL_RECORD_BYTES_MAX + 1)};
    const struct journal_pruned pruned = journal->pruned;
    const int64_t counted = journal->counted;
    const int mark_count = journal->mark_count;
    const bool told_changed = journal->told_changed;
    enum status st = journal_may_write(journal, err);

    if (st == ST_OK)
        st = check_epoch(journal, life->epoch, err);
    if (st != ST_OK)
        return st;
    if (journal->counted > journal->acked) { /* what another life of this name had counted */
        journal->counted = journal->acked;
        journal->mark_count = 0;
    }
    journal->told_changed = true;
    st = sqlite_begin(&journal->db, err);
    if (st == ST_OK)
        st = sqlite_end(&journal->db, move(&m, err), err);
    strbuf_free(&m.bytes);
    if (st == ST_OK) {
        take_on(&m);
    } else { /* the marks are where they were, only their count was 0 */
        journal->pruned = pruned;
        journal->counted = counted;
        journal->mark_count = mark_count;
        journal->told_changed = told_changed;
    }
    return journal_note(journal, st, err);
}

/* ---- what a central that was put back may lack ---- */

enum status journal_ended(struct journal *journal, struct journal_ended out_ended[JOURNAL_ENDED_MAX], int *out_count,
                          struct errmsg *err)
{
    int over = journal->epoch_count - 1, i = over > JOURNAL_ENDED_MAX ? over - JOURNAL_ENDED_MAX : 0, count = 0;
    enum status st = ST_OK;

    for (; st == ST_OK && i < over; i++) {
        const int64_t end = journal_epoch_end(journal, i);

        if (end <= journal->pruned.position)
            continue;
        out_ended[count] = (struct journal_ended){.epoch = journal->epochs[i].epoch,
                                                  .seq = end - journal->epochs[i].base};
        st = journal_hash_at(journal, end, out_ended[count++].hash, err);
    }
    if (st == ST_OK)
        *out_count = count;
    return st;
}

static enum status is_ours(struct journal *journal, int64_t position, const uint8_t hash[SHA256_BYTES], bool *out_is,
                           struct errmsg *err)
{
    uint8_t ours[SHA256_BYTES];
    enum status st = journal_hash_at(journal, position, ours, err);

    *out_is = st == ST_OK && memcmp(ours, hash, SHA256_BYTES) == 0;
    return st;
}

enum status journal_go_back(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t hash[SHA256_BYTES],
                            bool *out_gone, struct errmsg *err)
{
    const int index = journal_epoch_index(journal, epoch);
    bool ours = true;
    int64_t position;
    enum status st = journal_may_write(journal, err);

    if (st != ST_OK)
        return st;
    if (index < 0 || index == journal->epoch_count - 1 || seq < 0 ||
        seq > journal_epoch_end(journal, index) - journal->epochs[index].base) {
        errmsg_set(err, "%s: epoch %016" PRIx64 ", seq %" PRId64 ", is not of one that is over here", journal->db.name,
                   epoch, seq);
        return ST_NOT_FOUND;
    }
    position = journal->epochs[index].base + seq;
    if (seq > 0 && position >= journal->pruned.position)
        st = is_ours(journal, position, hash, &ours, err);
    if (st != ST_OK)
        return st;
    if (!ours)
        position = journal->epochs[index].base;
    *out_gone = position < journal->pruned.position;
    if (*out_gone)
        position = journal->pruned.position;
    if (position < journal->acked) {
        journal->acked = position;
        journal->told_changed = true;
    }
    journal_checkpoint(journal);
    return journal_may_write(journal, err);
}

enum status journal_backup(struct journal *journal, const char *to_path, struct errmsg *err)
{
    return sqlite_backup(&journal->db, to_path, err);
}
