/* SPDX-License-Identifier: Apache-2.0 */
/*
 * properties - what must hold for every result of the engine, whatever the right answer is: sums exact, nothing below
 * zero or a floor, no order of lines or of promotions in the file that matters, one more promotion in a bundle of one
 * best layer never dearer, returns that add up, unknown names that change nothing, the same bytes twice, the digest
 * of what was written. LOYALD_SEED and LOYALD_CASES as for oracle_compare.
 */
#include "agent/base/sha256.h"
#include "agent/engine/engine.h"
#include "tests/oracle/generate.h"
#include "tests/oracle/oracle.h"
#include "tests/oracle/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct subject {
    struct engine *engine;
    struct dice dice;
    cJSON *bundle, *sale, *result;
    uint64_t seed, number;
    int failures;
};

static void complain(struct subject *s, const char *what)
{
    char *bundle = cJSON_PrintUnformatted(s->bundle), *sale = cJSON_PrintUnformatted(s->sale);

    printf("LOYALD_SEED=%" PRIu64 " case %" PRIu64 ": %s\nbundle %s\nsale %s\n", s->seed, s->number, what, bundle,
           sale);
    free(bundle);
    free(sale);
    s->failures++;
}

static cJSON *evaluate(struct engine *engine, const cJSON *bundle_json, const cJSON *sale_json)
{
    char why[WHY_BYTES] = "";
    struct bundle *bundle = trial_compile(bundle_json, why);
    struct engine_sale *sale = trial_parse(sale_json, why);
    cJSON *result = bundle && sale ? trial_evaluate(engine, bundle, sale) : NULL;

    engine_sale_destroy(sale);
    bundle_destroy(bundle);
    return result;
}

/* ---- sums and floors ---- */

static int64_t sum_of(const cJSON *array, const char *name)
{
    const cJSON *element;
    int64_t sum = 0;

    cJSON_ArrayForEach(element, array)
    {
        sum += get_int(element, name, 0);
    }
    return sum;
}

/* No unit below its floor, unless it cost less to begin with. */
static bool splits_hold(const cJSON *line, const cJSON *sold)
{
    bool by_weight = strcmp(get_text(sold, "sold_by", "each"), "weight") == 0;
    int64_t qty = get_int(sold, "qty_milli", 0), units = by_weight ? 1 : qty / 1000;
    int64_t floor = get_int(sold, "floor_price_minor", 0), cheapest = get_int(line, "gross_minor", 0) / units;
    const cJSON *split;

    floor = by_weight ? half_up(floor * qty, 1000) : floor;
    floor = floor < cheapest ? floor : cheapest;
    cJSON_ArrayForEach(split, get(line, "splits"))
    {
        int64_t of_split = by_weight ? 1 : get_int(split, "qty_milli", 0) / 1000,
                net = get_int(split, "net_minor", 0);

        if (net % of_split != 0 || net / of_split < floor)
            return false;
    }
    return sum_of(get(line, "splits"), "qty_milli") == qty;
}

static void check_sums(struct subject *s)
{
    const cJSON *lines = get(s->result, "lines"), *line;
    int i = 0;

    cJSON_ArrayForEach(line, lines)
    {
        int64_t gross = get_int(line, "gross_minor", 0), discount = get_int(line, "discount_minor", 0);
        int64_t redeemed = get_int(line, "redeemed_minor", 0), net = get_int(line, "net_minor", 0);

        if (gross - discount - redeemed != net || net < 0 || discount < 0 || redeemed < 0)
            complain(s, "gross - discount - redeemed is not net");
        if (sum_of(get(line, "adjustments"), "amount_minor") != discount ||
            sum_of(get(line, "redeemed"), "amount_minor") != redeemed ||
            sum_of(get(line, "splits"), "net_minor") != net)
            complain(s, "the parts of a line do not sum to it");
        if (!splits_hold(line, cJSON_GetArrayItem(get(s->sale, "lines"), i++)))
            complain(s, "a unit is below its floor, or the splits are not of the line's units");
    }
    if (sum_of(lines, "gross_minor") != get_int(s->result, "gross_minor", -1) ||
        sum_of(lines, "discount_minor") != get_int(s->result, "discount_minor", -1) ||
        sum_of(lines, "redeemed_minor") != get_int(s->result, "redeemed_minor", -1) ||
        sum_of(lines, "net_minor") != get_int(s->result, "total_minor", -1))
        complain(s, "the lines do not sum to the totals");
}

