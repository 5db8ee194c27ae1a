/* SPDX-License-Identifier: Apache-2.0 */
/* Tender and commit: persist, then print, then answer. */
#include "agent/till/command.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/base/money.h"

#include <cjson/cJSON.h>

#include <inttypes.h>

/* Takes the tenders of the request and works the sale out by them; it is in tender on PROBLEM_NONE, with nothing
 * reserved yet. */
static enum problem work_out(struct till *till, struct sale *sale, const cJSON *root, struct errmsg *err)
{
    enum status st;
    enum problem problem;

    if (!basket_has_lines(&sale->basket))
        return PROBLEM_NO_LINES;
    st = json_optional(basket_read_tenders(root, &sale->basket, err));
    if (st != ST_OK)
        return PROBLEM_BAD_FIELD;
    problem = till_find_exchange(till, sale, err);
    sale->paying = true;
    if (problem == PROBLEM_NONE)
        problem = till_evaluate(till, sale, err);
    sale->paying = false;
    if (problem != PROBLEM_NONE)
        return problem;
    (void)sale_move(sale, SALE_TENDER);
    return PROBLEM_NONE;
}

enum problem till_tender(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                         struct errmsg *err)
{
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    enum problem problem = command_read_body(body, len, &root, err);

    if (problem == PROBLEM_NONE)
        problem = command_find_open(till, id, &sale, err);
    if (problem == PROBLEM_NONE)
        problem = work_out(till, sale, root, err);
    json_free(root);
    if (problem != PROBLEM_NONE)
        return problem;
    till_reserve(till, sale);
    sale->touched_mono_ms = clock_mono_ms(till->options.clock);
    till_tell_sale(till, sale);
    return command_answer_sale(till, sale, out);
}

/* What the shopper was shown and what is paid, held against the result. Nothing is changed. */
static enum problem check_payment(const struct sale *sale, const cJSON *root, int64_t *out_shown, bool *out_differs,
                                  struct errmsg *err)
{
    int64_t total = sale->evaluation.total_minor, due = sale_due_minor(sale), tendered = basket_tendered(&sale->basket);
    bool paid = false;
    enum status st;

    *out_shown = total;
    st = json_optional(json_int(root, "expected_total_minor", 0, MONEY_MINOR_MAX, out_shown, err));
    if (st == ST_OK)
        st = json_optional(json_bool(root, "paid", &paid, err));
    if (st != ST_OK)
        return PROBLEM_BAD_FIELD;
    *out_differs = *out_shown != total;
    if (*out_differs && !paid) {
        errmsg_set(err, "shown %" PRId64 ", now %" PRId64, *out_shown, total);
        return PROBLEM_TOTAL_DIFFERS;
    }
    if (tendered > 0 && tendered < due && !paid) {
        errmsg_set(err, "due %" PRId64 ", tendered %" PRId64, due, tendered);
        return PROBLEM_TENDERS_SHORT;
    }
    return PROBLEM_NONE;
}

/* Commits the sale of root; the record is on disk on PROBLEM_NONE. */
static enum problem commit(struct till *till, struct sale *sale, const cJSON *root, struct errmsg *err)
{
    int64_t shown = 0;
    bool differs = false, was_open = sale->state == SALE_OPEN;
    enum problem problem;

    /* Works it out once more: balances and limits may have moved since the tender. */
    problem = work_out(till, sale, root, err);
    if (problem == PROBLEM_NONE)
        problem = check_payment(sale, root, &shown, &differs, err);
    if (problem != PROBLEM_NONE && was_open) { /* a refused commit reserves nothing */
        (void)sale_move(sale, SALE_PUT);
        return problem;
    }
    if (problem == PROBLEM_NONE) {
        if (differs)
            sale_notice(sale, PROBLEM_PAID_DIFFERENCE, NULL);
        problem = till_write_sale(till, sale, shown, differs, err);
    }
    if (problem != PROBLEM_NONE) /* it stays in tender and holds what it will use up */
        till_reserve(till, sale);
    return problem;
}

static void print_original(struct till *till, struct sale *sale)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = till_print_slip(till, sale, 0, &err);

    if (st == ST_NOT_FOUND && !till->options.printer.print) {
        sale_notice(sale, PROBLEM_PRINTER_NONE, NULL);
    } else if (st != ST_OK) {
        log_error("till-02", "receipt could not be made sale=%s: %s", sale->id, err.text);
        sale_notice(sale, PROBLEM_PRINTER_FAILED, err.text);
        (void)sale_move(sale, SALE_NOT_PRINTED);
    }
}

enum problem till_commit(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                         struct errmsg *err)
{
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    enum problem problem = till->stopping ? PROBLEM_JOURNAL_FAILED : command_read_body(body, len, &root, err);

    if (problem == PROBLEM_NONE)
        problem = command_find_open(till, id, &sale, err);
    if (problem == PROBLEM_SALE_COMMITTED) { /* asked again, since the answer was lost: the same answer */
        json_free(root);
        return till_get_sale(till, id, out, err);
    }
    if (problem == PROBLEM_NONE)
        problem = commit(till, sale, root, err);
    json_free(root);
    if (problem != PROBLEM_NONE)
        return problem;
    sale->touched_mono_ms = clock_mono_ms(till->options.clock);
    if (till->current == sale)
        till->current = NULL;
    print_original(till, sale);
    till_tell_sale(till, sale);
    return command_answer_sale(till, sale, out);
}
