/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true when the network is whole again and nothing is under way. The central's file is read by SQL of
 * its own, not by the central. */
#include "agent/base/hex.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "sync/central/device.h"
#include "sync/protocol/record.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* It has heard of the last change, and of this life of the central. */
static bool has_heard_all(const struct sim_world *world, const struct sim_till *till)
{
    char cursor[160] = "", last[160];
    int64_t change = 0;

    must(store_last_change(world->central->store, &change, NULL) == ST_OK, "the last change");
    (void)snprintf(last, sizeof last, "%s.%lld", world->central->incarnation, (long long)change);
    (void)cache_get_state(till->cache, "cursor", cursor, sizeof cursor, NULL);
    return strcmp(cursor, last) == 0;
}

/* Also of a till whose history split, which hears of it no more. */
static bool has_booked_all(const struct sim_world *world)
{
    struct rows *rows;
    bool behind;

    must(STORE_SELECT(world->central->store, STATEMENT_DEVICE_BEHIND_NEXT, &rows, NULL, V_TEXT("")) == ST_OK,
         "who is behind");
    behind = rows_next(rows);
    must(rows_end(rows, NULL) == ST_OK, "who is behind");
    return !behind;
}

bool check_is_quiet(struct sim_world *world, char *out_why, size_t size)
{
    for (int i = 0; i < TILLS; i++) {
        struct sim_till *till = &world->tills[i];
        struct journal_head head;

        if (!till->up || !world->central || world->visits > 0)
            return false;
        if (till_lacks_records(till))
            sim_wrong(world, "till %d removed what a central put back to the last fortnight lacks", i);
        if (till->wants_code) {
            (void)snprintf(out_why, size, "till %d is not enrolled anew", i);
            return false;
        }
        if (till->left_forked)
            continue;
        if (lives_is_stranger(world, till)) {
            (void)snprintf(out_why, size, "the central does not know till %d", i);
            return false;
        }
        if (till_forked(till)) {
            (void)snprintf(out_why, size, "the history of till %d is split", i);
            return false;
        }
        journal_head(till->journal, &head);
        (void)snprintf(out_why, size, "till %d has %lld records, acked %lld, counted %lld, removed %lld", i,
                       (long long)head.position, (long long)journal_acked_position(till->journal),
                       (long long)journal_counted_position(till->journal),
                       (long long)journal_pruned_position(till->journal));
        /* What is counted is told of the epoch that is enrolled: once it has a record. */
        if (journal_acked_position(till->journal) < head.position ||
            (head.seq > 0 && journal_counted_position(till->journal) < head.position) || !has_heard_all(world, till))
            return false;
    }
    (void)snprintf(out_why, size, "the central has records to book");
    return has_booked_all(world);
}

struct row { /* of the central's journal */
    uint64_t epoch;
    int64_t seq;
    const char *bytes, *type;
    const void *hash;
    size_t len;
};

/* The record must be one that the till wrote, in that place of that epoch. What came before, under another place, is
 * none that counts again. */
static void check_row(struct sim_world *world, struct sqlite3 *db, struct sim_till *till, const struct row *row,
                      struct check_totals *totals)
{
    struct sim_written *written = lives_find(till, row->epoch, row->seq, sim_digest(row->bytes, row->len));

    if (!written) {
        sim_wrong(world, "the central's record %lld of till %d is not what the till wrote", (long long)row->seq,
                  till->place - 1);
        return;
    }
    for (int card = 0; card < MEMBERS; card++) {
        if (memmem(row->bytes, row->len, sim_card(card), 13))
            sim_wrong(world, "record %lld of till %d shows a card's number", (long long)row->seq, till->place - 1);
    }
    if (lives_is_there(till, written->first))
        world->both++;
    else
        check_record(world, db, till, row->type, row->bytes, row->len, totals);
    written->there = true;
}

/* Where the chain of one epoch stands. */
struct chain {
    uint64_t epoch;
    int64_t seq;
    uint8_t hash[SHA256_BYTES];
};

static void check_chain(struct sim_world *world, const struct sim_till *till, struct chain *chain,
                        const struct row *row)
{
    uint8_t hash[SHA256_BYTES];

    if (row->epoch != chain->epoch)
        *chain = (struct chain){.epoch = row->epoch};
    if (row->seq != ++chain->seq)
        sim_wrong(world, "the central has a gap or a double at %lld of till %d", (long long)row->seq,
                  till->place - 1);
    record_hash(chain->hash, row->bytes, row->len, hash);
    if (memcmp(hash, row->hash, sizeof hash) != 0)
        sim_wrong(world, "the chain of till %d is broken at %lld", till->place - 1, (long long)row->seq);
    memcpy(chain->hash, hash, sizeof hash);
}

/* Of a till whose history split, and nobody saw to it, the rest is still there. */
static void check_complete(struct sim_world *world, const struct sim_till *till)
{
    for (int64_t at = 1; at <= till->head && !till->left_forked; at++) {
        if (!lives_is_there(till, till->first[at]))
            sim_wrong(world, "record %lld of %lld of till %d is not at the central", (long long)at,
                      (long long)till->head, till->place - 1);
    }
}

static void check_till(struct sim_world *world, sqlite3 *db, struct sim_till *till, struct check_totals *totals)
{
    struct chain chain = {.epoch = 0};
    sqlite3_stmt *stmt = NULL;

    must(sqlite3_prepare_v2(db,
                            "SELECT epoch, seq, bytes, hash, type FROM journal WHERE dev = ?1 ORDER BY epoch, seq",
                            -1, &stmt, NULL) == SQLITE_OK,
         sqlite3_errmsg(db));
    (void)sqlite3_bind_text(stmt, 1, till->dev, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        struct row row = {.seq = sqlite3_column_int64(stmt, 1),
                          .bytes = sqlite3_column_blob(stmt, 2),
                          .len = (size_t)sqlite3_column_bytes(stmt, 2),
                          .hash = sqlite3_column_blob(stmt, 3),
                          .type = (const char *)sqlite3_column_text(stmt, 4)};

        must(hex_to_u64((const char *)sqlite3_column_text(stmt, 0), &row.epoch) == ST_OK, "an epoch");
        check_chain(world, till, &chain, &row);
        check_row(world, db, till, &row, totals);
    }
    sqlite3_finalize(stmt);
    check_complete(world, till);
}

/* Only a disk that was put back has another history; what became of it is in check_complete. */
static void check_copy(struct sim_world *world, sqlite3 *db, const struct sim_till *till)
{
    if (till->split_position < 0 &&
        check_number(db, "SELECT quarantined_seq FROM device WHERE dev = ?1", till->dev, NULL) > 0)
        sim_wrong(world, "till %d is in quarantine and has one history", till->place - 1);
}

void check_all(struct sim_world *world)
{
    struct check_totals totals = {0};
    sqlite3 *db = NULL;

    office_stop(world, true);
    must(sqlite3_open(DISK_FOLDER "9/central.db", &db) == SQLITE_OK, "the central's file");
    (void)sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
    if (sqlite3_exec(db, "SELECT count(*) FROM device", NULL, NULL, NULL) != SQLITE_OK) {
        sim_wrong(world, "the central's file cannot be read: %s", sqlite3_errmsg(db));
        sqlite3_close(db);
        return;
    }
    for (int i = 0; i < TILLS; i++) {
        check_copy(world, db, &world->tills[i]);
        check_till(world, db, &world->tills[i], &totals);
    }
    if (check_number(db, "SELECT count(*) FROM dead_letter", NULL, NULL) != 0)
        sim_wrong(world, "the central has dead letters");
    check_books(world, db, &totals);
    sqlite3_close(db);
}
