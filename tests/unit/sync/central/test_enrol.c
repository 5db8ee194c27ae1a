/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "fixture.h"
#include "sync/central/enrol.h"

enum { TEXT_MAX = 1024 * 1024 };

Test(central_enrol, gives_a_till_its_keys_for_a_code)
{
    struct fixture f;
    struct fake_till till;
    struct device device;
    char name[X509_NAME_BYTES_MAX];
    int64_t until;

    fixture_open(&f);
    till_enrol_fresh(&f, &till, 0xa1);
    cr_assert_eq(device_load(f.central, till.dev_hex, &device, NULL), ST_OK);
    cr_expect_str_eq(device.store, "S12");
    cr_expect_str_eq(device.till, "3");
    cr_expect_eq(device.acked, 0);
    cr_assert_eq(x509_read(till.certificate, name, &until, NULL), ST_OK);
    cr_expect_str_eq(name, till.dev_hex);
    till_clear(&till);
    fixture_close(&f);
}

/* An enrolment that was long under way must not come after the next one, and take the till's keys with it. */
Test(central_enrol, takes_a_tills_newest_code_alone)
{
    struct fixture f;
    struct fake_till till;
    char first[16], second[16], other[16];

    fixture_open(&f);
    till_init(&till, 0xa1, 0xa2);
    fixture_code(&f, "4", other);
    fixture_code(&f, "3", first);
    fixture_code(&f, "3", second);
    cr_expect_eq(till_enrol(&f, &till, first), 403);
    cr_expect_eq(till_enrol(&f, &till, second), 200);
    till_clear(&till);
    till_init(&till, 0xb1, 0xb2);
    cr_expect_eq(till_enrol(&f, &till, other), 200, "that is another till's");
    till_clear(&till);
    fixture_close(&f);
}

Test(central_enrol, takes_a_code_once)
{
    struct fixture f;
    struct fake_till first, second;
    char code[16];

    fixture_open(&f);
    fixture_code(&f, "3", code);
    till_init(&first, 1, 11);
    till_init(&second, 2, 22);
    cr_expect_eq(till_enrol(&f, &first, code), 200);
    cr_expect_eq(till_enrol(&f, &second, code), 403);
    cr_expect_eq(till_enrol(&f, &first, code), 403);
    till_clear(&first);
    till_clear(&second);
    fixture_close(&f);
}

Test(central_enrol, takes_a_code_as_people_type_it)
{
    struct fixture f;
    struct fake_till till;
    char code[16], typed[16];
    size_t len = 0;

    fixture_open(&f);
    fixture_code(&f, "3", code);
    for (size_t i = 0; code[i]; i++)
        if (code[i] != '-')
            typed[len++] = (char)(code[i] >= 'A' ? code[i] + 32 : code[i]);
    typed[len] = '\0';
    till_init(&till, 1, 11);
    cr_expect_eq(till_enrol(&f, &till, typed), 200);
    till_clear(&till);
    fixture_close(&f);
}

Test(central_enrol, refuses_a_code_that_is_too_old)
{
    struct fixture f;
    struct fake_till till;
    char code[16];

    fixture_open(&f);
    fixture_code(&f, "3", code);
    till_init(&till, 1, 11);
    f.now.wall_ms += 15 * 60 * 1000;
    cr_expect_eq(till_enrol(&f, &till, code), 403);
    cr_expect_eq(total(&f, "tills"), 0);
    till_clear(&till);
    fixture_close(&f);
}

/* Tries wrong codes; how many lines of the log said so. */
static int guess(struct fixture *f, struct fake_till *till, int count)
{
    FILE *log = tmpfile();
    char line[1024];
    int saved = dup(STDERR_FILENO), lines = 0;

    cr_assert(log);
    dup2(fileno(log), STDERR_FILENO);
    log_set_level(LOG_LEVEL_WARN);
    for (int i = 0; i < count; i++)
        cr_assert_eq(till_enrol(f, till, i % 2 ? "AAAA-AAAA-AAAA" : "not a code"), 403);
    log_set_level(LOG_LEVEL_ERROR); /* as the fixture has it */
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(log);
    while (fgets(line, sizeof(line), log))
        lines += strstr(line, "enrol-07") != NULL;
    fclose(log);
    return lines;
}

/* Nobody's wrong codes make an honest till wait, and they do not fill the log. */
Test(central_enrol, takes_a_right_code_whatever_was_guessed_before)
{
    struct fixture f;
    struct fake_till till;
    char code[16];

    fixture_open(&f);
    fixture_code(&f, "3", code);
    till_init(&till, 1, 11);
    cr_expect_eq(guess(&f, &till, 3 * THROTTLE_LOGGED), THROTTLE_LOGGED);
    cr_expect_eq(till_enrol(&f, &till, code), 200);
    f.now.mono_ms += 60000;
    cr_expect_eq(guess(&f, &till, 1), 1, "the next minute's");
    till_clear(&till);
    fixture_close(&f);
}

Test(central_enrol, keeps_the_code_when_the_request_was_bad)
{
    struct fixture f;
    struct fake_till till, other;
    struct strbuf body = STRBUF_INIT(TEXT_MAX);
    struct answer answer = ANSWER_INIT;
    struct pk *own, *swap;
    uint8_t key[CRYPTO_KEY_BYTES];
    char code[16];

    fixture_open(&f);
    fixture_code(&f, "3", code);
    till_init(&till, 1, 11);
    till_init(&other, 2, 11);
    /* A certificate request in another till's name. */
    swap = till.tls_key;
    till_enrol_body(&other, code, &own, &body);
    cr_expect_not(enrol_till(f.central, till.dev_hex, till.epoch_hex, body.data, body.len, key, &answer));
    cr_expect_eq(answer.status, 400);
    cr_expect_not(enrol_till(f.central, other.dev_hex, other.epoch_hex, body.data, body.len - 3, key, &answer));
    cr_expect_eq(answer.status, 400);
    cr_expect_eq(swap, till.tls_key);
    cr_expect_eq(till_enrol(&f, &till, code), 200);
    pk_destroy(own);
    strbuf_free(&body);
    strbuf_free(&answer.body);
    till_clear(&till);
    till_clear(&other);
    fixture_close(&f);
}

