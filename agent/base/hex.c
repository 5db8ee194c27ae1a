/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/hex.h"

#include "agent/base/bytes.h"

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void hex_encode(const void *bytes, size_t len, char *out_text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;

    for (size_t i = 0; i < len; i++) {
        out_text[2 * i] = digits[from[i] >> 4];
        out_text[2 * i + 1] = digits[from[i] & 15];
    }
    out_text[2 * len] = '\0';
}

enum status hex_decode(const char *text, size_t len, void *out_bytes)
{
    uint8_t *out = out_bytes;

    /* Looked at to the end first, so that a refused text leaves the output alone. The NUL is no digit: a short text
     * stops here before anything past it is read. */
    for (size_t i = 0; i < 2 * len; i++)
        if (digit_value(text[i]) < 0)
            return ST_INVALID;
    if (text[2 * len] != '\0')
        return ST_INVALID;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
    return ST_OK;
}

void hex_from_u64(uint64_t value, char out_text[17])
{
    uint8_t bytes[8];

    bytes_put_u64(bytes, value);
    hex_encode(bytes, sizeof bytes, out_text);
}

enum status hex_to_u64(const char *text, uint64_t *out_value)
{
    uint8_t bytes[8];
    enum status st = hex_decode(text, sizeof bytes, bytes);

    if (st == ST_OK)
        *out_value = bytes_get_u64(bytes);
    return st;
}
