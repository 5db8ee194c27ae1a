/* SPDX-License-Identifier: Apache-2.0 */
/* Rights at the central, over the real link: holds of points and claims of coupons, answered, late, or cut off. */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/json.h"
#include "agent/till/rulebook.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#define CARD "2900000000018"
#define RULES                                                                                                        \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\",\"digits\":2,"       \
    "\"value_minor\":100}],\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},"                        \
    "\"max_share_bp\":10000}],\"coupon_series\":[{\"id\":\"once\",\"kind\":\"listed\",\"single_use\":true,"          \
    "\"codes\":[\"ONE\"]}],\"promotions\":[{\"id\":\"a\",\"title\":{\"en\":\"a\"},\"layer\":\"promo\",\"order\":1,"  \
    "\"when\":{\"coupon\":\"once\"},\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},"                  \
    "\"percent_bp\":1000}}]}"
#define LINES  "\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]}"
#define SPENDS "{\"card\":\"" CARD "\",\"redeem\":{\"bonus\":4000}," LINES
#define COUPON "{\"coupons\":[\"ONE\"]," LINES

static struct rig rig;
static bool ready;

static bool has_rules(struct rig *r)
{
    return rule_edition_version(rulebook_active(r->world.rulebook)) == 1;
}

static bool is_ready(struct rig *r)
{
    (void)r;
    return ready;
}

/* The rules are offered past the link; their file comes through it. */
static void take_rules(void)
{
    char *manifest, *signatures;
    struct question q;

    world_sign(&rig.world, "demo", RULES, 1, rig.world.office, &manifest, &signatures);
    rulebook_offer(rig.world.rulebook, manifest, strlen(manifest), signatures, strlen(signatures));
    q = rig_take(&rig, OP_BLOB);
    rig_answer_n(&rig, &q, 206, RULES, sizeof RULES - 1, "");
    question_clear(&q);
    rig_until(&rig, has_rules, "the rules");
    free(manifest);
    free(signatures);
}

static void begin(void)
{
    struct question q;

    ready = false;
    rig_begin(&rig, true);
    rig_connect(&rig);
    q = rig_take(&rig, OP_UPDATES);
    rig_answer(&rig, &q, 200, "{\"cursor\":\"aa.1\"}");
    question_clear(&q);
    take_rules();
    world_member(&rig.world, "M1", CARD, "\"state\":\"active\",\"balances\":{\"bonus\":20000},", 0);
}

static void end(void)
{
    rig_end(&rig);
}

TestSuite(questions, .init = begin, .fini = end, .timeout = 60);

static void set_ready(void *context)
{
    *(bool *)context = true;
}

static void ask_for(const char *sale, const char *body)
{
    cr_assert_eq(world_do(&rig.world, "put", sale, body, NULL), PROBLEM_NONE);
    till_before_tender(rig.world.till, sale, set_ready, &ready);
}

/* A text of a question's body; a view of a static place. */
static const char *asked_text(const struct question *q, const char *name)
{
    static char text[64];
    struct cJSON *root = NULL;
    const char *found = "";

    cr_assert_eq(json_parse(q->body, q->len, 4096, &root, NULL), ST_OK);
    (void)json_text(root, name, 63, &found, NULL);
    strcpy(text, found);
    json_free(root);
    return text;
}

Test(questions, claim_of_a_coupon_goes_to_the_central_and_its_no_is_heard)
{
    struct question q;

    ask_for("s1", COUPON);
    q = rig_take(&rig, OP_CLAIM);
    cr_expect_str_eq(asked_text(&q, "code"), "one");
    cr_expect_str_eq(asked_text(&q, "sale_id"), "s1");
    cr_expect_eq(q.deadline_ms, TILL_QUESTION_MS);
    rig_answer(&rig, &q, 200, "{\"code\":\"one\",\"state\":\"refused\",\"reason\":\"used before\"}");
    rig_until(&rig, is_ready, "the answer");
    cr_expect_eq(world_do(&rig.world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL),
                 PROBLEM_TOTAL_DIFFERS);
    cr_expect_eq(world_int(&rig.world, "s1", "total_minor"), 10000);
    question_clear(&q);
}

Test(questions, hold_answered_late_is_voided_by_name_and_its_answer_dropped)
{
    struct question q, voided;
    char hold[64];

    ask_for("s1", SPENDS);
    q = rig_take(&rig, OP_HOLD);
    strcpy(hold, asked_text(&q, "hold"));
    rig_refuse(&rig, &q, "deadline", 0); /* loyald-sync has waited long enough */
    rig_until(&rig, is_ready, "the end of the wait");
    voided = rig_take(&rig, OP_HOLD_VOID);
    cr_expect_str_eq(asked_text(&voided, "hold"), hold);
    cr_expect_eq(world_count(&rig.world, "hold_voided"), 1, "first the record");
    rig_answer(&rig, &q, 200, "{\"hold\":\"late\",\"state\":\"granted\"}");
    rig_answer(&rig, &voided, 200, "{\"hold\":\"late\",\"state\":\"voided\"}");
    rig_turn(&rig);
    cr_assert_eq(world_do(&rig.world, "commit", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&rig.world, "s1", "redeemed_minor"), 0, "no lease, no floor limit");
    question_clear(&q);
    question_clear(&voided);
}

Test(questions, link_lost_between_hold_and_commit_leaves_the_hold)
{
    struct cJSON *sale;
    struct question q;
    char hold[64];

    ask_for("s1", SPENDS);
    q = rig_take(&rig, OP_HOLD);
    strcpy(hold, asked_text(&q, "hold"));
    rig_answer(&rig, &q, 200, "{\"hold\":\"it\",\"state\":\"granted\"}");
    rig_until(&rig, is_ready, "the answer");
    cr_assert_eq(world_do(&rig.world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    rig_hang_up(&rig);
    rig_turn(&rig);
    cr_assert_eq(world_do(&rig.world, "commit", "s1", "{\"expected_total_minor\":6000}", NULL), PROBLEM_NONE);
    sale = world_last(&rig.world, "sale");
    cr_expect_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(sale, "holds"), 0)->valuestring, hold);
    cr_expect_eq(world_count(&rig.world, "hold_voided"), 0);
    json_free(sale);
    question_clear(&q);
}

Test(questions, link_lost_while_a_hold_is_asked_for_voids_it_by_record)
{
    struct question q;

    ask_for("s1", SPENDS);
    q = rig_take(&rig, OP_HOLD);
    rig_hang_up(&rig);
    rig_until(&rig, is_ready, "no answer any more");
    cr_expect_eq(world_count(&rig.world, "hold_voided"), 1);
    cr_expect_not(rig_is_up(&rig));
    cr_assert_eq(world_do(&rig.world, "commit", "s1", "{\"expected_total_minor\":10000}", NULL), PROBLEM_NONE);
    question_clear(&q);
}
