/* SPDX-License-Identifier: Apache-2.0 */
/* Returns. Everything goes by what is back so far, this return with it, less what the earlier ones moved. */
#include "tests/oracle/oracle.h"

#include <string.h>

enum { RETURN_LINES_MAX = LINES_MAX };

struct back { /* one line of the sale */
    int64_t number, sold, gross, discount, redeemed, net;
    int64_t before, now;     /* quantities back */
    int64_t refunded, share; /* money back: before; its as_paid share now */
    const cJSON *sale_line, *result_line;
};

struct returning {
    const cJSON *bundle, *json, *sale, *result;
    int line_count, asked_count;
    struct back lines[RETURN_LINES_MAX];
    int asked[RETURN_LINES_MAX]; /* places, in the order of the return */
    int64_t refund[RETURN_LINES_MAX];
    bool all_back;
};

static int place_of(const struct returning *r, int64_t number)
{
    for (int i = 0; i < r->line_count; i++) {
        if (r->lines[i].number == number)
            return i;
    }
    return -1;
}

static void returning_read(struct returning *r)
{
    const cJSON *json, *earlier;
    int i = 0;

    cJSON_ArrayForEach(json, get(r->result, "lines"))
    {
        struct back *line = &r->lines[r->line_count++];

        line->sale_line = cJSON_GetArrayItem(get(r->sale, "lines"), i++);
        line->result_line = json;
        line->number = get_int(json, "line", 0);
        line->sold = get_int(line->sale_line, "qty_milli", 0);
        line->gross = get_int(json, "gross_minor", 0);
        line->discount = get_int(json, "discount_minor", 0);
        line->redeemed = get_int(json, "redeemed_minor", 0);
        line->net = get_int(json, "net_minor", 0);
    }
    cJSON_ArrayForEach(earlier, get(r->json, "earlier"))
    {
        cJSON_ArrayForEach(json, get(earlier, "lines"))
        {
            struct back *line = &r->lines[place_of(r, get_int(json, "line", 0))];

            line->before += get_int(json, "qty_milli", 0);
            line->refunded += get_int(json, "refund_minor", 0);
        }
    }
    r->all_back = true;
    cJSON_ArrayForEach(json, get(r->json, "lines"))
    {
        int at = place_of(r, get_int(json, "line", 0));

        r->lines[at].now = get_int(json, "qty_milli", 0);
        r->asked[r->asked_count++] = at;
    }
    for (i = 0; i < r->line_count; i++)
        r->all_back = r->all_back && r->lines[i].before + r->lines[i].now == r->lines[i].sold;
}

/* A base's part that is back by now, each line rounded by itself. */
static int64_t back_share(const struct back *line, int64_t base)
{
    return half_up(base * (line->before + line->now), line->sold);
}

/* ---- points ---- */

static int64_t redeemed_of(const struct back *line, const char *currency)
{
    const cJSON *element;

    cJSON_ArrayForEach(element, get(line->result_line, "redeemed"))
    {
        if (strcmp(get_text(element, "currency", ""), currency) == 0)
            return get_int(element, "amount_minor", 0);
    }
    return 0;
}

enum base { BASE_NET, BASE_REDEEMED, BASE_PAID, BASE_GROSS, BASE_CURRENCY };

static int64_t base_of(const struct back *line, enum base base, const char *currency)
{
    switch (base) {
    case BASE_NET:
        return line->net;
    case BASE_REDEEMED:
        return line->redeemed;
    case BASE_PAID:
        return line->gross - line->discount;
    case BASE_GROSS:
        return line->gross;
    case BASE_CURRENCY:
        return redeemed_of(line, currency);
    }
    return 0;
}

/* How many of the points belong to what is back by now. A base that is 0 gives way to the next. */
static int64_t points_back(const struct returning *r, int64_t points, enum base base, const char *currency)
{
    int64_t sum = 0, back = 0;

    for (int i = 0; i < r->line_count; i++) {
        sum += base_of(&r->lines[i], base, currency);
        back += back_share(&r->lines[i], base_of(&r->lines[i], base, currency));
    }
    if (sum > 0)
        return half_up(points * back, sum);
    if (base == BASE_GROSS)
        return r->all_back ? points : 0;
    return points_back(r, points, base == BASE_CURRENCY ? BASE_REDEEMED : base + 1, currency);
}

