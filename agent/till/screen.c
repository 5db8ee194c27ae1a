/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/screen.h"

#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/money.h"
#include "agent/engine/engine.h"
#include "agent/receipt/receipt_words.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

enum { AMOUNT_BYTES = 32, TEXT_BYTES = 160 };

struct words {
    const char *welcome, *hello, *thanks, *voided, *total, *to_pay, *discount, *change, *points, *earned, *goods_back,
        *to_refund;
};

static const struct words *words_of(const struct till *till)
{
    static const struct words english = {"Welcome!", "Hello!", "Thank you!", "Sale cancelled", "TOTAL",  "TO PAY",
                                         "Discount", "Change", "Points",     "Earned",         "Return", "REFUND"};
    static const struct words russian = {"Добро пожаловать!",
                                         "Здравствуйте!",
                                         "Спасибо за покупку!",
                                         "Продажа отменена",
                                         "ИТОГО",
                                         "К ОПЛАТЕ",
                                         "Скидка",
                                         "Сдача",
                                         "Баллы",
                                         "Начислено",
                                         "Возврат",
                                         "К ВОЗВРАТУ"};

    return strcmp(till_language(till), "ru") == 0 ? &russian : &english;
}

/* The screens of one moment, and the texts they borrow. */
struct drawing {
    struct till *till;
    const struct sale *sale;
    const struct bundle *bundle;
    const struct words *words;
    struct cJSON *result; /* NULL: too long to be read for a display, or none */
    struct till_screen screens[TILL_SCREENS_MAX];
    size_t count;
    char amounts[8][AMOUNT_BYTES];
    int amount_count;
};

static char decimal_point(const struct till *till)
{
    return receipt_words(till_language(till))->decimal_point;
}

static const char *amount(struct drawing *d, int64_t value, int digits)
{
    char *text = d->amounts[d->amount_count++];

    money_format((money){value}, digits, decimal_point(d->till), text);
    return text;
}

static const char *price(struct drawing *d, int64_t minor)
{
    return amount(d, minor, bundle_minor_digits(d->bundle));
}

static struct till_screen *add(struct drawing *d)
{
    return &d->screens[d->count++];
}

static void show(struct drawing *d)
{
    const struct till_display *display = &d->till->options.display;

    display->show(display->device, d->screens, d->count);
    json_free(d->result);
}

/* ---- which line was put last ---- */

static uint32_t mark_of(const cJSON *line)
{
    static const char *const texts[] = {"sku", "gtin", "plu", "name"}, *const figures[] = {"qty_milli",
                                                                                           "unit_price_minor"};
    uint32_t mark = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (const char *c = tree_text(line, texts[i]); *c; c++)
            mark = (mark ^ (unsigned char)*c) * 16777619u;
        mark = (mark ^ 0xFF) * 16777619u;
    }
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        for (uint64_t figure = (uint64_t)tree_int(line, figures[i]), k = 0; k < 8; k++)
            mark = (mark ^ (uint32_t)(figure >> (8 * k) & 0xFF)) * 16777619u;
    }
    return mark;
}

static void note_lines(struct screen *screen, const struct sale *sale)
{
    bool same_sale = strcmp(screen->sale_id, sale->id) == 0;
    int count = 0, before = same_sale ? screen->line_count : 0;
    const cJSON *line;

    if (!same_sale) {
        memcpy(screen->sale_id, sale->id, sizeof screen->sale_id);
        screen->line_at = -1;
        screen->had_member = false;
    }
    cJSON_ArrayForEach(line, sale->basket.lines)
    {
        uint32_t mark = count < SCREEN_LINES_MAX ? mark_of(line) : 0;

        if (count >= SCREEN_LINES_MAX || count >= before || screen->lines[count] != mark)
            screen->line_at = count;
        if (count < SCREEN_LINES_MAX)
            screen->lines[count] = mark;
        count++;
    }
    if (count < before)
        screen->line_at = -1; /* one was taken out: the total says it */
    screen->line_count = count;
}

/* ---- the moments ---- */

static void add_total(struct drawing *d, struct till_screen_line *line)
{
    *line = (struct till_screen_line){d->words->total, price(d, d->sale->evaluation.total_minor)};
}

