/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/receipt.h"

#include "agent/base/utf8.h"
#include "agent/receipt/receipt_words.h"

#include <stdlib.h>
#include <string.h>

/* A word of ours and one text given. */
enum { SCRATCH_BYTES_MAX = 2 * PAGE_ROW_TEXT_BYTES_MAX, AMOUNT_BYTES = 48 };

struct build {
    const struct receipt_facts *facts;
    const struct receipt_words *words;
    struct page *page;
    struct strbuf scratch;
    enum status st; /* of the scratch */
    struct errmsg *err;
};

static const struct page_style plain = {.align = PAGE_LEFT};
static const struct page_style detail = {.align = PAGE_LEFT, .indent = 2};
static const struct page_style bold = {.align = PAGE_LEFT, .bold = true};
static const struct page_style centre = {.align = PAGE_CENTRE};
static const struct page_style centre_bold = {.align = PAGE_CENTRE, .bold = true};
static const struct page_style heading = {
    .align = PAGE_CENTRE, .bold = true, .double_width = true, .double_height = true};
static const struct page_style grand = {
    .align = PAGE_LEFT, .bold = true, .double_width = true, .double_height = true};

static bool given(const char *text)
{
    return text && text[0];
}

/* Returns a view, until the next call, of "first second"; what is longer than a row of the page is cut. */
static const char *join(struct build *build, const char *first, const char *second)
{
    strbuf_clear(&build->scratch);
    strbuf_puts(&build->scratch, first);
    if (given(second)) {
        strbuf_putc(&build->scratch, ' ');
        strbuf_add(&build->scratch, second, utf8_cut(second, strlen(second), PAGE_ROW_TEXT_BYTES_MAX));
    }
    if (strbuf_status(&build->scratch) != ST_OK)
        build->st = strbuf_status(&build->scratch);
    return strbuf_text(&build->scratch);
}

/* "word value" when there is a value, else nothing. */
static const char *labelled(struct build *build, const char *word, const char *value)
{
    return given(value) ? join(build, word, value) : "";
}

static void amount_text(const struct build *build, int64_t minor, int digits, char out[AMOUNT_BYTES])
{
    money_format((money){minor}, digits, build->words->decimal_point, out);
}

static void put_amount_row(struct build *build, struct page_style style, const char *title, int64_t minor)
{
    char amount[AMOUNT_BYTES];

    amount_text(build, minor, build->facts->minor_digits, amount);
    page_add_columns(build->page, style, PAGE_WRAP, title, amount);
}

/* 2000 is "2", 532 of a weighed item is "0.532": the zeros that say nothing are left out for pieces only. */
static void quantity_text(const struct build *build, const struct receipt_line *line, char out[AMOUNT_BYTES])
{
    size_t len;

    amount_text(build, line->qty_milli, 3, out);
    if (line->by_weight)
        return;
    len = strlen(out);
    while (len > 0 && out[len - 1] == '0')
        out[--len] = '\0';
    if (len > 0 && out[len - 1] == build->words->decimal_point)
        out[--len] = '\0';
}

static void put_copy_mark(struct build *build)
{
    char number[AMOUNT_BYTES];

    if (build->facts->copy_number <= 0)
        return;
    amount_text(build, build->facts->copy_number, 0, number);
    page_add_text(build->page, heading, join(build, build->words->copy, number));
}

static void put_heading(struct build *build)
{
    const struct receipt_facts *facts = build->facts;

    put_copy_mark(build);
    if (given(facts->store_name))
        page_add_text(build->page, heading, facts->store_name);
    if (given(facts->store_details))
        page_add_text(build->page, centre, facts->store_details);
    page_add_feed(build->page, 1);
    if (facts->is_return)
        page_add_text(build->page, centre_bold, build->words->return_of);
    page_add_columns(build->page, plain, PAGE_WRAP, labelled(build, build->words->sale, facts->sale_number),
                     facts->local_time);
    page_add_columns(build->page, plain, PAGE_WRAP, labelled(build, build->words->till, facts->till), facts->cashier);
    page_add_rule(build->page);
}

