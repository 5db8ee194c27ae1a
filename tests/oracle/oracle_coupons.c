/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/oracle.h"

#include <string.h>

/* Lower case, without spaces and hyphens. */
static void plain_code(const char *code, char out[CODE_BYTES])
{
    size_t len = 0;

    for (; *code && len + 1 < CODE_BYTES; code++) {
        if (*code != ' ' && *code != '-')
            out[len++] = (char)(*code >= 'A' && *code <= 'Z' ? *code - 'A' + 'a' : *code);
    }
    out[len] = '\0';
}

static const cJSON *series_of(const struct run *run, const char *plain)
{
    const cJSON *series, *code;
    char other[CODE_BYTES];

    cJSON_ArrayForEach(series, get(run->bundle, "coupon_series"))
    {
        cJSON_ArrayForEach(code, get(series, "codes"))
        {
            plain_code(code->valuestring, other);
            if (strcmp(other, plain) == 0)
                return series;
        }
    }
    return NULL;
}

static bool is_used(const struct run *run, const struct coupon *coupon)
{
    char name[CODE_BYTES + 8] = "coupon:";

    strncat(name, coupon->plain, CODE_BYTES - 1);
    return get_bool(coupon->series, "single_use", false) && get_int(get(run->sale, "usage"), name, 0) > 0;
}

static const char *refusal(const struct run *run, const struct coupon *coupon)
{
    const char *from = get_text(coupon->series, "from", NULL), *until = get_text(coupon->series, "until", NULL);

    if (!coupon->series)
        return "unknown";
    if (from && (run->at_seconds < 0 || run->at_seconds < moment_of(from, NULL)))
        return "not_yet";
    if (until && (run->at_seconds < 0 || run->at_seconds >= moment_of(until, NULL)))
        return "expired";
    return is_used(run, coupon) ? "used" : NULL;
}

void coupons_read(struct run *run)
{
    const cJSON *code;

    cJSON_ArrayForEach(code, get(run->sale, "coupons"))
    {
        struct coupon *coupon = &run->coupons[run->coupon_count];
        bool again = false;

        if (run->coupon_count == COUPONS_MAX) {
            run->gave_up = true;
            return;
        }
        memset(coupon, 0, sizeof *coupon);
        coupon->code = code->valuestring;
        plain_code(coupon->code, coupon->plain);
        for (int i = 0; i < run->coupon_count; i++)
            again = again || strcmp(run->coupons[i].plain, coupon->plain) == 0;
        if (again)
            continue;
        coupon->series = series_of(run, coupon->plain);
        coupon->reason = refusal(run, coupon);
        coupon->state = coupon->reason ? "rejected" : NULL;
        run->coupon_count++;
    }
}

/* The promotion of the series that applied, else the first one. */
static const struct promotion *served_by(const struct run *run, const char *series)
{
    const struct promotion *first = NULL;

    for (int i = 0; i < run->promotion_count; i++) {
        const struct promotion *promotion = &run->promotions[i];
        const char *wanted = get_text(get(promotion->json, "when"), "coupon", NULL);

        if (!wanted || strcmp(wanted, series) != 0)
            continue;
        if (promotion->reason == APPLIED)
            return promotion;
        first = first ? first : promotion;
    }
    return first;
}

void coupons_settle(struct run *run)
{
    for (int i = 0; i < run->coupon_count; i++) {
        struct coupon *coupon = &run->coupons[i];
        const struct promotion *promotion;

        if (coupon->state)
            continue;
        promotion = served_by(run, get_text(coupon->series, "id", ""));
        coupon->state = "not_applied";
        coupon->reason = promotion ? reason_names[promotion->reason] : "nothing";
        if (promotion && promotion->reason == APPLIED) {
            coupon->state = "applied";
            coupon->reason = NULL;
        } else if (promotion && promotion->figure_count > 0) {
            coupon->figure = promotion->figures[0];
        }
        for (int k = 0; k < i; k++) {
            if (run->coupons[k].series == coupon->series && strcmp(run->coupons[k].state, "rejected") != 0) {
                coupon->state = "not_applied";
                coupon->reason = "not_needed";
                coupon->figure.name = NULL;
            }
        }
    }
}
