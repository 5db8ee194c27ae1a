/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/strbuf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 64 };

/* The size to allocate for want bytes: doubled, so that appending byte by byte stays linear, but not past what the
 * ceiling and its NUL can ever use. */
static size_t next_cap(const struct strbuf *buf, size_t want)
{
    size_t cap = buf->cap ? buf->cap : FIRST_BYTES;

    while (cap < want)
        cap = cap <= SIZE_MAX / 2 ? cap * 2 : want;
    if (cap - 1 > buf->len_max)
        cap = buf->len_max + 1;
    return cap;
}

/* Makes room for len more bytes and the NUL; on false only the status has changed. */
static bool reserve(struct strbuf *buf, size_t len)
{
    size_t cap;
    char *data;

    if (buf->st != ST_OK)
        return false;
    /* SIZE_MAX leaves no place for the NUL, whatever the ceiling says. */
    if (buf->len > buf->len_max || len > buf->len_max - buf->len || len >= SIZE_MAX - buf->len) {
        buf->st = ST_FULL;
        return false;
    }
    if (buf->data && buf->len + len < buf->cap)
        return true;
    cap = next_cap(buf, buf->len + len + 1);
    data = realloc(buf->data, cap);
    if (!data) {
        buf->st = ST_NOMEM;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

char *strbuf_extend_slowly(struct strbuf *buf, size_t len)
{
    if (!reserve(buf, len))
        return NULL;
    buf->len += len;
    buf->data[buf->len] = '\0';
    return buf->data + buf->len - len;
}

void strbuf_add(struct strbuf *buf, const void *bytes, size_t len)
{
    char *at = len > 0 ? strbuf_extend(buf, len) : NULL;

    if (at)
        memcpy(at, bytes, len);
}

void strbuf_puts(struct strbuf *buf, const char *text)
{
    strbuf_add(buf, text, strlen(text));
}

void strbuf_putc(struct strbuf *buf, char c)
{
    strbuf_add(buf, &c, 1);
}

/* By hand, two digits at a time: results are mostly numbers. */
void strbuf_put_int(struct strbuf *buf, int64_t value)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
        "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char text[20];
    size_t at = sizeof text;

    for (; rest >= 100; rest /= 100) {
        at -= 2;
        memcpy(text + at, pairs + rest % 100 * 2, 2);
    }
    if (rest >= 10) {
        at -= 2;
        memcpy(text + at, pairs + rest * 2, 2);
    } else {
        text[--at] = (char)('0' + rest);
    }
    if (value < 0)
        text[--at] = '-';
    strbuf_add(buf, text + at, sizeof text - at);
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        /* A format of ours that the C library refuses. */
        if (buf->st == ST_OK)
            buf->st = ST_INTERNAL;
        return;
    }
    if (len == 0 || !reserve(buf, (size_t)len))
        return;
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void strbuf_consume(struct strbuf *buf, size_t len)
{
    if (!buf->data)
        return;
    if (len > buf->len)
        len = buf->len;
    buf->len -= len;
    memmove(buf->data, buf->data + len, buf->len);
    buf->data[buf->len] = '\0';
}

void strbuf_clear(struct strbuf *buf)
{
    buf->len = 0;
    buf->st = ST_OK;
    if (buf->data)
        buf->data[0] = '\0';
}

void strbuf_free(struct strbuf *buf)
{
    free(buf->data);
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
}

char *strbuf_detach(struct strbuf *buf, size_t *out_len)
{
    char *data = buf->data;

    if (out_len)
        *out_len = buf->len;
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
    return data;
}
