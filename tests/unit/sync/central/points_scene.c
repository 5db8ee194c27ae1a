/* SPDX-License-Identifier: Apache-2.0 */
#include "points_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "sync/central/coupon.h"
#include "sync/central/hold.h"
#include "sync/central/updates.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

void points_open(struct points_scene *s)
{
    memset(s, 0, sizeof(*s));
    fixture_open(&s->fixture);
    fixture_publish(&s->fixture, 1);
    fixture_import(&s->fixture, "member,card,bonus\nM1,1,1000\n");
    till_enrol_fresh(&s->fixture, &s->till, 0xd1);
    till_enrol_fresh(&s->fixture, &s->other, 0xd2);
    s->batch = (struct strbuf)STRBUF_INIT(TEXT_MAX);
    s->answer = (struct strbuf)STRBUF_INIT(TEXT_MAX);
}

void points_close(struct points_scene *s)
{
    cr_expect(ledger_is_ok(&s->fixture));
    cr_expect_eq(total(&s->fixture, "dead_letters"), 0);
    strbuf_free(&s->answer);
    strbuf_free(&s->batch);
    till_clear(&s->other);
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

void points_rule(struct points_scene *s, int activation_days, int life_days, int lease_cap, int lease_days,
                 int lost_days)
{
    struct errmsg err = ERRMSG_INIT;

    OK(STORE_RUN(s->fixture.central->store, STATEMENT_POINT_RULE_PUT, &err, V_TEXT("demo"), V_TEXT("bonus"),
                 V_INT(activation_days), V_INT(life_days), V_INT(lease_cap), V_INT(lease_days), V_INT(lost_days)));
}

struct lot_sums points_sums(struct points_scene *s, const char *member)
{
    struct errmsg err = ERRMSG_INIT;
    struct lot_sums sums = {0};

    OK(lot_sum(s->fixture.central, "demo", member, "bonus", &sums, &err));
    return sums;
}

int64_t points_available(struct points_scene *s, const char *member)
{
    struct lot_sums sums = points_sums(s, member);

    return lot_available(&sums);
}

void points_record(struct points_scene *s, struct fake_till *till, const char *type, const char *body)
{
    strbuf_clear(&s->batch);
    till_record(till, type, body, &s->batch);
    cr_assert_eq(till_post(&s->fixture, till, &s->batch, &s->answer), 200, "%s", strbuf_text(&s->answer));
}

void points_sale(struct points_scene *s, struct fake_till *till, const char *sale_id, const char *member, int earned,
                 int redeemed, const char *more)
{
    char body[4096], date[11];

    civil_format_date(lot_today(s->fixture.central), date);
    snprintf(body, sizeof(body),
             "{\"sale\":{\"sale_id\":\"%s\",\"store\":{\"id\":\"S12\"},\"till\":\"3\",\"at\":\"%sT12:00:00Z\","
             "\"business_date\":\"%s\",\"lines\":[],\"member\":{\"id\":\"%s\"}},"
             "\"result\":{\"sale_id\":\"%s\",\"gross_minor\":%d,\"discount_minor\":0,\"redeemed_minor\":%d,"
             "\"total_minor\":0,\"lines\":[],\"adjustments\":[],\"coupons\":[],\"points\":[{\"currency\":\"bonus\","
             "\"earned\":%d,\"redeemed\":%d,\"cost\":0,\"by\":[]}],\"digest\":\"%064d\"},"
             "\"bundle\":\"\",\"identifier\":\"\"%s}",
             sale_id, date, date, member, sale_id, redeemed, redeemed, earned, redeemed, 0, more);
    points_record(s, till, "sale", body);
}

void points_load(struct points_scene *s, struct fake_till *till, struct device *out_device)
{
    struct errmsg err = ERRMSG_INIT;

    OK(device_load(s->fixture.central, till->dev_hex, out_device, &err));
}

bool points_hold(struct points_scene *s, struct fake_till *till, const char *id, const char *member, int amount,
                 const char *state)
{
    struct answer answer = ANSWER_INIT;
    struct device device;
    char body[512], wanted[64];
    bool says;

    points_load(s, till, &device);
    snprintf(body, sizeof(body),
             "{\"hold\":\"%s\",\"sale_id\":\"s\",\"member\":\"%s\",\"currency\":\"bonus\",\"amount\":%d}", id, member,
             amount);
    snprintf(wanted, sizeof(wanted), "\"state\":\"%s\"", state);
    hold_answer(s->fixture.central, &device, body, strlen(body), &answer);
    says = has_text(&answer.body, wanted);
    strbuf_free(&answer.body);
    return says;
}

bool points_claim(struct points_scene *s, struct fake_till *till, const char *sale_id, const char *code,
                  const char *wanted)
{
    struct answer answer = ANSWER_INIT;
    struct device device;
    char body[512];
    bool says;

    points_load(s, till, &device);
    snprintf(body, sizeof(body), "{\"code\":\"%s\",\"sale_id\":\"%s\",\"member\":\"M1\"}", code, sale_id);
    coupon_claim_answer(s->fixture.central, &device, body, strlen(body), &answer);
    says = has_text(&answer.body, wanted);
    strbuf_free(&answer.body);
    return says;
}

void points_begin_epoch(struct points_scene *s, struct fake_till *till)
{
    uint64_t dev = till->dev, epoch = till->epoch + 1;
    char code[16];

    till_clear(till);
    till_init(till, dev, epoch);
    fixture_code(&s->fixture, "3", code);
    cr_assert_eq(till_enrol(&s->fixture, till, code), 200);
}

void points_expire(struct points_scene *s)
{
    struct errmsg err = ERRMSG_INIT;
    struct lot_place place = {.chain = ""};
    bool more = true;

    while (more)
        OK(lot_expire(s->fixture.central, &place, &more, &err));
}

struct cJSON *points_updates(struct fixture *f, struct fake_till *till, char cursor[POINTS_CURSOR_TEXT],
                             struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct answer answer = ANSWER_INIT;
    struct updates_cursor at;
    struct device device;
    struct cJSON *root = NULL;
    const char *text;

    OK(device_load(f->central, till->dev_hex, &device, &err));
    OK(updates_read_cursor(f->central, cursor, &at, &err));
    updates_answer(f->central, &device, &at, &answer);
    cr_assert_eq(answer.status, 200, "%s", strbuf_text(&answer.body));
    OK(json_parse(answer.body.data, answer.body.len, answer.body.len, &root, &err));
    OK(json_text(root, "cursor", POINTS_CURSOR_TEXT - 1, &text, &err));
    snprintf(cursor, POINTS_CURSOR_TEXT, "%s", text);
    if (out) {
        strbuf_clear(out);
        strbuf_add(out, answer.body.data, answer.body.len);
    }
    strbuf_free(&answer.body);
    return root;
}
