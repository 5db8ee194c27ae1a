/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/engine/engine.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPED_MAX = 512, SCAN_JSON_MAX = 16 * 1024 };

/* ---- what a code is ---- */

/* By the rules in force; without any for codes, by the configuration. */
void till_classify(const struct till *till, const char *symbology, const char *text, struct code_match *out_match)
{
    const struct bundle *bundle = rule_edition_bundle(rulebook_active(till->options.rulebook));
    const struct code_grammar *grammar = bundle_grammar(bundle);

    code_classify(grammar->given ? grammar : &till->own_codes.grammar, symbology, text, strlen(text), out_match);
}

/* What watchers and callers are told: a number that may be a member's is not shown whole. */
static const char *kind_of(const struct code_match *match)
{
    static const char *const kinds[] = {
        [CODE_MEMBER] = "card",       [CODE_COUPON] = "coupon",       [CODE_ITEM] = "code",
        [CODE_APP_CODE] = "app_code", [CODE_GIFT_CARD] = "gift_card", [CODE_NONE] = "code"};

    return match->misread ? "misread" : kinds[match->kind];
}

static void mask(const char *number, char out_text[SALE_CARD_TEXT_MAX + 1])
{
    size_t len = strlen(number);

    (void)snprintf(out_text, SALE_CARD_TEXT_MAX + 1, "***%s", len > 4 ? number + len - 4 : "");
}

/* ---- a card on a sale ---- */

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

/* Looks the sale's card up in the cache. */
static bool find_here(struct till *till, struct sale *sale)
{
    if (till_member_find(till->options.cache, till->options.journal, sale->card_hash, &sale->member, NULL) != ST_OK)
        return false;
    sale_drop_notice(sale, PROBLEM_CARD_ASKING);
    sale_drop_notice(sale, PROBLEM_CARD_UNKNOWN);
    say_state(sale, sale->member.state);
    return true;
}

/* A question to the central under way for one sale. */
struct question {
    struct till *till;
    char sale_id[ID_LEN_MAX + 1];
    uint8_t hash[IDENTITY_HASH_BYTES];
};

static void store_answer(struct till *till, const char *profile, size_t len)
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
        log_warn("till", "a member's row from the central was not taken: %s", err.text);
    json_free(row);
}

static void answered(void *context, bool answered_in_time, const char *profile, size_t len)
{
    struct question *question = context;
    struct till *till = question->till;
    struct sale *sale = till_find_sale(till, question->sale_id);

    if (profile)
        store_answer(till, profile, len);
    if (sale && sale->has_card && memcmp(sale->card_hash, question->hash, sizeof question->hash) == 0 &&
        sale_is_open(sale)) {
        sale_drop_notice(sale, PROBLEM_CARD_ASKING);
        if (!find_here(till, sale))
            sale_notice(sale, PROBLEM_CARD_UNKNOWN, sale->card);
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
        sale_notice(sale, PROBLEM_CARD_UNKNOWN, sale->card);
        return;
    }
    question->till = till;
    (void)snprintf(question->sale_id, sizeof question->sale_id, "%s", sale->id);
    memcpy(question->hash, sale->card_hash, sizeof question->hash);
    sale_notice(sale, PROBLEM_CARD_ASKING, sale->card);
    central->ask_member(central->link, sale->card_hash, TILL_QUESTION_MS, answered, question);
}

void till_show_card(struct till *till, struct sale *sale, const char *number, bool keyed)
{
    uint8_t hash[IDENTITY_HASH_BYTES];
    bool had_card = sale->has_card;

    identity_hash(till->options.identity, "card", number, hash);
    if (had_card && memcmp(hash, sale->card_hash, sizeof hash) == 0) {
        sale_notice(sale, PROBLEM_CARD_SAME, sale->card);
        return;
    }
    sale_clear_card(sale);
    sale->has_card = true;
    sale->keyed = keyed;
    memcpy(sale->card_hash, hash, sizeof hash);
    mask(number, sale->card);
    if (had_card)
        sale_notice(sale, PROBLEM_CARD_REPLACED, sale->card);
    if (!find_here(till, sale))
        ask_central(till, sale);
}

void till_take_waiting_card(struct till *till, struct sale *sale)
{
    struct waiting_card *waiting = &till->waiting;

    if (waiting->there && clock_mono_ms(till->options.clock) <= waiting->until_mono_ms)
        till_show_card(till, sale, waiting->text, waiting->keyed);
    waiting->there = false;
    crypto_wipe(waiting->text, sizeof waiting->text);
}

/* ---- a scan ---- */

static void write_scan(const struct till_scan *scan, const char *kind, const char *shown, const struct sale *sale,
                       struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "kind", kind);
    jw_field_text(&w, "symbology", scan->symbology);
    jw_field_text(&w, "text", shown);
    jw_field_text(&w, "device", scan->device);
    jw_field_text(&w, "sale_id", sale ? sale->id : NULL);
    jw_object_end(&w);
}

static void tell_scan(struct till *till, const struct till_scan *scan, const char *kind, const char *shown,
                      const struct sale *sale)
{
    struct strbuf json = STRBUF_INIT(SCAN_JSON_MAX);

    if (!till->options.watcher.event)
        return;
    write_scan(scan, kind, shown, sale, &json);
    if (strbuf_status(&json) == ST_OK)
        till->options.watcher.event(till->options.watcher.watcher, "scan", json.data, json.len);
    strbuf_free(&json);
}

