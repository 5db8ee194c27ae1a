/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/digital_link.h"

#include "agent/codes/check_digit.h"
#include "agent/codes/gs1_table.h"

#include <string.h>

enum { SEGMENTS_MAX = 64, PAIR_SEGMENTS_MAX = 8, GTIN_DIGITS = 14 };

struct piece {
    const char *start;
    size_t len;
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX into the message's own memory; false for half an escape, a control character, or no room. */
static bool decode(struct gs1_message *message, struct piece piece, struct piece *out_value)
{
    char *start = message->decoded + message->decoded_len;
    size_t len = 0;

    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.start[i];

        if (c == '%') {
            int high = i + 2 < piece.len ? hex_value(piece.start[i + 1]) : -1;
            int low = i + 2 < piece.len ? hex_value(piece.start[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if ((unsigned char)c < ' ' || message->decoded_len + len == sizeof message->decoded)
            return false;
        start[len++] = c;
    }
    *out_value = (struct piece){start, len};
    message->decoded_len += len;
    return true;
}

/* A GTIN may be written with fewer digits in a link; the element has 14. */
static bool pad_gtin(struct gs1_message *message, struct piece *value)
{
    size_t missing = GTIN_DIGITS - value->len;
    char *start = message->decoded + message->decoded_len - value->len;

    if (value->len != 8 && value->len != 12 && value->len != 13)
        return true;
    if (message->decoded_len + missing > sizeof message->decoded)
        return false;
    memmove(start + missing, start, value->len);
    memset(start, '0', missing);
    message->decoded_len += missing;
    value->len = GTIN_DIGITS;
    return true;
}

static bool add(struct gs1_message *message, struct piece ai, struct piece written, const char **out_why)
{
    struct piece value;

    *out_why = "an escape is broken, or it is too long";
    if (!decode(message, written, &value))
        return false;
    if (ai.len == 2 && memcmp(ai.start, "01", 2) == 0 && !pad_gtin(message, &value))
        return false;
    *out_why = gs1_add(message, ai.start, ai.len, value.start, value.len);
    return !*out_why;
}

/* Whether the AIs of the pairs after the key follow one alternative of its qualifiers, in order. */
static bool are_qualifiers(const char *alternative, const struct piece *segments, size_t count)
{
    size_t taken = 0;

    while (*alternative && *alternative != '|' && taken < count) {
        size_t len = strcspn(alternative, " |");

        if (len == segments[taken].len && memcmp(alternative, segments[taken].start, len) == 0)
            taken += 2;
        alternative += len;
        alternative += *alternative == ' ';
    }
    return taken >= count;
}

static bool is_key(const struct piece *segments, size_t count)
{
    size_t ai_len = 0;
    const struct gs1_ai *entry = gs1_table_find(segments[0].start, segments[0].len, &ai_len);
    const char *alternative;

    if (!entry || ai_len != segments[0].len || !(entry->flags & GS1_KEY))
        return false;
    for (alternative = entry->qualifiers; alternative; alternative = strchr(alternative, '|')) {
        alternative += *alternative == '|';
        if (are_qualifiers(alternative, segments + 2, count - 2))
            return true;
    }
    return false;
}

static size_t split(struct piece path, struct piece out_segments[SEGMENTS_MAX])
{
    size_t count = 0;

    while (path.len > 0) {
        const char *slash = memchr(path.start, '/', path.len);
        size_t len = slash ? (size_t)(slash - path.start) : path.len;

        if (count == SEGMENTS_MAX)
            return 0;
        out_segments[count++] = (struct piece){path.start, len};
        if (!slash)
            break;
        path.start += len + 1;
        path.len -= len + 1;
    }
    return count;
}

static bool read_path(struct piece path, struct gs1_message *message, const char **out_why)
{
    struct piece segments[SEGMENTS_MAX];
    size_t count = split(path, segments);

    *out_why = "a web address without a GS1 key";
    for (size_t pairs = 2; pairs <= count && pairs <= PAIR_SEGMENTS_MAX; pairs += 2) {
        if (!is_key(segments + count - pairs, pairs))
            continue;
        for (size_t i = count - pairs; i < count; i += 2)
            if (!add(message, segments[i], segments[i + 1], out_why))
                return false;
        return true;
    }
    return false;
}

/* Attributes; pairs are parted by & or ;. */
static bool read_query(struct piece query, struct gs1_message *message, const char **out_why)
{
    while (query.len > 0) {
        size_t len = 0, ai_len = 0;
        const char *equals;
        const struct gs1_ai *entry;

        while (len < query.len && query.start[len] != '&' && query.start[len] != ';')
            len++;
        equals = memchr(query.start, '=', len);
        if (equals && check_all_digits(query.start, (size_t)(equals - query.start))) {
            struct piece ai = {query.start, (size_t)(equals - query.start)};

            entry = gs1_table_find(ai.start, ai.len, &ai_len);
            if (entry && ai_len == ai.len && (entry->flags & GS1_ATTRIBUTE) &&
                !add(message, ai, (struct piece){equals + 1, len - ai.len - 1}, out_why))
                return false;
        }
        query.start += len;
        query.len -= len;
        if (query.len > 0) {
            query.start++;
            query.len--;
        }
    }
    return true;
}

/* What follows "http://" or "https://", in any case; 0: neither. */
static size_t scheme_len(const char *text, size_t len)
{
    static const char *const schemes[] = {"https://", "http://"};

    for (size_t i = 0; i < 2; i++) {
        size_t at = 0, wanted = strlen(schemes[i]);

        while (at < wanted && at < len &&
               (text[at] == schemes[i][at] ||
                (text[at] >= 'A' && text[at] <= 'Z' && (text[at] | 0x20) == schemes[i][at])))
            at++;
        if (at == wanted)
            return at;
    }
    return 0;
}

bool digital_link_parse(const char *text, size_t len, struct gs1_message *out_message, const char **out_why)
{
    size_t at = scheme_len(text, len), end, query;

    out_message->count = out_message->decoded_len = 0;
    *out_why = "no web address";
    if (at == 0 || len > GS1_LINK_BYTES_MAX)
        return false;
    for (end = at; end < len && text[end] != '#'; end++)
        ;
    for (query = at; query < end && text[query] != '?'; query++)
        ;
    while (at < query && text[at] != '/')
        at++;
    *out_why = "a web address without a path";
    if (at == query)
        return false;
    if (!read_path((struct piece){text + at + 1, query - at - 1}, out_message, out_why))
        return false;
    if (query == end)
        return true;
    return read_query((struct piece){text + query + 1, end - query - 1}, out_message, out_why);
}
