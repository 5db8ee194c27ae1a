/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Returns. "as_paid" gives back each line's share of what was paid for it. "recompute" evaluates what was kept as if
 * only that had been bought, and gives back the difference, so that a 2+1 cannot be split into a free item.
 *
 * Decisions: all returns of a sale together give back what was paid, neither more nor, once all is back, less, also
 * when their policies differ.
 * Points follow the shares under both policies; what is kept may use the points that have not been given back.
 */
#include "agent/engine/refund.h"
#include "agent/engine/sort.h"
#include "agent/engine/spread.h"
#include "agent/base/wide.h"

#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <string.h>

int64_t refund_share(int64_t amount, int64_t qty, int64_t sold_qty)
{
    return (int64_t)wide_half_up((uint64_t)amount, (uint64_t)qty, (uint64_t)sold_qty);
}

/* What the line's share says now, less what went back before. */
static int64_t share_of(const struct refund_sold *sold)
{
    int64_t now = refund_share(sold->net, sold->before_qty + sold->back_qty, sold->line->qty_milli);

    return now > sold->before_minor ? now - sold->before_minor : 0;
}

static int64_t gross_back(const struct refund_sold *sold)
{
    return refund_share(sold->gross, sold->back_qty, sold->line->qty_milli);
}

struct place { /* of a returned line among the sale's, in the order that decides (not that of any list) */
    uint32_t rank;
    size_t line;
};

