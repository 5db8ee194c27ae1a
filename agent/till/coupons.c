/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/coupons.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <string.h>

/* What the rules do not take it for. */
static enum problem rejected(const char *reason)
{
    static const struct {
        const char *reason;
        enum problem problem;
    } said[] = {{"unknown", PROBLEM_COUPON_UNKNOWN},
                {"used", PROBLEM_COUPON_USED},
                {"expired", PROBLEM_COUPON_EXPIRED},
                {"not_yet", PROBLEM_COUPON_NOT_YET}};

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (strcmp(reason, said[i].reason) == 0)
            return said[i].problem;
    }
    return PROBLEM_COUPON_REFUSED;
}

/* As the sale's result has it. */
static enum problem judged(const struct sale *sale, const char *code)
{
    const struct evaluation *worked = &sale->evaluation;
    struct cJSON *tree = NULL;
    const cJSON *item;
    enum problem problem = PROBLEM_COUPON_REFUSED;

    if (json_parse(worked->result_json.data, worked->result_json.len, RECORD_BYTES_MAX, &tree, NULL) != ST_OK)
        return problem;
    cJSON_ArrayForEach(item, tree_child(tree, "coupons"))
    {
        const char *state = tree_text(item, "state");

        if (strcmp(tree_text(item, "code"), code) != 0)
            continue;
        problem = strcmp(state, "applied") == 0    ? PROBLEM_COUPON_ADDED
                  : strcmp(state, "rejected") == 0 ? rejected(tree_text(item, "reason"))
                                                   : PROBLEM_COUPON_WAITS;
    }
    json_free(tree);
    return problem;
}

/* The open sale it can go to, or why there is none. */
static enum problem find_sale(const struct till *till, const char *code, struct sale **out_sale)
{
    struct sale *sale = till->current;

    if (!sale || !sale_is_open(sale) || !sale->basket.lines)
        return PROBLEM_COUPON_NO_SALE;
    if (sale->state == SALE_TENDERING)
        return PROBLEM_SALE_TENDERING;
    *out_sale = sale;
    return basket_has_coupon(&sale->basket, code) ? PROBLEM_COUPON_SAME : PROBLEM_NONE;
}

enum problem coupon_show(struct till *till, const char *code, bool keyed)
{
    struct sale *sale;
    enum problem problem = find_sale(till, code, &sale);

    if (problem != PROBLEM_NONE)
        return problem;
    if (basket_add_scanned(&sale->basket, code) != ST_OK)
        return PROBLEM_COUPON_REFUSED;
    problem = till_evaluate(till, sale, NULL) == PROBLEM_NONE ? judged(sale, code) : PROBLEM_COUPON_REFUSED;
    if (problem != PROBLEM_COUPON_ADDED && problem != PROBLEM_COUPON_WAITS) {
        basket_drop_scanned(&sale->basket, code);
        (void)till_evaluate(till, sale, NULL);
        return problem;
    }
    sale->touched_mono_ms = clock_mono_ms(till->options.clock);
    if (keyed)
        till_note_keyed(till, sale, "coupon", code);
    return problem;
}