static void put_line(struct build *build, const struct receipt_line *line)
{
    char qty[AMOUNT_BYTES], unit[AMOUNT_BYTES];

    if (line->qty_milli == 1000 && !line->by_weight) {
        put_amount_row(build, plain, line->name, line->gross.minor);
    } else {
        quantity_text(build, line, qty);
        amount_text(build, line->unit_price.minor, build->facts->minor_digits, unit);
        page_add_text(build->page, plain, line->name);
        strbuf_clear(&build->scratch);
        strbuf_printf(&build->scratch, "%s%s%s x %s", qty, line->by_weight ? " " : "",
                      line->by_weight ? build->words->kilogram : "", unit);
        put_amount_row(build, detail, strbuf_text(&build->scratch), line->gross.minor);
    }
    for (size_t i = 0; i < line->adjustment_count; i++)
        put_amount_row(build, detail, line->adjustments[i].title, -line->adjustments[i].amount.minor);
    if (line->adjustment_count > 0)
        put_amount_row(build, detail, build->words->net, line->net.minor);
}

static void put_totals(struct build *build)
{
    const struct receipt_facts *facts = build->facts;
    char amount[AMOUNT_BYTES];

    page_add_rule(build->page);
    if (facts->gross.minor != facts->total.minor)
        put_amount_row(build, plain, build->words->subtotal, facts->gross.minor);
    if (facts->discount.minor != 0)
        put_amount_row(build, plain, build->words->discount, -facts->discount.minor);
    if (facts->redeemed.minor != 0)
        put_amount_row(build, plain, build->words->paid_with_points, -facts->redeemed.minor);
    amount_text(build, facts->total.minor, facts->minor_digits, amount);
    page_add_columns(build->page, grand, PAGE_WRAP,
                     facts->is_return ? build->words->refund_total : build->words->total,
                     join(build, amount, facts->currency));
    for (size_t i = 0; i < facts->tender_count; i++) {
        const struct receipt_tender *tender = &facts->tenders[i];

        put_amount_row(build, plain, given(tender->title) ? tender->title : build->words->tenders[tender->kind],
                       tender->amount.minor);
    }
    if (facts->change.minor != 0)
        put_amount_row(build, plain, build->words->change, facts->change.minor);
}

static void put_points_row(struct build *build, const char *word, int64_t value, int digits, char sign)
{
    char shown[AMOUNT_BYTES + 1];

    shown[0] = sign;
    amount_text(build, value, digits, shown + (sign ? 1 : 0));
    page_add_columns(build->page, detail, PAGE_WRAP, word, shown);
}

static void put_points(struct build *build, const struct receipt_points *points)
{
    const struct receipt_words *words = build->words;

    page_add_text(build->page, plain, given(points->name) ? points->name : words->points);
    if (points->earned != 0)
        put_points_row(build, words->earned, points->earned, points->digits, points->earned > 0 ? '+' : '\0');
    if (points->redeemed != 0)
        put_points_row(build, words->redeemed, -points->redeemed, points->digits, '\0');
    if (!points->balance_known) {
        page_add_text(build->page, detail, words->balance_unknown);
        return;
    }
    put_points_row(build, words->balance, points->balance, points->digits, '\0');
    if (given(points->balance_as_of))
        page_add_text(build->page, detail, join(build, words->balance_as_of, points->balance_as_of));
}

static void put_member(struct build *build)
{
    const struct receipt_facts *facts = build->facts;

    if (!given(facts->member_card) && !given(facts->member_name) && facts->points_count == 0 &&
        facts->reason_count == 0)
        return;
    page_add_rule(build->page);
    if (given(facts->member_name))
        page_add_text(build->page, bold, facts->member_name);
    if (given(facts->member_card))
        page_add_columns(build->page, plain, PAGE_WRAP, build->words->card, facts->member_card);
    for (size_t i = 0; i < facts->points_count; i++)
        put_points(build, &facts->points[i]);
    for (size_t i = 0; i < facts->reason_count; i++)
        page_add_text(build->page, plain, facts->reasons[i]);
}

static void put_messages(struct build *build)
{
    const struct receipt_facts *facts = build->facts;
    char amount[AMOUNT_BYTES];

    if (facts->saved.minor > 0) {
        amount_text(build, facts->saved.minor, facts->minor_digits, amount);
        page_add_rule(build->page);
        (void)join(build, build->words->saved, amount);
        if (given(facts->currency))
            strbuf_printf(&build->scratch, " %s", facts->currency);
        page_add_text(build->page, centre_bold, strbuf_text(&build->scratch));
    }
    if (facts->message_count > 0)
        page_add_rule(build->page);
    for (size_t i = 0; i < facts->message_count; i++)
        page_add_text(build->page, centre, facts->messages[i]);
    if (given(facts->offline_note))
        page_add_text(build->page, centre, facts->offline_note);
}

