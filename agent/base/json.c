/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cJSON takes more than JSON: any control byte as white space, raw line breaks in strings, 01, text after the end,
 * and it keeps both of two members with one name. So the text is scanned by RFC 8259 first, without recursion or
 * memory; what passes, cJSON refuses only when memory runs out.
 */
#include "agent/base/json.h"

#include "agent/base/hex.h"
#include "agent/base/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

/* NUMBER: cJSON copies a number into 64 bytes. PAIRWISE: up to here comparing every pair beats sorting. */
enum { NUMBER_BYTES_MAX = 63, SHOWN_BYTES_MAX = 40, PAIRWISE_MAX = 8 };

struct scan {
    const char *text;
    size_t len;
    size_t at;
    int depth;
    bool is_object[JSON_DEPTH_MAX];
    const char *fault; /* what is wrong at text[at], in words */
};

static bool fail(struct scan *s, const char *fault)
{
    s->fault = fault;
    return false;
}

/* The next byte, '\0' at the end: JSON has no place for a NUL, so the two need not be told apart. */
static char peek(const struct scan *s)
{
    return s->at < s->len ? s->text[s->at] : '\0';
}

static bool take(struct scan *s, char c)
{
    if (s->at >= s->len || s->text[s->at] != c)
        return false;
    s->at++;
    return true;
}

static void skip_space(struct scan *s)
{
    while (take(s, ' ') || take(s, '\n') || take(s, '\r') || take(s, '\t'))
        ;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool scan_digits(struct scan *s)
{
    if (!is_digit(peek(s)))
        return fail(s, "a digit is missing in a number");
    while (is_digit(peek(s)))
        s->at++;
    return true;
}

static bool scan_number(struct scan *s)
{
    size_t start = s->at;

    (void)take(s, '-');
    if (take(s, '0')) {
        if (is_digit(peek(s)))
            return fail(s, "a number begins with 0");
    } else if (!scan_digits(s)) {
        return false;
    }
    if (take(s, '.') && !scan_digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            (void)take(s, '-');
        if (!scan_digits(s))
            return false;
    }
    if (s->at - start > NUMBER_BYTES_MAX)
        return fail(s, "a number is longer than 63 characters");
    return true;
}

static bool scan_hex4(struct scan *s, uint32_t *out_code)
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

/* What follows a backslash. */
static bool scan_escape(struct scan *s)
{
    uint32_t code, low;
    char c = peek(s);

    if (c != 'u') {
        if (c == '\0' || !strchr("\"\\/bfnrt", c))
            return fail(s, "unknown escape in a string");
        s->at++;
        return true;
    }
    s->at++;
    if (!scan_hex4(s, &code))
        return false;
    if (code == 0)
        return fail(s, "\\u0000 in a string");
    if (code < 0xd800 || code > 0xdfff)
        return true;
    if (code > 0xdbff || !take(s, '\\') || !take(s, 'u') || !scan_hex4(s, &low) || low < 0xdc00 || low > 0xdfff)
        return fail(s, "half of a surrogate pair in a string");
    return true;
}

/* What follows the opening quote, to the closing one. */
static bool scan_string(struct scan *s)
{
    bool valid = true;
    uint32_t code;

    while (s->at < s->len) {
        unsigned char c = (unsigned char)s->text[s->at];

        if (c == '"') {
            s->at++;
            return true;
        }
        if (c < 0x20)
            return fail(s, "a control character in a string");
        if (c == '\\') {
            s->at++;
            if (!scan_escape(s))
                return false;
        } else if (c < 0x80) {
            s->at++;
        } else {
            size_t step = utf8_next(s->text + s->at, s->len - s->at, &code, &valid);

            if (!valid)
                return fail(s, "not UTF-8");
            s->at += step;
        }
    }
    return fail(s, "the text ends inside a string");
}

static bool scan_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);

    if (s->len - s->at < len || memcmp(s->text + s->at, word, len) != 0)
        return fail(s, "a value is expected");
    s->at += len;
    return true;
}

static bool scan_scalar(struct scan *s)
{
    switch (peek(s)) {
    case '"':
        s->at++;
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        if (peek(s) == '-' || is_digit(peek(s)))
            return scan_number(s);
        return fail(s, "a value is expected");
    }
}

static bool scan_name(struct scan *s)
{
    skip_space(s);
    if (!take(s, '"'))
        return fail(s, "a member's name in quotes is expected");
    if (!scan_string(s))
        return false;
    skip_space(s);
    return take(s, ':') || fail(s, "':' is expected after a member's name");
}

