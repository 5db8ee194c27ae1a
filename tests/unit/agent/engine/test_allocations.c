/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After the first evaluations none allocates: the scratch memory of one is that of the next. Counted at the C
 * library's door (--wrap), so that nothing slips past the arena.
 */
#include "agent/engine/engine.h"
#include "tests/support/wrapped_memory.h"

#include <criterion/criterion.h>
#include <string.h>

static long calls;

void *__wrap_malloc(size_t size)
{
    calls++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    calls++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    calls++;
    return __real_realloc(memory, size);
}

enum { SALES = 6, LINES_MAX = 60, PROMOTIONS = 400 };

static void reward(struct strbuf *out, int number)
{
    static const char *const kinds[] = {
        "\"kind\":\"percent_off\",\"percent_bp\":1500,",
        "\"kind\":\"nth_unit\",\"every\":3,\"reuse_buys\":true,\"percent_bp\":5000,",
        "\"kind\":\"cheapest\",\"count\":1,\"amount_minor\":120,",
    };

    if (number % 4 < 3)
        strbuf_printf(out, "{%s\"items\":{\"categories\":[\"c%d\"]}}", kinds[number % 4], number % 37);
    else
        strbuf_printf(
            out,
            "{\"kind\":\"mix\",\"amount_minor\":%d,\"parts\":[{\"qty\":2,\"items\":{\"categories\":[\"c%d\"]}}]}",
            100 + number, number % 37);
}

static struct bundle *make_bundle(void)
{
    struct strbuf text = STRBUF_INIT(1 << 20);
    struct bundle *bundle = NULL;
    struct errmsg err = ERRMSG_INIT;

    strbuf_puts(&text, "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\","
                       "\"search_nodes\":500,\"point_currencies\":[{\"id\":\"p\",\"digits\":0,\"value_minor\":1}],"
                       "\"redemption\":[{\"currency\":\"p\",\"items\":{\"any\":true}}],\"layers\":["
                       "{\"id\":\"a\",\"mode\":\"best\"},{\"id\":\"b\",\"mode\":\"first\"},"
                       "{\"id\":\"c\",\"mode\":\"stack\"}],\"promotions\":[");
    for (int i = 0; i < PROMOTIONS; i++) {
        strbuf_printf(&text, "%s{\"id\":\"p%d\",\"layer\":\"%c\",\"hint\":\"more\",\"reward\":", i ? "," : "", i,
                      "abc"[i / 4 % 3]);
        reward(&text, i);
        strbuf_puts(&text, "}");
    }
    strbuf_puts(&text, ",{\"id\":\"q\",\"layer\":\"c\",\"reward\":{\"kind\":\"points\",\"currency\":\"p\","
                       "\"per_minor\":100,\"give\":1,\"items\":{\"any\":true}}}]}");
    cr_assert_eq(bundle_compile(strbuf_text(&text), text.len, &bundle, NULL, &err), ST_OK, "%s", err.text);
    strbuf_free(&text);
    return bundle;
}

static struct engine_sale *make_sale(int number)
{
    struct strbuf text = STRBUF_INIT(1 << 20);
    struct engine_sale *sale = NULL;
    struct engine_fault fault;

    strbuf_puts(&text, "{\"member\":{\"id\":\"m\",\"balances\":{\"p\":900}},\"redeem\":{\"p\":\"max\"},\"lines\":[");
    for (int l = 0; l < LINES_MAX / (number + 1); l++)
        strbuf_printf(&text,
                      "%s{\"line\":%d,\"sku\":\"S%d\",\"category\":\"c%d\",\"qty_milli\":%d,\"unit_price_minor\":%d}",
                      l ? "," : "", l + 1, l, (l * 5 + number) % 37, 1000 * (1 + l % 4), 99 + l * 13);
    strbuf_puts(&text, "]}");
    cr_assert_eq(engine_sale_parse(strbuf_text(&text), text.len, &sale, &fault), ST_OK, "%s", fault.message);
    strbuf_free(&text);
    return sale;
}

Test(allocations, none_after_the_first_evaluations)
{
    struct bundle *bundle = make_bundle();
    struct engine_sale *sales[SALES];
    const struct engine_result *result;
    struct engine *engine;
    long before;

    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (int i = 0; i < SALES; i++)
        sales[i] = make_sale(i);
    for (int round = 0; round < 4; round++) {
        before = calls;
        for (int i = 0; i < SALES; i++) {
            const struct engine_options options = {.trace = i % 2};

            cr_assert_eq(engine_evaluate(engine, bundle, sales[i], &options, &result, NULL), ST_OK);
            cr_assert_gt(result->discount_minor, 0);
            cr_assert(result->digest[0]);
        }
        cr_assert(round == 0 || calls == before, "round %d: %ld allocations", round, calls - before);
        cr_assert(round > 0 || calls > before, "nothing was counted");
    }
    for (int i = 0; i < SALES; i++)
        engine_sale_destroy(sales[i]);
    engine_destroy(engine);
    bundle_destroy(bundle);
}