/* ---- digest ---- */

static int by_name(const void *left, const void *right)
{
    return strcmp((*(cJSON *const *)left)->string, (*(cJSON *const *)right)->string);
}

static void canonical(const cJSON *json, struct strbuf *out)
{
    const cJSON *children[64], *child;
    char number[32];
    int count = 0;

    if (cJSON_IsNumber(json)) {
        (void)snprintf(number, sizeof number, "%" PRId64, (int64_t)json->valuedouble);
        strbuf_add(out, number, strlen(number));
        return;
    }
    if (!cJSON_IsObject(json) && !cJSON_IsArray(json)) {
        char *text = cJSON_PrintUnformatted(json);

        strbuf_add(out, text, strlen(text));
        free(text);
        return;
    }
    cJSON_ArrayForEach(child, json)
    {
        if (count < 64)
            children[count++] = child;
    }
    if (cJSON_IsObject(json))
        qsort(children, (size_t)count, sizeof children[0], by_name);
    strbuf_putc(out, cJSON_IsObject(json) ? '{' : '[');
    for (int i = 0; i < count; i++) {
        if (i > 0)
            strbuf_putc(out, ',');
        if (cJSON_IsObject(json)) {
            strbuf_putc(out, '"');
            strbuf_add(out, children[i]->string, strlen(children[i]->string));
            strbuf_add(out, "\":", 2);
        }
        canonical(children[i], out);
    }
    strbuf_putc(out, cJSON_IsObject(json) ? '}' : ']');
}

static void check_digest(struct subject *s)
{
    static const char *const left_out[] = {"digest", "trace", "hints", "messages"};
    cJSON *copy = cJSON_Duplicate(s->result, true);
    struct strbuf text = STRBUF_INIT(1024 * 1024);
    uint8_t digest[SHA256_BYTES];
    char hex[SHA256_TEXT];

    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(copy, left_out[i]);
    canonical(copy, &text);
    sha256_of(text.data, text.len, digest);
    for (int i = 0; i < SHA256_BYTES; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    if (strcmp(hex, get_text(s->result, "digest", "")) != 0)
        complain(s, "the digest is not that of the canonical result");
    strbuf_free(&text);
    cJSON_Delete(copy);
}

/* ---- orders ---- */

static void shuffle(struct dice *dice, cJSON *array)
{
    for (int left = cJSON_GetArraySize(array); left > 1; left--)
        cJSON_AddItemToArray(array, cJSON_DetachItemFromArray(array, (int)dice_range(dice, 0, left - 1)));
}

static int by_line(const void *left, const void *right)
{
    int64_t a = get_int(*(cJSON *const *)left, "line", 0), b = get_int(*(cJSON *const *)right, "line", 0);

    return (a > b) - (a < b);
}

static void lines_in_order(cJSON *result)
{
    cJSON *lines = cJSON_GetObjectItemCaseSensitive(result, "lines"), *sorted[LINES_MAX];
    int count = 0;

    while (lines->child && count < LINES_MAX)
        sorted[count++] = cJSON_DetachItemViaPointer(lines, lines->child);
    qsort(sorted, (size_t)count, sizeof(cJSON *), by_line);
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(lines, sorted[i]);
}

static bool same_but_order(const cJSON *a, const cJSON *b)
{
    cJSON *left = cJSON_Duplicate(a, true), *right = cJSON_Duplicate(b, true);
    cJSON *both[] = {left, right};
    bool same;

    for (int i = 0; i < 2; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(both[i], "digest");
        cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(both[i], "bundle"), "digest");
        lines_in_order(both[i]);
    }
    same = cJSON_Compare(left, right, true);
    cJSON_Delete(left);
    cJSON_Delete(right);
    return same;
}

