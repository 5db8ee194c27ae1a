/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/gs1.h"

#include "agent/codes/check_digit.h"
#include "agent/codes/gs1_table.h"

#include <string.h>

enum { GS = 0x1d };

bool gs1_is_announced(const char *symbology)
{
    static const char *const announced[] = {"]C1", "]d2", "]Q3", "]e0", "]e1", "]e2", "]J1"};

    for (size_t i = 0; i < sizeof announced / sizeof announced[0]; i++)
        if (strcmp(symbology, announced[i]) == 0)
            return true;
    return false;
}

const struct gs1_ai *gs1_table_find(const char *text, size_t len, size_t *out_len)
{
    for (size_t i = 0; i < gs1_table_count; i++) {
        const struct gs1_ai *entry = &gs1_table[i];
        size_t ai_len = strlen(entry->first);

        if (len >= ai_len && memcmp(text, entry->first, ai_len) >= 0 && memcmp(text, entry->last, ai_len) <= 0 &&
            check_all_digits(text, ai_len)) {
            *out_len = ai_len;
            return entry;
        }
    }
    return NULL;
}

/* ---- the value of one AI ---- */

struct part {
    char type;
    size_t min, max;
    bool optional;
    const char *checks; /* letters up to ' ', ']' or the end */
};

/* Takes the next part of a specification; NULL when there are no more. */
static const char *next_part(const char *spec, struct part *out_part)
{
    struct part part = {0};

    while (*spec == ' ')
        spec++;
    if (*spec == '\0')
        return NULL;
    part.optional = *spec == '[';
    spec += part.optional;
    part.type = *spec++;
    part.min = *spec == '.' ? 1 : 0;
    spec += 2 * part.min;
    for (; *spec >= '0' && *spec <= '9'; spec++)
        part.max = part.max * 10 + (size_t)(*spec - '0');
    if (part.min == 0)
        part.min = part.max;
    part.checks = spec;
    spec += strcspn(spec, " ]");
    *out_part = part;
    return *spec == ']' ? spec + 1 : spec;
}

/* The characters that GS1 calls 82, 39 and 64: letters and digits, and these. */
static bool is_of_type(char type, char c)
{
    if (c >= '0' && c <= '9')
        return true;
    if (type == 'N')
        return false;
    if (c >= 'A' && c <= 'Z')
        return true;
    if (type == 'Y')
        return c != '\0' && strchr("#-/", c) != NULL;
    if (c >= 'a' && c <= 'z')
        return true;
    return c != '\0' && strchr(type == 'Z' ? "-_=" : "!\"%&'()*+,-./:;<=>?_", c) != NULL;
}

static int number_at(const char *digits, size_t len)
{
    int value = 0;

    for (size_t i = 0; i < len; i++)
        value = value * 10 + (digits[i] - '0');
    return value;
}

/* Without a century February may have 29 days in any year that four divides: 2000 did. */
static bool is_date(int year, int month, int day, bool day_may_be_0)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (month < 1 || month > 12 || (day == 0 && !day_may_be_0))
        return false;
    return day <= days[month - 1] + (month == 2 && leap);
}

static const char *check_part(const struct part *part, const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_of_type(part->type, value[i]))
            return "a character that this AI may not hold";
    for (const char *check = part->checks; *check && !strchr(" ]", *check); check++) {
        bool good = true;

        if (*check == 'c')
            good = check_mod10(value, len);
        else if (*check == 'd' || *check == 'D')
            good =
                is_date(2000 + number_at(value, 2), number_at(value + 2, 2), number_at(value + 4, 2), *check == 'D');
        else if (*check == 'E')
            good = is_date(number_at(value, 4), number_at(value + 4, 2), number_at(value + 6, 2), false);
        else if (*check == 'h')
            good = number_at(value, 2) < 24 && number_at(value + 2, 2) < 60;
        else if (*check == 'b')
            good = value[0] <= '1';
        if (!good)
            return *check == 'c' ? "a check digit is wrong" : "a date or a flag is out of range";
    }
    return NULL;
}

static const char *check_value(const struct gs1_ai *entry, const char *value, size_t len)
{
    const char *spec = entry->parts, *why = NULL;
    struct part part;

    while (!why && (spec = next_part(spec, &part)) != NULL) {
        size_t taken = len < part.max ? len : part.max;

        if (len == 0 && part.optional)
            break;
        if (taken < part.min)
            return "a value is too short";
        why = check_part(&part, value, taken);
        value += taken;
        len -= taken;
    }
    if (!why && len > 0)
        return "a value is too long";
    return why;
}

/* The one length that an AI's value may have, 0 when there are several. GS1 wants a GS after those that are not of
 * predefined length, but where there is one length only a missing GS can be told. */
static size_t only_len(const struct gs1_ai *entry)
{
    const char *spec = entry->parts;
    struct part part;
    size_t len = 0;

    while ((spec = next_part(spec, &part)) != NULL) {
        if (part.optional || part.min != part.max)
            return 0;
        len += part.max;
    }
    return len;
}

/* ---- whole messages ---- */

const char *gs1_add(struct gs1_message *message, const char *ai, size_t ai_len, const char *value, size_t len)
{
    size_t found_len = 0;
    const struct gs1_ai *entry = gs1_table_find(ai, ai_len, &found_len);
    struct gs1_element *element = &message->elements[message->count];
    const char *why;

    if (!entry || found_len != ai_len)
        return "there is no such AI";
    if (message->count == GS1_ELEMENTS_MAX)
        return "more than 32 elements";
    why = check_value(entry, value, len);
    if (why)
        return why;
    memcpy(element->ai, ai, ai_len);
    element->ai[ai_len] = '\0';
    element->value = value;
    element->len = len;
    message->count++;
    return NULL;
}

bool gs1_parse(const char *text, size_t len, struct gs1_message *out_message, const char **out_why, size_t *out_at)
{
    size_t at = 0;

    out_message->count = out_message->decoded_len = 0;
    *out_why = "no elements";
    while (at < len && text[at] == GS)
        at++;
    while (at < len) {
        size_t ai_len = 0, value_len;
        const struct gs1_ai *entry = gs1_table_find(text + at, len - at, &ai_len);
        const char *end;

        *out_at = at;
        *out_why = "there is no such AI";
        if (!entry)
            return false;
        end = memchr(text + at + ai_len, GS, len - at - ai_len);
        value_len = end ? (size_t)(end - (text + at + ai_len)) : len - at - ai_len;
        if (only_len(entry) > 0 && value_len > only_len(entry))
            value_len = only_len(entry);
        *out_why = gs1_add(out_message, text + at, ai_len, text + at + ai_len, value_len);
        if (*out_why)
            return false;
        at += ai_len + value_len;
        while (at < len && text[at] == GS)
            at++;
    }
    *out_at = at;
    return out_message->count > 0;
}

const struct gs1_element *gs1_find(const struct gs1_message *message, const char *ai)
{
    for (size_t i = 0; i < message->count; i++)
        if (strcmp(message->elements[i].ai, ai) == 0)
            return &message->elements[i];
    return NULL;
}
