/* SPDX-License-Identifier: Apache-2.0 */
/* Each refusal and each answer to a question, as an example has it, at today's till: it acts on the one and hears the
 * other. */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/link/link_internal.h"
#include "tests/skew/shape.h"

#include <criterion/criterion.h>

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;

static void begin(void)
{
    rig_begin(&rig, false);
    rig_connect(&rig);
}

static void end(void)
{
    rig_end(&rig);
}

TestSuite(skew_answers, .init = begin, .fini = end, .timeout = 60);

enum { SALES = 3, DEADLINE_MS = 20000 };

/* ---- refusals ---- */

/* What each comes with, and what the till does: nothing is acked but by expect, and but for a fork it tries again. */
static const struct {
    const char *file;
    int status;
    bool forks;
    int64_t acked, then; /* how many records the next batch has */
} refusals[] = {{"error.bad_mac.json", 403, false, 0, SALES},
                {"error.expect.json", 409, false, 2, 1},
                {"error.fork.json", 409, true, 0, 0},
                {"error.no_certificate.json", 401, false, 0, SALES},
                {"error.not_found.json", 404, false, 0, SALES},
                {"error.revoked.json", 403, false, 0, SALES},
                {"error.too_large.json", 413, false, 0, SALES / 2},
                {"error.too_many.json", 429, false, 0, SALES},
                {"error.unavailable.json", 503, false, 0, SALES}};

static int64_t count_lines(const struct question *q)
{
    int64_t count = 0;

    for (size_t i = 0; i < q->len; i++)
        count += q->body[i] == '\n';
    return count;
}

/* The batch that has all of them; what was asked with fewer is refused once more. */
static struct question take_all(void)
{
    struct question q = rig_take(&rig, OP_JOURNAL);

    while (count_lines(&q) < SALES) {
        rig_answer(&rig, &q, 503, "{}");
        question_clear(&q);
        q = rig_take(&rig, OP_JOURNAL);
    }
    return q;
}

static bool is_forked_now(struct rig *r)
{
    return rig_is_forked(r);
}

Test(skew_answers, each_refusal_of_records_is_acted_on)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        size_t len;
        char *text = shape_load(refusals[i].file, &len);
        struct question q;

        for (int sale = 0; sale < SALES; sale++)
            rig_sell(&rig, (const char *[]){"a", "b", "c"}[sale]);
        q = take_all();
        rig_answer_n(&rig, &q, refusals[i].status, text, len, "");
        question_clear(&q);
        if (refusals[i].forks) {
            rig_until(&rig, is_forked_now, "the alarm");
            cr_expect_not(rig_has(&rig, OP_JOURNAL));
        } else {
            q = rig_take(&rig, OP_JOURNAL);
            cr_expect_eq(count_lines(&q), refusals[i].then, "%s: %" PRId64, refusals[i].file, count_lines(&q));
            question_clear(&q);
        }
        cr_expect_eq(rig_acked(&rig), refusals[i].acked, "%s", refusals[i].file);
        cr_expect_eq(rig_is_forked(&rig), refusals[i].forks, "%s", refusals[i].file);
        free(text);
        end();
        begin();
    }
}

static struct {
    int times;
    enum problem problem;
    char detail[256];
} told;

static void note(void *context, enum problem problem, const char *detail)
{
    (void)context;
    told.times++;
    told.problem = problem;
    (void)snprintf(told.detail, sizeof told.detail, "%s", detail);
}

static bool is_told(struct rig *r)
{
    (void)r;
    return told.times > 0;
}

/* Of behind, the epoch is no other till's: test_enrolment has one that is its own. */
Test(skew_answers, each_refusal_of_an_enrolment_is_said_in_its_words)
{
    static const struct {
        const char *file;
        int status;
    } files[] = {{"error.bad_code.json", 403},
                 {"error.copied.json", 409},
                 {"error.too_many.json", 429},
                 {"error.unavailable.json", 503}};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct cJSON *root = shape_load_json(files[i].file);
        const char *message = "";
        struct question q;
        size_t len;
        char *text = shape_load(files[i].file, &len);

        cr_assert_eq(json_text(root, "message", 200, &message, NULL), ST_OK);
        memset(&told, 0, sizeof told);
        link_enrol(rig.link, "7K3M-9QPX", note, NULL);
        q = rig_take(&rig, OP_ENROL);
        rig_answer_n(&rig, &q, files[i].status, text, len, "");
        rig_until(&rig, is_told, "the refusal");
        cr_expect_eq(told.problem, PROBLEM_ENROL_REFUSED);
        cr_expect_str_eq(told.detail, message);
        question_clear(&q);
        free(text);
        json_free(root);
    }
}

/* ---- answers to questions ---- */

static bool is_up(struct rig *r)
{
    return rig_is_up(r);
}

/* A right is asked for where the link is up. */
static void bring_up(void)
{
    struct question q = rig_take(&rig, OP_UPDATES);

    rig_answer(&rig, &q, 200, "{\"cursor\":\"aa.1\"}");
    question_clear(&q);
    rig_until(&rig, is_up, "the link");
}

