/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/names.h"

#include <string.h>

bool name_gtin(const char *text, char out_gtin[GTIN_TEXT])
{
    size_t len = strlen(text);

    if (len == 0 || len >= GTIN_TEXT || strspn(text, "0123456789") != len)
        return false;
    memset(out_gtin, '0', GTIN_TEXT - 1);
    memcpy(out_gtin + GTIN_TEXT - 1 - len, text, len + 1);
    return true;
}

size_t name_category_len(const char *text)
{
    size_t len = strlen(text);

    while (len > 1 && text[len - 1] == '/')
        len--;
    return len;
}

bool name_code(const char *text, char out_code[CODE_BYTES_MAX])
{
    size_t len = 0;

    for (; *text; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        if (*text < ' ' || *text > '~' || len == CODE_BYTES_MAX - 1)
            return false;
        out_code[len++] = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    }
    out_code[len] = '\0';
    return len > 0;
}
