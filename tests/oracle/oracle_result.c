/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/oracle.h"

#include <stdlib.h>
#include <string.h>

static void add_int(cJSON *object, const char *name, int64_t value)
{
    cJSON_AddNumberToObject(object, name, (double)value);
}

static cJSON *add_array(cJSON *object, const char *name)
{
    return cJSON_AddArrayToObject(object, name);
}

static cJSON *add_element(cJSON *array)
{
    cJSON *element = cJSON_CreateObject();

    cJSON_AddItemToArray(array, element);
    return element;
}

static int64_t adjustments_write(const struct run *run, int line, cJSON *array)
{
    int64_t discount = 0;

    for (int p = 0; p < run->promotion_count; p++) {
        const struct promotion *promotion = &run->promotions[p];
        int64_t qty = 0, amount = 0;
        cJSON *element;

        for (int i = 0; i < run->unit_count; i++) {
            if (run->units[i].line == line && promotion->took[i] > 0) {
                qty += run->units[i].qty;
                amount += promotion->took[i];
            }
        }
        if (amount == 0)
            continue;
        discount += amount;
        element = add_element(array);
        cJSON_AddStringToObject(element, "promotion", promotion->id);
        cJSON_AddStringToObject(element, "layer", get_text(promotion->json, "layer", ""));
        add_int(element, "qty_milli", qty);
        add_int(element, "amount_minor", amount);
    }
    return discount;
}

static int by_id(const void *left, const void *right)
{
    return strcmp(get_text(*(cJSON *const *)left, "id", ""), get_text(*(cJSON *const *)right, "id", ""));
}

static int currencies_by_id(const struct run *run, const cJSON **out)
{
    for (int c = 0; c < run->currency_count; c++)
        out[c] = cJSON_GetArrayItem(get(run->bundle, "point_currencies"), c);
    qsort(out, (size_t)run->currency_count, sizeof out[0], by_id);
    return run->currency_count;
}

static int64_t redeemed_write(const struct run *run, int line, cJSON *array)
{
    const cJSON *currencies[CURRENCIES_MAX];
    int64_t sum = 0;

    for (int c = 0; c < currencies_by_id(run, currencies); c++) {
        const char *id = get_text(currencies[c], "id", "");
        int64_t amount = run->lines[line].redeemed[currency_place(run, id)];
        cJSON *element;

        if (amount == 0)
            continue;
        sum += amount;
        element = add_element(array);
        cJSON_AddStringToObject(element, "currency", id);
        add_int(element, "amount_minor", amount);
    }
    return sum;
}

static int64_t splits_write(const struct run *run, int line, cJSON *array)
{
    int64_t sum = 0;

    for (int i = 0; i < run->unit_count; i++) { /* dearest first */
        const struct unit *unit = &run->units[i];
        int64_t qty = 0, net = 0;
        cJSON *element;

        if (unit->line != line || (i > 0 && run->units[i - 1].line == line && run->units[i - 1].price == unit->price))
            continue;
        for (int k = i; k < run->unit_count && run->units[k].line == line && run->units[k].price == unit->price;
             k++) {
            qty += run->units[k].qty;
            net += run->units[k].price;
        }
        sum += net;
        element = add_element(array);
        add_int(element, "qty_milli", qty);
        add_int(element, "net_minor", net);
    }
    return sum;
}

static void lines_write(const struct run *run, cJSON *result)
{
    int64_t gross = 0, discount = 0, redeemed = 0, total = 0;
    cJSON *lines = add_array(result, "lines");

    for (int place = 0; place < run->line_count; place++) {
        int line = 0;
        int64_t line_discount, line_redeemed, net;
        cJSON *element = add_element(lines);

        while (run->lines[line].place != place)
            line++;
        line_discount = adjustments_write(run, line, add_array(element, "adjustments"));
        line_redeemed = redeemed_write(run, line, add_array(element, "redeemed"));
        net = splits_write(run, line, add_array(element, "splits"));
        add_int(element, "line", run->lines[line].number);
        add_int(element, "gross_minor", run->lines[line].gross);
        add_int(element, "discount_minor", line_discount);
        add_int(element, "redeemed_minor", line_redeemed);
        add_int(element, "net_minor", net);
        gross += run->lines[line].gross;
        discount += line_discount;
        redeemed += line_redeemed;
        total += net;
    }
    add_int(result, "gross_minor", gross);
    add_int(result, "discount_minor", discount);
    add_int(result, "redeemed_minor", redeemed);
    add_int(result, "total_minor", total);
}

static void points_write(const struct run *run, cJSON *result)
{
    const cJSON *currencies[CURRENCIES_MAX];
    cJSON *points = add_array(result, "points");

    for (int c = 0; c < currencies_by_id(run, currencies); c++) {
        const char *id = get_text(currencies[c], "id", "");
        int at = currency_place(run, id);
        cJSON *element, *by;

        if (!run->earned[at] && !run->paid[at] && !run->spent[at])
            continue;
        element = add_element(points);
        cJSON_AddStringToObject(element, "currency", id);
        add_int(element, "earned", run->earned[at]);
        add_int(element, "redeemed", run->paid[at]);
        add_int(element, "cost", run->spent[at]);
        by = add_array(element, "by");
        for (int p = 0; p < run->promotion_count; p++) {
            const struct promotion *promotion = &run->promotions[p];

            if (promotion->earned > 0 && promotion->reason == APPLIED &&
                strcmp(get_text(promotion->reward, "currency", ""), id) == 0) {
                cJSON *earned = add_element(by);

                cJSON_AddStringToObject(earned, "promotion", promotion->id);
                add_int(earned, "earned", promotion->earned);
            }
        }
    }
}

