/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/app_code.h"

#include <string.h>

enum { EXPIRES_DIGITS_MAX = 11 };

/* Of base64url, and of a member's number. */
static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool all_letters(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_letter(text[i]))
            return false;
    return true;
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
    size_t id_len, signature_len;

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
    if (!signature || id_len == 0 || id_len > APP_CODE_ID_MAX || !all_letters(id, id_len))
        return false;
    signature_len = (size_t)(end - signature - 1);
    if (signature_len != APP_CODE_SIGNATURE_CHARACTERS || !all_letters(signature + 1, signature_len) ||
        !parse_expires(expires, (size_t)(signature - expires), &out_code->expires_unix_s))
        return false;
    memcpy(out_code->id, id, id_len);
    out_code->id[id_len] = '\0';
    out_code->signed_len = (size_t)(signature - text);
    memcpy(out_code->signature, signature + 1, signature_len);
    out_code->signature[signature_len] = '\0';
    return true;
}
