/* SPDX-License-Identifier: Apache-2.0 */
/* A card or phone on a sale: looked up here, asked of the central, said in words. */
#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/engine/engine.h"
#include "agent/till/lots.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYED_JSON_MAX = 1024 };

void till_mask(const char *number, char out_text[SALE_CARD_TEXT_MAX + 1])
{
    size_t len = strlen(number);

    (void)snprintf(out_text, SALE_CARD_TEXT_MAX + 1, "***%s", len > 4 ? number + len - 4 : "");
}

static enum problem unknown(const struct sale *sale)
{
    return sale->by_phone ? PROBLEM_PHONE_UNKNOWN : PROBLEM_CARD_UNKNOWN;
}

static void say_state(struct sale *sale, enum member_state state)
{
    static const enum problem said[] = {PROBLEM_NONE, PROBLEM_CARD_INACTIVE, PROBLEM_CARD_BLOCKED,
                                        PROBLEM_CARD_EXPIRED};

    if (said[state] == PROBLEM_NONE)
        return;
    /* The card stays on the sale: the central posts by it what it may. The member's prices are for active ones. */
    till_member_clear(&sale->member);
    sale_notice(sale, said[state], sale->card);
}

static int digits_of(void *context, const char *currency)
{
    const struct bundle *bundle = context;

    for (size_t i = 0; i < bundle_currency_count(bundle); i++) {
        if (strcmp(bundle_currency_id(bundle, i), currency) == 0)
            return bundle_currency_digits(bundle, i);
    }
    return 0;
}

/* Points that are not there yet or end soon are worth a word while their owner stands here. */
static void say_lots(const struct till *till, struct sale *sale)
{
    static const enum problem said[] = {
        [LOTS_PENDING] = PROBLEM_POINTS_PENDING, [LOTS_EXPIRING] = PROBLEM_POINTS_EXPIRING};
    const struct bundle *bundle = rule_edition_bundle(sale->edition);
    char comma = strcmp(till_language(till), "ru") == 0 ? ',' : '.', detail[SALE_DETAIL_MAX];
    struct civil_time now;

    clock_local(clock_wall_ms(till->options.clock), &now);
    for (int what = LOTS_PENDING; what <= LOTS_EXPIRING; what++) {
        lots_describe(&sale->member, (enum lots_what)what, now.day, comma, digits_of, (void *)(uintptr_t)bundle,
                      detail, sizeof detail);
        if (detail[0] != '\0')
            sale_notice(sale, said[what], detail);
    }
}

/* Looks the sale's card up in the cache. */
static bool find_here(struct till *till, struct sale *sale)
{
    if (till_member_find(till->options.cache, till->options.journal, sale->card_hash, &sale->member, NULL) != ST_OK)
        return false;
    sale_drop_notice(sale, PROBLEM_CARD_ASKING);
    sale_drop_notice(sale, unknown(sale));
    say_lots(till, sale);
    say_state(sale, sale->member.state);
    return true;
}

/* A question to the central under way for one sale. */
struct question {
    struct till *till;
    char sale_id[ID_LEN_MAX + 1];
    uint8_t hash[IDENTITY_HASH_BYTES];
};

void till_store_answer(struct till *till, const char *profile, size_t len)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *row = NULL;
    enum status st = json_parse(profile, len, CACHE_PROFILE_MAX, &row, &err);

    if (st == ST_OK)
        st = cache_begin(till->options.cache, &err);
    if (st == ST_OK) {
        st = member_store(till->options.cache, row, &err);
        if (st == ST_OK)
            st = cache_commit(till->options.cache, &err);
        else
            cache_rollback(till->options.cache);
    }
    if (st != ST_OK)
        log_warn("till-13", "a member's row from the central was not taken: %s", err.text);
    json_free(row);
}

static void answered(void *context, bool answered_in_time, const char *profile, size_t len)
{
    struct question *question = context;
    struct till *till = question->till;
    struct sale *sale = till_find_sale(till, question->sale_id);

    if (profile)
        till_store_answer(till, profile, len);
    if (sale && sale->has_card && memcmp(sale->card_hash, question->hash, sizeof question->hash) == 0 &&
        sale_is_open(sale)) {
        sale_drop_notice(sale, PROBLEM_CARD_ASKING);
        if (!find_here(till, sale))
            sale_notice(sale, unknown(sale), sale->card);
        if (!answered_in_time)
            sale_notice(sale, PROBLEM_LINK_DOWN, NULL);
        if (sale->state == SALE_OPEN) /* one in tender keeps the total it showed; the central posts to the card */
            (void)till_evaluate(till, sale, NULL);
        else
            till_member_clear(&sale->member);
        till_tell_sale(till, sale);
    }
    free(question);
}

