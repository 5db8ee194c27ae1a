/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/bundle.h"

#include "agent/base/json_writer.h"

#include <stdlib.h>
#include <string.h>

void bundle_destroy(struct bundle *bundle)
{
    if (!bundle)
        return;
    arena_free(&bundle->arena);
    free(bundle);
}

enum status engine_empty_bundle(const char *currency, int minor_digits, struct bundle **out_bundle,
                                struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(1024);
    struct json_writer w = JSON_WRITER_INIT(&text);
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "format", "loyald-bundle/1");
    jw_field_text(&w, "id", "empty");
    jw_field_int(&w, "version", 0);
    jw_field_text(&w, "currency", currency ? currency : "XXX");
    jw_field_int(&w, "minor_digits", minor_digits);
    jw_field_raw(&w, "layers", "[]", 2);
    jw_field_raw(&w, "promotions", "[]", 2);
    jw_object_end(&w);
    st = strbuf_status(&text);
    if (st == ST_OK)
        st = bundle_compile(text.data, text.len, out_bundle, NULL, err);
    strbuf_free(&text);
    return st;
}

const char *bundle_id(const struct bundle *bundle)
{
    return bundle->id;
}

int64_t bundle_version(const struct bundle *bundle)
{
    return bundle->version;
}

const char *bundle_currency(const struct bundle *bundle)
{
    return bundle->currency;
}

int bundle_minor_digits(const struct bundle *bundle)
{
    return bundle->minor_digits;
}

const char *bundle_digest(const struct bundle *bundle)
{
    return bundle->digest;
}

size_t bundle_promotion_count(const struct bundle *bundle)
{
    return bundle->promotion_count;
}

size_t bundle_memory_bytes(const struct bundle *bundle)
{
    return sizeof *bundle + bundle->arena.bytes;
}

size_t bundle_currency_count(const struct bundle *bundle)
{
    return bundle->currency_count;
}

const char *bundle_currency_id(const struct bundle *bundle, size_t i)
{
    return i < bundle->currency_count ? bundle->currencies[i].id : "";
}

int bundle_currency_digits(const struct bundle *bundle, size_t i)
{
    return i < bundle->currency_count ? bundle->currencies[i].digits : 0;
}

int64_t bundle_currency_value_minor(const struct bundle *bundle, size_t i)
{
    return i < bundle->currency_count ? bundle->currencies[i].value_minor : 0;
}

const struct bundle_offline *bundle_offline(const struct bundle *bundle)
{
    return &bundle->offline;
}

const struct code_grammar *bundle_grammar(const struct bundle *bundle)
{
    return &bundle->grammar;
}

uint32_t bundle_find(const struct bundle *bundle, const char *id)
{
    uint32_t low = 0, high = bundle->promotion_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = strcmp(bundle->promotions[bundle->by_id[mid]].id, id);

        if (order == 0)
            return bundle->by_id[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NONE;
}

/* In that language, else "en", else the first one; "" for NULL. */
static const char *text_in(const struct bundle_text *text, const char *language)
{
    const char *at = text ? text->texts : NULL, *words, *english = NULL;

    if (!text || text->count == 0)
        return "";
    for (uint32_t i = 0; i < text->count; i++, at = bundle_text_next(words)) {
        words = bundle_text_next(at);
        if (language && strcmp(at, language) == 0)
            return words;
        if (strcmp(at, "en") == 0)
            english = words;
    }
    return english ? english : bundle_text_next(text->texts);
}

const char *bundle_title(const struct bundle *bundle, const char *promotion_id, const char *language)
{
    uint32_t number = bundle_find(bundle, promotion_id);
    const char *title = number == NONE ? "" : text_in(bundle->promotions[number].title, language);

    return *title ? title : promotion_id;
}

bool bundle_last_day(const struct bundle *bundle, const char *promotion_id, int32_t *out_day)
{
    uint32_t number = bundle_find(bundle, promotion_id);
    const struct when *when = number == NONE ? NULL : bundle->promotions[number].when;

    if (!when || !when->has_until)
        return false;
    *out_day = when->until.second == 0 ? when->until.day - 1 : when->until.day;
    return true;
}

static bool is_of_series(const struct bundle *bundle, uint32_t code, const char *series)
{
    return strcmp(bundle->series[bundle->codes[code].series].id, series) == 0;
}

const char *bundle_series_code(const struct bundle *bundle, const char *series, uint64_t pick)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < bundle->code_count; i++)
        count += is_of_series(bundle, i, series);
    if (count == 0)
        return NULL;
    pick %= count;
    for (uint32_t i = 0; i < bundle->code_count; i++)
        if (is_of_series(bundle, i, series) && pick-- == 0)
            return bundle->codes[i].code;
    return NULL;
}