static int64_t earlier_points(const struct returning *r, const char *currency, const char *name)
{
    const cJSON *earlier, *element;
    int64_t sum = 0;

    cJSON_ArrayForEach(earlier, get(r->json, "earlier"))
    {
        cJSON_ArrayForEach(element, get(earlier, "points"))
        {
            if (strcmp(get_text(element, "currency", ""), currency) == 0)
                sum += get_int(element, name, 0);
        }
    }
    return sum;
}

static int64_t points_given(const struct returning *r, const cJSON *points)
{
    const char *currency = get_text(points, "currency", "");

    return points_back(r, get_int(points, "redeemed", 0), BASE_CURRENCY, currency) +
           points_back(r, get_int(points, "cost", 0), BASE_PAID, currency) -
           earlier_points(r, currency, "given_back");
}

static void points_write(const struct returning *r, cJSON *out)
{
    cJSON *array = cJSON_AddArrayToObject(out, "points");
    const cJSON *points;

    cJSON_ArrayForEach(points, get(r->result, "points"))
    {
        const char *currency = get_text(points, "currency", "");
        int64_t taken = points_back(r, get_int(points, "earned", 0), BASE_NET, currency) -
                        earlier_points(r, currency, "taken_back");
        int64_t given = points_given(r, points);
        cJSON *element;

        if (!taken && !given)
            continue;
        element = cJSON_CreateObject();
        cJSON_AddItemToArray(array, element);
        cJSON_AddStringToObject(element, "currency", currency);
        cJSON_AddNumberToObject(element, "taken_back", (double)taken);
        cJSON_AddNumberToObject(element, "given_back", (double)given);
    }
}

/* ---- recompute ---- */

static cJSON *kept_sale(const struct returning *r)
{
    cJSON *sale = cJSON_Duplicate(r->sale, true), *lines = cJSON_CreateArray(), *redeem = cJSON_CreateObject();
    const cJSON *points;

    for (int i = 0; i < r->line_count; i++) {
        const struct back *line = &r->lines[i];
        int64_t kept = line->sold - line->before - line->now;
        cJSON *copy;

        if (kept == 0)
            continue;
        copy = cJSON_Duplicate(line->sale_line, true);
        cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(copy, "qty_milli"), (double)kept);
        if (get(copy, "amount_minor"))
            cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(copy, "amount_minor"),
                                 (double)(line->gross - back_share(line, line->gross)));
        cJSON_AddItemToArray(lines, copy);
    }
    cJSON_ReplaceItemInObjectCaseSensitive(sale, "lines", lines);
    cJSON_ArrayForEach(points, get(r->result, "points"))
    {
        const char *currency = get_text(points, "currency", "");
        int64_t paid = get_int(points, "redeemed", 0), left = paid - points_back(r, paid, BASE_CURRENCY, currency);

        cJSON_AddNumberToObject(redeem, currency, (double)(left > 0 ? left : 0));
    }
    cJSON_DeleteItemFromObjectCaseSensitive(sale, "redeem");
    cJSON_AddItemToObject(sale, "redeem", redeem);
    return sale;
}

/* What the kept goods cost under the sale's own bundle; -1: the oracle gave up. */
static int64_t kept_total(const struct returning *r)
{
    cJSON *sale = kept_sale(r), *result = oracle_evaluate(r->bundle, sale);
    int64_t total = result ? get_int(result, "total_minor", 0) : -1;

    cJSON_Delete(result);
    cJSON_Delete(sale);
    return total;
}

/* ---- whole ---- */

static bool comes_before(const struct back *a, const struct back *b)
{
    int by_sku = strcmp(get_text(a->sale_line, "sku", ""), get_text(b->sale_line, "sku", ""));

    if (by_sku || a->gross != b->gross)
        return by_sku ? by_sku < 0 : a->gross < b->gross;
    return a->sold != b->sold ? a->sold < b->sold : a->number < b->number;
}

