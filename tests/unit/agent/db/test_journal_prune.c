/* SPDX-License-Identifier: Apache-2.0 */
/* A record goes when it is acked and was counted long ago, and never else; what stays is a chain all the same. */
#include "agent/base/bytes.h"
#include "agent/db/journal.h"
#include "agent/db/sqlite.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

TestSuite(journal_prune, .init = scratch_begin, .fini = scratch_end);

enum { EPOCH_FIRST = 0x77 };
#define EPOCH    UINT64_C(0xaaaabbbbccccdddd)
#define DAY_MS   INT64_C(86400000)
#define START_MS INT64_C(1790000000000)

/* n records, one a day from START_MS on. */
static void append_days(struct journal *journal, int64_t from_day, int n)
{
    for (int i = 0; i < n; i++) {
        struct strbuf record = STRBUF_INIT(4096);
        struct errmsg err = ERRMSG_INIT;
        struct journal_head head;
        uint64_t hlc = (uint64_t)(START_MS + (from_day + i) * DAY_MS) << 16;

        journal_head(journal, &head);
        make_record(&head, hlc, "sale", "{\"sale\":{}}", &record);
        cr_assert_eq(journal_append(journal, "sale", hlc, record.data, record.len, &err), ST_OK, "%s", err.text);
        strbuf_free(&record);
    }
}

static struct {
    uint64_t epoch;
    int64_t counted;
} told = {.epoch = EPOCH}; /* what the central said last */

/* What the central says on that day of its clock. */
static void count(struct journal *journal, uint64_t epoch, int64_t counted, int64_t day)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(journal_set_counted(journal, epoch, counted, START_MS + day * DAY_MS, &err), ST_OK, "%s", err.text);
    told.epoch = epoch;
    told.counted = counted;
}

static void tell(struct journal *journal, uint64_t epoch, int64_t acked, int64_t counted)
{
    struct errmsg err = ERRMSG_INIT;
    uint8_t hash[SHA256_BYTES] = {0};
    int64_t position = 0;

    cr_assert_eq(journal_position(journal, epoch, acked, &position), ST_OK);
    if (acked > 0)
        cr_assert_eq(journal_hash_at(journal, position, hash, &err), ST_OK, "%s", err.text);
    cr_assert_eq(journal_set_acked(journal, epoch, acked, hash, &err), ST_OK, "%s", err.text);
    count(journal, epoch, counted, 0);
}

/* What may go when the central has come to that day and counts what it counted. */
static int64_t prunable(struct journal *journal, int64_t day)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t position = -1;

    count(journal, told.epoch, told.counted, day);
    cr_assert_eq(journal_prunable(journal, &position, &err), ST_OK, "%s", err.text);
    return position;
}

static bool count_entry(void *context, const struct journal_entry *entry)
{
    (void)entry;
    ++*(int *)context;
    return true;
}

static int records_there(struct journal *journal)
{
    int count = 0;

    cr_assert_eq(journal_each(journal, 1, count_entry, &count, NULL), ST_OK);
    return count;
}

Test(journal_prune, wants_ack_and_count_and_age)
{
    struct journal *journal = open_journal(":memory:");
    struct errmsg err = ERRMSG_INIT;

    append_days(journal, 0, 20);
    cr_expect_eq(prunable(journal, 1000), 0, "neither acked nor counted");
    tell(journal, EPOCH, 10, 0);
    cr_expect_eq(prunable(journal, 1000), 0, "not counted");
    cr_expect_eq(journal_prune(journal, 1, &err), ST_CONFLICT);
    tell(journal, EPOCH, 0, 10);
    cr_expect_eq(prunable(journal, 1000), 0, "not acked");
    cr_expect_eq(journal_prune(journal, 1, &err), ST_CONFLICT);
    tell(journal, EPOCH, 12, 0);
    count(journal, EPOCH, 1, 1);
    count(journal, EPOCH, 4, 3);
    count(journal, EPOCH, 10, 4);
    cr_expect_eq(prunable(journal, 14), 0, "counted 13 days ago");
    cr_expect_eq(prunable(journal, 15), 1, "what was counted 14 days ago");
    cr_expect_eq(prunable(journal, 17), 4);
    cr_expect_eq(prunable(journal, 1000), 10, "all that are counted");
    cr_expect_eq(journal_prune(journal, 11, &err), ST_CONFLICT);
    cr_expect_eq(records_there(journal), 20);
    cr_expect_eq(journal_prune(journal, 4, &err), ST_OK, "%s", err.text);
    cr_expect_eq(records_there(journal), 16);
    cr_expect_eq(journal_pruned_position(journal), 4);
    cr_expect_eq(journal_prune(journal, 4, &err), ST_OK, "again is nothing");
    tell(journal, EPOCH, 20, 20);
    cr_expect_eq(prunable(journal, 1000), 19, "the last one stays");
    journal_close(journal);
}

