/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/command.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"

#include <cjson/cJSON.h>

enum problem command_read_body(const char *body, size_t len, struct cJSON **out_root, struct errmsg *err)
{
    enum status st = len == 0 ? json_parse("{}", 2, TILL_BODY_MAX, out_root, err)
                              : json_parse(body, len, TILL_BODY_MAX, out_root, err);

    if (st == ST_FULL)
        return PROBLEM_TOO_LARGE;
    if (st != ST_OK)
        return PROBLEM_BAD_JSON;
    if (!cJSON_IsObject(*out_root)) {
        errmsg_set(err, "the body is an object");
        json_free(*out_root);
        *out_root = NULL;
        return PROBLEM_BAD_JSON;
    }
    return PROBLEM_NONE;
}

enum problem command_answer_sale(const struct till *till, const struct sale *sale, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    till_write_sale_view(till, sale, TILL_ANSWER_MAX, &w);
    return strbuf_status(out) == ST_OK ? PROBLEM_NONE : PROBLEM_TOO_LARGE;
}

bool command_is_in_journal(struct till *till, const char *id)
{
    int64_t position;

    return cache_find_sale(till->options.cache, id, &position, NULL) == ST_OK;
}

enum problem command_why_closed(const struct sale *sale)
{
    return sale->state == SALE_VOIDED ? PROBLEM_SALE_VOIDED : PROBLEM_SALE_COMMITTED;
}

enum problem command_find_open(struct till *till, const char *id, struct sale **out_sale, struct errmsg *err)
{
    struct sale *sale = till_find_sale(till, id);

    errmsg_set(err, "sale %s", id);
    if (!sale)
        return command_is_in_journal(till, id) ? PROBLEM_SALE_COMMITTED : PROBLEM_NO_SALE;
    if (!sale_is_open(sale))
        return command_why_closed(sale);
    *out_sale = sale;
    return PROBLEM_NONE;
}