static void check_orders(struct subject *s)
{
    static const char *const arrays[] = {"promotions", "coupon_series", "point_currencies"};
    cJSON *bundle = cJSON_Duplicate(s->bundle, true), *sale = cJSON_Duplicate(s->sale, true), *result;

    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        shuffle(&s->dice, cJSON_GetObjectItemCaseSensitive(bundle, arrays[i]));
    shuffle(&s->dice, cJSON_GetObjectItemCaseSensitive(sale, "lines"));
    result = evaluate(s->engine, bundle, sale);
    if (!result || !same_but_order(s->result, result))
        complain(s, "the order of lines or of promotions in the file matters");
    cJSON_Delete(result);
    cJSON_Delete(bundle);
    cJSON_Delete(sale);
}

/* ---- unknown names, the same bytes ---- */

static void add_unknown(cJSON *sale)
{
    cJSON *member = cJSON_GetObjectItemCaseSensitive(sale, "member"), *line, *attrs;

    cJSON_AddStringToObject(sale, "colour", "red");
    cJSON_ArrayForEach(line, cJSON_GetObjectItemCaseSensitive(sale, "lines"))
    {
        cJSON_AddNumberToObject(line, "smell", 7);
    }
    attrs = member ? cJSON_GetObjectItemCaseSensitive(member, "attrs") : NULL;
    if (member && !attrs)
        attrs = cJSON_AddObjectToObject(member, "attrs");
    if (attrs)
        cJSON_AddStringToObject(attrs, "shoe", "left");
}

static void check_unknown_and_twice(struct subject *s)
{
    cJSON *sale = cJSON_Duplicate(s->sale, true), *again = evaluate(s->engine, s->bundle, s->sale), *other;
    char *first = cJSON_PrintUnformatted(s->result), *second = cJSON_PrintUnformatted(again), *third;

    add_unknown(sale);
    other = evaluate(s->engine, s->bundle, sale);
    third = cJSON_PrintUnformatted(other);
    if (!second || strcmp(first, second) != 0)
        complain(s, "evaluated twice, two results");
    if (!third || strcmp(first, third) != 0)
        complain(s, "an unknown name changes the result");
    free(first);
    free(second);
    free(third);
    cJSON_Delete(again);
    cJSON_Delete(other);
    cJSON_Delete(sale);
}

/* ---- one more promotion ---- */

/* In a bundle of one best layer the last promotion is taken out: with it the discount is not smaller. */
static void check_one_more(struct subject *s)
{
    cJSON *bundle = cJSON_Duplicate(s->bundle, true), *layers, *promotion, *with, *without;
    cJSON *promotions = cJSON_GetObjectItemCaseSensitive(bundle, "promotions");

    layers = cJSON_Parse("[{\"id\":\"l0\",\"mode\":\"best\"}]");
    cJSON_ReplaceItemInObjectCaseSensitive(bundle, "layers", layers);
    cJSON_ArrayForEach(promotion, promotions)
    {
        cJSON_ReplaceItemInObjectCaseSensitive(promotion, "layer", cJSON_CreateString("l0"));
    }
    with = evaluate(s->engine, bundle, s->sale);
    cJSON_DeleteItemFromArray(promotions, cJSON_GetArraySize(promotions) - 1);
    without = evaluate(s->engine, bundle, s->sale);
    if (with && without && get_bool(with, "optimal", false) &&
        get_int(with, "discount_minor", 0) < get_int(without, "discount_minor", 0))
        complain(s, "one more promotion in a best layer makes the discount smaller");
    cJSON_Delete(with);
    cJSON_Delete(without);
    cJSON_Delete(bundle);
}

/* ---- returns ---- */

static bool is_all_back(const cJSON *sale, const cJSON *refunds)
{
    const cJSON *refund;
    int64_t back = 0;

    cJSON_ArrayForEach(refund, refunds)
    {
        back += sum_of(get(refund, "lines"), "qty_milli");
    }
    return back == sum_of(get(sale, "lines"), "qty_milli");
}

