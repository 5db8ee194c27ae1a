/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/utf8.h"

static bool continues(char c)
{
    return ((uint8_t)c & 0xc0) == 0x80;
}

/* The length a first byte promises, 0 when none begins with it, and the least code that needs that length. */
static size_t promised_length(uint8_t first, uint32_t *out_bits, uint32_t *out_least)
{
    if (first < 0x80) {
        *out_bits = first;
        *out_least = 0;
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        *out_bits = first & 0x1fu;
        *out_least = 0x80;
        return 2;
    }
    if ((first & 0xf0) == 0xe0) {
        *out_bits = first & 0x0fu;
        *out_least = 0x800;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *out_bits = first & 0x07u;
        *out_least = 0x10000;
        return 4;
    }
    return 0;
}

static bool is_scalar(uint32_t code)
{
    return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

size_t utf8_next(const char *text, size_t len, uint32_t *out_code, bool *valid)
{
    uint32_t code = 0, least = 0;
    size_t wanted, got = 1;

    if (len == 0)
        return 0;
    wanted = promised_length((uint8_t)text[0], &code, &least);
    while (got < wanted && got < len && continues(text[got]))
        code = code << 6 | ((uint8_t)text[got++] & 0x3fu);
    if (got == wanted && code >= least && is_scalar(code)) {
        *out_code = code;
        return got;
    }
    *out_code = UTF8_INVALID;
    if (valid)
        *valid = false;
    return 1;
}

size_t utf8_next_letter(const char *text, size_t len, uint32_t *out_code)
{
    static const struct {
        uint32_t letter, mark, both;
    } pairs[] = {
        {0x0415, 0x0308, 0x0401}, {0x0435, 0x0308, 0x0451}, {0x0418, 0x0306, 0x0419}, {0x0438, 0x0306, 0x0439},
        {0x0406, 0x0308, 0x0407}, {0x0456, 0x0308, 0x0457}, {0x0423, 0x0306, 0x040E}, {0x0443, 0x0306, 0x045E},
    };
    size_t bytes = utf8_next(text, len, out_code, NULL), more;
    uint32_t mark;

    if (*out_code < 0x0400 || *out_code > 0x045F || bytes == len)
        return bytes;
    more = utf8_next(text + bytes, len - bytes, &mark, NULL);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].letter == *out_code && pairs[i].mark == mark) {
            *out_code = pairs[i].both;
            return bytes + more;
        }
    }
    return bytes;
}

bool utf8_is_valid(const char *text, size_t len)
{
    bool valid = true;
    uint32_t code;

    for (size_t at = 0; at < len && valid;)
        at += utf8_next(text + at, len - at, &code, &valid);
    return valid;
}

size_t utf8_put(uint32_t code, char out_bytes[4])
{
    if (!is_scalar(code))
        code = UTF8_INVALID;
    if (code < 0x80) {
        out_bytes[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out_bytes[0] = (char)(0xc0 | code >> 6);
        out_bytes[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out_bytes[0] = (char)(0xe0 | code >> 12);
        out_bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out_bytes[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out_bytes[0] = (char)(0xf0 | code >> 18);
    out_bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out_bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out_bytes[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

size_t utf8_length(const char *text, size_t len)
{
    size_t count = 0;
    uint32_t code;

    for (size_t at = 0; at < len; count++)
        at += utf8_next(text + at, len - at, &code, NULL);
    return count;
}

size_t utf8_cut(const char *text, size_t len, size_t len_max)
{
    size_t start = len_max;
    uint32_t code;

    if (len <= len_max)
        return len;
    /* The character that holds the first byte left out began at most three bytes before it. */
    while (start > 0 && len_max - start < 3 && continues(text[start]))
        start--;
    /* Bytes that belong to no whole character are characters of their own: then any place is a border. */
    if (start + utf8_next(text + start, len - start, &code, NULL) > len_max)
        return start;
    return len_max;
}
