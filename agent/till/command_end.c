/* SPDX-License-Identifier: Apache-2.0 */
/* Giving a sale up, and printing its receipt again. */
#include "agent/till/command.h"

#include "agent/base/json.h"
#include "agent/till/past.h"

#include <string.h>

enum problem till_void(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                       struct errmsg *err)
{
    struct strbuf record = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&record);
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    const char *reason = "";
    enum problem problem = command_read_body(body, len, &root, err);

    if (problem == PROBLEM_NONE)
        problem = command_find_open(till, id, &sale, err);
    if (problem == PROBLEM_SALE_VOIDED && till_find_sale(till, id)) { /* asked again */
        json_free(root);
        return till_get_sale(till, id, out, err);
    }
    if (problem == PROBLEM_NONE && json_optional(json_text(root, "reason", 200, &reason, err)) != ST_OK)
        problem = PROBLEM_BAD_FIELD;
    /* One that was never tendered, and asked nobody for a coupon, leaves no trace. */
    if (problem == PROBLEM_NONE && (sale->state == SALE_TENDERING || sale->claims.count > 0)) {
        jw_object_begin(&w);
        jw_field_text(&w, "sale_id", sale->id);
        jw_field_text(&w, "reason", reason);
        jw_object_end(&w);
        problem = till_append_command(till, "void", &record, err);
    }
    strbuf_free(&record);
    json_free(root);
    if (problem != PROBLEM_NONE)
        return problem;
    spending_release(till, sale, "void");
    (void)sale_move(sale, SALE_VOID);
    command_note_void(till, sale->id);
    reservations_release(&till->reserved, sale->id);
    if (till->current == sale)
        till->current = NULL;
    till_tell_sale(till, sale);
    return command_answer_sale(till, sale, out);
}

enum problem till_copy(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    struct sale *sale = till_find_sale(till, id);
    struct past past;
    enum status st;

    errmsg_set(err, "sale %s", id);
    if (sale && !sale_is_committed(sale)) {
        errmsg_set(err, "sale %s is %s", id, sale_state_name(sale->state));
        return PROBLEM_NO_SALE;
    }
    if (!sale) { /* of before a restart */
        bool is_sale;

        if (past_find(till, id, &past, NULL) != ST_OK)
            return PROBLEM_NO_SALE;
        is_sale = strcmp(past.type, "sale") == 0;
        past_clear(&past);
        if (!is_sale)
            return PROBLEM_NO_SALE;
    }
    st = sale ? till_print_slip(till, sale, 1, err) : till_print_document(till, id, 1, err);
    if (st != ST_OK)
        return till->options.printer.print ? PROBLEM_PRINTER_FAILED : PROBLEM_PRINTER_NONE;
    return till_get_sale(till, id, out, err);
}
