/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of hashes: checked at its end when the file is opened, from end to end when the till is idle, cut at its
 * beginning when records are old. */
#include "agent/db/journal_internal.h"

#include "agent/base/bytes.h"
#include "agent/base/hex.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PRUNED_BYTES = 16 + SHA256_BYTES };

/* ---- one record ---- */

enum status journal_read_hlc(const char *bytes, size_t len, uint64_t *out_hlc)
{
    static const char mark[] = ",\"hlc\":\"";
    enum { SEQ_AT = 59, SEQ_DIGITS_MAX = 15, MARK_BYTES = sizeof mark - 1 }; /* {"dev":"…","epoch":"…","seq": */
    char digits[17];
    size_t at = SEQ_AT;

    while (at < len && at < SEQ_AT + SEQ_DIGITS_MAX && bytes[at] >= '0' && bytes[at] <= '9')
        at++;
    if (at == SEQ_AT || len < at + MARK_BYTES + 16 || memcmp(bytes + at, mark, MARK_BYTES) != 0)
        return ST_INVALID;
    memcpy(digits, bytes + at + MARK_BYTES, 16);
    digits[16] = '\0';
    return hex_to_u64(digits, out_hlc);
}

static enum status check_record(struct journal_chain_check *check, const struct journal_entry *entry)
{
    uint8_t hash[SHA256_BYTES];
    uint64_t hlc = 0;
    enum status st;

    if (entry->position != check->at.position + 1) {
        errmsg_set(check->err, "record %" PRId64 " is missing", check->at.position + 1);
        return ST_CORRUPT;
    }
    check->at.epoch = entry->epoch;
    check->at.seq = entry->seq - 1;
    if (entry->seq == 1)
        memset(check->at.hash, 0, SHA256_BYTES);
    st = journal_read_hlc(entry->bytes, entry->len, &hlc);
    if (st == ST_OK)
        st = journal_check_envelope(&check->at, entry->type, hlc, entry->bytes, entry->len, check->err);
    else
        errmsg_set(check->err, "the envelope is cut");
    journal_hash(check->at.hash, entry->bytes, entry->len, hash);
    if (st == ST_OK && memcmp(hash, entry->hash, SHA256_BYTES) != 0) {
        errmsg_set(check->err, "its hash is not that of its bytes");
        st = ST_CORRUPT;
    }
    if (st == ST_OK && hlc <= check->at.hlc) {
        errmsg_set(check->err, "its hlc goes back");
        st = ST_CORRUPT;
    }
    if (st != ST_OK) {
        errmsg_wrap(check->err, "record %" PRId64, entry->position);
        return ST_CORRUPT;
    }
    check->at.position = entry->position;
    check->at.seq = entry->seq;
    check->at.hlc = hlc;
    memcpy(check->at.hash, entry->hash, SHA256_BYTES);
    return ST_OK;
}

static bool visit_record(void *context, const struct journal_entry *entry)
{
    struct journal_chain_check *check = context;

    check->st = check_record(check, entry);
    check->bytes_left -= (int64_t)entry->len;
    check->records_left--;
    return check->st == ST_OK && check->bytes_left > 0 && check->records_left > 0;
}

/* Puts the check behind position: after what is gone, or after a record that is there. */
static enum status begin_at(struct journal *journal, int64_t position, struct journal_chain_check *out_check,
                            struct errmsg *err)
{
    *out_check = (struct journal_chain_check){.journal = journal, .at = {.dev = journal->head.dev}};
    if (position > journal->pruned.position) {
        out_check->at.position = position;
        return journal_hash_at(journal, position, out_check->at.hash, err);
    }
    out_check->at.position = journal->pruned.position;
    out_check->at.hlc = journal->pruned.hlc;
    memcpy(out_check->at.hash, journal->pruned.hash, SHA256_BYTES);
    return ST_OK;
}

static enum status walk_on(struct journal *journal, struct journal_chain_check *check, struct errmsg *err)
{
    enum status st;

    check->err = err;
    check->st = ST_OK;
    st = journal_each(journal, check->at.position + 1, visit_record, check, err);
    return st == ST_OK ? check->st : st;
}

/* ---- the tail, and all of it ---- */

enum status journal_check_tail(struct journal *journal, struct errmsg *err)
{
    struct journal_head *head = &journal->head;
    struct journal_chain_check check;
    enum status st = begin_at(journal, head->position - JOURNAL_CHECKED_AT_OPEN, &check, err);

    check.bytes_left = check.records_left = INT64_MAX;
    if (st == ST_OK)
        st = walk_on(journal, &check, err);
    if (st == ST_OK && check.at.position != head->position) {
        errmsg_set(err, "record %" PRId64 " is missing", check.at.position + 1);
        st = ST_CORRUPT;
    }
    if (st == ST_NOT_FOUND)
        st = ST_CORRUPT;
    if (st != ST_OK) {
        errmsg_wrap(err, "%s: the chain is broken", journal->db.name);
        return st;
    }
    head->hlc = check.at.hlc;
    if (head->seq > 0)
        memcpy(head->hash, check.at.hash, SHA256_BYTES);
    return ST_OK;
}

enum status journal_check_slice(struct journal *journal, bool *out_done, struct errmsg *err)
{
    struct journal_chain_check *walk = &journal->walk;
    enum status st = ST_OK;

