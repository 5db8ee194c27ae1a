/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/coupon.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/engine/coupon_code.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"
#include "sync/central/question.h"
#include "sync/central/steps.h"

enum { SHOWN_MAX = 24, NAME_BYTES = COUPON_CODE_BYTES + 8 };

/* One code as it stands. uses_max 0: nothing bounds it here. */
struct coupon {
    bool listed;
    int64_t uses, uses_max;
    char member[ID_BYTES], promotion[ID_BYTES], from[11], until[11];
};

struct claim {
    const char *named, *sale_id; /* views of the body */
    int64_t uses_max;            /* by the till's rules; 0: they do not say */
    char code[COUPON_CODE_BYTES], member[ID_BYTES];
};

bool coupon_fold(const char *code, char out_code[COUPON_CODE_BYTES])
{
    size_t len = 0;

    for (; *code; code++) {
        if (*code == ' ' || *code == '-')
            continue;
        if (len == COUPON_CODE_BYTES - 1)
            return false;
        out_code[len++] = (char)tolower((unsigned char)*code);
    }
    out_code[len] = '\0';
    return len > 0;
}

static enum status load(struct central *central, const char *chain, const char *code, struct coupon *out_coupon,
                        struct errmsg *err)
{
    struct coupon_code_parts parts;
    struct coupon coupon = {.uses_max = coupon_code_read(code, &parts) ? 1 : 0};
    char name[NAME_BYTES];
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_COUPON_GET, &rows, err, V_TEXT(chain), V_TEXT(code));

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        coupon.listed = true;
        coupon.uses_max = rows_int(rows, 0);
        (void)snprintf(coupon.member, sizeof(coupon.member), "%s", rows_text(rows, 1));
        (void)snprintf(coupon.promotion, sizeof(coupon.promotion), "%s", rows_text(rows, 2));
        (void)snprintf(coupon.from, sizeof(coupon.from), "%s", rows_text(rows, 3));
        (void)snprintf(coupon.until, sizeof(coupon.until), "%s", rows_text(rows, 4));
    }
    st = rows_end(rows, err);
    (void)snprintf(name, sizeof(name), "coupon:%s", code);
    if (st == ST_OK)
        st = json_optional(
            STORE_NUMBER(central->store, STATEMENT_USAGE_GET, &coupon.uses, err, V_TEXT(chain), V_TEXT(name)));
    if (st == ST_OK)
        *out_coupon = coupon;
    return st;
}

/* ---- claims ---- */

static enum status read_claim(const struct cJSON *root, void *asked, struct errmsg *err)
{
    struct claim *claim = asked;
    const char *code;
    enum status st = json_text(root, "code", COUPON_CODE_BYTES, &code, err);

    claim->named = "";
    if (st == ST_OK)
        st = json_text(root, "sale_id", ID_LEN_MAX, &claim->sale_id, err);
    if (st == ST_OK)
        st = json_optional(json_text(root, "member", ID_LEN_MAX, &claim->named, err));
    claim->uses_max = 0;
    if (st == ST_OK)
        st = json_optional(json_int(root, "uses_max", 1, JSON_INT_MAX, &claim->uses_max, err));
    if (st == ST_OK && (!id_is_valid(claim->sale_id) || !coupon_fold(code, claim->code))) {
        errmsg_set(err, "code or sale_id cannot be one");
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static void write_code(const void *asked, struct json_writer *w)
{
    const struct claim *claim = asked;

    jw_field_text(w, "code", claim->code);
}

/* Why not; "" when it may be used once more. */
static const char *objection(const struct coupon *coupon, const struct claim *claim, int64_t live, bool over,
                             const char *today)
{
    if (over)
        return "the sale is over";
    if (coupon->listed && coupon->uses_max == 0)
        return "the coupon was taken back by the office";
    if (coupon->uses_max > 0 && coupon->uses >= coupon->uses_max)
        return "the coupon was used before";
    if (coupon->uses_max > 0 && coupon->uses + live >= coupon->uses_max)
        return "the coupon is being used at another till";
    if (coupon->member[0] && strcmp(coupon->member, claim->member) != 0)
        return "the coupon is another member's";
    if (coupon->from[0] && strcmp(today, coupon->from) < 0)
        return "the coupon is not valid yet";
    if (coupon->until[0] && strcmp(today, coupon->until) > 0)
        return "the coupon has expired";
    return "";
}

static enum status decide(struct question_attempt *attempt, struct errmsg *err)
{
    struct central *central = attempt->central;
    const char *chain = attempt->device->chain, *reason;
    struct claim *claim = attempt->asked;
    struct coupon coupon;
    int64_t live = 0, over = 0;
    char today[11];
    enum status st = load(central, chain, claim->code, &coupon, err);

    if (st == ST_OK && claim->named[0])
        st = json_optional(member_resolve(central, chain, claim->named, claim->member, err));
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_CLAIM_LIVE, &live, err, V_TEXT(chain), V_TEXT(claim->code));
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_SALE_OVER, &over, err, V_TEXT(chain), V_TEXT(claim->sale_id));
    if (st != ST_OK)
        return st;
    civil_format_date(lot_today(central), today);
    if (!coupon.listed && coupon.uses_max == 0) /* the office did not list it: then the rules bound it */
        coupon.uses_max = claim->uses_max;
    attempt->verdict = (struct verdict){"granted", ""};
    reason = objection(&coupon, claim, live, over > 0, today);
    if (reason[0])
        verdict_refuse(&attempt->verdict, reason);
    return ST_OK;
}

