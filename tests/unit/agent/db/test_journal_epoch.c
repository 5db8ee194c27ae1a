/* SPDX-License-Identifier: Apache-2.0 */
/* A new life of the journal: what was not acked is its beginning, at the same positions, with the same content. */
#include "agent/db/journal.h"
#include "sync/protocol/origin.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

TestSuite(journal_epoch, .init = scratch_begin, .fini = scratch_end, .timeout = 60);

enum { RECORDS = 10, ACKED = 6 };
static const uint64_t NEW_EPOCH = 0x77;

/* Ten sales, of which the central is known to have six. */
static struct journal *make_forked(struct journal_head *out_head)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    uint8_t hash[SHA256_BYTES];

    for (int i = 1; i <= RECORDS; i++)
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
    journal_head(journal, out_head);
    cr_assert_eq(journal_hash_at(journal, ACKED, hash, NULL), ST_OK);
    cr_assert_eq(journal_set_acked(journal, out_head->epoch, ACKED, hash, NULL), ST_OK);
    return journal;
}

static enum status begin(struct journal *journal, uint64_t dev)
{
    const struct journal_life life = {.dev = dev, .epoch = NEW_EPOCH, .now_unix_ms = 1, .carry = carry_record};
    struct errmsg err = ERRMSG_INIT;

    return journal_begin_epoch(journal, &life, &err);
}

struct seen {
    struct strbuf hashes; /* of the bytes first written, in order */
    int64_t first, last, carried;
    uint64_t epoch; /* of the last one */
};

static bool look(void *context, const struct journal_entry *entry)
{
    struct seen *seen = context;
    struct record_head head;
    struct origin origin;
    size_t body_len;
    const char *body;

    cr_assert_eq(record_parse(entry->bytes, entry->len, &head, &body, &body_len, NULL), ST_OK);
    cr_expect_eq(head.epoch, entry->epoch);
    cr_expect_eq(head.seq, entry->seq);
    if (origin_read(&head, body, body_len, &origin, NULL) == ST_OK)
        seen->carried++;
    else
        memcpy(origin.hash, entry->hash, SHA256_BYTES);
    strbuf_add(&seen->hashes, origin.hash, SHA256_BYTES);
    seen->first = seen->first ? seen->first : entry->position;
    seen->last = entry->position;
    seen->epoch = entry->epoch;
    return true;
}

static struct seen see(struct journal *journal)
{
    struct seen seen = {.hashes = STRBUF_INIT(64 * SHA256_BYTES)};

    cr_assert_eq(journal_each(journal, 1, look, &seen, NULL), ST_OK);
    return seen;
}

static void expect_whole(struct journal *journal)
{
    struct errmsg err = ERRMSG_INIT;
    bool done = false;

    for (int i = 0; i < 4 && !done; i++)
        cr_assert_eq(journal_check_slice(journal, &done, &err), ST_OK, "%s", err.text);
    cr_expect(done);
}

Test(journal_epoch, what_was_not_acked_is_its_beginning)
{
    struct journal_head head, now;
    struct journal *journal = make_forked(&head);
    struct seen before = see(journal), after;
    int64_t position = 0;

    cr_assert_eq(begin(journal, head.dev), ST_OK);
    for (int opened = 0; opened < 2; opened++) {
        journal_head(journal, &now);
        cr_expect_eq(now.epoch, NEW_EPOCH);
        cr_expect_eq(now.seq, RECORDS - ACKED);
        cr_expect_eq(now.position, RECORDS);
        cr_expect_eq(now.hlc, head.hlc);
        cr_expect_eq(journal_acked_position(journal), ACKED);
        cr_assert_eq(journal_position(journal, NEW_EPOCH, 1, &position), ST_OK);
        cr_expect_eq(position, ACKED + 1);
        after = see(journal);
        cr_expect_eq(after.carried, RECORDS - ACKED);
        cr_expect_eq(after.epoch, NEW_EPOCH);
        cr_expect_arr_eq(after.hashes.data, before.hashes.data, before.hashes.len, "no record is another");
        strbuf_free(&after.hashes);
        expect_whole(journal);
        journal_close(journal);
        journal = open_journal(path_in("journal.db"));
    }
    cr_expect_eq(append_sale(journal, 11, NULL), ST_OK);
    journal_close(journal);
    strbuf_free(&before.hashes);
}

Test(journal_epoch, under_another_name_the_records_before_are_another_tills)
{
    struct journal_head head, now;
    struct journal *journal = make_forked(&head);
    struct seen after;

    cr_assert_eq(begin(journal, head.dev + 1), ST_OK);
    for (int opened = 0; opened < 2; opened++) {
        journal_head(journal, &now);
        cr_expect_eq(now.dev, head.dev + 1);
        cr_expect_eq(journal_pruned_position(journal), ACKED);
        after = see(journal);
        cr_expect_eq(after.first, ACKED + 1);
        cr_expect_eq(after.last, RECORDS);
        strbuf_free(&after.hashes);
        expect_whole(journal);
        journal_close(journal);
        journal = open_journal(path_in("journal.db"));
    }
    cr_expect_eq(append_sale(journal, 11, NULL), ST_OK);
    journal_close(journal);
}

