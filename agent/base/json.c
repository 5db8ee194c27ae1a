/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cJSON takes more than JSON: any control byte as white space, raw line breaks in strings, 01, text after the end,
 * and it keeps both of two members with one name. So the text is scanned by RFC 8259 first (json_scan.c); what
 * passes, cJSON refuses only when memory runs out.
 */
#include "agent/base/json.h"

#include "agent/base/hex.h"
#include "agent/base/json_scan.h"

#include <inttypes.h>
#include <string.h>

#include <cjson/cJSON.h>

enum status json_parse(const char *text, size_t len, size_t len_max, struct cJSON **out_root, struct errmsg *err)
{
    cJSON *root = NULL;
    struct json_scan s;

    json_scan_init(&s, text, len, 0, NULL);
    if (len > len_max) {
        errmsg_set(err, "JSON: %zu bytes, at most %zu are taken", len, len_max);
        return ST_INVALID;
    }
    if (!json_scan_text(&s))
        return json_scan_say(&s, err);
    root = cJSON_ParseWithLength(text, len);
    s.no_memory = !root || !json_find_twins(root, &s.twin);
    if (s.no_memory || s.twin) {
        enum status st = json_scan_say(&s, err);

        cJSON_Delete(root);
        return st;
    }
    *out_root = root;
    return ST_OK;
}

enum status json_check(const char *text, size_t len, struct errmsg *err)
{
    struct json_scan s;

    json_scan_init(&s, text, len, 0, NULL);
    return json_scan_text(&s) ? ST_OK : json_scan_say(&s, err);
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
