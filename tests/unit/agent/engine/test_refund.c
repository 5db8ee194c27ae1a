/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of partial returns adds up: to what was paid, to the points that were earned, spent and paid as cost;
 * line by line when all are as paid, in sum whatever the policies. LOYALD_SEED=n repeats a run, LOYALD_CASES=n makes
 * it longer.
 */
#include "agent/engine/engine.h"
#include "tests/support/dice.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 4, RETURNS_MAX = 60 };

static struct dice dice;

static int below(int n)
{
    return (int)dice_below(&dice, n);
}

static const char *const bundle_text =
    "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\","
    "\"layers\":[{\"id\":\"l\",\"mode\":\"best\"},{\"id\":\"s\",\"mode\":\"stack\"}],"
    "\"point_currencies\":[{\"id\":\"bonus\",\"digits\":2,\"value_minor\":100},{\"id\":\"stamps\"}],"
    "\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},\"max_share_bp\":7000}],\"promotions\":["
    "{\"id\":\"three\",\"layer\":\"l\",\"reward\":{\"kind\":\"mix\",\"parts\":[{\"items\":{\"any\":true},\"qty\":3}],"
    "\"percent_bp\":3333}},"
    "{\"id\":\"second\",\"layer\":\"l\",\"reward\":{\"kind\":\"nth_unit\",\"items\":{\"skus\":[\"S0\",\"S1\"]},"
    "\"every\":2,\"percent_bp\":5000}},"
    "{\"id\":\"bought\",\"layer\":\"s\",\"cost\":{\"currency\":\"bonus\",\"points\":777},\"reward\":{\"kind\":"
    "\"amount_off\",\"per\":\"basket\",\"items\":{\"any\":true},\"amount_minor\":101}},"
    "{\"id\":\"free\",\"layer\":\"s\",\"reward\":{\"kind\":\"percent_off\",\"items\":{\"skus\":[\"S3\"]},"
    "\"percent_bp\":10000}},"
    "{\"id\":\"earn\",\"layer\":\"s\",\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"any\":true}"
    ","
    "\"per_minor\":7,\"give\":3}},"
    "{\"id\":\"stamp\",\"layer\":\"s\",\"reward\":{\"kind\":\"points\",\"currency\":\"stamps\",\"items\":{\"any\":"
    "true},"
    "\"give_per_unit\":1}}]}";

struct world {
    cJSON *sale, *result, *earlier;
    int64_t left[LINES]; /* quantity that is not back yet */
    bool weight[LINES];
    int lines;
};

static int64_t number(const cJSON *object, const char *name)
{
    return (int64_t)cJSON_GetObjectItemCaseSensitive(object, name)->valuedouble;
}

static cJSON *make_sale(struct world *w)
{
    cJSON *sale = cJSON_CreateObject(), *lines = cJSON_AddArrayToObject(sale, "lines"), *member, *balances, *redeem;

    w->lines = 1 + below(LINES);
    for (int l = 0; l < w->lines; l++) {
        cJSON *line = cJSON_CreateObject();
        char sku[8];

        w->weight[l] = below(4) == 0;
        w->left[l] = w->weight[l] ? 1 + below(3000) : 1000 * (1 + below(6));
        (void)snprintf(sku, sizeof sku, "S%d", l);
        cJSON_AddNumberToObject(line, "line", l + 1);
        cJSON_AddStringToObject(line, "sku", sku);
        cJSON_AddStringToObject(line, "sold_by", w->weight[l] ? "weight" : "each");
        cJSON_AddNumberToObject(line, "qty_milli", (double)w->left[l]);
        cJSON_AddNumberToObject(line, "unit_price_minor", below(5) ? below(2000) : below(4));
        cJSON_AddItemToArray(lines, line);
    }
    member = cJSON_AddObjectToObject(sale, "member");
    cJSON_AddStringToObject(member, "id", "M");
    balances = cJSON_AddObjectToObject(member, "balances");
    cJSON_AddNumberToObject(balances, "bonus", below(6000));
    redeem = cJSON_AddObjectToObject(sale, "redeem");
    cJSON_AddNumberToObject(redeem, "bonus", below(6000));
    if (below(2))
        cJSON_AddItemToArray(cJSON_AddArrayToObject(sale, "rewards"), cJSON_CreateString("bought"));
    return sale;
}

static cJSON *evaluate(struct engine *engine, const struct bundle *bundle, const cJSON *sale_json)
{
    char *text = cJSON_PrintUnformatted(sale_json);
    struct strbuf out = STRBUF_INIT(1 << 20);
    const struct engine_result *result;
    struct engine_fault fault;
    struct engine_sale *sale;
    cJSON *json;

    cr_assert_eq(engine_sale_parse(text, strlen(text), &sale, &fault), ST_OK, "%s: %s", fault.message, text);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
    engine_result_write(result, false, &out);
    json = cJSON_Parse(strbuf_text(&out));
    engine_sale_destroy(sale);
    strbuf_free(&out);
    free(text);
    return json;
}

