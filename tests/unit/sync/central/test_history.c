/* SPDX-License-Identifier: Apache-2.0 */
/* A central put back to a backup of before a till began its epoch: the end of the one before, acked since the backup,
 * is at the till alone, and comes as the beginning of the next. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "points_scene.h"
#include "sync/central/enrol.h"
#include "sync/central/history.h"
#include "sync/central/restore.h"
#include "till_records.h"

TestSuite(central_history, .timeout = 120);

enum { TEXT_MAX = 64 * 1024, HAS = 2, WROTE = 4 };

struct scene {
    struct fixture fixture;
    struct fake_till first, now;          /* as it was in the epoch that is over, and in the next */
    char history[600], hash[SHA256_TEXT]; /* hash: of the last record that is here */
};

static void say(struct scene *s, const char *chain, const char *incarnation, int64_t seq, const uint8_t *hash)
{
    char hex[SHA256_TEXT];

    hex_encode(hash, SHA256_BYTES, hex);
    (void)snprintf(
        s->history, sizeof s->history,
        "{\"chain\":\"%s\",\"incarnation\":\"%s\",\"ended\":[{\"epoch\":\"%s\",\"seq\":%lld,\"hash\":\"%s\"}]}",
        chain, incarnation, s->first.epoch_hex, (long long)seq, hex);
    s->now.history = s->history;
}

/* Of four records two are here; the other two went to the central as it was before it was put back. */
static void open_scene(struct scene *s, struct strbuf *out_lost)
{
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    char name[8];

    *s = (struct scene){.history = ""};
    fixture_open(&s->fixture);
    fixture_publish(&s->fixture, 1);
    till_enrol_fresh(&s->fixture, &s->first, 0xa1);
    for (int i = 0; i < WROTE; i++) {
        (void)snprintf(name, sizeof name, "s%d", i);
        till_sale(&s->fixture, &s->first, name, NULL, "", 100, i < HAS ? &batch : out_lost);
        if (i == HAS - 1)
            hex_encode(s->first.head, SHA256_BYTES, s->hash);
    }
    cr_assert_eq(till_post(&s->fixture, &s->first, &batch, &answer), 200);
    cr_assert_eq(central_restored(s->fixture.central, NULL), ST_OK);
    till_init(&s->now, 0xa1, 0xe2);
    say(s, "demo", "00000000000000aa", WROTE, s->first.head);
    strbuf_free(&batch);
    strbuf_free(&answer);
}

static void close_scene(struct scene *s)
{
    till_clear(&s->first);
    till_clear(&s->now);
    fixture_close(&s->fixture);
}

static int enrol_now(struct scene *s, const char *code, struct strbuf *out_body)
{
    struct strbuf body = STRBUF_INIT(TEXT_MAX);
    struct answer answer = ANSWER_INIT;
    uint8_t mac_key[CRYPTO_KEY_BYTES];
    struct pk *own = NULL;

    till_enrol_body(&s->now, code, &own, &body);
    (void)enrol_till(s->fixture.central, s->now.dev_hex, s->now.epoch_hex, body.data, body.len, mac_key, &answer);
    if (answer.status == 200)
        till_enrol_finish(&s->now, code, own, answer.body.data, answer.body.len);
    strbuf_clear(out_body);
    strbuf_add(out_body, answer.body.data, answer.body.len);
    pk_destroy(own);
    strbuf_free(&answer.body);
    strbuf_free(&body);
    return answer.status;
}

Test(central_history, what_it_lacks_of_an_epoch_that_is_over_is_asked_for_and_comes)
{
    struct strbuf lost = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX), batch = STRBUF_INIT(TEXT_MAX);
    struct scene s;
    struct device device;
    char code[16], seq[24];
    uint8_t hash[SHA256_BYTES];

    open_scene(&s, &lost);
    fixture_code(&s.fixture, "3", code);
    cr_assert_eq(enrol_now(&s, code, &answer), 409);
    cr_expect(has_text(&answer, "\"code\":\"behind\"") && has_text(&answer, s.first.epoch_hex) &&
                  has_text(&answer, s.hash),
              "%s", strbuf_text(&answer));
    (void)snprintf(seq, sizeof seq, "\"seq\":%d", HAS);
    cr_expect(has_text(&answer, seq) && has_text(&answer, "new-epoch"), "%s", strbuf_text(&answer));
    cr_assert_eq(device_load(s.fixture.central, s.now.dev_hex, &device, NULL), ST_OK);
    cr_expect_str_eq(device.epoch, s.first.epoch_hex, "nothing has changed");
    cr_assert_eq(hex_decode(s.hash, sizeof hash, hash), ST_OK);
    say(&s, "demo", "00000000000000aa", HAS, hash); /* loyalctl new-epoch: it ends where it is here */
    cr_assert_eq(enrol_now(&s, code, &answer), 200, "with the same code: %s", strbuf_text(&answer));
    till_carry(&s.now, &lost, &batch);
    cr_assert_eq(till_post(&s.fixture, &s.now, &batch, &answer), 200);
    cr_expect_eq(total(&s.fixture, "sales"), WROTE);
    close_scene(&s);
    strbuf_free(&lost);
    strbuf_free(&answer);
    strbuf_free(&batch);
}

