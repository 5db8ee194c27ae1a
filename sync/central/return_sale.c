/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "sync/central/counting.h"
#include "sync/central/interpret_return.h"
#include "sync/central/member.h"
#include "sync/central/return_internal.h"
#include "sync/protocol/frame.h"

enum { EARLIER_MAX = 10000 };

enum status return_read_sale(struct central *central, const char *chain, const char *sale_id, struct strbuf *out_body,
                             char member[ID_BYTES], struct errmsg *err)
{
    struct record_head head;
    const char *bytes, *body;
    size_t len, body_len;
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_SALE_RECORD, &rows, err, V_TEXT(chain), V_TEXT(sale_id)),
                end;

    if (st != ST_OK)
        return st;
    if (!rows_next(rows)) {
        end = rows_end(rows, err);
        return end == ST_OK ? ST_NOT_FOUND : end;
    }
    bytes = rows_blob(rows, 0, &len);
    st = record_parse(bytes, len, &head, &body, &body_len, err);
    if (st == ST_OK)
        strbuf_add(out_body, body, body_len);
    if (member)
        (void)snprintf(member, ID_BYTES, "%s", rows_text(rows, 1));
    end = rows_end(rows, st == ST_OK ? err : NULL);
    return st == ST_OK ? end : st;
}

static bool names(const struct cJSON *list, const char *id)
{
    const struct cJSON *one;

    cJSON_ArrayForEach(one, list)
    {
        if (cJSON_IsString(one) && strcmp(one->valuestring, id) == 0)
            return true;
    }
    return false;
}

enum status return_write_earlier(struct central *central, const char *chain, const char *sale_id,
                                 const struct cJSON *only, const char *but, struct json_writer *w, int *out_count,
                                 struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_RETURN_LIST, &rows, err, V_TEXT(chain), V_TEXT(sale_id),
                                  V_INT(EARLIER_MAX));

    if (st != ST_OK)
        return st;
    *out_count = 0;
    jw_array_begin(w);
    while (rows_next(rows)) {
        const char *id = rows_text(rows, 0), *result = rows_text(rows, 1);

        if (strcmp(id, but) == 0 || (only && !names(only, id)))
            continue;
        jw_raw(w, result, strlen(result));
        ++*out_count;
    }
    jw_array_end(w);
    return rows_end(rows, err);
}

/* ---- what a till asks ---- */

void return_sale_answer(struct central *central, const struct device *device, const char *sale_id,
                        struct answer *answer)
{
    struct strbuf body = STRBUF_INIT(RECORD_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&answer->body);
    struct errmsg err = ERRMSG_INIT;
    char member[ID_BYTES] = "";
    int count;
    bool all;
    enum status st;

    counting_catch_up(central, &all);
    st = return_read_sale(central, device->chain, sale_id, &body, member, &err);
    if (st == ST_NOT_FOUND && !all) { /* it may be among those: "no such sale" would be a guess */
        errmsg_set(&err, "records are still being booked, the sale may be among them: ask again");
        st = ST_AGAIN;
    }
    jw_object_begin(&w);
    jw_name(&w, "sale");
    if (st == ST_OK) {
        if (member[0])
            st = json_optional(member_resolve(central, device->chain, member, member, &err));
        jw_object_begin(&w);
        jw_field_text(&w, "member", member);
        jw_field_raw(&w, "body", body.data, body.len);
        jw_name(&w, "returns");
        if (st == ST_OK)
            st = return_write_earlier(central, device->chain, sale_id, NULL, "", &w, &count, &err);
        jw_object_end(&w);
    } else if (st == ST_NOT_FOUND) {
        jw_null(&w);
        st = ST_OK;
    }
    jw_object_end(&w);
    strbuf_free(&body);
    if (st == ST_OK)
        st = strbuf_status(&answer->body);
    if (st == ST_OK && answer->body.len > MESSAGE_PAYLOAD_MAX) {
        errmsg_set(&err, "the sale and its returns are longer than a message may be");
        st = ST_FULL;
    }
    if (st != ST_OK)
        answer_status(answer, st, &err);
}