static void check_points_back(struct subject *s, const cJSON *refunds, bool all)
{
    const cJSON *points, *refund, *element;

    cJSON_ArrayForEach(points, get(s->result, "points"))
    {
        int64_t taken = 0, given = 0, spent = get_int(points, "redeemed", 0) + get_int(points, "cost", 0);
        const char *currency = get_text(points, "currency", "");

        cJSON_ArrayForEach(refund, refunds)
        {
            cJSON_ArrayForEach(element, get(refund, "points"))
            {
                bool same = strcmp(get_text(element, "currency", ""), currency) == 0;

                taken += same ? get_int(element, "taken_back", 0) : 0;
                given += same ? get_int(element, "given_back", 0) : 0;
                if (get_int(element, "taken_back", 0) < 0 || get_int(element, "given_back", 0) < 0)
                    complain(s, "a return moves points the wrong way");
            }
        }
        if (taken > get_int(points, "earned", 0) || given > spent)
            complain(s, "returns move more points than there were");
        if (all && (taken != get_int(points, "earned", 0) || given != spent))
            complain(s, "all is back and not all points are");
    }
}

static bool a_line_below_zero(const cJSON *refund)
{
    const cJSON *line;

    cJSON_ArrayForEach(line, get(refund, "lines"))
    {
        if (get_int(line, "refund_minor", -1) < 0)
            return true;
    }
    return false;
}

static void check_returns(struct subject *s)
{
    cJSON *returns = generate_returns(&s->dice, s->sale), *refunds = cJSON_CreateArray();
    char why[WHY_BYTES] = "";
    struct bundle *bundle = trial_compile(s->bundle, why);
    const cJSON *one;
    int64_t paid = get_int(s->result, "total_minor", 0), back;

    cJSON_ArrayForEach(one, returns)
    {
        cJSON *whole = cJSON_Duplicate(one, true), *refund;

        cJSON_AddItemToObject(whole, "sale", cJSON_Duplicate(s->sale, true));
        cJSON_AddItemToObject(whole, "result", cJSON_Duplicate(s->result, true));
        cJSON_AddItemToObject(whole, "earlier", cJSON_Duplicate(refunds, true));
        refund = trial_refund(s->engine, bundle, whole, why);
        cJSON_Delete(whole);
        if (!refund) {
            complain(s, why);
            break;
        }
        if (a_line_below_zero(refund))
            complain(s, "a line of a return gives back less than nothing");
        if (get_int(refund, "refund_minor", -1) < 0 ||
            sum_of(get(refund, "lines"), "refund_minor") != get_int(refund, "refund_minor", -1))
            complain(s, "the lines of a return do not sum to it");
        cJSON_AddItemToArray(refunds, refund);
        check_points_back(s, refunds, is_all_back(s->sale, refunds));
        if (sum_of(refunds, "refund_minor") > paid)
            complain(s, "returns give back more than was paid");
    }
    back = sum_of(refunds, "refund_minor");
    if (is_all_back(s->sale, refunds) && back != paid)
        complain(s, "all is back and not all that was paid");
    bundle_destroy(bundle);
    cJSON_Delete(returns);
    cJSON_Delete(refunds);
}

/* ---- whole ---- */

static void check_case(struct subject *s)
{
    s->dice = (struct dice){.promotions_max = 6};
    dice_seed(&s->dice, s->seed, s->number);
    s->bundle = generate_bundle(&s->dice);
    s->sale = generate_sale(&s->dice, s->bundle);
    s->result = evaluate(s->engine, s->bundle, s->sale);
    if (!s->result) {
        complain(s, "refused");
    } else {
        check_sums(s);
        check_digest(s);
        check_orders(s);
        check_unknown_and_twice(s);
        check_one_more(s);
        check_returns(s);
    }
    cJSON_Delete(s->result);
    cJSON_Delete(s->sale);
    cJSON_Delete(s->bundle);
}

int main(void)
{
    const char *seed = getenv("LOYALD_SEED"), *cases = getenv("LOYALD_CASES");
    struct subject s = {.seed = seed && *seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL)};
    uint64_t count = cases && *cases ? strtoull(cases, NULL, 10) : 3000;

    printf("LOYALD_SEED=%" PRIu64 " LOYALD_CASES=%" PRIu64 "\n", s.seed, count);
    if (engine_create(&s.engine, NULL) != ST_OK)
        return 1;
    for (; s.number < count && s.failures < 5; s.number++)
        check_case(&s);
    engine_destroy(s.engine);
    printf("%" PRIu64 " cases, %d failures\n", s.number, s.failures);
    return s.failures > 0;
}
