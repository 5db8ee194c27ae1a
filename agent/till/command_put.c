/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a sale, putting its basket, looking at it. */
#include "agent/till/command.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

enum problem till_open_sale(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err)
{
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    char made[ID_TEXT_BYTES];
    const char *id = made, *cashier = "";
    enum problem problem = command_read_body(body, len, &root, err);
    enum status st;

    if (problem != PROBLEM_NONE)
        return problem;
    id_new(clock_wall_ms(till->options.clock), made);
    st = json_optional(json_text(root, "sale_id", ID_LEN_MAX, &id, err));
    if (st == ST_OK)
        st = json_optional(json_text(root, "cashier", BASKET_TEXT_MAX, &cashier, err));
    if (st != ST_OK || !id_is_valid(id)) {
        errmsg_set(err, "/sale_id: 1 to %d of A-Z a-z 0-9 . _ : -; /cashier: a text", ID_LEN_MAX);
        problem = PROBLEM_BAD_FIELD;
    } else if (till_find_sale(till, id) || command_why_used(till, id) != PROBLEM_NONE) {
        errmsg_set(err, "sale %s", id);
        problem = PROBLEM_SALE_EXISTS;
    } else {
        problem = till_add_sale(till, id, &sale);
    }
    if (problem == PROBLEM_NONE) {
        (void)snprintf(sale->basket.cashier, sizeof sale->basket.cashier, "%s", cashier);
        till_take_waiting_card(till, sale);
        problem = command_answer_sale(till, sale, out);
    }
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
    enum problem problem;

    *out_new = false;
    if (sale && !sale_is_open(sale))
        return command_why_closed(sale);
    if (sale) {
        *out_sale = sale;
        return PROBLEM_NONE;
    }
    if (!id_is_valid(id)) {
        errmsg_set(err, "the sale's id: 1 to %d of A-Z a-z 0-9 . _ : -", ID_LEN_MAX);
        return PROBLEM_BAD_FIELD;
    }
    problem = command_why_used(till, id);
    if (problem != PROBLEM_NONE)
        return problem;
    *out_new = true;
    return till_add_sale(till, id, out_sale);
}

/* Takes a text when it is there; false when it is none, or too long. */
static bool read_text(const cJSON *root, const char *name, size_t len_max, const char **out_text, bool *out_given,
                      struct errmsg *err)
{
    enum status st = json_text(root, name, len_max, out_text, err);

    *out_given = *out_given || st == ST_OK;
    return json_optional(st) == ST_OK;
}

/* Reads "card" or "phone" of the body; *out_given is false when it has neither. */
static enum problem read_identifier(const struct till *till, const cJSON *root, char phone[PHONE_TEXT],
                                    struct shown_identifier *out, bool *out_given, struct errmsg *err)
{
    const char *card = "", *typed = "", *entry = "keyed";
    bool any = false;

    *out_given = false;
    if (!read_text(root, "entry", 16, &entry, &any, err) || !read_text(root, "card", 64, &card, out_given, err) ||
        !read_text(root, "phone", 40, &typed, out_given, err))
        return PROBLEM_BAD_FIELD;
    if (card[0] != '\0' && typed[0] != '\0') {
        errmsg_set(err, "/phone: beside /card; a sale goes by one of them");
        return PROBLEM_BAD_FIELD;
    }
    if (typed[0] != '\0' && !till_read_phone(till, typed, phone)) {
        errmsg_set(err, "/phone: a number with its country's code, such as +7 999 123-45-67");
        return PROBLEM_BAD_FIELD;
    }
    *out = typed[0] != '\0' ? (struct shown_identifier){phone, true, true}
                            : (struct shown_identifier){card, false, strcmp(entry, "scan") != 0};
    return PROBLEM_NONE;
}

/* A card or phone typed by hand, or a card told by the POS that read it. */
static enum problem take_identifier(struct till *till, struct sale *sale, const cJSON *root, struct errmsg *err)
{
    char phone[PHONE_TEXT];
    struct shown_identifier shown;
    uint8_t hash[IDENTITY_HASH_BYTES];
    bool given;
    enum problem problem = read_identifier(till, root, phone, &shown, &given, err);

    if (problem != PROBLEM_NONE || !given)
        return problem;
    if (shown.number[0] == '\0') {
        sale_clear_card(sale);
        return PROBLEM_NONE;
    }
    identity_hash(till->options.identity, shown.phone ? "phone" : "card", shown.number, hash);
    if (!sale->has_card ||
        memcmp(hash, sale->card_hash, sizeof hash) != 0) /* the same basket again changes nothing */
        till_show_identifier(till, sale, &shown);
    crypto_wipe(phone, sizeof phone);
    return PROBLEM_NONE;
}

/* Puts the basket of root into the sale and works it out; on a problem its basket is as it was. */
static enum problem put(struct till *till, struct sale *sale, bool is_new, const cJSON *root, struct errmsg *err)
{
    struct basket before = sale->basket;
    int64_t refund_before_minor = sale->exchange_refund_minor;
    enum problem problem;
    enum status st;

    spending_release(till, sale, "void"); /* also when the basket is refused: the next tender asks anew */
    basket_init(&sale->basket);
    st = basket_read(root, &sale->basket, err);
    if (st == ST_OK)
        st = basket_keep_scanned(root, &before, &sale->basket, err);
    problem = st == ST_OK ? till_find_exchange(till, sale, err) : PROBLEM_BAD_FIELD;
    if (problem == PROBLEM_NONE && is_new)
        till_take_waiting_card(till, sale); /* now that the cashier is known */
    if (problem == PROBLEM_NONE)
        problem = take_identifier(till, sale, root, err);
    if (problem == PROBLEM_NONE)
        problem = till_evaluate(till, sale, err);
    if (problem == PROBLEM_NONE) {
        basket_clear(&before);
    } else {
        basket_clear(&sale->basket);
        sale->basket = before;
        sale->exchange_refund_minor = refund_before_minor;
    }
    return problem;
}

static void drop(struct till *till, const struct sale *sale)
{
    for (int i = 0; i < TILL_SALES_MAX; i++)
        if (till->sales[i] == sale)
            till_drop_sale(till, i);
}

enum problem till_put_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                           struct errmsg *err)
{
    struct cJSON *root = NULL;
    struct sale *sale = NULL;
    struct waiting_card waiting = till->waiting; /* its shown is a view of the till's */
    bool is_new = false;
    enum problem problem = command_read_body(body, len, &root, err);

    if (problem == PROBLEM_NONE)
        problem = sale_to_put(till, id, &sale, &is_new, err);
    if (problem == PROBLEM_NONE) {
        problem = put(till, sale, is_new, root, err);
        if (problem != PROBLEM_NONE && is_new) {
            drop(till, sale);
            till->waiting = waiting; /* it waits for the sale that comes of it */
        }
    }
    crypto_wipe(&waiting, sizeof waiting);
    json_free(root);
    if (problem != PROBLEM_NONE)
        return problem;
    reservations_release(&till->reserved, sale->id);
    (void)sale_move(sale, SALE_PUT);
    sale->touched_mono_ms = clock_mono_ms(till->options.clock);
    till->current = sale;
    till_tell_sale(till, sale);
    return command_answer_sale(till, sale, out);
}

enum problem till_get_sale(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    const struct sale *sale = till_find_sale(till, id);

    return sale ? command_answer_sale(till, sale, out) : till_write_journalled(till, id, out, err);
}
