/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a text, in words; and members of one name. */
#include "agent/base/json_scan.h"
#include "agent/base/utf8.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

/* PAIRWISE: up to here comparing every pair beats sorting. */
enum { SHOWN_BYTES_MAX = 40, PAIRWISE_MAX = 16 };

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

static bool object_twin(const cJSON *object, const char **out_twin)
{
    const char *few[PAIRWISE_MAX];
    const char **names = few;
    size_t count = 0;

    for (const cJSON *member = object->child; member; member = member->next)
        count++;
    if (count > PAIRWISE_MAX) {
        names = malloc(count * sizeof *names);
        if (!names)
            return false;
    }
    count = 0;
    for (const cJSON *member = object->child; member; member = member->next)
        names[count++] = member->string;
    *out_twin = find_twin(names, count);
    if (names != few)
        free(names);
    return true;
}

/* Recursion ends at JSON_DEPTH_MAX, which the scan has checked. */
bool json_find_twins(const cJSON *value, const char **out_twin)
{
    bool memory = true;

    *out_twin = NULL;
    if (cJSON_IsObject(value))
        memory = object_twin(value, out_twin);
    for (const cJSON *child = value->child; child && memory && !*out_twin; child = child->next) {
        if (child->child)
            memory = json_find_twins(child, out_twin);
    }
    return memory;
}

enum status json_scan_say(const struct json_scan *s, struct errmsg *err)
{
    size_t line = 1, column = 1;

    if (s->no_memory) {
        errmsg_set(err, "JSON: out of memory");
        return ST_NOMEM;
    }
    if (s->twin) {
        errmsg_set(err, "JSON: an object has two members named \"%.*s\": leave one", shown_length(s->twin), s->twin);
        return ST_INVALID;
    }
    for (size_t i = 0; i < s->at; i++) {
        column++;
        if (s->text[i] == '\n') {
            line++;
            column = 1;
        }
    }
    errmsg_set(err, "JSON, line %zu, byte %zu: %s", line, column, s->fault);
    return ST_INVALID;
}
