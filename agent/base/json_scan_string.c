/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of a JSON text: checked byte by byte where they are not plain, and their escapes written out. */
#include "agent/base/hex.h"
#include "agent/base/json_bytes.h"
#include "agent/base/json_scan.h"
#include "agent/base/utf8.h"

#include <string.h>

static bool fail(struct json_scan *s, const char *fault)
{
    s->fault = fault;
    return false;
}

static bool take(struct json_scan *s, char c)
{
    if (s->at >= s->len || s->text[s->at] != c)
        return false;
    s->at++;
    return true;
}

static bool scan_hex4(struct json_scan *s, uint32_t *out_code)
{
    char pair[5] = "";
    uint8_t bytes[2];

    if (s->len - s->at < 4)
        return fail(s, "the text ends inside an escape");
    memcpy(pair, s->text + s->at, 4);
    if (hex_decode(pair, 2, bytes) != ST_OK)
        return fail(s, "\\u wants four hexadecimal digits");
    s->at += 4;
    *out_code = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

/* What follows a backslash; the character it stands for. */
static bool scan_escape(struct json_scan *s, uint32_t *out_code)
{
    static const char letters[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
    uint32_t low;
    char c = s->at < s->len ? s->text[s->at] : '\0';

    if (c != 'u') {
        if (c == '\0' || !strchr(letters, c))
            return fail(s, "unknown escape in a string");
        s->at++;
        *out_code = (uint32_t)codes[strchr(letters, c) - letters];
        return true;
    }
    s->at++;
    if (!scan_hex4(s, out_code))
        return false;
    if (*out_code == 0)
        return fail(s, "\\u0000 in a string");
    if (*out_code < 0xd800 || *out_code > 0xdfff)
        return true;
    if (*out_code > 0xdbff || !take(s, '\\') || !take(s, 'u') || !scan_hex4(s, &low) || low < 0xdc00 || low > 0xdfff)
        return fail(s, "half of a surrogate pair in a string");
    *out_code = 0x10000 + ((*out_code - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

bool json_scan_string(struct json_scan *s, bool *out_escaped)
{
    bool valid = true;
    uint32_t code;

    *out_escaped = false;
    while (s->at < s->len) {
        char c;

        s->at += json_plain_length(s->text + s->at, s->len - s->at);
        if (s->at == s->len)
            break;
        c = s->text[s->at];
        if (c == '"') {
            s->at++;
            return true;
        }
        if ((unsigned char)c < 0x20)
            return fail(s, "a control character in a string");
        if (c == '\\') {
            s->at++;
            *out_escaped = true;
            if (!scan_escape(s, &code))
                return false;
        } else {
            size_t step = utf8_next(s->text + s->at, s->len - s->at, &code, &valid);

            if (!valid)
                return fail(s, "not UTF-8");
            s->at += step;
        }
    }
    return fail(s, "the text ends inside a string");
}

size_t json_scan_unescape(const struct json_scan *checked, size_t from, size_t end, char *out)
{
    struct json_scan s;
    size_t len = 0;

    json_scan_init(&s, checked->text, end, from, NULL);
    while (s.at < end) {
        uint32_t code = 0;

        if (s.text[s.at] != '\\') {
            out[len++] = s.text[s.at++];
            continue;
        }
        s.at++;
        (void)scan_escape(&s, &code);
        len += utf8_put(code, out + len);
    }
    return len;
}
