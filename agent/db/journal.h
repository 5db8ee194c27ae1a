/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal - journal.db: append-only, hash-chained records of everything that happened at this till.
 *
 * WAL, synchronous FULL, locking EXCLUSIVE, one connection, no mmap: one row and one fdatasync a record. journal_append returns only
 * when the record is on disk; after an ST_IO from it nothing may be answered any more, and the process ends to verify the file anew.
 * Positions count from 1 and never restart; a record's (epoch, seq) follows from its position. Used from the loop's thread only.
 */
#ifndef LOYALD_DB_JOURNAL_H
#define LOYALD_DB_JOURNAL_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal; /* opaque */

struct journal_options {
    const char *path;        /* made when absent, its WAL filled to size once; ":memory:" for tests */
    int64_t now_unix_ms;
    uint64_t new_dev;        /* random: the names for a journal made now */
    uint64_t new_epoch;
};

/* Opens, migrates (backup before; refuses a newer file: ST_UNSUPPORTED), runs quick_check and checks the chain of the last 1,000
 * records: ST_CORRUPT with what is wrong. */
enum status journal_open(const struct journal_options *options, struct journal **out_journal, struct errmsg *err);
void journal_close(struct journal *journal); /* accepts NULL */

/* Where the journal stands: everything the next record's envelope needs. */
struct journal_head {
    uint64_t dev;
    uint64_t epoch;
    int64_t seq;                /* of the last record of this epoch, 0 when there is none */
    int64_t position;           /* of the last record */
    uint64_t hlc;               /* of the last record */
    uint8_t hash[SHA256_BYTES]; /* of the last record of this epoch */
};
void journal_head(const struct journal *journal, struct journal_head *out_head);

/* Appends the record that follows head (its position is head.position + 1); hash is SHA-256(head.hash || bytes), checked. Durable on ST_OK.
 * ST_FULL: the disk is full, nothing is written. */
enum status journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes, size_t len,
                           struct errmsg *err);

struct journal_entry {
    int64_t position;
    uint64_t epoch;
    int64_t seq;
    const char *type; /* views valid during the call of the visitor */
    const char *bytes;
    size_t len;
    const uint8_t *hash;
};
/* Visits records from position on in order, until the visitor answers false or the end. */
typedef bool journal_visitor(void *context, const struct journal_entry *entry);
enum status journal_each(struct journal *journal, int64_t from_position, journal_visitor *visitor, void *context,
                         struct errmsg *err);
/* The position of (epoch, seq); ST_NOT_FOUND for an epoch not of this journal; a seq past the end still gets its number. */
enum status journal_position(const struct journal *journal, uint64_t epoch, int64_t seq, int64_t *out_position);
enum status journal_hash_at(struct journal *journal, int64_t position, uint8_t out_hash[SHA256_BYTES],
                            struct errmsg *err);

/* The central's ack: everything of the epoch up to seq is booked there. ST_CORRUPT when hash is not ours at seq: then nothing is
 * stored. May go down (a central restored from backup). Not durable by itself: it goes with the next commit or journal_sync_state. */
enum status journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t hash[SHA256_BYTES],
                              struct errmsg *err);
int64_t journal_acked_position(const struct journal *journal);

/* Small values that must outlive the cache. Durable on ST_OK. value_max bounds the copy; *out_len is the value's length. */
enum { JOURNAL_STATE_BYTES_MAX = 16 * 1024 };
enum status journal_put_state(struct journal *journal, const char *name, const void *value, size_t len,
                              struct errmsg *err);
/* Returns owned the value (free()), NUL-terminated; ST_NOT_FOUND. */
enum status journal_get_state(struct journal *journal, const char *name, char **out_value, size_t *out_len,
                              struct errmsg *err);
/* Deletes names; part of the same commit as the puts, all or nothing. Values of NULL delete. */
struct journal_state {
    const char *name;
    const void *value;
    size_t len;
};
enum status journal_put_states(struct journal *journal, const struct journal_state *states, size_t count,
                               struct errmsg *err);
/* Moves what the WAL holds into the file, without waiting; call when idle. */
void journal_checkpoint(struct journal *journal);

#endif