static bool inside_object(const struct scan *s)
{
    return s->depth > 0 && s->is_object[s->depth - 1];
}

static bool take_closing(struct scan *s)
{
    if (s->depth == 0 || !take(s, inside_object(s) ? '}' : ']'))
        return false;
    s->depth--;
    return true;
}

/* A value from its first byte: to its end when it is a scalar or empty (*out_done), else to where its first inner
 * value begins. */
static bool scan_value(struct scan *s, bool *out_done)
{
    bool is_object = peek(s) == '{';

    *out_done = true;
    if (!is_object && peek(s) != '[')
        return scan_scalar(s);
    if (s->depth == JSON_DEPTH_MAX)
        return fail(s, "nested deeper than 32 levels");
    s->at++;
    s->is_object[s->depth++] = is_object;
    skip_space(s);
    if (take_closing(s))
        return true;
    *out_done = false;
    return !is_object || scan_name(s);
}

/* From the end of a value to the begin of the next one, or of the end of the text (*out_done). */
static bool scan_between(struct scan *s, bool *out_done)
{
    do
        skip_space(s);
    while (take_closing(s));
    *out_done = s->depth == 0;
    if (*out_done)
        return s->at == s->len || fail(s, "something follows the end of the value");
    if (!take(s, ','))
        return fail(s, inside_object(s) ? "',' or '}' is expected" : "',' or ']' is expected");
    return !inside_object(s) || scan_name(s);
}

static bool scan_text(struct scan *s)
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

static void say_place(const struct scan *s, struct errmsg *err)
{
    size_t line = 1, column = 1;

    for (size_t i = 0; i < s->at; i++) {
        column++;
        if (s->text[i] == '\n') {
            line++;
            column = 1;
        }
    }
    errmsg_set(err, "JSON, line %zu, byte %zu: %s", line, column, s->fault);
}

/* The length to show of a name that a stranger chose: cut, and not at all with bytes that would break a line. */
static int shown_length(const char *name)
{
    size_t len = utf8_cut(name, strlen(name), SHOWN_BYTES_MAX);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return (int)i;
    return (int)len;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns the name that stands twice, NULL when there is none. */
static const char *find_twin(const char **names, size_t count)
{
    if (count <= PAIRWISE_MAX) {
        for (size_t i = 1; i < count; i++)
            for (size_t j = 0; j < i; j++)
                if (strcmp(names[i], names[j]) == 0)
                    return names[i];
        return NULL;
    }
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return names[i];
    return NULL;
}

static enum status check_object(const cJSON *object, struct errmsg *err)
{
    const char *few[PAIRWISE_MAX];
    const char **names = few;
    size_t count = 0;
    const char *twin;

    for (const cJSON *member = object->child; member; member = member->next)
        count++;
    if (count > PAIRWISE_MAX) {
        names = malloc(count * sizeof *names);
        if (!names) {
            errmsg_set(err, "JSON: out of memory");
            return ST_NOMEM;
        }
    }
    count = 0;
    for (const cJSON *member = object->child; member; member = member->next)
        names[count++] = member->string;
    twin = find_twin(names, count);
    if (names != few)
        free(names);
    if (!twin)
        return ST_OK;
    errmsg_set(err, "JSON: an object has two members named \"%.*s\": leave one", shown_length(twin), twin);
    return ST_INVALID;
}

/* Recursion ends at JSON_DEPTH_MAX, which the scan has checked. */
static enum status check_names(const cJSON *value, struct errmsg *err)
{
    enum status st = cJSON_IsObject(value) ? check_object(value, err) : ST_OK;

    for (const cJSON *child = value->child; child && st == ST_OK; child = child->next)
        if (child->child)
            st = check_names(child, err);
    return st;
}

enum status json_parse(const char *text, size_t len, size_t len_max, struct cJSON **out_root, struct errmsg *err)
{
    struct scan s = {.text = text, .len = len};
    enum status st;
    cJSON *root;

    if (len > len_max) {
        errmsg_set(err, "JSON: %zu bytes, at most %zu are taken", len, len_max);
        return ST_INVALID;
    }
    if (!scan_text(&s)) {
        say_place(&s, err);
        return ST_INVALID;
    }
    root = cJSON_ParseWithLength(text, len);
    if (!root) {
        errmsg_set(err, "JSON: out of memory");
        return ST_NOMEM;
    }
    st = check_names(root, err);
    if (st != ST_OK) {
        cJSON_Delete(root);
        return st;
    }
    *out_root = root;
    return ST_OK;
}

void json_free(struct cJSON *root)
{
    cJSON_Delete(root);
}

/* Finds a member; the message is there whenever the status is not ST_OK. */
static enum status find(const cJSON *object, const char *name, const cJSON **out_member, struct errmsg *err)
{
    const cJSON *member;

    if (!cJSON_IsObject(object)) {
        errmsg_set(err, "not an object, so \"%s\" cannot be in it", name);
        return ST_INVALID;
    }
    member = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!member || cJSON_IsNull(member)) {
        errmsg_set(err, "\"%s\" is missing", name);
        return ST_NOT_FOUND;
    }
    *out_member = member;
    return ST_OK;
}

