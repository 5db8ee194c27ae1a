/* SPDX-License-Identifier: Apache-2.0 */
/* Records go in, in their order, or are refused. What is read of them, epochs, acks, states: test_journal_state.c; the
 * file: test_journal_file.c. */
#include "agent/db/journal.h"
#include "sync/protocol/record.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(journal, .init = scratch_begin, .fini = scratch_end);

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

    append_sales(journal, 20);
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
    append_sales(journal, 1);
    journal_close(journal);
}

Test(journal, hash_is_the_chain_of_the_protocol)
{
    struct journal *journal = open_journal(":memory:");
    struct strbuf record = STRBUF_INIT(4096);
    struct journal_head head;
    uint8_t expected[SHA256_BYTES], stored[SHA256_BYTES];

    append_sales(journal, 3);
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

    append_sales(journal, 2);
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
    append_sales(journal, 1);
    journal_close(journal);
}

Test(journal, refuses_another_type_or_hlc_than_the_record_says_and_time_going_back)
{
    struct journal *journal = open_journal(":memory:");
    struct strbuf record = STRBUF_INIT(4096);
    struct journal_head head;

    append_sales(journal, 2);
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

    append_sales(journal, 1);
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
