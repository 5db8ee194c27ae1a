/* SPDX-License-Identifier: Apache-2.0 */
/* Coupon series and their codes. A chain may run a thousand of each, so names are found by hash. */
#include "agent/engine/compile.h"

#include "agent/engine/names.h"
#include "agent/engine/sort.h"

#include <string.h>

enum { CODES_MAX = 10000000 };

/* False when another series has the name. */
static bool series_name_add(struct compiler *c, const char *id, uint32_t series)
{
    size_t before = c->series_names.count;
    uint32_t name = intern_add(&c->series_names, &c->scratch, NAME_ANY, id, strlen(id));

    if (name == NONE)
        return true; /* without memory: the arena says so */
    if (c->series_names.count == before)
        return false;
    c->series_of_name[name] = series;
    return true;
}

uint32_t compile_series_named(struct compiler *c, const cJSON *object, const char *name, enum need need)
{
    const char *id;
    uint32_t found;

    if (!rd_text(&c->rd, object, name, need, ID_BYTES_MAX, &id))
        return NONE;
    found = intern_find(&c->series_names, NAME_ANY, id, strlen(id));
    if (found != NONE)
        return c->series_of_name[found];
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

    rd_each(&c->rd, "codes", array, value)
    {
        char code[CODE_BYTES_MAX];
        struct coupon_code *slot;

        if (!cJSON_IsString(value) || !name_code(value->valuestring, code)) {
            rd_fault(&c->rd, NULL, "wants a coupon code of ASCII characters, at most %d", CODE_BYTES_MAX - 1);
        } else if (codes->count < CODES_MAX && (slot = VEC_ADD(&c->bundle->arena, codes)) != NULL) {
            slot->code = arena_text(&c->bundle->arena, code, strlen(code));
            slot->series = series;
        }
    }
}

static int code_cmp(const void *a, const void *b)
{
    return strcmp(((const struct coupon_code *)a)->code, ((const struct coupon_code *)b)->code);
}

static void compile_one_series(struct compiler *c, const cJSON *json, uint32_t number, struct code_list *codes)
{
    struct coupon_series *series = &c->series[number];
    size_t before;
    int kind = 0;

    series->id = "";
    series->first_promotion = NONE;
    if (!rd_names(&c->rd, json, "id kind codes keys from until single_use"))
        return;
    (void)rd_text(&c->rd, json, "id", REQUIRED, ID_BYTES_MAX, &series->id);
    if (rd_word(&c->rd, json, "kind", REQUIRED, "generic listed signed", &kind))
        compile_series_keys(c, json, kind == 2, series);
    series->has_from = rd_local_time(&c->rd, json, "from", &series->from);
    series->has_until = rd_local_time(&c->rd, json, "until", &series->until);
    if (series->has_from && series->has_until &&
        (series->from.day > series->until.day ||
         (series->from.day == series->until.day && series->from.second >= series->until.second)))
        rd_warn(&c->rd, NULL, "ends before it begins: no coupon of it is ever good");
    (void)rd_bool(&c->rd, json, "single_use", &series->single_use);
    before = codes->count;
    compile_codes(c, json, number, codes);
    if (kind != 2 && codes->count == before)
        rd_warn(&c->rd, "codes", "there are none: no coupon of this series is ever good");
    if (*series->id && !series_name_add(c, series->id, number))
        rd_fault(&c->rd, "id", "two coupon series have this id");
}

void compile_series(struct compiler *c, const cJSON *root)
{
    struct code_list codes = {0};
    const cJSON *array, *value;
    uint32_t i = 0;

    c->series =
        compile_elements(c, root, "coupon_series", OPTIONAL, BUNDLE_PROMOTIONS_MAX, sizeof *c->series, &array);
    c->series_of_name = arena_array(&c->scratch, array ? (size_t)cJSON_GetArraySize(array) + 1 : 1, sizeof(uint32_t));
    if (!c->series || !c->series_of_name)
        return;
    rd_each(&c->rd, "coupon_series", array, value)
        compile_one_series(c, value, i++, &codes);
    if (c->bundle->arena.st == ST_OK)
        sort_items(codes.items, codes.count, sizeof *codes.items, code_cmp);
    for (size_t j = 1; c->bundle->arena.st == ST_OK && j < codes.count; j++) {
        if (strcmp(codes.items[j - 1].code, codes.items[j].code) == 0)
            rd_fault(&c->rd, "coupon_series", "the code \"%s\" is there twice", codes.items[j].code);
    }
    c->bundle->series = c->series;
    c->bundle->series_count = i;
    c->bundle->codes = codes.items;
    c->bundle->code_count = (uint32_t)codes.count;
}
