/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/claims.h"

#include "agent/base/civil_time.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/engine/engine.h"
#include "agent/till/projection.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUPON_PREFIX = 7 /* "coupon:" of a projection's name */ };

static void fold(const char *code, char out_code[CACHE_NAME_MAX + 1])
{
    char name[CACHE_NAME_MAX + 1];

    projection_coupon_name(code, name);
    (void)snprintf(out_code, CACHE_NAME_MAX + 1, "%s", name + COUPON_PREFIX);
}

static const struct claim *find(const struct claims *claims, const char *code)
{
    for (int i = 0; i < claims->count; i++) {
        if (strcmp(claims->items[i].code, code) == 0)
            return &claims->items[i];
    }
    return NULL;
}

static bool is_refused(const struct claims *claims, const struct cJSON *coupon)
{
    char code[CACHE_NAME_MAX + 1];
    const struct claim *claim;

    if (!cJSON_IsString(coupon))
        return false; /* the engine says what is wrong */
    fold(coupon->valuestring, code);
    claim = find(claims, code);
    return claim && (claim->state == CLAIM_REFUSED || claim->state == CLAIM_LEFT_OUT);
}

void claims_write_coupons(const struct claims *claims, const struct cJSON *coupons, struct json_writer *w)
{
    struct cJSON *kept = claims->count > 0 && cJSON_IsArray(coupons) ? cJSON_CreateArray() : NULL;
    const cJSON *item;

    cJSON_ArrayForEach(item, coupons)
    {
        if (kept && !is_refused(claims, item))
            (void)cJSON_AddItemReferenceToArray(kept, (cJSON *)(uintptr_t)item);
    }
    tree_write(w, "coupons", kept ? kept : coupons);
    cJSON_Delete(kept);
}

/* ---- records ---- */

static enum status append(struct till *till, const char *type, const char *sale_id, const char *code,
                          const char *member)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    jw_field_text(&w, "sale_id", sale_id);
    if (member[0] != '\0')
        jw_field_text(&w, "member", member);
    jw_object_end(&w);
    st = strbuf_status(&body);
    if (st == ST_OK)
        st = till_record(till, type, body.data, body.len, &err);
    if (st != ST_OK)
        log_warn("till-29", "a coupon's claim could not be journalled sale=%s: %s", sale_id, err.text);
    strbuf_free(&body);
    return st;
}

void claims_void(struct till *till, const char *sale_id, const char *code)
{
    (void)append(till, "claim_voided", sale_id, code, ""); /* failing that, the next start does it */
}

void claims_release(struct till *till, struct sale *sale)
{
    for (int i = 0; i < sale->claims.count; i++) {
        if (sale->claims.items[i].state != CLAIM_REFUSED)
            claims_void(till, sale->id, sale->claims.items[i].code);
    }
    sale->claims.count = 0;
}

/* ---- without the central's word ---- */

struct look {
    struct till *till;
    const struct sale *sale;
    const char *objection; /* "": none */
};

/* A row names whom it was listed for; who was merged since has it under his name of now. */
static bool is_of(struct cache *cache, const char *member, const struct sale *sale)
{
    struct cache_member found = {0};
    bool is = sale->member.known && strcmp(member, sale->member.id) == 0;

    if (!is && sale->member.known && cache_member_by_id(cache, member, &found, NULL) == ST_OK)
        is = strcmp(found.id, sale->member.id) == 0;
    cache_member_clear(&found);
    return is;
}

/* In the words of the central (sync/central/coupon.c), which says the same when it can be asked. */
static void look_at_row(void *context, const struct cache_coupon *coupon)
{
    struct look *look = context;
    struct cJSON *row = NULL;
    struct civil_time now;
    char today[11], name[CACHE_NAME_MAX + 1];
    const char *from = "", *until = "";
    int64_t uses;

    clock_local(clock_wall_ms(look->till->options.clock), &now);
    civil_format_date(now.day, today);
    projection_coupon_name(coupon->code, name);
    uses = coupon->uses + reservations_sum(&look->till->reserved, look->sale->id, EFFECT_COUPON, "", name);
    if (json_parse(coupon->body, strlen(coupon->body), CACHE_PROFILE_MAX, &row, NULL) == ST_OK) {
        from = tree_text(row, "from");
        until = tree_text(row, "until");
    }
    if (uses >= coupon->uses_max)
        look->objection = "the coupon was used before";
    else if (coupon->member[0] != '\0' && !is_of(look->till->options.cache, coupon->member, look->sale))
        look->objection = "the coupon is another member's";
    else if (strcmp(today, from) < 0)
        look->objection = "the coupon is not valid yet";
    else if (until[0] != '\0' && strcmp(today, until) > 0)
        look->objection = "the coupon has expired";
    json_free(row);
}

