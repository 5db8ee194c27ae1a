/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/hold.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "sync/central/counting.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"
#include "sync/central/restore.h"

enum { STATE_MAX = 16, REASON_MAX = 200, CURRENCY_MAX = LOT_CURRENCY_BYTES - 1 };

struct asked {
    const char *hold, *currency, *named; /* views of the body */
    int64_t amount;
    char member[ID_BYTES];
    char state[STATE_MAX], reason[REASON_MAX];
};

static enum status read_hold(const struct cJSON *root, struct asked *asked, struct errmsg *err)
{
    enum status st = json_text(root, "hold", ID_LEN_MAX, &asked->hold, err);

    if (st == ST_OK && !id_is_valid(asked->hold)) {
        errmsg_set(err, "hold is not a name");
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static enum status read_body(const struct cJSON *root, struct asked *asked, struct errmsg *err)
{
    enum status st = read_hold(root, asked, err);

    if (st == ST_OK)
        st = json_text(root, "member", ID_LEN_MAX, &asked->named, err);
    if (st == ST_OK)
        st = json_text(root, "currency", CURRENCY_MAX, &asked->currency, err);
    if (st == ST_OK)
        st = json_int(root, "amount", 1, JSON_INT_MAX, &asked->amount, err);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static void refuse(struct asked *asked, const char *reason)
{
    (void)snprintf(asked->state, sizeof(asked->state), "refused");
    (void)snprintf(asked->reason, sizeof(asked->reason), "%s", reason);
}

/* What was decided before, or how its record ended it: ST_NOT_FOUND when it is new. */
static enum status find(struct central *central, const struct device *device, struct asked *asked, struct errmsg *err)
{
    struct rows *rows;
    bool found;
    enum status st = STORE_SELECT(central->store, STATEMENT_HOLD_GET, &rows, err, V_TEXT(device->dev),
                                  V_TEXT(device->epoch), V_TEXT(asked->hold));

    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    if (found) {
        (void)snprintf(asked->state, sizeof(asked->state), "%s", rows_text(rows, 0));
        (void)snprintf(asked->reason, sizeof(asked->reason), "%s", rows_text(rows, 1));
    }
    st = rows_end(rows, err);
    return st == ST_OK && !found ? ST_NOT_FOUND : st;
}

static enum status decide(struct central *central, const struct device *device, struct asked *asked,
                          struct errmsg *err)
{
    struct lot_sums sums = {0};
    int64_t spends = 0;
    char text[REASON_MAX];
    enum status st = member_resolve(central, device->chain, asked->named, asked->member, err);

    (void)snprintf(asked->state, sizeof(asked->state), "granted");
    if (st == ST_NOT_FOUND) {
        refuse(asked, "the member is not known");
        return ST_OK;
    }
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_MEMBER_SPENDS, &spends, err, V_TEXT(device->chain),
                          V_TEXT(asked->member));
    if (st == ST_OK)
        st = lot_sum(central, device->chain, asked->member, asked->currency, &sums, err);
    if (st != ST_OK)
        return st;
    if (!spends) {
        refuse(asked,
               "the member may not spend points: blocked, not activated yet, or more was spent than there was");
    } else if (lot_available(&sums) < asked->amount) {
        (void)snprintf(text, sizeof(text),
                       "asked for %" PRId64 ", there are %" PRId64 " active of which %" PRId64
                       " are held and %" PRId64 " set aside at tills",
                       asked->amount, sums.active, sums.held, sums.leased);
        refuse(asked, text);
    }
    return ST_OK;
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

/* What an attempt of a transaction begins from. */
struct attempt {
    struct central *central;
    const struct device *device;
    struct asked *asked;
};

static enum status grant(void *context, struct errmsg *err)
{
    const struct attempt *attempt = context;
    struct central *central = attempt->central;
    const struct device *device = attempt->device;
    struct asked *asked = attempt->asked;
    enum status st = find(central, device, asked, err);

    if (st != ST_NOT_FOUND)
        return st;
    st = may_grant(central, device, err);
    if (st != ST_OK)
        return st;
    asked->member[0] = asked->reason[0] = '\0';
    st = decide(central, device, asked, err);
    return st == ST_OK ? STORE_RUN(central->store, STATEMENT_HOLD_PUT, err, V_TEXT(device->dev),
                                   V_TEXT(device->epoch), V_TEXT(asked->hold), V_TEXT(device->chain),
                                   V_TEXT(asked->member), V_TEXT(asked->currency), V_INT(asked->amount),
                                   V_TEXT(asked->state), V_TEXT(asked->reason), V_INT(central_now_us(central)))
                       : st;
}

static enum status give_up(void *context, struct errmsg *err)
{
    const struct attempt *attempt = context;
    enum status st = hold_end(attempt->central, attempt->device, attempt->asked->hold, false, err);

    return st == ST_OK ? find(attempt->central, attempt->device, attempt->asked, err) : st;
}

static void write_state(const struct asked *asked, struct answer *answer)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);

    jw_object_begin(&w);
    jw_field_text(&w, "hold", asked->hold);
    jw_field_text(&w, "state", asked->state);
    if (asked->reason[0])
        jw_field_text(&w, "reason", asked->reason);
    jw_object_end(&w);
}

/* What each question reads of its body, and does about it. */
struct question {
    enum status (*read)(const struct cJSON *root, struct asked *asked, struct errmsg *err);
    store_body *act;
};

static void answer_question(struct central *central, const struct device *device, const struct question *question,
                            const char *body, size_t len, struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    struct asked asked = {.hold = ""};
    struct attempt attempt = {central, device, &asked};
    enum status st = json_parse(body, len, HOLD_BODY_MAX, &root, &err);

    if (st == ST_OK)
        st = question->read(root, &asked, &err);
    if (st == ST_OK)
        counting_catch_up(central, NULL);
    if (st == ST_OK)
        st = store_transact(central->store, question->act, &attempt, &err);
    if (st == ST_OK)
        write_state(&asked, answer);
    else
        answer_status(answer, st, &err);
    json_free(root);
}

void hold_answer(struct central *central, const struct device *device, const char *body, size_t len,
                 struct answer *answer)
{
    static const struct question question = {read_body, grant};

    answer_question(central, device, &question, body, len, answer);
}

void hold_void_answer(struct central *central, const struct device *device, const char *body, size_t len,
                      struct answer *answer)
{
    static const struct question question = {read_hold, give_up};

    answer_question(central, device, &question, body, len, answer);
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
