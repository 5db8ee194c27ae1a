/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/base/money.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/engine/engine.h"
#include "agent/till/projection.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ABANDONED_MS = 60 * 60 * 1000 }; /* an open sale nobody touched for this long gives its place up */

enum status till_create(const struct till_options *options, struct till **out_till, struct errmsg *err)
{
    struct till *till = calloc(1, sizeof *till);
    enum status st = ST_NOMEM;

    if (!till) {
        errmsg_set(err, "the till: out of memory");
        return st;
    }
    till->options = *options;
    till->projection = calloc(1, sizeof *till->projection);
    if (!till->projection)
        goto out;
    st = engine_create(&till->engine, err);
    if (st == ST_OK)
        st = engine_empty_bundle(options->identity->currency[0] ? options->identity->currency : NULL, 2, &till->no_rules,
                                 err);
    if (st == ST_OK)
        st = projection_catch_up(options->journal, options->cache, err);
    if (st == ST_OK)
        st = till_settle_prints(till, err);
out:
    if (st != ST_OK) {
        if (err && err->text[0] == '\0')
            errmsg_set(err, "the till: %s", status_text(st));
        till_destroy(till);
        return st;
    }
    *out_till = till;
    return ST_OK;
}

void till_destroy(struct till *till)
{
    if (!till)
        return;
    for (int i = 0; i < TILL_SALES_MAX; i++)
        sale_destroy(till->sales[i]);
    reservations_clear(&till->reserved);
    bundle_destroy(till->no_rules);
    engine_destroy(till->engine);
    free(till->projection);
    crypto_wipe(&till->waiting, sizeof till->waiting);
    free(till);
}

const char *till_language(const struct till *till)
{
    const char *given = till->options.identity->language;

    return given[0] != '\0' ? given : till->options.language;
}

bool till_is_idle(const struct till *till)
{
    for (int i = 0; i < TILL_SALES_MAX; i++) {
        if (till->sales[i] && till->sales[i]->state == SALE_TENDERING)
            return false;
    }
    return true;
}

/* ---- telling ---- */

static void tell(struct till *till, const char *name, const struct strbuf *json)
{
    if (strbuf_status(json) == ST_OK)
        till->options.watcher.event(till->options.watcher.watcher, name, json->data, json->len);
}

void till_tell_sale(struct till *till, const struct sale *sale)
{
    struct strbuf json = STRBUF_INIT(TILL_ANSWER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&json);

    if (!till->options.watcher.event)
        return;
    till_write_sale_view(till, sale, TILL_EVENT_RESULT_MAX, &w);
    tell(till, "sale", &json);
    strbuf_free(&json);
}

void till_tell_notice(struct till *till, enum problem problem, const char *detail)
{
    struct strbuf json = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&json);

    if (!till->options.watcher.event)
        return;
    problem_write(&w, problem, till_language(till), detail);
    tell(till, "notice", &json);
    strbuf_free(&json);
}

void till_rules_changed(struct till *till, int64_t version, const char *refused_reason)
{
    struct strbuf json = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&json);

    if (refused_reason)
        till_tell_notice(till, PROBLEM_RULES_REFUSED, refused_reason);
    if (!till->options.watcher.event)
        return;
    jw_object_begin(&w);
    jw_field_int(&w, "version", version);
    jw_object_end(&w);
    tell(till, "rules", &json);
    strbuf_free(&json);
}

/* ---- sales in memory ---- */

struct sale *till_find_sale(struct till *till, const char *id)
{
    for (int i = 0; i < TILL_SALES_MAX; i++) {
        if (till->sales[i] && strcmp(till->sales[i]->id, id) == 0)
            return till->sales[i];
    }
    return NULL;
}

static void drop_sale(struct till *till, int slot)
{
    struct sale *sale = till->sales[slot];

    if (till->current == sale)
        till->current = NULL;
    reservations_release(&till->reserved, sale->id);
    sale_destroy(sale);
    till->sales[slot] = NULL;
}

/* A free place; failing that the one of the sale longest ended, then of one long abandoned; -1 when all are in use. A sale whose receipt
 * is being printed ends when the printer has answered; it may leave before, then only the journal hears. */
