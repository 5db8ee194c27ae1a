/* SPDX-License-Identifier: Apache-2.0 */
/* json_bytes - looks at the bytes of a JSON string eight at a time (internal to base). */
#ifndef LOYALD_BASE_JSON_BYTES_H
#define LOYALD_BASE_JSON_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Not zero when one of eight bytes must be looked at: beyond ASCII, a control character, a quote or a backslash. The
 * usual trick with a borrow out of each byte; a byte above 0x7f is caught by itself. */
static inline uint64_t json_marks(uint64_t bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
    uint64_t quote = bytes ^ ones * '"', slash = bytes ^ ones * '\\';

    return (bytes | (bytes - ones * 0x20) | (quote - ones) | (slash - ones)) & tops;
}

static inline int json_is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* How much of the text is plain from its begin on. */
static inline size_t json_plain_length(const char *text, size_t len)
{
    size_t at = 0;
    uint64_t bytes;

    for (; len - at >= sizeof bytes; at += sizeof bytes) {
        memcpy(&bytes, text + at, sizeof bytes);
        bytes = json_marks(bytes);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        if (bytes) /* the lowest mark is exact: nothing below it has borrowed */
            return at + (size_t)__builtin_ctzll(bytes) / 8;
#else
        if (bytes)
            break;
#endif
    }
    while (at < len && json_is_plain(text[at]))
        at++;
    return at;
}

#endif
