/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/slip_internal.h"

#include "agent/base/civil_time.h"
#include "agent/base/money.h"
#include "agent/engine/engine.h"
#include "agent/receipt/bundle_receipts.h"
#include "agent/receipt/template.h"
#include "agent/till/identity.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count_of(const cJSON *object, const char *name)
{
    return cJSON_GetArraySize(tree_child(object, name));
}

void slip_format_day(int32_t day, const char *language, char out_text[SLIP_DATE_MAX])
{
    int year, month, day_of_month;

    civil_from_day(day, &year, &month, &day_of_month);
    (void)snprintf(out_text, SLIP_DATE_MAX, strcmp(language, "ru") == 0 ? "%02d.%02d.%d" : "%02d/%02d/%d",
                   day_of_month, month, year);
}

void slip_format_time(const char *at, const char *language, char out_text[SLIP_TIME_MAX])
{
    struct civil_time time;
    char day[SLIP_DATE_MAX];

    out_text[0] = '\0';
    if (civil_parse_time(at, &time) != ST_OK)
        return;
    slip_format_day(time.day, language, day);
    (void)snprintf(out_text, SLIP_TIME_MAX, "%s %02d:%02d", day, time.second / 3600, time.second / 60 % 60);
}

static const char *item_name(const cJSON *line)
{
    const char *name = tree_text(line, "name");

    return name[0] != '\0' ? name : tree_text(line, "sku");
}

/* Lines of sale and result stand in one order. */
static void fill_line(struct slip_build *b, const cJSON *sold, const cJSON *outcome, struct receipt_line *line,
                      struct receipt_adjustment **next)
{
    const cJSON *item;

    *line = (struct receipt_line){
        .name = item_name(sold),
        .qty_milli = tree_int(sold, "qty_milli"),
        .by_weight = strcmp(tree_text(sold, "sold_by"), "weight") == 0,
        .unit_price = {tree_int(sold, "unit_price_minor")},
        .gross = {tree_int(outcome, "gross_minor")},
        .adjustments = *next,
        .net = {tree_int(outcome, "net_minor")},
    };
    cJSON_ArrayForEach(item, tree_child(outcome, "adjustments"))
    {
        if (line->adjustment_count == RECEIPT_ADJUSTMENTS_MAX)
            break;
        *(*next)++ = (struct receipt_adjustment){
            bundle_title(b->from->bundle, tree_text(item, "promotion"), b->from->language),
            {tree_int(item, "amount_minor")},
        };
        line->adjustment_count++;
    }
}

/* A line of a return: at the shelf price, and what is given back of it. */
static void fill_returned(struct slip_build *b, const cJSON *sold, const cJSON *back, struct receipt_line *line)
{
    int64_t refund = tree_int(back, "refund_minor"), qty = tree_int(back, "qty_milli");

    *line = (struct receipt_line){
        .name = item_name(sold),
        .qty_milli = qty,
        .by_weight = strcmp(tree_text(sold, "sold_by"), "weight") == 0,
        .unit_price = {tree_int(sold, "unit_price_minor")},
        .net = {refund},
    };
    if (money_times_qty(line->unit_price, qty, &line->gross) != ST_OK)
        line->gross = line->net;
    b->facts.gross.minor += refund;
}

static enum status fill_returns(struct slip_build *b)
{
    const cJSON *sold = tree_child(b->body, "sold"), *back, *lines = tree_child(b->result, "lines");
    size_t i = 0;

    sold = sold ? sold->child : NULL;
    b->lines = calloc((size_t)cJSON_GetArraySize(lines) + 1, sizeof *b->lines);
    if (!b->lines)
        return ST_NOMEM;
    cJSON_ArrayForEach(back, lines)
    {
        if (!sold)
            return ST_CORRUPT;
        fill_returned(b, sold, back, &b->lines[i++]);
        sold = sold->next;
    }
    b->facts.lines = b->lines;
    b->facts.line_count = i;
    return ST_OK;
}

static enum status fill_lines(struct slip_build *b)
{
    const cJSON *sold = tree_child(b->sale, "lines") ? tree_child(b->sale, "lines")->child : NULL, *outcome;
    size_t adjustments = 0, count = (size_t)count_of(b->result, "lines"), i = 0;
    struct receipt_adjustment *next;

    cJSON_ArrayForEach(outcome, tree_child(b->result, "lines")) adjustments +=
        (size_t)count_of(outcome, "adjustments");
    b->lines = calloc(count + 1, sizeof *b->lines);
    b->adjustments = calloc(adjustments + 1, sizeof *b->adjustments);
    if (!b->lines || !b->adjustments)
        return ST_NOMEM;
    next = b->adjustments;
    cJSON_ArrayForEach(outcome, tree_child(b->result, "lines"))
    {
        if (!sold)
            return ST_CORRUPT;
        fill_line(b, sold, outcome, &b->lines[i++], &next);
        sold = sold->next;
    }
    b->facts.lines = b->lines;
    b->facts.line_count = count;
    return ST_OK;
}

static enum receipt_tender_kind tender_kind(const char *word)
{
    if (strcmp(word, "cash") == 0)
        return RECEIPT_CASH;
    if (strcmp(word, "card") == 0)
        return RECEIPT_CARD;
    return strcmp(word, "gift_card") == 0 ? RECEIPT_GIFT_CARD : RECEIPT_OTHER_TENDER;
}