/* The asked lines in the order of every sale: by sku, gross, quantity, number. */
static void earlier_first(const struct returning *r, int *order)
{
    for (int i = 0; i < r->asked_count; i++) {
        int k = i;

        for (; k > 0 && comes_before(&r->lines[r->asked[i]], &r->lines[r->asked[order[k - 1]]]); k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

/* Spreads a sum over the returned lines by their shares; where all shares are 0, by what they cost, else alike. */
static void spread_refund(struct returning *r, int64_t sum)
{
    int64_t weights[RETURN_LINES_MAX], rooms[RETURN_LINES_MAX], out[RETURN_LINES_MAX], shares = 0, costs = 0;
    int order[RETURN_LINES_MAX];

    for (int i = 0; i < r->asked_count; i++) {
        shares += r->lines[r->asked[i]].share;
        costs += half_up(r->lines[r->asked[i]].gross * r->lines[r->asked[i]].now, r->lines[r->asked[i]].sold);
    }
    earlier_first(r, order);
    for (int i = 0; i < r->asked_count; i++) {
        const struct back *line = &r->lines[r->asked[order[i]]];

        weights[i] = shares ? line->share : costs ? half_up(line->gross * line->now, line->sold) : 1;
        rooms[i] = sum;
    }
    spread(sum, r->asked_count, weights, rooms, out);
    for (int i = 0; i < r->asked_count; i++)
        r->refund[order[i]] = out[i];
}

static bool refund_work(struct returning *r)
{
    int64_t paid = 0, refunded = 0, sum = 0;

    for (int i = 0; i < r->line_count; i++) {
        paid += r->lines[i].net;
        refunded += r->lines[i].refunded;
        r->lines[i].share = back_share(&r->lines[i], r->lines[i].net) - r->lines[i].refunded;
        if (r->lines[i].share < 0 || r->lines[i].now == 0)
            r->lines[i].share = 0;
    }
    for (int i = 0; i < r->asked_count; i++)
        sum += r->refund[i] = r->lines[r->asked[i]].share;
    if (sum > paid - refunded || (r->all_back && sum != paid - refunded))
        spread_refund(r, paid - refunded);
    if (strcmp(get_text(r->json, "policy", "as_paid"), "recompute") == 0) {
        int64_t kept = kept_total(r);

        if (kept < 0)
            return false;
        for (int i = 0; i < r->asked_count; i++) /* by what as_paid would have given back */
            r->lines[r->asked[i]].share = r->refund[i];
        spread_refund(r, paid - refunded - kept > 0 ? paid - refunded - kept : 0);
    }
    return true;
}

static cJSON *refund_write(const struct returning *r)
{
    cJSON *out = cJSON_CreateObject(), *lines = cJSON_AddArrayToObject(out, "lines"), *released;
    const cJSON *coupon;
    int64_t sum = 0;

    for (int i = 0; i < r->asked_count; i++) {
        cJSON *line = cJSON_CreateObject();

        sum += r->refund[i];
        cJSON_AddItemToArray(lines, line);
        cJSON_AddNumberToObject(line, "line", (double)r->lines[r->asked[i]].number);
        cJSON_AddNumberToObject(line, "qty_milli", (double)r->lines[r->asked[i]].now);
        cJSON_AddNumberToObject(line, "refund_minor", (double)r->refund[i]);
    }
    cJSON_AddStringToObject(out, "return_id", get_text(r->json, "return_id", ""));
    cJSON_AddNumberToObject(out, "refund_minor", (double)sum);
    points_write(r, out);
    released = cJSON_AddArrayToObject(out, "coupons_released");
    cJSON_ArrayForEach(coupon, get(r->result, "coupons"))
    {
        if (r->all_back && strcmp(get_text(coupon, "state", ""), "applied") == 0)
            cJSON_AddItemToArray(released, cJSON_CreateString(get_text(coupon, "code", "")));
    }
    return out;
}

cJSON *oracle_refund(const cJSON *bundle, const cJSON *return_json)
{
    struct returning r = {.bundle = bundle, .json = return_json};

    r.sale = get(return_json, "sale");
    r.result = get(return_json, "result");
    returning_read(&r);
    return refund_work(&r) ? refund_write(&r) : NULL;
}