    *out_done = false;
    if (!walk->journal || walk->at.position < journal->pruned.position) /* what it stood on is gone */
        st = begin_at(journal, 0, walk, err);
    walk->bytes_left = JOURNAL_SLICE_BYTES;
    walk->records_left = JOURNAL_SLICE_RECORDS;
    if (st == ST_OK)
        st = walk_on(journal, walk, err);
    if (st == ST_OK && walk->at.position < journal->head.position && walk->records_left == JOURNAL_SLICE_RECORDS) {
        errmsg_set(err, "record %" PRId64 " is missing", walk->at.position + 1);
        st = ST_CORRUPT;
    }
    *out_done = st == ST_OK && walk->at.position == journal->head.position;
    if (st != ST_OK)
        errmsg_wrap(err, "%s: the chain is broken", journal->db.name);
    if (*out_done || st != ST_OK)
        walk->journal = NULL;
    return st;
}

/* ---- pruning ---- */

enum status journal_read_pruned(struct journal *journal, struct errmsg *err)
{
    char *value = NULL;
    size_t len = 0;
    enum status st = journal_get_state(journal, JOURNAL_STATE_PRUNED, &value, &len, err);

    if (st == ST_OK && len != PRUNED_BYTES) {
        errmsg_set(err, "%s: what is noted of removed records is damaged", journal->db.name);
        st = ST_CORRUPT;
    } else if (st == ST_OK) {
        journal->pruned.position = (int64_t)bytes_get_u64((const uint8_t *)value);
        journal->pruned.hlc = bytes_get_u64((const uint8_t *)value + 8);
        memcpy(journal->pruned.hash, value + 16, SHA256_BYTES);
    }
    free(value);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

struct prune_scan {
    int64_t until, bytes, count;
    struct journal_pruned last; /* of the slice */
    bool unreadable;
};

static bool scan_record(void *context, const struct journal_entry *entry)
{
    struct prune_scan *scan = context;
    uint64_t hlc = 0;

    if (entry->position > scan->until || scan->count == JOURNAL_SLICE_RECORDS || scan->bytes >= JOURNAL_SLICE_BYTES)
        return false;
    if (journal_read_hlc(entry->bytes, entry->len, &hlc) != ST_OK) {
        scan->unreadable = true;
        return false;
    }
    scan->count++;
    scan->bytes += (int64_t)entry->len;
    scan->last.position = entry->position;
    scan->last.hlc = hlc;
    memcpy(scan->last.hash, entry->hash, SHA256_BYTES);
    return true;
}

/* The last record stays whatever its age: the head's hash and time are read from it. */
static int64_t may_go_until(const struct journal *journal)
{
    int64_t until = journal->acked < journal->counted ? journal->acked : journal->counted;

    return until < journal->head.position ? until : journal->head.position - 1;
}

enum status journal_prunable(struct journal *journal, int64_t *out_position, struct errmsg *err)
{
    struct prune_scan scan = {.until = may_go_until(journal)};
    int64_t long_ago = journal_counted_long_ago(journal);
    enum status st = ST_OK;

    *out_position = 0;
    if (scan.until > long_ago)
        scan.until = long_ago;
    if (scan.until <= journal->pruned.position)
        return ST_OK;
    st = journal_each(journal, journal->pruned.position + 1, scan_record, &scan, err);
    if (st == ST_OK && scan.unreadable) {
        errmsg_set(err, "%s: record %" PRId64 " has no time", journal->db.name, scan.last.position + 1);
        st = ST_CORRUPT;
    }
    if (st == ST_OK)
        *out_position = scan.last.position;
    return st;
}

static enum status remove_records(struct journal *journal, const struct journal_pruned *to, struct errmsg *err)
{
    sqlite3_stmt *statement = NULL;
    uint8_t bytes[PRUNED_BYTES];
    enum status st = sqlite_prepare(&journal->db, "DELETE FROM record WHERE position <= ?1", &statement, err);

    if (st != ST_OK)
        return st;
    bytes_put_u64(bytes, (uint64_t)to->position);
    bytes_put_u64(bytes + 8, to->hlc);
    memcpy(bytes + 16, to->hash, SHA256_BYTES);
    st = sqlite_begin(&journal->db, err);
    if (st == ST_OK) {
        st = sqlite_run(&journal->db, statement, VALUES(value_int(to->position)), err);
        if (st == ST_OK)
            st = sqlite_run(&journal->db, journal->put_state,
                            VALUES(value_text(JOURNAL_STATE_PRUNED), value_blob(bytes, sizeof bytes)), err);
        /* In the same commit, so that what is gone is never held for unsent. */
        if (st == ST_OK)
            st = journal_write_told(journal, err);
        st = sqlite_end(&journal->db, st, err);
    }
    (void)sqlite3_finalize(statement);
    return journal_note(journal, st, err);
}

enum status journal_remove_to(struct journal *journal, int64_t position, struct errmsg *err)
{
    struct prune_scan scan = {.until = position};
    enum status st = journal_each(journal, position, scan_record, &scan, err);

    if (st == ST_OK && scan.last.position != position) {
        errmsg_set(err, "%s: record %" PRId64 " cannot be read", journal->db.name, position);
        st = ST_CORRUPT;
    }
    if (st == ST_OK)
        st = remove_records(journal, &scan.last, err);
    if (st == ST_OK)
        journal->pruned = scan.last;
    return st;
}

enum status journal_prune(struct journal *journal, int64_t position, struct errmsg *err)
{
    enum status st = journal_may_write(journal, err);

    if (st != ST_OK)
        return st;
    if (position <= journal->pruned.position)
        return ST_OK;
    if (position > may_go_until(journal)) {
        errmsg_set(err, "%s: records up to %" PRId64 " may not go: the central has counted those up to %" PRId64,
                   journal->db.name, position, may_go_until(journal));
        return ST_CONFLICT;
    }
    st = journal_remove_to(journal, position, err);
    if (st == ST_OK)
        journal->told_changed = false;
    return st;
}

int64_t journal_pruned_position(const struct journal *journal)
{
    return journal->pruned.position;
}
