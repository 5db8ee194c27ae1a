/* SPDX-License-Identifier: Apache-2.0 */
/* The result as JSON, straight into a buffer. Names stand in byte order everywhere, so the canonical form, which the
 * digest is over, is the same writing with some names left out. */
#include "agent/base/hex.h"
#include "agent/base/json_writer.h"
#include "agent/base/sha256.h"
#include "agent/engine/work.h"

#include <string.h>

enum { RESULT_BYTES_MAX = 256 * 1024 * 1024 };

/* Commas, names and brackets are written as the constants they are: half of what a result is. */
static inline void put(struct strbuf *out, const char *text, size_t len)
{
    char *at = strbuf_extend(out, len);

    if (at)
        memcpy(at, text, len);
}
#define PUT(out, constant) put((out), (constant), sizeof(constant) - 1)
#define PUT_INT(out, before, value)                                                                                  \
    do {                                                                                                             \
        PUT((out), before);                                                                                          \
        strbuf_put_int((out), (value));                                                                              \
    } while (0)
#define PUT_TEXT(out, before, text)                                                                                  \
    do {                                                                                                             \
        PUT((out), before);                                                                                          \
        json_put_text((out), (text));                                                                                \
    } while (0)

/* The figure with its comma after it: in every object that has one another name follows. */
static void missing(struct strbuf *out, enum engine_missing kind, int64_t value)
{
    static const char *const names[] = {
        "", "\"missing_minor\":", "\"missing_qty_milli\":", "\"missing_distinct\":", "\"missing_points\":"};

    if (kind == ENGINE_MISSING_NONE)
        return;
    strbuf_puts(out, names[kind]);
    strbuf_put_int(out, value);
    PUT(out, ",");
}

static void bundle_text(struct strbuf *out, const struct bundle_text *text)
{
    const char *language = text ? text->texts : NULL, *words;

    PUT(out, "\"text\":");
    if (text && text->count == 1 && language[0] == '\0') {
        json_put_text(out, bundle_text_next(language));
        return;
    }
    PUT(out, "{");
    for (uint32_t i = 0; text && i < text->count; i++, language = bundle_text_next(words)) {
        words = bundle_text_next(language);
        if (i > 0)
            PUT(out, ",");
        json_put_text(out, language);
        PUT_TEXT(out, ":", words);
    }
    PUT(out, "}");
}

/* An array: each element by its writer. */
#define LIST(out, before, items, count, write)                                                                       \
    do {                                                                                                             \
        PUT((out), before "[");                                                                                      \
        for (size_t i_ = 0; i_ < (count); i_++) {                                                                    \
            if (i_ > 0)                                                                                              \
                PUT((out), ",");                                                                                     \
            write((out), &(items)[i_]);                                                                              \
        }                                                                                                            \
        PUT((out), "]");                                                                                             \
    } while (0)

static void adjustment(struct strbuf *out, const struct engine_adjustment *adjustment)
{
    PUT_INT(out, "{\"amount_minor\":", adjustment->amount_minor);
    PUT_TEXT(out, ",\"layer\":", adjustment->layer);
    PUT_TEXT(out, ",\"promotion\":", adjustment->promotion);
    PUT_INT(out, ",\"qty_milli\":", adjustment->qty_milli);
    PUT(out, "}");
}

static void redeemed(struct strbuf *out, const struct engine_redeemed *redeemed)
{
    PUT_INT(out, "{\"amount_minor\":", redeemed->amount_minor);
    PUT_TEXT(out, ",\"currency\":", redeemed->currency);
    PUT(out, "}");
}

static void split(struct strbuf *out, const struct engine_split *split)
{
    PUT_INT(out, "{\"net_minor\":", split->net_minor);
    PUT_INT(out, ",\"qty_milli\":", split->qty_milli);
    PUT(out, "}");
}

static void line(struct strbuf *out, const struct engine_result_line *line)
{
    LIST(out, "{\"adjustments\":", line->adjustments, line->adjustment_count, adjustment);
    PUT_INT(out, ",\"discount_minor\":", line->discount_minor);
    PUT_INT(out, ",\"gross_minor\":", line->gross_minor);
    PUT_INT(out, ",\"line\":", line->line);
    PUT_INT(out, ",\"net_minor\":", line->net_minor);
    LIST(out, ",\"redeemed\":", line->redeemed, line->redeemed_count, redeemed);
    PUT_INT(out, ",\"redeemed_minor\":", line->redeemed_minor);
    LIST(out, ",\"splits\":", line->splits, line->split_count, split);
    PUT(out, "}");
}

static void points_by(struct strbuf *out, const struct engine_points_by *by)
{
    PUT_INT(out, "{\"earned\":", by->earned);
    PUT_TEXT(out, ",\"promotion\":", by->promotion);
    PUT(out, "}");
}

static void points(struct strbuf *out, const struct engine_points *points)
{
    LIST(out, "{\"by\":", points->by, points->by_count, points_by);
    PUT_INT(out, ",\"cost\":", points->cost);
    PUT_TEXT(out, ",\"currency\":", points->currency);
    PUT_INT(out, ",\"earned\":", points->earned);
    PUT_INT(out, ",\"redeemed\":", points->redeemed);
    PUT(out, "}");
}

