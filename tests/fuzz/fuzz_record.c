/* SPDX-License-Identifier: Apache-2.0 */
/* A record that is taken has one spelling only: written again from what was read, it must be the same bytes. */
#include "sync/protocol/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
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
    return 0;
}