static int free_slot(struct till *till)
{
    int64_t now = clock_mono_ms(till->options.clock);
    int best = -1;

    for (int i = 0; i < TILL_SALES_MAX; i++) {
        const struct sale *sale = till->sales[i];

        if (!sale)
            return i;
        if (sale->state == SALE_TENDERING || (sale->state == SALE_OPEN && now - sale->touched_mono_ms < ABANDONED_MS))
            continue;
        if (best < 0 || sale->touched_mono_ms < till->sales[best]->touched_mono_ms)
            best = i;
    }
    if (best >= 0)
        drop_sale(till, best);
    return best;
}

static enum problem add_sale(struct till *till, const char *id, struct sale **out_sale)
{
    int slot = free_slot(till);
    int64_t now = clock_mono_ms(till->options.clock);

    if (slot < 0)
        return PROBLEM_TOO_MANY_SALES;
    rulebook_settle(till->options.rulebook);
    till->sales[slot] = sale_create(id, rulebook_active(till->options.rulebook), clock_wall_ms(till->options.clock), now);
    if (!till->sales[slot])
        return PROBLEM_TOO_MANY_SALES;
    *out_sale = till->current = till->sales[slot];
    if (till->options.identity->enrolled && rule_edition_version(till->current->edition) == 0)
        sale_notice(till->current, PROBLEM_NO_RULES, NULL);
    if (!till->options.identity->enrolled)
        sale_notice(till->current, PROBLEM_NOT_ENROLLED, NULL);
    till_take_waiting_card(till, till->current);
    return PROBLEM_NONE;
}

/* ---- evaluation ---- */

enum problem till_evaluate(struct till *till, struct sale *sale, struct errmsg *err)
{
    struct evaluation_question question = {
        .engine = till->engine,
        .bundle = rule_edition_bundle(sale->edition),
        .no_rules = till->no_rules,
        .identity = till->options.identity,
        .cache = till->options.cache,
        .journal = till->options.journal,
        .reserved = &till->reserved,
        .language = till_language(till),
        .sale_id = sale->id,
        .basket = &sale->basket,
        .member = &sale->member,
    };
    enum status st;

    if (!sale->basket.lines)
        return PROBLEM_NONE; /* nothing was put yet */
    clock_local(clock_wall_ms(till->options.clock), &question.at);
    st = evaluation_run(&question, &sale->evaluation, err);
    if (st == ST_INVALID)
        return PROBLEM_BAD_FIELD;
    if (st != ST_OK) {
        errmsg_wrap(err, "sale %s", sale->id);
        return PROBLEM_TOO_LARGE;
    }
    if (sale->evaluation.shelf_price)
        sale_notice(sale, PROBLEM_EVALUATION, NULL);
    return PROBLEM_NONE;
}

/* ---- commands ---- */

static enum problem read_body(const char *body, size_t len, struct cJSON **out_root, struct errmsg *err)
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

static enum problem answer_sale(const struct till *till, const struct sale *sale, struct strbuf *out)
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

/* Why a sale that is not open cannot be changed. */
static enum problem why_closed(const struct sale *sale)
{
    return sale->state == SALE_VOIDED ? PROBLEM_SALE_VOIDED : PROBLEM_SALE_COMMITTED;
}

enum problem till_open_sale(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err)
{
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    char made[ID_TEXT_BYTES];
    const char *id = made;
    enum problem problem = read_body(body, len, &root, err);
    enum status st;

    if (problem != PROBLEM_NONE)
        return problem;
    id_new(clock_wall_ms(till->options.clock), made);
    st = json_optional(json_text(root, "sale_id", ID_LEN_MAX, &id, err));
    if (st != ST_OK || !id_is_valid(id)) {
        errmsg_set(err, "/sale_id: 1 to %d of A-Z a-z 0-9 . _ : -", ID_LEN_MAX);
        problem = PROBLEM_BAD_FIELD;
    } else if (till_find_sale(till, id) || is_in_journal(till, id)) {
        errmsg_set(err, "sale %s", id);
        problem = PROBLEM_SALE_EXISTS;
    } else {
        problem = add_sale(till, id, &sale);
    }
    if (problem == PROBLEM_NONE)
        problem = answer_sale(till, sale, out);
    if (problem == PROBLEM_NONE)
        till_tell_sale(till, sale);
    json_free(root);
    return problem;
}

/* Finds the open sale to put into, or makes it: a PUT may be the first that is heard of a sale. */
static enum problem sale_to_put(struct till *till, const char *id, struct sale **out_sale, bool *out_new,
                                struct errmsg *err)
{
    struct sale *sale = till_find_sale(till, id);