static void add_item(struct drawing *d)
{
    const struct screen *screen = &d->till->screen;
    const cJSON *line = cJSON_GetArrayItem(d->sale->basket.lines, screen->line_at);
    const cJSON *outcome = cJSON_GetArrayItem(tree_child(d->result, "lines"), screen->line_at);
    struct till_screen *one = add(d);
    const char *name = tree_text(line, "name");

    add_total(d, &one->lines[1]);
    if (screen->line_at < 0 || !line)
        return;
    one->lines[0].left = name[0] ? name : tree_text(line, "sku");
    one->lines[0].right = price(d, outcome ? tree_int(outcome, "net_minor") : tree_int(line, "unit_price_minor"));
}

/* What the member has in the first currency, and what this sale brings. */
static bool add_points(struct drawing *d, const char *greeting, bool with_earned)
{
    const char *currency = bundle_currency_count(d->bundle) > 0 ? bundle_currency_id(d->bundle, 0) : NULL;
    struct till_screen *one;
    int64_t balance, earned = 0;
    const cJSON *item;
    int digits;

    if (!currency || !d->sale->member.known)
        return false;
    digits = bundle_currency_digits(d->bundle, 0);
    balance =
        till_member_balance(&d->sale->member, d->till->options.cache, &d->till->reserved, d->sale->id, currency);
    cJSON_ArrayForEach(item, tree_child(d->result, "points"))
    {
        if (strcmp(tree_text(item, "currency"), currency) == 0)
            earned = tree_int(item, "earned");
    }
    one = add(d);
    one->lines[0].left = greeting;
    if (with_earned && earned > 0)
        one->lines[0] = (struct till_screen_line){d->words->earned, amount(d, earned, digits)};
    one->lines[1] = (struct till_screen_line){d->words->points, amount(d, balance, digits)};
    return true;
}

/* A promotion's words for the customer; the display puts them over its two lines. */
static void add_messages(struct drawing *d)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, tree_child(d->result, "messages"))
    {
        const cJSON *text = tree_child(item, "text");
        const char *said = cJSON_IsString(text) ? text->valuestring : tree_text(text, till_language(d->till));

        if (strcmp(tree_text(item, "to"), "customer") == 0 && d->count < TILL_SCREENS_MAX)
            add(d)->lines[0].left = said[0] ? said : tree_text(text, "en");
    }
}

static void draw_open(struct drawing *d)
{
    struct screen *screen = &d->till->screen;
    bool is_new_member = d->sale->member.known && !screen->had_member;
    bool has_lines = screen->line_count > 0;

    if (is_new_member && add_points(d, d->words->hello, false) && !has_lines)
        return;
    if (has_lines)
        add_item(d);
    else if (d->count == 0 && !d->sale->member.known)
        add(d)->lines[0].left = d->words->hello;
    else if (d->count == 0)
        (void)add_points(d, d->words->hello, false);
}

static void draw_tender(struct drawing *d)
{
    struct till_screen *one = add(d);
    int64_t discount = d->sale->evaluation.discount_minor, due = sale_due_minor(d->sale);

    /* In an exchange more may have come back than is bought. */
    one->lines[0] = due < 0 ? (struct till_screen_line){d->words->to_refund, price(d, -due)}
                            : (struct till_screen_line){d->words->to_pay, price(d, due)};
    if (discount > 0)
        one->lines[1] = (struct till_screen_line){d->words->discount, price(d, discount)};
    add_messages(d);
}

static void draw_committed(struct drawing *d)
{
    struct till_screen *one = add(d);
    int64_t change = basket_tendered(&d->sale->basket) - sale_due_minor(d->sale);

    one->lines[0].left = d->words->thanks;
    if (change > 0 && basket_tendered(&d->sale->basket) > 0)
        one->lines[1] = (struct till_screen_line){d->words->change, price(d, change)};
    else
        add_total(d, &one->lines[1]);
    (void)add_points(d, d->words->thanks, true);
    add_messages(d);
}

