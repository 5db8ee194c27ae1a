/* SPDX-License-Identifier: Apache-2.0 */
/* The journal as a file: who may open it, how it is written, what of another version is in it. */
#include "agent/base/file.h"
#include "agent/db/journal.h"
#include "agent/db/sqlite.h"
#include "sync/protocol/record.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Test(journal, second_opener_is_refused)
{
    struct journal *journal = open_journal(path_in("journal.db")), *second = NULL;
    const struct journal_options options = {path_in("journal.db"), 1, 2, 3};
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(journal_open(&options, &second, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "held by another process"), "%s", err.text);
    append_sales(journal, 1);
    journal_close(journal);
    journal_close(open_journal(path_in("journal.db")));
}

Test(journal, file_is_private_without_shared_memory_and_its_wal_has_its_size)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct stat info;
    long long wal = file_size(path_in("journal.db-wal"));

    cr_expect_eq(stat(path_in("journal.db"), &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0600);
    cr_expect_eq(stat(path_in("journal.db-wal"), &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0600);
    cr_expect(!file_exists(path_in("journal.db-shm")));
    cr_expect_geq(wal, SQLITE_WAL_FILL_BYTES);
    for (int i = 0; i < 2000; i++) {
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
        if (i % 300 == 0)
            journal_checkpoint(journal);
    }
    cr_expect_eq(file_size(path_in("journal.db-wal")), wal, "2,000 sales overwrite, never grow it");
    journal_close(journal);
    cr_expect(!file_exists(path_in("journal.db-wal")), "a clean stop leaves one file");
}

Test(journal, idle_moments_do_not_cost_the_next_sale_a_second_sync)
{
    struct journal *journal;

    disk_install();
    journal = open_journal(path_in("journal.db"));
    append_sales(journal, 1);
    disk_heal();
    for (int i = 0; i < 50; i++) {
        append_sales(journal, 1);
        journal_checkpoint(journal);
    }
    cr_expect_eq(disk_sync_count(), 50, "%d syncs for 50 records", disk_sync_count());
    journal_close(journal);
}

static bool compare_line(void *context, const struct journal_entry *entry)
{
    const char **at = context;

    cr_assert_eq(strncmp(*at, entry->bytes, entry->len), 0, "record %" PRId64, entry->position);
    *at += entry->len;
    cr_assert_eq(**at, '\n');
    ++*at;
    return true;
}

/* schema/wire/records.jsonl: one record of each type, the last of a type that nobody knows. */
Test(journal, keeps_the_exact_bytes_of_every_type_known_or_not)
{
    const struct journal_options options = {":memory:", 1, 0x3f6c1d20a4b5e677, 0x91c2d3e4f5061728};
    struct journal *journal = NULL;
    struct errmsg err = ERRMSG_INIT;
    char *text = NULL;
    const char *at;
    size_t len = 0;
    int count = 0;

    cr_assert_eq(file_read(LOYALD_SOURCE_DIR "/schema/wire/records.jsonl", 1 << 20, &text, &len, &err), ST_OK, "%s",
                 err.text);
    cr_assert_eq(journal_open(&options, &journal, &err), ST_OK, "%s", err.text);
    for (at = text; *at != '\0'; count++) {
        size_t line = strcspn(at, "\n"), body_len;
        struct record_head head;
        const char *body;

        cr_assert_eq(record_parse(at, line, &head, &body, &body_len, &err), ST_OK, "%s", err.text);
        cr_assert_eq(journal_append(journal, head.type, head.hlc, at, line, &err), ST_OK, "%s: %s", head.type,
                     err.text);
        at += line + 1;
    }
    cr_expect_geq(count, 14);
    at = text;
    cr_assert_eq(journal_each(journal, 1, compare_line, &at, NULL), ST_OK);
    cr_expect_eq(*at, '\0');
    free(text);
    journal_close(journal);
}

Test(journal, of_a_newer_number_is_refused_in_words_and_not_touched)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct journal_options options = {.path = path_in("journal.db"), .now_unix_ms = 1790000000000, .new_dev = 1, .new_epoch = 2};
    uint8_t before[SHA256_BYTES], after[SHA256_BYTES];
    struct errmsg err = ERRMSG_INIT;
    sqlite3 *db = NULL;

    cr_assert_eq(append_sale(journal, 1, NULL), ST_OK);
    journal_close(journal);
    cr_assert_eq(sqlite3_open(path_in("journal.db"), &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    file_digest(path_in("journal.db"), before);
    cr_expect_eq(journal_open(&options, &journal, &err), ST_UNSUPPORTED);
    cr_expect(strstr(err.text, "newer version") && strstr(err.text, "install that version again"), "%s", err.text);
    file_digest(path_in("journal.db"), after);
    cr_expect_arr_eq(before, after, sizeof before, "a sale that an older program cannot read is kept for the newer one");
    cr_expect_eq(count_files("journal.db.damaged"), 0, "and is no damage");
}
