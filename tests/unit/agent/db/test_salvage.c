/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is damaged, every record whose own pages are not is saved, and the till starts with what is made of it. */
#include "agent/base/file.h"
#include "agent/db/journal.h"
#include "agent/db/salvage.h"
#include "agent/db/sqlite.h"
#include "sync/protocol/record.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(salvage, .init = scratch_begin, .fini = scratch_end, .timeout = 120);

enum { RECORDS = 1500, PAGE = 4096, ROUNDS = 40 };

static uint64_t state = 20260101;

static uint64_t dice(uint64_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
}

/* One in eight goes on over some pages. */
static void append_sized(struct journal *journal, int n)
{
    size_t size = dice(8) == 0 ? 4000 + dice(12000) : 40 + dice(900);
    char *body = malloc(size + 64);
    struct strbuf record = STRBUF_INIT(64 * 1024);
    struct journal_head head;
    struct errmsg err = ERRMSG_INIT;
    int len = snprintf(body, 64, "{\"n\":%d,\"x\":\"", n);

    memset(body + len, 'a' + n % 26, size);
    memcpy(body + (size_t)len + size, "\"}", 3);
    journal_head(journal, &head);
    make_record(&head, head.hlc + 1, "sale", body, &record);
    cr_assert_eq(journal_append(journal, "sale", head.hlc + 1, record.data, record.len, &err), ST_OK, "%s", err.text);
    strbuf_free(&record);
    free(body);
}

/* A journal with an ack and a state; with_log: as a process that was killed leaves it. */
static void make_journal(const char *path, bool with_log)
{
    struct journal *journal = open_journal(path);
    uint8_t hash[SHA256_BYTES];
    char copy[300];

    for (int i = 1; i <= RECORDS; i++)
        append_sized(journal, i);
    cr_assert_eq(journal_hash_at(journal, 1000, hash, NULL), ST_OK);
    cr_assert_eq(journal_set_acked(journal, 0xaaaabbbbccccdddd, 1000, hash, NULL), ST_OK);
    cr_assert_eq(journal_put_state(journal, "identity", "{\"chain\":\"demo\"}", 16, NULL), ST_OK);
    if (with_log) {
        for (int i = 0; i < 40; i++)
            append_sized(journal, i);
        (void)snprintf(copy, sizeof copy, "cp '%s' '%s.copy' && cp '%s-wal' '%s.copy-wal'", path, path, path, path);
        cr_assert_eq(system(copy), 0);
    }
    journal_close(journal);
    if (with_log) {
        (void)snprintf(copy, sizeof copy, "mv '%s.copy' '%s' && mv '%s.copy-wal' '%s-wal'", path, path, path, path);
        cr_assert_eq(system(copy), 0);
    }
}

static struct salvage *open_salvage(const char *path)
{
    struct salvage *salvage = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(salvage_open(path, &salvage, &err), ST_OK, "%s", err.text);
    return salvage;
}

/* For each record of the whole file the pages it lies on. */
struct truth {
    int64_t pages[RECORDS + 41][8];
    int count[RECORDS + 41];
};

static struct truth *truth_of(const char *path, size_t expected)
{
    struct salvage *salvage = open_salvage(path);
    const struct salvage_record *records;
    struct truth *truth = calloc(1, sizeof *truth);
    char *bytes = malloc(1 << 20), type[33];
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(salvage_records(salvage, &records), expected, "%zu", salvage_records(salvage, &records));
    for (size_t i = 0; i < expected; i++) {
        int64_t pages[SALVAGE_PAGES_MAX];
        int count = 0;

        cr_assert_eq(records[i].position, (int64_t)i + 1);
        cr_assert_eq(salvage_read(salvage, &records[i], type, bytes, pages, &count, &err), ST_OK, "%s", err.text);
        cr_assert_leq(count, 8);
        memcpy(truth->pages[i + 1], pages, (size_t)count * sizeof pages[0]);
        truth->count[i + 1] = count;
    }
    free(bytes);
    salvage_close(salvage);
    return truth;
}

static bool is_whole(const struct truth *truth, int position, const bool *damaged)
{
    for (int i = 0; i < truth->count[position]; i++)
        if (truth->pages[position][i] > 0 && damaged[truth->pages[position][i]])
            return false;
    return true;
}

