/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that ends: each piece an evaluation or a return asks for is refused once, and the answer is a status, never
 * a wrong sum. Of an evaluation the scratch memory is bounded a little later each time, so that every piece is the
 * first that does not fit; of a bundle and of a return the Nth call of malloc fails, with as many lines and
 * currencies as it takes for every piece to be the first of a new chunk once.
 */
#include "agent/engine/engine.h"
#include "agent/engine/work.h"
#include "tests/support/wrapped_memory.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static long left = -1; /* calls until the one that fails; below zero: none does */
static size_t counted; /* smaller ones are not counted */
static bool failed;

static bool fails(size_t size)
{
    if (left < 0 || size < counted || left-- > 0)
        return false;
    failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(count * size) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails(size) ? NULL : __real_realloc(memory, size);
}

static void *hooked_malloc(size_t size)
{
    return __wrap_malloc(size);
}

/* What the library of the JSON trees asks for counts too. */
static void fail_call(long number, size_t least)
{
    cJSON_Hooks hooks = {hooked_malloc, free};

    cJSON_InitHooks(&hooks);
    left = number;
    counted = least;
    failed = false;
}

static void fail_none(void)
{
    left = -1;
    cJSON_InitHooks(NULL);
}

/* ---- an evaluation */

static const char bundle_text[] =
    "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\",\"layers\":["
    "{\"id\":\"best\",\"mode\":\"best\"},{\"id\":\"stack\",\"mode\":\"stack\"}],"
    "\"coupon_series\":[{\"id\":\"next\",\"kind\":\"generic\",\"codes\":[\"N\"]}],"
    "\"point_currencies\":[{\"id\":\"bonus\",\"value_minor\":1}],\"guards\":{\"max_sale_discount_bp\":4000},"
    "\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},\"max_share_bp\":5000}],\"promotions\":["
    "{\"id\":\"a\",\"layer\":\"best\",\"reward\":{\"kind\":\"nth_unit\",\"items\":{\"any\":true},\"every\":3,"
    "\"percent_bp\":3333}},"
    "{\"id\":\"b\",\"layer\":\"stack\",\"limits\":{\"per_sale\":7},\"reward\":{\"kind\":\"percent_off\",\"items\":"
    "{\"any\":true},\"percent_bp\":1111}},"
    "{\"id\":\"c\",\"layer\":\"stack\",\"reward\":{\"kind\":\"cheapest\",\"items\":{\"any\":true},\"count\":2,"
    "\"amount_minor\":7}},"
    "{\"id\":\"d\",\"layer\":\"stack\",\"reward\":{\"kind\":\"amount_off\",\"per\":\"basket\",\"items\":{\"any\":"
    "true},"
    "\"amount_minor\":1501}},"
    "{\"id\":\"e\",\"layer\":\"stack\",\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":"
    "7000}},"
    "{\"id\":\"p\",\"layer\":\"stack\",\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"any\":"
    "true},"
    "\"per_minor\":10,\"give\":1}},"
    "{\"id\":\"q\",\"layer\":\"stack\",\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"any\":"
    "true},"
    "\"multiplier_bp\":20000}},"
    "{\"id\":\"r\",\"layer\":\"stack\",\"reward\":{\"kind\":\"issue_coupon\",\"series\":\"next\",\"valid_days\":9}},"
    "{\"id\":\"s\",\"layer\":\"stack\",\"reward\":{\"kind\":\"message\",\"to\":\"cashier\",\"text\":\"hello\"}}]}";

enum { SALE_LINES = 24, SALE_STEP_BYTES = 16 };

static struct bundle *make_bundle(void)
{
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = NULL;

    cr_assert_eq(bundle_compile(bundle_text, strlen(bundle_text), &bundle, NULL, &err), ST_OK, "%s", err.text);
    return bundle;
}

static struct engine_sale *make_sale(void)
{
    struct strbuf text = STRBUF_INIT(1 << 16);
    struct engine_sale *sale = NULL;
    struct engine_fault fault;

