/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/outbox_records.h"

#include "agent/db/journal.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct text {
    struct strbuf bytes;
    int64_t to;
};

static bool add_line(void *context, const struct journal_entry *entry)
{
    struct text *text = context;

    if (entry->position > text->to)
        return false;
    strbuf_add(&text->bytes, entry->bytes, entry->len);
    strbuf_putc(&text->bytes, '\n');
    return true;
}

/* The journal's own bytes from one position to another. */
static struct strbuf lines(const struct rig *rig, int64_t from, int64_t to)
{
    struct text text = {.bytes = STRBUF_INIT(4 * 1024 * 1024), .to = to};

    cr_assert_eq(journal_each(rig->world.journal, from, add_line, &text, NULL), ST_OK);
    cr_assert_eq(strbuf_status(&text.bytes), ST_OK);
    return text.bytes;
}

void outbox_expect(const struct rig *rig, const struct question *q, int64_t from, int64_t to)
{
    struct strbuf expected = lines(rig, from, to);

    cr_expect_eq(q->len, expected.len, "records %" PRId64 " to %" PRId64, from, to);
    cr_expect(q->len == expected.len && memcmp(q->body, expected.data, q->len) == 0);
    strbuf_free(&expected);
}

static struct question take(struct rig *rig, int64_t from, int64_t to)
{
    struct question q = rig_take(rig, OP_JOURNAL);

    outbox_expect(rig, &q, from, to);
    return q;
}

void outbox_take(struct rig *rig, int64_t from, int64_t to)
{
    struct question q = take(rig, from, to);

    question_clear(&q);
}

void outbox_answer(struct rig *rig, int64_t from, int64_t to, int status, const char *body)
{
    struct question q = take(rig, from, to);

    rig_answer(rig, &q, status, body);
    question_clear(&q);
}

void outbox_ack(struct rig *rig, int64_t from, int64_t to, const char *more)
{
    struct question q = take(rig, from, to);

    rig_ack(rig, &q, to, more);
    question_clear(&q);
}

void outbox_fill(struct rig *rig, int count, size_t body_len)
{
    char *body = malloc(body_len + 1);

    memset(body, 'x', body_len);
    memcpy(body, "{\"x\":\"", 6);
    memcpy(body + body_len - 2, "\"}", 3);
    for (int i = 0; i < count; i++)
        cr_assert_eq(till_record(rig->world.till, "note", body, body_len, NULL), ST_OK);
    free(body);
}

bool outbox_is_acked(struct rig *rig)
{
    return rig_acked(rig) == world_records(&rig->world);
}
