/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors_export - writes the text cases as JSON lines {"case","bundle","sale","returns"}, for programs that do not
 * read cases: evaluations.c, on other machines. Returns name their sale, its result and what went back before.
 */
#include "vectors.h"

#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sale's result; NULL when it is refused. */
static cJSON *sold(struct engine *engine, const struct bundle *bundle, const char *text)
{
    struct strbuf out = STRBUF_INIT(VECTOR_BYTES_MAX);
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;
    cJSON *json = NULL;

    if (text && engine_sale_parse(text, strlen(text), &sale, &fault) == ST_OK &&
        engine_evaluate(engine, bundle, sale, NULL, &result, NULL) == ST_OK) {
        engine_result_write(result, false, &out);
        json = cJSON_Parse(strbuf_text(&out));
    }
    engine_sale_destroy(sale);
    strbuf_free(&out);
    return json;
}

static cJSON *returns(struct engine *engine, const struct bundle *bundle, const struct vector *vector)
{
    cJSON *requests = cJSON_Parse(vector->sections[VECTOR_RETURN]), *earlier = cJSON_CreateArray(), *request;
    cJSON *sale = vector->sections[VECTOR_SALE] ? cJSON_Parse(vector->sections[VECTOR_SALE]) : NULL;
    cJSON *result = sold(engine, bundle, vector->sections[VECTOR_SALE]);

    cJSON_ArrayForEach(request, requests)
    {
        struct strbuf out = STRBUF_INIT(VECTOR_BYTES_MAX);
        struct engine_fault fault = {0};
        char *text;

        vector_complete_return(request, sale, result, earlier);
        text = cJSON_PrintUnformatted(request);
        if (engine_refund(engine, bundle, text, strlen(text), &out, &fault, NULL) == ST_OK)
            cJSON_AddItemToArray(earlier, cJSON_Parse(strbuf_text(&out)));
        free(text);
        strbuf_free(&out);
    }
    cJSON_Delete(earlier);
    cJSON_Delete(sale);
    cJSON_Delete(result);
    return requests;
}

static void write_case(void *context, const struct vector *vector)
{
    cJSON *line = cJSON_CreateObject(), *sale;
    char *text = vector_bundle(vector, 0), *shown;
    struct bundle *bundle = NULL;

    cJSON_AddStringToObject(line, "case", vector->sections[VECTOR_CASE]);
    cJSON_AddItemToObject(line, "bundle", cJSON_Parse(text));
    sale = vector->sections[VECTOR_SALE] ? cJSON_Parse(vector->sections[VECTOR_SALE]) : NULL;
    if (sale)
        cJSON_AddItemToObject(line, "sale", sale);
    if (bundle_compile(text, strlen(text), &bundle, NULL, NULL) == ST_OK && vector->sections[VECTOR_RETURN])
        cJSON_AddItemToObject(line, "returns", returns(context, bundle, vector));
    shown = cJSON_PrintUnformatted(line);
    (void)printf("%s\n", shown);
    free(shown);
    free(text);
    bundle_destroy(bundle);
    cJSON_Delete(line);
}

int main(void)
{
    static struct pk_memo coupons;
    struct engine *engine = NULL;

    if (engine_create(&engine, NULL) != ST_OK)
        return 1;
    engine_set_verify(engine, pk_memo_verify, &coupons);
    vectors_each(write_case, engine);
    engine_destroy(engine);
    return fflush(stdout) == 0 ? 0 : 1;
}
