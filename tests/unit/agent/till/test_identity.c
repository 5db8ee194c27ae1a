/* SPDX-License-Identifier: Apache-2.0 */
/* The central's side of an enrolment is played here from docs/protocol.md 6 alone. */
#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/strbuf.h"
#include "agent/db/journal.h"
#include "agent/till/identity.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE   "ABCD-EFGH"
#define PREFIX "what the MAC covers before the body"

static struct journal *journal;
static struct identity identity;
static struct strbuf answer = STRBUF_INIT(16384);
static uint8_t mac[CRYPTO_MAC_BYTES], mac_key[CRYPTO_KEY_BYTES];

static void begin(void)
{
    struct journal_options options = {.path = ":memory:", .new_dev = 0xabc, .new_epoch = 0xdef};

    cr_assert_eq(journal_open(&options, &journal, NULL), ST_OK);
    cr_assert_eq(identity_load(journal, &identity, NULL), ST_OK);
}

static void end(void)
{
    identity_clear(&identity);
    journal_close(journal);
    strbuf_free(&answer);
}

TestSuite(identity, .init = begin, .fini = end);

/* Answers as the central would, sealing for the dev given. */
static void answer_enrolment(const uint8_t till_point[PK_POINT_BYTES], const char *sealed_for)
{
    static const char inner[] = "{\"id_key\":\"1111111111111111111111111111111111111111111111111111111111111111\"}";
    uint8_t point[PK_POINT_BYTES], secret[PK_SECRET_BYTES], seal_key[CRYPTO_KEY_BYTES], sealed[sizeof inner - 1 + CRYPTO_SEAL_OVERHEAD];
    char point_hex[2 * PK_POINT_BYTES + 1], sealed_hex[2 * sizeof sealed + 1], aad[32];
    struct pk *key = NULL;

    cr_assert_eq(pk_generate(&key, NULL), ST_OK);
    cr_assert_eq(pk_point(key, point), ST_OK);
    cr_assert_eq(pk_agree(key, till_point, secret, NULL), ST_OK);
    cr_assert_eq(crypto_hkdf(secret, sizeof secret, CODE, strlen(CODE), "loyald mac 1", mac_key, sizeof mac_key), ST_OK);
    cr_assert_eq(crypto_hkdf(secret, sizeof secret, CODE, strlen(CODE), "loyald seal 1", seal_key, sizeof seal_key), ST_OK);
    (void)snprintf(aad, sizeof aad, "enrol %s", sealed_for);
    cr_assert_eq(crypto_seal(seal_key, aad, inner, sizeof inner - 1, sealed), ST_OK);
    hex_encode(point, sizeof point, point_hex);
    hex_encode(sealed, sizeof sealed, sealed_hex);
    strbuf_printf(&answer,
                  "{\"certificate\":\"x\",\"ca\":\"x\",\"point\":\"%s\",\"chain\":\"demo\",\"store\":{\"id\":\"S12\",\"name\":\"Shop\","
                  "\"attrs\":{\"cafe\":true}},\"till\":\"3\",\"currency\":\"RUB\",\"language\":\"ru\",\"rules_keys\":[],\"sealed\":\"%s\"}",
                  point_hex, sealed_hex);
    crypto_hmac(mac_key, (const struct crypto_part[]){{PREFIX, strlen(PREFIX)}, {answer.data, answer.len}}, 2, mac);
    pk_destroy(key);
}

static enum status finish(struct errmsg *err)
{
    return identity_finish(&identity, journal, answer.data, answer.len, PREFIX, strlen(PREFIX), mac, err);
}

Test(identity, enrolment_agrees_the_keys_and_is_kept)
{
    uint8_t point[PK_POINT_BYTES];
    struct errmsg err = ERRMSG_INIT;
    struct identity again;

    cr_assert_eq(identity_begin(&identity, CODE, point, NULL), ST_OK);
    answer_enrolment(point, "0000000000000abc");
    cr_assert_eq(finish(&err), ST_OK, "%s", err.text);
    cr_expect(identity.enrolled);
    cr_expect_arr_eq(identity.mac_key, mac_key, sizeof mac_key);
    cr_expect_eq(identity.id_key[0], 0x11);
    cr_expect_str_eq(identity.store_attrs, "{\"cafe\":true}");
    cr_assert_eq(identity_load(journal, &again, NULL), ST_OK);
    cr_expect(again.enrolled);
    cr_expect_arr_eq(again.mac_key, mac_key, sizeof mac_key);
    cr_expect_str_eq(again.store, "S12");
    identity_clear(&again);
}