Test(journal_epoch, with_nothing_to_send_it_is_empty_and_time_does_not_go_back)
{
    for (int another = 0; another < 2; another++) {
        struct journal_head head, now;
        struct journal *journal = make_forked(&head);

        cr_assert_eq(journal_set_acked(journal, head.epoch, RECORDS, head.hash, NULL), ST_OK);
        cr_assert_eq(begin(journal, head.dev + (uint64_t)another), ST_OK);
        journal_close(journal);
        journal = open_journal(path_in("journal.db"));
        journal_head(journal, &now);
        cr_expect_eq(now.seq, 0);
        cr_expect_eq(now.position, RECORDS);
        cr_expect_eq(now.hlc, head.hlc);
        cr_expect_eq(append_sale(journal, 11, NULL), ST_OK);
        journal_close(journal);
        scratch_end();
        scratch_begin();
    }
}

/* What the central counted of another life of this name is nothing of this one's. */
Test(journal_epoch, what_was_counted_beyond_the_ack_is_not)
{
    struct journal_head head;
    struct journal *journal = make_forked(&head);

    cr_assert_eq(journal_set_counted(journal, head.epoch, 9, 5, NULL), ST_OK);
    cr_assert_eq(begin(journal, head.dev), ST_OK);
    cr_expect_eq(journal_counted_position(journal), ACKED);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    cr_expect_eq(journal_counted_position(journal), ACKED);
    journal_close(journal);
}

/* The nth record cannot be made. */
static enum status carry_until(void *context, const struct journal_head *after, const struct journal_entry *entry,
                               struct strbuf *out_bytes, struct errmsg *err)
{
    int *left = context;

    if ((*left)-- == 0) {
        errmsg_set(err, "this one not");
        return ST_NOMEM;
    }
    return carry_record(NULL, after, entry, out_bytes, err);
}

Test(journal_epoch, is_begun_whole_or_not_at_all)
{
    struct journal_head head, now;
    struct journal *journal = make_forked(&head);
    struct seen before = see(journal), after;

    for (int another = 0; another < 2; another++) {
        int left = 2;
        const struct journal_life life = {
            .dev = head.dev + (uint64_t)another, .epoch = NEW_EPOCH, .carry = carry_until, .context = &left};

        cr_expect_eq(journal_begin_epoch(journal, &life, NULL), ST_NOMEM);
        journal_head(journal, &now);
        cr_expect_eq(memcmp(&now, &head, sizeof now), 0);
        after = see(journal);
        cr_expect_eq(after.carried, 0);
        cr_expect_eq(after.first, 1);
        cr_expect_eq(after.hashes.len, before.hashes.len);
        strbuf_free(&after.hashes);
    }
    expect_whole(journal);
    cr_expect_eq(append_sale(journal, 11, NULL), ST_OK);
    strbuf_free(&before.hashes);
    journal_close(journal);
}

/* ---- a central that was put back ---- */

Test(journal_epoch, the_last_of_many_that_are_over_are_named)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct journal_ended ended[JOURNAL_ENDED_MAX];
    struct journal_life life = {.epoch = NEW_EPOCH};
    struct journal_head head;
    int count = 0;

    for (int i = 1; i <= JOURNAL_ENDED_MAX + 3; i++) {
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
        journal_head(journal, &head);
        cr_assert_eq(journal_set_acked(journal, head.epoch, 1, head.hash, NULL), ST_OK);
        life.dev = head.dev;
        life.epoch++;
        cr_assert_eq(journal_begin_epoch(journal, &life, NULL), ST_OK);
    }
    cr_assert_eq(journal_ended(journal, ended, &count, NULL), ST_OK);
    cr_expect_eq(count, JOURNAL_ENDED_MAX);
    cr_expect_eq(ended[count - 1].epoch, life.epoch - 1);
    cr_expect_arr_eq(ended[count - 1].hash, head.hash, SHA256_BYTES);
    journal_close(journal);
}

/* Ten sales, all acked, and two in the epoch after them, one acked. */
static struct journal *make_two(struct journal_head *out_first)
{
    struct journal *journal = make_forked(out_first);
    uint8_t hash[SHA256_BYTES];

    cr_assert_eq(journal_set_acked(journal, out_first->epoch, RECORDS, out_first->hash, NULL), ST_OK);
    cr_assert_eq(begin(journal, out_first->dev), ST_OK);
    for (int i = 1; i <= 2; i++)
        cr_assert_eq(append_sale(journal, RECORDS + i, NULL), ST_OK);
    cr_assert_eq(journal_hash_at(journal, RECORDS + 1, hash, NULL), ST_OK);
    cr_assert_eq(journal_set_acked(journal, NEW_EPOCH, 1, hash, NULL), ST_OK);
    return journal;
}

