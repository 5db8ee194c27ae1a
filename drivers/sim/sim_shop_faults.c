/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/clock.h"
#include "drivers/sim/sim_code.h"
#include "drivers/sim/sim_shop.h"

#include <inttypes.h>
#include <stdio.h>

enum { ONE_IN = 3, BODY_BYTES_MAX = 512 * 1024, TELL_NS = 1100 * 1000 * 1000 };

static bool tell_scanner(struct shop *shop, const char *command)
{
    struct errmsg err = ERRMSG_INIT;

    if (sim_hand_do(&shop->scanner, shop->client, command, NULL, &err) == ST_OK)
        return true;
    (void)fprintf(stderr, "loyal-sim shop: %s: %s\n", command, err.text);
    return false;
}

/* Plays what the till must call unreadable, in words. The till tells one fault of a kind a second, so that a noisy
 * line does not flood the screen: silence within that second is as it should be. */
static bool play_unreadable(struct shop *shop, const char *command, const char *more)
{
    int64_t before = shop->watch.misread_count, now_ns = clock_measure_ns();
    int64_t due_ns = now_ns + SHOP_EVENT_WAIT_MS * INT64_C(1000000);
    bool just_told = before > 0 && now_ns - shop->watch.misread_ns < TELL_NS;

    if (!tell_scanner(shop, command) || (more && !tell_scanner(shop, more)))
        return false;
    while (!just_told && shop->watch.misread_count == before && clock_measure_ns() < due_ns)
        (void)sim_client_wait(shop->client, -1, SHOP_RETRY_PAUSE_MS);
    return just_told || shop->watch.misread_count > before;
}

static bool garbage(struct shop *shop, struct shop_sale *sale)
{
    char command[64];

    (void)sale;
    (void)snprintf(command, sizeof command, "garbage 40 %" PRIu64, sim_random(&shop->fault_state) % 1000000);
    return play_unreadable(shop, command, "raw ff0d"); /* and its end */
}

static bool oversize(struct shop *shop, struct shop_sale *sale)
{
    (void)sale;
    return play_unreadable(shop, "oversize 6000", NULL);
}

/* A code that breaks off runs into the next one, which is then unreadable and shown again. */
static bool half(struct shop *shop, struct shop_sale *sale)
{
    (void)sale;
    return tell_scanner(shop, "half ]E02900000");
}

static bool misread(struct shop *shop, struct shop_sale *sale)
{
    char card[SIM_EAN_BYTES], command[64];

    (void)sale;
    sim_ean13("29", sim_random(&shop->fault_state), card);
    card[12] = (char)(card[12] == '9' ? '0' : card[12] + 1);
    (void)snprintf(command, sizeof command, "scan ]E0%s", card);
    return play_unreadable(shop, command, NULL);
}

static bool is_unknown(const struct shop_watch *watch)
{
    return watch->unknown;
}

/* A card nobody issued: the sale goes on, with the card attached. */
static bool unknown_card(struct shop *shop, struct shop_sale *sale)
{
    char card[SIM_EAN_BYTES], command[64];

    (void)sale;
    sim_ean13("29", UINT64_C(9000000000) + sim_random(&shop->fault_state) % 1000000000, card);
    (void)snprintf(command, sizeof command, "scan %s", card);
    return tell_scanner(shop, command) && shop_wait(shop, is_unknown, SHOP_CENTRAL_WAIT_MS);
}

static bool unknown_code(struct shop *shop, struct shop_sale *sale)
{
    char command[64];

    (void)sale;
    sim_ean13("97", sim_random(&shop->fault_state), shop->watch.code);
    shop->watch.code_ns = 0;
    (void)snprintf(command, sizeof command, "scan %s", shop->watch.code);
    return tell_scanner(shop, command) && shop_wait(shop, shop_has_code, SHOP_EVENT_WAIT_MS);
}

static bool unknown_item(struct shop *shop, struct shop_sale *sale)
{
    (void)shop;
    sale->unknown_item = true;
    return true; /* a till that refuses it is seen at the next PUT */
}

/* Another sale, given up between: once in tender, so that it is a record, once before. */
static bool void_between(struct shop *shop, struct shop_sale *sale)
{
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);
    struct shop_sale other = {.basket = sale->basket};
    const struct sim_answer *answer;
    enum shop_outcome outcome;

    id_new(sim_wall_ns() / 1000000, other.id);
    shop_write_basket(&other, sale->basket->line_count, &body);
    outcome = shop_call(shop, "PUT", other.id, "", strbuf_text(&body), &answer);
    if (outcome == SHOP_DONE && sim_random(&shop->fault_state) % 2)
        outcome = shop_call(shop, "POST", other.id, "/tender", "{\"tenders\":[\"cash\"]}", &answer);
    if (outcome == SHOP_DONE)
        outcome = shop_call(shop, "POST", other.id, "/void", "{\"reason\":\"the shopper left\"}", &answer);
    shop->report.voided += outcome == SHOP_DONE;
    strbuf_free(&body);
    /* The first sale is the current one again. */
    body = (struct strbuf)STRBUF_INIT(BODY_BYTES_MAX);
    shop_write_basket(sale, sale->basket->line_count - 1, &body);
    (void)shop_call(shop, "PUT", sale->id, "", strbuf_text(&body), &answer);
    strbuf_free(&body);
    return outcome == SHOP_DONE;
}

static bool unplug(struct shop *shop, struct shop_sale *sale)
{
    (void)sale;
    return tell_scanner(shop, "unplug") && tell_scanner(shop, "plug");
}

void shop_play_fault(struct shop *shop, struct shop_sale *sale)
{
    static const struct {
        const char *name;
        bool (*play)(struct shop *shop, struct shop_sale *sale);
    } faults[] = {
        {"garbage", garbage},           {"oversize", oversize},         {"half", half},
        {"misread", misread},           {"unknown_card", unknown_card}, {"unknown_code", unknown_code},
        {"unknown_item", unknown_item}, {"void", void_between},         {"unplug", unplug},
    };
    enum { KINDS = sizeof faults / sizeof faults[0] };
    int64_t number = shop->report.faults_played;

    sale->fault_played = true;
    if (sim_random(&shop->fault_state) % ONE_IN != 0)
        return;
    shop->report.faults_played++;
    if (faults[number % KINDS].play(shop, sale)) /* in turn, so that each comes */
        return;
    shop->report.faults_silent++;
    (void)fprintf(stderr, "loyal-sim shop: sale %s: fault %s: the till said nothing of it\n", sale->id,
                  faults[number % KINDS].name);
}
