/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/reach.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct reach nowhere;
struct reach *oracle_reach = &nowhere;

static const char *const special_names[SPECIALS] = {
    "cap shrank",   "guard shrank",   "limit chose",        "share stopped at room", "pool formed",
    "partial set",  "sets limited",   "best by a tie",      "best of several",       "final kept out",
    "counted once", "taken in first", "bought units reused"};
static const char *const coupon_names[8] = {"coupon applied",   "coupon unknown",     "coupon not_yet",
                                            "coupon expired",   "coupon used",        "not_needed",
                                            "coupon threshold", "coupon other reason"};

void reach_note(enum special special)
{
    oracle_reach->special[special]++;
}

static int coupon_place(const char *state, const char *reason)
{
    static const char *const reasons[] = {"unknown", "not_yet", "expired", "used", "not_needed", "threshold"};

    if (strcmp(state, "applied") == 0)
        return 0;
    for (int i = 0; i < 6; i++) {
        if (strcmp(reasons[i], reason) == 0)
            return i + 1;
    }
    return 7;
}

static enum mode mode_of(const cJSON *bundle, const char *layer)
{
    const cJSON *element;

    cJSON_ArrayForEach(element, get(bundle, "layers"))
    {
        const char *mode = get_text(element, "mode", "");

        if (strcmp(get_text(element, "id", ""), layer) == 0)
            return strcmp(mode, "best") == 0 ? MODE_BEST : strcmp(mode, "first") == 0 ? MODE_FIRST : MODE_STACK;
    }
    return MODE_BEST;
}

static void count_applied(struct reach *reach, const cJSON *bundle, const char *id)
{
    const cJSON *promotion;

    cJSON_ArrayForEach(promotion, get(bundle, "promotions"))
    {
        for (int kind = 0; kind < KINDS; kind++) {
            if (strcmp(get_text(promotion, "id", ""), id) == 0 &&
                strcmp(get_text(get(promotion, "reward"), "kind", ""), kind_names[kind]) == 0)
                reach->applied[kind][mode_of(bundle, get_text(promotion, "layer", ""))]++;
        }
    }
}

void reach_count(struct reach *reach, const cJSON *trial, const cJSON *result)
{
    const cJSON *element;

    cJSON_ArrayForEach(element, get(result, "trace"))
    {
        const char *reason = get_text(element, "reason", "applied");

        for (int r = 0; r < REASONS; r++)
            reach->reasons[r] += strcmp(reason, reason_names[r]) == 0;
        if (strcmp(reason, "applied") == 0)
            count_applied(reach, get(trial, "bundle"), get_text(element, "promotion", ""));
    }
    cJSON_ArrayForEach(element, get(result, "coupons"))
    {
        reach->coupons[coupon_place(get_text(element, "state", ""), get_text(element, "reason", ""))]++;
    }
    cJSON_ArrayForEach(element, get(result, "points"))
    {
        reach->redeemed += get_int(element, "redeemed", 0) > 0;
        reach->costs += get_int(element, "cost", 0) > 0;
    }
    cJSON_ArrayForEach(element, get(result, "refunds"))
    {
        reach->refunds++;
        reach->released += cJSON_GetArraySize(get(element, "coupons_released")) > 0;
    }
    cJSON_ArrayForEach(element, get(trial, "returns"))
    {
        reach->recomputed += get(element, "policy") != NULL;
    }
    cJSON_ArrayForEach(element, get(get(trial, "sale"), "lines"))
    {
        reach->weighed += get(element, "sold_by") != NULL;
    }
    reach->gifts += cJSON_GetArraySize(get(result, "gifts")) > 0;
    reach->issued += cJSON_GetArraySize(get(result, "issued_coupons")) > 0;
    reach->messages += cJSON_GetArraySize(get(result, "messages")) > 0;
    reach->hints += cJSON_GetArraySize(get(result, "hints")) > 0;
}

void reach_add(struct reach *sum, const struct reach *more)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)more;

    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++) /* nothing but counters */
        to[i] += from[i];
}

static int line_print(const char *name, uint64_t count)
{
    printf("%-32s %10" PRIu64 "%s\n", name, count, count ? "" : "  NEVER");
    return count == 0;
}

int reach_print(const struct reach *reach)
{
    static const char *const modes[] = {"best", "first", "stack"};
    const uint64_t others[] = {reach->redeemed, reach->costs,   reach->gifts,   reach->issued,     reach->messages,
                               reach->hints,    reach->weighed, reach->refunds, reach->recomputed, reach->released};
    static const char *const other_names[] = {"paid with points",  "reward bought",  "gift to fetch", "coupon issued",
                                              "message",           "hint",           "weighed line",  "return",
                                              "return recomputed", "coupon released"};
    int missing = 0;
    char name[64];

    for (int kind = 0; kind < KINDS; kind++) {
        for (int mode = 0; mode < 3; mode++) {
            (void)snprintf(name, sizeof name, "%s in %s", kind_names[kind], modes[mode]);
            missing += line_print(name, reach->applied[kind][mode]);
        }
    }
    for (int reason = 0; reason < REASONS; reason++)
        missing += line_print(reason_names[reason], reach->reasons[reason]);
    for (int i = 0; i < 8; i++)
        missing += line_print(coupon_names[i], reach->coupons[i]);
    for (int special = 0; special < SPECIALS; special++)
        missing += line_print(special_names[special], reach->special[special]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        missing += line_print(other_names[i], others[i]);
    return missing;
}
