/* SPDX-License-Identifier: Apache-2.0 */
/* The names a template may use, and what they stand for in a receipt's facts. */
#include "agent/receipt/template_internal.h"

#include "agent/engine/engine.h"
#include "agent/receipt/receipt_words.h"

#include <string.h>

/* In the order of the table. */
enum {
    STORE,
    DETAILS,
    TILL,
    CASHIER,
    TIME,
    NUMBER,
    COPY,
    REFUND,
    GROSS,
    REDUCED,
    DISCOUNT,
    REDEEMED,
    TOTAL,
    CURRENCY,
    CHANGE,
    SAVED,
    LOYALTY,
    MEMBER,
    CARD,
    NOTE,
    QR,
    CAPTION,
    LOGO,
    LINES,
    LINE_NAME,
    LINE_QTY,
    LINE_PRICE,
    LINE_GROSS,
    LINE_SAVED,
    LINE_NET,
    LINE_SINGLE,
    ADJUSTMENTS,
    ADJUSTMENT_TITLE,
    ADJUSTMENT_AMOUNT,
    TENDERS,
    TENDER_TITLE,
    TENDER_AMOUNT,
    POINTS,
    POINTS_NAME,
    POINTS_EARNED,
    POINTS_REDEEMED,
    POINTS_KNOWN,
    POINTS_BALANCE,
    POINTS_AS_OF,
    POINTS_WAITING,
    WAITING_AMOUNT,
    WAITING_FROM,
    MESSAGES,
    MESSAGE,
    REASONS,
    REASON,
    COUPONS,
    COUPON_TITLE,
    COUPON_UNTIL,
    COUPON_CODE,
    OFFERS,
    OFFER_TITLE,
    OFFER_UNTIL,
};

#define VALUE(name, scope, meaning)                                                                                  \
    {                                                                                                                \
        name, scope, false, SCOPE_RECEIPT, meaning                                                                   \
    }
#define LIST(name, scope, items, meaning)                                                                            \
    {                                                                                                                \
        name, scope, true, items, meaning                                                                            \
    }