    *out_new = false;
    if (sale && !sale_is_open(sale))
        return why_closed(sale);
    if (sale) {
        *out_sale = sale;
        return PROBLEM_NONE;
    }
    if (!id_is_valid(id)) {
        errmsg_set(err, "the sale's id: 1 to %d of A-Z a-z 0-9 . _ : -", ID_LEN_MAX);
        return PROBLEM_BAD_FIELD;
    }
    if (is_in_journal(till, id))
        return PROBLEM_SALE_COMMITTED;
    *out_new = true;
    return add_sale(till, id, out_sale);
}

/* A card typed by hand, or told by the POS that read it. */
static enum problem take_identifier(struct till *till, struct sale *sale, const cJSON *root, struct errmsg *err)
{
    const char *number, *entry = "keyed";
    enum status st = json_text(root, "card", 64, &number, err);
    uint8_t hash[IDENTITY_HASH_BYTES];

    if (st == ST_NOT_FOUND)
        return PROBLEM_NONE;
    if (st == ST_OK)
        st = json_optional(json_text(root, "entry", 16, &entry, err));
    if (st != ST_OK)
        return PROBLEM_BAD_FIELD;
    if (number[0] == '\0') {
        sale_clear_card(sale);
        return PROBLEM_NONE;
    }
    identity_hash(till->options.identity, "card", number, hash);
    if (!sale->has_card || memcmp(hash, sale->card_hash, sizeof hash) != 0) /* the same basket again changes nothing */
        till_show_card(till, sale, number, strcmp(entry, "scan") != 0);
    return PROBLEM_NONE;
}

/* Puts the basket of root into the sale and works it out; on a problem the sale is as it was. */
static enum problem put(struct till *till, struct sale *sale, const cJSON *root, struct errmsg *err)
{
    struct basket before = sale->basket;
    enum problem problem;
    enum status st;

    basket_init(&sale->basket);
    st = basket_read(root, &sale->basket, err);
    problem = st == ST_OK ? take_identifier(till, sale, root, err) : PROBLEM_BAD_FIELD;
    if (problem == PROBLEM_NONE)
        problem = till_evaluate(till, sale, err);
    if (problem == PROBLEM_NONE) {
        basket_clear(&before);
    } else {
        basket_clear(&sale->basket);
        sale->basket = before;
    }
    return problem;
}

enum problem till_put_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                           struct errmsg *err)
{
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    bool is_new = false;
    enum problem problem = read_body(body, len, &root, err);

    if (problem != PROBLEM_NONE)
        return problem;
    problem = sale_to_put(till, id, &sale, &is_new, err);
    if (problem == PROBLEM_NONE) {
        problem = put(till, sale, root, err);
        for (int i = 0; problem != PROBLEM_NONE && is_new && i < TILL_SALES_MAX; i++) {
            if (till->sales[i] == sale)
                drop_sale(till, i);
        }
    }
    json_free(root);
    if (problem != PROBLEM_NONE)
        return problem;
    reservations_release(&till->reserved, sale->id);
    (void)sale_move(sale, SALE_PUT);
    sale->touched_mono_ms = clock_mono_ms(till->options.clock);
    till->current = sale;
    till_tell_sale(till, sale);
    return answer_sale(till, sale, out);
}

enum problem till_get_sale(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    const struct sale *sale = till_find_sale(till, id);

    return sale ? answer_sale(till, sale, out) : till_write_journalled(till, id, out, err);
}

/* The open sale a command is for, or why there is none. */
static enum problem find_open(struct till *till, const char *id, struct sale **out_sale, struct errmsg *err)
{
    struct sale *sale = till_find_sale(till, id);

    errmsg_set(err, "sale %s", id);
    if (!sale)
        return is_in_journal(till, id) ? PROBLEM_SALE_COMMITTED : PROBLEM_NO_SALE;
    if (!sale_is_open(sale))
        return why_closed(sale);
    *out_sale = sale;
    return PROBLEM_NONE;
}

/* Takes the tenders of the request and works the sale out by them; it is in tender on PROBLEM_NONE, with nothing reserved yet. */
static enum problem tender(struct till *till, struct sale *sale, const cJSON *root, struct errmsg *err)
{
    enum status st;
    enum problem problem;

