/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/sale_read.h"

#include "agent/base/json.h"
#include "agent/base/json_pool.h"
#include "agent/base/utf8.h"

#include <string.h>

enum { TEXT_MAX = 256, LIST_MAX = 100000 };

bool sr_fail(struct sale_reader *p, const char *code, const char *name, const char *message)
{
    struct errmsg at = ERRMSG_INIT;
    size_t len;

    if (!p->indexed)
        errmsg_set(&at, "%s%s%s", p->at, name ? "/" : "", name ? name : "");
    else
        errmsg_set(&at, "%s/%u%s%s", p->at, (unsigned)p->index, name ? "/" : "", name ? name : "");
    memset(p->fault, 0, sizeof *p->fault);
    memcpy(p->fault->code, code, strlen(code));
    len = utf8_cut(at.text, strlen(at.text), sizeof p->fault->at - 1);
    memcpy(p->fault->at, at.text, len);
    len = utf8_cut(message, strlen(message), sizeof p->fault->message - 1);
    memcpy(p->fault->message, message, len);
    return false;
}

void sr_go(struct sale_reader *p, const char *at)
{
    size_t len = strnlen(at, sizeof p->at - 1);

    memcpy(p->at, at, len);
    p->at[len] = '\0';
    p->indexed = false;
}

void sr_go_index(struct sale_reader *p, const char *at, uint32_t index)
{
    sr_go(p, at);
    p->indexed = true;
    p->index = index;
}

const cJSON *sr_member(const cJSON *object, const char *name)
{
    const cJSON *value = json_member(object, name);

    return cJSON_IsNull(value) ? NULL : value;
}

/* *out stays as it was when the member is absent. */
bool sr_text(struct sale_reader *p, const cJSON *object, const char *name, const char **out)
{
    const cJSON *value = sr_member(object, name);

    if (!value)
        return true;
    if (!cJSON_IsString(value))
        return sr_fail(p, "schema", name, "wants a text");
    if (strlen(value->valuestring) > TEXT_MAX)
        return sr_fail(p, "range", name, "is longer than 256 bytes");
    *out = arena_text(&p->sale->arena, value->valuestring, strlen(value->valuestring));
    return *out != NULL;
}

bool sr_integer(struct sale_reader *p, const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const cJSON *value = sr_member(object, name);

    if (!value)
        return true;
    if (!cJSON_IsNumber(value))
        return sr_fail(p, "schema", name, "wants an integer");
    if (value->valuedouble < (double)min || value->valuedouble > (double)max)
        return sr_fail(p, "range", name, "is outside the range the format allows");
    if (json_value_int(value, min, max, out) != ST_OK)
        return sr_fail(p, "schema", name, "wants an integer");
    return true;
}

bool sr_boolean(struct sale_reader *p, const cJSON *object, const char *name, bool *out)
{
    const cJSON *value = sr_member(object, name);

    if (!value)
        return true;
    if (!cJSON_IsBool(value))
        return sr_fail(p, "schema", name, "wants true or false");
    *out = cJSON_IsTrue(value);
    return true;
}

bool sr_container(struct sale_reader *p, const cJSON *object, const char *name, bool array, const cJSON **out)
{
    const cJSON *value = sr_member(object, name);

    *out = NULL;
    if (!value)
        return true;
    if (array ? !cJSON_IsArray(value) : !cJSON_IsObject(value))
        return sr_fail(p, "schema", name, array ? "wants an array" : "wants an object");
    if (cJSON_GetArraySize(value) > LIST_MAX)
        return sr_fail(p, "range", name, "has more than 100000 entries");
    *out = value;
    return true;
}

bool sr_items(struct sale_reader *p, const cJSON *object, const char *name, bool array, size_t item_bytes,
              const cJSON **out_container, void **out_items)
{
    size_t count;

    *out_items = NULL;
    if (!sr_container(p, object, name, array, out_container))
        return false;
    count = (size_t)cJSON_GetArraySize(*out_container);
    if (count > 0)
        *out_items = arena_array(&p->sale->arena, count, item_bytes);
    return count == 0 || *out_items;
}