enum status json_value_int(const struct cJSON *value, int64_t min, int64_t max, int64_t *out_value)
{
    double number;
    int64_t integer;

    if (!cJSON_IsNumber(value))
        return ST_INVALID;
    number = value->valuedouble;
    /* Before the cast, which is undefined for what does not fit; a NaN fails too. */
    if (!(number >= -(double)JSON_INT_MAX && number <= (double)JSON_INT_MAX))
        return ST_INVALID;
    integer = (int64_t)number;
    if ((double)integer != number || integer < min || integer > max)
        return ST_INVALID;
    *out_value = integer;
    return ST_OK;
}

enum status json_int(const struct cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out_value,
                     struct errmsg *err)
{
    const cJSON *member;
    enum status st = find(object, name, &member, err);

    if (st != ST_OK)
        return st;
    st = json_value_int(member, min, max, out_value);
    if (st != ST_OK)
        errmsg_set(err, "\"%s\" must be an integer from %" PRId64 " to %" PRId64, name, min, max);
    return st;
}

enum status json_bool(const struct cJSON *object, const char *name, bool *out_value, struct errmsg *err)
{
    const cJSON *member;
    enum status st = find(object, name, &member, err);

    if (st != ST_OK)
        return st;
    if (!cJSON_IsBool(member)) {
        errmsg_set(err, "\"%s\" must be true or false", name);
        return ST_INVALID;
    }
    *out_value = cJSON_IsTrue(member);
    return ST_OK;
}

enum status json_text(const struct cJSON *object, const char *name, size_t len_max, const char **out_view,
                      struct errmsg *err)
{
    const cJSON *member;
    enum status st = find(object, name, &member, err);

    if (st != ST_OK)
        return st;
    if (!cJSON_IsString(member)) {
        errmsg_set(err, "\"%s\" must be a text", name);
        return ST_INVALID;
    }
    if (strlen(member->valuestring) > len_max) {
        errmsg_set(err, "\"%s\" is longer than %zu bytes", name, len_max);
        return ST_INVALID;
    }
    *out_view = member->valuestring;
    return ST_OK;
}

enum status json_object(const struct cJSON *object, const char *name, const struct cJSON **out_view,
                        struct errmsg *err)
{
    const cJSON *member;
    enum status st = find(object, name, &member, err);

    if (st != ST_OK)
        return st;
    if (!cJSON_IsObject(member)) {
        errmsg_set(err, "\"%s\" must be an object", name);
        return ST_INVALID;
    }
    *out_view = member;
    return ST_OK;
}

enum status json_array(const struct cJSON *object, const char *name, const struct cJSON **out_view,
                       struct errmsg *err)
{
    const cJSON *member;
    enum status st = find(object, name, &member, err);

    if (st != ST_OK)
        return st;
    if (!cJSON_IsArray(member)) {
        errmsg_set(err, "\"%s\" must be an array", name);
        return ST_INVALID;
    }
    *out_view = member;
    return ST_OK;
}

enum status json_hex(const struct cJSON *object, const char *name, size_t len, void *out_bytes, struct errmsg *err)
{
    const cJSON *member;
    enum status st = find(object, name, &member, err);

    if (st != ST_OK)
        return st;
    if (!cJSON_IsString(member) || hex_decode(member->valuestring, len, out_bytes) != ST_OK) {
        errmsg_set(err, "\"%s\" must be a text of %zu hexadecimal digits", name, 2 * len);
        return ST_INVALID;
    }
    return ST_OK;
}
