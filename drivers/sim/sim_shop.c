/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_shop.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES_MAX = 128, BODY_BYTES_MAX = 512 * 1024, SMALL_BYTES_MAX = 1024 };

bool shop_is_stopped(const struct shop *shop)
{
    struct pollfd fd = {.fd = shop->stop_fd, .events = POLLIN};

    return poll(&fd, 1, 0) > 0;
}

/* ---- calls ---- */

/* What a refusal means for the POS. A till that was started anew does not know an open sale: it is put again. */
static enum shop_outcome judge(const char *name, int status)
{
    static const char *const again[] = {"no_sale", "total_differs", "busy", "journal_failed", "disk_full"};

    if (strcmp(name, "sale_committed") == 0)
        return SHOP_COMMITTED;
    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++)
        if (strcmp(name, again[i]) == 0)
            return SHOP_AGAIN;
    return status >= 500 ? SHOP_AGAIN : SHOP_GIVE_UP;
}

static enum shop_outcome refused(struct shop *shop, const char *method, const char *path,
                                 const struct sim_answer *answer)
{
    struct cJSON *tree = NULL;
    const char *name = "not_json", *detail = "";
    enum shop_outcome outcome;

    if (json_parse(strbuf_text(&answer->body), answer->body.len, SIM_CLIENT_BODY_MAX, &tree, NULL) == ST_OK) {
        (void)json_text(tree, "name", SHOP_NAME_BYTES - 1, &name, NULL);
        (void)json_text(tree, "detail", SIM_CLIENT_BODY_MAX, &detail, NULL);
    }
    outcome = judge(name, answer->status);
    if (outcome != SHOP_COMMITTED)
        shop_count_problem(&shop->report, name);
    if (outcome == SHOP_GIVE_UP)
        (void)fprintf(stderr, "loyal-sim shop: %s %s: %d %s %s\n", method, path, answer->status, name, detail);
    json_free(tree);
    return outcome;
}

enum shop_outcome shop_call(struct shop *shop, const char *method, const char *id, const char *part, const char *body,
                            const struct sim_answer **out_answer)
{
    char path[PATH_BYTES_MAX];
    enum status st;

    (void)snprintf(path, sizeof path, "/v1/sales%s%s%s", id[0] ? "/" : "", id, part);
    st = sim_client_call(shop->client, method, path, body, out_answer, NULL);
    if (st == ST_OFFLINE || st == ST_TIMEOUT) {
        shop_count_problem(&shop->report, st == ST_OFFLINE ? "till_away" : "till_slow");
        return SHOP_AGAIN;
    }
    if (st != ST_OK)
        return SHOP_GIVE_UP;
    return (*out_answer)->status / 100 == 2 ? SHOP_DONE : refused(shop, method, path, *out_answer);
}

static void write_line(struct json_writer *w, int number, const struct sim_line *line)
{
    jw_object_begin(w);
    jw_field_int(w, "line", number);
    jw_field_text(w, "sku", line->sku);
    if (line->gtin[0] != '\0')
        jw_field_text(w, "gtin", line->gtin);
    if (line->name[0] != '\0')
        jw_field_text(w, "name", line->name);
    jw_field_int(w, "qty_milli", line->qty_milli);
    jw_field_int(w, "unit_price_minor", line->unit_price_minor);
    if (line->amount_minor >= 0)
        jw_field_int(w, "amount_minor", line->amount_minor);
    if (line->category[0] != '\0')
        jw_field_text(w, "category", line->category);
    if (line->brand[0] != '\0')
        jw_field_text(w, "brand", line->brand);
    if (line->weighed)
        jw_field_text(w, "sold_by", "weight");
    jw_object_end(w);
}

void shop_write_basket(const struct shop_sale *sale, int line_count, struct strbuf *out)
{
    static const struct sim_line unknown = {
        .sku = "NOBODY-KNOWS", .qty_milli = 1000, .unit_price_minor = 9900, .amount_minor = -1};
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_name(&w, "lines");
    jw_array_begin(&w);
    for (int i = 0; i < line_count; i++)
        write_line(&w, i + 1, &sale->basket->lines[i]);
    if (sale->unknown_item)
        write_line(&w, line_count + 1, &unknown);
    jw_array_end(&w);
    if (sale->keyed)
        jw_field_text(&w, "card", sale->basket->card);
    if (sale->redeem) {
        jw_name(&w, "redeem");
        jw_object_begin(&w);
        jw_field_text(&w, "bonus", "max");
        jw_object_end(&w);
    }
    jw_object_end(&w);
}