static void coupon(struct strbuf *out, const struct engine_coupon *coupon)
{
    PUT_TEXT(out, "{\"code\":", coupon->code);
    PUT(out, ",");
    missing(out, coupon->missing, coupon->missing_value);
    if (*coupon->reason) {
        PUT_TEXT(out, "\"reason\":", coupon->reason);
        PUT(out, ",");
    }
    PUT_TEXT(out, "\"state\":", coupon->state);
    PUT(out, "}");
}

static void hint(struct strbuf *out, const struct engine_hint *hint)
{
    PUT(out, "{");
    missing(out, hint->missing, hint->missing_value);
    PUT_TEXT(out, "\"promotion\":", hint->promotion);
    PUT(out, ",");
    bundle_text(out, hint->text);
    PUT(out, "}");
}

static void issued(struct strbuf *out, const struct engine_issued *issued)
{
    strbuf_puts(out, issued->print ? "{\"print\":true" : "{\"print\":false");
    PUT_TEXT(out, ",\"promotion\":", issued->promotion);
    PUT_TEXT(out, ",\"series\":", issued->series);
    if (*issued->valid_until)
        PUT_TEXT(out, ",\"valid_until\":", issued->valid_until);
    PUT(out, "}");
}

static void gift(struct strbuf *out, const struct engine_gift *gift)
{
    PUT_INT(out, "{\"missing_qty_milli\":", gift->missing_qty_milli);
    PUT_TEXT(out, ",\"promotion\":", gift->promotion);
    PUT(out, "}");
}

static void message(struct strbuf *out, const struct engine_message *message)
{
    PUT(out, "{");
    bundle_text(out, message->text);
    PUT_TEXT(out, ",\"to\":", message->to);
    PUT(out, "}");
}

static void trace(struct strbuf *out, const struct engine_trace *trace)
{
    PUT(out, "{");
    missing(out, trace->missing, trace->missing_value);
    PUT_TEXT(out, "\"promotion\":", trace->promotion);
    if (*trace->reason)
        PUT_TEXT(out, ",\"reason\":", trace->reason);
    PUT_TEXT(out, ",\"state\":", *trace->reason ? "not_applied" : "applied");
    PUT(out, "}");
}

/* Most of a result. */
static void write_lines(struct strbuf *out, const struct engine_result *r)
{
    if (r->lines_json)
        strbuf_add(out, r->lines_json, r->lines_json_len);
    else
        LIST(out, "", r->lines, r->line_count, line);
}

/* Answers where in the text the lines begin and how long they are. */
struct lines_place {
    size_t at, len;
};

static struct lines_place write_result(struct strbuf *out, const struct engine_result *r, bool canonical,
                                       bool with_trace)
{
    struct lines_place place;

    PUT_INT(out, "{\"bound_minor\":", r->bound_minor);
    PUT_TEXT(out, ",\"bundle\":{\"digest\":", r->bundle_digest);
    PUT_TEXT(out, ",\"id\":", r->bundle_id);
    PUT_INT(out, ",\"version\":", r->bundle_version);
    LIST(out, "},\"coupons\":", r->coupons, r->coupon_count, coupon);
    if (!canonical)
        PUT_TEXT(out, ",\"digest\":", r->digest);
    PUT_INT(out, ",\"discount_minor\":", r->discount_minor);
    LIST(out, ",\"gifts\":", r->gifts, r->gift_count, gift);
    PUT_INT(out, ",\"gross_minor\":", r->gross_minor);
    if (!canonical)
        LIST(out, ",\"hints\":", r->hints, r->hint_count, hint);
    LIST(out, ",\"issued_coupons\":", r->issued, r->issued_count, issued);
    PUT(out, ",\"lines\":");
    place.at = out->len;
    write_lines(out, r);
    place.len = out->len - place.at;
    if (!canonical)
        LIST(out, ",\"messages\":", r->messages, r->message_count, message);
    strbuf_puts(out, r->optimal ? ",\"optimal\":true" : ",\"optimal\":false");
    LIST(out, ",\"points\":", r->points, r->point_count, points);
    PUT_INT(out, ",\"redeemed_minor\":", r->redeemed_minor);
    PUT_TEXT(out, ",\"sale_id\":", r->sale_id);
    PUT_INT(out, ",\"total_minor\":", r->total_minor);
    if (!canonical && with_trace)
        LIST(out, ",\"trace\":", r->trace, r->trace_count, trace);
    PUT(out, "}");
    return place;
}

void engine_result_write(const struct engine_result *result, bool with_trace, struct strbuf *out)
{
    (void)write_result(out, result, false, with_trace);
}

/* text is scratch, kept by the engine from sale to sale. */
bool result_digest(struct engine_result *result, struct strbuf *text)
{
    uint8_t hash[SHA256_BYTES];
    struct lines_place lines;

    strbuf_clear(text);
    text->len_max = RESULT_BYTES_MAX;
    lines = write_result(text, result, true, false);
    if (strbuf_status(text) != ST_OK)
        return false;
    result->lines_json = text->data + lines.at;
    result->lines_json_len = lines.len;
    sha256_of(text->data, text->len, hash);
    hex_encode(hash, sizeof hash, result->digest);
    return true;
}
