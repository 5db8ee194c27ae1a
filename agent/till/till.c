/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/db/ballast.h"
#include "agent/db/cache.h"
#include "agent/engine/engine.h"
#include "agent/net/loop.h"
#include "agent/till/exchange.h"
#include "agent/till/projection.h"
#include "agent/till/trust.h"

#include <stdlib.h>
#include <string.h>

enum status till_create(const struct till_options *options, struct till **out_till, struct errmsg *err)
{
    struct till *till = calloc(1, sizeof *till);
    enum status st = ST_NOMEM;

    if (!till) {
        errmsg_set(err, "the till: out of memory");
        return st;
    }
    till->options = *options;
    own_codes_init(&till->own_codes, options->card_prefixes);
    till->projection = calloc(1, sizeof *till->projection);
    if (!till->projection)
        goto out;
    st = engine_create(&till->engine, err);
    if (st == ST_OK) {
        engine_set_verify(till->engine, pk_memo_verify, &till->coupons);
        st = engine_empty_bundle(options->identity->currency[0] ? options->identity->currency : NULL, 2,
                                 &till->no_rules, err);
    }
    if (st == ST_OK)
        st = upkeep_begin(till, err);
    if (st == ST_OK)
        st = till_settle_prints(till, err);
    if (st == ST_OK)
        st = shift_load(till, err);
    if (st == ST_OK)
        st = spending_load(till, err);
    if (st == ST_OK)
        app_codes_load(till);
out:
    if (st != ST_OK) {
        if (err && err->text[0] == '\0')
            errmsg_set(err, "the till: %s", status_text(st));
        till_destroy(till);
        return st;
    }
    screen_welcome(till);
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
    app_codes_clear(&till->app_codes);
    sold_forget_answers(till);
    bundle_destroy(till->no_rules);
    engine_destroy(till->engine);
    loop_timer_destroy(till->upkeep_timer);
    free(till->projection);
    crypto_wipe(&till->waiting, sizeof till->waiting);
    free(till);
}

/* On a disk that is full and has given up its ballast points are earned, not spent. */
static bool may_spend(const struct till *till)
{
    return !till->options.ballast || till->options.ballast->room != ROOM_SHORT;
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

    screen_sale(till, sale);
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

void till_drop_sale(struct till *till, int slot)
{
    struct sale *sale = till->sales[slot];

    if (till->current == sale)
        till->current = NULL;
    if (sale_is_open(sale)) {
        spending_release(till, sale, "void");
        claims_release(till, sale);
    }
    reservations_release(&till->reserved, sale->id);
    sale_destroy(sale);
    till->sales[slot] = NULL;
}

/* A free place; failing that the one of the sale longest ended; -1 when all are in use. A sale whose receipt is being
 * printed ends when the printer has answered; it may leave before, then only the journal hears. */
static int free_slot(struct till *till)
{
    int best = -1;

    till_age_sales(till);
    for (int i = 0; i < TILL_SALES_MAX; i++) {
        const struct sale *sale = till->sales[i];

        if (!sale)
            return i;
        if (!sale_is_open(sale) && (best < 0 || sale->touched_mono_ms < till->sales[best]->touched_mono_ms))
            best = i;
    }
    if (best >= 0)
        till_drop_sale(till, best);
    return best;
}

enum problem till_add_sale(struct till *till, const char *id, struct sale **out_sale)
{
    int slot = free_slot(till);
    int64_t now = clock_mono_ms(till->options.clock);

    if (slot < 0)
        return PROBLEM_TOO_MANY_SALES;
    rulebook_settle(till->options.rulebook);
    till->sales[slot] =
        sale_create(id, rulebook_active(till->options.rulebook), clock_wall_ms(till->options.clock), now);
    if (!till->sales[slot])
        return PROBLEM_TOO_MANY_SALES;
    *out_sale = till->current = till->sales[slot];
    if (till->options.identity->enrolled && rule_edition_version(till->current->edition) == 0)
        sale_notice(till->current, PROBLEM_NO_RULES, NULL);
    if (!till->options.identity->enrolled)
        sale_notice(till->current, PROBLEM_NOT_ENROLLED, NULL);
    return PROBLEM_NONE;
}

/* ---- evaluation ---- */

enum problem till_find_exchange(struct till *till, struct sale *sale, struct errmsg *err)
{
    sale->exchange_refund_minor = 0;
    return sale->basket.exchange[0] == '\0'
               ? PROBLEM_NONE
               : exchange_refund(till, sale->basket.exchange, &sale->exchange_refund_minor, err);
}

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
        .no_spending = !may_spend(till),
        .basket = &sale->basket,
        .spending = &sale->spending,
        .claims = &sale->claims,
        .member = &sale->member,
    };
    enum status st;

    if (!sale->basket.lines)
        return PROBLEM_NONE; /* nothing was put yet */
    spending_judge(till, sale, sale->paying);
    clock_local(trust_wall_ms(rulebook_trust(till->options.rulebook)), &question.at);
    st = evaluation_run(&question, &sale->evaluation, err);
    if (st == ST_INVALID)
        return PROBLEM_BAD_FIELD;
    if (st != ST_OK) {
        errmsg_wrap(err, "sale %s", sale->id);
        return PROBLEM_TOO_LARGE;
    }
    rulebook_tried(till->options.rulebook, sale->edition, !sale->evaluation.shelf_price);
    if (sale->evaluation.shelf_price)
        sale_notice(sale, PROBLEM_EVALUATION, NULL);
    return PROBLEM_NONE;
}