static enum shop_outcome take_total(struct shop_sale *sale, const struct sim_answer *answer)
{
    struct cJSON *tree = NULL;
    enum status st = json_parse(strbuf_text(&answer->body), answer->body.len, SIM_CLIENT_BODY_MAX, &tree, NULL);

    if (st == ST_OK)
        st = json_int(tree, "total_minor", 0, JSON_INT_MAX, &sale->total_minor, NULL);
    json_free(tree);
    return st == ST_OK ? SHOP_DONE : SHOP_GIVE_UP;
}

/* ---- steps of a sale ---- */

static enum shop_outcome open_sale(struct shop *shop, const struct shop_sale *sale)
{
    struct strbuf body = STRBUF_INIT(SMALL_BYTES_MAX);
    const struct sim_answer *answer;
    enum shop_outcome outcome;

    strbuf_printf(&body, "{\"sale_id\":\"%s\"}", sale->id);
    outcome = shop_call(shop, "POST", "", "", strbuf_text(&body), &answer);
    strbuf_free(&body);
    return outcome;
}

static enum shop_outcome put_lines(struct shop *shop, struct shop_sale *sale, int line_count, int64_t *out_at_ns)
{
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);
    const struct sim_answer *answer;
    enum shop_outcome outcome;

    shop_write_basket(sale, line_count, &body);
    outcome = shop_call(shop, "PUT", sale->id, "", strbuf_text(&body), &answer);
    strbuf_free(&body);
    if (outcome != SHOP_DONE)
        return outcome;
    if (out_at_ns)
        *out_at_ns = answer->at_ns;
    return take_total(sale, answer);
}

static bool scan(struct shop *shop, const char *code, int64_t *out_ns)
{
    char command[64];

    (void)snprintf(command, sizeof command, "scan %s", code);
    if (sim_hand_do(&shop->scanner, shop->client, command, out_ns, NULL) == ST_OK)
        return true;
    shop_count_problem(&shop->report, "scanner_away");
    return false;
}

/* Holds the card before the scanner; when the till does not see it, again, and at last types it in. */
static void show_card(struct shop *shop, struct shop_sale *sale)
{
    int64_t scanned_ns;

    for (int i = 0; i < SHOP_SCAN_TRIES && !shop_is_stopped(shop); i++) {
        shop->watch.card_ns = 0;
        if (!scan(shop, sale->basket->card, &scanned_ns))
            break;
        if (!shop_wait(shop, shop_has_card, SHOP_EVENT_WAIT_MS))
            continue;
        shop_add_time(&shop->report.card, shop->watch.card_ns - scanned_ns);
        (void)shop_wait(shop, shop_card_settled, SHOP_CENTRAL_WAIT_MS); /* unsettled: the sale goes on all the same */
        return;
    }
    sale->keyed = true;
    shop->report.cards_keyed++;
}

/* Puts the whole basket; its last item is read by the scanner, which tells the POS its code. */
static enum shop_outcome put_last(struct shop *shop, struct shop_sale *sale)
{
    const struct sim_line *last = &sale->basket->lines[sale->basket->line_count - 1];
    /* The till takes one code twice in a row, as fast as this, for one scan. */
    bool scans = shop->scanner.socket_path && last->gtin[0] != '\0' && strcmp(last->gtin, shop->last_code) != 0;
    int64_t scanned_ns = 0, answered_ns = 0;
    enum shop_outcome outcome;

    shop->watch.code_ns = 0;
    (void)snprintf(shop->watch.code, sizeof shop->watch.code, "%s", last->gtin);
    scans = scans && scan(shop, last->gtin, &scanned_ns);
    if (scans) {
        memcpy(shop->last_code, last->gtin, sizeof shop->last_code);
        scans = shop_wait(shop, shop_has_code, SHOP_EVENT_WAIT_MS);
        shop->report.items_unheard += !scans; /* the cashier types it */
    }
    outcome = put_lines(shop, sale, sale->basket->line_count, &answered_ns);
    if (scans && outcome == SHOP_DONE)
        shop_add_time(&shop->report.item, answered_ns - scanned_ns);
    return outcome;
}

static enum shop_outcome pay(struct shop *shop, struct shop_sale *sale)
{
    struct strbuf body = STRBUF_INIT(SMALL_BYTES_MAX);
    const char *kind = sale->basket->card[0] != '\0' ? "card" : "cash";
    const struct sim_answer *answer;
    enum shop_outcome outcome;

