/* SPDX-License-Identifier: Apache-2.0 */
/* The sale parser on any bytes; what it takes is evaluated under a fixed bundle, and the sums must hold. */
#include "agent/engine/engine.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char bundle_text[] =
    "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"RUB\",\"search_nodes\":200,"
    "\"layers\":[{\"id\":\"best\",\"mode\":\"best\"},{\"id\":\"stack\",\"mode\":\"stack\"}],"
    "\"guards\":{\"max_sale_discount_bp\":6000},\"point_currencies\":[{\"id\":\"bonus\",\"digits\":2,\"value_minor\":"
    "100}],"
    "\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},\"max_share_bp\":5000}],"
    "\"coupon_series\":[{\"id\":\"s\",\"kind\":\"generic\",\"codes\":[\"SPRING10\"]}],\"promotions\":["
    "{\"id\":\"a\",\"layer\":\"best\",\"reward\":{\"kind\":\"buy_get\",\"buy\":{\"items\":{\"any\":true},\"qty\":2},"
    "\"get\":{\"items\":{\"any\":true},\"qty\":1,\"percent_bp\":10000}}},"
    "{\"id\":\"b\",\"layer\":\"best\",\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":"
    "1700}},"
    "{\"id\":\"c\",\"layer\":\"stack\",\"when\":{\"coupon\":\"s\"},\"reward\":{\"kind\":\"amount_off\",\"per\":"
    "\"basket\","
    "\"items\":{\"any\":true},\"amount_minor\":1001}},"
    "{\"id\":\"d\",\"layer\":\"stack\",\"when\":{\"member\":{\"birthday\":{\"before\":3}},\"weekdays\":[\"sun\"]},"
    "\"reward\":{\"kind\":\"fixed_price\",\"items\":{\"any\":true},\"price_minor\":100}},"
    "{\"id\":\"e\",\"layer\":\"stack\",\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"any\":"
    "true},"
    "\"per_minor\":100,\"give\":1}}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bundle *bundle; /* one for the whole run; it never changes */
    static struct engine *engine;
    const struct engine_result *result;
    struct engine_fault fault;
    struct engine_sale *sale;

    if (!bundle && (bundle_compile(bundle_text, strlen(bundle_text), &bundle, NULL, NULL) != ST_OK ||
                    engine_create(&engine, NULL) != ST_OK))
        abort();
    if (engine_sale_parse((const char *)data, size, &sale, &fault) != ST_OK) {
        if (fault.code[0] == '\0' || fault.message[0] == '\0')
            abort();
        return 0;
    }
    if (engine_evaluate(engine, bundle, sale, NULL, &result, NULL) == ST_OK) {
        for (size_t i = 0; i < result->line_count; i++) {
            const struct engine_result_line *line = &result->lines[i];
            int64_t splits = 0;

            for (size_t k = 0; k < line->split_count; k++) {
                splits += line->splits[k].net_minor;
                if (line->splits[k].net_minor < 0)
                    abort();
            }
            if (splits != line->net_minor || line->net_minor < 0)
                abort();
        }
    }
    engine_sale_destroy(sale);
    return 0;
}
