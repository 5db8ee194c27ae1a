/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON to a checked sale. The first fault ends it; names that are not known are skipped, a null counts as absent.
 */
#include "agent/engine/sale_read.h"

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/base/json_pool.h"
#include "agent/engine/names.h"
#include "agent/engine/sort.h"
#include "agent/base/wide.h"

#include <stdlib.h>
#include <string.h>

static bool line_amounts(struct sale_reader *p, const cJSON *json, struct sale_line *out)
{
    int64_t price = -1, amount = -1;
    uint64_t gross;

    if (!sr_member(json, "qty_milli"))
        return sr_fail(p, "schema", "qty_milli", "is missing");
    if (!sr_member(json, "unit_price_minor") && !sr_member(json, "amount_minor"))
        return sr_fail(p, "schema", "unit_price_minor", "is missing, and so is amount_minor");
    if (!sr_integer(p, json, "qty_milli", 1, LINE_QTY_MAX, &out->qty_milli) ||
        !sr_integer(p, json, "unit_price_minor", 0, LINE_AMOUNT_MAX, &price) ||
        !sr_integer(p, json, "amount_minor", 0, LINE_AMOUNT_MAX, &amount) ||
        !sr_integer(p, json, "floor_price_minor", 0, LINE_AMOUNT_MAX, &out->floor_price_minor))
        return false;
    if (!out->weight && out->qty_milli % 1000 != 0)
        return sr_fail(p, "quantity", "qty_milli", "is not whole: goods sold by weight want \"sold_by\":\"weight\"");
    if (amount < 0) {
        gross = wide_half_up((uint64_t)price, (uint64_t)out->qty_milli, 1000);
        if (gross > (uint64_t)LINE_AMOUNT_MAX)
            return sr_fail(p, "range", "unit_price_minor", "times the quantity is above 10^12");
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

static bool parse_line(struct sale_reader *p, const cJSON *json, struct sale_line *out)
{
    const char *sold_by = "each", *gtin = "";
    char digits[GTIN_TEXT];

    if (!cJSON_IsObject(json))
        return sr_fail(p, "schema", NULL, "wants an object");
    *out = (struct sale_line){.sku = "", .gtin = "", .category = "", .brand = "", .discountable = true};
    if (!sr_member(json, "line"))
        return sr_fail(p, "schema", "line", "is missing");
    if (!sr_member(json, "sku"))
        return sr_fail(p, "schema", "sku", "is missing");
    if (!sr_integer(p, json, "line", -JSON_INT_MAX, JSON_INT_MAX, &out->line) ||
        !sr_text(p, json, "sku", &out->sku) || !sr_text(p, json, "gtin", &gtin) ||
        !sr_text(p, json, "category", &out->category) || !sr_text(p, json, "brand", &out->brand) ||
        !sr_texts(p, json, "tags", &out->tags) || !sr_text(p, json, "sold_by", &sold_by) ||
        !sr_boolean(p, json, "discountable", &out->discountable))
        return false;
    out->weight = strcmp(sold_by, "weight") == 0;
    if (!out->weight && strcmp(sold_by, "each") != 0)
        return sr_fail(p, "schema", "sold_by", "wants \"each\" or \"weight\"");
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
static bool order_lines(struct sale_reader *p)
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
            sr_go_index(p, "/lines", keys[i].index);
            return sr_fail(p, "duplicate", "line", "another line has this number");
        }
    }
    sort_items(keys, sale->line_count, sizeof *keys, line_key_cmp);
    for (uint32_t i = 0; i < sale->line_count; i++)
        sale->canonical[i] = keys[i].index;
    return true;
}

static bool parse_lines(struct sale_reader *p, const cJSON *root)
{
    const cJSON *array, *value;
    int count;

    sr_go(p, "");
    if (!sr_container(p, root, "lines", true, &array))
        return false;
    if (!array)
        return sr_fail(p, "schema", "lines", "is missing; a basket without goods has an empty list");
    count = cJSON_GetArraySize(array);
    if (count > SALE_LINES_MAX)
        return sr_fail(p, "range", "lines", "has more than 1000 lines");
    p->sale->lines = arena_array(&p->sale->arena, (size_t)count + 1, sizeof *p->sale->lines);
    if (!p->sale->lines)
        return false;
    cJSON_ArrayForEach(value, array)
    {
        sr_go_index(p, "/lines", p->sale->line_count);
        if (!parse_line(p, value, &p->sale->lines[p->sale->line_count]))
            return false;
        p->sale->line_count++;
    }
    return order_lines(p);
}

