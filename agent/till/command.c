/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/command.h"

#include "agent/base/json.h"
#include "agent/base/sha256.h"
#include "agent/db/cache.h"
#include "agent/till/past.h"

#include <cjson/cJSON.h>

#include <string.h>

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

static bool is_in_journal(struct till *till, const char *id)
{
    int64_t position;

    return cache_find_sale(till->options.cache, id, &position, NULL) == ST_OK;
}

static void digest_of(const char *id, uint8_t out_digest[8])
{
    uint8_t hash[SHA256_BYTES];

    sha256_of(id, strlen(id), hash);
    memcpy(out_digest, hash, 8);
}

void command_note_void(struct till *till, const char *id)
{
    digest_of(id, till->voided.ids[till->voided.count++ % VOIDED_SALES_MAX]);
}

enum problem command_why_used(struct till *till, const char *id)
{
    int64_t known = till->voided.count < VOIDED_SALES_MAX ? till->voided.count : VOIDED_SALES_MAX;
    uint8_t digest[8];
    struct past past;
    bool voided;

    digest_of(id, digest);
    for (int64_t i = 0; i < known; i++) {
        if (memcmp(till->voided.ids[i], digest, sizeof digest) == 0)
            return PROBLEM_SALE_VOIDED;
    }
    if (!is_in_journal(till, id))
        return PROBLEM_NONE;
    if (past_find(till, id, &past, NULL) != ST_OK)
        return PROBLEM_SALE_COMMITTED;
    voided = strcmp(past.type, "void") == 0;
    past_clear(&past);
    return voided ? PROBLEM_SALE_VOIDED : PROBLEM_SALE_COMMITTED;
}

enum problem command_why_closed(const struct sale *sale)
{
    return sale->state == SALE_VOIDED ? PROBLEM_SALE_VOIDED : PROBLEM_SALE_COMMITTED;
}

enum problem command_find_open(struct till *till, const char *id, struct sale **out_sale, struct errmsg *err)
{
    struct sale *sale = till_find_sale(till, id);

    errmsg_set(err, "sale %s", id);
    if (!sale) {
        enum problem used = command_why_used(till, id);

        return used == PROBLEM_NONE ? PROBLEM_NO_SALE : used;
    }
    if (!sale_is_open(sale))
        return command_why_closed(sale);
    *out_sale = sale;
    return PROBLEM_NONE;
}
