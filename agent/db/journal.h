/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal - journal.db: append-only, hash-chained records of everything that happened at this till.
 *
 * WAL, synchronous FULL, locking EXCLUSIVE, one connection, no mmap: one row, one page and one fdatasync a record.
 * journal_append returns only when the record is on disk. Positions count from 1 and never restart; a record's
 * (epoch, seq) follows from its position. Used from the loop's thread only.
 *
 * The fsync rule. When the system fails to write or sync what is being committed, nobody knows what reached the disk,
 * and a second fsync would answer ok without having written it. So after one ST_IO of a commit or a checkpoint the
 * journal refuses all that writes, for ever, with ST_IO and these words; nothing may be answered from then on, and
 * the process ends and starts anew: opening reads what is truly there and verifies it. A record refused so may be
 * there then: it is a sale committed but not printed. ST_FULL is another thing: nothing is written, nothing is lost,
 * and the next append works once there is room.
 */
#ifndef LOYALD_DB_JOURNAL_H
#define LOYALD_DB_JOURNAL_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal; /* opaque */

enum {
    JOURNAL_RECORD_BYTES_MAX = 1024 * 1024 - 1, /* with its line end it fits one message to the central */
    JOURNAL_TYPE_MAX = 32,
    JOURNAL_EPOCHS_MAX = 256,
    JOURNAL_CHECKED_AT_OPEN = 1000,
    JOURNAL_KEPT_DAYS = 14,     /* a record stays at least so long, for a central that is put back to a backup */
    JOURNAL_SLICE_RECORDS = 32, /* of pruning and of the full check: one or two milliseconds */
    JOURNAL_SLICE_BYTES = 256 * 1024,
};

struct journal_options {
    const char *path; /* made when absent; ":memory:" for tests */
    int64_t now_unix_ms;
    uint64_t new_dev; /* random: the names for a journal made now */
    uint64_t new_epoch;
};

/* Opens, migrates (backup before; refuses a newer file: ST_UNSUPPORTED), runs quick_check (of a file past 64 MiB on
 * all but the records), checks the chain of the last JOURNAL_CHECKED_AT_OPEN records, and fills the WAL to its size.
 * ST_CORRUPT with what is wrong: the file is left as it is. ST_CONFLICT when another process holds it. */
enum status journal_open(const struct journal_options *options, struct journal **out_journal, struct errmsg *err);
void journal_close(struct journal *journal); /* accepts NULL */

/* Where the journal stands: everything the next record's envelope needs. */
struct journal_head {
    uint64_t dev;
    uint64_t epoch;
    int64_t seq;                /* of the last record of this epoch, 0 when there is none */
    int64_t position;           /* of the last record */
    uint64_t hlc;               /* of the last record of any epoch, 0 when there is none */
    uint8_t hash[SHA256_BYTES]; /* of the last record of this epoch, zeros when there is none */
};
void journal_head(const struct journal *journal, struct journal_head *out_head);

/* Appends the record that follows head (its position is head.position + 1). Checked: the envelope in bytes is the one
 * docs/protocol.md 2 says, with head's dev, epoch and hash and seq + 1 (ST_CONFLICT otherwise), and this type and
 * hlc, which must be above head's; ST_INVALID when it is no record, ST_RANGE past JOURNAL_RECORD_BYTES_MAX. The
 * journal works out the hash itself. Durable on ST_OK. ST_FULL: the disk is full, nothing is written, a later append
 * may work. ST_IO: the fsync rule. */
enum status journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes, size_t len,
                           struct errmsg *err);
/* Whether the fsync rule holds: the process is to end. */
bool journal_failed(const struct journal *journal);

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
/* ---- a new life, when the central knows another history under this name (docs/protocol.md 7) ---- */

/* Makes of an entry the record that follows after, with the same type and hlc. */
typedef enum status journal_carry_fn(void *context, const struct journal_head *after,
                                     const struct journal_entry *entry, struct strbuf *out_bytes, struct errmsg *err);
struct journal_life {
    uint64_t dev; /* the till's name from now on; another than before: the records that were acked go, being another's */
    uint64_t epoch;
    int64_t now_unix_ms;
    journal_carry_fn *carry;
    void *context;
};
/* Begins a new life right behind the ack: what was not acked is carried over into the new epoch, in its order and at its
 * positions, as the first records of it. All or nothing, and durable, on ST_OK. ST_CONFLICT for an epoch there was
 * before, ST_FULL when there were JOURNAL_EPOCHS_MAX of them. The old bytes are gone from here: keep a copy of the file
 * (journal_backup). What a cache projected stays true; what it says of leases does not. */
enum status journal_begin_epoch(struct journal *journal, const struct journal_life *life, struct errmsg *err);
/* An epoch that is over and has records here: where it ended. */
enum { JOURNAL_ENDED_MAX = 32 };
struct journal_ended {
    uint64_t epoch;
    int64_t seq;
    uint8_t hash[SHA256_BYTES];
};
/* The last JOURNAL_ENDED_MAX of them, in their order. */
enum status journal_ended(struct journal *journal, struct journal_ended out_ended[JOURNAL_ENDED_MAX], int *out_count,
                          struct errmsg *err);
