/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON to a checked sale. The first fault ends it; names that are not known are skipped, a null counts as absent.
 */
#include "agent/engine/sale.h"

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/base/utf8.h"
#include "agent/engine/names.h"
#include "agent/engine/sort.h"
#include "agent/engine/wide.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define LINE_AMOUNT_MAX INT64_C(1000000000000) /* 10^12 */
#define LINE_QTY_MAX    INT64_C(100000000)     /* 10^8 */
#define POINTS_MAX      INT64_C(1000000000000)

enum { TEXT_MAX = 256, LIST_MAX = 100000 };

struct parse {
    struct engine_sale *sale;
    struct engine_fault *fault;
    char at[128]; /* where we are */
};

static bool fail(struct parse *p, const char *code, const char *name, const char *message)
{
    struct errmsg at = ERRMSG_INIT;
    size_t len;

    errmsg_set(&at, "%s%s%s", p->at, name ? "/" : "", name ? name : "");
    memset(p->fault, 0, sizeof *p->fault);
    memcpy(p->fault->code, code, strlen(code));
    len = utf8_cut(at.text, strlen(at.text), sizeof p->fault->at - 1);
    memcpy(p->fault->at, at.text, len);
    len = utf8_cut(message, strlen(message), sizeof p->fault->message - 1);
    memcpy(p->fault->message, message, len);
    return false;
}

/* The pointer to part of a member: "/lines" and 3 make "/lines/3". */
static void go_index(struct parse *p, const char *name, uint32_t index)
{
    struct errmsg at = ERRMSG_INIT;

    errmsg_set(&at, "/%s/%u", name, (unsigned)index);
    memset(p->at, 0, sizeof p->at);
    memcpy(p->at, at.text, strnlen(at.text, sizeof p->at - 1));
}

static void go(struct parse *p, const char *at)
{
    memset(p->at, 0, sizeof p->at);
    memcpy(p->at, at, strnlen(at, sizeof p->at - 1));
}

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNull(value) ? NULL : value;
}

/* *out stays as it was when the member is absent. */
static bool text(struct parse *p, const cJSON *object, const char *name, const char **out)
{
    const cJSON *value = member(object, name);

    if (!value)
        return true;
    if (!cJSON_IsString(value))
        return fail(p, "schema", name, "wants a text");
    if (strlen(value->valuestring) > TEXT_MAX)
        return fail(p, "range", name, "is longer than 256 bytes");
    *out = arena_text(&p->sale->arena, value->valuestring, strlen(value->valuestring));
    return *out != NULL;
}

static bool integer(struct parse *p, const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const cJSON *value = member(object, name);

    if (!value)
        return true;
    if (!cJSON_IsNumber(value))
        return fail(p, "schema", name, "wants an integer");
    if (value->valuedouble < (double)min || value->valuedouble > (double)max)
        return fail(p, "range", name, "is outside the range the format allows");
    if (json_value_int(value, min, max, out) != ST_OK)
        return fail(p, "schema", name, "wants an integer");
    return true;
}

static bool boolean(struct parse *p, const cJSON *object, const char *name, bool *out)
{
    const cJSON *value = member(object, name);

    if (!value)
        return true;
    if (!cJSON_IsBool(value))
        return fail(p, "schema", name, "wants true or false");
    *out = cJSON_IsTrue(value);
    return true;
}

static bool container(struct parse *p, const cJSON *object, const char *name, bool array, const cJSON **out)
{
    const cJSON *value = member(object, name);

    *out = NULL;
    if (!value)
        return true;
    if (array ? !cJSON_IsArray(value) : !cJSON_IsObject(value))
        return fail(p, "schema", name, array ? "wants an array" : "wants an object");
    if (cJSON_GetArraySize(value) > LIST_MAX)
        return fail(p, "range", name, "has more than 100000 entries");
    *out = value;
    return true;
}

static bool texts(struct parse *p, const cJSON *object, const char *name, struct text_list *out)
{
    const cJSON *array, *value;
    const char **items;

    if (!container(p, object, name, true, &array))
        return false;
    if (!array || !array->child)
        return true;
    items = arena_array(&p->sale->arena, (size_t)cJSON_GetArraySize(array), sizeof *items);
    if (!items)
        return false;
    cJSON_ArrayForEach(value, array)
    {
        if (!cJSON_IsString(value))
            return fail(p, "schema", name, "wants texts");
        items[out->count] = arena_text(&p->sale->arena, value->valuestring, strlen(value->valuestring));
        if (!items[out->count++])
            return false;
    }
    out->items = items;
    return true;
}

