/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/shift.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/till/command.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Position at or before the last record of a shift: where a start begins to look. */
#define SHIFT_STATE "shift_from"

/* ---- counting ---- */

static bool counts(const char *type)
{
    return strcmp(type, "sale") == 0 || strcmp(type, "return") == 0 || strcmp(type, "void") == 0;
}

void shift_count(struct till *till, const char *type, const char *body, size_t len)
{
    struct cJSON *tree = NULL;

    if (!till->shift.open || !counts(type))
        return;
    if (json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK)
        tally_add(&till->shift.tally, type, tree);
    json_free(tree);
}

/* Takes a shift's record on, as it was when it was written. */
static void take_record(struct shift *shift, const cJSON *body, int64_t position, int64_t unix_ms)
{
    if (strcmp(tree_text(body, "state"), "open") == 0) {
        *shift = (struct shift){.open = true, .opened_unix_ms = unix_ms, .opened_position = position};
        (void)snprintf(shift->id, sizeof shift->id, "%s", tree_text(body, "shift"));
        (void)snprintf(shift->cashier, sizeof shift->cashier, "%s", tree_text(body, "cashier"));
    } else {
        shift->open = false;
        shift->closed_unix_ms = unix_ms;
    }
}

static bool load_entry(void *context, const struct journal_entry *entry)
{
    struct shift *shift = context;
    bool is_shift = strcmp(entry->type, "shift") == 0;
    struct record_head head;
    struct cJSON *tree = NULL;
    const char *body;
    size_t len;

    if (!is_shift && !(shift->open && counts(entry->type)))
        return true;
    if (record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) == ST_OK &&
        json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK) {
        if (is_shift)
            take_record(shift, tree, entry->position, (int64_t)(head.hlc >> 16));
        else
            tally_add(&shift->tally, entry->type, tree);
    }
    json_free(tree);
    return true;
}

enum status shift_load(struct till *till, struct errmsg *err)
{
    char *text = NULL;
    size_t len;
    int64_t from = 1;

    if (journal_get_state(till->options.journal, SHIFT_STATE, &text, &len, NULL) == ST_OK)
        from = strtoll(text, NULL, 10);
    free(text);
    return journal_each(till->options.journal, from > 0 ? from : 1, load_entry, &till->shift, err);
}

/* ---- the commands ---- */

static void write_shift(const struct shift *shift, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_text(w, "shift", shift->id);
    jw_field_text(w, "state", shift->open ? "open" : "closed");
    jw_field_text(w, "cashier", shift->cashier);
    jw_field_int(w, "opened_unix_ms", shift->opened_unix_ms);
    if (!shift->open)
        jw_field_int(w, "closed_unix_ms", shift->closed_unix_ms);
    jw_name(w, "totals");
    jw_object_begin(w);
    tally_write(&shift->tally, w);
    jw_object_end(w);
    jw_object_end(w);
}

static enum problem answer_shift(const struct till *till, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    write_shift(&till->shift, &w);
    return strbuf_status(out) == ST_OK ? PROBLEM_NONE : PROBLEM_TOO_LARGE;
}

enum problem till_get_shift(struct till *till, struct strbuf *out, struct errmsg *err)
{
    if (till->shift.id[0] != '\0')
        return answer_shift(till, out);
    errmsg_set(err, "no shift was ever opened here");
    return PROBLEM_NO_SHIFT;
}

struct shift_request {
    struct cJSON *root;
    const char *id, *state, *cashier;
    char made[ID_TEXT_BYTES];
};

static enum problem read_request(struct till *till, const char *body, size_t len, struct shift_request *out,
                                 struct errmsg *err)
{
    enum problem problem = command_read_body(body, len, &out->root, err);
    enum status st;