/* What reading row by row, from both ends until the first error, gives. */
static int rows_of_a_dump(const char *path)
{
    static const char *const orders[] = {"ASC", "DESC"};
    sqlite3 *db = NULL;
    int rows = 0;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        for (int i = 0; i < 2; i++) {
            sqlite3_stmt *statement = NULL;
            char sql[120];
            int some = 0;

            (void)snprintf(sql, sizeof sql, "SELECT position, bytes, hash FROM record ORDER BY position %s",
                           orders[i]);
            if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)
                while (sqlite3_step(statement) == SQLITE_ROW)
                    some++;
            rows += some;
            (void)sqlite3_finalize(statement);
            if (some >= RECORDS)
                break;
        }
    }
    (void)sqlite3_close(db);
    return rows < RECORDS ? rows : RECORDS;
}

Test(salvage, every_record_on_pages_that_are_not_damaged_is_saved)
{
    struct truth *truth;
    int64_t pages;
    int dumped = 0, saved = 0;
    char command[300];

    make_journal(path_in("whole.db"), false);
    truth = truth_of(path_in("whole.db"), RECORDS);
    pages = file_size(path_in("whole.db")) / PAGE;
    for (int round = 0; round < ROUNDS; round++) {
        bool *damaged = calloc((size_t)pages + 1, sizeof *damaged);
        bool *found = calloc(RECORDS + 1, sizeof *found);
        const struct salvage_record *records;
        struct salvage *salvage;
        size_t count;

        (void)snprintf(command, sizeof command, "cp '%s' '%s'", path_in("whole.db"), path_in("hurt.db"));
        cr_assert_eq(system(command), 0);
        for (uint64_t n = 1 + dice(round % 2 ? 30 : 3); n > 0; n--) {
            uint8_t garbage[PAGE];
            uint64_t from = dice(PAGE), len = 1 + dice(PAGE - from),
                     page = round % 4 == 0 && n == 1 ? 0 : dice((uint64_t)pages);

            for (size_t i = 0; i < len; i++)
                garbage[i] = (uint8_t)dice(256);
            file_damage(path_in("hurt.db"), (long long)(page * PAGE + from), garbage, len);
            damaged[page + 1] = true;
        }
        salvage = open_salvage(path_in("hurt.db"));
        count = salvage_records(salvage, &records);
        for (size_t i = 0; i < count; i++) {
            cr_assert(records[i].position >= 1 && records[i].position <= RECORDS, "round %d", round);
            found[records[i].position] = true;
        }
        for (int i = 1; i <= RECORDS; i++)
            cr_expect(found[i] || !is_whole(truth, i, damaged), "round %d: record %d is lost", round, i);
        saved += (int)count;
        dumped += rows_of_a_dump(path_in("hurt.db"));
        salvage_close(salvage);
        free(damaged);
        free(found);
    }
    printf("salvage: %d of %d rows saved, reading row by row from both ends gives %d\n", saved, ROUNDS * RECORDS,
           dumped);
    cr_expect_geq(saved, dumped);
    free(truth);
}

static void run(const char *path, const char *out, struct salvage_report *report)
{
    const struct salvage_options options = {path, out, 1790000000000, 5, 6};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(salvage_run(&options, report, &err), ST_OK, "%s", err.text);
}

static bool count_entry(void *context, const struct journal_entry *entry)
{
    (void)entry;
    ++*(int64_t *)context;
    return true;
}

/* The new journal goes on after the old one, under a new epoch, with the old name and state. */
static void check_new_journal(const char *path, const struct salvage_report *report, bool has_state)
{
    struct journal *journal = open_journal(path);
    struct journal_head head;
    char *value = NULL;
    size_t len = 0;
    int64_t count = 0;

    journal_head(journal, &head);
    cr_expect_eq(head.dev, 0x1111222233334444u);
    cr_expect_eq(head.epoch, 6);
    cr_expect_eq(head.seq, 0);
    cr_expect_eq(head.position, report->last_position);
    cr_expect_eq(journal_acked_position(journal), report->last_position, "the old epoch is not sent from here");
    cr_expect_eq(journal_get_state(journal, "identity", &value, &len, NULL), has_state ? ST_OK : ST_NOT_FOUND);
    free(value);
    cr_assert_eq(journal_each(journal, 1, count_entry, &count, NULL), ST_OK);
    cr_expect_eq(count, report->last_position - report->kept_from + 1);
    append_sized(journal, 1);
    journal_close(journal);
    journal_close(open_journal(path));
}

