/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/journal_internal.h"

#include "agent/base/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* An idle moment moves the WAL only when it holds so much: each move costs the next commit one more fdatasync. */
enum { IDLE_FRAMES = 128 };

void journal_hash(const uint8_t prev[SHA256_BYTES], const void *bytes, size_t len, uint8_t out_hash[SHA256_BYTES])
{
    struct sha256 hash;

    sha256_init(&hash);
    sha256_add(&hash, prev, SHA256_BYTES);
    sha256_add(&hash, bytes, len);
    sha256_end(&hash, out_hash);
}

/* Writes the beginning of the record that follows the given place, up to the type's closing quote and comma; returns
 * its length. */
static size_t write_envelope(const struct journal_head *before, uint64_t hlc, const char *type,
                             char out_text[JOURNAL_ENVELOPE_MAX])
{
    int len = snprintf(out_text, JOURNAL_ENVELOPE_MAX,
                       "{\"dev\":\"%016" PRIx64 "\",\"epoch\":\"%016" PRIx64 "\",\"seq\":%" PRId64
                       ",\"hlc\":\"%016" PRIx64 "\",\"type\":\"%s\",",
                       before->dev, before->epoch, before->seq + 1, hlc, type);

    return len > 0 && len < JOURNAL_ENVELOPE_MAX ? (size_t)len : 0;
}

static bool type_is_valid(const char *type)
{
    size_t len = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return len > 0 && len <= JOURNAL_TYPE_MAX && type[len] == '\0';
}

/* `"tv":<digits>,"prev":"<hash>","body":{ ... }}` */
static enum status check_rest(const struct journal_head *before, const char *at, const char *end, struct errmsg *err)
{
    char prev[SHA256_TEXT], expected[SHA256_TEXT + 32];
    size_t digits = 0, len;

    if (end - at > 5 && memcmp(at, "\"tv\":", 5) == 0)
        for (at += 5; at < end && *at >= '0' && *at <= '9' && digits < 16; at++)
            digits++;
    hex_encode(before->hash, SHA256_BYTES, prev);
    len = (size_t)snprintf(expected, sizeof expected, ",\"prev\":\"%s\",\"body\":{", prev);
    if (digits == 0 || (size_t)(end - at) < len + 2 || end[-1] != '}' || end[-2] != '}') {
        errmsg_set(err, "not a record: the envelope is cut or has another shape after its type");
        return ST_INVALID;
    }
    if (memcmp(at, expected, len) != 0) {
        errmsg_set(err, "the record does not follow the last one: its prev is not the hash %.16s... of seq %" PRId64,
                   prev, before->seq);
        return ST_CONFLICT;
    }
    return ST_OK;
}

enum status journal_check_envelope(const struct journal_head *before, const char *type, uint64_t hlc,
                                   const char *bytes, size_t len, struct errmsg *err)
{
    char expected[JOURNAL_ENVELOPE_MAX];
    size_t expected_len;

    if (len > JOURNAL_RECORD_BYTES_MAX) {
        errmsg_set(err, "record of %zu bytes is longer than %d", len, JOURNAL_RECORD_BYTES_MAX);
        return ST_RANGE;
    }
    if (!type_is_valid(type) || len < 8 || memcmp(bytes, "{\"dev\":\"", 8) != 0 || memchr(bytes, '\n', len)) {
        errmsg_set(err, "not a record: no envelope, a wrong type or a line end inside");
        return ST_INVALID;
    }
    expected_len = write_envelope(before, hlc, type, expected);
    if (len < expected_len || memcmp(bytes, expected, expected_len) != 0) {
        errmsg_set(err, "the record does not follow the last one: it should begin with %s", expected);
        return ST_CONFLICT;
    }
    return check_rest(before, bytes + expected_len, bytes + len, err);
}

enum status journal_may_write(const struct journal *journal, struct errmsg *err)
{
    if (!journal->failed && sqlite_in_transaction(&journal->db)) {
        errmsg_set(
            err,
            "%s: an earlier step could not be taken back: nothing more is written until the process is started "
            "anew",
            journal->db.name);
        return ST_IO; /* inside it nothing would be on disk when we say so */
    }
    if (!journal->failed)
        return ST_OK;
    errmsg_set(err,
               "%s: an earlier write failed and what is on the disk is in doubt: nothing more is written until the "
               "process is started anew",
               journal->db.name);
    return ST_IO;
}

enum status journal_note(struct journal *journal, enum status st, struct errmsg *err)
{
    if (st == ST_IO) {
        journal->failed = true;
        errmsg_wrap(err, "the process must be started anew, to see what reached the disk");
    }
    return st;
}

bool journal_failed(const struct journal *journal)
{
    return journal->failed;
}

void journal_head(const struct journal *journal, struct journal_head *out_head)
{
    *out_head = journal->head;
}

/* The ceiling: should nobody have been idle for hundreds of sales, this one waits for the WAL. Its record is on disk
 * already, so a failure is told by the next append. */
static void keep_wal_short(struct journal *journal, int frames)
{
    if (journal->db.wal_frames >= frames)
        (void)journal_note(journal, sqlite_checkpoint(&journal->db, NULL), NULL);
}

enum status journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes, size_t len,
                           struct errmsg *err)
{
    struct journal_head next = journal->head;
    enum status st = journal_may_write(journal, err);

