/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "sync/central/evaluator.h"
#include "sync/central/member.h"
#include "sync/central/return_internal.h"

enum { QUESTION_BYTES_MAX = 4 * 1024 * 1024 };

static void write_part(struct json_writer *w, const char *name, const struct cJSON *tree)
{
    char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;

    if (text)
        jw_field_raw(w, name, text, strlen(text));
    cJSON_free(text);
}

/* The engine's question; all: with every return booked so far, else with those the till knew. */
static enum status write_question(const struct return_booking *booking, const struct cJSON *sale, bool all,
                                  struct strbuf *out, int *out_missing, struct errmsg *err)
{
    const struct cJSON *known = cJSON_GetObjectItemCaseSensitive(booking->root, "earlier");
    struct json_writer w = JSON_WRITER_INIT(out);
    int count = 0;
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "return_id", booking->return_id);
    jw_field_text(&w, "policy", booking->policy);
    write_part(&w, "lines", cJSON_GetObjectItemCaseSensitive(booking->result, "lines"));
    write_part(&w, "sale", cJSON_GetObjectItemCaseSensitive(sale, "sale"));
    write_part(&w, "result", cJSON_GetObjectItemCaseSensitive(sale, "result"));
    jw_name(&w, "earlier");
    st = return_write_earlier(booking->central, booking->record->device->chain, booking->sale_id, all ? NULL : known,
                              booking->return_id, &w, &count, err);
    jw_object_end(&w);
    *out_missing = all ? 0 : cJSON_GetArraySize(known) - count;
    return st == ST_OK ? strbuf_status(out) : st;
}

static enum status refund_again(const struct return_booking *booking, const struct cJSON *sale, bool all,
                                struct strbuf *out, struct errmsg *err)
{
    struct strbuf question = STRBUF_INIT(QUESTION_BYTES_MAX);
    const char *bundle = "";
    int missing = 0;
    enum status st = write_question(booking, sale, all, &question, &missing, err);

    (void)json_text(sale, "bundle", 64, &bundle, NULL);
    if (st == ST_OK && missing > 0) {
        errmsg_set(err, "%d earlier returns that the till counted are not here", missing);
        st = ST_NOT_FOUND;
    }
    if (st == ST_OK)
        st = evaluator_refund(booking->central->evaluator, strcmp(booking->policy, "recompute") == 0 ? bundle : "",
                              question.data, question.len, out, err);
    strbuf_free(&question);
    return st;
}

static enum status report_difference(const struct return_booking *booking, const char *reason, struct errmsg *err)
{
    const struct device *device = booking->record->device;
    char text[ERRMSG_BYTES_MAX + 128];

    (void)snprintf(text, sizeof(text), "return %s: %s", booking->return_id, reason);
    return STORE_RUN(booking->central->store, STATEMENT_DIFFERENCE_INSERT, err, V_TEXT(device->dev),
                     V_TEXT(device->epoch), V_INT(booking->record->seq), V_TEXT(device->chain),
                     V_TEXT(booking->sale_id), V_TEXT(""), V_TEXT(""), V_TEXT(""), V_TEXT(text),
                     V_INT(central_now_us(booking->central)));
}

/* Whether the chain as a whole gave back more than was sold: two tills without a link cannot know of each other. */
static enum status check_whole(const struct return_booking *booking, const struct cJSON *sale, struct errmsg *err)
{
    struct strbuf again = STRBUF_INIT(QUESTION_BYTES_MAX);
    struct errmsg reason = ERRMSG_INIT;
    char text[ERRMSG_BYTES_MAX + 256];
    const struct device *device = booking->record->device;
    enum status st = refund_again(booking, sale, true, &again, &reason);

    strbuf_free(&again);
    if (interpret_is_fault(st)) {
        *err = reason;
        return st;
    }
    if (st != ST_INVALID)
        return ST_OK;
    (void)snprintf(text, sizeof(text), "return %s of sale %s at till %s of store %s gave back too much: %s",
                   booking->return_id, booking->sale_id, device->till, device->store, reason.text);
    return notice_put(booking->central, device->chain, "", text, err);
}

static bool same_result(const struct return_booking *booking, const struct strbuf *again)
{
    struct cJSON *tree = NULL;
    bool same = json_parse(again->data, again->len, again->len, &tree, NULL) == ST_OK &&
                cJSON_Compare(tree, booking->result, true);

    json_free(tree);
    return same;
}

static enum status compare_with(struct return_booking *booking, const struct cJSON *sale, struct errmsg *err)
{
    struct strbuf again = STRBUF_INIT(QUESTION_BYTES_MAX);
    struct errmsg reason = ERRMSG_INIT;
    enum status st = refund_again(booking, sale, false, &again, &reason);
    bool same = st == ST_OK && same_result(booking, &again);

    strbuf_free(&again);
    if (interpret_is_fault(st)) {
        *err = reason;
        return st;
    }
    booking->compared = same ? "same" : st == ST_NOT_FOUND ? "unknown_bundle" : "different";
    if (!same)
        st = report_difference(booking, st == ST_OK ? "the central works out another refund" : reason.text, err);
    return st == ST_OK ? check_whole(booking, sale, err) : st;
}

enum status return_compare(struct return_booking *booking, struct errmsg *err)
{
    struct cJSON *sale = NULL;
    enum status st;

    booking->compared = booking->sale_id[0] ? "unknown_sale" : "no_sale";
    if (booking->sale.len == 0)
        return booking->sale_id[0] ? report_difference(booking, "its sale is not known here", err) : ST_OK;
    st = json_parse(booking->sale.data, booking->sale.len, RECORD_BYTES_MAX, &sale, err);
    if (st == ST_OK) {
        booking->sale_named = cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(sale, "sale"), "member"));
        st = compare_with(booking, sale, err);
    }
    json_free(sale);
    return st;
}
