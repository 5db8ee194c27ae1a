/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/file.h"
#include "agent/db/journal.h"
#include "agent/db/sqlite.h"
#include "sync/protocol/record.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(journal, .init = scratch_begin, .fini = scratch_end);

static void append_many(struct journal *journal, int count)
{
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i < count; i++)
        cr_assert_eq(append_sale(journal, i, &err), ST_OK, "%s", err.text);
}

Test(journal, new_one_has_the_names_given_and_stands_at_zero)
{
    struct journal *journal = open_journal(":memory:");
    struct journal_head head;
    uint8_t zeros[SHA256_BYTES] = {0};

    journal_head(journal, &head);
    cr_expect_eq(head.dev, 0x1111222233334444u);
    cr_expect_eq(head.epoch, 0xaaaabbbbccccddddu);
    cr_expect_eq(head.seq, 0);
    cr_expect_eq(head.position, 0);
    cr_expect_eq(head.hlc, 0);
    cr_expect_arr_eq(head.hash, zeros, SHA256_BYTES);
    cr_expect_eq(journal_acked_position(journal), 0);
    cr_expect(!journal_failed(journal));
    journal_close(journal);
    journal_close(NULL);
}

Test(journal, names_stay_and_head_is_the_same_after_reopening)
{
    const struct journal_options other = {path_in("journal.db"), 1, 5, 6};
    struct journal *journal = open_journal(path_in("journal.db"));
    struct journal_head before, after;

    append_many(journal, 20);
    journal_head(journal, &before);
    journal_close(journal);
    cr_assert_eq(journal_open(&other, &journal, NULL), ST_OK);
    journal_head(journal, &after);
    cr_expect_eq(after.dev, before.dev);
    cr_expect_eq(after.epoch, before.epoch);
    cr_expect_eq(after.seq, 20);
    cr_expect_eq(after.position, 20);
    cr_expect_eq(after.hlc, before.hlc);
    cr_expect_arr_eq(after.hash, before.hash, SHA256_BYTES);
    append_many(journal, 1);
    journal_close(journal);
}

Test(journal, hash_is_the_chain_of_the_protocol)
{
    struct journal *journal = open_journal(":memory:");
    struct strbuf record = STRBUF_INIT(4096);
    struct journal_head head;
    uint8_t expected[SHA256_BYTES], stored[SHA256_BYTES];

    append_many(journal, 3);
    journal_head(journal, &head);
    make_record(&head, head.hlc + 5, "print", "{\"sale_id\":\"a\"}", &record);
    record_hash(head.hash, record.data, record.len, expected);
    cr_assert_eq(journal_append(journal, "print", head.hlc + 5, record.data, record.len, NULL), ST_OK);
    journal_head(journal, &head);
    cr_expect_arr_eq(head.hash, expected, SHA256_BYTES);
    cr_assert_eq(journal_hash_at(journal, 4, stored, NULL), ST_OK);
    cr_expect_arr_eq(stored, expected, SHA256_BYTES);
    cr_expect_eq(journal_hash_at(journal, 5, stored, NULL), ST_NOT_FOUND);
    cr_expect_eq(journal_hash_at(journal, 0, stored, NULL), ST_NOT_FOUND);
    strbuf_free(&record);
    journal_close(journal);
}

struct wrong {
    const char *what;
    int dev, epoch, seq, prev; /* what of the head is changed before the record is made */
    enum status expected;
};

Test(journal, refuses_a_record_that_does_not_follow)
{
    static const struct wrong cases[] = {{"another till's", 1, 0, 0, 0, ST_CONFLICT},
                                         {"another epoch's", 0, 1, 0, 0, ST_CONFLICT},
                                         {"a seq twice", 0, 0, -1, 0, ST_CONFLICT},
                                         {"a seq left out", 0, 0, 1, 0, ST_CONFLICT},
                                         {"another prev", 0, 0, 0, 1, ST_CONFLICT}};
    struct journal *journal = open_journal(":memory:");
    struct journal_head head, after;

    append_many(journal, 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf record = STRBUF_INIT(4096);
        struct errmsg err = ERRMSG_INIT;

        journal_head(journal, &head);
        head.dev ^= (uint64_t)cases[i].dev;
        head.epoch ^= (uint64_t)cases[i].epoch;
        head.seq += cases[i].seq;
        head.hash[0] ^= (uint8_t)cases[i].prev;
        make_record(&head, head.hlc + 1, "sale", "{}", &record);
        cr_expect_eq(journal_append(journal, "sale", head.hlc + 1, record.data, record.len, &err), cases[i].expected,
                     "%s", cases[i].what);
        cr_expect(err.text[0] != '\0', "%s", cases[i].what);
        journal_head(journal, &after);
        cr_expect_eq(after.position, 2, "%s", cases[i].what);
        strbuf_free(&record);
    }
    append_many(journal, 1);
    journal_close(journal);
}