bool sr_texts(struct sale_reader *p, const cJSON *object, const char *name, struct text_list *out)
{
    const cJSON *array, *value;
    void *room;
    const char **items;

    if (!sr_items(p, object, name, true, sizeof *items, &array, &room))
        return false;
    items = room;
    cJSON_ArrayForEach(value, array)
    {
        if (!cJSON_IsString(value))
            return sr_fail(p, "schema", name, "wants texts");
        items[out->count] = arena_text(&p->sale->arena, value->valuestring, strlen(value->valuestring));
        if (!items[out->count++])
            return false;
    }
    out->items = items;
    return true;
}

/* Values that are no text, integer or boolean count as missing. */
bool sr_attrs(struct sale_reader *p, const cJSON *object, struct sale_attrs *out)
{
    const cJSON *map, *value;
    void *room;
    struct sale_attr *items;

    if (!sr_items(p, object, "attrs", false, sizeof *items, &map, &room))
        return false;
    items = room;
    cJSON_ArrayForEach(value, map)
    {
        struct sale_attr attr = {.name = arena_text(&p->sale->arena, value->string, strlen(value->string))};

        if (cJSON_IsString(value)) {
            attr.value.kind = ATTR_TEXT;
            attr.value.text = arena_text(&p->sale->arena, value->valuestring, strlen(value->valuestring));
        } else if (cJSON_IsBool(value)) {
            attr.value = (struct attr_value){.kind = ATTR_BOOL, .number = cJSON_IsTrue(value)};
        } else if (json_value_int(value, -JSON_INT_MAX, JSON_INT_MAX, &attr.value.number) == ST_OK) {
            attr.value.kind = ATTR_INT;
        } else {
            continue;
        }
        if (!attr.name || (attr.value.kind == ATTR_TEXT && !attr.value.text))
            return false;
        items[out->count++] = attr;
    }
    out->items = items;
    return true;
}

bool sr_amounts(struct sale_reader *p, const cJSON *object, const char *name, bool max_allowed,
                struct sale_amounts *out)
{
    const cJSON *map, *value;
    void *room;
    struct sale_amount *items;

    if (!sr_items(p, object, name, false, sizeof *items, &map, &room))
        return false;
    items = room;
    cJSON_ArrayForEach(value, map)
    {
        struct sale_amount *item = &items[out->count];

        item->name = arena_text(&p->sale->arena, value->string, strlen(value->string));
        item->max = max_allowed && cJSON_IsString(value) && strcmp(value->valuestring, "max") == 0;
        if (!item->name)
            return false;
        if (!item->max && !cJSON_IsNumber(value))
            return sr_fail(p, "schema", name, max_allowed ? "wants integers or \"max\"" : "wants integers");
        if (!item->max && json_value_int(value, -POINTS_MAX, POINTS_MAX, &item->value) != ST_OK)
            return sr_fail(p, "range", name, "holds a number that is no integer or outside the range");
        if (max_allowed && item->value < 0)
            return sr_fail(p, "range", name, "is below zero");
        out->count++;
    }
    out->items = items;
    return true;
}

const struct sale_amount *sale_amount_find(const struct sale_amounts *list, const char *name)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    }
    return NULL;
}

int64_t sale_amount_of(const struct sale_amounts *list, const char *name)
{
    const struct sale_amount *amount = sale_amount_find(list, name);

    return amount ? amount->value : 0;
}

bool text_list_has(const struct text_list *list, const char *wanted)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], wanted) == 0)
            return true;
    }
    return false;
}

bool text_list_has_sorted(const struct text_list *list, const char *wanted)
{
    uint32_t low = 0, high = list->count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = strcmp(list->items[mid], wanted);

        if (order == 0)
            return true;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}
