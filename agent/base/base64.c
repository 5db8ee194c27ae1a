/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *bytes, size_t len, char *out_text)
{
    const uint8_t *in = bytes;
    char *out = out_text;
    size_t i;

    for (i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)in[i] << 16;

        if (left > 1)
            group |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        *out++ = base64_alphabet[group >> 18];
        *out++ = base64_alphabet[group >> 12 & 63];
        *out++ = left > 1 ? base64_alphabet[group >> 6 & 63] : '=';
        *out++ = left > 2 ? base64_alphabet[group & 63] : '=';
    }
    *out = '\0';
}

/* Of the alphabet of texts, or of that for addresses (RFC 4648, 5), whose last two differ. */
static int base64_value(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

/* Checks a text without its padding: length, alphabet, and that the bits no byte takes are zero, so that two texts
 * never mean the same bytes. */
static bool base64_is_valid(const char *text, size_t len, bool url)
{
    static const int left_over[4] = {0, 0, 15, 3};

    for (size_t i = 0; i < len; i++)
        if (base64_value(text[i], url) < 0)
            return false;
    return len % 4 != 1 && (len == 0 || (base64_value(text[len - 1], url) & left_over[len % 4]) == 0);
}

static enum status unbase64(const char *text, size_t len, bool url, uint8_t *out, size_t out_max, size_t *out_len)
{
    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;

    if (!base64_is_valid(text, len, url))
        return ST_INVALID;
    if (len / 4 * 3 + len % 4 * 6 / 8 > out_max)
        return ST_FULL;
    for (size_t i = 0; i < len; i++) {
        bits = (bits << 6 | (uint32_t)base64_value(text[i], url)) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[at++] = (uint8_t)(bits >> held);
        }
    }
    *out_len = at;
    return ST_OK;
}

enum status base64_decode(const char *text, void *out_bytes, size_t out_max, size_t *out_len)
{
    size_t len = strlen(text), pad = 0;

    while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
        pad++;
    if (len % 4 != 0)
        return ST_INVALID;
    return unbase64(text, len - pad, false, out_bytes, out_max, out_len);
}

enum status base64url_decode(const char *text, size_t len, void *out_bytes, size_t out_max, size_t *out_len)
{
    return unbase64(text, len, true, out_bytes, out_max, out_len);
}
