/* SPDX-License-Identifier: Apache-2.0 */
/* Journals whose bytes were changed on disk: opening them is refused in words and touches nothing. */
#include "agent/base/file.h"
#include "agent/db/journal.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(journal_damage, .init = scratch_begin, .fini = scratch_end);

/* Opening is refused, says why, and leaves every byte as it was. */
static void expect_refused(enum status expected, const char *words)
{
    const struct journal_options options = {path_in("journal.db"), 1, 2, 3};
    struct journal *journal = NULL;
    struct errmsg err = ERRMSG_INIT;
    uint8_t before[SHA256_BYTES], after[SHA256_BYTES];

    file_digest(path_in("journal.db"), before);
    cr_expect_eq(journal_open(&options, &journal, &err), expected, "%s", err.text);
    cr_expect_null(journal);
    cr_expect(strstr(err.text, words), "\"%s\" has no \"%s\"", err.text, words);
    file_digest(path_in("journal.db"), after);
    cr_expect_arr_eq(before, after, SHA256_BYTES, "the file was touched");
}

struct breakage {
    const char *sql, *words;
};

Test(journal_damage, a_chain_broken_on_disk_is_found)
{
    static const struct breakage cases[] = {
        {"UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"n\":7', '\"n\":8') AS BLOB) WHERE position "
         "= 8",
         "record 8: its hash is not that of its bytes"},
        {"UPDATE record SET hash = zeroblob(32) WHERE position = 5", "record 5: its hash"},
        {"DELETE FROM record WHERE position = 6", "record 6 is missing"},
        {"DELETE FROM record WHERE position = 1", "record 1 is missing"},
        {"UPDATE record SET type = 'void' WHERE position = 20", "record 20: the record does not follow"},
        {"UPDATE record SET bytes = substr(bytes, 1, 40) WHERE position = 20", "record 20: the envelope is cut"},
        {"UPDATE record SET bytes = x'' WHERE position = 20", "record 20"},
        {"UPDATE state SET value = x'0000000000000001' WHERE name = 'journal.dev'", "record 1: the record does not"},
        {"DELETE FROM state WHERE name = 'journal.dev'", "the till's own name is missing"},
        {"UPDATE epoch SET epoch = x'0000000000000001'", "record 1: the record does not follow"},
        {"UPDATE epoch SET base = 30", "records are missing"},
        {"DELETE FROM epoch", "records but no epoch"},
        {"UPDATE epoch SET base = 2", "records are missing"},
        {"INSERT INTO epoch (epoch, base, opened_unix_ms) VALUES (x'0000000000000009', 12, 1)", "record 13"},
        {"UPDATE record SET position = 21 WHERE position = 20", "record 20 is missing"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_sales(20);
        run_sql("journal.db", cases[i].sql);
        expect_refused(ST_CORRUPT, cases[i].words);
        cr_assert_eq(unlink(path_in("journal.db")), 0);
    }
}

Test(journal_damage, only_the_end_of_a_long_chain_is_read_at_opening)
{
    make_sales(JOURNAL_CHECKED_AT_OPEN + 5);
    run_sql("journal.db", "UPDATE record SET bytes = x'00' WHERE position = 3");
    journal_close(open_journal(path_in("journal.db")));
    run_sql("journal.db", "UPDATE record SET bytes = x'00' WHERE position = 6");
    expect_refused(ST_CORRUPT, "record 6");
}

Test(journal_damage, garbage_and_torn_files_are_refused_in_words)
{
    static char garbage[8192];

    memset(garbage, 'x', sizeof garbage);
    make_sales(300);
    file_damage(path_in("journal.db"), 0, garbage, 100);
    expect_refused(ST_CORRUPT, "cannot be trusted");
    unlink(path_in("journal.db"));

    make_sales(300);
    file_damage(path_in("journal.db"), -8192, garbage, 3000);
    expect_refused(ST_CORRUPT, "journal.db");
    unlink(path_in("journal.db"));

    make_sales(300);
    cr_assert_eq(truncate(path_in("journal.db"), file_size(path_in("journal.db")) / 2 / 4096 * 4096), 0);
    expect_refused(ST_CORRUPT, "journal.db");
    cr_assert_eq(truncate(path_in("journal.db"), 700), 0);
    expect_refused(ST_CORRUPT, "journal.db");
    unlink(path_in("journal.db"));

    file_exists(path_in("journal.db"));
    run_sql("journal.db", "CREATE TABLE somebody_elses (x)");
    expect_refused(ST_CORRUPT, "database of another program");
}

/* A process that died left records in the WAL; then the file is damaged. What may still be of use to somebody stays,
 * byte for byte. */
Test(journal_damage, a_damaged_file_keeps_its_wal)
{
    static const char garbage[4096] = "garbage";
    uint8_t before[SHA256_BYTES], after[SHA256_BYTES];
    pid_t child = fork();

    if (child == 0) {
        struct journal *journal = open_journal(path_in("journal.db"));

        for (int i = 0; i < 300; i++)
            (void)append_sale(journal, i, NULL);
        journal_checkpoint(journal);
        for (int i = 0; i < 20; i++)
            (void)append_sale(journal, i, NULL);
        _exit(0);
    }
    cr_assert_eq(waitpid(child, NULL, 0), child);
    file_damage(path_in("journal.db"), 10 * 4096, garbage, sizeof garbage);
    file_digest(path_in("journal.db-wal"), before);
    expect_refused(ST_CORRUPT, "cannot be trusted");
    file_digest(path_in("journal.db-wal"), after);
    cr_expect_arr_eq(before, after, SHA256_BYTES, "the WAL was touched");
}

/* splitmix64 */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Bytes all over the file change: found, or of no consequence to what the chain covers; never a crash. */
Test(journal_damage, single_damaged_bytes_never_pass_as_other_records)
{
    struct journal *journal = NULL;
    const struct journal_options options = {path_in("journal.db"), 1, 2, 3};
    long long size, at;
    uint64_t seed = 4711;
    int refused = 0;

    make_sales(60);
    size = file_size(path_in("journal.db"));
    cr_assert_eq(rename(path_in("journal.db"), path_in("good.db")), 0);
    for (int round = 0; round < 150; round++) {
        char command[900];
        struct journal_head head;
        uint8_t byte;
        enum status st;

        at = (long long)(next_random(&seed) % (uint64_t)size);
        (void)snprintf(command, sizeof command, "cp %s %s", path_in("good.db"), path_in("journal.db"));
        cr_assert_eq(system(command), 0);
        byte = (uint8_t)next_random(&seed);
        file_damage(path_in("journal.db"), at, &byte, 1);
        st = journal_open(&options, &journal, NULL);
        if (st == ST_OK) {
            journal_head(journal, &head);
            cr_expect_eq(head.position, 60, "round %d of seed 4711: byte %lld is %02x, %lld records", round, at, byte,
                         (long long)head.position);
            journal_close(journal);
        } else {
            refused++;
        }
        (void)unlink(path_in("journal.db"));
        (void)unlink(path_in("journal.db-wal"));
    }
    cr_expect_gt(refused, 30, "only %d of 150 were seen", refused);
}