/* The clock of this till is nowhere asked: only what the central tells, and what it tells can be wrong, too. */
Test(journal_prune, what_a_central_counted_and_counts_no_more_is_not_old)
{
    struct journal *journal = open_journal(":memory:");

    append_days(journal, 0, 20);
    tell(journal, EPOCH, 15, 15);
    count(journal, EPOCH, 5, 10); /* put back to a backup */
    count(journal, EPOCH, 15, 12);
    cr_expect_eq(prunable(journal, 20), 5, "15 are counted since day 12");
    cr_expect_eq(prunable(journal, 26), 15);
    journal_close(journal);
}

Test(journal_prune, a_central_whose_clock_was_ahead_is_waited_for)
{
    struct journal *journal = open_journal(":memory:");

    append_days(journal, 0, 20);
    tell(journal, EPOCH, 10, 0);
    count(journal, EPOCH, 10, 3650);
    cr_expect_eq(prunable(journal, 3650), 0, "they were counted just then");
    cr_expect_eq(prunable(journal, 1), 0);
    cr_expect_eq(prunable(journal, 14), 0);
    cr_expect_eq(prunable(journal, 15), 10);
    journal_close(journal);
}

Test(journal_prune, the_days_go_on_over_a_restart)
{
    struct journal *journal = open_journal(path_in("journal.db"));

    append_days(journal, 0, 20);
    tell(journal, EPOCH, 15, 3);
    for (int64_t day = 1; day <= 40; day++) { /* more than are kept */
        count(journal, EPOCH, 3 + (day < 12 ? day : 12), day);
        journal_close(journal);
        journal = open_journal(path_in("journal.db"));
    }
    cr_expect_eq(prunable(journal, 40), 15);
    cr_assert_eq(journal_set_counted(journal, EPOCH, 15, 0, NULL), ST_OK, "an older central tells no time");
    cr_expect_eq(prunable(journal, 41), 15);
    journal_close(journal);
}

Test(journal_prune, what_stays_is_a_chain_after_a_restart)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct errmsg err = ERRMSG_INIT;
    struct journal_head before, after;
    uint8_t hash[SHA256_BYTES];
    bool done = false;

    append_days(journal, 0, 50);
    tell(journal, EPOCH, 49, 49);
    cr_assert_eq(journal_prune(journal, 30, &err), ST_OK, "%s", err.text);
    journal_head(journal, &before);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    journal_head(journal, &after);
    cr_expect_eq(after.position, before.position);
    cr_expect_arr_eq(after.hash, before.hash, SHA256_BYTES);
    cr_expect_eq(journal_acked_position(journal), 49);
    cr_expect_eq(journal_counted_position(journal), 49);
    cr_expect_eq(journal_pruned_position(journal), 30);
    cr_expect_eq(journal_hash_at(journal, 30, hash, &err), ST_OK, "the last one gone still has its hash");
    cr_expect_eq(journal_hash_at(journal, 29, hash, &err), ST_NOT_FOUND);
    cr_expect(strstr(err.text, "removed"), "%s", err.text);
    cr_assert_eq(journal_prune(journal, 49, &err), ST_OK, "%s", err.text);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    append_days(journal, 60, 3);
    for (int i = 0; i < 4 && !done; i++)
        cr_assert_eq(journal_check_slice(journal, &done, &err), ST_OK, "%s", err.text);
    cr_expect(done);
    journal_close(journal);
}

Test(journal_prune, goes_over_the_end_of_an_epoch)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct errmsg err = ERRMSG_INIT;

    append_days(journal, 0, 5);
    cr_assert_eq(begin_epoch(journal, EPOCH_FIRST), ST_OK, "%s", err.text);
    append_days(journal, 6, 5);
    tell(journal, EPOCH_FIRST, 3, 2);
    cr_expect_eq(prunable(journal, 1000), 7);
    cr_assert_eq(journal_prune(journal, 5, &err), ST_OK, "%s", err.text);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    cr_assert_eq(journal_prune(journal, 7, &err), ST_OK, "%s", err.text);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    cr_expect_eq(records_there(journal), 3);
    journal_close(journal);
}

