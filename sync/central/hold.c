/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/hold.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"
#include "sync/central/question.h"
#include "sync/central/restore.h"

struct hold {
    const char *id, *currency, *named; /* views of the body */
    int64_t amount;
    char member[ID_BYTES];
};

static enum status read_id(const struct cJSON *root, void *asked, struct errmsg *err)
{
    struct hold *hold = asked;
    enum status st = json_text(root, "hold", ID_LEN_MAX, &hold->id, err);

    if (st == ST_OK && !id_is_valid(hold->id)) {
        errmsg_set(err, "hold is not a name");
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static enum status read_hold(const struct cJSON *root, void *asked, struct errmsg *err)
{
    struct hold *hold = asked;
    enum status st = read_id(root, hold, err);

    if (st == ST_OK)
        st = json_text(root, "member", ID_LEN_MAX, &hold->named, err);
    if (st == ST_OK)
        st = json_text(root, "currency", LOT_CURRENCY_BYTES - 1, &hold->currency, err);
    if (st == ST_OK)
        st = json_int(root, "amount", 1, JSON_INT_MAX, &hold->amount, err);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static void write_id(const void *asked, struct json_writer *w)
{
    const struct hold *hold = asked;

    jw_field_text(w, "hold", hold->id);
}

/* What was decided before, or how its record ended it: ST_NOT_FOUND when it is new. */
static enum status find(struct question_attempt *attempt, struct errmsg *err)
{
    const struct hold *hold = attempt->asked;

    return verdict_find(attempt->central->store, STATEMENT_HOLD_GET,
                        STORE_VALUES(V_TEXT(attempt->device->dev), V_TEXT(attempt->device->epoch), V_TEXT(hold->id)),
                        &attempt->verdict, err);
}

/* Of what the member has, when it may be spent at all. */
static void judge(const struct hold *hold, bool spends, const struct lot_sums *sums, struct verdict *verdict)
{
    char text[sizeof(verdict->reason)];

    if (!spends) {
        verdict_refuse(
            verdict, "the member may not spend points: blocked, not activated yet, or more was spent than there was");
    } else if (lot_available(sums) < hold->amount) {
        (void)snprintf(text, sizeof(text),
                       "asked for %" PRId64 ", there are %" PRId64 " active of which %" PRId64
                       " are held and %" PRId64 " set aside at tills",
                       hold->amount, sums->active, sums->held, sums->leased);
        verdict_refuse(verdict, text);
    }
}

static enum status decide(struct question_attempt *attempt, struct errmsg *err)
{
    struct central *central = attempt->central;
    const char *chain = attempt->device->chain;
    struct hold *hold = attempt->asked;
    struct lot_sums sums = {0};
    int64_t spends = 0;
    enum status st = member_resolve(central, chain, hold->named, hold->member, err);

    attempt->verdict = (struct verdict){"granted", ""};
    if (st == ST_NOT_FOUND) {
        verdict_refuse(&attempt->verdict, "the member is not known");
        return ST_OK;
    }
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_MEMBER_SPENDS, &spends, err, V_TEXT(chain), V_TEXT(hold->member));
    if (st == ST_OK)
        st = lot_sum(central, chain, hold->member, hold->currency, &sums, err);
    if (st == ST_OK)
        judge(hold, spends != 0, &sums, &attempt->verdict);
    return st;
}

/* Not while tills may hold what this database does not know of. */
static enum status may_grant(struct central *central, const struct device *device, struct errmsg *err)
{
    int64_t waiting = 0;
    enum status st = restore_waiting(central, device->chain, &waiting, err);

    if (st != ST_OK || waiting == 0)
        return st;
    errmsg_set(err, "put back from a backup: %" PRId64 " tills have not said yet what they may spend", waiting);
    return ST_TIMEOUT;
}

static enum status grant(void *context, struct errmsg *err)
{
    struct question_attempt *attempt = context;
    struct central *central = attempt->central;
    const struct device *device = attempt->device;
    struct hold *hold = attempt->asked;
    enum status st = find(attempt, err);

    if (st != ST_NOT_FOUND)
        return st;
    st = may_grant(central, device, err);
    if (st != ST_OK)
        return st;
    hold->member[0] = '\0';
    st = decide(attempt, err);
    return st == ST_OK
               ? STORE_RUN(central->store, STATEMENT_HOLD_PUT, err, V_TEXT(device->dev), V_TEXT(device->epoch),
                           V_TEXT(hold->id), V_TEXT(device->chain), V_TEXT(hold->member), V_TEXT(hold->currency),
                           V_INT(hold->amount), V_TEXT(attempt->verdict.state), V_TEXT(attempt->verdict.reason),
                           V_INT(central_now_us(central)))
               : st;
}

static enum status give_up(void *context, struct errmsg *err)
{
    struct question_attempt *attempt = context;
    const struct hold *hold = attempt->asked;
    enum status st = hold_end(attempt->central, attempt->device, hold->id, false, err);

    return st == ST_OK ? find(attempt, err) : st;
}

void hold_answer(struct central *central, const struct device *device, const char *body, size_t len,
                 struct answer *answer)
{
    static const struct question question = {HOLD_BODY_MAX, read_hold, grant, write_id};
    struct hold hold = {.id = ""};

    question_answer(&question, &(struct question_attempt){central, device, &hold, {"", ""}}, body, len, answer);
}

void hold_void_answer(struct central *central, const struct device *device, const char *body, size_t len,
                      struct answer *answer)
{
    static const struct question question = {HOLD_BODY_MAX, read_id, give_up, write_id};
    struct hold hold = {.id = ""};

    question_answer(&question, &(struct question_attempt){central, device, &hold, {"", ""}}, body, len, answer);
}

enum status hold_end(struct central *central, const struct device *device, const char *hold, bool posted,
                     struct errmsg *err)
{
    const char *state = posted ? "posted" : "voided";
    /* It may have been asked for in an epoch before, which the record was carried from. */
    enum status st = STORE_RUN(central->store, STATEMENT_HOLD_END_EARLIER, err, V_TEXT(device->dev),
                               V_TEXT(device->epoch), V_TEXT(hold), V_TEXT(state));

    if (st != ST_OK)
        return st;
    /* The record may come before a question that was long under way: then the question finds it ended. */
    return STORE_RUN(central->store, STATEMENT_HOLD_END, err, V_TEXT(device->dev), V_TEXT(device->epoch),
                     V_TEXT(hold), V_TEXT(device->chain), V_TEXT(state), V_INT(central_now_us(central)));
}
