/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/json_scan.h"

#include "agent/base/hex.h"
#include "agent/base/json_bytes.h"
#include "agent/base/json_number.h"
#include "agent/base/utf8.h"

#include <string.h>

#include <cjson/cJSON.h>

static bool fail(struct json_scan *s, const char *fault)
{
    s->fault = fault;
    return false;
}

static bool out_of_memory(struct json_scan *s)
{
    s->no_memory = true;
    return false;
}

/* The next byte, '\0' at the end: JSON has no place for a NUL, so the two need not be told apart. */
static char peek(const struct json_scan *s)
{
    return s->at < s->len ? s->text[s->at] : '\0';
}

static bool take(struct json_scan *s, char c)
{
    if (s->at >= s->len || s->text[s->at] != c)
        return false;
    s->at++;
    return true;
}

static void skip_space(struct json_scan *s)
{
    while (s->at < s->len && (unsigned char)s->text[s->at] <= ' ' &&
           (s->text[s->at] == ' ' || s->text[s->at] == '\n' || s->text[s->at] == '\r' || s->text[s->at] == '\t'))
        s->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- nodes */

static bool inside_object(const struct json_scan *s)
{
    return s->depth > 0 && s->levels[s->depth - 1].is_object;
}

/* Where an object's names fall in its bit map; the first eight bytes and the length tell most apart. */
static unsigned name_hash(const char *name, size_t len)
{
    uint64_t bytes = 0;

    memcpy(&bytes, name, len < sizeof bytes ? len : sizeof bytes);
    return (unsigned)(((bytes ^ len) * UINT64_C(0x9e3779b97f4a7c15)) >> 54); /* JSON_NAME_BITS */
}

static void note_name(struct json_scan *s, const char *name, size_t len)
{
    struct json_level *level = &s->levels[s->depth - 1];
    unsigned hash = name_hash(name, len);
    uint64_t bit = UINT64_C(1) << hash % 64;

    level->twins = level->twins || (level->names[hash / 64] & bit);
    level->names[hash / 64] |= bit;
}

static struct cJSON *node_add(struct json_scan *s, int type)
{
    cJSON *node = json_pool_take(s->pool, sizeof *node);
    struct json_level *level = s->depth > 0 ? &s->levels[s->depth - 1] : NULL;

    if (!node) {
        s->no_memory = true;
        return NULL;
    }
    *node = (cJSON){.type = type};
    if (!level) {
        s->root = node;
        return node;
    }
    node->string = level->is_object ? s->name : NULL;
    if (level->last)
        level->last->next = node;
    else
        level->node->child = node;
    level->last = node;
    return node;
}

static bool scan_number(struct json_scan *s)
{
    double value;
    cJSON *node;

    s->fault = json_number(s->text, s->len, &s->at, &value);
    if (s->fault || !s->pool)
        return !s->fault;
    node = node_add(s, cJSON_Number);
    if (!node)
        return false;
    node->valuedouble = value;
    node->valueint = value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int)value;
    return true;
}

/* ---- strings */

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
    char c = peek(s);

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

/* What follows the opening quote, to the closing one. *out_escaped: the text is not the string as it is. */
static bool scan_string(struct json_scan *s, bool *out_escaped)
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