static int place_cmp(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static struct place *places_make(struct refund *r)
{
    struct place *places = arena_array(&r->arena, r->line_count + 1, sizeof *places);
    uint32_t *ranks = arena_array(&r->arena, r->sold_count + 1, sizeof *ranks);

    if (!places || !ranks)
        return NULL;
    for (uint32_t i = 0; i < r->sold_count; i++)
        ranks[r->sale->canonical[i]] = i;
    for (size_t i = 0; i < r->line_count; i++)
        places[i] = (struct place){ranks[r->lines[i].sold - r->sold], i};
    sort_items(places, r->line_count, sizeof *places, place_cmp);
    return places;
}

/* Spreads amount over the lines by their shares; where no line has one, by what came back at its first price. */
static bool spread_lines(struct refund *r, int64_t amount)
{
    struct share *shares = arena_array(&r->arena, r->line_count, sizeof *shares);
    const struct place *places = places_make(r);
    int64_t weights = 0, prices = 0;

    if (!shares || !places)
        return false;
    for (size_t i = 0; i < r->line_count; i++) {
        weights += r->lines[i].refund;
        prices += gross_back(r->lines[i].sold);
    }
    for (size_t i = 0; i < r->line_count; i++) {
        const struct refund_line *line = &r->lines[places[i].line];
        int64_t weight = weights > 0 ? line->refund : (prices > 0 ? gross_back(line->sold) : 1);

        shares[i] = (struct share){.weight = (uint64_t)weight, .cap = amount, .count = 1};
    }
    spread_amount(&r->arena, shares, r->line_count, amount);
    for (size_t i = 0; i < r->line_count; i++)
        r->lines[places[i].line].refund = shares[i].low + shares[i].extra;
    return r->arena.st == ST_OK;
}

static bool as_paid(struct refund *r)
{
    int64_t sum = 0, left = r->total > r->before ? r->total - r->before : 0;

    for (size_t i = 0; i < r->line_count; i++) {
        r->lines[i].refund = share_of(r->lines[i].sold);
        sum += r->lines[i].refund;
    }
    /* Once all is back, so is all that was paid: other policies may have given more or less for lines before. */
    if (sum == left || (sum < left && !refund_all_back(r)))
        return true;
    return spread_lines(r, left);
}

static void unreferenced(struct refund *r)
{
    for (size_t i = 0; i < r->line_count; i++) {
        struct refund_line *line = &r->lines[i];

        line->refund = (int64_t)wide_half_up((uint64_t)line->unit_price, (uint64_t)line->qty, 1000);
    }
}

/* ---- recompute */

/* Numbers stay below 2^53, so a double holds them. */
static void set_number(cJSON *object, const char *name, int64_t number)
{
    (void)cJSON_SetNumberHelper(cJSON_GetObjectItemCaseSensitive(object, name), (double)number);
}

/* The sale cut to what was kept. Its lines are those that r->sold was read from, one for one. */
static void keep_lines(const struct refund *r, cJSON *sale)
{
    cJSON *lines = cJSON_GetObjectItemCaseSensitive(sale, "lines"), *line = lines->child, *next;

    for (size_t i = 0; i < r->sold_count; i++, line = next) {
        const struct refund_sold *sold = &r->sold[i];
        int64_t back = sold->before_qty + sold->back_qty, kept = sold->line->qty_milli - back;

        next = line->next;
        if (back == 0)
            continue;
        if (kept == 0) {
            cJSON_Delete(cJSON_DetachItemViaPointer(lines, line));
            continue;
        }
        set_number(line, "qty_milli", kept);
        if (sr_member(line, "amount_minor"))
            set_number(line, "amount_minor", sold->gross - refund_share(sold->gross, back, sold->line->qty_milli));
    }
}

/* It pays with no more points than were spent and have not been given back. */
static bool keep_points(const struct refund *r, cJSON *sale)
{
    cJSON *redeem = cJSON_CreateObject();
    bool good = redeem != NULL;

    for (size_t i = 0; good && i < r->point_count; i++) {
        const struct refund_points *points = &r->points[i];
        int64_t left = points->redeemed - points->paid_back;

        if (left > 0)
            good = cJSON_AddNumberToObject(redeem, points->currency, (double)left) != NULL;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(sale, "redeem");
    if (good && cJSON_AddItemToObject(sale, "redeem", redeem))
        return true;
    cJSON_Delete(redeem);
    return false;
}

static bool own_bundle(const struct refund *r, const struct bundle *bundle)
{
    const cJSON *named = cJSON_GetObjectItemCaseSensitive(r->result_json, "bundle"), *digest;
    int64_t version;

    digest = cJSON_GetObjectItemCaseSensitive(named, "digest");
    if (cJSON_IsString(digest))
        return strcmp(digest->valuestring, bundle_digest(bundle)) == 0;
    return json_value_int(cJSON_GetObjectItemCaseSensitive(named, "version"), 0, JSON_INT_MAX, &version) == ST_OK &&
           version == bundle_version(bundle);
}

/* What was kept costs this much. */
static enum status kept_total(struct refund *r, struct engine *engine, const struct bundle *bundle,
                              int64_t *out_total, struct errmsg *err)
{
    const struct engine_options options = {.skip_digest = true};
    cJSON *json = cJSON_Duplicate(r->sale_json, true);
    const struct engine_result *result;
    struct engine_sale *sale = NULL;
    struct engine_fault fault;
    enum status st = ST_NOMEM;

    if (json)
        keep_lines(r, json);
    if (json && keep_points(r, json))
        st = sale_from_tree(json, &sale, &fault);
    if (st == ST_INVALID) {
        sr_go(&r->at, "/sale");
        (void)sr_fail(&r->at, fault.code, NULL, fault.message);
    }
    if (st == ST_OK)
        st = engine_evaluate(engine, bundle, sale, &options, &result, err);
    if (st == ST_OK)
        *out_total = result->total_minor;
    engine_sale_destroy(sale);
    cJSON_Delete(json);
    return st;
}

static enum status recompute(struct refund *r, struct engine *engine, const struct bundle *bundle, struct errmsg *err)
{
    int64_t kept = 0, refund;
    enum status st;

    sr_go(&r->at, "/result");
    if (!engine || !bundle || !own_bundle(r, bundle)) {
        (void)sr_fail(&r->at, "bundle", "bundle",
                      bundle ? "is not the bundle that was given" : "recompute wants the bundle of the sale");
        return ST_INVALID;
    }
    if (!as_paid(r))
        return r->arena.st;
    st = kept_total(r, engine, bundle, &kept, err);
    if (st != ST_OK)
        return st;
    refund = r->total - r->before - kept;
    return spread_lines(r, refund > 0 ? refund : 0) ? ST_OK : r->arena.st;
}

/* ---- the result */

/* The coupons that applied, once all is back. */
static void write_coupons(const struct refund *r, struct json_writer *w)
{
    const cJSON *coupons = cJSON_GetObjectItemCaseSensitive(r->result_json, "coupons"), *coupon;

    jw_name(w, "coupons_released");
    jw_array_begin(w);
    if (refund_all_back(r)) {
        cJSON_ArrayForEach(coupon, coupons)
        {
            const cJSON *code = cJSON_GetObjectItemCaseSensitive(coupon, "code");
            const cJSON *state = cJSON_GetObjectItemCaseSensitive(coupon, "state");

            if (cJSON_IsString(code) && cJSON_IsString(state) && strcmp(state->valuestring, "applied") == 0)
                jw_text(w, code->valuestring);
        }
    }
    jw_array_end(w);
}

static void write_points(const struct refund *r, struct json_writer *w)
{
    jw_name(w, "points");
    jw_array_begin(w);
    for (size_t i = 0; i < r->point_count; i++) {
        const struct refund_points *points = &r->points[i];

        if (points->taken_back == 0 && points->given_back == 0)
            continue;
        jw_object_begin(w);
        jw_field_text(w, "currency", points->currency);
        jw_field_int(w, "given_back", points->given_back);
        jw_field_int(w, "taken_back", points->taken_back);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static enum status write_refund(const struct refund *r, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    int64_t sum = 0;

    jw_object_begin(&w);
    write_coupons(r, &w);
    jw_name(&w, "lines");
    jw_array_begin(&w);
    for (size_t i = 0; i < r->line_count; i++) {
        jw_object_begin(&w);
        jw_field_int(&w, "line", r->lines[i].line);
        jw_field_int(&w, "qty_milli", r->lines[i].qty);
        jw_field_int(&w, "refund_minor", r->lines[i].refund);
        jw_object_end(&w);
        sum += r->lines[i].refund;
    }
    jw_array_end(&w);
    write_points(r, &w);
    jw_field_int(&w, "refund_minor", sum);
    jw_field_text(&w, "return_id", r->return_id);
    jw_object_end(&w);
    return strbuf_status(out);
}

static enum status work_out(struct refund *r, struct engine *engine, const struct bundle *bundle, struct errmsg *err)
{
    refund_points(r);
    if (r->policy == REFUND_RECOMPUTE)
        return recompute(r, engine, bundle, err);
    if (r->policy == REFUND_UNREFERENCED) {
        unreferenced(r);
        return ST_OK;
    }
    return as_paid(r) ? ST_OK : r->arena.st;
}

enum status engine_refund(struct engine *engine, const struct bundle *bundle, const char *text, size_t len,
                          struct strbuf *out, struct engine_fault *out_fault, struct errmsg *err)
{
    struct engine_sale texts = {.arena = ARENA_INIT(4096, 0)}; /* only its arena, for the readers of texts */
    struct refund r = {.arena = ARENA_INIT(4096, 0), .at = {.sale = &texts, .fault = out_fault}};
    struct errmsg fault = ERRMSG_INIT;
    struct cJSON *root = NULL;
    enum status st = json_parse(text, len, RETURN_BYTES_MAX, &root, &fault);

    if (st == ST_INVALID)
        (void)sr_fail(&r.at, "json", NULL, fault.text);
    if (st == ST_OK && !refund_read(&r, root))
        st = r.arena.st != ST_OK || texts.arena.st != ST_OK ? ST_NOMEM : ST_INVALID;
    if (st == ST_OK)
        st = work_out(&r, engine, bundle, err);
    if (st == ST_OK)
        st = write_refund(&r, out);
    if (st == ST_NOMEM)
        errmsg_set(err, "refund: out of memory");
    json_free(root);
    engine_sale_destroy(r.sale);
    arena_free(&texts.arena);
    arena_free(&r.arena);
    return st;
}