    if (!basket_has_lines(&sale->basket))
        return PROBLEM_NO_LINES;
    st = json_optional(basket_read_tenders(root, &sale->basket, err));
    if (st != ST_OK)
        return PROBLEM_BAD_FIELD;
    problem = till_evaluate(till, sale, err);
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
    enum problem problem = read_body(body, len, &root, err);

    if (problem == PROBLEM_NONE)
        problem = find_open(till, id, &sale, err);
    if (problem == PROBLEM_NONE)
        problem = tender(till, sale, root, err);
    json_free(root);
    if (problem != PROBLEM_NONE)
        return problem;
    till_reserve(till, sale);
    sale->touched_mono_ms = clock_mono_ms(till->options.clock);
    till_tell_sale(till, sale);
    return answer_sale(till, sale, out);
}

/* What the shopper was shown and what is paid, held against the result. Nothing is changed. */
static enum problem check_payment(const struct sale *sale, const cJSON *root, int64_t *out_shown, bool *out_differs,
                                  struct errmsg *err)
{
    int64_t total = sale->evaluation.total_minor, tendered = basket_tendered(&sale->basket);
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
    if (tendered > 0 && tendered < total && !paid) {
        errmsg_set(err, "total %" PRId64 ", tendered %" PRId64, total, tendered);
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
    problem = tender(till, sale, root, err);
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
        log_error("till", "receipt could not be made sale=%s: %s", sale->id, err.text);
        sale_notice(sale, PROBLEM_PRINTER_FAILED, err.text);
        (void)sale_move(sale, SALE_NOT_PRINTED);
    }
}

enum problem till_commit(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                         struct errmsg *err)
{
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    enum problem problem = till->stopping ? PROBLEM_JOURNAL_FAILED : read_body(body, len, &root, err);

    if (problem == PROBLEM_NONE)
        problem = find_open(till, id, &sale, err);
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
    return answer_sale(till, sale, out);
}

enum problem till_void(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                       struct errmsg *err)
{
    struct strbuf record = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&record);
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    const char *reason = "";
    enum problem problem = read_body(body, len, &root, err);

    if (problem == PROBLEM_NONE)
        problem = find_open(till, id, &sale, err);
    if (problem == PROBLEM_SALE_VOIDED) { /* asked again */
        json_free(root);
        return till_get_sale(till, id, out, err);
    }
    if (problem == PROBLEM_NONE && json_optional(json_text(root, "reason", 200, &reason, err)) != ST_OK)
        problem = PROBLEM_BAD_FIELD;
    if (problem == PROBLEM_NONE && sale->state == SALE_TENDERING) { /* one that was never tendered leaves no trace */
        jw_object_begin(&w);
        jw_field_text(&w, "sale_id", sale->id);
        jw_field_text(&w, "reason", reason);
        jw_object_end(&w);
        if (till_append(till, "void", record.data, record.len, err) != ST_OK)
            problem = PROBLEM_JOURNAL_FAILED;
    }
    strbuf_free(&record);
    json_free(root);
    if (problem != PROBLEM_NONE)
        return problem;
    (void)sale_move(sale, SALE_VOID);
    reservations_release(&till->reserved, sale->id);
    if (till->current == sale)
        till->current = NULL;
    till_tell_sale(till, sale);
    return answer_sale(till, sale, out);
}

enum problem till_copy(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    struct sale *sale = till_find_sale(till, id);
    struct sale *kept = NULL;
    enum problem problem = PROBLEM_NONE;
    enum status st;

    if (sale && !sale_is_committed(sale)) {
        errmsg_set(err, "sale %s is %s", id, sale_state_name(sale->state));
        return PROBLEM_NO_SALE;
    }
    if (!sale) { /* of before a restart: only its place in the journal is needed */
        kept = sale_create(id, rulebook_active(till->options.rulebook), 0, 0);
        if (!kept || cache_find_sale(till->options.cache, id, &kept->committed_position, err) != ST_OK) {
            sale_destroy(kept);
            errmsg_set(err, "sale %s", id);
            return PROBLEM_NO_SALE;
        }
    }
    st = till_print_slip(till, sale ? sale : kept, 1, err);
    if (st == ST_NOT_FOUND && !till->options.printer.print)
        problem = PROBLEM_PRINTER_NONE;
    else if (st != ST_OK)
        problem = PROBLEM_PRINTER_FAILED;
    sale_destroy(kept);
    return problem == PROBLEM_NONE ? till_get_sale(till, id, out, err) : problem;
}