Test(journal, refuses_another_type_or_hlc_than_the_record_says_and_time_going_back)
{
    struct journal *journal = open_journal(":memory:");
    struct strbuf record = STRBUF_INIT(4096);
    struct journal_head head;

    append_many(journal, 2);
    journal_head(journal, &head);
    make_record(&head, head.hlc + 1, "sale", "{}", &record);
    cr_expect_eq(journal_append(journal, "void", head.hlc + 1, record.data, record.len, NULL), ST_CONFLICT);
    cr_expect_eq(journal_append(journal, "sale", head.hlc + 2, record.data, record.len, NULL), ST_CONFLICT);
    cr_expect_eq(journal_append(journal, "Sale", head.hlc + 1, record.data, record.len, NULL), ST_INVALID);
    cr_expect_eq(journal_append(journal, "", head.hlc + 1, record.data, record.len, NULL), ST_INVALID);
    cr_expect_eq(journal_append(journal, "sale\"x", head.hlc + 1, record.data, record.len, NULL), ST_INVALID);
    cr_expect_eq(
        journal_append(journal, "a23456789012345678901234567890123", head.hlc + 1, record.data, record.len, NULL),
        ST_INVALID);
    strbuf_clear(&record);
    make_record(&head, head.hlc, "sale", "{}", &record);
    cr_expect_eq(journal_append(journal, "sale", head.hlc, record.data, record.len, NULL), ST_CONFLICT);
    strbuf_free(&record);
    journal_close(journal);
}

Test(journal, refuses_every_cut_of_a_record_a_line_end_and_one_too_long)
{
    struct journal *journal = open_journal(":memory:");
    struct strbuf record = STRBUF_INIT(2 * JOURNAL_RECORD_BYTES_MAX);
    struct journal_head head;
    char *at;

    append_many(journal, 1);
    journal_head(journal, &head);
    make_record(&head, head.hlc + 1, "sale", "{\"a\":\"bcd\"}", &record);
    for (size_t cut = 0; cut < record.len; cut++)
        cr_expect_neq(journal_append(journal, "sale", head.hlc + 1, record.data, cut, NULL), ST_OK, "cut at %zu",
                      cut);
    at = strstr(record.data, "bcd");
    at[1] = '\n';
    cr_expect_eq(journal_append(journal, "sale", head.hlc + 1, record.data, record.len, NULL), ST_INVALID);
    at[1] = 'c';
    record.data[record.len - 2] = ' ';
    while (record.len < JOURNAL_RECORD_BYTES_MAX - 1)
        strbuf_putc(&record, ' ');
    strbuf_putc(&record, '}');
    cr_expect_eq(record.len, JOURNAL_RECORD_BYTES_MAX);
    record.data[record.len - 2] = '}';
    record.data[record.len - 3] = ' ';
    strbuf_putc(&record, '}');
    cr_expect_eq(journal_append(journal, "sale", head.hlc + 1, record.data, record.len, NULL), ST_RANGE);
    cr_expect_eq(journal_append(journal, "sale", head.hlc + 1, record.data, record.len - 1, NULL), ST_OK);
    strbuf_free(&record);
    journal_close(journal);
}

struct walk {
    int64_t next;
    int visited, stop_after;
    struct journal *journal;
};

static bool walk_one(void *context, const struct journal_entry *entry)
{
    struct walk *walk = context;
    struct record_head head;
    const char *body;
    size_t body_len;

    cr_assert_eq(entry->position, walk->next);
    cr_assert_eq(record_parse(entry->bytes, entry->len, &head, &body, &body_len, NULL), ST_OK);
    cr_expect_eq(head.seq, entry->seq);
    cr_expect_eq(head.epoch, entry->epoch);
    cr_expect_str_eq(head.type, entry->type);
    walk->next++;
    return ++walk->visited != walk->stop_after;
}

Test(journal, each_visits_in_order_from_a_position_until_told_to_stop)
{
    struct journal *journal = open_journal(":memory:");
    struct walk all = {.next = 1}, some = {.next = 4, .stop_after = 3}, none = {.next = 11};

    append_many(journal, 10);
    cr_expect_eq(journal_each(journal, 1, walk_one, &all, NULL), ST_OK);
    cr_expect_eq(all.visited, 10);
    cr_expect_eq(journal_each(journal, 4, walk_one, &some, NULL), ST_OK);
    cr_expect_eq(some.visited, 3);
    cr_expect_eq(journal_each(journal, 11, walk_one, &none, NULL), ST_OK);
    cr_expect_eq(none.visited, 0);
    journal_close(journal);
}

