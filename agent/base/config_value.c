/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: texts as they are written, taken into the fields of a program's struct. */
#include "agent/base/config_internal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/utf8.h"

size_t config_option_count(const struct option_spec *options)
{
    size_t count = 0;

    while (options[count].section)
        count++;
    return count;
}

static size_t field_bytes(enum option_type type)
{
    switch (type) {
    case OPTION_TEXT:
        return CONFIG_TEXT_MAX;
    case OPTION_BOOL:
        return sizeof(bool);
    case OPTION_INT:
    case OPTION_ENUM:
        break;
    }
    return sizeof(int64_t);
}

static enum status set_text(const struct option_spec *option, const char *value, void *field, struct errmsg *err)
{
    size_t len = strlen(value);

    if ((int64_t)len < option->min || len > config_text_len_max(option)) {
        if (len == 0)
            errmsg_set(err, "must not be empty");
        else
            errmsg_set(err, "%zu bytes; wanted are %lld to %zu", len, (long long)option->min,
                       config_text_len_max(option));
        return ST_RANGE;
    }
    if (!utf8_is_valid(value, len)) {
        errmsg_set(err, "not UTF-8");
        return ST_INVALID;
    }
    memset(field, 0, CONFIG_TEXT_MAX); /* equal configurations are equal bytes */
    memcpy(field, value, len);
    return ST_OK;
}

static enum status set_int(const struct option_spec *option, const char *value, void *field, struct errmsg *err)
{
    const char *digits = value[0] == '-' ? value + 1 : value;
    int64_t number;

    if (!*digits || digits[strspn(digits, "0123456789")] != '\0') {
        errmsg_set(err, "%.*s is not a whole number", SHOWN_BYTES_MAX, value);
        return ST_INVALID;
    }
    errno = 0;
    number = strtoll(value, NULL, 10);
    if (errno == ERANGE || number < option->min || number > option->max) {
        errmsg_set(err, "%.*s is not between %lld and %lld", SHOWN_BYTES_MAX, value, (long long)option->min,
                   (long long)option->max);
        return ST_RANGE;
    }
    memcpy(field, &number, sizeof number);
    return ST_OK;
}

static enum status set_bool(const char *value, void *field, struct errmsg *err)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"}; /* odd ones are true */
    size_t i;

    for (i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(value, words[i]) == 0) {
            bool is_true = i % 2 != 0;

            memcpy(field, &is_true, sizeof is_true);
            return ST_OK;
        }
    }
    errmsg_set(err, "%.*s is neither yes nor no", SHOWN_BYTES_MAX, value);
    return ST_INVALID;
}

int config_choice(const char *choices, const char *word)
{
    size_t len = strlen(word);

    for (int i = 0;; i++) {
        size_t choice_len = strcspn(choices, "|");

        if (choice_len == len && memcmp(choices, word, len) == 0)
            return i;
        if (!choices[choice_len])
            return -1;
        choices += choice_len + 1;
    }
}

static enum status set_enum(const struct option_spec *option, const char *value, void *field, struct errmsg *err)
{
    int64_t position = config_choice(option->choices, value);

    if (position < 0) {
        errmsg_set(err, "%.*s is none of %s", SHOWN_BYTES_MAX, value, option->choices);
        return ST_INVALID;
    }
    memcpy(field, &position, sizeof position);
    return ST_OK;
}

enum status config_set_field(const struct option_spec *option, const char *value, void *fields, struct errmsg *err)
{
    void *field = (char *)fields + option->offset;

    switch (option->type) {
    case OPTION_TEXT:
        return set_text(option, value, field, err);
    case OPTION_INT:
        return set_int(option, value, field, err);
    case OPTION_BOOL:
        return set_bool(value, field, err);
    case OPTION_ENUM:
        return set_enum(option, value, field, err);
    }
    return ST_INTERNAL;
}

/* A default is our own text; one that the option itself refuses is our mistake, except an empty text for "not set".
 */
void config_set_defaults(const struct option_spec *options, void *fields, size_t config_bytes)
{
    for (; options->section; options++) {
        const char *value = options->default_value ? options->default_value : "";
        size_t bytes = field_bytes(options->type);
        struct errmsg err = ERRMSG_INIT;
        enum status st = ST_OK;

        assert(options->offset + bytes <= config_bytes);
        (void)config_bytes;
        memset((char *)fields + options->offset, 0, bytes);
        if (*value)
            st = config_set_field(options, value, fields, &err);
        assert(st == ST_OK);
        (void)st;
    }
}
