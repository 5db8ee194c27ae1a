/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/reader.h"

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/base/json_pool.h"
#include "agent/engine/sort.h"

#include <inttypes.h>
#include <string.h>

enum { LANGUAGE_TEXT_MAX = 1024 };

const void *rd_share(struct reader *reader, const void *items, size_t count, size_t bytes_each)
{
    return count > 0 ? share_bytes(reader->sharing, items, count * bytes_each, false) : NULL;
}

const cJSON *rd_get(const cJSON *object, const char *name)
{
    return json_member(object, name);
}

/* The member; faults that it is missing. */
static const cJSON *get(struct reader *reader, const cJSON *object, const char *name, enum need need)
{
    const cJSON *value = rd_get(object, name);

    if (!value && need == REQUIRED)
        rd_fault(reader, name, "is missing");
    return value;
}

const cJSON *rd_object(struct reader *reader, const cJSON *object, const char *name, enum need need)
{
    const cJSON *value = get(reader, object, name, need);

    if (value && !cJSON_IsObject(value)) {
        rd_fault(reader, name, "wants an object");
        return NULL;
    }
    return value;
}

const cJSON *rd_array(struct reader *reader, const cJSON *object, const char *name, enum need need)
{
    const cJSON *value = get(reader, object, name, need);

    if (value && !cJSON_IsArray(value)) {
        rd_fault(reader, name, "wants an array");
        return NULL;
    }
    return value;
}

/* Whether words begin with the word; *out_rest is what follows it, or the next word. */
static bool word_first(const char *words, const char *word, const char **out_rest)
{
    bool same, any = *words != '\0';

    while (*words && *words == *word && *word != ' ') {
        words++;
        word++;
    }
    same = any && *word == '\0' && (*words == ' ' || *words == '\0');
    while (*words && *words != ' ')
        words++;
    *out_rest = words + (*words == ' ');
    return same;
}

/* Answers the place of the word among the words, -1 when it is not there. */
static int word_index(const char *words, const char *word)
{
    for (int i = 0; *words; i++) {
        if (word_first(words, word, &words))
            return i;
    }
    return -1;
}

static const char *word_find(const char *words, const char *word)
{
    const char *next;

    for (; *words; words = next) {
        if (word_first(words, word, &next))
            return words;
    }
    return NULL;
}

static struct rd_order *order_of(struct reader *reader, const char *names)
{
    struct rd_order *order = reader->orders ? &reader->orders[((uintptr_t)names >> 3) % RD_KINDS] : NULL;

    if (order && order->names != names)
        *order = (struct rd_order){.names = names};
    return order;
}

bool rd_names(struct reader *reader, const cJSON *value, const char *names)
{
    struct rd_order *order;
    const cJSON *member;
    const char *next;
    size_t i = 0;

    if (!cJSON_IsObject(value)) {
        rd_fault(reader, NULL, "wants an object");
        return false;
    }
    order = order_of(reader, names);
    for (member = value->child; member; member = member->next, i++) {
        const char *hint = order && i < RD_MEMBERS ? order->words[i] : NULL;
        const char *word = hint && word_first(hint, member->string, &next) ? hint : word_find(names, member->string);

        if (!word)
            rd_fault(reader, member->string, "the format has no such name; here it knows: %s", names);
        if (order && i < RD_MEMBERS)
            order->words[i] = word;
    }
    return true;
}

bool rd_int(struct reader *reader, const cJSON *object, const char *name, enum need need, int64_t min, int64_t max,
            int64_t *out_value)
{
    const cJSON *value = get(reader, object, name, need);
    int64_t number;

    if (!value)
        return false;
    if (json_value_int(value, min, max, &number) != ST_OK) {
        rd_fault(reader, name, "wants an integer from %" PRId64 " to %" PRId64, min, max);
        return false;
    }
    *out_value = number;
    return true;
}

bool rd_bool(struct reader *reader, const cJSON *object, const char *name, bool *out_value)
{
    const cJSON *value = rd_get(object, name);

    if (!value)
        return false;
    if (!cJSON_IsBool(value)) {
        rd_fault(reader, name, "wants true or false");
        return false;
    }
    *out_value = cJSON_IsTrue(value);
    return true;
}

/* A text value that stands anywhere, with its length; name only says where. */
static bool text_good(struct reader *reader, const cJSON *value, const char *name, size_t len_max, size_t *out_len)
{
    if (!cJSON_IsString(value) || value->valuestring[0] == '\0') {
        rd_fault(reader, name, "wants a text that is not empty");
        return false;
    }
    *out_len = strlen(value->valuestring);
    if (*out_len > len_max) {
        rd_fault(reader, name, "is longer than %zu bytes", len_max);
        return false;
    }
    return true;
}

