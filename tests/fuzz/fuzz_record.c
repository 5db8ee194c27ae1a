/* SPDX-License-Identifier: Apache-2.0 */
/* A record that is taken has one spelling only: written again from what was read, it must be the same bytes. Carried
 * over, it is a record still, and of the same origin as before or of itself. */
#include "sync/protocol/origin.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

static void carry(const struct record_head *head, const char *body, size_t body_len, const uint8_t *data, size_t size)
{
    struct record_head to = {.dev = ~head->dev, .epoch = ~head->epoch, .seq = 1}, now;
    struct strbuf carried = STRBUF_INIT(2 * RECORD_BYTES_MAX);
    struct origin before, after;
    const char *now_body;
    size_t now_len;
    uint8_t hash[SHA256_BYTES];
    enum status was = origin_read(head, body, body_len, &before, NULL), is;

    record_hash(head->prev, data, size, hash);
    must(origin_carry(&to, (const char *)data, size, &carried, NULL) == ST_OK);
    must(record_parse(carried.data, carried.len, &now, &now_body, &now_len, NULL) == ST_OK);
    is = origin_read(&now, now_body, now_len, &after, NULL);
    must(is == ST_OK || (was != ST_OK && carried.len + 200 > RECORD_BYTES_MAX));
    if (is == ST_OK)
        must(memcmp(after.hash, was == ST_OK ? before.hash : hash, sizeof hash) == 0);
    strbuf_free(&carried);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf again = STRBUF_INIT(2 * RECORD_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct record_head head;
    const char *body;
    size_t body_len;

    if (record_parse((const char *)data, size, &head, &body, &body_len, &err) != ST_OK) {
        must(err.text[0] != '\0');
        return 0;
    }
    must(head.seq > 0 && head.type_version > 0 && head.type[0] != '\0');
    must(record_encode(&head, body, body_len, &again, &err) == ST_OK);
    must(again.len == size && memcmp(again.data, data, size) == 0);
    strbuf_free(&again);
    carry(&head, body, body_len, data, size);
    return 0;
}