static int64_t lines_in(const char *path, int64_t first_seq)
{
    char *text = NULL, *at;
    size_t len = 0;
    int64_t count = 0;

    cr_assert_eq(file_read(path, 64 << 20, &text, &len, NULL), ST_OK);
    for (at = text; *at != '\0'; count++) {
        size_t line = strcspn(at, "\n"), body_len;
        struct record_head head;
        const char *body;

        cr_assert_eq(record_parse(at, line, &head, &body, &body_len, NULL), ST_OK);
        cr_expect(head.seq >= first_seq);
        at += line + 1;
    }
    free(text);
    return count;
}

Test(salvage, a_journal_with_a_gap_goes_on_and_says_what_is_missing)
{
    struct salvage_report report;
    struct truth *truth;
    uint8_t garbage[PAGE];
    int64_t page;

    make_journal(path_in("journal.db"), false);
    truth = truth_of(path_in("journal.db"), RECORDS);
    page = truth->pages[1200][0];
    memset(garbage, 0x5a, sizeof garbage);
    file_damage(path_in("journal.db"), (page - 1) * PAGE, garbage, sizeof garbage);
    run(path_in("journal.db"), path_in("out"), &report);
    cr_expect_eq(report.gap_count, 1);
    cr_expect(report.gaps[0].seq_from <= 1200 && report.gaps[0].seq_to >= 1200);
    cr_expect_eq(report.records + report.records_missing, RECORDS);
    cr_expect_eq(report.acked, 1000);
    cr_expect_eq(report.unsynced, 500 - report.records_missing);
    cr_expect_eq(report.kept_from, report.gaps[0].seq_to + 1);
    cr_expect_eq(lines_in(path_in("out/unsynced.jsonl"), 1001), report.unsynced);
    check_new_journal(path_in("out/journal.db"), &report, true);
    free(truth);
}

Test(salvage, a_truncated_file_and_a_lost_log)
{
    struct salvage_report whole, report;
    char copy[300];

    make_journal(path_in("journal.db"), true);
    run(path_in("journal.db"), path_in("out1"), &whole);
    cr_expect_eq(whole.records, RECORDS + 40, "with its log it is whole: %" PRId64, whole.records);
    cr_expect_eq(whole.records_missing, 0);
    check_new_journal(path_in("out1/journal.db"), &whole, true);
    (void)snprintf(copy, sizeof copy, "cp '%s' '%s'", path_in("journal.db"), path_in("nolog.db"));
    cr_assert_eq(system(copy), 0);
    run(path_in("nolog.db"), path_in("out2"), &report);
    cr_expect(report.records > 0 && report.records < RECORDS + 40);
    check_new_journal(path_in("out2/journal.db"), &report, false);
    cr_assert_eq(truncate(path_in("nolog.db"), 300 * PAGE + 77), 0);
    run(path_in("nolog.db"), path_in("out3"), &report);
    cr_expect_gt(report.records, 100);
    journal_close(open_journal(path_in("out3/journal.db")));
}

Test(salvage, a_log_damaged_in_the_middle_still_gives_its_records)
{
    struct salvage_report report;
    uint8_t garbage[64];

    make_journal(path_in("journal.db"), true);
    memset(garbage, 0x33, sizeof garbage);
    file_damage(path_in("journal.db-wal"), 32 + 3 * (PAGE + 24) + 100, garbage, sizeof garbage);
    run(path_in("journal.db"), path_in("out"), &report);
    cr_expect_geq(report.last_position, RECORDS + 40);
    cr_expect_lt(report.records_missing, 20, "%" PRId64, report.records_missing);
}

Test(salvage, nothing_is_overwritten_and_what_is_no_journal_gives_nothing)
{
    struct salvage_options options = {path_in("journal.db"), path_in("out"), 1, 5, 6};
    struct salvage_report report;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(salvage_run(&options, &report, &err), ST_NOT_FOUND);
    make_journal(path_in("journal.db"), false);
    run(path_in("journal.db"), path_in("out"), &report);
    cr_expect_eq(salvage_run(&options, &report, &err), ST_CONFLICT, "%s", err.text);
    cr_expect(strstr(err.text, "another folder"), "%s", err.text);
    cr_assert_eq(file_write(path_in("noise"), "not a database at all", 21, 0600, &err), ST_OK);
    options.path = path_in("noise");
    options.out_folder = path_in("out2");
    cr_expect_eq(salvage_run(&options, &report, &err), ST_OK, "%s", err.text);
    cr_expect_eq(report.records, 0);
    cr_expect(report.dev_lost);
}
