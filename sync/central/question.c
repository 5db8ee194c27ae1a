/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/question.h"

#include <stdio.h>

#include "agent/base/json.h"
#include "sync/central/counting.h"

void verdict_refuse(struct verdict *verdict, const char *reason)
{
    (void)snprintf(verdict->state, sizeof(verdict->state), "refused");
    (void)snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

enum status verdict_find(struct store *store, enum statement statement, const struct store_value *values,
                         size_t count, struct verdict *out_verdict, struct errmsg *err)
{
    struct rows *rows;
    bool found;
    enum status st = store_select(store, statement, values, count, &rows, err);

    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    if (found) {
        (void)snprintf(out_verdict->state, sizeof(out_verdict->state), "%s", rows_text(rows, 0));
        (void)snprintf(out_verdict->reason, sizeof(out_verdict->reason), "%s", rows_text(rows, 1));
    }
    st = rows_end(rows, err);
    return st == ST_OK && !found ? ST_NOT_FOUND : st;
}

static void write_verdict(const struct question *question, const struct question_attempt *attempt,
                          struct answer *answer)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);

    jw_object_begin(&w);
    question->write_name(attempt->asked, &w);
    jw_field_text(&w, "state", attempt->verdict.state);
    if (attempt->verdict.reason[0])
        jw_field_text(&w, "reason", attempt->verdict.reason);
    jw_object_end(&w);
}

void question_answer(const struct question *question, struct question_attempt *attempt, const char *body, size_t len,
                     struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    enum status st = json_parse(body, len, question->body_max, &root, &err);

    if (st == ST_OK)
        st = question->read(root, attempt->asked, &err);
    if (st == ST_OK)
        counting_catch_up(attempt->central, NULL);
    if (st == ST_OK)
        st = store_transact(attempt->central->store, question->decide, attempt, &err);
    if (st == ST_OK)
        write_verdict(question, attempt, answer);
    else
        answer_status(answer, st, &err);
    json_free(root);
}
