/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/engine/engine.h"
#include "agent/till/lots.h"
#include "agent/till/past.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <string.h>

static const char *const member_states[] = {"active", "inactive", "blocked", "expired"};

static void write_balances(const struct till *till, const struct till_member *member, const char *sale_id,
                           const struct bundle *bundle, struct json_writer *w)
{
    struct civil_time now;

    clock_local(clock_wall_ms(till->options.clock), &now);

    jw_name(w, "balances");
    jw_object_begin(w);
    for (size_t i = 0; i < bundle_currency_count(bundle); i++) {
        const char *currency = bundle_currency_id(bundle, i);

        jw_field_int(w, currency,
                     till_member_available(member, till->options.cache, &till->reserved, sale_id, currency, now.day));
    }
    jw_object_end(w);
    lots_write(member, now.day, w);
}

void till_write_member(const struct till *till, const struct till_member *member, const char *sale_id,
                       const struct bundle *bundle, struct json_writer *w)
{
    const char *tier;

    jw_name(w, "member");
    if (!member->known) {
        jw_null(w);
        return;
    }
    jw_object_begin(w);
    jw_field_text(w, "id", member->id);
    jw_field_text(w, "state", member_states[member->state]);
    if (json_text(member->profile, "tier", 64, &tier, NULL) == ST_OK)
        jw_field_text(w, "tier", tier);
    if (member->display[0] != '\0')
        jw_field_text(w, "display", member->display);
    write_balances(till, member, sale_id, bundle, w);
    jw_object_end(w);
}

static void write_totals(const struct sale *sale, struct json_writer *w)
{
    jw_field_int(w, "gross_minor", sale->evaluation.gross_minor);
    jw_field_int(w, "discount_minor", sale->evaluation.discount_minor);
    jw_field_int(w, "redeemed_minor", sale->evaluation.redeemed_minor);
    jw_field_int(w, "total_minor", sale->evaluation.total_minor);
}

/* The lines as they were put and the words for the result: what a screen shows that does not hold the basket itself.
 */
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
    if (sale->basket.exchange[0] != '\0') {
        jw_name(w, "exchange");
        sale_write_exchange(sale, w);
    }
    till_write_member(till, &sale->member, sale->id, rule_edition_bundle(sale->edition), w);
    tree_write(w, "scanned_coupons", sale->basket.scanned);
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

static void write_from_record(const struct past *past, const char *id, const char *state, struct strbuf *out)
{
    static const char *const totals[] = {"gross_minor", "discount_minor", "redeemed_minor", "total_minor"};
    const cJSON *result = tree_child(past->tree, "result"), *sold = tree_child(past->tree, "sale");
    const cJSON *lines = tree_child(sold, "lines"), *exchange = tree_child(past->tree, "exchange");
    struct json_writer w = JSON_WRITER_INIT(out);
    const char *member = tree_text(tree_child(sold, "member"), "id");

    jw_object_begin(&w);
    jw_field_text(&w, "sale_id", id);
    jw_field_text(&w, "state", state);
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
        jw_field_int(&w, totals[i], tree_int(result, totals[i]));
    if (exchange)
        tree_write(&w, "exchange", exchange);
    jw_name(&w, "member");
    if (member[0] != '\0') {
        jw_object_begin(&w);
        jw_field_text(&w, "id", member);
        jw_object_end(&w);
    } else {
        jw_null(&w);
    }
    jw_name(&w, "notices");
    jw_array_begin(&w);
    jw_array_end(&w);
    tree_write(&w, "result", result);
    tree_write(&w, "lines", lines);
    jw_object_end(&w);
}

enum problem till_write_journalled(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    struct past past;
    char state[PAST_STATE_MAX];
    enum status st = past_find(till, id, &past, err);

    if (st == ST_OK && strcmp(past.type, "sale") != 0) {
        past_clear(&past);
        st = ST_NOT_FOUND;
    }
    if (st != ST_OK) {
        errmsg_set(err, "sale %s", id);
        return PROBLEM_NO_SALE;
    }
    past_state(till, &past, id, state);
    write_from_record(&past, id, state, out);
    past_clear(&past);
    return PROBLEM_NONE;
}
