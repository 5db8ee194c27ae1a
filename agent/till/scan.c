/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/engine/engine.h"
#include "agent/till/coupons.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

enum { TYPED_MAX = 512, SCAN_JSON_MAX = 16 * 1024 };

/* ---- what a code is ---- */

/* That of the rules in force; without any for codes, of the configuration. */
static const struct code_grammar *grammar_of(const struct till *till)
{
    const struct code_grammar *grammar = bundle_grammar(rule_edition_bundle(rulebook_active(till->options.rulebook)));

    return grammar->given ? grammar : &till->own_codes.grammar;
}

void till_classify(const struct till *till, const char *symbology, const char *text, bool keyed,
                   struct code_match *out_match)
{
    const struct bundle *bundle = rule_edition_bundle(rulebook_active(till->options.rulebook));
    size_t len = strlen(text);

    code_classify(grammar_of(till), symbology, text, len, keyed, out_match);
    if (out_match->kind == CODE_NONE && len <= CODE_NUMBER_MAX && bundle_has_coupon(bundle, text)) {
        out_match->kind = CODE_COUPON; /* the rules list it, without a word on what coupons look like */
        memcpy(out_match->number, text, len + 1);
    }
}

bool till_read_phone(const struct till *till, const char *text, char out_phone[PHONE_TEXT])
{
    return phone_canonical(text, strlen(text), code_phone_country(grammar_of(till)), out_phone);
}

/* What watchers and callers are told: a number that may be a member's is not shown whole. */
static const char *kind_of(const struct code_match *match)
{
    static const char *const kinds[] = {
        [CODE_MEMBER] = "card",         [CODE_COUPON] = "coupon", [CODE_ITEM] = "code", [CODE_APP_CODE] = "app_code",
        [CODE_GIFT_CARD] = "gift_card", [CODE_PHONE] = "phone",   [CODE_NONE] = "code"};

    return match->misread ? "misread" : kinds[match->kind];
}

/* ---- a scan ---- */

static void write_scan(const struct till_scan *scan, const char *kind, const char *shown, const struct sale *sale,
                       enum problem problem, const char *language, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "kind", kind);
    jw_field_text(&w, "symbology", scan->symbology);
    jw_field_text(&w, "text", shown);
    jw_field_text(&w, "device", scan->device);
    jw_field_text(&w, "sale_id", sale ? sale->id : NULL);
    if (problem != PROBLEM_NONE) {
        jw_name(&w, "notice");
        problem_write(&w, problem, language, NULL);
    }
    jw_object_end(&w);
}

static void tell_scan(struct till *till, const struct till_scan *scan, const char *kind, const char *shown,
                      const struct sale *sale)
{
    struct strbuf json = STRBUF_INIT(SCAN_JSON_MAX);

    if (!till->options.watcher.event)
        return;
    write_scan(scan, kind, shown, sale, PROBLEM_NONE, "", &json); /* watchers are told notices of their own */
    if (strbuf_status(&json) == ST_OK)
        till->options.watcher.event(till->options.watcher.watcher, "scan", json.data, json.len);
    strbuf_free(&json);
}

static void wait_for_sale(struct till *till, const struct shown_identifier *shown, const char *masked)
{
    struct waiting_card *waiting = &till->waiting;

    waiting->there = true;
    waiting->until_mono_ms = clock_mono_ms(till->options.clock) + TILL_CARD_WAITS_MS;
    (void)snprintf(waiting->text, sizeof waiting->text, "%s", shown->number);
    waiting->shown = (struct shown_identifier){waiting->text, shown->phone, shown->keyed};
    till_tell_notice(till, PROBLEM_CARD_WAITING, masked);
}

/* Why the card on the sale cannot be used. */
static enum problem refused(const struct sale *sale)
{
    for (int i = 0; i < sale->notice_count; i++)
        if (sale->notices[i].problem == PROBLEM_CARD_BLOCKED || sale->notices[i].problem == PROBLEM_CARD_EXPIRED)
            return sale->notices[i].problem;
    return PROBLEM_NONE;
}