/* What came back in the exchange pays first. */
static int64_t fill_exchange(struct slip_build *b)
{
    int64_t refund = tree_int(tree_child(b->body, "exchange"), "refund_minor");

    if (b->facts.is_return || refund == 0)
        return 0;
    b->tenders[b->facts.tender_count++] = (struct receipt_tender){
        RECEIPT_OTHER_TENDER, strcmp(b->from->language, "ru") == 0 ? "Возврат" : "Returned goods", {refund}};
    return refund;
}

static void fill_tenders(struct slip_build *b)
{
    const cJSON *item;
    int64_t sum = fill_exchange(b);

    cJSON_ArrayForEach(item, tree_child(b->body, "tenders"))
    {
        int64_t amount = tree_int(item, "amount_minor");

        if (b->facts.tender_count == RECEIPT_TENDERS_MAX || amount == 0)
            continue;
        b->tenders[b->facts.tender_count++] =
            (struct receipt_tender){tender_kind(tree_text(item, "kind")), NULL, {amount}};
        sum += amount;
    }
    b->facts.tenders = b->tenders;
    if (sum > b->facts.total.minor && !b->facts.is_return)
        b->facts.change.minor = sum - b->facts.total.minor;
}

static const char *currency_word(const char *code, const char *language)
{
    if (strcmp(code, "RUB") == 0)
        return strcmp(language, "ru") == 0 ? "руб." : "RUB";
    return code;
}

static void fill_head(struct slip_build *b)
{
    const struct slip_facts *from = b->from;
    struct receipt_facts *facts = &b->facts;
    const cJSON *head = from->is_return ? b->body : b->sale;

    slip_format_time(tree_text(head, "at"), from->language, b->time_text);
    (void)snprintf(b->number_text, sizeof b->number_text, "%" PRId64, from->sale_number);
    facts->is_return = from->is_return;
    facts->language = from->language;
    facts->store_name = from->identity->store_name;
    facts->till = from->identity->till;
    facts->cashier = tree_text(b->body, "cashier");
    facts->local_time = b->time_text;
    facts->sale_number = b->number_text;
    facts->copy_number = from->copy_number;
    facts->minor_digits = bundle_minor_digits(from->bundle);
    facts->currency = currency_word(bundle_currency(from->bundle), from->language);
    facts->member_name = from->member_display;
    facts->member_card = tree_text(b->body, "card");
    facts->reasons = from->reasons;
    facts->reason_count = from->reason_count;
    facts->offline_note = from->offline_note;
}

static void fill_sale_totals(struct slip_build *b)
{
    struct receipt_facts *facts = &b->facts;

    facts->gross.minor = tree_int(b->result, "gross_minor");
    facts->discount.minor = tree_int(b->result, "discount_minor");
    facts->redeemed.minor = tree_int(b->result, "redeemed_minor");
    facts->total.minor = tree_int(b->result, "total_minor");
    facts->saved = facts->discount;
    (void)snprintf(b->claim_text, sizeof b->claim_text, "loyald:%s", tree_text(b->sale, "sale_id"));
    if (!tree_child(b->body, "identifier")) /* a shopper without a card may claim the sale later */
        facts->qr_text = b->claim_text;
}

static enum status fill(struct slip_build *b)
{
    enum status st;

    b->body = b->from->body;
    b->sale = tree_child(b->body, "sale");
    b->result = tree_child(b->body, "result");
    fill_head(b);
    if (b->from->is_return) {
        st = fill_returns(b);
        b->facts.total.minor = tree_int(b->result, "refund_minor");
        slip_fill_points_back(b);
    } else {
        fill_sale_totals(b);
        st = fill_lines(b);
        slip_fill_points(b);
        slip_fill_messages(b);
        slip_fill_offers(b);
        slip_fill_coupons(b);
    }
    fill_tenders(b);
    return st;
}

/* Money in coins and notes goes into the till or out of it. */
static bool is_in_cash(const struct receipt_facts *facts)
{
    for (size_t i = 0; i < facts->tender_count; i++) {
        if (facts->tenders[i].kind == RECEIPT_CASH)
            return true;
    }
    return false;
}

enum status slip_build(const struct slip_facts *facts, struct page *out_page, struct errmsg *err)
{
    struct slip_build b = {.from = facts};
    struct receipt_template *own = NULL;
    enum status st = fill(&b);

    /* One that does not compile was refused with its bundle; without memory ours serves as well as any. */
    if (st == ST_OK && !facts->template)
        (void)bundle_receipts_compile(facts->bundle, facts->is_return ? "return" : "sale", facts->language, &own,
                                      NULL);
    b.facts.template = own ? own : facts->template;
    b.facts.bundle = facts->bundle;
    if (st == ST_OK)
        st = receipt_build(&b.facts, out_page, err);
    if (st != ST_OK)
        errmsg_wrap(err, "receipt");
    else if (facts->copy_number == 0)
        out_page->in_cash = is_in_cash(&b.facts);
    template_destroy(own);
    free(b.lines);
    free(b.adjustments);
    return st;
}