Test(central_enrol, comes_back_where_it_stood)
{
    struct fixture f;
    struct fake_till till;
    struct device device;
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    uint8_t old_key[CRYPTO_KEY_BYTES];
    char code[16];

    fixture_open(&f);
    till_enrol_fresh(&f, &till, 0xa1);
    till_record(&till, "void", "{\"sale_id\":\"a\"}", &batch);
    cr_assert_eq(till_post(&f, &till, &batch, &answer), 200);
    cr_assert_eq(device_revoke(f.central, till.dev_hex, NULL), ST_OK);
    memcpy(old_key, till.mac_key, sizeof(old_key));
    fixture_code(&f, "4", code);
    cr_assert_eq(till_enrol(&f, &till, code), 200);
    cr_expect_arr_neq(old_key, till.mac_key, sizeof(old_key));
    cr_assert_eq(device_load(f.central, till.dev_hex, &device, NULL), ST_OK);
    cr_expect_eq(device.acked, 1);
    cr_expect_arr_eq(device.head_hash, till.head, SHA256_BYTES);
    cr_expect_not(device.revoked);
    cr_expect_str_eq(device.till, "4");
    strbuf_free(&batch);
    strbuf_free(&answer);
    till_clear(&till);
    fixture_close(&f);
}

/* A copied disk: the good one goes on under its keys, whatever is tried with the copy, and the code stays good. */
Test(central_enrol, a_copy_at_another_place_is_refused_and_the_good_one_sells_on)
{
    struct fixture f;
    struct fake_till good, copy, fresh;
    struct device before, after;
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    char code[16];

    fixture_open(&f);
    till_enrol_fresh(&f, &good, 0xa1);
    cr_assert_eq(device_load(f.central, good.dev_hex, &before, NULL), ST_OK);
    till_init(&copy, good.dev, good.epoch);
    fixture_code(&f, "4", code);
    cr_expect_eq(till_enrol(&f, &copy, code), 409);
    copy.epoch++; /* nor with a history of its own */
    hex_from_u64(copy.epoch, copy.epoch_hex);
    cr_expect_eq(till_enrol(&f, &copy, code), 409);
    cr_assert_eq(device_load(f.central, good.dev_hex, &after, NULL), ST_OK);
    cr_expect_arr_eq(before.mac_key, after.mac_key, sizeof(after.mac_key));
    cr_expect_str_eq(before.cert_key, after.cert_key);
    cr_expect_str_eq(before.epoch, after.epoch);
    cr_expect_str_eq(after.till, "3");
    till_record(&good, "void", "{\"sale_id\":\"a\"}", &batch);
    cr_expect_eq(till_post(&f, &good, &batch, &answer), 200);
    till_init(&fresh, 0xb1, 0xb2); /* the copy, its journal set aside */
    cr_expect_eq(till_enrol(&f, &fresh, code), 200);
    strbuf_free(&batch);
    strbuf_free(&answer);
    till_clear(&good);
    till_clear(&copy);
    till_clear(&fresh);
    fixture_close(&f);
}

/* A disk put back: the same till, at its own place, with a history that splits. */
Test(central_enrol, a_forked_history_is_refused_again_and_a_new_one_of_the_same_till_taken)
{
    struct fixture f;
    struct fake_till till, image;
    struct device device;
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    char code[16];

    fixture_open(&f);
    till_enrol_fresh(&f, &till, 0xa1);
    till_init(&image, till.dev, till.epoch);
    till_record(&till, "void", "{\"sale_id\":\"a\"}", &batch);
    cr_assert_eq(till_post(&f, &till, &batch, &answer), 200);
    strbuf_clear(&batch);
    till_record(&image, "void", "{\"sale_id\":\"b\"}", &batch);
    cr_assert_eq(till_post(&f, &image, &batch, &answer), 409);
    fixture_code(&f, "3", code);
    cr_expect_eq(till_enrol(&f, &image, code), 409, "the history that splits is not taken on");
    cr_assert_eq(device_load(f.central, till.dev_hex, &device, NULL), ST_OK);
    cr_expect_arr_eq(device.mac_key, till.mac_key, sizeof(device.mac_key));
    cr_expect_eq(device.quarantined_seq, 1);
    till_clear(&image);
    till_init(&image, till.dev, till.epoch + 1);
    cr_expect_eq(till_enrol(&f, &image, code), 200, "the same code, a new history");
    cr_assert_eq(device_load(f.central, till.dev_hex, &device, NULL), ST_OK);
    cr_expect_eq(device.quarantined_seq, 0);
    cr_expect_eq(device.acked, 0);
    strbuf_clear(&batch);
    till_record(&image, "void", "{\"sale_id\":\"b\"}", &batch);
    cr_expect_eq(till_post(&f, &image, &batch, &answer), 200);
    cr_expect_eq(total(&f, "quarantined"), 0);
    strbuf_free(&batch);
    strbuf_free(&answer);
    till_clear(&till);
    till_clear(&image);
    fixture_close(&f);
}