static void ask_central(struct till *till, struct sale *sale)
{
    const struct till_central *central = &till->options.central;
    struct question *question = central->ask_member ? calloc(1, sizeof *question) : NULL;

    if (!question) {
        sale_notice(sale, unknown(sale), sale->card);
        return;
    }
    question->till = till;
    (void)snprintf(question->sale_id, sizeof question->sale_id, "%s", sale->id);
    memcpy(question->hash, sale->card_hash, sizeof question->hash);
    sale_notice(sale, PROBLEM_CARD_ASKING, sale->card);
    central->ask_member(central->link, sale->card_hash, TILL_QUESTION_MS, answered, question);
}

/* A number said after the card was shown: the card stays, since points are spent by it. */
static bool is_of_same_member(struct till *till, const struct sale *sale, const uint8_t hash[IDENTITY_HASH_BYTES])
{
    struct till_member other = {0};
    bool same = false;

    if (!sale->member.known || sale->by_phone ||
        till_member_find(till->options.cache, till->options.journal, hash, &other, NULL) != ST_OK)
        return false;
    same = strcmp(other.id, sale->member.id) == 0;
    till_member_clear(&other);
    return same;
}

void till_show_identifier(struct till *till, struct sale *sale, const struct shown_identifier *shown)
{
    uint8_t hash[IDENTITY_HASH_BYTES];
    bool had_card = sale->has_card;

    identity_hash(till->options.identity, shown->phone ? "phone" : "card", shown->number, hash);
    if (had_card &&
        (memcmp(hash, sale->card_hash, sizeof hash) == 0 || (shown->phone && is_of_same_member(till, sale, hash)))) {
        sale_notice(sale, PROBLEM_CARD_SAME, sale->card);
        return;
    }
    sale_clear_card(sale);
    sale->has_card = true;
    sale->by_phone = shown->phone;
    sale->keyed = shown->keyed;
    memcpy(sale->card_hash, hash, sizeof hash);
    till_mask(shown->number, sale->card);
    if (had_card)
        sale_notice(sale, PROBLEM_CARD_REPLACED, sale->card);
    if (shown->keyed)
        till_note_keyed(till, sale, shown->phone ? "phone" : "card", shown->number);
    if (!find_here(till, sale))
        ask_central(till, sale);
}

/* Who typed: as the POS says with the sale, else whose shift it is. */
static const char *cashier_of(const struct till *till, const struct sale *sale)
{
    return sale->basket.cashier[0] == '\0' && till->shift.open ? till->shift.cashier : sale->basket.cashier;
}

void till_note_keyed(struct till *till, const struct sale *sale, const char *what, const char *number)
{
    struct strbuf body = STRBUF_INIT(KEYED_JSON_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    uint8_t hash[IDENTITY_HASH_BYTES];
    struct errmsg err = ERRMSG_INIT;

    identity_hash(till->options.identity, what, number, hash);
    jw_object_begin(&w);
    jw_field_text(&w, "sale_id", sale->id);
    jw_field_hex(&w, "identifier", hash, sizeof hash);
    jw_field_text(&w, "cashier", cashier_of(till, sale));
    jw_field_text(&w, "what", what);
    jw_object_end(&w);
    /* It stops no sale: whose record says "keyed" as well. */
    if (strbuf_status(&body) != ST_OK || till_record(till, "keyed_entry", body.data, body.len, &err) != ST_OK)
        log_warn("till-14", "a typed entry could not be journalled sale=%s: %s", sale->id, err.text);
    strbuf_free(&body);
}

void till_take_waiting_card(struct till *till, struct sale *sale)
{
    struct waiting_card *waiting = &till->waiting;

    if (waiting->there && clock_mono_ms(till->options.clock) <= waiting->until_mono_ms)
        till_show_identifier(till, sale, &waiting->shown);
    waiting->there = false;
    crypto_wipe(waiting->text, sizeof waiting->text);
}