/* Writes out what scan_string has checked, and which ends at end. */
static size_t unescape(const struct json_scan *checked, size_t from, size_t end, char *out)
{
    struct json_scan s = {.text = checked->text, .len = end, .at = from};
    size_t len = 0;

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

/* A string into the pool; without a pool it is only checked. */
static bool take_string(struct json_scan *s, char **out_text, size_t *out_len)
{
    size_t from = s->at;
    bool escaped;
    char *text;

    if (!scan_string(s, &escaped))
        return false;
    if (!s->pool)
        return true;
    *out_len = s->at - 1 - from;
    text = json_pool_take(s->pool, *out_len + 1);
    if (!text)
        return out_of_memory(s);
    if (escaped)
        *out_len = unescape(s, from, s->at - 1, text);
    else
        memcpy(text, s->text + from, *out_len);
    text[*out_len] = '\0';
    *out_text = text;
    return true;
}

/* ---- values */

static bool scan_word(struct json_scan *s, const char *word, int type)
{
    size_t len = strlen(word);

    if (s->len - s->at < len || memcmp(s->text + s->at, word, len) != 0)
        return fail(s, "a value is expected");
    s->at += len;
    return !s->pool || node_add(s, type);
}

static bool scan_scalar(struct json_scan *s)
{
    cJSON *node;
    size_t len;
    char *text;

    switch (peek(s)) {
    case '"':
        s->at++;
        if (!take_string(s, &text, &len))
            return false;
        node = s->pool ? node_add(s, cJSON_String) : NULL;
        if (node)
            node->valuestring = text;
        return node || !s->pool;
    case 't':
        return scan_word(s, "true", cJSON_True);
    case 'f':
        return scan_word(s, "false", cJSON_False);
    case 'n':
        return scan_word(s, "null", cJSON_NULL);
    default:
        if (peek(s) == '-' || is_digit(peek(s)))
            return scan_number(s);
        return fail(s, "a value is expected");
    }
}

static bool scan_name(struct json_scan *s)
{
    size_t len = 0;

    skip_space(s);
    if (!take(s, '"'))
        return fail(s, "a member's name in quotes is expected");
    if (!take_string(s, &s->name, &len))
        return false;
    if (s->pool)
        note_name(s, s->name, len);
    skip_space(s);
    return take(s, ':') || fail(s, "':' is expected after a member's name");
}

static bool take_closing(struct json_scan *s)
{
    struct json_level *level = &s->levels[s->depth - 1]; /* one is open */

    if (!take(s, level->is_object ? '}' : ']'))
        return false;
    s->depth--;
    s->twins = s->twins || level->twins;
    return true;
}

/* Over a string, from behind its opening quote. */
static void skip_string(struct json_scan *s)
{
    while (s->at < s->len) {
        char c;

        s->at += json_plain_length(s->text + s->at, s->len - s->at);
        c = peek(s);
        s->at += c == '\\' ? 2 : 1;
        if (c == '"')
            return;
    }
}

/* Over an array without looking into it: to behind its bracket. */
static bool skip_array(struct json_scan *s)
{
    size_t depth = 0;

    s->left_out = (struct json_left_out){.at = s->at, .count_max = 1};
    while (s->at < s->len) {
        char c = s->text[s->at++];

        if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && --depth == 0)
            return true;
        else if (c == '"')
            skip_string(s);
        else if (c == ',')
            s->left_out.count_max += depth == 1;
    }
    s->at = s->len;
    return fail(s, "the text ends inside an array");
}

static bool is_skipped(const struct json_scan *s)
{
    return s->skip_name && s->depth == 1 && s->levels[0].is_object && s->left_out.at == 0 && peek(s) == '[' &&
           strcmp(s->name, s->skip_name) == 0;
}

/* A value from its first byte: to its end when it is a scalar or empty (*out_done), else to where its first inner
 * value begins. */
static bool scan_value(struct json_scan *s, bool *out_done)
{
    bool is_object = peek(s) == '{';
    cJSON *node = NULL;

    *out_done = true;
    if (!is_object && peek(s) != '[')
        return scan_scalar(s);
    if (s->depth == JSON_DEPTH_MAX)
        return fail(s, "nested deeper than 32 levels");
    if (s->pool) {
        node = node_add(s, is_object ? cJSON_Object : cJSON_Array);
        if (!node)
            return false;
        if (is_skipped(s))
            return skip_array(s);
    }
    s->at++;
    s->levels[s->depth++] = (struct json_level){.node = node, .is_object = is_object};
    skip_space(s);
    if (take_closing(s))
        return true;
    *out_done = false;
    return !is_object || scan_name(s);
}

/* From the end of a value to the begin of the next one, or to the end of the outermost (*out_done). */
static bool scan_between(struct json_scan *s, bool *out_done)
{
    while (s->depth > 0) {
        skip_space(s);
        if (!take_closing(s))
            break;
    }
    *out_done = s->depth == 0;
    if (*out_done)
        return true;
    if (!take(s, ','))
        return fail(s, inside_object(s) ? "',' or '}' is expected" : "',' or ']' is expected");
    return !inside_object(s) || scan_name(s);
}

static bool scan_values(struct json_scan *s)
{
    bool done = false;

    for (;;) {
        skip_space(s);
        if (!scan_value(s, &done))
            return false;
        if (done && !scan_between(s, &done))
            return false;
        if (done)
            return true;
    }
}

/* Names with one hash are looked at when all is read. */
static bool no_twins(struct json_scan *s)
{
    if (s->twins && !json_find_twins(s->root, &s->twin))
        s->no_memory = true;
    return !s->no_memory && !s->twin;
}

bool json_scan_value(struct json_scan *s)
{
    return scan_values(s) && no_twins(s);
}

bool json_scan_text(struct json_scan *s)
{
    if (!scan_values(s))
        return false;
    skip_space(s);
    if (s->at < s->len)
        return fail(s, "something follows the end of the value");
    return no_twins(s);
}