static enum status put_coupon(struct build *build, const struct receipt_coupon *coupon)
{
    enum status st;

    page_add_rule(build->page);
    page_add_text(build->page, centre_bold, build->words->coupon);
    page_add_text(build->page, centre, coupon->title);
    if (given(coupon->valid_until))
        page_add_text(build->page, centre, labelled(build, build->words->valid_until, coupon->valid_until));
    st = page_add_barcode(build->page, coupon->symbology, coupon->code, build->err);
    if (st != ST_OK)
        errmsg_wrap(build->err, "coupon \"%s\"", coupon->title ? coupon->title : "");
    return st;
}

static enum status put_codes(struct build *build)
{
    const struct receipt_facts *facts = build->facts;
    enum status st = ST_OK;

    for (size_t i = 0; i < facts->coupon_count && st == ST_OK; i++)
        st = put_coupon(build, &facts->coupons[i]);
    if (st == ST_OK && given(facts->qr_text)) {
        page_add_rule(build->page);
        page_add_text(build->page, centre, given(facts->qr_caption) ? facts->qr_caption : build->words->claim);
        st = page_add_qr(build->page, facts->qr_text, build->err);
    }
    return st;
}

static enum status count_check(const char *what, size_t count, size_t count_max, struct errmsg *err)
{
    if (count <= count_max)
        return ST_OK;
    errmsg_set(err, "%zu %s, a receipt takes %zu", count, what, count_max);
    return ST_FULL;
}

static enum status facts_check(const struct receipt_facts *facts, struct errmsg *err)
{
    enum status st = count_check("lines", facts->line_count, RECEIPT_LINES_MAX, err);

    for (size_t i = 0; st == ST_OK && i < facts->line_count; i++)
        st = count_check("adjustments on a line", facts->lines[i].adjustment_count, RECEIPT_ADJUSTMENTS_MAX, err);
    if (st == ST_OK)
        st = count_check("tenders", facts->tender_count, RECEIPT_TENDERS_MAX, err);
    if (st == ST_OK)
        st = count_check("points currencies", facts->points_count, RECEIPT_POINTS_MAX, err);
    if (st == ST_OK)
        st = count_check("messages", facts->message_count, RECEIPT_MESSAGES_MAX, err);
    if (st == ST_OK)
        st = count_check("reasons", facts->reason_count, RECEIPT_MESSAGES_MAX, err);
    if (st == ST_OK)
        st = count_check("coupons", facts->coupon_count, RECEIPT_COUPONS_MAX, err);
    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < facts->points_count; i++) {
        if (facts->points[i].digits < 0 || facts->points[i].digits > RECEIPT_DIGITS_MAX)
            st = ST_RANGE;
    }
    if (facts->minor_digits < 0 || facts->minor_digits > RECEIPT_DIGITS_MAX)
        st = ST_RANGE;
    if (st != ST_OK)
        errmsg_set(err, "digits of an amount are not 0 to %d", RECEIPT_DIGITS_MAX);
    return st;
}

enum status receipt_build(const struct receipt_facts *facts, struct page *out_page, struct errmsg *err)
{
    struct build build = {
        .facts = facts,
        .words = receipt_words(facts->language),
        .page = out_page,
        .scratch = STRBUF_INIT(SCRATCH_BYTES_MAX),
        .err = err,
    };
    enum status st = facts_check(facts, err);

    if (st != ST_OK)
        goto out;
    put_heading(&build);
    for (size_t i = 0; i < facts->line_count; i++)
        put_line(&build, &facts->lines[i]);
    put_totals(&build);
    put_member(&build);
    put_messages(&build);
    st = put_codes(&build);
    put_copy_mark(&build);
    page_add_cut(out_page);
    if (st == ST_OK && build.st != ST_OK) {
        st = build.st;
        errmsg_set(err, "%s", status_text(st));
    }
    if (st == ST_OK && page_status(out_page) != ST_OK) {
        st = page_status(out_page);
        errmsg_set(err, "%s", st == ST_FULL ? "more rows or text than a page holds" : status_text(st));
    }
out:
    strbuf_free(&build.scratch);
    if (st != ST_OK)
        errmsg_wrap(err, "receipt of sale %s", given(facts->sale_number) ? facts->sale_number : "?");
    return st;
}
