/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true when the network is whole again and nothing is under way. The central's file is read by SQL of
 * its own, not by the central. */
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

static bool is_copy(const struct sim_till *till)
{
    return till->split_position >= 0;
}

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

bool check_is_quiet(struct sim_world *world, char *out_why, size_t size)
{
    for (int i = 0; i < TILLS; i++) {
        struct sim_till *till = &world->tills[i];
        struct journal_head head;

        if (!till->up || !world->central || world->visits > 0)
            return false;
        if (till_lacks_records(till))
            sim_wrong(world, "till %d removed what a central put back to the last fortnight lacks", i);
        if (till_forked(till))
            continue;
        journal_head(till->journal, &head);
        (void)snprintf(out_why, size, "till %d has %lld records, acked %lld, counted %lld, removed %lld", i,
                       (long long)head.position, (long long)journal_acked_position(till->journal),
                       (long long)journal_counted_position(till->journal),
                       (long long)journal_pruned_position(till->journal));
        if (journal_acked_position(till->journal) < head.position ||
            journal_counted_position(till->journal) < head.position || !has_heard_all(world, till))
            return false;
    }
    return true;
}

/* The record at seq must be the till's own; of a till whose disk was put back, that of one of its lives, and of one
 * only. */
static void check_row(struct sim_world *world, struct sim_till *till, int64_t seq, const void *bytes, int len,
                      bool *second_life, bool *first_life)
{
    uint64_t digest = sim_digest(bytes, (size_t)len);
    bool now = seq <= RECORDS_MAX && till->records[seq].confirmed && till->records[seq].tries[0] == digest;
    bool before = seq <= RECORDS_MAX && is_copy(till) && seq > till->split_position && till->old_life[seq] == digest;

    if (!now && !before)
        sim_wrong(world, "the central's record %lld of till %d is not what the till wrote", (long long)seq,
                  till->place - 1);
    if (is_copy(till) && seq > till->split_position) {
        *second_life = *second_life || (now && !before);
        *first_life = *first_life || (before && !now);
    }
    if (*second_life && *first_life)
        sim_wrong(world, "the central has records of two histories of till %d", till->place - 1);
    for (int card = 0; card < MEMBERS; card++) {
        if (memmem(bytes, (size_t)len, sim_card(card), 13))
            sim_wrong(world, "record %lld of till %d shows a card's number", (long long)seq, till->place - 1);
    }
}

static int64_t check_till(struct sim_world *world, sqlite3 *db, struct sim_till *till, struct check_totals *totals)
{
    uint8_t prev[SHA256_BYTES] = {0}, hash[SHA256_BYTES];
    bool second_life = false, first_life = false;
    sqlite3_stmt *stmt = NULL;
    int64_t seq = 0;

    must(sqlite3_prepare_v2(db, "SELECT seq, bytes, hash, type FROM journal WHERE dev = ?1 ORDER BY epoch, seq", -1,
                            &stmt, NULL) == SQLITE_OK,
         sqlite3_errmsg(db));
    (void)sqlite3_bind_text(stmt, 1, till->dev, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(stmt, 1);
        int len = sqlite3_column_bytes(stmt, 1);

        if (sqlite3_column_int64(stmt, 0) != ++seq)
            sim_wrong(world, "the central has a gap or a double at %lld of till %d", (long long)seq, till->place - 1);
        record_hash(prev, bytes, (size_t)len, hash);
        if (memcmp(hash, sqlite3_column_blob(stmt, 2), sizeof hash) != 0)
            sim_wrong(world, "the chain of till %d is broken at %lld", till->place - 1, (long long)seq);
        memcpy(prev, hash, sizeof prev);
        check_row(world, till, seq, bytes, len, &second_life, &first_life);
        check_record(world, db, (const char *)sqlite3_column_text(stmt, 3), bytes, (size_t)len, totals);
    }
    sqlite3_finalize(stmt);
    if (!is_copy(till) && seq != till->head)
        sim_wrong(world, "till %d wrote %lld records, the central has %lld", till->place - 1, (long long)till->head,
                  (long long)seq);
    return seq;
}

/* A disk put back that went another way since must be known as one, here or at the central. */
static void check_copy(struct sim_world *world, sqlite3 *db, const struct sim_till *till, int64_t seq)
{
    int64_t at = till->split_position + 1;
    bool apart = is_copy(till) && seq >= at && till->head >= at && till->old_life[at] != 0 &&
                 till->records[at].tries[0] != till->old_life[at];
    bool first_life_there = apart && till->old_head >= at;
    int64_t quarantined = check_number(db, "SELECT quarantined_seq FROM device WHERE dev = ?1", till->dev, NULL);

    if (!is_copy(till) && quarantined > 0)
        sim_wrong(world, "till %d is in quarantine and has one history", till->place - 1);
    if (first_life_there && quarantined == 0 && !till_forked(till) &&
        check_number(db, "SELECT acked FROM device WHERE dev = ?1", till->dev, NULL) != till->head)
        sim_wrong(world, "till %d was put back to an old disk and nobody saw it", till->place - 1);
}

void check_all(struct sim_world *world)
{
    struct check_totals totals = {0};
    sqlite3 *db = NULL;

    office_stop(world, true);
    must(sqlite3_open(DISK_FOLDER "9/central.db", &db) == SQLITE_OK, "the central's file");
    (void)sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
    for (int i = 0; i < TILLS; i++)
        check_copy(world, db, &world->tills[i], check_till(world, db, &world->tills[i], &totals));
    if (check_number(db, "SELECT count(*) FROM dead_letter", NULL, NULL) != 0)
        sim_wrong(world, "the central has dead letters");
    check_books(world, db, &totals);
    sqlite3_close(db);
}
