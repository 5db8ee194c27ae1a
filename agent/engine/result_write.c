/* SPDX-License-Identifier: Apache-2.0 */
/* The result as JSON, straight into a buffer. Names stand in byte order everywhere, so the canonical form, which the
 * digest is over, is the same writing with some names left out. */
#include "agent/base/hex.h"
#include "agent/base/json_writer.h"
#include "agent/base/sha256.h"
#include "agent/engine/work.h"

enum { RESULT_BYTES_MAX = 256 * 1024 * 1024 };

static void missing(struct json_writer *w, enum engine_missing kind, int64_t value)
{
    static const char *const names[] = {"", "missing_minor", "missing_qty_milli", "missing_distinct",
                                        "missing_points"};

    if (kind != ENGINE_MISSING_NONE)
        jw_field_int(w, names[kind], value);
}

static void bundle_text(struct json_writer *w, const struct bundle_text *text)
{
    jw_name(w, "text");
    if (text && text->count == 1 && text->entries[0].language[0] == '\0') {
        jw_text(w, text->entries[0].text);
        return;
    }
    jw_object_begin(w);
    for (uint32_t i = 0; text && i < text->count; i++)
        jw_field_text(w, text->entries[i].language, text->entries[i].text);
    jw_object_end(w);
}

static void line(struct json_writer *w, const struct engine_result_line *line)
{
    jw_object_begin(w);
    jw_name(w, "adjustments");
    jw_array_begin(w);
    for (size_t i = 0; i < line->adjustment_count; i++) {
        jw_object_begin(w);
        jw_field_int(w, "amount_minor", line->adjustments[i].amount_minor);
        jw_field_text(w, "layer", line->adjustments[i].layer);
        jw_field_text(w, "promotion", line->adjustments[i].promotion);
        jw_field_int(w, "qty_milli", line->adjustments[i].qty_milli);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_field_int(w, "discount_minor", line->discount_minor);
    jw_field_int(w, "gross_minor", line->gross_minor);
    jw_field_int(w, "line", line->line);
    jw_field_int(w, "net_minor", line->net_minor);
    jw_name(w, "redeemed");
    jw_array_begin(w);
    for (size_t i = 0; i < line->redeemed_count; i++) {
        jw_object_begin(w);
        jw_field_int(w, "amount_minor", line->redeemed[i].amount_minor);
        jw_field_text(w, "currency", line->redeemed[i].currency);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_field_int(w, "redeemed_minor", line->redeemed_minor);
    jw_name(w, "splits");
    jw_array_begin(w);
    for (size_t i = 0; i < line->split_count; i++) {
        jw_object_begin(w);
        jw_field_int(w, "net_minor", line->splits[i].net_minor);
        jw_field_int(w, "qty_milli", line->splits[i].qty_milli);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_object_end(w);
}

static void points(struct json_writer *w, const struct engine_points *points)
{
    jw_object_begin(w);
    jw_name(w, "by");
    jw_array_begin(w);
    for (size_t i = 0; i < points->by_count; i++) {
        jw_object_begin(w);
        jw_field_int(w, "earned", points->by[i].earned);
        jw_field_text(w, "promotion", points->by[i].promotion);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_field_int(w, "cost", points->cost);
    jw_field_text(w, "currency", points->currency);
    jw_field_int(w, "earned", points->earned);
    jw_field_int(w, "redeemed", points->redeemed);
    jw_object_end(w);
}

static void coupon(struct json_writer *w, const struct engine_coupon *coupon)
{
    jw_object_begin(w);
    jw_field_text(w, "code", coupon->code);
    missing(w, coupon->missing, coupon->missing_value);
    if (*coupon->reason)
        jw_field_text(w, "reason", coupon->reason);
    jw_field_text(w, "state", coupon->state);
    jw_object_end(w);
}

static void hint(struct json_writer *w, const struct engine_hint *hint)
{
    jw_object_begin(w);
    missing(w, hint->missing, hint->missing_value);
    jw_field_text(w, "promotion", hint->promotion);
    bundle_text(w, hint->text);
    jw_object_end(w);
}

static void issued(struct json_writer *w, const struct engine_issued *issued)
{
    jw_object_begin(w);
    jw_field_bool(w, "print", issued->print);
    jw_field_text(w, "promotion", issued->promotion);
    jw_field_text(w, "series", issued->series);
    if (*issued->valid_until)
        jw_field_text(w, "valid_until", issued->valid_until);
    jw_object_end(w);
}

static void gift(struct json_writer *w, const struct engine_gift *gift)
{
    jw_object_begin(w);
    jw_field_int(w, "missing_qty_milli", gift->missing_qty_milli);
    jw_field_text(w, "promotion", gift->promotion);
    jw_object_end(w);
}

static void message(struct json_writer *w, const struct engine_message *message)
{
    jw_object_begin(w);
    bundle_text(w, message->text);
    jw_field_text(w, "to", message->to);
    jw_object_end(w);
}

static void trace(struct json_writer *w, const struct engine_trace *trace)
{
    jw_object_begin(w);
    missing(w, trace->missing, trace->missing_value);
    jw_field_text(w, "promotion", trace->promotion);
    if (*trace->reason)
        jw_field_text(w, "reason", trace->reason);
    jw_field_text(w, "state", *trace->reason ? "not_applied" : "applied");
    jw_object_end(w);
}

#define LIST(name, items, count, write)                                                                              \
    do {                                                                                                             \
        jw_name(w, (name));                                                                                          \
        jw_array_begin(w);                                                                                           \
        for (size_t i_ = 0; i_ < (count); i_++)                                                                      \
            write(w, &(items)[i_]);                                                                                  \
        jw_array_end(w);                                                                                             \
    } while (0)

static void write_result(struct json_writer *w, const struct engine_result *r, bool canonical, bool with_trace)
{
    jw_object_begin(w);
    jw_field_int(w, "bound_minor", r->bound_minor);
    jw_name(w, "bundle");
    jw_object_begin(w);
    jw_field_text(w, "digest", r->bundle_digest);
    jw_field_text(w, "id", r->bundle_id);
    jw_field_int(w, "version", r->bundle_version);
    jw_object_end(w);
    LIST("coupons", r->coupons, r->coupon_count, coupon);
    if (!canonical)
        jw_field_text(w, "digest", r->digest);
    jw_field_int(w, "discount_minor", r->discount_minor);
    LIST("gifts", r->gifts, r->gift_count, gift);
    jw_field_int(w, "gross_minor", r->gross_minor);
    if (!canonical)
        LIST("hints", r->hints, r->hint_count, hint);
    LIST("issued_coupons", r->issued, r->issued_count, issued);
    LIST("lines", r->lines, r->line_count, line);
    if (!canonical)
        LIST("messages", r->messages, r->message_count, message);
    jw_field_bool(w, "optimal", r->optimal);
    LIST("points", r->points, r->point_count, points);
    jw_field_int(w, "redeemed_minor", r->redeemed_minor);
    jw_field_text(w, "sale_id", r->sale_id);
    jw_field_int(w, "total_minor", r->total_minor);
    if (!canonical && with_trace)
        LIST("trace", r->trace, r->trace_count, trace);
    jw_object_end(w);
}

void engine_result_write(const struct engine_result *result, bool with_trace, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    write_result(&w, result, false, with_trace);
}

void result_write_canonical(const struct engine_result *result, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    write_result(&w, result, true, false);
}

/* text is scratch, kept by the engine from sale to sale. */
bool result_digest(struct engine_result *result, struct strbuf *text)
{
    uint8_t hash[SHA256_BYTES];

    strbuf_clear(text);
    text->len_max = RESULT_BYTES_MAX;
    result_write_canonical(result, text);
    if (strbuf_status(text) != ST_OK)
        return false;
    sha256_of(text->data, text->len, hash);
    hex_encode(hash, sizeof hash, result->digest);
    return true;
}