    strbuf_puts(&text, "{\"member\":{\"id\":\"m\",\"balances\":{\"bonus\":900}},\"redeem\":{\"bonus\":555},"
                       "\"business_date\":\"2026-11-22\",\"lines\":[");
    for (int l = 0; l < SALE_LINES; l++)
        strbuf_printf(&text, "%s{\"line\":%d,\"sku\":\"S%02d\",\"qty_milli\":%d,\"amount_minor\":%d}", l ? "," : "",
                      l, l, 1000 * (1 + l % 8), 100 * (1 + l % 8) + l);
    strbuf_puts(&text, "]}");
    cr_assert_eq(engine_sale_parse(strbuf_text(&text), text.len, &sale, &fault), ST_OK, "%s", fault.message);
    strbuf_free(&text);
    return sale;
}

Test(memory, a_bundle_without_memory_says_so)
{
    struct bundle *bundle = NULL;
    enum status st = ST_NOMEM;
    long number;

    for (number = 0; st != ST_OK; number++) {
        struct errmsg err = ERRMSG_INIT;

        fail_call(number, 0);
        st = bundle_compile(bundle_text, strlen(bundle_text), &bundle, NULL, &err);
        fail_none();
        cr_assert_eq(st, failed ? ST_NOMEM : ST_OK, "call %ld: %s: %s", number, status_text(st), err.text);
        cr_assert(st == ST_OK || err.text[0] != '\0', "call %ld", number);
    }
    cr_expect_gt(number, 5, "only %ld calls failed", number - 1);
    bundle_destroy(bundle);
}

/* One evaluation from nothing. */
static enum status evaluate(const struct bundle *bundle, const struct engine_sale *sale, size_t bytes_max,
                            char digest[static 80], struct errmsg *err)
{
    const struct engine_result *result;
    struct engine *engine = NULL;
    enum status st;

    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    engine->arena.bytes_max = bytes_max ? bytes_max : engine->arena.bytes_max;
    st = engine_evaluate(engine, bundle, sale, NULL, &result, err);
    if (st == ST_OK) {
        cr_assert(result->redeemed_minor > 0 && result->optimal);
        strncpy(digest, result->digest, 79);
    }
    engine_destroy(engine);
    return st;
}

Test(memory, an_evaluation_that_reaches_its_bound_says_so)
{
    struct engine_sale *sale = make_sale();
    struct bundle *bundle = make_bundle();
    char wanted[80] = "", digest[80] = "";
    enum status st = ST_FULL;
    size_t bytes = SALE_STEP_BYTES;

    cr_assert_eq(evaluate(bundle, sale, 0, wanted, NULL), ST_OK);
    for (; st != ST_OK; bytes += SALE_STEP_BYTES) {
        struct errmsg err = ERRMSG_INIT;

        st = evaluate(bundle, sale, bytes, digest, &err);
        cr_assert(st == ST_OK || (st == ST_FULL && strstr(err.text, "needs more than")), "%zu bytes: %d %s", bytes,
                  (int)st, err.text);
    }
    cr_assert_str_eq(digest, wanted);
    cr_assert_gt(bytes, (size_t)4096);
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
}

Test(memory, an_evaluation_without_memory_says_so)
{
    struct engine_sale *sale = make_sale();
    struct bundle *bundle = make_bundle();
    char digest[80] = "";
    enum status st = ST_NOMEM;

    for (long call = 1; st != ST_OK; call++) { /* the first call makes the engine */
        struct errmsg err = ERRMSG_INIT;

        fail_call(call, 0);
        st = evaluate(bundle, sale, 0, digest, &err);
        cr_assert_eq(st, failed ? ST_NOMEM : ST_OK, "call %ld", call);
        fail_none();
    }
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
}

/* ---- a return */