Test(journal_prune, a_record_behind_the_gone_ones_is_missed)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    const struct journal_options options = {path_in("journal.db"), START_MS, 1, 2};
    struct errmsg err = ERRMSG_INIT;
    struct sqlite db;

    append_days(journal, 0, 9);
    tell(journal, EPOCH, 8, 8);
    cr_assert_eq(journal_prune(journal, 4, &err), ST_OK, "%s", err.text);
    journal_close(journal);
    cr_assert_eq(sqlite_open(&(struct sqlite_options){path_in("journal.db"), true, 0x4c59444a}, &db, &err), ST_OK);
    cr_assert_eq(sqlite_exec(&db, "DELETE FROM record WHERE position = 5", &err), ST_OK, "%s", err.text);
    sqlite_close(&db);
    cr_expect_eq(journal_open(&options, &journal, &err), ST_CORRUPT);
    cr_expect(strstr(err.text, "record 5 is missing"), "%s", err.text);
}

Test(journal_prune, a_central_of_long_ago_is_told_so)
{
    struct journal *journal = open_journal(":memory:");
    struct errmsg err = ERRMSG_INIT;
    uint8_t zeros[SHA256_BYTES] = {0};

    append_days(journal, 0, 20);
    tell(journal, EPOCH, 15, 15);
    cr_assert_eq(journal_prune(journal, 12, &err), ST_OK, "%s", err.text);
    cr_expect_eq(journal_set_acked(journal, EPOCH, 0, zeros, &err), ST_RANGE);
    cr_expect(strstr(err.text, "14 days"), "%s", err.text);
    cr_expect_eq(journal_acked_position(journal), 15);
    tell(journal, EPOCH, 12, 12); /* it may go down as far as records are there */
    cr_expect_eq(journal_set_counted(journal, EPOCH, 3, 0, &err), ST_OK);
    cr_expect_eq(journal_counted_position(journal), 12, "below what is gone it cannot be asked for");
    cr_expect_eq(journal_set_counted(journal, EPOCH, 21, 0, &err), ST_NOT_FOUND);
    cr_expect_eq(journal_set_counted(journal, 99, 1, 0, &err), ST_NOT_FOUND);
    journal_close(journal);
}

Test(journal_prune, goes_in_slices)
{
    struct journal *journal = open_journal(":memory:");
    int slices = 0;
    bool done = false;

    append_days(journal, 0, 100);
    tell(journal, EPOCH, 100, 100);
    for (int64_t to; (to = prunable(journal, 1000)) > 0; slices++)
        cr_assert_eq(journal_prune(journal, to, NULL), ST_OK);
    cr_expect_eq(slices, 4, "99 records of 32 a slice, not %d", slices);
    cr_assert_eq(journal_check_slice(journal, &done, NULL), ST_OK);
    cr_expect(done);
    journal_close(journal);
}

Test(journal_prune, the_full_check_finds_what_the_start_does_not_look_at)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct errmsg err = ERRMSG_INIT;
    enum status st = ST_OK;
    struct sqlite db;
    bool done = false;
    int slices = 0;

    for (int i = 0; i < JOURNAL_CHECKED_AT_OPEN + 200; i++)
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
    for (; st == ST_OK && !done; slices++)
        st = journal_check_slice(journal, &done, &err);
    cr_expect_eq(st, ST_OK, "%s", err.text);
    cr_expect_eq(slices, (JOURNAL_CHECKED_AT_OPEN + 200 + JOURNAL_SLICE_RECORDS - 1) / JOURNAL_SLICE_RECORDS);
    journal_close(journal);
    cr_assert_eq(sqlite_open(&(struct sqlite_options){path_in("journal.db"), true, 0x4c59444a}, &db, &err), ST_OK);
    cr_assert_eq(sqlite_exec(&db,
                             "UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"n\":99}', '\"n\":98}')"
                             " AS BLOB) WHERE position = 100",
                             &err),
                 ST_OK, "%s", err.text);
    sqlite_close(&db);
    journal = open_journal(path_in("journal.db"));
    for (done = false, st = ST_OK; st == ST_OK && !done;)
        st = journal_check_slice(journal, &done, &err);
    cr_expect_eq(st, ST_CORRUPT);
    cr_expect(strstr(err.text, "record 100"), "%s", err.text);
    journal_close(journal);
}