/* Some of what is left; everything when last. */
static cJSON *make_return(struct world *w, int return_number, const char *policy, bool last)
{
    cJSON *request = cJSON_CreateObject(), *lines = cJSON_AddArrayToObject(request, "lines");
    char id[16];

    (void)snprintf(id, sizeof id, "R%d", return_number);
    cJSON_AddStringToObject(request, "return_id", id);
    cJSON_AddStringToObject(request, "policy", policy);
    for (int l = 0; l < w->lines; l++) {
        int64_t most = w->weight[l] ? w->left[l] : w->left[l] / 1000, qty;
        cJSON *line;

        if (most == 0 || (!last && below(2)))
            continue;
        qty = last ? most : 1 + below((int)most);
        qty = w->weight[l] ? qty : qty * 1000;
        w->left[l] -= qty;
        line = cJSON_CreateObject();
        cJSON_AddNumberToObject(line, "line", l + 1);
        cJSON_AddNumberToObject(line, "qty_milli", (double)qty);
        cJSON_AddItemToArray(lines, line);
    }
    cJSON_AddItemReferenceToObject(request, "sale", w->sale);
    cJSON_AddItemReferenceToObject(request, "result", w->result);
    cJSON_AddItemReferenceToObject(request, "earlier", w->earlier);
    return request;
}

static bool some_left(const struct world *w)
{
    for (int l = 0; l < w->lines; l++) {
        if (w->left[l] > 0)
            return true;
    }
    return false;
}

static void refund(struct world *w, struct engine *engine, const struct bundle *bundle, cJSON *request)
{
    char *text = cJSON_PrintUnformatted(request);
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct engine_fault fault = {0};

    if (cJSON_GetArraySize(cJSON_GetObjectItem(request, "lines")) > 0) {
        cr_assert_eq(engine_refund(engine, bundle, text, strlen(text), &out, &fault, NULL), ST_OK, "%s %s\n%s",
                     fault.at, fault.message, text);
        cJSON_AddItemToArray(w->earlier, cJSON_Parse(strbuf_text(&out)));
    }
    strbuf_free(&out);
    free(text);
    cJSON_Delete(request);
}

/* Of one line (or all: 0) what the returns gave back. */
static int64_t refunded(const struct world *w, int line)
{
    const cJSON *one, *part;
    int64_t sum = 0;

    cJSON_ArrayForEach(one, w->earlier)
    {
        int64_t parts = 0;

        cJSON_ArrayForEach(part, cJSON_GetObjectItem(one, "lines"))
        {
            parts += number(part, "refund_minor");
            sum += line == 0 || number(part, "line") == line ? number(part, "refund_minor") : 0;
        }
        cr_assert_eq(parts, number(one, "refund_minor"));
    }
    return sum;
}

static int64_t points_back(const struct world *w, const char *currency, const char *name)
{
    const cJSON *one, *part;
    int64_t sum = 0;

    cJSON_ArrayForEach(one, w->earlier)
    {
        cJSON_ArrayForEach(part, cJSON_GetObjectItem(one, "points"))
        {
            cr_assert_geq(number(part, name), 0);
            if (strcmp(cJSON_GetObjectItem(part, "currency")->valuestring, currency) == 0)
                sum += number(part, name);
        }
    }
    return sum;
}

static void check(const struct world *w, bool all, bool by_line, long number_of_case)
{
    const cJSON *line, *points;
    int64_t total = number(w->result, "total_minor");

    cr_assert_leq(refunded(w, 0), total, "case %ld", number_of_case);
    cr_assert(!all || refunded(w, 0) == total, "case %ld: %" PRId64 " of %" PRId64, number_of_case, refunded(w, 0),
              total);
    cJSON_ArrayForEach(line, cJSON_GetObjectItem(w->result, "lines"))
    {
        int64_t back = refunded(w, (int)number(line, "line")), net = number(line, "net_minor");

        cr_assert(!by_line || (all ? back == net : back <= net), "case %ld", number_of_case);
    }
    cJSON_ArrayForEach(points, cJSON_GetObjectItem(w->result, "points"))
    {
        const char *currency = cJSON_GetObjectItem(points, "currency")->valuestring;
        int64_t taken = points_back(w, currency, "taken_back"), given = points_back(w, currency, "given_back");
        int64_t spent = number(points, "redeemed") + number(points, "cost");

        cr_assert(taken <= number(points, "earned") && given <= spent, "case %ld", number_of_case);
        cr_assert(!all || (taken == number(points, "earned") && given == spent),
                  "case %ld: %s: %" PRId64 " taken, %" PRId64 " given", number_of_case, currency, taken, given);
    }
}

static void run_case(struct engine *engine, const struct bundle *bundle, bool mixed, long number_of_case)
{
    struct world w = {0};

    w.sale = make_sale(&w);
    w.result = evaluate(engine, bundle, w.sale);
    w.earlier = cJSON_CreateArray();
    for (int i = 0; some_left(&w); i++) {
        const char *policy = mixed && below(2) ? "recompute" : "as_paid";

        refund(&w, engine, bundle, make_return(&w, i, policy, i == RETURNS_MAX));
        check(&w, false, !mixed, number_of_case);
    }
    check(&w, true, !mixed, number_of_case);
    cJSON_Delete(w.sale);
    cJSON_Delete(w.result);
    cJSON_Delete(w.earlier);
}

static void run_cases(bool mixed, long count_default)
{
    long count = dice_cases(count_default);
    struct bundle *bundle;
    struct engine *engine;
    struct errmsg err = ERRMSG_INIT;

    dice = dice_of_environment();
    cr_assert_eq(bundle_compile(bundle_text, strlen(bundle_text), &bundle, NULL, &err), ST_OK, "%s", err.text);
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (long i = 0; i < count; i++)
        run_case(engine, bundle, mixed, i);
    engine_destroy(engine);
    bundle_destroy(bundle);
}

Test(refund, partial_returns_add_up_line_by_line)
{
    run_cases(false, 1000);
}

/* The last return by recompute or as paid brings the rest, whatever went before. */
Test(refund, policies_mixed_add_up_in_sum)
{
    run_cases(true, 500);
}
