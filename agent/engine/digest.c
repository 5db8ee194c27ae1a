/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical text of a JSON value: names in byte order, no white space, integers plain, only the escapes JSON
 * demands. It goes into the hash piece by piece, so a bundle of 64 MB needs no text of 64 MB.
 */
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/engine/compile.h"
#include "agent/engine/sort.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_MEMBERS = 32, PIECE_BYTES = 16 * 1024, TEXT_BYTES_MAX = BUNDLE_BYTES_MAX * 2 };

static int member_cmp(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* Objects are small and their names differ early. */
static void insert(const cJSON **members, size_t at, const cJSON *member)
{
    const char *name = member->string;
    unsigned char first = (unsigned char)name[0];

    while (at > 0 && ((unsigned char)members[at - 1]->string[0] > first ||
                      (members[at - 1]->string[0] == name[0] && strcmp(members[at - 1]->string, name) > 0))) {
        members[at] = members[at - 1];
        at--;
    }
    members[at] = member;
}

static size_t members_sorted(const cJSON *object, const cJSON **out_members, size_t count_max)
{
    size_t count = 0;
    const cJSON *member;

    cJSON_ArrayForEach(member, object)
    {
        if (count_max <= FEW_MEMBERS)
            insert(out_members, count++, member);
        else
            out_members[count++] = member;
    }
    if (count_max > FEW_MEMBERS)
        sort_items(out_members, count, sizeof *out_members, member_cmp);
    return count;
}

static void flush(struct digest *d)
{
    if (d->text.len < PIECE_BYTES)
        return;
    sha256_add(&d->hash, d->text.data, d->text.len);
    strbuf_clear(&d->text);
}

static void write_value(struct digest *d, const cJSON *value);

static void write_object(struct digest *d, const cJSON *object)
{
    const cJSON *few[FEW_MEMBERS], **members = few;
    size_t count = (size_t)cJSON_GetArraySize(object);

    if (count > FEW_MEMBERS)
        members = calloc(count, sizeof *members);
    if (!members) {
        d->good = false;
        return;
    }
    (void)members_sorted(object, members, count);
    jw_object_begin(&d->writer);
    for (size_t i = 0; i < count; i++) {
        jw_name(&d->writer, members[i]->string);
        write_value(d, members[i]);
    }
    jw_object_end(&d->writer);
    if (members != few)
        free(members);
}

static void write_array(struct digest *d, const cJSON *array)
{
    const cJSON *element;

    jw_array_begin(&d->writer);
    cJSON_ArrayForEach(element, array) write_value(d, element);
    jw_array_end(&d->writer);
}

/* Recursion ends at JSON_DEPTH_MAX, which the parser has checked. */
static void write_value(struct digest *d, const cJSON *value)
{
    int64_t number = 0;

    flush(d);
    if (cJSON_IsObject(value)) {
        write_object(d, value);
    } else if (cJSON_IsArray(value)) {
        write_array(d, value);
    } else if (cJSON_IsNumber(value)) {
        d->good = d->good && json_value_int(value, -JSON_INT_MAX, JSON_INT_MAX, &number) == ST_OK;
        jw_int(&d->writer, number);
    } else if (cJSON_IsBool(value)) {
        jw_bool(&d->writer, cJSON_IsTrue(value));
    } else if (cJSON_IsString(value)) {
        jw_text(&d->writer, value->valuestring);
    } else {
        jw_null(&d->writer);
    }
}

void digest_begin(struct digest *d, struct arena *scratch, const cJSON *root)
{
    *d = (struct digest){.text = STRBUF_INIT(TEXT_BYTES_MAX), .good = true};
    d->writer = (struct json_writer)JSON_WRITER_INIT(&d->text);
    sha256_init(&d->hash);
    d->members = arena_array(scratch, (size_t)cJSON_GetArraySize(root) + 1, sizeof *d->members);
    d->good = d->members != NULL;
    if (d->good)
        d->count = members_sorted(root, d->members, (size_t)cJSON_GetArraySize(root));
    jw_object_begin(&d->writer);
}

static void member(struct digest *d)
{
    jw_name(&d->writer, d->members[d->next]->string);
    write_value(d, d->members[d->next++]);
}

bool digest_to_array(struct digest *d, const char *name)
{
    while (d->next < d->count && strcmp(d->members[d->next]->string, name) < 0)
        member(d);
    if (d->next == d->count || strcmp(d->members[d->next]->string, name) != 0)
        return false;
    d->next++;
    jw_name(&d->writer, name);
    jw_array_begin(&d->writer);
    return true;
}

void digest_element(struct digest *d, const cJSON *value)
{
    write_value(d, value);
}

void digest_array_end(struct digest *d)
{
    jw_array_end(&d->writer);
}

bool digest_end(struct digest *d, char out_text[65])
{
    uint8_t hash[SHA256_BYTES];
    bool good;

    while (d->next < d->count)
        member(d);
    jw_object_end(&d->writer);
    good = d->good && strbuf_status(&d->text) == ST_OK;
    if (good) {
        sha256_add(&d->hash, d->text.data, d->text.len);
        sha256_end(&d->hash, hash);
        hex_encode(hash, sizeof hash, out_text);
    }
    strbuf_free(&d->text);
    return good;
}
