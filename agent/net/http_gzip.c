/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks a body; stops at the bound, so that a body of zeros costs no more than an honest one. */
#include "agent/net/http_internal.h"

#include <zlib.h>

enum { WINDOW_BITS_GZIP = 15 + 16, PIECE_BYTES = 8192 };

static enum status inflate_all(z_stream *stream, struct strbuf *out)
{
    unsigned char piece[PIECE_BYTES];
    int rc;

    do {
        stream->next_out = piece;
        stream->avail_out = sizeof piece;
        rc = inflate(stream, Z_NO_FLUSH);
        if (rc == Z_MEM_ERROR)
            return ST_NOMEM;
        if (rc != Z_OK && rc != Z_STREAM_END)
            return ST_INVALID; /* not gzip, damaged, or cut short */
        strbuf_add(out, piece, sizeof piece - stream->avail_out);
        if (strbuf_status(out) != ST_OK)
            return strbuf_status(out);
    } while (rc != Z_STREAM_END);
    return stream->avail_in == 0 ? ST_OK : ST_INVALID; /* one member, nothing behind it */
}

enum status http_gunzip(struct strbuf *body, size_t len_max)
{
    struct strbuf out = STRBUF_INIT(len_max);
    z_stream stream = {0};
    enum status st;

    if (inflateInit2(&stream, WINDOW_BITS_GZIP) != Z_OK)
        return ST_NOMEM;
    stream.next_in = (unsigned char *)body->data;
    stream.avail_in = (unsigned)body->len; /* below body_max, far below 4 GiB */
    st = inflate_all(&stream, &out);
    (void)inflateEnd(&stream);
    if (st != ST_OK) {
        strbuf_free(&out);
        return st;
    }
    strbuf_free(body);
    *body = out;
    return ST_OK;
}