static enum status grant(void *context, struct errmsg *err)
{
    struct question_attempt *attempt = context;
    struct store *store = attempt->central->store;
    const struct device *device = attempt->device;
    struct claim *claim = attempt->asked;
    enum status st = verdict_find(
        store, STATEMENT_CLAIM_GET,
        STORE_VALUES(V_TEXT(device->dev), V_TEXT(device->epoch), V_TEXT(claim->sale_id), V_TEXT(claim->code)),
        &attempt->verdict, err);

    if (st != ST_NOT_FOUND)
        return st;
    claim->member[0] = '\0';
    st = decide(attempt, err);
    return st == ST_OK ? STORE_RUN(store, STATEMENT_CLAIM_PUT, err, V_TEXT(device->dev), V_TEXT(device->epoch),
                                   V_TEXT(claim->sale_id), V_TEXT(claim->code), V_TEXT(device->chain),
                                   V_TEXT(attempt->verdict.state), V_TEXT(attempt->verdict.reason),
                                   V_INT(central_now_us(attempt->central)))
                       : st;
}

void coupon_claim_answer(struct central *central, const struct device *device, const char *body, size_t len,
                         struct answer *answer)
{
    static const struct question question = {COUPON_BODY_MAX, read_claim, grant, write_code};
    struct claim claim = {.named = ""};

    question_answer(&question, &(struct question_attempt){central, device, &claim, {"", ""}}, body, len, answer);
}

/* ---- what records say ---- */

enum status coupon_touch(struct central *central, const char *chain, const char *code, struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_COUPON_TOUCH, err, V_TEXT(chain), V_TEXT(code), V_INT(change));
}

enum status coupon_used(struct central *central, const struct device *device, const char *sale_id, const char *code,
                        struct errmsg *err)
{
    char text[400];
    struct coupon coupon;
    enum status st = load(central, device->chain, code, &coupon, err);

    if (st == ST_OK && coupon.listed)
        st = coupon_touch(central, device->chain, code, err);
    if (st != ST_OK || (!coupon.listed && coupon.uses_max == 0) || coupon.uses <= coupon.uses_max)
        return st;
    (void)snprintf(text, sizeof(text),
                   "duplicate_coupon: %.*s%s was used %" PRId64 " times, %" PRId64
                   " are allowed; last by sale %s at till %s of store %s",
                   SHOWN_MAX, code, strlen(code) > SHOWN_MAX ? "..." : "", coupon.uses, coupon.uses_max, sale_id,
                   device->till, device->store);
    return notice_put(central, device->chain, "", text, err);
}

enum status coupon_sale_over(struct central *central, const struct device *device, const char *sale_id,
                             struct errmsg *err)
{
    return STORE_RUN(central->store, STATEMENT_CLAIM_END, err, V_TEXT(device->dev), V_TEXT(sale_id));
}

enum status coupon_note_claim_voided(struct central *central, const struct interpret_record *record,
                                     const struct cJSON *body, struct errmsg *err)
{
    const struct device *device = record->device;
    struct claim claim;
    enum status st = read_claim(body, &claim, err);

    /* The claim may be of an epoch before, which the record was carried from. */
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_CLAIM_END_CODE, err, V_TEXT(device->dev), V_TEXT(claim.sale_id),
                       V_TEXT(claim.code));
    /* The record may come before a question that was long under way: then the question finds it ended. */
    return st == ST_OK ? STORE_RUN(central->store, STATEMENT_CLAIM_VOID, err, V_TEXT(device->dev),
                                   V_TEXT(device->epoch), V_TEXT(claim.sale_id), V_TEXT(claim.code),
                                   V_TEXT(device->chain), V_INT(central_now_us(central)))
                       : st;
}

struct lost {
    struct central *central;
    int64_t before_us, claims;
};

/* A till's at a time: a step (steps.h). */
static enum status give_up_next(void *context, bool *out_found, struct errmsg *err)
{
    struct lost *lost = context;
    struct store *store = lost->central->store;
    char dev[HEX64_TEXT] = "";
    int64_t count = 0;
    struct rows *rows;
    enum status st = STORE_SELECT(store, STATEMENT_CLAIM_LOST_NEXT, &rows, err, V_INT(lost->before_us));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found)
        (void)snprintf(dev, sizeof(dev), "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    if (st == ST_OK && *out_found)
        st = store_run(store, STATEMENT_CLAIM_LOST, STORE_VALUES(V_INT(lost->before_us), V_TEXT(dev)), &count, err);
    lost->claims += count;
    return st;
}

enum status coupon_give_up_lost(struct central *central, struct errmsg *err)
{
    struct lost lost = {central, central_now_us(central) - COUPON_LOST_DAYS * INT64_C(86400000000), 0};
    enum status st = steps_run(central, INT_MAX, give_up_next, &lost, NULL, err);

    if (st == ST_OK && lost.claims > 0)
        log_warn("points-03", "coupons that lost tills had asked for are free again count=%" PRId64, lost.claims);
    return st;
}

enum status coupon_write(struct central *central, const char *chain, const char *code, const struct device *device,
                         struct json_writer *w, struct errmsg *err)
{
    struct coupon coupon;
    enum status st = load(central, chain, code, &coupon, err);

    if (st != ST_OK || !coupon.listed)
        return st;
    jw_object_begin(w);
    jw_field_text(w, "code", code);
    if (coupon.member[0])
        jw_field_text(w, "member", coupon.member);
    if (coupon.promotion[0])
        jw_field_text(w, "promotion", coupon.promotion);
    jw_field_int(w, "uses", coupon.uses);
    jw_field_int(w, "uses_max", coupon.uses_max);
    if (coupon.from[0])
        jw_field_text(w, "from", coupon.from);
    if (coupon.until[0])
        jw_field_text(w, "until", coupon.until);
    if (device) {
        jw_field_text(w, "epoch", device->epoch);
        jw_field_int(w, "seq", device->counted);
    }
    jw_object_end(w);
    return ST_OK;
}
