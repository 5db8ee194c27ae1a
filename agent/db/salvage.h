/* SPDX-License-Identifier: Apache-2.0 */
/*
 * salvage - saves what is intact in a damaged journal.db: plain work on files, without the database's own reading of
 * them.
 *
 * A record proves itself: its row holds its bytes, which name the hash of the record before, and its own hash, so
 * every page that looks like one of records is read, wherever it lies (file or write-ahead log, in the tree or not),
 * and what fits its hash is a record. Damage to the tree, to other pages or to the log costs nothing that lies
 * elsewhere. The source is only read.
 */
#ifndef LOYALD_DB_SALVAGE_H
#define LOYALD_DB_SALVAGE_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SALVAGE_GAPS_MAX = 64,
    SALVAGE_STATES_MAX = 256,
    SALVAGE_PAGES_MAX = 300, /* that one record lies on: 1 MiB in pages of 4 KiB, and its row */
    SALVAGE_RECORDS_MAX = 16 * 1024 * 1024,
};

struct salvage_record {
    int64_t position, seq;
    uint64_t epoch, hlc;
    uint8_t prev[SHA256_BYTES], hash[SHA256_BYTES];
    int64_t at; /* where its row is read again */
    uint32_t len;
};

struct salvage_state {
    char name[65];
    size_t len;
    uint8_t *value; /* owned */
};

struct salvage; /* opaque: the source, read */

/* Reads all of it; *out_salvage is owned. ST_NOT_FOUND when there is no such file, ST_NOMEM past
 * SALVAGE_RECORDS_MAX. */
enum status salvage_open(const char *path, struct salvage **out_salvage, struct errmsg *err);
void salvage_close(struct salvage *salvage); /* accepts NULL */
/* By position, each once. Views until salvage_close. */
size_t salvage_records(const struct salvage *salvage, const struct salvage_record **out_records);
size_t salvage_states(const struct salvage *salvage, const struct salvage_state **out_states);
/* NULL when it is not there. */
const struct salvage_state *salvage_find_state(const struct salvage *salvage, const char *name);
uint64_t salvage_dev(const struct salvage *salvage); /* the till's name, of its state or of a record; 0: not known */
int64_t salvage_page_count(const struct salvage *salvage);
int64_t salvage_frame_count(const struct salvage *salvage);
/* Copies a record's type and bytes (out_bytes: record->len). out_pages may be NULL: the numbers of the pages it lies
 * on, of the file (negative: frames of the log, from -1). */
enum status salvage_read(struct salvage *salvage, const struct salvage_record *record, char out_type[33],
                         char *out_bytes, int64_t out_pages[SALVAGE_PAGES_MAX], int *out_page_count,
                         struct errmsg *err);

/* ---- what is made of it ---- */

struct salvage_options {
    const char *path, *out_folder; /* out_folder is made; nothing in it is overwritten: ST_CONFLICT */
    int64_t now_unix_ms;
    uint64_t new_dev, new_epoch; /* random: new_dev is used when the old name is lost */
};
struct salvage_gap {
    uint64_t epoch;
    int64_t seq_from, seq_to; /* missing */
};
struct salvage_report {
    int64_t pages, frames, records, first_position, last_position;
    int64_t acked, unsynced; /* acked: a position, 0 when it is lost: then all records are exported */
    int64_t kept_from;       /* the first position in the new journal, 0: none */
    struct salvage_gap gaps[SALVAGE_GAPS_MAX];
    int gap_count; /* past the bound they are added up in records_missing only */
    int64_t records_missing;
    int64_t broken_at; /* a position whose prev is not the hash before it: two histories are mixed; 0: none */
    size_t states;
    bool dev_lost;
};
/* Writes out_folder/journal.db, with which the till starts (a new epoch, the state, and the last records that follow
 * one another without a gap, so that late sales can be looked up), and out_folder/unsynced.jsonl, the exact bytes of
 * the saved records after the ack. Both are on disk on ST_OK. */
enum status salvage_run(const struct salvage_options *options, struct salvage_report *out_report, struct errmsg *err);

#endif