    strbuf_printf(&body, "{\"tenders\":[\"%s\"]}", kind);
    outcome = shop_call(shop, "POST", sale->id, "/tender", strbuf_text(&body), &answer);
    if (outcome == SHOP_DONE)
        outcome = take_total(sale, answer); /* a promotion may ask for a kind of tender */
    strbuf_clear(&body);
    strbuf_printf(
        &body, "{\"tenders\":[{\"kind\":\"%s\",\"amount_minor\":%" PRId64 "}],\"expected_total_minor\":%" PRId64 "}",
        kind, sale->total_minor, sale->total_minor);
    if (outcome == SHOP_DONE)
        outcome = shop_call(shop, "POST", sale->id, "/commit", strbuf_text(&body), &answer);
    if (outcome == SHOP_DONE)
        shop_confirm(shop, sale, strbuf_text(&answer->body), answer->body.len);
    strbuf_free(&body);
    return outcome;
}

/* The sale was confirmed before, and the answer lost. */
static enum shop_outcome ask_again(struct shop *shop, struct shop_sale *sale)
{
    const struct sim_answer *answer;
    enum shop_outcome outcome = shop_call(shop, "GET", sale->id, "", NULL, &answer);

    if (outcome == SHOP_DONE)
        shop_confirm(shop, sale, strbuf_text(&answer->body), answer->body.len);
    return outcome;
}

static enum shop_outcome attempt(struct shop *shop, struct shop_sale *sale, bool first)
{
    const struct sim_basket *basket = sale->basket;
    enum shop_outcome outcome;

    shop_watch_sale(shop, sale->id);
    if (!sim_client_is_listening(shop->client))
        (void)sim_client_wait(shop->client, -1, SHOP_RETRY_PAUSE_MS);
    outcome = first ? open_sale(shop, sale) : SHOP_DONE; /* again, a PUT opens it where it is not known */
    if (outcome == SHOP_DONE)
        outcome = put_lines(shop, sale, basket->line_count - 1, NULL);
    if (outcome == SHOP_DONE && shop->settings.faults > 0 && !sale->fault_played)
        shop_play_fault(shop, sale);
    if (outcome == SHOP_DONE && basket->card[0] != '\0' && !sale->keyed)
        show_card(shop, sale);
    if (outcome == SHOP_DONE)
        outcome = put_last(shop, sale);
    if (outcome == SHOP_DONE)
        outcome = pay(shop, sale);
    return outcome == SHOP_COMMITTED ? ask_again(shop, sale) : outcome;
}

/* ---- one basket ---- */

static void wait_for_print(struct shop *shop)
{
    struct shop_report *report = &shop->report;
    const char *state = shop->watch.state;

    if (shop->settings.print_wait_ms == 0)
        return;
    (void)shop_wait(shop, shop_has_printed, shop->settings.print_wait_ms);
    report->printed += strcmp(state, "printed") == 0;
    report->print_failed += strcmp(state, "print_failed") == 0;
    report->print_unknown += strcmp(state, "print_unknown") == 0;
    report->print_unheard += !shop_has_printed(&shop->watch);
}

void shop_sell(struct shop *shop, const struct sim_basket *basket, bool redeem)
{
    struct shop_sale sale = {.basket = basket, .redeem = redeem && basket->card[0] != '\0'};
    int64_t given_up_ns = 0;
    enum shop_outcome outcome;

    id_new(sim_wall_ns() / 1000000, sale.id);
    shop->report.baskets++;
    shop->report.members += basket->card[0] != '\0';
    outcome = attempt(shop, &sale, true);
    while (outcome == SHOP_AGAIN && !shop_is_stopped(shop)) {
        int64_t now_ns = clock_measure_ns();

        if (given_up_ns == 0)
            given_up_ns = now_ns + shop->settings.retry_ms * 1000000;
        if (now_ns > given_up_ns)
            break;
        shop->report.retries++;
        (void)sim_client_wait(shop->client, -1, SHOP_RETRY_PAUSE_MS);
        outcome = attempt(shop, &sale, false);
    }
    if (outcome == SHOP_DONE) {
        wait_for_print(shop);
        return;
    }
    shop->report.given_up++;
    (void)fprintf(stderr, "loyal-sim shop: sale %s is given up: the till did not confirm it\n", sale.id);
}
