/* SPDX-License-Identifier: Apache-2.0 */
/* The member of a sale. */
#include "agent/engine/sale_read.h"

#include <string.h>

static bool member_usage(struct sale_reader *p, const cJSON *object, struct sale_member *out)
{
    static const char *const periods[PERIOD_COUNT] = {"day", "week", "month", "count"};
    const cJSON *map, *value;
    void *room;
    struct sale_usage *items;

    if (!sr_items(p, object, "usage", false, sizeof *items, &map, &room))
        return false;
    items = room;
    sr_go(p, "/member/usage");
    cJSON_ArrayForEach(value, map)
    {
        struct sale_usage *usage = &items[out->usage_count++];

        usage->promotion = arena_text(&p->sale->arena, value->string, strlen(value->string));
        if (!usage->promotion)
            return false;
        if (!cJSON_IsObject(value))
            return sr_fail(p, "schema", NULL, "wants an object of count, day, week, month");
        for (int i = 0; i < PERIOD_COUNT; i++) {
            if (!sr_integer(p, value, periods[i], 0, POINTS_MAX, &usage->count[i]))
                return false;
        }
    }
    out->usage = items;
    sr_go(p, "/member");
    return true;
}

static bool member_lists(struct sale_reader *p, const cJSON *object, struct sale_member *out)
{
    const cJSON *map, *value;
    void *room;
    struct sale_list *items;

    if (!sr_items(p, object, "lists", false, sizeof *items, &map, &room))
        return false;
    items = room;
    sr_go(p, "/member/lists");
    cJSON_ArrayForEach(value, map)
    {
        struct sale_list *list = &items[out->list_count++];

        list->name = arena_text(&p->sale->arena, value->string, strlen(value->string));
        if (!list->name || !sr_texts(p, map, value->string, &list->skus))
            return false;
    }
    out->lists = items;
    sr_go(p, "/member");
    return true;
}

/* "05-17" */
static bool birthday(struct sale_reader *p, const char *birth, struct sale_member *out)
{
    int month, day;

    if (!*birth)
        return true;
    if (strlen(birth) != 5 || birth[2] != '-' || strspn(birth, "0123456789") != 2 ||
        strspn(birth + 3, "0123456789") != 2)
        return sr_fail(p, "schema", "birthday", "wants month and day such as 05-17");
    month = (birth[0] - '0') * 10 + birth[1] - '0';
    day = (birth[3] - '0') * 10 + birth[4] - '0';
    if (month < 1 || month > 12 || day < 1 || day > (month == 2 ? 29 : 30 + ((month + month / 8) & 1)))
        return sr_fail(p, "range", "birthday", "there is no such day");
    out->birth_month = month;
    out->birth_day = day;
    return true;
}

bool sale_member_parse(struct sale_reader *p, const cJSON *root)
{
    const char *birth = "";
    const cJSON *json;
    struct sale_member *out;

    sr_go(p, "");
    if (!sr_container(p, root, "member", false, &json))
        return false;
    if (!json)
        return true;
    out = arena_alloc(&p->sale->arena, sizeof *out);
    if (!out)
        return false;
    out->id = out->tier = "";
    p->sale->member = out;
    sr_go(p, "/member");
    return sr_text(p, json, "id", &out->id) && sr_text(p, json, "tier", &out->tier) &&
           sr_texts(p, json, "segments", &out->segments) && sr_texts(p, json, "personal", &out->personal) &&
           sr_text(p, json, "birthday", &birth) && birthday(p, birth, out) && sr_attrs(p, json, &out->attrs) &&
           sr_amounts(p, json, "balances", false, &out->balances) && member_usage(p, json, out) &&
           member_lists(p, json, out);
}