/* A central that was put back has an epoch that is over only up to seq, whose hash is this one: the ack goes back there,
 * never on, so that journal_begin_epoch carries over what came after it, which the central drops where it has it. Where
 * the hash is not ours it goes back to the beginning of that epoch; *out_gone when what is lacking was removed here: then
 * to the first record there is. Durable on ST_OK. ST_NOT_FOUND for the present epoch, or one not of this journal. */
enum status journal_go_back(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t hash[SHA256_BYTES],
                            bool *out_gone, struct errmsg *err);
/* Writes a copy of the whole journal to a new file. */
enum status journal_backup(struct journal *journal, const char *to_path, struct errmsg *err);

/* The position of (epoch, seq); ST_NOT_FOUND for an epoch not of this journal; a seq past the end still gets its
 * number, but in an epoch that is over never one beyond its end. */
enum status journal_position(const struct journal *journal, uint64_t epoch, int64_t seq, int64_t *out_position);
enum status journal_hash_at(struct journal *journal, int64_t position, uint8_t out_hash[SHA256_BYTES],
                            struct errmsg *err);

/* The central's ack: everything of the epoch up to seq is booked there (0: nothing is; its hash is zeros). ST_CORRUPT
 * when hash is not ours at seq or seq is past our end: then nothing changes. ST_NOT_FOUND for an epoch not of this
 * journal, ST_RANGE when records after it are here no more. May go down (a central restored from backup). Kept in
 * memory, so that an append stays one page: it is written by journal_checkpoint, journal_put_states and
 * journal_close; one that is lost costs a second delivery, which the central drops. */
enum status journal_set_acked(struct journal *journal, uint64_t epoch, int64_t seq, const uint8_t hash[SHA256_BYTES],
                              struct errmsg *err);
int64_t journal_acked_position(const struct journal *journal);
/* What the central has counted: every row that records up to seq touched was told to this till, and is in its cache.
 * May go down, like the ack, and is kept like it. told_unix_ms is the central's clock when it said so; 0: it did not
 * say. ST_NOT_FOUND for what is not of this journal: then nothing changes. */
enum status journal_set_counted(struct journal *journal, uint64_t epoch, int64_t seq, int64_t told_unix_ms,
                                struct errmsg *err);
int64_t journal_counted_position(const struct journal *journal);

/* ---- pruning (docs/reliability.md): a record goes when it is acked and was counted JOURNAL_KEPT_DAYS ago ---- */

/* The last position of the next slice that may go, 0 when there is none. Days are those of the central's clock, as it
 * tells it with what it counts, and this till's own clock has no say: whatever it shows, a backup of the central that
 * is younger than JOURNAL_KEPT_DAYS holds what was removed here. */
enum status journal_prunable(struct journal *journal, int64_t *out_position, struct errmsg *err);
/* Removes the records up to position, and keeps where the chain stood, in one commit. ST_CONFLICT, and nothing goes,
 * when one of them is not acked or not counted, or is the last one there is. The days are the caller's to have asked
 * for. */
enum status journal_prune(struct journal *journal, int64_t position, struct errmsg *err);
int64_t journal_pruned_position(const struct journal *journal); /* 0: none is gone */

/* The next slice of a check of all records: each is read, its hash and its place in the chain compared. *out_done
 * when the last one was; the next call begins anew. ST_CORRUPT says which record is wrong. It is done on the loop,
 * between sales, since the file has one connection, and that one belongs to the loop: a second one would bring back
 * the races that EXCLUSIVE closes, and a worker on this one would keep a sale waiting. */
enum status journal_check_slice(struct journal *journal, bool *out_done, struct errmsg *err);

/* Small values that must outlive the cache. Durable on ST_OK. Names are 1 to JOURNAL_STATE_NAME_MAX bytes; those that
 * begin with "journal." are the journal's own: ST_INVALID. A value past JOURNAL_STATE_BYTES_MAX is ST_RANGE. */
enum { JOURNAL_STATE_BYTES_MAX = 16 * 1024, JOURNAL_STATE_NAME_MAX = 64 };
enum status journal_put_state(struct journal *journal, const char *name, const void *value, size_t len,
                              struct errmsg *err);
/* Returns owned the value (free()), NUL-terminated; ST_NOT_FOUND. */
enum status journal_get_state(struct journal *journal, const char *name, char **out_value, size_t *out_len,
                              struct errmsg *err);
/* Several in one commit, all or nothing. A value of NULL deletes the name. */
struct journal_state {
    const char *name;
    const void *value;
    size_t len;
};
enum status journal_put_states(struct journal *journal, const struct journal_state *states, size_t count,
                               struct errmsg *err);
/* Writes the ack and, when it has grown to a good part of its size, moves the WAL into the file; call when idle. What
 * it meets is told by the next append. (The WAL is as durable as the file; moving it after each record would cost
 * each record a second fdatasync.) */
void journal_checkpoint(struct journal *journal);

#endif
