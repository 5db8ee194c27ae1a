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

enum { FEW_MEMBERS = DIGEST_ORDERED_MAX, PIECE_BYTES = 16 * 1024, TEXT_BYTES_MAX = BUNDLE_BYTES_MAX * 2 };

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

static size_t count_members(const cJSON *object)
{
    size_t count = 0;

    for (const cJSON *member = object->child; member; member = member->next)
        count++;
    return count;
}

static bool rises(const char *before, const char *after)
{
    unsigned char x = (unsigned char)*before, y = (unsigned char)*after;

    return x != y ? x < y : strcmp(before, after) <= 0;
}

/* Objects of a kind have their names in the same order most often: they are put where those of the last one went.
 * False when that does not sort these. */
static bool members_as_before(const struct digest_order *order, const cJSON *object, const cJSON **out_members,
                              size_t count)
{
    const cJSON *member = object->child;

    if (order->count != count)
        return false;
    for (size_t i = 0; i < count; i++, member = member->next)
        out_members[order->to[i]] = member;
    for (size_t i = 1; i < count; i++) {
        if (!rises(out_members[i - 1]->string, out_members[i]->string))
            return false;
    }
    return true;
}

static void order_keep(struct digest_order *order, const cJSON *object, const cJSON **members, size_t count)
{
    const cJSON *member = object->child;

    order->count = (uint8_t)count;
    for (size_t i = 0; i < count; i++, member = member->next) {
        uint8_t to = 0;

        while (members[to] != member)
            to++;
        order->to[i] = to;
    }
}

static void members_sorted(const cJSON *object, const cJSON **out_members, size_t count)
{
    size_t i = 0;

    for (const cJSON *member = object->child; member; member = member->next) {
        if (count <= FEW_MEMBERS)
            insert(out_members, i++, member);
        else
            out_members[i++] = member;
    }
    if (count > FEW_MEMBERS)
        sort_items(out_members, count, sizeof *out_members, member_cmp);
}

/* The members of a small object in order; the kind is guessed by its first name and their number. */
static void members_few(struct digest *d, const cJSON *object, const cJSON **out_members, size_t count)
{
    unsigned first = (unsigned char)object->child->string[0];
    struct digest_order *order = &d->orders[(first * 7 + (unsigned)count) % DIGEST_ORDERS];

    if (members_as_before(order, object, out_members, count))
        return;
    members_sorted(object, out_members, count);
    order_keep(order, object, out_members, count);
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
    size_t count = count_members(object);

    if (count > FEW_MEMBERS)
        members = calloc(count, sizeof *members);
    if (!members) {
        d->st = ST_NOMEM;
        return;
    }
    if (members == few && count > 1)
        members_few(d, object, members, count);
    else
        members_sorted(object, members, count);
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
    for (element = array->child; element; element = element->next)
        write_value(d, element);
    jw_array_end(&d->writer);
}

/* Recursion ends at JSON_DEPTH_MAX, which the parser has checked. */
static void write_value(struct digest *d, const cJSON *value)
{
    int64_t number = 0;

    flush(d);
    switch (value->type & 0xff) {
    case cJSON_Object:
        write_object(d, value);
        return;
    case cJSON_Array:
        write_array(d, value);
        return;
    case cJSON_String:
        jw_text(&d->writer, value->valuestring);
        return;
    case cJSON_Number:
        if (json_value_int(value, -JSON_INT_MAX, JSON_INT_MAX, &number) != ST_OK && d->st == ST_OK)
            d->st = ST_INVALID;
        jw_int(&d->writer, number);
        return;
    case cJSON_True:
    case cJSON_False:
        jw_bool(&d->writer, (value->type & 0xff) == cJSON_True);
        return;
    default:
        jw_null(&d->writer);
    }
}

void digest_begin(struct digest *d, struct arena *scratch, const cJSON *root)
{
    *d = (struct digest){.text = STRBUF_INIT(TEXT_BYTES_MAX)};
    d->writer = (struct json_writer)JSON_WRITER_INIT(&d->text);
    sha256_init(&d->hash);
    d->count = count_members(root);
    d->members = arena_array(scratch, d->count + 1, sizeof *d->members);
    if (d->members) {
        members_sorted(root, d->members, d->count);
    } else {
        d->st = ST_NOMEM;
        d->count = 0; /* nothing to walk */
    }
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

enum status digest_end(struct digest *d, char out_text[65])
{
    uint8_t hash[SHA256_BYTES];
    enum status st;

    while (d->next < d->count)
        member(d);
    jw_object_end(&d->writer);
    st = d->st != ST_OK ? d->st : strbuf_status(&d->text);
    if (st == ST_OK) {
        sha256_add(&d->hash, d->text.data, d->text.len);
        sha256_end(&d->hash, hash);
        hex_encode(hash, sizeof hash, out_text);
    }
    strbuf_free(&d->text);
    return st;
}
