/* SPDX-License-Identifier: Apache-2.0 */
/* Returns that are refused and too long, too odd or too much without a bundle to stand among the text cases. */
#include "agent/engine/engine.h"

#include <criterion/criterion.h>
#include <string.h>

#define SALE "\"sale\":{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":100}]},"
#define RESULT                                                                                                       \
    "\"result\":{\"bundle\":{\"version\":1},\"lines\":[{\"line\":1,\"gross_minor\":100,\"discount_minor\":0,"        \
    "\"redeemed_minor\":0,\"net_minor\":100}]},"
#define LINES "\"lines\":[{\"line\":1,\"qty_milli\":1000}]"

static void expect_refused(struct engine *engine, const char *text, size_t len, const char *code, const char *at,
                           const char *words)
{
    struct strbuf out = STRBUF_INIT(1 << 16);
    struct engine_fault fault = {0};

    cr_expect_eq(engine_refund(engine, NULL, text, len, &out, &fault, NULL), ST_INVALID, "%.60s", text);
    cr_expect_str_eq(fault.code, code, "%.60s: %s", text, fault.code);
    cr_expect_str_eq(fault.at, at, "%.60s: %s", text, fault.at);
    cr_expect(strstr(fault.message, words), "%.60s: %s", text, fault.message);
    cr_expect_eq(out.len, 0);
    strbuf_free(&out);
}

Test(returns, what_is_no_object_is_refused)
{
    static const char *const texts[] = {"5", "[]", "null", "\"return\""};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_refused(NULL, texts[i], strlen(texts[i]), "schema", "", "wants an object");
    expect_refused(NULL, "{\"lines\":", 9, "json", "", "");
}

Test(returns, recompute_wants_an_engine_and_a_bundle)
{
    static const char text[] = "{\"policy\":\"recompute\"," SALE RESULT LINES "}";
    struct engine *engine = NULL;

    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    expect_refused(NULL, text, strlen(text), "bundle", "/result/bundle", "wants the bundle of the sale");
    expect_refused(engine, text, strlen(text), "bundle", "/result/bundle", "wants the bundle of the sale");
    engine_destroy(engine);
}

/* {…,"NAME":[ELEMENT × COUNT]} */
static void repeat(struct strbuf *out, const char *before, const char *name, const char *element, int count,
                   const char *after)
{
    strbuf_printf(out, "{%s\"%s\":[", before, name);
    for (int i = 0; i < count; i++)
        strbuf_printf(out, "%s%s", i ? "," : "", element);
    strbuf_printf(out, "]%s}", after);
}

Test(returns, lists_that_are_too_long_are_refused)
{
    struct strbuf text = STRBUF_INIT(1 << 20);

    repeat(&text, SALE RESULT, "earlier", "{}", 10001, "," LINES);
    expect_refused(NULL, strbuf_text(&text), text.len, "range", "/earlier", "more than 10000");
    strbuf_clear(&text);
    repeat(&text, "\"policy\":\"unreferenced\",", "lines", "{\"line\":1,\"qty_milli\":1000,\"unit_price_minor\":1}",
           1001, "");
    expect_refused(NULL, strbuf_text(&text), text.len, "range", "/lines", "more than 1000");
    strbuf_free(&text);
}