static enum problem member_shown(struct till *till, const struct till_scan *scan,
                                 const struct shown_identifier *shown)
{
    const char *kind = shown->phone ? "phone" : "card";
    struct sale *sale = till->current;
    char masked[SALE_CARD_TEXT_MAX + 1];

    till_mask(shown->number, masked);
    if (!sale || !sale_is_open(sale)) {
        wait_for_sale(till, shown, masked);
        tell_scan(till, scan, kind, masked, NULL);
        return PROBLEM_CARD_WAITING;
    }
    if (sale->state == SALE_TENDERING) {
        till_tell_notice(till, PROBLEM_SALE_TENDERING, masked);
        tell_scan(till, scan, kind, masked, sale);
        return PROBLEM_SALE_TENDERING;
    }
    sale->touched_mono_ms = clock_mono_ms(till->options.clock);
    till_show_identifier(till, sale, shown);
    (void)till_evaluate(till, sale, NULL);
    tell_scan(till, scan, kind, masked, sale);
    till_tell_sale(till, sale);
    if (!scan->keyed)
        till->times.ns[till->times.count++ % TILL_TIMES_MAX] = clock_measure_ns() - scan->received_ns;
    return refused(sale);
}

static void app_code_good(struct till *till, const struct till_scan *scan, const char *number)
{
    (void)member_shown(till, scan, &(struct shown_identifier){number, false, scan->keyed});
}

static enum problem coupon_scanned(struct till *till, const struct till_scan *scan, const char *code)
{
    enum problem problem = coupon_show(till, code, scan->keyed);

    tell_scan(till, scan, "coupon", code, till->current);
    till_tell_notice(till, problem, code);
    if (problem == PROBLEM_COUPON_ADDED || problem == PROBLEM_COUPON_WAITS)
        till_tell_sale(till, till->current);
    return problem;
}

/* An item, a page of a magazine: the POS knows its own. What was typed on the screen is not passed on. */
static void pass_on(struct till *till, const struct till_scan *scan, const struct code_match *match)
{
    tell_scan(till, scan, kind_of(match), scan->text, till->current);
    if (till->options.pos.pass && !scan->keyed)
        till->options.pos.pass(till->options.pos.line, scan->text, scan->len);
}

/* What there is to say of it at once; of an app's code more is said later. */
static enum problem handle(struct till *till, const struct till_scan *scan, const struct code_match *match)
{
    if (match->misread) {
        till_tell_notice(till, PROBLEM_CARD_CHECK_DIGIT, NULL);
        tell_scan(till, scan, "misread", "", till->current);
        return PROBLEM_CARD_CHECK_DIGIT;
    }
    if (match->kind == CODE_MEMBER || match->kind == CODE_PHONE)
        return member_shown(till, scan,
                            &(struct shown_identifier){match->number, match->kind == CODE_PHONE, scan->keyed});
    if (match->kind == CODE_COUPON)
        return coupon_scanned(till, scan, match->number);
    if (match->kind == CODE_APP_CODE)
        app_codes_show(till, scan, match->rule, app_code_good);
    else
        pass_on(till, scan, match);
    return PROBLEM_NONE;
}

static bool is_good(enum problem problem)
{
    return problem == PROBLEM_NONE || problem == PROBLEM_CARD_WAITING || problem == PROBLEM_COUPON_ADDED ||
           problem == PROBLEM_COUPON_WAITS;
}

bool till_scanned(struct till *till, const struct till_scan *scan)
{
    struct code_match match;
    bool good;

    till_classify(till, scan->symbology, scan->text, scan->keyed, &match);
    good = is_good(handle(till, scan, &match));
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
    enum problem problem;
    bool is_member;

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
    till_classify(till, scan.symbology, scan.text, scan.keyed, &match);
    is_member = match.kind == CODE_MEMBER || match.kind == CODE_PHONE;
    till_mask(is_member ? match.number : "", shown);
    problem = handle(till, &scan, &match);
    write_scan(&scan, kind_of(&match),
               match.misread || match.kind == CODE_APP_CODE ? ""
               : is_member                                  ? shown
                                                            : scan.text,
               till->current, problem, till_language(till), out);
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