static bool parse_time(struct sale_reader *p, const cJSON *root)
{
    struct engine_sale *sale = p->sale;
    const char *at = "", *date = "";
    struct civil_time time;

    if (!sr_text(p, root, "at", &at) || !sr_text(p, root, "business_date", &date))
        return false;
    if (*at) {
        if (civil_parse_time(at, &time) != ST_OK)
            return sr_fail(p, "schema", "at", "wants a time such as 2026-11-22T18:05:00+03:00");
        sale->at = (struct local_time){time.day, time.second};
        sale->has_at = sale->has_date = true;
        sale->business_day = time.day;
    }
    if (*date) {
        if (civil_parse_date(date, &sale->business_day) != ST_OK)
            return sr_fail(p, "schema", "business_date", "wants a date such as 2026-11-22");
        sale->has_date = true;
    }
    return true;
}

static bool parse_root(struct sale_reader *p, const cJSON *root)
{
    struct engine_sale *sale = p->sale;
    const cJSON *store;

    if (!cJSON_IsObject(root))
        return sr_fail(p, "schema", NULL, "wants an object");
    sale->sale_id = sale->store_id = "";
    sale->channel = "till";
    if (!sr_text(p, root, "sale_id", &sale->sale_id) || !sr_text(p, root, "channel", &sale->channel) ||
        !parse_time(p, root) || !sr_container(p, root, "store", false, &store))
        return false;
    sr_go(p, "/store");
    if (store && (!sr_text(p, store, "id", &sale->store_id) || !sr_attrs(p, store, &sale->store_attrs)))
        return false;
    if (!parse_lines(p, root) || !sale_member_parse(p, root))
        return false;
    sr_go(p, "");
    return sr_texts(p, root, "coupons", &sale->coupons) && sr_texts(p, root, "rewards", &sale->rewards) &&
           sr_texts(p, root, "tenders", &sale->tenders) && sr_amounts(p, root, "redeem", true, &sale->redeem) &&
           sr_amounts(p, root, "usage", false, &sale->usage);
}

enum status sale_from_tree(const cJSON *root, struct engine_sale **out_sale, struct engine_fault *out_fault)
{
    struct engine_sale *sale = calloc(1, sizeof *sale);
    struct sale_reader p = {.sale = sale, .fault = out_fault};
    enum status st;

    memset(out_fault, 0, sizeof *out_fault);
    if (sale)
        sale->arena = (struct arena)ARENA_INIT(4096, 0);
    if (!sale || !parse_root(&p, root)) {
        st = sale && sale->arena.st == ST_OK ? ST_INVALID : ST_NOMEM;
        sr_go(&p, "");
        if (st == ST_NOMEM)
            (void)sr_fail(&p, "json", NULL, "out of memory");
        engine_sale_destroy(sale);
        return st;
    }
    *out_sale = sale;
    return ST_OK;
}

enum status engine_sale_parse(const char *json, size_t len, struct engine_sale **out_sale,
                              struct engine_fault *out_fault)
{
    struct engine_fault ignored;
    struct sale_reader p = {.fault = out_fault ? out_fault : &ignored};
    struct errmsg err = ERRMSG_INIT;
    struct json_pool pool = JSON_POOL_INIT;
    const cJSON *root = NULL;
    enum status st = json_pool_parse(&pool, json, len, SALE_BYTES_MAX, &root, &err);

    if (st == ST_OK) {
        st = sale_from_tree(root, out_sale, p.fault);
    } else {
        (void)sr_fail(&p, "json", NULL, err.text);
        st = st == ST_NOMEM ? st : ST_INVALID;
    }
    json_pool_free(&pool);
    return st;
}

void engine_sale_destroy(struct engine_sale *sale)
{
    if (!sale)
        return;
    arena_free(&sale->arena);
    free(sale);
}
