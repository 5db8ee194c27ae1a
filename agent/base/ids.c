/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/ids.h"

#include <string.h>

#include "agent/base/crypto.h"
#include "agent/base/hex.h"

static const int64_t UUID_MS_MAX = 0xffffffffffff; /* 48 bits: the year 10889 */

void id_new(int64_t unix_ms, char out_text[ID_TEXT_BYTES])
{
    static const uint8_t group_bytes[] = {4, 2, 2, 2, 6};
    uint8_t bytes[16];
    const uint8_t *at = bytes;
    char *out = out_text;
    size_t i;

    /* A clock before 1970 or past the field must not wrap to a time that sorts elsewhere. */
    if (unix_ms < 0)
        unix_ms = 0;
    if (unix_ms > UUID_MS_MAX)
        unix_ms = UUID_MS_MAX;
    crypto_random(bytes, sizeof bytes);
    for (i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(unix_ms >> (40 - 8 * i));
    bytes[6] = (uint8_t)(0x70 | (bytes[6] & 0x0f)); /* version 7 */
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f)); /* the variant of RFC 9562 */

    for (i = 0; i < sizeof group_bytes; i++) {
        if (i > 0)
            *out++ = '-';
        hex_encode(at, group_bytes[i], out);
        at += group_bytes[i];
        out += 2 * group_bytes[i];
    }
}

bool id_is_valid(const char *text)
{
    /* Its own list: isalnum() asks the locale. */
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    size_t len = strspn(text, allowed);

    return len >= 1 && len <= ID_LEN_MAX && text[len] == '\0';
}
