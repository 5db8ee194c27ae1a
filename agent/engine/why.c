/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/why_internal.h"

#include <inttypes.h>
#include <string.h>

void why_put_amount(struct strbuf *out, int64_t value, int digits)
{
    int64_t scale = 1;

    for (int i = 0; i < digits; i++)
        scale *= 10;
    strbuf_printf(out, "%s%" PRId64, value < 0 ? "-" : "", (value < 0 ? -value : value) / scale);
    if (digits > 0)
        strbuf_printf(out, ".%0*" PRId64, digits, (value < 0 ? -value : value) % scale);
}

void why_put_names(struct strbuf *out, const struct text_list *names)
{
    for (uint32_t i = 0; i < names->count && i < WHY_NAMES_MAX; i++)
        strbuf_printf(out, "%s%s", i > 0 ? ", " : "", names->items[i]);
    if (names->count > WHY_NAMES_MAX)
        strbuf_puts(out, ", ...");
}

void why_put_title(const struct why *why, const char *promotion)
{
    strbuf_puts(why->out, bundle_title(why->bundle, promotion, why->language));
}

static void put_sentence(struct why *why)
{
    why_put_title(why, why->trace->promotion);
    strbuf_puts(why->out, ": ");
    /* The trace's reasons are a closed list: one of these knows it. */
    if (!why_say_basket(why) && !why_say_place_and_time(why) && !why_say_member(why))
        strbuf_printf(why->out, "%s.", why->trace->reason);
}

static void write_figure(const struct engine_trace *trace, struct json_writer *w)
{
    static const char *const names[] = {"", "missing_minor", "missing_qty_milli", "missing_distinct",
                                        "missing_points"};

    if (trace->missing != ENGINE_MISSING_NONE)
        jw_field_int(w, names[trace->missing], trace->missing_value);
}

static void write_one(struct why *why, struct json_writer *w)
{
    struct strbuf sentence = STRBUF_INIT(WHY_SENTENCE_BYTES_MAX);

    why->out = &sentence;
    put_sentence(why);
    jw_object_begin(w);
    jw_field_text(w, "promotion", why->trace->promotion);
    jw_field_text(w, "title", bundle_title(why->bundle, why->trace->promotion, why->language));
    jw_field_text(w, "state", *why->trace->reason ? "not_applied" : "applied");
    if (*why->trace->reason)
        jw_field_text(w, "reason", why->trace->reason);
    write_figure(why->trace, w);
    jw_field_text(w, "sentence", strbuf_text(&sentence));
    jw_object_end(w);
    strbuf_free(&sentence);
}

void engine_why_write(const struct bundle *bundle, const struct engine_sale *sale, const struct engine_result *result,
                      const char *language, const char *only, struct json_writer *w)
{
    struct why why = {.bundle = bundle,
                      .sale = sale,
                      .result = result,
                      .language = language,
                      .russian = language && strcmp(language, "ru") == 0};

    jw_array_begin(w);
    for (size_t i = 0; i < result->trace_count; i++) {
        uint32_t number = bundle_find(bundle, result->trace[i].promotion);

        if (number == NONE || (only && strcmp(only, result->trace[i].promotion) != 0))
            continue;
        why.trace = &result->trace[i];
        why.promotion = &bundle->promotions[number];
        write_one(&why, w);
    }
    jw_array_end(w);
}