const struct name_spec template_names[] = {
    VALUE("store", SCOPE_RECEIPT, "the store's name"),
    VALUE("details", SCOPE_RECEIPT, "its address and numbers, over several lines"),
    VALUE("till", SCOPE_RECEIPT, "the till"),
    VALUE("cashier", SCOPE_RECEIPT, "the cashier"),
    VALUE("time", SCOPE_RECEIPT, "when, as shoppers of the language read it"),
    VALUE("number", SCOPE_RECEIPT, "the sale's number"),
    VALUE("copy", SCOPE_RECEIPT, "which copy this is; not there on the original"),
    VALUE("refund", SCOPE_RECEIPT, "there when goods come back"),
    VALUE("gross", SCOPE_RECEIPT, "at shelf prices"),
    VALUE("reduced", SCOPE_RECEIPT, "there when the total is another than at shelf prices"),
    VALUE("discount", SCOPE_RECEIPT, "what promotions took off"),
    VALUE("redeemed", SCOPE_RECEIPT, "what was paid with points"),
    VALUE("total", SCOPE_RECEIPT, "what is to be paid, or given back"),
    VALUE("currency", SCOPE_RECEIPT, "the currency's word"),
    VALUE("change", SCOPE_RECEIPT, "cash given back"),
    VALUE("saved", SCOPE_RECEIPT, "what the shopper saved"),
    VALUE("loyalty", SCOPE_RECEIPT, "there when a card was shown or points moved"),
    VALUE("member", SCOPE_RECEIPT, "the member's display name"),
    VALUE("card", SCOPE_RECEIPT, "the card, masked"),
    VALUE("note", SCOPE_RECEIPT, "that it was worked out without a link"),
    VALUE("qr", SCOPE_RECEIPT, "what a shopper without a card claims the sale by"),
    VALUE("caption", SCOPE_RECEIPT, "what stands above that code"),
    VALUE("logo", SCOPE_RECEIPT, "there when the rules bring a picture of that name"),
    LIST("lines", SCOPE_RECEIPT, SCOPE_LINE, "what was bought"),
    VALUE("line.name", SCOPE_LINE, "the item"),
    VALUE("line.qty", SCOPE_LINE, "how many, or how many kg"),
    VALUE("line.price", SCOPE_LINE, "of one"),
    VALUE("line.gross", SCOPE_LINE, "at the shelf price"),
    VALUE("line.saved", SCOPE_LINE, "what all adjustments took off the line"),
    VALUE("line.net", SCOPE_LINE, "after them"),
    VALUE("line.single", SCOPE_LINE, "there when it is one piece"),
    LIST("line.adjustments", SCOPE_LINE, SCOPE_ADJUSTMENT, "what promotions did to the line"),
    VALUE("adjustment.title", SCOPE_ADJUSTMENT, "the promotion"),
    VALUE("adjustment.amount", SCOPE_ADJUSTMENT, "with its sign"),
    LIST("tenders", SCOPE_RECEIPT, SCOPE_TENDER, "what was paid with"),
    VALUE("tender.title", SCOPE_TENDER, "cash, card"),
    VALUE("tender.amount", SCOPE_TENDER, "how much"),
    LIST("points", SCOPE_RECEIPT, SCOPE_POINTS, "the points currencies"),
    VALUE("points.name", SCOPE_POINTS, "the currency"),
    VALUE("points.earned", SCOPE_POINTS, "with its sign"),
    VALUE("points.redeemed", SCOPE_POINTS, "with its sign"),
    VALUE("points.known", SCOPE_POINTS, "there when the balance is known"),
    VALUE("points.balance", SCOPE_POINTS, "after this sale"),
    VALUE("points.as_of", SCOPE_POINTS, "when the central last told it"),
    LIST("points.waiting", SCOPE_POINTS, SCOPE_WAITING, "points in the balance that may be spent later only"),
    VALUE("waiting.amount", SCOPE_WAITING, "how many"),
    VALUE("waiting.from", SCOPE_WAITING, "the first day they may be spent"),
    LIST("messages", SCOPE_RECEIPT, SCOPE_MESSAGE, "what promotions say on the receipt"),
    VALUE("message", SCOPE_MESSAGE, "the words"),
    LIST("reasons", SCOPE_RECEIPT, SCOPE_REASON, "why something is not as expected"),
    VALUE("reason", SCOPE_REASON, "the words"),
    LIST("coupons", SCOPE_RECEIPT, SCOPE_COUPON, "for the next visit"),
    VALUE("coupon.title", SCOPE_COUPON, "what it gives"),
    VALUE("coupon.until", SCOPE_COUPON, "its last day"),
    VALUE("coupon.code", SCOPE_COUPON, "what is scanned"),
    LIST("offers", SCOPE_RECEIPT, SCOPE_OFFER, "the member's personal offers"),
    VALUE("offer.title", SCOPE_OFFER, "the promotion"),
    VALUE("offer.until", SCOPE_OFFER, "its last day"),
    {0},
};

int template_find_name(const char *name, size_t len)
{
    for (int i = 0; template_names[i].name; i++) {
        if (strlen(template_names[i].name) == len && memcmp(template_names[i].name, name, len) == 0)
            return i;
    }
    return -1;
}

const char *template_name(size_t index, const char **out_meaning)
{
    if (index >= sizeof template_names / sizeof template_names[0] - 1)
        return NULL;
    *out_meaning = template_names[index].meaning;
    return template_names[index].name;
}

