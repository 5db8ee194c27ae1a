/* SPDX-License-Identifier: Apache-2.0 */
/* The bundle compiler on any bytes; what compiles is evaluated on a fixed sale. */
#include "agent/engine/engine.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char sale_text[] =
    "{\"at\":\"2026-11-22T18:05:00+03:00\",\"store\":{\"id\":\"S1\",\"attrs\":{\"format\":\"express\"}},"
    "\"member\":{\"id\":\"M\",\"tier\":\"gold\",\"balances\":{\"bonus\":100000},\"birthday\":\"11-22\"},"
    "\"redeem\":{\"bonus\":\"max\"},\"coupons\":[\"SPRING10\"],\"lines\":["
    "{\"line\":1,\"sku\":\"A\",\"qty_milli\":3000,\"unit_price_minor\":999,\"category\":\"drinks/coffee\"},"
    "{\"line\":2,\"sku\":\"B\",\"qty_milli\":1000,\"unit_price_minor\":1,\"tags\":[\"own\"]},"
    "{\"line\":3,\"sku\":\"C\",\"qty_milli\":333,\"unit_price_minor\":777,\"sold_by\":\"weight\"}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bundle_report report;
    const struct engine_result *result;
    struct strbuf out = STRBUF_INIT(1 << 24);
    struct engine_sale *sale = NULL;
    struct engine *engine = NULL;
    struct bundle *bundle;

    if (bundle_compile((const char *)data, size, &bundle, &report, NULL) != ST_OK)
        return 0;
    if (engine_sale_parse(sale_text, strlen(sale_text), &sale, NULL) == ST_OK &&
        engine_create(&engine, NULL) == ST_OK &&
        engine_evaluate(engine, bundle, sale, NULL, &result, NULL) == ST_OK) {
        if (result->gross_minor - result->discount_minor - result->redeemed_minor != result->total_minor ||
            result->total_minor < 0)
            abort();
        engine_result_write(result, false, &out);
    }
    strbuf_free(&out);
    engine_destroy(engine);
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
    return 0;
}
