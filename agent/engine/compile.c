/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of a bundle: everything but its promotions. */
#include "agent/engine/compile.h"

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/engine/names.h"
#include "agent/engine/sort.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_DEFAULT = 20000, NODES_MAX = 10000000, CODES_MAX = 10000000 };

#define BUNDLE_NAMES                                                                                                 \
    "format id version currency minor_digits created_at expires_at layers item_sets price_lists coupon_series "      \
    "point_currencies redemption guards search_nodes promotions codes receipts offline texts"

static void compile_header(struct compiler *c, const cJSON *root)
{
    struct bundle *bundle = c->bundle;
    int64_t digits = 2;
    int format;

    (void)rd_word(&c->rd, root, "format", REQUIRED, "loyald-bundle/1", &format);
    (void)rd_text(&c->rd, root, "id", REQUIRED, ID_BYTES_MAX, &bundle->id);
    (void)rd_int(&c->rd, root, "version", REQUIRED, 0, JSON_INT_MAX, &bundle->version);
    (void)rd_text(&c->rd, root, "currency", REQUIRED, 3, &bundle->currency);
    (void)rd_int(&c->rd, root, "minor_digits", OPTIONAL, 0, 6, &digits);
    bundle->minor_digits = (int)digits;
    if (rd_get(root, "expires_at")) {
        struct civil_time time;

        if (rd_text(&c->rd, root, "expires_at", REQUIRED, 40, &bundle->expires_at) &&
            civil_parse_time(bundle->expires_at, &time) != ST_OK)
            rd_fault(&c->rd, "expires_at", "wants a time such as 2026-12-01T00:00:00Z");
    }
    (void)rd_int(&c->rd, root, "search_nodes", OPTIONAL, 1, NODES_MAX, &bundle->search_nodes);
}

static void compile_guards(struct compiler *c, const cJSON *root)
{
    const cJSON *guards = rd_object(&c->rd, root, "guards", OPTIONAL);
    size_t mark;

    if (!guards)
        return;
    mark = rd_in(&c->rd, "guards");
    (void)rd_names(&c->rd, guards, "max_sale_discount_bp");
    (void)rd_int(&c->rd, guards, "max_sale_discount_bp", OPTIONAL, 0, BP_ONE, &c->bundle->guard_bp);
    rd_out(&c->rd, mark);
}

/* The elements of an array, with room for one struct each; NULL when absent. */
static void *elements(struct compiler *c, const cJSON *root, const char *name, enum need need, size_t count_max,
                      size_t bytes_each, const cJSON **out_array)
{
    const cJSON *array = rd_array(&c->rd, root, name, need);
    size_t count = array ? (size_t)cJSON_GetArraySize(array) : 0;

    *out_array = NULL;
    if (count > count_max) {
        rd_fault(&c->rd, name, "holds more than %zu entries", count_max);
        count = 0;
        array = NULL;
    }
    *out_array = array;
    return arena_array(&c->bundle->arena, count + 1, bytes_each);
}

static void compile_layers(struct compiler *c, const cJSON *root)
{
    const cJSON *array, *value;
    size_t mark;
    uint32_t i = 0;

    c->layers = elements(c, root, "layers", REQUIRED, LAYERS_MAX, sizeof *c->layers, &array);
    if (!c->layers)
        return;
    mark = rd_in(&c->rd, "layers");
    cJSON_ArrayForEach(value, array)
    {
        size_t inner = rd_in_index(&c->rd, i);
        int mode = MODE_BEST;

        c->layers[i].id = "";
        if (rd_names(&c->rd, value, "id mode")) {
            (void)rd_text(&c->rd, value, "id", REQUIRED, ID_BYTES_MAX, &c->layers[i].id);
            (void)rd_word(&c->rd, value, "mode", REQUIRED, "best first stack", &mode);
        }
        c->layers[i].mode = (enum layer_mode)mode;
        for (uint32_t j = 0; j < i; j++) {
            if (*c->layers[i].id && strcmp(c->layers[i].id, c->layers[j].id) == 0)
                rd_fault(&c->rd, "id", "two layers have this id");
        }
        rd_out(&c->rd, inner);
        i++;
    }
    rd_out(&c->rd, mark);
    c->bundle->layers = c->layers;
    c->bundle->layer_count = i;
}