/* What the central's list, as it is here, has against a coupon; "" also for one that is not listed. */
static const char *objection(struct till *till, const struct sale *sale, const char *code)
{
    struct look look = {till, sale, ""};

    (void)cache_find_coupon(till->options.cache, code, till_position_of, till->options.journal, look_at_row, &look,
                            NULL);
    return look.objection;
}

static struct claim *add(struct sale *sale, const char *code, enum claim_state state)
{
    struct claim *claim = &sale->claims.items[sale->claims.count++];

    *claim = (struct claim){.state = state};
    (void)snprintf(claim->code, sizeof claim->code, "%s", code);
    return claim;
}

static void judge_one(struct till *till, struct sale *sale, const char *code)
{
    const char *against = objection(till, sale, code);

    if (against[0] == '\0')
        return;
    (void)add(sale, code, CLAIM_REFUSED);
    sale_notice(sale, PROBLEM_COUPON_REFUSED, against);
}

/* ---- asking ---- */

struct asking {
    struct till *till;
    char sale_id[ID_LEN_MAX + 1], code[CACHE_NAME_MAX + 1];
    struct group *group;
};

/* All that is asked at once: done is called when the last is answered. */
struct group {
    int open;
    till_ready_fn *done;
    void *context;
};

static void leave(struct group *group)
{
    if (--group->open > 0)
        return;
    group->done(group->context);
    free(group);
}

static void answered(void *context, enum till_hold outcome, const char *reason)
{
    struct asking *asking = context;
    struct sale *sale = till_find_sale(asking->till, asking->sale_id);
    struct claim *claim = NULL;

    for (int i = 0; sale && sale_is_open(sale) && i < sale->claims.count; i++) {
        if (strcmp(sale->claims.items[i].code, asking->code) == 0)
            claim = &sale->claims.items[i];
    }
    if (claim && outcome == TILL_HOLD_GRANTED)
        claim->state = CLAIM_GRANTED;
    if (claim && outcome == TILL_HOLD_REFUSED) {
        claim->state = CLAIM_REFUSED;
        sale_notice(sale, PROBLEM_COUPON_REFUSED, reason);
    }
    if (claim && outcome == TILL_HOLD_UNANSWERED) {
        const char *against = objection(asking->till, sale, asking->code);

        if (against[0] != '\0') {
            claim->state = CLAIM_LEFT_OUT;
            sale_notice(sale, PROBLEM_COUPON_REFUSED, against);
        }
    }
    leave(asking->group);
    free(asking);
}

static void ask_one(struct till *till, struct sale *sale, const char *code, struct group *group)
{
    struct till_claim_question question = {code, sale->id, sale->member.known ? sale->member.id : "", 1};
    struct asking *asking = calloc(1, sizeof *asking);

    /* What is not written down could not be ended: the coupon counts unasked. */
    if (!asking || append(till, "claim_asked", sale->id, code, question.member) != ST_OK) {
        free(asking);
        return;
    }
    (void)add(sale, code, CLAIM_ASKED);
    asking->till = till;
    asking->group = group;
    (void)snprintf(asking->sale_id, sizeof asking->sale_id, "%s", sale->id);
    (void)snprintf(asking->code, sizeof asking->code, "%s", code);
    question.code = asking->code;
    question.sale_id = asking->sale_id;
    group->open++;
    till->options.central.ask_claim(till->options.central.link, &question, TILL_QUESTION_MS, answered, asking);
}

/* group NULL: nobody can be asked. */
static void settle_all(struct till *till, struct sale *sale, struct group *group)
{
    const struct evaluation *worked = &sale->evaluation;
    const struct bundle *bundle = rule_edition_bundle(sale->edition);
    struct cJSON *result = NULL;
    char code[CACHE_NAME_MAX + 1];
    const cJSON *item;

    if (json_parse(worked->result_json.data, worked->result_json.len, RECORD_BYTES_MAX, &result, NULL) != ST_OK)
        return;
    cJSON_ArrayForEach(item, tree_child(result, "coupons"))
    {
        fold(tree_text(item, "code"), code);
        if (sale->claims.count >= CLAIMS_MAX || strcmp(tree_text(item, "state"), "applied") != 0 ||
            !bundle_coupon_is_limited(bundle, code) || find(&sale->claims, code))
            continue;
        if (group)
            ask_one(till, sale, code, group);
        else
            judge_one(till, sale, code);
    }
    json_free(result);
}

void claims_ask(struct till *till, struct sale *sale, till_ready_fn *done, void *context)
{
    struct group *group = cJSON_GetArraySize(sale->basket.coupons) > 0 && till->options.central.ask_claim
                              ? calloc(1, sizeof *group)
                              : NULL;

    if (!group) {
        done(context);
        return;
    }
    *group = (struct group){1, done, context};
    settle_all(till, sale, group);
    leave(group);
}

void claims_judge(struct till *till, struct sale *sale)
{
    if (cJSON_GetArraySize(sale->basket.coupons) > 0)
        settle_all(till, sale, NULL);
}
