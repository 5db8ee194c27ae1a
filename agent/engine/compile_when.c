/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions of a promotion. An absent part or an empty list holds, so it is simply not there when compiled. */
#include "agent/engine/compile.h"

#include "agent/base/civil_time.h"

#include <string.h>

enum { DAY_SECONDS = 86400 };

static const char *const weekday_names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static void compile_weekdays(struct compiler *c, const cJSON *when, struct when *out)
{
    const cJSON *array = rd_array(&c->rd, when, "weekdays", OPTIONAL), *value;

    rd_each(&c->rd, "weekdays", array, value)
    {
        int day = 7;

        for (int d = 0; cJSON_IsString(value) && d < 7; d++) {
            if (strcmp(value->valuestring, weekday_names[d]) == 0)
                day = d;
        }
        if (day == 7)
            rd_fault(&c->rd, NULL, "wants one of: mon tue wed thu fri sat sun");
        else
            out->weekdays |= (uint8_t)(1u << day);
    }
}

/* "10:00"; 24:00 is the end of a day. -1 when it is no time. */
static int32_t time_of_day(const cJSON *value)
{
    const char *t = cJSON_IsString(value) ? value->valuestring : "";
    int32_t minutes;

    if (strlen(t) != 5 || t[2] != ':' || strspn(t, "0123456789") != 2 || strspn(t + 3, "0123456789") != 2)
        return -1;
    minutes = ((t[0] - '0') * 10 + (t[1] - '0')) * 60 + (t[3] - '0') * 10 + (t[4] - '0');
    return t[3] > '5' || minutes > 24 * 60 ? -1 : minutes * 60;
}

static void compile_hours(struct compiler *c, const cJSON *when, struct when *out)
{
    const cJSON *array = rd_array(&c->rd, when, "hours", OPTIONAL), *value;
    struct hours_range *ranges;

    if (!array || !array->child)
        return;
    ranges = arena_array(&c->temp, (size_t)cJSON_GetArraySize(array), sizeof *ranges);
    if (!ranges)
        return;
    rd_each(&c->rd, "hours", array, value)
    {
        bool pair = cJSON_IsArray(value) && cJSON_GetArraySize(value) == 2;
        int32_t from = pair ? time_of_day(value->child) : -1, until = pair ? time_of_day(value->child->next) : -1;

        if (from < 0 || until < 0 || from == DAY_SECONDS)
            rd_fault(&c->rd, NULL, "wants two times such as [\"10:00\",\"14:00\"]");
        else if (from == until)
            rd_fault(&c->rd, NULL, "begins when it ends; the whole day is [\"00:00\",\"24:00\"]");
        else
            ranges[out->hours_count++] = (struct hours_range){from, until};
    }
    out->hours = rd_share(&c->rd, ranges, out->hours_count, sizeof *ranges);
}

static void attr_value(struct compiler *c, const cJSON *json, struct attr_value *out)
{
    const cJSON *holder = json;

    if (cJSON_IsString(holder)) {
        *out = (struct attr_value){.kind = ATTR_TEXT};
        out->text = share_bytes(c->rd.sharing, json->valuestring, strlen(json->valuestring) + 1, true);
    } else if (cJSON_IsBool(holder)) {
        *out = (struct attr_value){.kind = ATTR_BOOL, .number = cJSON_IsTrue(json)};
    } else if (cJSON_IsNumber(json) && json->valuedouble >= -1e15 && json->valuedouble <= 1e15 &&
               json->valuedouble == (double)(int64_t)json->valuedouble) {
        *out = (struct attr_value){.kind = ATTR_INT, .number = (int64_t)json->valuedouble};
    } else {
        rd_fault(&c->rd, NULL, "wants a text, an integer, true or false");
    }
}

static void compile_attr(struct compiler *c, const cJSON *json, struct attr_condition *out)
{
    const cJSON *in, *value;
    struct attr_value *values;
    size_t i = 0;

    if (!rd_names(&c->rd, json, "attr in gte lte"))
        return;
    (void)rd_text(&c->rd, json, "attr", REQUIRED, ID_BYTES_MAX, &out->attr);
    out->has_gte = rd_int(&c->rd, json, "gte", OPTIONAL, -AMOUNT_MAX, AMOUNT_MAX, &out->gte);
    out->has_lte = rd_int(&c->rd, json, "lte", OPTIONAL, -AMOUNT_MAX, AMOUNT_MAX, &out->lte);
    if (out->has_gte && out->has_lte && out->gte > out->lte)
        rd_warn(&c->rd, NULL, "gte is above lte: can never hold");
    in = rd_array(&c->rd, json, "in", OPTIONAL);
    if (!rd_get(json, "in") && !rd_get(json, "gte") && !rd_get(json, "lte"))
        rd_fault(&c->rd, NULL, "wants \"in\", \"gte\" or \"lte\"");
    if (!in || !in->child) /* an empty list holds */
        return;
    values = arena_array(&c->temp, (size_t)cJSON_GetArraySize(in), sizeof *values);
    if (!values)
        return;
    rd_each(&c->rd, "in", in, value)
        attr_value(c, value, &values[i++]);
    out->has_in = true;
    out->in = rd_share(&c->rd, values, i, sizeof *values);
    out->in_count = (uint32_t)i;
}