static int currency_cmp(const void *a, const void *b)
{
    return strcmp(((const struct point_currency *)a)->id, ((const struct point_currency *)b)->id);
}

static void compile_currencies(struct compiler *c, const cJSON *root)
{
    const cJSON *array, *value;
    size_t mark;
    uint32_t i = 0;

    c->currencies = elements(c, root, "point_currencies", OPTIONAL, CURRENCIES_MAX, sizeof *c->currencies, &array);
    if (!c->currencies)
        return;
    mark = rd_in(&c->rd, "point_currencies");
    cJSON_ArrayForEach(value, array)
    {
        size_t inner = rd_in_index(&c->rd, i);
        struct point_currency *currency = &c->currencies[i++];
        int64_t digits = 0;

        *currency = (struct point_currency){.id = "", .scale = 1};
        if (rd_names(&c->rd, value, "id digits value_minor")) {
            (void)rd_text(&c->rd, value, "id", REQUIRED, ID_BYTES_MAX, &currency->id);
            (void)rd_int(&c->rd, value, "digits", OPTIONAL, 0, 6, &digits);
            (void)rd_int(&c->rd, value, "value_minor", OPTIONAL, 0, 1000000000, &currency->value_minor);
        }
        currency->digits = (int)digits;
        while (digits-- > 0)
            currency->scale *= 10;
        rd_out(&c->rd, inner);
    }
    sort_items(c->currencies, i, sizeof *c->currencies, currency_cmp);
    for (uint32_t j = 1; j < i; j++) {
        if (*c->currencies[j].id && strcmp(c->currencies[j - 1].id, c->currencies[j].id) == 0)
            rd_fault(&c->rd, NULL, "two currencies have the id \"%s\"", c->currencies[j].id);
    }
    rd_out(&c->rd, mark);
    c->bundle->currencies = c->currencies;
    c->bundle->currency_count = i;
}

uint32_t compile_currency(struct compiler *c, const cJSON *object, const char *name, enum need need)
{
    const char *id;

    if (!rd_text(&c->rd, object, name, need, ID_BYTES_MAX, &id))
        return NONE;
    for (uint32_t i = 0; i < c->bundle->currency_count; i++) {
        if (strcmp(c->currencies[i].id, id) == 0)
            return i;
    }
    rd_fault(&c->rd, name, "there is no point currency \"%s\"", id);
    return NONE;
}

uint32_t compile_series_named(struct compiler *c, const cJSON *object, const char *name, enum need need)
{
    const char *id;

    if (!rd_text(&c->rd, object, name, need, ID_BYTES_MAX, &id))
        return NONE;
    for (uint32_t i = 0; i < c->bundle->series_count; i++) {
        if (strcmp(c->series[i].id, id) == 0)
            return i;
    }
    rd_fault(&c->rd, name, "there is no coupon series \"%s\"", id);
    return NONE;
}

struct code_list {
    struct coupon_code *items;
    size_t count, cap;
};

static void compile_codes(struct compiler *c, const cJSON *json, uint32_t series, struct code_list *codes)
{
    const cJSON *array = rd_array(&c->rd, json, "codes", OPTIONAL), *value;
    size_t mark = rd_in(&c->rd, "codes"), i = 0;

    cJSON_ArrayForEach(value, array)
    {
        size_t inner = rd_in_index(&c->rd, i++);
        char code[CODE_BYTES_MAX];
        struct coupon_code *slot;

        if (!cJSON_IsString(value) || !name_code(value->valuestring, code)) {
            rd_fault(&c->rd, NULL, "wants a coupon code of ASCII characters, at most %d", CODE_BYTES_MAX - 1);
        } else if (codes->count < CODES_MAX && (slot = VEC_ADD(&c->bundle->arena, codes)) != NULL) {
            slot->code = arena_text(&c->bundle->arena, code, strlen(code));
            slot->series = series;
        }
        rd_out(&c->rd, inner);
    }
    rd_out(&c->rd, mark);
}

