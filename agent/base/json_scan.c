/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/json_scan.h"

#include "agent/base/json_bytes.h"
#include "agent/base/json_number.h"

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

/* Where an object's names fall in its bit map; the first eight bytes and the length tell most apart. Names are in the
 * pool, where there are always eight bytes to read. */
static unsigned name_hash(const char *name, size_t len)
{
    uint64_t bytes;

    memcpy(&bytes, name, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    bytes = len < sizeof bytes ? bytes & ((UINT64_C(1) << 8 * len) - 1) : bytes;
#else
    bytes = len == 0 ? 0 : len < sizeof bytes ? bytes >> 8 * (sizeof bytes - len) : bytes;
#endif
    return (unsigned)(((bytes ^ len) * UINT64_C(0x9e3779b97f4a7c15)) >> 56); /* JSON_NAME_BITS */
}

/* Whether the name stands there already; of many members that is not asked one by one. */
static bool may_stand_twice(const struct json_level *level, const char *name)
{
    if (level->count > JSON_NAMES_FEW)
        return true;
    for (const cJSON *member = level->node->child; member; member = member->next) {
        if (strcmp(member->string, name) == 0)
            return true;
    }
    return false;
}

static void note_name(struct json_scan *s, const char *name, size_t len)
{
    struct json_level *level = &s->levels[s->depth - 1];
    unsigned hash = name_hash(name, len);
    uint64_t bit = UINT64_C(1) << hash % 64;

    if ((level->names[hash / 64] & bit) && !level->twins)
        level->twins = may_stand_twice(level, name);
    level->names[hash / 64] |= bit;
    level->count++;
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

/* Short texts in words of eight bytes, as far as the room for the NUL goes; to_end: what there is to read. */
static void copy_text(char *out, const char *text, size_t len, size_t to_end)
{
    enum { SHORT_BYTES = 40, WORD = sizeof(uint64_t) };

    if (len < SHORT_BYTES && to_end >= SHORT_BYTES + WORD) {
        for (size_t i = 0; i <= len; i += WORD)
            memcpy(out + i, text + i, WORD);
    } else {
        memcpy(out, text, len);
    }
}

/* A string into the pool; without a pool it is only checked. */
static bool take_string(struct json_scan *s, char **out_text, size_t *out_len)
{
    size_t from = s->at;
    bool escaped = false;
    char *text;

    s->at += json_plain_length(s->text + from, s->len - from);
    if (!take(s, '"') && !json_scan_string(s, &escaped))
        return false;
    if (!s->pool)
        return true;
    *out_len = s->at - 1 - from;
    text = json_pool_take(s->pool, *out_len + 1);
    if (!text)
        return out_of_memory(s);
    if (escaped)
        *out_len = json_scan_unescape(s, from, s->at - 1, text);
    else
        copy_text(text, s->text + from, *out_len, s->len - from);
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

/* Over an array without looking into it: to behind its bracket. Only quotes are guessed at, byte by byte. */
static bool skip_array(struct json_scan *s)
{
    static const signed char deeper[256] = {['['] = 1, ['{'] = 1, [']'] = -1, ['}'] = -1};
    size_t depth = 0, commas = 0, from = s->at;

    while (s->at < s->len) {
        unsigned char c = (unsigned char)s->text[s->at++];

        if (c == '"') {
            skip_string(s);
            continue;
        }
        commas += (c == ',') & (depth == 1);
        depth += (size_t)deeper[c];
        if (depth == 0) {
            s->left_out = (struct json_left_out){.at = from, .count_max = commas + 1};
            return true;
        }
    }
    s->at = s->len;
    return fail(s, "the text ends inside an array");
}

static bool is_skipped(const struct json_scan *s)
{
    return s->skip_name && s->depth == 1 && s->levels[0].is_object && s->left_out.at == 0 && peek(s) == '[' &&
           strcmp(s->name, s->skip_name) == 0;
}

static void level_open(struct json_scan *s, cJSON *node, bool is_object)
{
    struct json_level *level = &s->levels[s->depth++];

    level->node = node;
    level->last = NULL;
    level->count = 0;
    level->is_object = is_object;
    level->twins = false;
    if (is_object)
        memset(level->names, 0, sizeof level->names);
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
    level_open(s, node, is_object);
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