    if (problem != PROBLEM_NONE)
        return problem;
    id_new(clock_wall_ms(till->options.clock), out->made);
    out->id = "";
    out->cashier = "";
    st = json_text(out->root, "state", 8, &out->state, err);
    if (st == ST_OK)
        st = json_optional(json_text(out->root, "shift", ID_LEN_MAX, &out->id, err));
    if (st == ST_OK)
        st = json_optional(json_text(out->root, "cashier", BASKET_TEXT_MAX, &out->cashier, err));
    if (st == ST_OK && strcmp(out->state, "open") != 0 && strcmp(out->state, "close") != 0)
        st = ST_INVALID;
    if (st != ST_OK || (out->id[0] != '\0' && !id_is_valid(out->id))) {
        errmsg_set(err, "/state: open or close; /shift: 1 to %d of A-Z a-z 0-9 . _ : -; /cashier: a text",
                   ID_LEN_MAX);
        return PROBLEM_BAD_FIELD;
    }
    return PROBLEM_NONE;
}

static void write_record(struct till *till, const struct shift_request *request, bool opens, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    struct civil_time now;
    char date[11];

    clock_local(clock_wall_ms(till->options.clock), &now);
    civil_format_date(now.day, date);
    jw_object_begin(&w);
    jw_field_text(&w, "shift", opens ? request->id : till->shift.id);
    jw_field_text(&w, "state", opens ? "open" : "close");
    jw_field_text(&w, "cashier", opens || request->cashier[0] != '\0' ? request->cashier : till->shift.cashier);
    jw_field_text(&w, "business_date", date);
    if (!opens) {
        jw_name(&w, "totals");
        jw_object_begin(&w);
        tally_write(&till->shift.tally, &w);
        jw_object_end(&w);
    }
    jw_object_end(&w);
}

/* What is lost by a power cut here costs the next start a longer look, nothing else. */
static void keep_place(struct till *till, int64_t position)
{
    struct errmsg err = ERRMSG_INIT;
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, position);
    if (journal_put_state(till->options.journal, SHIFT_STATE, text, strlen(text), &err) != ST_OK)
        log_warn("till-18", "where the shift began is not kept: %s", err.text);
}

static enum problem turn(struct till *till, const struct shift_request *request, bool opens, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(64 * 1024);
    struct journal_head head;
    struct cJSON *tree = NULL;
    enum problem problem;

    write_record(till, request, opens, &body);
    problem = till_append_command(till, "shift", &body, err);
    if (problem == PROBLEM_NONE && json_parse(body.data, body.len, body.len, &tree, err) == ST_OK) {
        journal_head(till->options.journal, &head);
        take_record(&till->shift, tree, head.position, clock_wall_ms(till->options.clock));
        keep_place(till, till->shift.opened_position);
    }
    json_free(tree);
    strbuf_free(&body);
    return problem;
}

/* Asked again, since the answer was lost: the shift is as was asked. */
static bool is_so(const struct shift *shift, const struct shift_request *request, bool opens)
{
    return shift->open == opens && request->id[0] != '\0' && strcmp(shift->id, request->id) == 0;
}

static enum problem check(const struct shift *shift, const struct shift_request *request, bool opens,
                          struct errmsg *err)
{
    errmsg_set(err, "shift %s", shift->id);
    if (opens && shift->open)
        return PROBLEM_SHIFT_OPEN;
    if (opens && strcmp(shift->id, request->id) == 0)
        return PROBLEM_SHIFT_OPEN; /* closed already: the next one is another */
    if (!opens && (!shift->open || (request->id[0] != '\0' && strcmp(shift->id, request->id) != 0)))
        return PROBLEM_NO_SHIFT;
    return PROBLEM_NONE;
}

enum problem till_turn_shift(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err)
{
    struct shift_request request = {.root = NULL};
    enum problem problem = till->stopping ? PROBLEM_JOURNAL_FAILED : read_request(till, body, len, &request, err);
    bool opens = problem == PROBLEM_NONE && strcmp(request.state, "open") == 0;

    if (problem == PROBLEM_NONE && !is_so(&till->shift, &request, opens)) {
        if (opens && request.id[0] == '\0')
            request.id = request.made;
        problem = check(&till->shift, &request, opens, err);
        if (problem == PROBLEM_NONE)
            problem = turn(till, &request, opens, err);
    }
    json_free(request.root);
    return problem == PROBLEM_NONE ? answer_shift(till, out) : problem;
}