static int code_cmp(const void *a, const void *b)
{
    return strcmp(((const struct coupon_code *)a)->code, ((const struct coupon_code *)b)->code);
}

static void compile_one_series(struct compiler *c, const cJSON *json, uint32_t number, struct code_list *codes)
{
    struct coupon_series *series = &c->series[number];
    int kind = 0;

    series->id = "";
    series->first_promotion = NONE;
    if (!rd_names(&c->rd, json, "id kind codes from until single_use"))
        return;
    (void)rd_text(&c->rd, json, "id", REQUIRED, ID_BYTES_MAX, &series->id);
    if (rd_word(&c->rd, json, "kind", REQUIRED, "generic listed signed", &kind) && kind == 2)
        rd_fault(&c->rd, "kind", "\"signed\" is not supported by this version");
    series->has_from = rd_local_time(&c->rd, json, "from", &series->from);
    series->has_until = rd_local_time(&c->rd, json, "until", &series->until);
    (void)rd_bool(&c->rd, json, "single_use", &series->single_use);
    compile_codes(c, json, number, codes);
    for (uint32_t j = 0; j < number; j++) {
        if (*series->id && strcmp(series->id, c->series[j].id) == 0)
            rd_fault(&c->rd, "id", "two coupon series have this id");
    }
}

static void compile_series(struct compiler *c, const cJSON *root)
{
    struct code_list codes = {0};
    const cJSON *array, *value;
    size_t mark;
    uint32_t i = 0;

    c->series = elements(c, root, "coupon_series", OPTIONAL, BUNDLE_PROMOTIONS_MAX, sizeof *c->series, &array);
    if (!c->series)
        return;
    mark = rd_in(&c->rd, "coupon_series");
    cJSON_ArrayForEach(value, array)
    {
        size_t inner = rd_in_index(&c->rd, i);

        compile_one_series(c, value, i++, &codes);
        rd_out(&c->rd, inner);
    }
    if (c->bundle->arena.st == ST_OK)
        sort_items(codes.items, codes.count, sizeof *codes.items, code_cmp);
    for (size_t j = 1; c->bundle->arena.st == ST_OK && j < codes.count; j++) {
        if (strcmp(codes.items[j - 1].code, codes.items[j].code) == 0)
            rd_fault(&c->rd, NULL, "the code \"%s\" is there twice", codes.items[j].code);
    }
    rd_out(&c->rd, mark);
    c->bundle->series = c->series;
    c->bundle->series_count = i;
    c->bundle->codes = codes.items;
    c->bundle->code_count = (uint32_t)codes.count;
}

static void compile_redemption(struct compiler *c, const cJSON *root)
{
    const cJSON *array, *value;
    struct redemption *entries;
    size_t mark;
    uint32_t i = 0;

    entries = elements(c, root, "redemption", OPTIONAL, CURRENCIES_MAX, sizeof *entries, &array);
    if (!entries)
        return;
    mark = rd_in(&c->rd, "redemption");
    cJSON_ArrayForEach(value, array)
    {
        size_t inner = rd_in_index(&c->rd, i);
        struct redemption *entry = &entries[i++];

        *entry = (struct redemption){.currency = NONE, .selection = NONE, .max_share_bp = BP_ONE, .step = 1};
        if (rd_names(&c->rd, value, "currency items max_share_bp step line_min_minor")) {
            entry->currency = compile_currency(c, value, "currency", REQUIRED);
            entry->selection = compile_items(c, value, "items", REQUIRED);
            (void)rd_int(&c->rd, value, "max_share_bp", OPTIONAL, 0, BP_ONE, &entry->max_share_bp);
            (void)rd_int(&c->rd, value, "step", OPTIONAL, 1, 1000000000, &entry->step);
            (void)rd_int(&c->rd, value, "line_min_minor", OPTIONAL, 0, AMOUNT_MAX, &entry->line_min_minor);
            if (entry->currency != NONE && c->currencies[entry->currency].value_minor == 0)
                rd_fault(&c->rd, "currency", "has no value_minor, so nothing can be paid with it");
            for (uint32_t j = 0; entry->currency != NONE && j + 1 < i; j++) {
                if (entries[j].currency == entry->currency)
                    rd_fault(&c->rd, "currency", "is in the redemption twice");
            }
        }
        rd_out(&c->rd, inner);
    }
    rd_out(&c->rd, mark);
    c->bundle->redemptions = entries;
    c->bundle->redemption_count = i;
}

