/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/interpret_return.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/money.h"
#include "agent/engine/engine.h"
#include "sync/central/coupon.h"
#include "sync/central/evaluator.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"
#include "sync/protocol/frame.h"
#include "sync/protocol/record.h"

enum { EARLIER_MAX = 10000, NAME_MAX_BYTES = 512, QUESTION_BYTES_MAX = 4 * 1024 * 1024 };

/* One return on its way into the books. Texts are views of root. */
struct booking {
    struct central *central;
    const struct interpret_record *record;
    struct cJSON *root;
    const struct cJSON *result;
    const char *return_id, *sale_id, *policy, *named_member;
    int64_t refund_minor;
    char member[ID_BYTES];
    struct strbuf sale; /* body of the sale's record; empty: not known here */
    const char *compared;
};

static enum status read_body(struct booking *booking, struct errmsg *err)
{
    enum status st = json_text(booking->root, "return_id", ID_LEN_MAX, &booking->return_id, err);

    booking->sale_id = booking->named_member = "";
    booking->policy = "as_paid";
    if (st == ST_OK)
        st = json_optional(json_text(booking->root, "sale_id", ID_LEN_MAX, &booking->sale_id, err));
    if (st == ST_OK)
        st = json_optional(json_text(booking->root, "policy", 16, &booking->policy, err));
    if (st == ST_OK)
        st = json_optional(json_text(booking->root, "member", ID_LEN_MAX, &booking->named_member, err));
    if (st == ST_OK)
        st = json_object(booking->root, "result", &booking->result, err);
    if (st == ST_OK)
        st = json_int(booking->result, "refund_minor", 0, MONEY_MINOR_MAX, &booking->refund_minor, err);
    if (st == ST_OK && !id_is_valid(booking->return_id)) {
        errmsg_set(err, "return_id is not a name");
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

/* ---- the sale it is of ---- */

/* Appends the body of the sale's record; ST_NOT_FOUND when the sale was not booked here. member may be NULL. */
static enum status read_sale(struct central *central, const char *chain, const char *sale_id, struct strbuf *out_body,
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

/* Writes the results of the sale's returns as an array: those that only names, or all when it is NULL. */
static enum status write_earlier(struct central *central, const char *chain, const char *sale_id,
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

/* ---- worked out again ---- */

static void write_part(struct json_writer *w, const char *name, const struct cJSON *tree)
{
    char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;

    if (text)
        jw_field_raw(w, name, text, strlen(text));
    cJSON_free(text);
}

/* The engine's question; all: with every return booked so far, else with those the till knew. */
static enum status write_question(const struct booking *booking, const struct cJSON *sale, bool all,
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
    st = write_earlier(booking->central, booking->record->device->chain, booking->sale_id, all ? NULL : known,
                       booking->return_id, &w, &count, err);
    jw_object_end(&w);
    *out_missing = all ? 0 : cJSON_GetArraySize(known) - count;
    return st == ST_OK ? strbuf_status(out) : st;
}

static enum status refund_again(const struct booking *booking, const struct cJSON *sale, bool all, struct strbuf *out,
                                struct errmsg *err)
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

static enum status report_difference(const struct booking *booking, const char *reason, struct errmsg *err)
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
static enum status check_whole(const struct booking *booking, const struct cJSON *sale, struct errmsg *err)
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

static bool same_result(const struct booking *booking, const struct strbuf *again)
{
    struct cJSON *tree = NULL;
    bool same = json_parse(again->data, again->len, again->len, &tree, NULL) == ST_OK &&
                cJSON_Compare(tree, booking->result, true);

    json_free(tree);
    return same;
}

static enum status compare_with(struct booking *booking, const struct cJSON *sale, struct errmsg *err)
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

static enum status compare(struct booking *booking, struct errmsg *err)
{
    struct cJSON *sale = NULL;
    enum status st;

    booking->compared = booking->sale_id[0] ? "unknown_sale" : "no_sale";
    if (booking->sale.len == 0)
        return booking->sale_id[0] ? report_difference(booking, "its sale is not known here", err) : ST_OK;
    st = json_parse(booking->sale.data, booking->sale.len, RECORD_BYTES_MAX, &sale, err);
    if (st == ST_OK)
        st = compare_with(booking, sale, err);
    json_free(sale);
    return st;
}

/* ---- the books ---- */

/* The till named whom the receipt named; the central may know better through a merge. */
static enum status find_member(struct booking *booking, struct errmsg *err)
{
    enum status st;

    if (!booking->named_member[0])
        return ST_OK;
    st =
        member_resolve(booking->central, booking->record->device->chain, booking->named_member, booking->member, err);
    if (st != ST_NOT_FOUND)
        return st;
    st = member_make(booking->central, booking->record->device->chain, booking->named_member, err);
    (void)snprintf(booking->member, sizeof(booking->member), "%s", booking->named_member);
    return st;
}

static enum status put_return(const struct booking *booking, struct errmsg *err)
{
    const struct interpret_record *record = booking->record;
    const struct device *device = record->device;
    char *result = cJSON_PrintUnformatted(booking->result);
    enum status st = ST_NOMEM;

    if (result)
        st = STORE_RUN(booking->central->store, STATEMENT_RETURN_INSERT, err, V_TEXT(device->chain),
                       V_TEXT(booking->return_id), V_TEXT(booking->sale_id), V_TEXT(device->dev),
                       V_TEXT(device->epoch), V_INT(record->seq), V_TEXT(device->store), V_TEXT(device->till),
                       V_TEXT(booking->member), V_TEXT(booking->policy), V_INT(booking->refund_minor), V_TEXT(result),
                       V_TEXT(booking->compared));
    cJSON_free(result);
    if (st == ST_CONFLICT)
        errmsg_set(err, "return %s was booked before, from another record", booking->return_id);
    return st;
}

static enum status post_points(const struct booking *booking, struct errmsg *err)
{
    const struct interpret_record *record = booking->record;
    struct ledger_record from = {record->device->dev, record->device->epoch, record->seq};
    const struct cJSON *points = cJSON_GetObjectItemCaseSensitive(booking->result, "points"), *one;
    struct ledger_posting posting;
    enum status st;

    if (!booking->member[0] || cJSON_GetArraySize(points) == 0)
        return ST_OK;
    st = ledger_begin_return(booking->central, record->device->chain, booking->member, &from, &posting, err);
    cJSON_ArrayForEach(one, points)
    {
        const char *currency;
        int64_t taken = 0, given = 0;

        if (st == ST_OK)
            st = json_text(one, "currency", NAME_MAX_BYTES, &currency, err);
        if (st == ST_OK)
            st = json_optional(json_int(one, "taken_back", 0, MONEY_MINOR_MAX, &taken, err));
        if (st == ST_OK)
            st = json_optional(json_int(one, "given_back", 0, MONEY_MINOR_MAX, &given, err));
        if (st == ST_OK)
            st = ledger_return(booking->central, &posting, currency, taken, given, err);
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static enum status release_coupons(const struct booking *booking, struct errmsg *err)
{
    const struct cJSON *list = cJSON_GetObjectItemCaseSensitive(booking->result, "coupons_released"), *one;
    enum status st = ST_OK;

    cJSON_ArrayForEach(one, list)
    {
        char name[NAME_MAX_BYTES + 16] = "coupon:";
        size_t len = strlen(name);

        if (!cJSON_IsString(one) || strlen(one->valuestring) > NAME_MAX_BYTES)
            return ST_INVALID;
        for (const char *code = one->valuestring; *code; code++) {
            if (*code != ' ' && *code != '-')
                name[len++] = (char)(*code >= 'A' && *code <= 'Z' ? *code + 32 : *code);
        }
        name[len] = '\0';
        st = usage_release(booking->central, booking->record->device->chain, name, err);
        if (st == ST_OK)
            st = coupon_touch(booking->central, booking->record->device->chain, name + strlen("coupon:"), err);
        if (st != ST_OK)
            break;
    }
    return st;
}

static enum status book(struct booking *booking, struct errmsg *err)
{
    const char *chain = booking->record->device->chain;
    enum status st = find_member(booking, err);

    if (st == ST_OK && booking->sale_id[0])
        st = json_optional(read_sale(booking->central, chain, booking->sale_id, &booking->sale, NULL, err));
    if (st == ST_OK)
        st = compare(booking, err);
    if (st == ST_OK)
        st = put_return(booking, err);
    if (st == ST_OK)
        st = post_points(booking, err);
    if (st == ST_OK)
        st = release_coupons(booking, err);
    /* Last, so that the row's new place behind the cursors covers all of the above. */
    if (st == ST_OK && booking->member[0])
        st = member_touch(booking->central, chain, booking->member, err);
    return st;
}

enum status interpret_return(struct central *central, const struct interpret_record *record, struct errmsg *err)
{
    struct booking booking = {.central = central, .record = record, .sale = STRBUF_INIT(RECORD_BYTES_MAX)};
    enum status st = json_parse(record->body, record->body_len, RECORD_BYTES_MAX, &booking.root, err);

    if (st == ST_OK)
        st = read_body(&booking, err);
    if (st == ST_OK)
        st = book(&booking, err);
    strbuf_free(&booking.sale);
    json_free(booking.root);
    return st;
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
    enum status st = read_sale(central, device->chain, sale_id, &body, member, &err);

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
            st = write_earlier(central, device->chain, sale_id, NULL, "", &w, &count, &err);
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