static bool append_inside(void *context, const struct journal_entry *entry)
{
    struct walk *walk = context;

    walk->visited++;
    if (entry->position < 3)
        cr_expect_eq(append_sale(walk->journal, 100, NULL), ST_OK);
    journal_checkpoint(walk->journal);
    return walk->visited < 100;
}

Test(journal, a_visitor_may_append)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct walk walk = {.journal = journal};

    append_many(journal, 3);
    cr_expect_eq(journal_each(journal, 1, append_inside, &walk, NULL), ST_OK);
    cr_expect_geq(walk.visited, 3);
    cr_expect(!journal_failed(journal));
    journal_close(journal);
    journal_close(open_journal(path_in("journal.db")));
}

Test(journal, epochs_begin_the_chain_anew_and_positions_go_on)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    uint8_t zeros[SHA256_BYTES] = {0};
    struct journal_head head;
    struct walk walk = {.next = 1};
    int64_t position = -1;

    append_many(journal, 3);
    cr_expect_eq(begin_epoch(journal, 0xaaaabbbbccccdddd), ST_CONFLICT);
    cr_assert_eq(begin_epoch(journal, 77), ST_OK);
    journal_head(journal, &head);
    cr_expect_eq(head.epoch, 77);
    cr_expect_eq(head.seq, 0);
    cr_expect_eq(head.position, 3);
    cr_expect_arr_eq(head.hash, zeros, SHA256_BYTES);
    /* An epoch without records gives way to the next. */
    cr_assert_eq(begin_epoch(journal, 78), ST_OK);
    cr_expect_eq(journal_position(journal, 77, 1, &position), ST_NOT_FOUND);
    append_many(journal, 2);
    journal_close(journal);

    journal = open_journal(path_in("journal.db"));
    journal_head(journal, &head);
    cr_expect_eq(head.epoch, 78);
    cr_expect_eq(head.seq, 2);
    cr_expect_eq(head.position, 5);
    cr_expect_eq(journal_each(journal, 1, walk_one, &walk, NULL), ST_OK);
    cr_expect_eq(walk.visited, 5);
    cr_expect_eq(journal_position(journal, 0xaaaabbbbccccdddd, 2, &position), ST_OK);
    cr_expect_eq(position, 2);
    cr_expect_eq(journal_position(journal, 0xaaaabbbbccccdddd, 9, &position), ST_OK);
    cr_expect_eq(position, 3, "not into the next epoch");
    cr_expect_eq(journal_position(journal, 78, 1, &position), ST_OK);
    cr_expect_eq(position, 4);
    cr_expect_eq(journal_position(journal, 78, 100, &position), ST_OK);
    cr_expect_eq(position, 103);
    cr_expect_eq(journal_position(journal, 78, INT64_MAX, &position), ST_RANGE);
    cr_expect_eq(journal_position(journal, 78, -1, &position), ST_RANGE);
    cr_expect_eq(journal_position(journal, 79, 1, &position), ST_NOT_FOUND);
    journal_close(journal);
}

Test(journal, holds_no_more_epochs_than_its_bound)
{
    struct journal *journal = open_journal(":memory:");
    struct errmsg err = ERRMSG_INIT;

    for (int i = 1; i < JOURNAL_EPOCHS_MAX; i++) {
        append_many(journal, 1);
        cr_assert_eq(begin_epoch(journal, (uint64_t)i), ST_OK, "%s", err.text);
    }
    append_many(journal, 1);
    cr_expect_eq(begin_epoch(journal, 9999), ST_FULL);
    append_many(journal, 1);
    journal_close(journal);
}