Test(journal_epoch, what_a_central_put_back_lacks_is_the_beginning_of_the_next)
{
    const struct journal_life next = {.epoch = NEW_EPOCH + 1, .now_unix_ms = 1, .carry = carry_record};
    struct journal_ended ended[JOURNAL_ENDED_MAX];
    struct journal_life life = next;
    struct journal_head first, now;
    uint8_t hash[SHA256_BYTES];
    struct journal *journal = make_two(&first);
    struct seen before = see(journal), after;
    bool gone = true;
    int count = 0;

    cr_assert_eq(journal_ended(journal, ended, &count, NULL), ST_OK);
    cr_assert_eq(count, 1);
    cr_expect_eq(ended[0].epoch, first.epoch);
    cr_expect_eq(ended[0].seq, RECORDS);
    cr_expect_arr_eq(ended[0].hash, first.hash, SHA256_BYTES);
    cr_assert_eq(journal_hash_at(journal, ACKED, hash, NULL), ST_OK);
    cr_assert_eq(journal_go_back(journal, first.epoch, ACKED, hash, &gone, NULL), ST_OK);
    cr_expect_not(gone);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    cr_expect_eq(journal_acked_position(journal), ACKED, "it is on disk");
    life.dev = first.dev;
    cr_assert_eq(journal_begin_epoch(journal, &life, NULL), ST_OK);
    journal_head(journal, &now);
    cr_expect_eq(now.seq, RECORDS + 2 - ACKED);
    after = see(journal);
    cr_expect_eq(after.carried, RECORDS + 2 - ACKED);
    cr_expect_arr_eq(after.hashes.data, before.hashes.data, before.hashes.len, "each is what it was first written as");
    cr_assert_eq(journal_ended(journal, ended, &count, NULL), ST_OK);
    cr_expect(count == 1 && ended[0].seq == ACKED, "the epoch between has left no trace");
    expect_whole(journal);
    strbuf_free(&before.hashes);
    strbuf_free(&after.hashes);
    journal_close(journal);
}

Test(journal_epoch, goes_back_to_where_both_histories_are_one)
{
    static const uint8_t other[SHA256_BYTES] = {1};
    struct journal_head first, now;
    uint8_t hash[SHA256_BYTES];
    struct journal *journal = make_two(&first);
    bool gone = true;

    journal_head(journal, &now);
    cr_expect_eq(journal_go_back(journal, now.epoch, 1, other, &gone, NULL), ST_NOT_FOUND, "that one is not over");
    cr_expect_eq(journal_go_back(journal, 0x99, 1, other, &gone, NULL), ST_NOT_FOUND);
    cr_expect_eq(journal_go_back(journal, first.epoch, RECORDS + 1, other, &gone, NULL), ST_NOT_FOUND);
    cr_expect_eq(journal_acked_position(journal), RECORDS + 1);
    cr_assert_eq(journal_go_back(journal, first.epoch, ACKED, other, &gone, NULL), ST_OK);
    cr_expect(!gone && journal_acked_position(journal) == 0, "another history: all of that epoch");
    cr_assert_eq(journal_hash_at(journal, ACKED, hash, NULL), ST_OK);
    cr_assert_eq(journal_go_back(journal, first.epoch, ACKED, hash, &gone, NULL), ST_OK);
    cr_expect_eq(journal_acked_position(journal), 0, "never on");
    journal_close(journal);
}

Test(journal_epoch, what_was_removed_cannot_be_brought_and_that_is_said)
{
    struct journal_ended ended[JOURNAL_ENDED_MAX];
    struct journal_head first;
    uint8_t hash[SHA256_BYTES];
    struct journal *journal = make_two(&first);
    bool gone = false;
    int count = 0;

    cr_assert_eq(journal_hash_at(journal, 2, hash, NULL), ST_OK);
    cr_assert_eq(journal_set_counted(journal, first.epoch, RECORDS, 5, NULL), ST_OK);
    cr_assert_eq(journal_prune(journal, ACKED, NULL), ST_OK);
    cr_assert_eq(journal_go_back(journal, first.epoch, 2, hash, &gone, NULL), ST_OK);
    cr_expect(gone);
    cr_expect_eq(journal_acked_position(journal), ACKED);
    cr_assert_eq(journal_ended(journal, ended, &count, NULL), ST_OK);
    cr_expect_eq(count, 1);
    cr_assert_eq(journal_go_back(journal, first.epoch, 0, hash, &gone, NULL), ST_OK);
    cr_expect(gone && journal_acked_position(journal) == ACKED);
    journal_close(journal);
}

Test(journal_epoch, a_full_disk_leaves_the_old_life)
{
    struct journal_head head, now;
    struct journal *journal;

    disk_install();
    journal = make_forked(&head);
    cr_assert_eq(journal_set_counted(journal, head.epoch, 9, 5, NULL), ST_OK);
    disk_fail(DISK_FULL, "-wal", 1, true);
    cr_expect_eq(begin(journal, head.dev + 1), ST_FULL);
    disk_heal();
    journal_head(journal, &now);
    cr_expect_eq(now.epoch, head.epoch);
    cr_expect_eq(journal_pruned_position(journal), 0);
    cr_expect_eq(journal_counted_position(journal), 9);
    cr_expect_eq(append_sale(journal, 11, NULL), ST_OK);
    journal_close(journal);
}