static bool has_state(const char *name)
{
    char *text = NULL;
    size_t len;
    bool there = journal_get_state(journal, name, &text, &len, NULL) == ST_OK;

    free(text);
    return there;
}

static void enrol_into(const char *chain)
{
    uint8_t point[PK_POINT_BYTES];
    struct errmsg err = ERRMSG_INIT;
    char *found;

    strbuf_clear(&answer);
    cr_assert_eq(identity_begin(&identity, CODE, point, NULL), ST_OK);
    answer_enrolment(point, "0000000000000abc");
    found = strstr(answer.data, "\"demo\"");
    memcpy(found + 1, chain, 4);
    crypto_hmac(mac_key, (const struct crypto_part[]){{PREFIX, strlen(PREFIX)}, {answer.data, answer.len}}, 2, mac);
    cr_assert_eq(finish(&err), ST_OK, "%s", err.text);
}

Test(identity, another_chain_begins_its_own_versions_of_rules_and_the_same_one_goes_on)
{
    enrol_into("demo");
    cr_assert_eq(journal_put_state(journal, IDENTITY_RULES_VERSION, "412", 3, NULL), ST_OK);
    cr_assert_eq(journal_put_state(journal, IDENTITY_RULES_REFUSED, "413 why", 7, NULL), ST_OK);
    enrol_into("demo");
    cr_expect(has_state(IDENTITY_RULES_VERSION), "an older offer stays refused");
    enrol_into("next");
    cr_expect_not(has_state(IDENTITY_RULES_VERSION));
    cr_expect_not(has_state(IDENTITY_RULES_REFUSED));
    cr_expect_str_eq(identity.chain, "next");
}

Test(identity, changed_answer_is_refused_and_changes_nothing)
{
    uint8_t point[PK_POINT_BYTES];
    struct errmsg err = ERRMSG_INIT;
    char *found;

    cr_assert_eq(identity_begin(&identity, CODE, point, NULL), ST_OK);
    answer_enrolment(point, "0000000000000abc");
    found = strstr(answer.data, "S12");
    found[2] = '3';
    cr_expect_eq(finish(&err), ST_DENIED);
    cr_expect(strstr(err.text, "MAC"), "said: %s", err.text);
    cr_expect_not(identity.enrolled);
}

Test(identity, keys_sealed_for_another_till_are_refused)
{
    uint8_t point[PK_POINT_BYTES];
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(identity_begin(&identity, CODE, point, NULL), ST_OK);
    answer_enrolment(point, "0000000000000abd");
    cr_expect_eq(finish(&err), ST_DENIED);
    cr_expect_not(identity.enrolled);
}

Test(identity, answer_nobody_asked_for_is_refused)
{
    uint8_t point[PK_POINT_BYTES];
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(identity_begin(&identity, CODE, point, NULL), ST_OK);
    answer_enrolment(point, "0000000000000abc");
    cr_assert_eq(finish(&err), ST_OK);
    cr_expect_eq(finish(&err), ST_CONFLICT, "it was used up");
}

Test(identity, hash_depends_on_key_kind_and_number)
{
    uint8_t a[IDENTITY_HASH_BYTES], b[IDENTITY_HASH_BYTES];

    identity_hash(&identity, "card", "2900000000018", a);
    identity_hash(&identity, "card", "2900000000025", b);
    cr_expect_arr_neq(a, b, sizeof a);
    identity_hash(&identity, "phone", "2900000000018", b);
    cr_expect_arr_neq(a, b, sizeof a);
    identity.id_key[0] ^= 1;
    identity_hash(&identity, "card", "2900000000018", b);
    cr_expect_arr_neq(a, b, sizeof a);
}
