/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/engine/engine.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <string.h>

static const char *const member_states[] = {"active", "inactive", "blocked", "expired"};

static void write_balances(const struct till *till, const struct sale *sale, struct json_writer *w)
{
    const struct bundle *bundle = rule_edition_bundle(sale->edition);

    jw_name(w, "balances");
    jw_object_begin(w);
    for (size_t i = 0; i < bundle_currency_count(bundle); i++) {
        const char *currency = bundle_currency_id(bundle, i);

        jw_field_int(w, currency,
                     till_member_balance(&sale->member, till->options.cache, &till->reserved, sale->id, currency));
    }
    jw_object_end(w);
}

static void write_member(const struct till *till, const struct sale *sale, struct json_writer *w)
{
    const char *tier;

    jw_name(w, "member");
    if (!sale->member.known) {
        jw_null(w);
        return;
    }
    jw_object_begin(w);
    jw_field_text(w, "id", sale->member.id);
    jw_field_text(w, "state", member_states[sale->member.state]);
    if (json_text(sale->member.profile, "tier", 64, &tier, NULL) == ST_OK)
        jw_field_text(w, "tier", tier);
    if (sale->member.display[0] != '\0')
        jw_field_text(w, "display", sale->member.display);
    write_balances(till, sale, w);
    jw_object_end(w);
}

static void write_totals(const struct sale *sale, struct json_writer *w)
{
    jw_field_int(w, "gross_minor", sale->evaluation.gross_minor);
    jw_field_int(w, "discount_minor", sale->evaluation.discount_minor);
    jw_field_int(w, "redeemed_minor", sale->evaluation.redeemed_minor);
    jw_field_int(w, "total_minor", sale->evaluation.total_minor);
}

/* The lines as they were put and the words for the result: what a screen shows that does not hold the basket itself. */
static void write_words(const struct sale *sale, size_t bytes_max, struct json_writer *w)
{
    char *lines = sale->basket.lines ? cJSON_PrintUnformatted(sale->basket.lines) : NULL;

    if (lines && strlen(lines) + sale->evaluation.titles_json.len <= bytes_max) {
        jw_field_raw(w, "lines", lines, strlen(lines));
        jw_field_raw(w, "titles", sale->evaluation.titles_json.data, sale->evaluation.titles_json.len);
    }
    cJSON_free(lines);
}

void till_write_sale_view(const struct till *till, const struct sale *sale, size_t result_max, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_text(w, "sale_id", sale->id);
    jw_field_text(w, "state", sale_state_name(sale->state));
    write_totals(sale, w);
    if (sale->has_card)
        jw_field_text(w, "card", sale->card);
    write_member(till, sale, w);
    jw_name(w, "notices");
    jw_array_begin(w);
    for (int i = 0; i < sale->notice_count; i++)
        problem_write(w, sale->notices[i].problem, till_language(till), sale->notices[i].detail);
    jw_array_end(w);
    if (sale->print_reason[0] != '\0')
        jw_field_text(w, "print_reason", sale->print_reason);
    jw_field_int(w, "rules_version", rule_edition_version(sale->edition));
    if (sale->evaluation.done && sale->evaluation.result_json.len > result_max) {
        jw_field_bool(w, "result_left_out", true);
    } else if (sale->evaluation.done) {
        jw_field_raw(w, "result", sale->evaluation.result_json.data, sale->evaluation.result_json.len);
        write_words(sale, result_max - sale->evaluation.result_json.len, w);
    }
    jw_object_end(w);
}

/* ---- a sale that only the journal knows ---- */

struct lookup {
    const char *id;
    struct cJSON *sale;  /* body of its record */
    char state[24];
    bool first;
};

static bool look_at(void *context, const struct journal_entry *entry)
{
    static const struct {
        const char *print, *state;
    } states[] = {{"confirmed", "printed"}, {"unknown", "print_unknown"}, {"failed", "print_failed"}};
    struct lookup *look = context;
    struct record_head head;
    struct cJSON *tree = NULL;
    const char *body, *text;
    size_t len;

    if (record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) != ST_OK)
        return !look->first;
    if (look->first) { /* the sale itself; what follows may hold its prints */
        look->first = false;
        return json_parse(body, len, RECORD_BYTES_MAX, &look->sale, NULL) == ST_OK;
    }
    if (strcmp(entry->type, "print") != 0 || json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) != ST_OK)
        return true;
    if (json_text(tree, "sale_id", ID_LEN_MAX, &text, NULL) == ST_OK && strcmp(text, look->id) == 0 &&
        json_text(tree, "state", 16, &text, NULL) == ST_OK) {
        for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
            if (strcmp(text, states[i].print) == 0)
                memcpy(look->state, states[i].state, strlen(states[i].state) + 1);
        }
    }
    json_free(tree);
    return true;
}

static void write_from_record(const struct lookup *look, struct strbuf *out)
{
    static const char *const totals[] = {"gross_minor", "discount_minor", "redeemed_minor", "total_minor"};
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(look->sale, "result");
    const cJSON *sold = cJSON_GetObjectItemCaseSensitive(look->sale, "sale"), *member = NULL;
    const cJSON *lines = cJSON_GetObjectItemCaseSensitive(sold, "lines");
    struct json_writer w = JSON_WRITER_INIT(out);
    char *text = cJSON_PrintUnformatted(result), *put = lines ? cJSON_PrintUnformatted(lines) : NULL;
    const char *id;

    jw_object_begin(&w);
    jw_field_text(&w, "sale_id", look->id);
    jw_field_text(&w, "state", look->state);
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        int64_t value = 0;

        (void)json_int(result, totals[i], 0, JSON_INT_MAX, &value, NULL);
        jw_field_int(&w, totals[i], value);
    }
    jw_name(&w, "member");
    if (json_object(sold, "member", &member, NULL) == ST_OK && json_text(member, "id", 64, &id, NULL) == ST_OK) {
        jw_object_begin(&w);
        jw_field_text(&w, "id", id);
        jw_object_end(&w);
    } else {
        jw_null(&w);
    }
    jw_name(&w, "notices");
    jw_array_begin(&w);
    jw_array_end(&w);
    if (text)
        jw_field_raw(&w, "result", text, strlen(text));
    if (put)
        jw_field_raw(&w, "lines", put, strlen(put));
    jw_object_end(&w);
    cJSON_free(put);
    cJSON_free(text);
}

enum problem till_write_journalled(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    struct lookup look = {.id = id, .state = "committed", .first = true};
    int64_t position;
    enum status st = cache_find_sale(till->options.cache, id, &position, err);

    if (st == ST_OK)
        st = journal_each(till->options.journal, position, look_at, &look, err);
    if (st != ST_OK || !look.sale) {
        json_free(look.sale);
        errmsg_set(err, "sale %s", id);
        return PROBLEM_NO_SALE;
    }
    write_from_record(&look, out);
    json_free(look.sale);
    return PROBLEM_NONE;
}