static void coupons_write(const struct run *run, cJSON *result)
{
    cJSON *coupons = add_array(result, "coupons");

    for (int i = 0; i < run->coupon_count; i++) {
        const struct coupon *coupon = &run->coupons[i];
        cJSON *element = add_element(coupons);

        cJSON_AddStringToObject(element, "code", coupon->code);
        cJSON_AddStringToObject(element, "state", coupon->state);
        if (coupon->reason)
            cJSON_AddStringToObject(element, "reason", coupon->reason);
        if (coupon->figure.name)
            add_int(element, coupon->figure.name, coupon->figure.value);
    }
}

static bool gift_to_fetch(const struct promotion *promotion)
{
    return promotion->kind == GIFT && promotion->gift_missing > 0 &&
           (promotion->reason == APPLIED || promotion->reason == R_NOTHING);
}

static void others_write(const struct run *run, cJSON *result)
{
    cJSON *gifts = add_array(result, "gifts"), *issued = add_array(result, "issued_coupons");
    cJSON *messages = add_array(result, "messages"), *hints = add_array(result, "hints"), *element;

    for (int p = 0; p < run->promotion_count; p++) {
        const struct promotion *promotion = &run->promotions[p];
        const cJSON *hint = get(promotion->json, "hint");

        if (gift_to_fetch(promotion)) {
            element = add_element(gifts);
            cJSON_AddStringToObject(element, "promotion", promotion->id);
            add_int(element, "missing_qty_milli", promotion->gift_missing * 1000);
        }
        if (hint && run->line_count > 0 && (promotion->reason == R_THRESHOLD || promotion->reason == R_NOTHING) &&
            promotion->figure_count == 1) {
            element = add_element(hints);
            cJSON_AddStringToObject(element, "promotion", promotion->id);
            add_int(element, promotion->figures[0].name, promotion->figures[0].value);
            cJSON_AddItemToObject(element, "text", cJSON_Duplicate(hint, true));
        }
        if (promotion->reason != APPLIED)
            continue;
        if (promotion->kind == MESSAGE) {
            element = add_element(messages);
            cJSON_AddStringToObject(element, "to", get_text(promotion->reward, "to", ""));
            cJSON_AddItemToObject(element, "text", cJSON_Duplicate(get(promotion->reward, "text"), true));
        } else if (promotion->kind == ISSUE_COUPON) {
            char until[16] = "";

            if (run->business_day >= 0)
                day_text(run->business_day + get_int(promotion->reward, "valid_days", 0), until);
            element = add_element(issued);
            cJSON_AddStringToObject(element, "promotion", promotion->id);
            cJSON_AddStringToObject(element, "series", get_text(promotion->reward, "series", ""));
            if (*until)
                cJSON_AddStringToObject(element, "valid_until", until);
            cJSON_AddBoolToObject(element, "print", get_bool(promotion->reward, "print", false));
        }
    }
}

static void trace_write(const struct run *run, cJSON *result)
{
    cJSON *trace = add_array(result, "trace");

    for (int p = 0; p < run->promotion_count && run->line_count > 0; p++) { /* of nothing, nothing is looked at */
        const struct promotion *promotion = &run->promotions[p];
        cJSON *element = add_element(trace);

        cJSON_AddStringToObject(element, "promotion", promotion->id);
        cJSON_AddStringToObject(element, "state", promotion->reason == APPLIED ? "applied" : "not_applied");
        if (promotion->reason == APPLIED)
            continue;
        cJSON_AddStringToObject(element, "reason", reason_names[promotion->reason]);
        if (promotion->figure_count > 0)
            add_int(element, promotion->figures[0].name, promotion->figures[0].value);
    }
}

/* What gave nothing, while another of its group did, lost to its group. */
static void groups_settle(struct run *run)
{
    for (int p = 0; p < run->promotion_count; p++) {
        struct promotion *promotion = &run->promotions[p];

        if (promotion->reason > R_GROUP && group_used(run, promotion)) {
            promotion->reason = R_GROUP;
            promotion->figure_count = 0;
        }
    }
}

cJSON *oracle_evaluate(const cJSON *bundle, const cJSON *sale)
{
    struct run *run = malloc(sizeof *run);
    cJSON *result = NULL, *of_bundle;

    run_read(run, bundle, sale);
    if (!run->gave_up)
        layers_apply(run);
    if (!run->gave_up) {
        redemption_apply(run);
        points_apply(run);
        groups_settle(run);
        coupons_settle(run);
        result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "sale_id", get_text(sale, "sale_id", ""));
        of_bundle = cJSON_AddObjectToObject(result, "bundle");
        cJSON_AddStringToObject(of_bundle, "id", get_text(bundle, "id", ""));
        add_int(of_bundle, "version", get_int(bundle, "version", 0));
        lines_write(run, result);
        points_write(run, result);
        coupons_write(run, result);
        others_write(run, result);
        trace_write(run, result);
        cJSON_AddBoolToObject(result, "optimal", true);
        add_int(result, "bound_minor", 0);
    }
    free(run);
    return result;
}