/* What the compiler only checks for its form; other modules read it (receipts: receipt, offline: till).
 */
static void compile_carried(struct compiler *c, const cJSON *root)
{
    (void)rd_object(&c->rd, root, "receipts", OPTIONAL);
    (void)rd_object(&c->rd, root, "offline", OPTIONAL);
    (void)rd_object(&c->rd, root, "texts", OPTIONAL);
}

static void compile_root(struct compiler *c, const cJSON *root)
{
    if (!rd_names(&c->rd, root, BUNDLE_NAMES))
        return;
    compile_header(c, root);
    compile_guards(c, root);
    compile_layers(c, root);
    compile_currencies(c, root);
    compile_series(c, root);
    compile_sets(c, root);
    compile_price_lists(c, root);
    compile_redemption(c, root);
    compile_code_grammar(c, root);
    compile_carried(c, root);
    if (!c->layers || !c->currencies || !c->series)
        return; /* out of memory: the arena says so */
    compile_promotions(c, root);
    compile_gates(c);
    compile_index(c);
    if (!digest_json(root, c->bundle->digest, BUNDLE_BYTES_MAX * 2u))
        rd_fault(&c->rd, NULL, "holds a number that is no integer, or is too large to digest");
}

static enum status first_fault(const struct bundle_report *report, struct errmsg *err)
{
    for (size_t i = 0; i < report->note_count; i++) {
        if (!report->notes[i].warning) {
            errmsg_set(err, "bundle: %s: %s%s", report->notes[i].at, report->notes[i].text,
                       report->fault_count > 1 ? " (and more faults)" : "");
            return ST_INVALID;
        }
    }
    errmsg_set(err, "bundle: %zu faults", report->fault_count);
    return ST_INVALID;
}

static enum status compile_tree(const cJSON *root, struct bundle **out_bundle, struct bundle_report *report,
                                struct errmsg *err)
{
    struct bundle *bundle = calloc(1, sizeof *bundle);
    struct compiler c = {.rd = {.report = report}, .bundle = bundle};
    enum status st;

    if (!bundle) {
        errmsg_set(err, "bundle: out of memory");
        return ST_NOMEM;
    }
    bundle->arena = (struct arena)ARENA_INIT(64 * 1024, 0);
    bundle->search_nodes = NODES_DEFAULT;
    bundle->guard_bp = BP_ONE;
    bundle->id = bundle->currency = bundle->expires_at = "";
    c.rd.arena = &bundle->arena;
    compile_root(&c, root);
    st = bundle->arena.st;
    if (st != ST_OK)
        errmsg_set(err, "bundle: %s", status_text(st));
    else if (report->fault_count > 0)
        st = first_fault(report, err);
    if (st != ST_OK) {
        bundle_destroy(bundle);
        return st;
    }
    *out_bundle = bundle;
    return ST_OK;
}

enum status bundle_compile(const char *text, size_t len, struct bundle **out_bundle, struct bundle_report *report,
                           struct errmsg *err)
{
    struct bundle_report *own = report ? NULL : calloc(1, sizeof *own);
    struct bundle_report *notes = report ? report : own;
    struct errmsg fault = ERRMSG_INIT;
    struct cJSON *root = NULL;
    enum status st;

    if (!notes)
        return ST_NOMEM;
    notes->fault_count = notes->warning_count = notes->note_count = 0;
    st = json_parse(text, len, BUNDLE_BYTES_MAX, &root, &fault);
    if (st == ST_OK) {
        st = compile_tree(root, out_bundle, notes, err);
        json_free(root);
    } else {
        struct reader rd = {.report = notes};

        rd_note(&rd, false, NULL, fault.text);
        errmsg_set(err, "bundle: %s", fault.text);
    }
    free(own);
    return st;
}