    if (st == ST_OK)
        st = journal_check_envelope(&journal->head, type, hlc, bytes, len, err);
    if (st == ST_OK && hlc <= next.hlc) {
        errmsg_set(err, "the record's hlc %016" PRIx64 " is not above the last one, %016" PRIx64, hlc, next.hlc);
        st = ST_CONFLICT;
    }
    if (st != ST_OK)
        return st;
    next.seq++;
    next.position++;
    next.hlc = hlc;
    journal_hash(journal->head.hash, bytes, len, next.hash);
    st = sqlite_run(&journal->db, journal->insert,
                    VALUES(value_int(next.position), value_text(type), value_blob(bytes, len),
                           value_blob(next.hash, SHA256_BYTES)),
                    err);
    if (st != ST_OK)
        return journal_note(journal, st, err);
    journal->head = next;
    keep_wal_short(journal, SQLITE_WAL_FRAMES_MAX);
    return ST_OK;
}

int journal_epoch_index(const struct journal *journal, uint64_t epoch)
{
    for (int i = 0; i < journal->epoch_count; i++)
        if (journal->epochs[i].epoch == epoch)
            return i;
    return -1;
}

int journal_epoch_of(const struct journal *journal, int64_t position)
{
    int i = journal->epoch_count - 1;

    while (i > 0 && journal->epochs[i].base >= position)
        i--;
    return i;
}

int64_t journal_epoch_end(const struct journal *journal, int index)
{
    return index + 1 < journal->epoch_count ? journal->epochs[index + 1].base : journal->head.position;
}

enum status journal_each(struct journal *journal, int64_t from_position, journal_visitor *visitor, void *context,
                         struct errmsg *err)
{
    sqlite3_stmt *statement;
    enum status st = sqlite_lend(
        &journal->db, "SELECT position, type, bytes, hash FROM record WHERE position >= ?1 ORDER BY position",
        &journal->each, &statement, err);

    if (st != ST_OK)
        return st;
    st = sqlite_bind(&journal->db, statement, VALUES(value_int(from_position)), err);
    while (st == ST_OK && (st = sqlite_step(&journal->db, statement, err)) == ST_OK) {
        int64_t position = sqlite3_column_int64(statement, 0);
        const struct journal_epoch *epoch = &journal->epochs[journal_epoch_of(journal, position)];
        struct journal_entry entry = {.position = position,
                                      .epoch = epoch->epoch,
                                      .seq = position - epoch->base,
                                      .type = (const char *)sqlite3_column_text(statement, 1),
                                      .bytes = sqlite3_column_blob(statement, 2),
                                      .len = (size_t)sqlite3_column_bytes(statement, 2),
                                      .hash = sqlite3_column_blob(statement, 3)};

        if (!entry.type || !entry.bytes || !entry.hash) {
            errmsg_set(err, "%s: record %" PRId64 " is empty, or there is no memory to read it", journal->db.name,
                       position);
            st = ST_CORRUPT;
        } else if (!visitor(context, &entry)) {
            break;
        }
    }
    sqlite_give_back(&journal->each, statement);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status journal_position(const struct journal *journal, uint64_t epoch, int64_t seq, int64_t *out_position)
{
    int index = journal_epoch_index(journal, epoch);
    int64_t base;

    if (index < 0)
        return ST_NOT_FOUND;
    base = journal->epochs[index].base;
    if (seq < 0 || seq > INT64_MAX - base)
        return ST_RANGE;
    *out_position = base + seq;
    if (index + 1 < journal->epoch_count && *out_position > journal->epochs[index + 1].base)
        *out_position = journal->epochs[index + 1].base;
    return ST_OK;
}

enum status journal_hash_at(struct journal *journal, int64_t position, uint8_t out_hash[SHA256_BYTES],
                            struct errmsg *err)
{
    enum status st;

    if (position > 0 && position == journal->pruned.position) {
        memcpy(out_hash, journal->pruned.hash, SHA256_BYTES);
        return ST_OK;
    }
    st = sqlite_query(&journal->db, journal->hash_at, VALUES(value_int(position)), err);
    if (st == ST_NOT_FOUND && position > 0 && position < journal->pruned.position)
        errmsg_set(err, "%s: record %" PRId64 " was removed after the central had counted it", journal->db.name,
                   position);
    else if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: there is no record %" PRId64, journal->db.name, position);
    if (st != ST_OK)
        return st;
    if (sqlite3_column_bytes(journal->hash_at, 0) == SHA256_BYTES) {
        memcpy(out_hash, sqlite3_column_blob(journal->hash_at, 0), SHA256_BYTES);
    } else {
        errmsg_set(err, "%s: record %" PRId64 " has no hash", journal->db.name, position);
        st = ST_CORRUPT;
    }
    sqlite_reset(journal->hash_at);
    return st;
}

void journal_checkpoint(struct journal *journal)
{
    enum status st;

    if (journal->failed)
        return;
    if (journal->told_changed) {
        st = sqlite_begin(&journal->db, NULL);
        if (st == ST_OK)
            st = sqlite_end(&journal->db, journal_write_told(journal, NULL), NULL);
        if (st == ST_OK)
            journal->told_changed = false;
        (void)journal_note(journal, st, NULL);
    }
    if (!journal->failed)
        keep_wal_short(journal, IDLE_FRAMES);
}
