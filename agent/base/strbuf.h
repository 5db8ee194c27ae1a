/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strbuf - a growing byte buffer with a ceiling.
 *
 * Appending past the ceiling or out of memory appends nothing, and the buffer remembers it: write a whole text, then
 * ask strbuf_status once. data is always NUL-terminated once anything was appended. What is appended
 * must not lie in the buffer itself.
 */
#ifndef LOYALD_BASE_STRBUF_H
#define LOYALD_BASE_STRBUF_H

#include "agent/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct strbuf {
    char *data; /* NULL until the first append */
    size_t len;
    size_t cap;
    size_t len_max;
    enum status st; /* ST_OK, ST_FULL or ST_NOMEM; sticky until strbuf_clear */
};

#define STRBUF_INIT(max)                                                                                             \
    {                                                                                                                \
        .len_max = (max)                                                                                             \
    }

void strbuf_add(struct strbuf *buf, const void *bytes, size_t len);
void strbuf_puts(struct strbuf *buf, const char *text);
void strbuf_putc(struct strbuf *buf, char c);
void strbuf_put_int(struct strbuf *buf, int64_t value);
/* Appends len bytes that the caller writes where the answer points, at once; NULL when they do not fit. */
char *strbuf_extend_slowly(struct strbuf *buf, size_t len);
static inline char *strbuf_extend(struct strbuf *buf, size_t len)
{
    char *at;

    /* cap never passes what the ceiling and its NUL can use. */
    if (!buf->data || buf->st != ST_OK || len >= buf->cap - buf->len)
        return strbuf_extend_slowly(buf, len);
    at = buf->data + buf->len;
    buf->len += len;
    buf->data[buf->len] = '\0';
    return at;
}
__attribute__((format(printf, 2, 3))) void strbuf_printf(struct strbuf *buf, const char *format, ...);
/* Drops the first len bytes. */
void strbuf_consume(struct strbuf *buf, size_t len);
/* Empties the buffer and forgets its error; keeps the memory. */
void strbuf_clear(struct strbuf *buf);
void strbuf_free(struct strbuf *buf);
static inline enum status strbuf_status(const struct strbuf *buf)
{
    return buf->st;
}
/* Returns a view of the text, "" when nothing was appended. */
static inline const char *strbuf_text(const struct strbuf *buf)
{
    return buf->data ? buf->data : "";
}
/* Returns owned the bytes (free()), NULL when nothing was appended; the buffer is empty afterwards. */
char *strbuf_detach(struct strbuf *buf, size_t *out_len);

#endif
