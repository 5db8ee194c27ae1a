/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What cannot be understood ends the program, a test too. */
#define STOP_UNLESS(holds, ...)                                                                                      \
    do {                                                                                                             \
        if (!(holds)) {                                                                                              \
            (void)fprintf(stderr, __VA_ARGS__);                                                                      \
            (void)fputc('\n', stderr);                                                                               \
            abort();                                                                                                 \
        }                                                                                                            \
    } while (0)

static const char *const section_names[VECTOR_SECTIONS] = {"case",   "why",   "bundle", "sale",
                                                           "expect", "fault", "return", "refund"};

static const char *const defaults =
    "{\"format\":\"loyald-bundle/1\",\"id\":\"test\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"best\"},{\"id\":\"card\",\"mode\":\"first\"},"
    "{\"id\":\"coupon\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\",\"digits\":0,\"value_minor\":"
    "100}],"
    "\"promotions\":[]}";

void vector_complain(const struct vector *vector, const char *at, const char *text)
{
    fprintf(stderr, "%s: case %s: %s: %s\n", vector->file,
            vector->sections[VECTOR_CASE] ? vector->sections[VECTOR_CASE] : "?", at, text);
}

int vector_differs(const struct vector *vector, const cJSON *wanted, const cJSON *got, const char *at)
{
    char deeper[512], text[1024];
    int count = 0, i = 0;
    const cJSON *child;

    if (!got) {
        vector_complain(vector, at, "is not there");
        return 1;
    }
    if (cJSON_IsObject(wanted) && cJSON_IsObject(got)) {
        cJSON_ArrayForEach(child, wanted)
        {
            (void)snprintf(deeper, sizeof deeper, "%s/%s", at, child->string);
            count += vector_differs(vector, child, cJSON_GetObjectItemCaseSensitive(got, child->string), deeper);
        }
        return count;
    }
    if (cJSON_IsArray(wanted) && cJSON_IsArray(got) && cJSON_GetArraySize(wanted) == cJSON_GetArraySize(got)) {
        cJSON_ArrayForEach(child, wanted)
        {
            (void)snprintf(deeper, sizeof deeper, "%s/%d", at, i);
            count += vector_differs(vector, child, cJSON_GetArrayItem(got, i++), deeper);
        }
        return count;
    }
    if (cJSON_Compare(wanted, got, 1))
        return 0;
    {
        char *want_text = cJSON_PrintUnformatted(wanted), *got_text = cJSON_PrintUnformatted(got);

        (void)snprintf(text, sizeof text, "wanted %s, got %s", want_text, got_text);
        free(want_text);
        free(got_text);
    }
    vector_complain(vector, at, text);
    return 1;
}

char *vector_bundle(const struct vector *vector, int version)
{
    const char *text = vector->sections[VECTOR_BUNDLE];
    cJSON *bundle = cJSON_Parse(text ? text : "{}"), *rest = cJSON_Parse(defaults), *value, *next;
    char *whole;

    if (!bundle) {
        cJSON_Delete(rest);
        return strdup(text); /* the compiler says what is wrong */
    }
    for (value = rest->child; value; value = next) {
        next = value->next;
        if (!cJSON_GetObjectItemCaseSensitive(bundle, value->string))
            cJSON_AddItemToObject(bundle, value->string, cJSON_DetachItemViaPointer(rest, value));
    }
    if (version > 0)
        cJSON_ReplaceItemInObjectCaseSensitive(bundle, "version", cJSON_CreateNumber(version));
    whole = cJSON_PrintUnformatted(bundle);
    cJSON_Delete(bundle);
    cJSON_Delete(rest);
    return whole;
}

cJSON *vector_error(const char *code, const char *message, const char *at)
{
    cJSON *error = cJSON_CreateObject(), *inner = cJSON_AddObjectToObject(error, "error");

    cJSON_AddStringToObject(inner, "code", code);
    cJSON_AddStringToObject(inner, "message", message);
    cJSON_AddStringToObject(inner, "at", at);
    return error;
}

/* ---- reading ---- */

struct reader {
    struct vector vector;
    vector_visitor *visitor;
    void *context;
};

static void finish(struct reader *reader)
{
    if (reader->vector.sections[VECTOR_CASE]) {
        reader->vector.number++;
        reader->visitor(reader->context, &reader->vector);
    }
    for (int i = 0; i < VECTOR_SECTIONS; i++) {
        free(reader->vector.sections[i]);
        reader->vector.sections[i] = NULL;
    }
}

/* Appends a line to a section. */
static void add(char **section, const char *line)
{
    size_t old = *section ? strlen(*section) + 1 : 0, len = strlen(line) + 1;
    char *more = realloc(*section, old + len);

    STOP_UNLESS(more, "out of memory");
    if (old)
        more[old - 1] = '\n';
    memcpy(more + old, line, len);
    *section = more;
}

static void read_line(struct reader *reader, const char *line, int *section)
{
    char **sections = reader->vector.sections;
    size_t word = strcspn(line, " ");

    if (line[0] == '#' || line[0] == '\0')
        return;
    if (line[0] == ' ') { /* goes on */
        if (*section >= 0)
            add(&sections[*section], line + strspn(line, " "));
        return;
    }
    for (*section = VECTOR_SECTIONS - 1; *section >= 0; --*section) {
        if (strlen(section_names[*section]) == word && strncmp(line, section_names[*section], word) == 0)
            break;
    }
    STOP_UNLESS(*section >= 0, "%s: unknown word: %s", reader->vector.file, line);
    if (*section == VECTOR_CASE)
        finish(reader);
    STOP_UNLESS(!sections[*section], "%s: %s twice in case %s", reader->vector.file, section_names[*section],
                sections[VECTOR_CASE]);
    add(&sections[*section], line + word + (line[word] == ' '));
}

static void read_file(struct reader *reader, const char *folder, const char *name)
{
    char path[1024], *line = NULL;
    size_t cap = 0;
    int section = -1;
    FILE *file;

    reader->vector.file = name;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    STOP_UNLESS(file, "%s", path);
    while (getline(&line, &cap, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        read_line(reader, line, &section);
    }
    finish(reader);
    free(line);
    (void)fclose(file);
}

static int is_vector(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 4 && strcmp(entry->d_name + len - 4, ".vec") == 0;
}

void vectors_each(vector_visitor *visitor, void *context)
{
    const char *folder = LOYALD_SOURCE_DIR "/tests/vectors";
    struct reader reader = {.visitor = visitor, .context = context};
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_vector, alphasort);

    STOP_UNLESS(count > 0, "no cases in %s", folder);
    for (int i = 0; i < count; i++) {
        read_file(&reader, folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

static void complete(cJSON *request, const char *name, const cJSON *value)
{
    if (value && !cJSON_GetObjectItemCaseSensitive(request, name))
        cJSON_AddItemToObject(request, name, cJSON_Duplicate(value, true));
}

void vector_complete_return(cJSON *request, const cJSON *sale, const cJSON *result, const cJSON *earlier)
{
    complete(request, "sale", sale);
    complete(request, "result", result);
    complete(request, "earlier", earlier);
}
