/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coupon codes: which series they open before the evaluation. A listed code is looked up, one that is not and has the
 * form of a signed coupon must carry a signature of a key of the series it names. What became of them is worked out
 * with the result (result.c). Without `at` a series that names a time is not open: not_yet where it names a
 * beginning, else expired.
 */
#include "agent/engine/coupon_code.h"
#include "agent/engine/names.h"
#include "agent/engine/work.h"

#include <string.h>

static const struct coupon_code *find_code(const struct bundle *bundle, const char *code)
{
    uint32_t low = 0, high = bundle->code_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = strcmp(bundle->codes[mid].code, code);

        if (order == 0)
            return &bundle->codes[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static bool before(const struct local_time *a, const struct local_time *b)
{
    return a->day < b->day || (a->day == b->day && a->second < b->second);
}

static bool used_up(const struct engine *e, const char *code)
{
    char name[sizeof "coupon:" + CODE_BYTES_MAX] = "coupon:";

    memcpy(name + strlen(name), code, strlen(code) + 1);
    return sale_amount_of(&e->sale->usage, name) > 0;
}

/* What a code is, before anything is asked of it. */
struct found {
    uint32_t series;   /* NONE: unknown */
    uint16_t last_day; /* of a signed one; 0: no end of its own */
};

static bool proven(struct engine *e, const struct coupon_series *series, const struct coupon_code_parts *parts)
{
    uint8_t digest[SHA256_BYTES];

    coupon_code_digest(series->id, parts, digest);
    for (uint32_t k = 0; k < series->key_count; k++) {
        if (e->verify(e->verify_user, series->keys[k], digest, parts->signature))
            return true;
    }
    return false;
}

static void find_signed(struct engine *e, const char *code, uint32_t *asked, struct found *out)
{
    struct coupon_code_parts parts;

    if (!e->verify || !coupon_code_read(code, &parts))
        return;
    for (uint32_t i = 0; i < e->bundle->series_count && out->series == NONE; i++) {
        const struct coupon_series *series = &e->bundle->series[i];

        if (series->key_count == 0 || memcmp(series->tag, parts.tag, sizeof parts.tag) != 0)
            continue;
        if ((*asked)++ < ENGINE_SIGNED_CODES_MAX && proven(e, series, &parts))
            *out = (struct found){i, parts.last_day};
    }
}

static struct found find(struct engine *e, const char *code, uint32_t *asked)
{
    const struct coupon_code *listed = find_code(e->bundle, code);
    struct found found = {listed ? listed->series : NONE, 0};

    if (!listed)
        find_signed(e, code, asked, &found);
    return found;
}

static const char *why_rejected(const struct engine *e, const struct found *found, const char *code)
{
    const struct coupon_series *series;

    if (found->series == NONE)
        return "unknown";
    series = &e->bundle->series[found->series];
    if (series->has_from && (!e->sale->has_at || before(&e->sale->at, &series->from)))
        return "not_yet";
    if (series->has_until && (!e->sale->has_at || !before(&e->sale->at, &series->until)))
        return "expired";
    if (found->last_day && (!e->sale->has_at || e->sale->at.day > found->last_day))
        return "expired";
    return series->single_use && used_up(e, code) ? "used" : NULL;
}

/* Given before, however written. */
static bool repeated(const struct engine *e, const char *code)
{
    for (uint32_t i = 0; i < e->coupon_count; i++) {
        char other[CODE_BYTES_MAX];

        if (name_code(e->coupons[i].text, other) && strcmp(other, code) == 0)
            return true;
    }
    return false;
}

static bool repeated_text(const struct engine *e, const char *text)
{
    for (uint32_t i = 0; i < e->coupon_count; i++) {
        if (strcmp(e->coupons[i].text, text) == 0)
            return true;
    }
    return false;
}

bool bundle_has_coupon(const struct bundle *bundle, const char *text)
{
    struct coupon_code_parts parts;
    char code[CODE_BYTES_MAX];

    if (!name_code(text, code))
        return false;
    if (find_code(bundle, code))
        return true;
    if (!coupon_code_read(code, &parts))
        return false;
    for (uint32_t i = 0; i < bundle->series_count; i++) {
        if (bundle->series[i].key_count > 0 && memcmp(bundle->series[i].tag, parts.tag, sizeof parts.tag) == 0)
            return true;
    }
    return false;
}

bool bundle_coupon_is_limited(const struct bundle *bundle, const char *text)
{
    const struct coupon_code *listed;
    char code[CODE_BYTES_MAX];

    if (!name_code(text, code))
        return false;
    listed = find_code(bundle, code);
    return listed ? bundle->series[listed->series].single_use : bundle_has_coupon(bundle, text);
}

void coupons_begin(struct engine *e)
{
    const struct text_list *given = &e->sale->coupons;
    uint32_t asked = 0;

    e->series_coupon = arena_array(&e->arena, e->bundle->series_count + 1u, sizeof *e->series_coupon);
    e->coupons = arena_array(&e->arena, given->count + 1u, sizeof *e->coupons);
    if (!e->series_coupon || !e->coupons)
        return;
    for (uint32_t i = 0; i < e->bundle->series_count; i++)
        e->series_coupon[i] = NONE;
    for (uint32_t i = 0; i < given->count; i++) {
        struct coupon_state state = {.text = given->items[i], .series = NONE};
        struct found found = {NONE, 0};
        char code[CODE_BYTES_MAX] = "";
        bool good = name_code(given->items[i], code);

        if (good ? repeated(e, code) : repeated_text(e, given->items[i]))
            continue;
        if (good)
            found = find(e, code, &asked);
        state.rejected = why_rejected(e, &found, code);
        if (!state.rejected) {
            state.series = found.series;
            state.serves = e->series_coupon[state.series] == NONE;
            if (state.serves)
                e->series_coupon[state.series] = e->coupon_count;
        }
        e->coupons[e->coupon_count++] = state;
    }
}