static struct {
    int times;
    bool answered;
    enum till_hold outcome;
    char text[4096];
} heard;

static bool is_heard(struct rig *r)
{
    (void)r;
    return heard.times > 0;
}

static void hear_text(void *context, bool answered, const char *text, size_t len)
{
    (void)context;
    heard.times++;
    heard.answered = answered;
    (void)snprintf(heard.text, sizeof heard.text, "%.*s", (int)len, text ? text : "");
}

static void hear_right(void *context, enum till_hold outcome, const char *reason)
{
    (void)context;
    heard.times++;
    heard.outcome = outcome;
    (void)snprintf(heard.text, sizeof heard.text, "%s", reason);
}

static void answer_with(const char *file, enum operation op)
{
    size_t len;
    char *text = shape_load(file, &len);
    struct question q = rig_take(&rig, op);

    rig_answer_n(&rig, &q, 200, text, len, "");
    rig_until(&rig, is_heard, file);
    question_clear(&q);
    free(text);
}

static void ask_member(const char *file)
{
    static const uint8_t identifier[16] = {1};
    struct till_central central = link_central(rig.link);

    memset(&heard, 0, sizeof heard);
    central.ask_member(central.link, identifier, DEADLINE_MS, hear_text, NULL);
    answer_with(file, OP_MEMBER);
}

static void ask_sale(const char *file)
{
    struct till_central central = link_central(rig.link);

    memset(&heard, 0, sizeof heard);
    central.ask_sale(central.link, "S12-3-000451", DEADLINE_MS, hear_text, NULL);
    answer_with(file, OP_SALE);
}

Test(skew_answers, members_and_sales_are_heard)
{
    bring_up();
    ask_member("member.answer.json");
    cr_expect(heard.answered && strstr(heard.text, "\"id\":\"M1\""), "%s", heard.text);
    ask_member("member.answer.none.json");
    cr_expect(heard.answered && heard.text[0] == '\0', "%s", heard.text);
    ask_sale("sale.answer.json");
    cr_expect(heard.answered && strstr(heard.text, "\"S12-3-000451\""), "%s", heard.text);
    ask_sale("sale.answer.none.json");
    cr_expect(heard.answered && heard.text[0] == '\0', "%s", heard.text);
}

Test(skew_answers, rights_are_heard)
{
    const struct till_hold_question hold = {"h1", "s1", "M1", "bonus", 10};
    const struct till_claim_question claim = {"abc123", "s1", "", 1};
    struct till_central central = link_central(rig.link);

    bring_up();
    memset(&heard, 0, sizeof heard);
    central.ask_hold(central.link, &hold, DEADLINE_MS, hear_right, NULL);
    answer_with("hold.answer.json", OP_HOLD);
    cr_expect_eq(heard.outcome, TILL_HOLD_GRANTED);
    memset(&heard, 0, sizeof heard);
    central.ask_claim(central.link, &claim, DEADLINE_MS, hear_right, NULL);
    answer_with("claim.answer.json", OP_CLAIM);
    cr_expect_eq(heard.outcome, TILL_HOLD_REFUSED);
    cr_expect_str_eq(heard.text, "the coupon is being used at another till");
}

/* ---- frames of loyald-sync's own ---- */

static bool is_down(struct rig *r)
{
    return !rig_is_up(r);
}

/* The example's header, as an answer to that question. */
static void say_as(const char *file, int64_t id)
{
    struct cJSON *root = shape_load_json(file);
    char *text;

    if (id > 0)
        cJSON_ReplaceItemInObject(root, "id", cJSON_CreateNumber((double)id));
    shape_add_unknown(root);
    text = cJSON_PrintUnformatted(root);
    rig_say(&rig, text, id, NULL, 0);
    cJSON_free(text);
    json_free(root);
}

Test(skew_answers, the_couriers_own_words_are_heard)
{
    static const char *const files[] = {"frame.error.json", "frame.notice.link.json"};
    char reason[300];

    for (int i = 0; i < 2; i++) {
        struct question q;

        bring_up();
        rig_sell(&rig, "a");
        q = rig_take(&rig, OP_JOURNAL);
        say_as(files[i], i == 0 ? q.id : 0);
        question_clear(&q);
        rig_until(&rig, is_down, files[i]);
        rig_link_text(&rig, "reason", reason, sizeof reason);
        cr_expect_str_eq(reason, "could not connect to localhost:8474: Connection refused");
        cr_expect_eq(rig_acked(&rig), 0);
        end();
        begin();
    }
    say_as("frame.notice.identity.json", 0);
    bring_up();
    cr_expect_eq(courier_certificate_until(rig.link->courier), 1829671200);
}

/* Its MAC is nobody's: it brings nothing, and the record is sent again. */
Test(skew_answers, an_answer_that_nobody_signed_is_none)
{
    struct question q;

    rig_sell(&rig, "a");
    q = rig_take(&rig, OP_JOURNAL);
    say_as("frame.answer.json", q.id);
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    cr_expect_eq(rig_acked(&rig), 0);
    question_clear(&q);
}
