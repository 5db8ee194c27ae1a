/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal tells: its records one after the other, epochs, acks, states. */
#include "agent/db/journal.h"
#include "sync/protocol/record.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

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

    append_sales(journal, 10);
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

    append_sales(journal, 3);
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

    append_sales(journal, 3);
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
    append_sales(journal, 2);
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
        append_sales(journal, 1);
        cr_assert_eq(begin_epoch(journal, (uint64_t)i), ST_OK, "%s", err.text);
    }
    append_sales(journal, 1);
    cr_expect_eq(begin_epoch(journal, 9999), ST_FULL);
    append_sales(journal, 1);
    journal_close(journal);
}

Test(journal, ack_is_compared_kept_and_may_go_down)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    uint8_t hash[SHA256_BYTES], zeros[SHA256_BYTES] = {0};
    struct journal_head head;
    struct errmsg err = ERRMSG_INIT;

    append_sales(journal, 5);
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

    append_sales(journal, 3);
    journal_head(journal, &head);
    cr_assert_eq(begin_epoch(journal, 5), ST_OK);
    append_sales(journal, 3);
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
