/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packed bodies of requests, which are unpacked before anything knows who sent them: never beyond the bound, the same
 * however often, left as they were when they are refused; and what comes out packs and unpacks to itself.
 */
#include "agent/net/http_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { BOUND = 64 * 1024, INPUT_BYTES_MAX = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void pack(const struct strbuf *text, struct strbuf *out)
{
    static unsigned char bytes[2 * BOUND];
    z_stream stream = {0};

    must(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    stream.next_in = (unsigned char *)text->data;
    stream.avail_in = (unsigned)text->len;
    stream.next_out = bytes;
    stream.avail_out = sizeof bytes;
    must(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    strbuf_add(out, bytes, sizeof bytes - stream.avail_out);
    (void)deflateEnd(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf body = STRBUF_INIT(INPUT_BYTES_MAX), packed = STRBUF_INIT(2 * BOUND);
    enum status st;

    if (size < 1 || size > INPUT_BYTES_MAX)
        return 0;
    strbuf_add(&body, data, size);
    st = http_gunzip(&body, BOUND);
    if (st == ST_OK) {
        must(body.len <= BOUND);
        pack(&body, &packed);
        must(http_gunzip(&packed, BOUND) == ST_OK && packed.len == body.len);
        must(body.len == 0 || memcmp(packed.data, body.data, body.len) == 0);
    } else {
        must((st == ST_INVALID || st == ST_FULL) && body.len == size && memcmp(body.data, data, size) == 0);
    }
    strbuf_free(&packed);
    strbuf_free(&body);
    return 0;
}
