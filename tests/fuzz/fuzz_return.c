/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of returns on any bytes. Whatever a return says, what it gives back is never below zero, the lines sum
 * to the whole, and points move only back. "recompute" runs under a fixed bundle, whatever the result names.
 */
#include "agent/base/json.h"
#include "agent/engine/engine.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char bundle_text[] =
    "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"RUB\",\"search_nodes\":200,"
    "\"layers\":[{\"id\":\"best\",\"mode\":\"best\"}],"
    "\"point_currencies\":[{\"id\":\"bonus\",\"digits\":0,\"value_minor\":100}],"
    "\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},\"max_share_bp\":5000}],\"promotions\":["
    "{\"id\":\"a\",\"layer\":\"best\",\"reward\":{\"kind\":\"nth_unit\",\"items\":{\"any\":true},\"every\":3,"
    "\"percent_bp\":10000}},"
    "{\"id\":\"e\",\"layer\":\"best\",\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"any\":true}"
    ","
    "\"per_minor\":100,\"give\":1}}]}";

static int64_t number(const cJSON *object, const char *name)
{
    int64_t value = -1;

    if (json_value_int(cJSON_GetObjectItemCaseSensitive(object, name), 0, JSON_INT_MAX, &value) != ST_OK)
        abort();
    return value;
}

static void check(const char *text, size_t len)
{
    cJSON *root = cJSON_ParseWithLength(text, len);
    const cJSON *item;
    int64_t sum = 0;

    if (!root)
        abort();
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "lines"))
    {
        sum += number(item, "refund_minor");
    }
    if (sum != number(root, "refund_minor"))
        abort();
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "points"))
    {
        if (number(item, "taken_back") + number(item, "given_back") == 0)
            abort();
    }
    cJSON_Delete(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bundle *bundle; /* one for the whole run; it never changes */
    static struct engine *engine;
    struct strbuf out = STRBUF_INIT(RETURN_BYTES_MAX);
    struct engine_fault fault = {0};
    enum status st;

    if (!bundle && (bundle_compile(bundle_text, strlen(bundle_text), &bundle, NULL, NULL) != ST_OK ||
                    engine_create(&engine, NULL) != ST_OK))
        abort();
    st = engine_refund(engine, bundle, (const char *)data, size, &out, &fault, NULL);
    if (st == ST_OK)
        check(strbuf_text(&out), out.len);
    else if (st == ST_INVALID && (fault.code[0] == '\0' || fault.message[0] == '\0'))
        abort();
    strbuf_free(&out);
    return 0;
}