/* Values that are no text, integer or boolean count as missing. */
static bool attrs(struct parse *p, const cJSON *object, struct sale_attrs *out)
{
    const cJSON *map, *value;
    struct sale_attr *items;

    if (!container(p, object, "attrs", false, &map))
        return false;
    if (!map || !map->child)
        return true;
    items = arena_array(&p->sale->arena, (size_t)cJSON_GetArraySize(map), sizeof *items);
    if (!items)
        return false;
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

static bool amounts(struct parse *p, const cJSON *object, const char *name, bool max_allowed,
                    struct sale_amounts *out)
{
    const cJSON *map, *value;
    struct sale_amount *items;

    if (!container(p, object, name, false, &map))
        return false;
    if (!map || !map->child)
        return true;
    items = arena_array(&p->sale->arena, (size_t)cJSON_GetArraySize(map), sizeof *items);
    if (!items)
        return false;
    cJSON_ArrayForEach(value, map)
    {
        struct sale_amount *item = &items[out->count];

        item->name = arena_text(&p->sale->arena, value->string, strlen(value->string));
        item->max = max_allowed && cJSON_IsString(value) && strcmp(value->valuestring, "max") == 0;
        if (!item->name)
            return false;
        if (!item->max && !cJSON_IsNumber(value))
            return fail(p, "schema", name, max_allowed ? "wants integers or \"max\"" : "wants integers");
        if (!item->max && json_value_int(value, -POINTS_MAX, POINTS_MAX, &item->value) != ST_OK)
            return fail(p, "range", name, "holds a number that is no integer or outside the range");
        if (max_allowed && item->value < 0)
            return fail(p, "range", name, "is below zero");
        out->count++;
    }
    out->items = items;
    return true;
}

static bool member_usage(struct parse *p, const cJSON *object, struct sale_member *out)
{
    static const char *const periods[PERIOD_COUNT] = {"day", "week", "month", "count"};
    const cJSON *map, *value;
    struct sale_usage *items;

    if (!container(p, object, "usage", false, &map))
        return false;
    if (!map || !map->child)
        return true;
    items = arena_array(&p->sale->arena, (size_t)cJSON_GetArraySize(map), sizeof *items);
    if (!items)
        return false;
    go(p, "/member/usage");
    cJSON_ArrayForEach(value, map)
    {
        struct sale_usage *usage = &items[out->usage_count++];

        usage->promotion = arena_text(&p->sale->arena, value->string, strlen(value->string));
        if (!usage->promotion)
            return false;
        if (!cJSON_IsObject(value))
            return fail(p, "schema", NULL, "wants an object of count, day, week, month");
        for (int i = 0; i < PERIOD_COUNT; i++) {
            if (!integer(p, value, periods[i], 0, POINTS_MAX, &usage->count[i]))
                return false;
        }
    }
    out->usage = items;
    go(p, "/member");
    return true;
}

static bool member_lists(struct parse *p, const cJSON *object, struct sale_member *out)
{
    const cJSON *map, *value;
    struct sale_list *items;

    if (!container(p, object, "lists", false, &map))
        return false;
    if (!map || !map->child)
        return true;
    items = arena_array(&p->sale->arena, (size_t)cJSON_GetArraySize(map), sizeof *items);
    if (!items)
        return false;
    go(p, "/member/lists");
    cJSON_ArrayForEach(value, map)
    {
        struct sale_list *list = &items[out->list_count++];

        list->name = arena_text(&p->sale->arena, value->string, strlen(value->string));
        if (!list->name || !texts(p, map, value->string, &list->skus))
            return false;
    }
    out->lists = items;
    go(p, "/member");
    return true;
}

/* "05-17" */
static bool birthday(struct parse *p, const char *birth, struct sale_member *out)
{
    int month, day;

    if (!*birth)
        return true;
    if (strlen(birth) != 5 || birth[2] != '-' || strspn(birth, "0123456789") != 2 ||
        strspn(birth + 3, "0123456789") != 2)
        return fail(p, "schema", "birthday", "wants month and day such as 05-17");
    month = (birth[0] - '0') * 10 + birth[1] - '0';
    day = (birth[3] - '0') * 10 + birth[4] - '0';
    if (month < 1 || month > 12 || day < 1 || day > (month == 2 ? 29 : 30 + ((month + month / 8) & 1)))
        return fail(p, "range", "birthday", "there is no such day");
    out->birth_month = month;
    out->birth_day = day;
    return true;
}

static bool parse_member(struct parse *p, const cJSON *root)
{
    const char *birth = "";
    const cJSON *json;
    struct sale_member *out;

    go(p, "");
    if (!container(p, root, "member", false, &json))
        return false;
    if (!json)
        return true;
    out = arena_alloc(&p->sale->arena, sizeof *out);
    if (!out)
        return false;
    out->id = out->tier = "";
    p->sale->member = out;
    go(p, "/member");
    return text(p, json, "id", &out->id) && text(p, json, "tier", &out->tier) &&
           texts(p, json, "segments", &out->segments) && texts(p, json, "personal", &out->personal) &&
           text(p, json, "birthday", &birth) && birthday(p, birth, out) && attrs(p, json, &out->attrs) &&
           amounts(p, json, "balances", false, &out->balances) && member_usage(p, json, out) &&
           member_lists(p, json, out);
}

static bool line_amounts(struct parse *p, const cJSON *json, struct sale_line *out)
{
    int64_t price = -1, amount = -1;
    uint64_t gross;

    if (!member(json, "qty_milli"))
        return fail(p, "schema", "qty_milli", "is missing");
    if (!member(json, "unit_price_minor") && !member(json, "amount_minor"))
        return fail(p, "schema", "unit_price_minor", "is missing, and so is amount_minor");
    if (!integer(p, json, "qty_milli", 1, LINE_QTY_MAX, &out->qty_milli) ||
        !integer(p, json, "unit_price_minor", 0, LINE_AMOUNT_MAX, &price) ||
        !integer(p, json, "amount_minor", 0, LINE_AMOUNT_MAX, &amount) ||
        !integer(p, json, "floor_price_minor", 0, LINE_AMOUNT_MAX, &out->floor_price_minor))
        return false;
    if (!out->weight && out->qty_milli % 1000 != 0)
        return fail(p, "quantity", "qty_milli", "is not whole: goods sold by weight want \"sold_by\":\"weight\"");
    if (amount < 0) {
        gross = wide_half_up((uint64_t)price, (uint64_t)out->qty_milli, 1000);
        if (gross > (uint64_t)LINE_AMOUNT_MAX)
            return fail(p, "range", "unit_price_minor", "times the quantity is above 10^12");
        amount = (int64_t)gross;
    }
    /* The line's price, where only its amount is known. */
    if (price < 0) {
        gross = wide_half_up((uint64_t)amount, 1000, (uint64_t)out->qty_milli);
        price = (int64_t)gross;
    }
    out->price_minor = price;
    out->gross_minor = amount;
    return true;
}

static bool parse_line(struct parse *p, const cJSON *json, struct sale_line *out)
{
    const char *sold_by = "each", *gtin = "";
    char digits[GTIN_TEXT];

    if (!cJSON_IsObject(json))
        return fail(p, "schema", NULL, "wants an object");
    *out = (struct sale_line){.sku = "", .gtin = "", .category = "", .brand = "", .discountable = true};
    if (!member(json, "line"))
        return fail(p, "schema", "line", "is missing");
    if (!member(json, "sku"))
        return fail(p, "schema", "sku", "is missing");
    if (!integer(p, json, "line", -JSON_INT_MAX, JSON_INT_MAX, &out->line) || !text(p, json, "sku", &out->sku) ||
        !text(p, json, "gtin", &gtin) || !text(p, json, "category", &out->category) ||
        !text(p, json, "brand", &out->brand) || !texts(p, json, "tags", &out->tags) ||
        !text(p, json, "sold_by", &sold_by) || !boolean(p, json, "discountable", &out->discountable))
        return false;
    out->weight = strcmp(sold_by, "weight") == 0;
    if (!out->weight && strcmp(sold_by, "each") != 0)
        return fail(p, "schema", "sold_by", "wants \"each\" or \"weight\"");
    if (name_gtin(gtin, digits)) { /* another text is an unknown item, which never stops a sale */
        out->gtin = arena_text(&p->sale->arena, digits, GTIN_TEXT - 1);
        if (!out->gtin)
            return false;
    }
    return line_amounts(p, json, out);
}

struct line_key { /* the order of the lines that decides */
    const char *sku;
    int64_t gross, qty, line;
    uint32_t index;
};

static int line_key_cmp(const void *a, const void *b)
{
    const struct line_key *x = a, *y = b;
    int order = strcmp(x->sku, y->sku);

    if (order != 0)
        return order;
    if (x->gross != y->gross)
        return x->gross < y->gross ? -1 : 1;
    if (x->qty != y->qty)
        return x->qty < y->qty ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int line_number_cmp(const void *a, const void *b)
{
    const struct line_key *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Refuses two lines of one number; then the order that decides. */
static bool order_lines(struct parse *p)
{
    struct engine_sale *sale = p->sale;
    struct line_key *keys = arena_array(&sale->arena, sale->line_count + 1u, sizeof *keys);

    sale->canonical = arena_array(&sale->arena, sale->line_count + 1u, sizeof *sale->canonical);
    if (!keys || !sale->canonical)
        return false;
    for (uint32_t i = 0; i < sale->line_count; i++) {
        const struct sale_line *line = &sale->lines[i];

        keys[i] = (struct line_key){line->sku, line->gross_minor, line->qty_milli, line->line, i};
    }
    sort_items(keys, sale->line_count, sizeof *keys, line_number_cmp);
    for (uint32_t i = 1; i < sale->line_count; i++) {
        if (keys[i].line == keys[i - 1].line) {
            go_index(p, "lines", keys[i].index);
            return fail(p, "duplicate", "line", "another line has this number");
        }
    }
    sort_items(keys, sale->line_count, sizeof *keys, line_key_cmp);
    for (uint32_t i = 0; i < sale->line_count; i++)
        sale->canonical[i] = keys[i].index;
    return true;
}

static bool parse_lines(struct parse *p, const cJSON *root)
{
    const cJSON *array, *value;
    int count;

    go(p, "");
    if (!container(p, root, "lines", true, &array))
        return false;
    count = array ? cJSON_GetArraySize(array) : 0;
    if (count > SALE_LINES_MAX)
        return fail(p, "range", "lines", "has more than 1000 lines");
    p->sale->lines = arena_array(&p->sale->arena, (size_t)count + 1, sizeof *p->sale->lines);
    if (!p->sale->lines)
        return false;
    cJSON_ArrayForEach(value, array)
    {
        go_index(p, "lines", p->sale->line_count);
        if (!parse_line(p, value, &p->sale->lines[p->sale->line_count]))
            return false;
        p->sale->line_count++;
    }
    return order_lines(p);
}

static bool parse_time(struct parse *p, const cJSON *root)
{
    struct engine_sale *sale = p->sale;
    const char *at = "", *date = "";
    struct civil_time time;

    if (!text(p, root, "at", &at) || !text(p, root, "business_date", &date))
        return false;
    if (*at) {
        if (civil_parse_time(at, &time) != ST_OK)
            return fail(p, "schema", "at", "wants a time such as 2026-11-22T18:05:00+03:00");
        sale->at = (struct local_time){time.day, time.second};
        sale->has_at = sale->has_date = true;
        sale->business_day = time.day;
    }
    if (*date) {
        if (civil_parse_date(date, &sale->business_day) != ST_OK)
            return fail(p, "schema", "business_date", "wants a date such as 2026-11-22");
        sale->has_date = true;
    }
    return true;
}

static bool parse_root(struct parse *p, const cJSON *root)
{
    struct engine_sale *sale = p->sale;
    const cJSON *store;

    if (!cJSON_IsObject(root))
        return fail(p, "schema", NULL, "wants an object");
    sale->sale_id = sale->store_id = "";
    sale->channel = "till";
    if (!text(p, root, "sale_id", &sale->sale_id) || !text(p, root, "channel", &sale->channel) ||
        !parse_time(p, root) || !container(p, root, "store", false, &store))
        return false;
    go(p, "/store");
    if (store && (!text(p, store, "id", &sale->store_id) || !attrs(p, store, &sale->store_attrs)))
        return false;
    if (!parse_lines(p, root) || !parse_member(p, root))
        return false;
    go(p, "");
    return texts(p, root, "coupons", &sale->coupons) && texts(p, root, "rewards", &sale->rewards) &&
           texts(p, root, "tenders", &sale->tenders) && amounts(p, root, "redeem", true, &sale->redeem) &&
           amounts(p, root, "usage", false, &sale->usage);
}

enum status engine_sale_parse(const char *json, size_t len, struct engine_sale **out_sale,
                              struct engine_fault *out_fault)
{
    struct engine_fault ignored;
    struct engine_sale *sale = calloc(1, sizeof *sale);
    struct parse p = {.sale = sale, .fault = out_fault ? out_fault : &ignored};
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    enum status st;
    bool good;

    (void)fail(&p, "json", NULL, "out of memory");
    if (!sale)
        return ST_NOMEM;
    sale->arena = (struct arena)ARENA_INIT(4096, 0);
    st = json_parse(json, len, SALE_BYTES_MAX, &root, &err);
    if (st != ST_OK) {
        (void)fail(&p, "json", NULL, err.text);
        engine_sale_destroy(sale);
        return st == ST_NOMEM ? st : ST_INVALID;
    }
    good = parse_root(&p, root);
    json_free(root);
    if (!good) {
        st = sale->arena.st == ST_OK ? ST_INVALID : ST_NOMEM;
        engine_sale_destroy(sale);
        return st;
    }
    memset(p.fault, 0, sizeof *p.fault);
    *out_sale = sale;
    return ST_OK;
}

void engine_sale_destroy(struct engine_sale *sale)
{
    if (!sale)
        return;
    arena_free(&sale->arena);
    free(sale);
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