/* What is here beyond that end, or at it, of another life is no beginning of this one. */
Test(central_history, another_life_is_no_beginning)
{
    static const uint8_t other[SHA256_BYTES] = {7};
    struct strbuf lost = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    struct scene s;
    char code[16];

    open_scene(&s, &lost);
    fixture_code(&s.fixture, "3", code);
    for (int64_t seq = 1; seq <= HAS; seq++) {
        say(&s, "demo", "00000000000000aa", seq, other);
        cr_assert_eq(enrol_now(&s, code, &answer), 409);
        cr_expect(has_text(&answer, "\"code\":\"behind\"") && has_text(&answer, "\"seq\":0"), "%s",
                  strbuf_text(&answer));
    }
    close_scene(&s);
    strbuf_free(&lost);
    strbuf_free(&answer);
}

Test(central_history, a_till_of_another_chain_or_an_older_one_owes_nothing)
{
    struct strbuf lost = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    struct scene s;
    char code[16];

    for (int older = 0; older < 2; older++) {
        open_scene(&s, &lost);
        fixture_code(&s.fixture, "3", code);
        say(&s, "elsewhere", "00000000000000aa", WROTE, s.first.head);
        if (older)
            s.now.history = NULL;
        cr_expect_eq(enrol_now(&s, code, &answer), 200, "%s", strbuf_text(&answer));
        close_scene(&s);
        strbuf_clear(&lost);
    }
    strbuf_free(&lost);
    strbuf_free(&answer);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static const char *const damaged[] = {
    "7",
    "{\"chain\":\"demo\",\"ended\":7}",
    "{\"chain\":\"demo\",\"ended\":[7]}",
    "{\"chain\":\"demo\",\"ended\":[{\"epoch\":\"e\",\"seq\":1,\"hash\":\"00\"}]}",
    "{\"chain\":\"demo\",\"ended\":[{\"epoch\":\"00000000000000e1\",\"seq\":0,\"hash\":\"" ZEROS "\"}]}",
    "{\"chain\":\"demo\",\"ended\":[{\"epoch\":\"00000000000000e1\",\"seq\":1,\"hash\":\"00\"}]}"};

Test(central_history, one_that_is_none_is_refused)
{
    struct strbuf lost = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    struct scene s;
    char code[16];

    open_scene(&s, &lost);
    fixture_code(&s.fixture, "3", code);
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        s.now.history = damaged[i];
        cr_expect_eq(enrol_now(&s, code, &answer), 400, "%s: %s", damaged[i], strbuf_text(&answer));
    }
    close_scene(&s);
    strbuf_free(&lost);
    strbuf_free(&answer);
}

/* Its records come again, and behind them what it holds: nothing is granted before. */
Test(central_history, what_a_till_holds_is_waited_for_though_it_was_enrolled_anew)
{
    struct strbuf lost = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    struct scene s;
    char code[16];
    int64_t tills = 0;
    uint8_t hash[SHA256_BYTES];

    open_scene(&s, &lost);
    cr_assert_eq(hex_decode(s.hash, sizeof hash, hash), ST_OK);
    fixture_code(&s.fixture, "3", code);
    say(&s, "demo", "00000000000000aa", HAS, hash);
    cr_assert_eq(enrol_now(&s, code, &answer), 200);
    cr_assert_eq(restore_waiting(s.fixture.central, "demo", &tills, NULL), ST_OK);
    cr_expect_eq(tills, 1);
    fixture_code(&s.fixture, "3", code);
    say(&s, "demo", s.fixture.central->incarnation, HAS, hash);
    cr_assert_eq(enrol_now(&s, code, &answer), 200);
    cr_assert_eq(restore_waiting(s.fixture.central, "demo", &tills, NULL), ST_OK);
    cr_expect_eq(tills, 0, "it has told this life of the central");
    close_scene(&s);
    strbuf_free(&lost);
    strbuf_free(&answer);
}
