/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/app_code.h"

#include <string.h>

enum { HALF_BYTES = 32, RAW_BYTES = 2 * HALF_BYTES, RAW_CHARACTERS = 86, EXPIRES_DIGITS_MAX = 11 };

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* 86 characters are 64 bytes and four bits that must be zero, or one signature could be written in sixteen ways. */
static bool decode_raw(const char *text, size_t len, uint8_t out_raw[RAW_BYTES])
{
    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;

    if (len != RAW_CHARACTERS)
        return false;
    for (size_t i = 0; i < len; i++) {
        int value = value_of(text[i]);

        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out_raw[at++] = (uint8_t)(bits >> held);
        }
    }
    return (bits & 0xf) == 0;
}

/* One number as DER has it: no zeros in front, but one where the first bit would make it negative. */
static size_t put_integer(const uint8_t half[HALF_BYTES], uint8_t *out)
{
    size_t skip = 0, len;
    bool pad;

    while (skip < HALF_BYTES - 1 && half[skip] == 0)
        skip++;
    pad = half[skip] & 0x80;
    len = HALF_BYTES - skip;
    out[0] = 0x02;
    out[1] = (uint8_t)(len + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, half + skip, len);
    return 2 + pad + len;
}

static bool parse_expires(const char *text, size_t len, int64_t *out_value)
{
    int64_t value = 0;

    if (len == 0 || len > EXPIRES_DIGITS_MAX || text[0] == '0')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out_value = value;
    return true;
}

bool app_code_parse(const char *text, size_t len, struct app_code *out_code, const char **out_why)
{
    const char *end = text + len, *id, *expires, *signature;
    uint8_t raw[RAW_BYTES];
    size_t id_len;

    *out_why = "no app code";
    if (len > APP_CODE_BYTES_MAX || len < 3 || memcmp(text, APP_CODE_PREFIX, 3) != 0)
        return false;
    id = text + 3;
    *out_why = "an app code without its parts; it may have been read in part";
    expires = memchr(id, '.', (size_t)(end - id));
    if (!expires)
        return false;
    id_len = (size_t)(expires++ - id);
    signature = memchr(expires, '.', (size_t)(end - expires));
    if (!signature || id_len == 0 || id_len > APP_CODE_ID_MAX)
        return false;
    for (size_t i = 0; i < id_len; i++)
        if (value_of(id[i]) < 0)
            return false;
    if (!parse_expires(expires, (size_t)(signature - expires), &out_code->expires_unix_s) ||
        !decode_raw(signature + 1, (size_t)(end - signature - 1), raw))
        return false;
    memcpy(out_code->id, id, id_len);
    out_code->id[id_len] = '\0';
    out_code->signed_len = (size_t)(signature - text);
    out_code->der_len = 2 + put_integer(raw, out_code->der + 2);
    out_code->der_len += put_integer(raw + HALF_BYTES, out_code->der + out_code->der_len);
    out_code->der[0] = 0x30;
    out_code->der[1] = (uint8_t)(out_code->der_len - 2);
    return true;
}