static void wait_for_sale(struct till *till, const char *number, bool keyed)
{
    char shown[SALE_CARD_TEXT_MAX + 1];

    till->waiting.there = true;
    till->waiting.keyed = keyed;
    till->waiting.until_mono_ms = clock_mono_ms(till->options.clock) + TILL_CARD_WAITS_MS;
    (void)snprintf(till->waiting.text, sizeof till->waiting.text, "%s", number);
    mask(number, shown);
    till_tell_notice(till, PROBLEM_CARD_WAITING, shown);
}

static bool is_refused(const struct sale *sale)
{
    for (int i = 0; i < sale->notice_count; i++)
        if (sale->notices[i].problem == PROBLEM_CARD_BLOCKED || sale->notices[i].problem == PROBLEM_CARD_EXPIRED)
            return true;
    return false;
}

/* False: it cannot be used. */
static bool card_scanned(struct till *till, const struct till_scan *scan, const char *number)
{
    struct sale *sale = till->current;
    char shown[SALE_CARD_TEXT_MAX + 1];

    mask(number, shown);
    if (!sale || !sale_is_open(sale)) {
        wait_for_sale(till, number, scan->keyed);
        tell_scan(till, scan, "card", shown, NULL);
        return true;
    }
    if (sale->state == SALE_TENDERING) {
        till_tell_notice(till, PROBLEM_SALE_TENDERING, shown);
        tell_scan(till, scan, "card", shown, sale);
        return false;
    }
    sale->touched_mono_ms = clock_mono_ms(till->options.clock);
    till_show_card(till, sale, number, scan->keyed);
    (void)till_evaluate(till, sale, NULL);
    tell_scan(till, scan, "card", shown, sale);
    till_tell_sale(till, sale);
    if (!scan->keyed)
        till->times.ns[till->times.count++ % TILL_TIMES_MAX] = clock_measure_ns() - scan->received_ns;
    return !is_refused(sale);
}

static void app_code_good(struct till *till, const struct till_scan *scan, const char *number)
{
    (void)card_scanned(till, scan, number);
}

/* An item, a page of a magazine: the POS knows its own. What was typed on the screen is not passed on. */
static void pass_on(struct till *till, const struct till_scan *scan, const struct code_match *match)
{
    tell_scan(till, scan, kind_of(match), scan->text, till->current);
    if (till->options.pos.pass && !scan->keyed)
        till->options.pos.pass(till->options.pos.line, scan->text, scan->len);
}

static bool handle(struct till *till, const struct till_scan *scan, const struct code_match *match)
{
    if (match->misread) {
        till_tell_notice(till, PROBLEM_CARD_CHECK_DIGIT, NULL);
        tell_scan(till, scan, "misread", "", till->current);
        return false;
    }
    if (match->kind == CODE_MEMBER)
        return card_scanned(till, scan, match->number);
    if (match->kind == CODE_APP_CODE)
        app_codes_show(till, scan, match->rule, app_code_good);
    else
        pass_on(till, scan, match);
    return true;
}

bool till_scanned(struct till *till, const struct till_scan *scan)
{
    struct code_match match;
    bool good;

    till_classify(till, scan->symbology, scan->text, &match);
    good = handle(till, scan, &match);
    crypto_wipe(match.number, sizeof match.number);
    return good;
}

enum problem till_typed(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err)
{
    struct till_scan scan = {.symbology = "", .device = "screen", .received_ns = clock_measure_ns()};
    struct cJSON *root = NULL;
    const char *entry = "keyed";
    char shown[SALE_CARD_TEXT_MAX + 1];
    enum status st = json_parse(body, len, TILL_BODY_MAX, &root, err);
    struct code_match match;

    if (st != ST_OK)
        return PROBLEM_BAD_JSON;
    st = json_text(root, "text", TYPED_MAX, &scan.text, err);
    if (st == ST_OK)
        st = json_optional(json_text(root, "entry", 16, &entry, err));
    if (st != ST_OK || scan.text[0] == '\0') {
        json_free(root);
        errmsg_set(err, "/text: the code, 1 to %d bytes; /entry: keyed or scan", TYPED_MAX);
        return PROBLEM_BAD_FIELD;
    }
    scan.len = strlen(scan.text);
    scan.keyed = strcmp(entry, "scan") != 0;
    till_classify(till, scan.symbology, scan.text, &match);
    mask(match.kind == CODE_MEMBER ? match.number : "", shown);
    (void)handle(till, &scan, &match);
    write_scan(&scan, kind_of(&match),
               match.misread || match.kind == CODE_APP_CODE ? ""
               : match.kind == CODE_MEMBER                  ? shown
                                                            : scan.text,
               till->current, out);
    crypto_wipe(match.number, sizeof match.number);
    json_free(root);
    return PROBLEM_NONE;
}

void till_scan_fault(struct till *till, const char *device, const char *what)
{
    char detail[SALE_DETAIL_MAX];

    till->scan_faults++;
    (void)snprintf(detail, sizeof detail, "%s: %s", device, what);
    till_tell_notice(till, PROBLEM_SCAN_UNREADABLE, detail);
}
