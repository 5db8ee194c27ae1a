/* SPDX-License-Identifier: Apache-2.0 */
/* journal_internal - what the files of the journal share; nobody else includes it. */
#ifndef LOYALD_DB_JOURNAL_INTERNAL_H
#define LOYALD_DB_JOURNAL_INTERNAL_H

#include "agent/db/journal.h"
#include "agent/db/sqlite.h"

enum { JOURNAL_ENVELOPE_MAX = 320 };

/* Names in the state table that are the journal's own. */
#define JOURNAL_OWN_STATES    "journal."
#define JOURNAL_STATE_DEV     JOURNAL_OWN_STATES "dev"
#define JOURNAL_STATE_ACKED   JOURNAL_OWN_STATES "acked"
#define JOURNAL_STATE_COUNTED JOURNAL_OWN_STATES "counted"
#define JOURNAL_STATE_PRUNED  JOURNAL_OWN_STATES "pruned"
#define JOURNAL_STATE_MARKS   JOURNAL_OWN_STATES "marks"

#define JOURNAL_DAY_MS INT64_C(86400000)
enum { JOURNAL_MARKS_MAX = JOURNAL_KEPT_DAYS + 2 /* one a day, and the last that is old enough */ };

struct journal_epoch {
    uint64_t epoch;
    int64_t base; /* the position before its first record */
};

/* At that time, by the central's clock, it had counted so much: any backup of it made since holds that. */
struct journal_mark {
    int64_t told_unix_ms;
    int64_t position;
};

/* Where the chain stands behind the records that are here no more: the last of them. */
struct journal_pruned {
    int64_t position; /* 0: none is gone */
    uint64_t hlc;
    uint8_t hash[SHA256_BYTES];
};

/* A walk over records that checks each against the one before. */
struct journal_chain_check {
    const struct journal *journal;
    struct journal_head at; /* where the chain stands before the next record */
    struct errmsg *err;
    enum status st;
    int64_t bytes_left, records_left; /* of a slice */
};

struct journal {
    struct sqlite db;
    sqlite3_stmt *insert;
    sqlite3_stmt *hash_at;
    sqlite3_stmt *put_state;
    sqlite3_stmt *get_state;
    sqlite3_stmt *delete_state;
    sqlite3_stmt *each; /* of journal_each, while it is not lent */
    struct journal_head head;
    struct journal_epoch epochs[JOURNAL_EPOCHS_MAX]; /* in order; the last is the present one */
    int epoch_count;
    int64_t acked;                                /* position */
    int64_t counted;                              /* position */
    struct journal_mark marks[JOURNAL_MARKS_MAX]; /* times and positions rise */
    int mark_count;
    int64_t told_unix_ms; /* the central's clock, as last told; 0: not yet */
    bool told_changed;    /* acked, counted or a mark, since they were written */
    struct journal_pruned pruned;
    struct journal_chain_check walk; /* the full check: where it stands; journal is NULL when none is under way */
    bool failed;                     /* the fsync rule */
};

/* Checks that bytes are the record that follows before, type and hlc included. */
enum status journal_check_envelope(const struct journal_head *before, const char *type, uint64_t hlc,
                                   const char *bytes, size_t len, struct errmsg *err);
/* hash = SHA-256(prev || bytes), as in docs/protocol.md 2. */
void journal_hash(const uint8_t prev[SHA256_BYTES], const void *bytes, size_t len, uint8_t out_hash[SHA256_BYTES]);
/* Refuses to write after a failure that leaves the disk in doubt. */
enum status journal_may_write(const struct journal *journal, struct errmsg *err);
/* Keeps the fsync rule after a write; returns st. */
enum status journal_note(struct journal *journal, enum status st, struct errmsg *err);
/* The index of an epoch by its name, -1 when it is not one of this journal. */
int journal_epoch_index(const struct journal *journal, uint64_t epoch);
/* The index of the epoch a position lies in. */
int journal_epoch_of(const struct journal *journal, int64_t position);
/* The last position of an epoch that is there. */
int64_t journal_epoch_end(const struct journal *journal, int index);
/* Adds what the central told to the open transaction, when it has changed; the caller clears told_changed once that
 * is committed. */
enum status journal_write_told(struct journal *journal, struct errmsg *err);
enum status journal_read_told(struct journal *journal, struct errmsg *err);
/* The last position that the central had counted JOURNAL_KEPT_DAYS ago; 0: none. */
int64_t journal_counted_long_ago(const struct journal *journal);
/* Removes the records up to position, which is there, and keeps where the chain stood. May be inside a transaction:
 * when that is undone, journal->pruned is the caller's to set back. */
enum status journal_remove_to(struct journal *journal, int64_t position, struct errmsg *err);
/* Before the head is read: where the chain begins. */
enum status journal_read_pruned(struct journal *journal, struct errmsg *err);
/* Checks the last JOURNAL_CHECKED_AT_OPEN records and sets the head's hash and hlc by them. */
enum status journal_check_tail(struct journal *journal, struct errmsg *err);
/* The hlc that stands in the envelope; ST_INVALID when there is none at its place. */
enum status journal_read_hlc(const char *bytes, size_t len, uint64_t *out_hlc);

#endif