static void read_result(struct drawing *d)
{
    const struct strbuf *json = &d->sale->evaluation.result_json;

    /* A longer one would hold up the answer, for a line of a display. */
    if (d->sale->evaluation.done && json->len <= TILL_EVENT_RESULT_MAX)
        (void)json_parse(strbuf_text(json), json->len, TILL_EVENT_RESULT_MAX, &d->result, NULL);
}

void screen_sale(struct till *till, const struct sale *sale)
{
    struct drawing d = {
        .till = till, .sale = sale, .bundle = rule_edition_bundle(sale->edition), .words = words_of(till)};
    bool leaves = !sale_is_open(sale);

    if (!till->options.display.show || (sale_is_open(sale) && sale != till->current))
        return;
    /* A print that ends late must not cover the next customer's sale. */
    if (leaves && (till->screen.leaves_mono_ms != 0 || strcmp(till->screen.sale_id, sale->id) != 0))
        return;
    read_result(&d);
    note_lines(&till->screen, sale);
    if (sale->state == SALE_OPEN)
        draw_open(&d);
    else if (sale->state == SALE_TENDERING)
        draw_tender(&d);
    else if (sale_is_committed(sale))
        draw_committed(&d);
    else
        add(&d)->lines[0].left = d.words->voided;
    till->screen.had_member = sale->member.known;
    till->screen.leaves_mono_ms = leaves ? clock_mono_ms(till->options.clock) + SCREEN_THANKS_MS : 0;
    show(&d);
}

/* What the points of the first currency are changed by. */
static void add_points_back(struct drawing *d, const cJSON *result)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, tree_child(result, "points"))
    {
        int64_t change = tree_int(item, "given_back") - tree_int(item, "taken_back");
        struct till_screen *one;

        if (change == 0 || bundle_currency_count(d->bundle) == 0 ||
            strcmp(tree_text(item, "currency"), bundle_currency_id(d->bundle, 0)) != 0)
            continue;
        one = add(d);
        one->lines[0].left = d->words->goods_back;
        one->lines[1] =
            (struct till_screen_line){d->words->points, amount(d, change, bundle_currency_digits(d->bundle, 0))};
        return;
    }
}

void screen_return(struct till *till, const struct cJSON *body, bool is_done)
{
    struct drawing d = {.till = till,
                        .bundle = rule_edition_bundle(rulebook_active(till->options.rulebook)),
                        .words = words_of(till)};
    const cJSON *result = tree_child(body, "result"), *sold = tree_child(body, "sold");
    const char *name = cJSON_GetArraySize(sold) == 1 ? tree_text(sold->child, "name") : "";
    struct till_screen *one;

    if (!till->options.display.show || (till->current && sale_is_open(till->current)))
        return;
    one = add(&d);
    one->lines[0].left = name[0] ? name : d.words->goods_back;
    one->lines[1] = (struct till_screen_line){d.words->to_refund, price(&d, tree_int(result, "refund_minor"))};
    if (is_done)
        add_points_back(&d, result);
    till->screen = (struct screen){.line_at = -1};
    till->screen.leaves_mono_ms = clock_mono_ms(till->options.clock) + (is_done ? SCREEN_THANKS_MS : SCREEN_QUOTE_MS);
    show(&d);
}

void screen_welcome(struct till *till)
{
    const struct till_display *display = &till->options.display;
    const char *own = display->welcome ? display->welcome : "";
    char top[TEXT_BYTES], bottom[TEXT_BYTES];
    size_t cut = strcspn(own, "|");
    struct till_screen one = {{{own[0] ? top : words_of(till)->welcome, NULL},
                               {own[0] ? bottom : till->options.identity->store_name, NULL}}};

    till->screen = (struct screen){.line_at = -1};
    if (!display->show)
        return;
    (void)snprintf(top, sizeof top, "%.*s", (int)cut, own);
    (void)snprintf(bottom, sizeof bottom, "%s", own[cut] ? own + cut + 1 : "");
    display->show(display->device, &one, 1);
}

void screen_tick(struct till *till)
{
    if (till->screen.leaves_mono_ms != 0 && clock_mono_ms(till->options.clock) >= till->screen.leaves_mono_ms)
        screen_welcome(till);
}
