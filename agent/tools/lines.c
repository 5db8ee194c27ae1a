/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* False at the end and when reading fails; ended tells the two apart. */
static bool read_block(struct lines *lines, void (*before_wait)(void))
{
    ssize_t n;

    before_wait();
    do
        n = read(lines->fd, lines->block, sizeof lines->block);
    while (n < 0 && errno == EINTR);
    lines->at = 0;
    lines->len = n > 0 ? (size_t)n : 0;
    lines->ended = n == 0;
    return n > 0;
}

static void drop_return(struct strbuf *line)
{
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->data[--line->len] = '\0'; /* a file made on Windows */
}

enum line lines_next(struct lines *lines, struct strbuf *out, void (*before_wait)(void))
{
    bool any = false, too_long = false;

    strbuf_clear(out);
    for (;;) {
        const char *start, *end;
        size_t part;

        if (lines->at == lines->len && (lines->ended || !read_block(lines, before_wait)))
            break;
        start = lines->block + lines->at;
        end = memchr(start, '\n', lines->len - lines->at);
        part = end ? (size_t)(end - start) : lines->len - lines->at;
        if (!too_long)
            strbuf_add(out, start, part);
        too_long = strbuf_status(out) != ST_OK;
        any = true;
        lines->at += part + (end != NULL);
        if (end) {
            drop_return(out);
            return too_long ? LINE_TOO_LONG : LINE_READ;
        }
    }
    if (!lines->ended)
        return LINE_FAILED;
    drop_return(out);
    return !any ? LINE_END : too_long ? LINE_TOO_LONG : LINE_READ;
}