Test(journal, ack_is_compared_kept_and_may_go_down)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    uint8_t hash[SHA256_BYTES], zeros[SHA256_BYTES] = {0};
    struct journal_head head;
    struct errmsg err = ERRMSG_INIT;

    append_many(journal, 5);
    journal_head(journal, &head);
    cr_assert_eq(journal_hash_at(journal, 4, hash, NULL), ST_OK);
    cr_expect_eq(journal_set_acked(journal, head.epoch, 4, hash, NULL), ST_OK);
    cr_expect_eq(journal_acked_position(journal), 4);
    cr_expect_eq(journal_set_acked(journal, head.epoch, 5, hash, &err), ST_CORRUPT);
    cr_expect(strstr(err.text, "another record at seq 5"), "%s", err.text);
    cr_expect_eq(journal_set_acked(journal, head.epoch, 6, hash, &err), ST_CORRUPT);
    cr_expect_eq(journal_set_acked(journal, head.epoch + 1, 1, hash, &err), ST_NOT_FOUND);
    cr_expect_eq(journal_set_acked(journal, head.epoch, -1, hash, &err), ST_NOT_FOUND);
    cr_expect_eq(journal_set_acked(journal, head.epoch, 0, hash, &err), ST_CORRUPT);
    cr_expect_eq(journal_acked_position(journal), 4);
    journal_close(journal);

    journal = open_journal(path_in("journal.db"));
    cr_expect_eq(journal_acked_position(journal), 4);
    cr_expect_eq(journal_set_acked(journal, head.epoch, 0, zeros, &err), ST_OK, "%s", err.text);
    journal_checkpoint(journal);
    cr_expect_eq(journal_acked_position(journal), 0);
    cr_assert_eq(journal_hash_at(journal, 2, hash, NULL), ST_OK);
    cr_expect_eq(journal_set_acked(journal, head.epoch, 2, hash, NULL), ST_OK);
    cr_expect_eq(journal_put_state(journal, "x", "y", 1, NULL), ST_OK);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    cr_expect_eq(journal_acked_position(journal), 2);
    journal_close(journal);
}

Test(journal, ack_of_an_earlier_epoch_ends_with_it)
{
    struct journal *journal = open_journal(":memory:");
    struct journal_head head;
    uint8_t hash[SHA256_BYTES];

    append_many(journal, 3);
    journal_head(journal, &head);
    cr_assert_eq(begin_epoch(journal, 5), ST_OK);
    append_many(journal, 3);
    cr_expect_eq(journal_set_acked(journal, head.epoch, 3, head.hash, NULL), ST_OK);
    cr_expect_eq(journal_acked_position(journal), 3);
    cr_assert_eq(journal_hash_at(journal, 4, hash, NULL), ST_OK);
    cr_expect_eq(journal_set_acked(journal, head.epoch, 4, hash, NULL), ST_CORRUPT);
    cr_expect_eq(journal_set_acked(journal, 5, 1, hash, NULL), ST_OK);
    cr_expect_eq(journal_acked_position(journal), 4);
    journal_close(journal);
}

static void expect_state(struct journal *journal, const char *name, const char *expected)
{
    char *value = NULL;
    size_t len = 0;
    enum status st = journal_get_state(journal, name, &value, &len, NULL);

    if (!expected) {
        cr_expect_eq(st, ST_NOT_FOUND, "%s", name);
        return;
    }
    cr_assert_eq(st, ST_OK, "%s", name);
    cr_expect_str_eq(value, expected);
    cr_expect_eq(len, strlen(expected));
    free(value);
}

Test(journal, states_are_put_together_or_not_at_all)
{
    static char large[JOURNAL_STATE_BYTES_MAX + 1];
    struct journal *journal = open_journal(path_in("journal.db"));
    const struct journal_state three[] = {{"a", "1", 1}, {"b", "22", 2}, {"empty", "", 0}};
    const struct journal_state change[] = {{"a", NULL, 0}, {"b", "3", 1}, {"no such", NULL, 0}};
    const struct journal_state bad[] = {{"b", "9", 1}, {"journal.acked", "1", 1}};

    cr_assert_eq(journal_put_states(journal, three, 3, NULL), ST_OK);
    expect_state(journal, "a", "1");
    expect_state(journal, "empty", "");
    cr_assert_eq(journal_put_states(journal, change, 3, NULL), ST_OK);
    cr_expect_eq(journal_put_states(journal, bad, 2, NULL), ST_INVALID);
    cr_expect_eq(journal_put_state(journal, "", "x", 1, NULL), ST_INVALID);
    cr_expect_eq(journal_put_state(journal, "big", large, sizeof large, NULL), ST_RANGE);
    cr_expect_eq(journal_put_state(journal, "big", large, sizeof large - 1, NULL), ST_OK);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    expect_state(journal, "a", NULL);
    expect_state(journal, "b", "3");
    journal_close(journal);
}

Test(journal, second_opener_is_refused)
{
    struct journal *journal = open_journal(path_in("journal.db")), *second = NULL;
    const struct journal_options options = {path_in("journal.db"), 1, 2, 3};
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(journal_open(&options, &second, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "held by another process"), "%s", err.text);
    append_many(journal, 1);
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
    append_many(journal, 1);
    disk_heal();
    for (int i = 0; i < 50; i++) {
        append_many(journal, 1);
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
