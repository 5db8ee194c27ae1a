/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drain_fill - puts sales into the journal of a till that is stopped, as if it had sold for days without a link.
 *
 *   drain_fill JOURNAL COUNT      sales of one line by 1,000 members, 90 points each; about 700 bytes a record
 *
 * Each record is a commit, as at a till: fill a copy in memory (/dev/shm) where that would take too long.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/strbuf.h"
#include "agent/db/journal.h"
#include "sync/protocol/record.h"

enum { MEMBERS = 1000, COUNT_MAX = 10 * 1000 * 1000, BODY_BYTES_MAX = 1200 };

static void must(enum status st, const struct errmsg *err)
{
    if (st == ST_OK)
        return;
    fprintf(stderr, "drain_fill: %s\n", err->text[0] ? err->text : status_text(st));
    exit(1);
}

static void put_sale(struct journal *journal, struct strbuf *bytes)
{
    char body[BODY_BYTES_MAX];
    struct errmsg err = ERRMSG_INIT;
    struct journal_head at;
    struct record_head head = {.type = "sale", .type_version = 1};

    journal_head(journal, &at);
    head.dev = at.dev;
    head.epoch = at.epoch;
    head.seq = at.seq + 1;
    head.hlc = at.hlc + 1;
    memcpy(head.prev, at.hash, SHA256_BYTES);
    (void)snprintf(body, sizeof(body),
                   "{\"sale\":{\"sale_id\":\"%016" PRIx64 "-%" PRId64 "\",\"store\":{\"id\":\"S12\"},\"till\":\"3\","
                   "\"at\":\"2026-11-22T18:05:00+03:00\",\"business_date\":\"2026-11-22\",\"lines\":[{\"line\":1,"
                   "\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}],\"member\":{\"id\":\"D%" PRId64
                   "\"}},\"result\":{\"digest\":\"00\",\"gross_minor\":10000,\"discount_minor\":0,"
                   "\"redeemed_minor\":0,\"total_minor\":10000,\"points\":[{\"currency\":\"bonus\",\"earned\":90,"
                   "\"redeemed\":0,\"by\":[]}]},\"bundle\":\"\",\"identifier\":\"\",\"entry\":\"scan\",\"tenders\":"
                   "[{\"kind\":\"cash\",\"amount_minor\":10000}],\"shown_minor\":10000}",
                   at.dev, at.position + 1, at.position * 7919 % MEMBERS);
    strbuf_clear(bytes);
    must(record_encode(&head, body, strlen(body), bytes, &err), &err);
    must(journal_append(journal, head.type, head.hlc, bytes->data, bytes->len, &err), &err);
}

int main(int argc, char **argv)
{
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    struct strbuf bytes = STRBUF_INIT(RECORD_BYTES_MAX);
    struct journal_options options = {.now_unix_ms = clock_wall_ms(clock_system()), .new_dev = 1, .new_epoch = 1};
    struct errmsg err = ERRMSG_INIT;
    struct journal *journal;

    if (count < 1 || count > COUNT_MAX) {
        fprintf(stderr, "usage: drain_fill JOURNAL 1..%d\n", COUNT_MAX);
        return 2;
    }
    options.path = argv[1];
    must(journal_open(&options, &journal, &err), &err);
    for (long i = 0; i < count; i++)
        put_sale(journal, &bytes);
    journal_close(journal);
    strbuf_free(&bytes);
    return 0;
}