static void compile_attrs(struct compiler *c, const cJSON *object, struct attr_list *out)
{
    const cJSON *array = rd_array(&c->rd, object, "attrs", OPTIONAL), *value;
    struct attr_condition *items;
    size_t i = 0;

    if (!array || !array->child)
        return;
    items = arena_array(&c->temp, (size_t)cJSON_GetArraySize(array), sizeof *items);
    if (!items)
        return;
    rd_each(&c->rd, "attrs", array, value)
        compile_attr(c, value, &items[i++]);
    *out = (struct attr_list){.items = rd_share(&c->rd, items, i, sizeof *items), .count = (uint32_t)i};
}

static void compile_member(struct compiler *c, const cJSON *json, struct when *out)
{
    const cJSON *birthday;
    int64_t before = 0, after = 0;
    bool required = false;

    if (!rd_names(&c->rd, json, "required tiers segments birthday personal attrs"))
        return;
    (void)rd_bool(&c->rd, json, "required", &required);
    rd_texts(&c->rd, json, "tiers", &out->tiers);
    rd_texts(&c->rd, json, "segments", &out->segments);
    (void)rd_bool(&c->rd, json, "personal", &out->personal);
    compile_attrs(c, json, &out->member_attrs);
    birthday = rd_object(&c->rd, json, "birthday", OPTIONAL);
    if (birthday) {
        size_t mark = rd_in(&c->rd, "birthday");

        (void)rd_names(&c->rd, birthday, "before after");
        (void)rd_int(&c->rd, birthday, "before", OPTIONAL, 0, 180, &before);
        (void)rd_int(&c->rd, birthday, "after", OPTIONAL, 0, 180, &after);
        rd_out(&c->rd, mark);
        out->has_birthday = true;
        out->birthday_before = (int32_t)before;
        out->birthday_after = (int32_t)after;
    }
    out->member = required || out->tiers.count || out->segments.count || out->personal || out->member_attrs.count ||
                  out->has_birthday;
}

static void compile_basket(struct compiler *c, const cJSON *when, struct when *out)
{
    const cJSON *array = rd_array(&c->rd, when, "basket", OPTIONAL), *value;
    struct basket_condition *items;
    size_t i = 0;

    if (!array || !array->child)
        return;
    items = arena_array(&c->temp, (size_t)cJSON_GetArraySize(array), sizeof *items);
    if (!items)
        return;
    rd_each(&c->rd, "basket", array, value)
    {
        struct basket_condition *entry = &items[i++];
        int base = 0;

        if (rd_names(&c->rd, value, "items amount_min qty_min_milli distinct_min base")) {
            entry->selection = compile_items(c, value, "items", REQUIRED);
            (void)rd_int(&c->rd, value, "amount_min", OPTIONAL, 0, AMOUNT_MAX * 1000, &entry->amount_min);
            (void)rd_int(&c->rd, value, "qty_min_milli", OPTIONAL, 0, QTY_MAX * 1000, &entry->qty_min_milli);
            (void)rd_int(&c->rd, value, "distinct_min", OPTIONAL, 0, SALE_LINES_MAX, &entry->distinct_min);
            (void)rd_word(&c->rd, value, "base", OPTIONAL, "gross current", &base);
            entry->current = base == 1;
            if (!entry->amount_min && !entry->qty_min_milli && !entry->distinct_min)
                rd_warn(&c->rd, NULL, "names no minimum: holds for every basket, also without such items");
        }
    }
    out->basket = rd_share(&c->rd, items, i, sizeof *items);
    out->basket_count = (uint32_t)i;
}

static void compile_stores(struct compiler *c, const cJSON *when, struct when *out)
{
    const cJSON *stores = rd_object(&c->rd, when, "stores", OPTIONAL);
    size_t mark;

    if (!stores)
        return;
    mark = rd_in(&c->rd, "stores");
    (void)rd_names(&c->rd, stores, "ids attrs");
    rd_texts(&c->rd, stores, "ids", &out->store_ids);
    compile_attrs(c, stores, &out->store_attrs);
    rd_out(&c->rd, mark);
}

static void compile_parts(struct compiler *c, const cJSON *json, struct when *out)
{
    const cJSON *member;

    (void)rd_names(&c->rd, json, "from until weekdays hours stores channels member basket tenders coupon");
    out->has_from = rd_local_time(&c->rd, json, "from", &out->from);
    out->has_until = rd_local_time(&c->rd, json, "until", &out->until);
    if (out->has_from && out->has_until &&
        (out->from.day > out->until.day ||
         (out->from.day == out->until.day && out->from.second >= out->until.second)))
        rd_warn(&c->rd, NULL, "ends before it begins: can never apply");
    compile_weekdays(c, json, out);
    compile_hours(c, json, out);
    compile_stores(c, json, out);
    rd_texts(&c->rd, json, "channels", &out->channels);
    member = rd_object(&c->rd, json, "member", OPTIONAL);
    if (member) {
        size_t mark = rd_in(&c->rd, "member");

        compile_member(c, member, out);
        rd_out(&c->rd, mark);
    }
    compile_basket(c, json, out);
    rd_texts(&c->rd, json, "tenders", &out->tenders);
    if (rd_get(json, "coupon"))
        out->series = compile_series_named(c, json, "coupon", REQUIRED);
}

void compile_when(struct compiler *c, const cJSON *promotion, struct promotion *out)
{
    const cJSON *json = rd_object(&c->rd, promotion, "when", OPTIONAL);
    struct when *when;
    size_t mark;

    if (!json || !json->child)
        return;
    when = arena_alloc(&c->temp, sizeof *when);
    if (!when)
        return;
    when->series = NONE;
    mark = rd_in(&c->rd, "when");
    compile_parts(c, json, when);
    rd_out(&c->rd, mark);
    out->when = rd_share(&c->rd, when, 1, sizeof *when);
}