static bool text_value(struct reader *reader, const cJSON *value, const char *name, size_t len_max,
                       const char **out_text)
{
    const char *text;
    size_t len;

    if (!text_good(reader, value, name, len_max, &len))
        return false;
    text = share_bytes(reader->sharing, value->valuestring, len + 1, true);
    if (text)
        *out_text = text;
    return text != NULL;
}

bool rd_text(struct reader *reader, const cJSON *object, const char *name, enum need need, size_t len_max,
             const char **out_text)
{
    const cJSON *value = get(reader, object, name, need);

    return value && text_value(reader, value, name, len_max, out_text);
}

bool rd_own_text(struct reader *reader, const cJSON *object, const char *name, enum need need, size_t len_max,
                 const char **out_text)
{
    const cJSON *value = get(reader, object, name, need);
    const char *text;
    size_t len;

    if (!value || !text_good(reader, value, name, len_max, &len))
        return false;
    text = arena_text(reader->arena, value->valuestring, len);
    if (text)
        *out_text = text;
    return text != NULL;
}

bool rd_word(struct reader *reader, const cJSON *object, const char *name, enum need need, const char *words,
             int *out_index)
{
    const cJSON *value = get(reader, object, name, need);
    int index = value && cJSON_IsString(value) ? word_index(words, value->valuestring) : -1;

    if (!value)
        return false;
    if (index < 0) {
        rd_fault(reader, name, "wants one of: %s", words);
        return false;
    }
    *out_index = index;
    return true;
}

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void rd_texts(struct reader *reader, const cJSON *object, const char *name, struct text_list *out_list)
{
    const cJSON *array = rd_array(reader, object, name, OPTIONAL), *value;
    const char **items;

    if (!array || !array->child)
        return;
    items = arena_array(reader->temp, (size_t)cJSON_GetArraySize(array), sizeof *items);
    if (!items)
        return;
    rd_each(reader, name, array, value)
    {
        if (text_value(reader, value, NULL, ID_BYTES_MAX, &items[out_list->count]))
            out_list->count++;
    }
    sort_items(items, out_list->count, sizeof *items, text_cmp);
    out_list->items = rd_share(reader, items, out_list->count, sizeof *items);
    if (!out_list->items)
        out_list->count = 0;
}

/* The text of one language behind those that are there; a wrong one is a fault and left out. */
static void language_add(struct reader *reader, const cJSON *value, const char *language, const char *name,
                         struct bundle_text *text, size_t *bytes)
{
    size_t language_len = strlen(language), len;

    if (!text_good(reader, value, name, LANGUAGE_TEXT_MAX, &len))
        return;
    memcpy(text->texts + *bytes, language, language_len + 1);
    memcpy(text->texts + *bytes + language_len + 1, value->valuestring, len + 1);
    *bytes += language_len + len + 2;
    text->count++;
}

/* The most bytes that a text in languages takes. */
static size_t language_bytes(const cJSON *value)
{
    size_t bytes = 0;
    const cJSON *member;

    cJSON_ArrayForEach(member, value)
    {
        bytes += strlen(member->string) + LANGUAGE_TEXT_MAX + 2;
    }
    return bytes;
}

void rd_language_text(struct reader *reader, const cJSON *object, const char *name, enum need need,
                      const struct bundle_text **out_text)
{
    const cJSON *value = get(reader, object, name, need), *member;
    size_t bytes = 0, mark;
    struct bundle_text *text;

    if (!value)
        return;
    if (!cJSON_IsString(value) && (!cJSON_IsObject(value) || !value->child)) {
        rd_fault(reader, name, "wants a text, or an object of texts by language such as {\"en\":\"..\"}");
        return;
    }
    text = arena_raw(reader->temp, sizeof *text + LANGUAGE_TEXT_MAX + 2 + language_bytes(value), 1);
    if (!text)
        return;
    text->count = 0;
    if (cJSON_IsString(value)) {
        language_add(reader, value, "", name, text, &bytes); /* written out as the plain text it is */
    } else {
        mark = rd_in(reader, name);
        cJSON_ArrayForEach(member, value)
        {
            language_add(reader, member, member->string, member->string, text, &bytes);
        }
        rd_out(reader, mark);
    }
    *out_text = rd_share(reader, text, 1, sizeof *text + bytes);
}

bool rd_local_time(struct reader *reader, const cJSON *object, const char *name, struct local_time *out_time)
{
    const cJSON *value = rd_get(object, name);
    struct civil_time time;

    if (!value)
        return false;
    /* 2026-11-01T00:00 has 16 characters, with seconds 19: an offset would have more. */
    if (!cJSON_IsString(value) || strlen(value->valuestring) > 19 ||
        civil_parse_time(value->valuestring, &time) != ST_OK) {
        rd_fault(reader, name, "wants a local time such as 2026-11-01T00:00, without offset");
        return false;
    }
    *out_time = (struct local_time){time.day, time.second};
    return true;
}