struct form {
    int lines, currencies;
    bool earlier; /* one went before and gave back nearly all, so that shares are spread anew */
    const char *policy;
};

static void write_return(const struct form *form, struct strbuf *out)
{
    strbuf_printf(out, "{\"return_id\":\"r\",\"policy\":\"%s\",\"sale\":{\"member\":{\"id\":\"m\"},\"lines\":[",
                  form->policy);
    for (int l = 0; l < form->lines; l++)
        strbuf_printf(out, "%s{\"line\":%d,\"sku\":\"S\",\"qty_milli\":3000,\"unit_price_minor\":10}", l ? "," : "",
                      l);
    strbuf_puts(out, "]},\"result\":{\"bundle\":{\"version\":1},\"lines\":[");
    for (int l = 0; l < form->lines; l++)
        strbuf_printf(out,
                      "%s{\"line\":%d,\"gross_minor\":30,\"discount_minor\":0,\"redeemed_minor\":1,\"net_minor\":29,"
                      "\"redeemed\":[{\"currency\":\"c0\",\"amount_minor\":1}]}",
                      l ? "," : "", l);
    strbuf_puts(out, "],\"points\":[");
    for (int c = 0; c < form->currencies; c++)
        strbuf_printf(out, "%s{\"currency\":\"c%d\",\"earned\":7,\"redeemed\":9}", c ? "," : "", c);
    strbuf_puts(out, "]}");
    if (form->earlier)
        strbuf_printf(out, ",\"earlier\":[{\"lines\":[{\"line\":0,\"qty_milli\":1000,\"refund_minor\":%d}]}]",
                      form->lines * 29 - 5);
    strbuf_puts(out, ",\"lines\":[");
    for (int l = 0; l < form->lines; l++)
        strbuf_printf(out, "%s{\"line\":%d,\"qty_milli\":1000}", l ? "," : "", l);
    strbuf_puts(out, "]}");
}

/* Every call of at least so many bytes fails once; then it comes out. */
static void refuse_each(const struct bundle *bundle, const struct form *form, size_t least)
{
    struct strbuf text = STRBUF_INIT(1 << 20);
    enum status st = ST_NOMEM;

    write_return(form, &text);
    for (long call = 0; st != ST_OK; call++) {
        struct strbuf out = STRBUF_INIT(1 << 20);
        struct errmsg err = ERRMSG_INIT;
        struct engine *engine = NULL;
        struct engine_fault fault;

        cr_assert_eq(engine_create(&engine, NULL), ST_OK);
        fail_call(call, least);
        st = engine_refund(engine, bundle, strbuf_text(&text), text.len, &out, &fault, &err);
        fail_none();
        cr_assert_eq(st, failed ? ST_NOMEM : ST_OK, "%d lines, %d currencies, %s, call %ld: %d", form->lines,
                     form->currencies, form->policy, call, (int)st);
        engine_destroy(engine);
        strbuf_free(&out);
    }
    strbuf_free(&text);
}

Test(memory, a_return_says_so_whatever_is_refused)
{
    struct bundle *bundle = make_bundle();
    const struct form forms[] = {{3, 2, false, "as_paid"}, {3, 2, true, "recompute"}};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        refuse_each(bundle, &forms[i], 0);
    bundle_destroy(bundle);
}

Test(memory, a_return_says_so_wherever_a_chunk_ends)
{
    static const int currencies[] = {0, 1, 9, 40};
    struct bundle *bundle = make_bundle();

    for (int lines = 1; lines <= 50; lines++) {
        for (size_t c = 0; c < sizeof currencies / sizeof currencies[0]; c++) {
            refuse_each(bundle, &(struct form){lines, currencies[c], true, "as_paid"}, 4096);
            refuse_each(bundle, &(struct form){lines, currencies[c], false, "recompute"}, 4096);
        }
        refuse_each(bundle, &(struct form){lines, 1, true, "recompute"}, 4096);
    }
    bundle_destroy(bundle);
}