static const char *amount(const struct reach *reach, int64_t minor, int digits, char sign,
                          char scratch[VALUE_BYTES_MAX])
{
    scratch[0] = sign;
    money_format((money){minor}, digits, reach->words->decimal_point, scratch + (sign ? 1 : 0));
    return scratch;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

/* 2000 is "2", 532 of a weighed item is "0.532 kg": the zeros that say nothing are left out for pieces only. */
static const char *quantity(const struct reach *reach, const struct receipt_line *line, char scratch[VALUE_BYTES_MAX])
{
    size_t len;

    amount(reach, line->qty_milli, 3, '\0', scratch);
    len = strlen(scratch);
    if (line->by_weight) {
        scratch[len++] = ' ';
        memcpy(scratch + len, reach->words->kilogram, strlen(reach->words->kilogram) + 1); /* one of our words */
        return scratch;
    }
    while (len > 0 && scratch[len - 1] == '0')
        scratch[--len] = '\0';
    if (len > 0 && scratch[len - 1] == reach->words->decimal_point)
        scratch[--len] = '\0';
    return scratch;
}

static const char *there(bool is)
{
    return is ? "1" : "";
}

static const char *of_receipt(const struct reach *reach, int name, char scratch[VALUE_BYTES_MAX])
{
    const struct receipt_facts *facts = reach->facts;
    int digits = facts->minor_digits;

    switch (name) {
    case STORE:
        return text_of(facts->store_name);
    case DETAILS:
        return text_of(facts->store_details);
    case TILL:
        return text_of(facts->till);
    case CASHIER:
        return text_of(facts->cashier);
    case TIME:
        return text_of(facts->local_time);
    case NUMBER:
        return text_of(facts->sale_number);
    case COPY:
        return facts->copy_number > 0 ? amount(reach, facts->copy_number, 0, '\0', scratch) : "";
    case REFUND:
        return there(facts->is_return);
    case GROSS:
        return amount(reach, facts->gross.minor, digits, '\0', scratch);
    case REDUCED:
        return there(facts->gross.minor != facts->total.minor);
    case DISCOUNT:
        return amount(reach, facts->discount.minor, digits, '\0', scratch);
    case REDEEMED:
        return amount(reach, facts->redeemed.minor, digits, '\0', scratch);
    case TOTAL:
        return amount(reach, facts->total.minor, digits, '\0', scratch);
    case CHANGE:
        return amount(reach, facts->change.minor, digits, '\0', scratch);
    case SAVED:
        return amount(reach, facts->saved.minor, digits, '\0', scratch);
    case CURRENCY:
        return text_of(facts->currency);
    case LOYALTY:
        return there(text_of(facts->member_card)[0] || text_of(facts->member_name)[0] || facts->points_count > 0 ||
                     facts->reason_count > 0);
    case MEMBER:
        return text_of(facts->member_name);
    case CARD:
        return text_of(facts->member_card);
    case NOTE:
        return text_of(facts->offline_note);
    case QR:
        return text_of(facts->qr_text);
    case LOGO:
        return there(facts->bundle && bundle_picture(facts->bundle, "logo"));
    default:
        return text_of(facts->qr_caption);
    }
}

static const char *of_line(const struct reach *reach, int name, char scratch[VALUE_BYTES_MAX])
{
    const struct receipt_line *line = &reach->facts->lines[reach->at[SCOPE_LINE]];
    int digits = reach->facts->minor_digits;

    switch (name) {
    case LINE_NAME:
        return text_of(line->name);
    case LINE_QTY:
        return quantity(reach, line, scratch);
    case LINE_PRICE:
        return amount(reach, line->unit_price.minor, digits, '\0', scratch);
    case LINE_GROSS:
        return amount(reach, line->gross.minor, digits, '\0', scratch);
    case LINE_SAVED:
        return amount(reach, line->gross.minor - line->net.minor, digits, '\0', scratch);
    case LINE_NET:
        return amount(reach, line->net.minor, digits, '\0', scratch);
    default:
        return there(line->qty_milli == 1000 && !line->by_weight);
    }
}

static const char *of_points(const struct reach *reach, int name, char scratch[VALUE_BYTES_MAX])
{
    const struct receipt_points *points = &reach->facts->points[reach->at[SCOPE_POINTS]];

    switch (name) {
    case POINTS_NAME:
        return text_of(points->name)[0] ? points->name : reach->words->points;
    case POINTS_EARNED:
        return amount(reach, points->earned, points->digits, points->earned > 0 ? '+' : '\0', scratch);
    case POINTS_REDEEMED:
        return amount(reach, -points->redeemed, points->digits, points->redeemed < 0 ? '+' : '\0', scratch);
    case POINTS_KNOWN:
        return there(points->balance_known);
    case POINTS_BALANCE:
        return amount(reach, points->balance, points->digits, '\0', scratch);
    default:
        return text_of(points->balance_as_of);
    }
}

static const char *of_waiting(const struct reach *reach, int name, char scratch[VALUE_BYTES_MAX])
{
    const struct receipt_points *points = &reach->facts->points[reach->at[SCOPE_POINTS]];
    const struct receipt_waiting *waiting = &points->waiting[reach->at[SCOPE_WAITING]];

    return name == WAITING_FROM ? text_of(waiting->from)
                                : amount(reach, waiting->amount, points->digits, '\0', scratch);
}

const char *template_value(const struct reach *reach, int name, char scratch[VALUE_BYTES_MAX])
{
    const struct receipt_facts *facts = reach->facts;
    const struct receipt_line *line;
    const struct receipt_tender *tender;

    switch (template_names[name].scope) {
    case SCOPE_RECEIPT:
        return of_receipt(reach, name, scratch);
    case SCOPE_LINE:
        return of_line(reach, name, scratch);
    case SCOPE_ADJUSTMENT:
        line = &facts->lines[reach->at[SCOPE_LINE]];
        if (name == ADJUSTMENT_TITLE)
            return text_of(line->adjustments[reach->at[SCOPE_ADJUSTMENT]].title);
        return amount(reach, -line->adjustments[reach->at[SCOPE_ADJUSTMENT]].amount.minor, facts->minor_digits, '\0',
                      scratch);
    case SCOPE_TENDER:
        tender = &facts->tenders[reach->at[SCOPE_TENDER]];
        if (name == TENDER_TITLE)
            return text_of(tender->title)[0] ? tender->title : reach->words->tenders[tender->kind];
        return amount(reach, tender->amount.minor, facts->minor_digits, '\0', scratch);
    case SCOPE_POINTS:
        return of_points(reach, name, scratch);
    case SCOPE_WAITING:
        return of_waiting(reach, name, scratch);
    case SCOPE_MESSAGE:
        return text_of(facts->messages[reach->at[SCOPE_MESSAGE]]);
    case SCOPE_REASON:
        return text_of(facts->reasons[reach->at[SCOPE_REASON]]);
    case SCOPE_COUPON:
        return text_of(name == COUPON_TITLE   ? facts->coupons[reach->at[SCOPE_COUPON]].title
                       : name == COUPON_UNTIL ? facts->coupons[reach->at[SCOPE_COUPON]].valid_until
                                              : facts->coupons[reach->at[SCOPE_COUPON]].code);
    case SCOPE_OFFER:
        return text_of(name == OFFER_TITLE ? facts->offers[reach->at[SCOPE_OFFER]].title
                                           : facts->offers[reach->at[SCOPE_OFFER]].valid_until);
    case SCOPES:
        break;
    }
    return "";
}

/* An amount of nothing is not there. */
static bool is_there(const char *text)
{
    return text[0] != '\0' && strspn(text, "+-0.,") != strlen(text);
}

size_t template_count(const struct reach *reach, int name)
{
    const struct receipt_facts *facts = reach->facts;
    char scratch[VALUE_BYTES_MAX];

    switch (name) {
    case LINES:
        return facts->line_count;
    case ADJUSTMENTS:
        return facts->lines[reach->at[SCOPE_LINE]].adjustment_count;
    case TENDERS:
        return facts->tender_count;
    case POINTS:
        return facts->points_count;
    case POINTS_WAITING:
        return facts->points[reach->at[SCOPE_POINTS]].waiting_count;
    case MESSAGES:
        return facts->message_count;
    case REASONS:
        return facts->reason_count;
    case COUPONS:
        return facts->coupon_count;
    case OFFERS:
        return facts->offer_count;
    default:
        return is_there(template_value(reach, name, scratch));
    }
}
