/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a till is told to be: the first byte says how, 'e' by the central's answer to its enrolment, 'x' by one whose
 * MAC is another's, 'l' by what the journal holds. In an answer 0x01 stands for the central's point, 0x02 for the key
 * it sealed for this till, 0x03 for one it sealed for another, 0x04 for a key of the office's. What is refused leaves
 * the till and its journal as they were; what is taken is what the next start reads.
 */
#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/log.h"
#include "agent/base/strbuf.h"
#include "agent/db/journal.h"
#include "agent/till/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_BYTES_MAX = 32 * 1024, BODY_BYTES_MAX = 60 * 1024, SEALED_TEXT_MAX = 256, STATES = 7 };

#define CODE   "ABCD-EFGH"
#define PREFIX "what the MAC covers before the body"
#define DEV    0xabc
#define INNER  "{\"id_key\":\"1111111111111111111111111111111111111111111111111111111111111111\"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct journal *journal;
static struct identity identity;
static uint8_t mac_key[CRYPTO_KEY_BYTES];
static char pieces[5][2 * PK_PEM_BYTES_MAX];

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the central's side ---- */

static void seal_for(const char *dev, const uint8_t seal_key[CRYPTO_KEY_BYTES], char *out_hex)
{
    uint8_t sealed[sizeof INNER - 1 + CRYPTO_SEAL_OVERHEAD];
    char aad[32];

    (void)snprintf(aad, sizeof aad, "enrol %s", dev);
    must(crypto_seal(seal_key, aad, INNER, sizeof INNER - 1, sealed) == ST_OK);
    hex_encode(sealed, sizeof sealed, out_hex);
}

static void write_pem(const struct pk *key, char *out)
{
    char pem[PK_PEM_BYTES_MAX];

    must(pk_public_pem(key, pem, NULL) == ST_OK);
    for (const char *at = pem; *at; at++) {
        if (*at == '\n') {
            *out++ = '\\';
            *out++ = 'n';
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
}

static void agree(const uint8_t till_point[PK_POINT_BYTES])
{
    uint8_t point[PK_POINT_BYTES], secret[PK_SECRET_BYTES], seal_key[CRYPTO_KEY_BYTES];
    struct pk *key = NULL;

    must(pk_generate(&key, NULL) == ST_OK && pk_point(key, point) == ST_OK);
    must(pk_agree(key, till_point, secret, NULL) == ST_OK);
    must(crypto_hkdf(secret, sizeof secret, CODE, strlen(CODE), "loyald mac 1", mac_key, sizeof mac_key) == ST_OK);
    must(crypto_hkdf(secret, sizeof secret, CODE, strlen(CODE), "loyald seal 1", seal_key, sizeof seal_key) == ST_OK);
    hex_encode(point, sizeof point, pieces[1]);
    seal_for("0000000000000abc", seal_key, pieces[2]);
    seal_for("0000000000000abd", seal_key, pieces[3]);
    write_pem(key, pieces[4]);
    pk_destroy(key);
}

/* ---- the till ---- */

static void begin(void)
{
    struct journal_options options = {.path = ":memory:", .new_dev = DEV, .new_epoch = 0xdef};

    log_set_level(LOG_LEVEL_ERROR);
    must(journal_open(&options, &journal, NULL) == ST_OK);
    must(identity_load(journal, &identity, NULL) == ST_OK);
}

static void end(void)
{
    identity_clear(&identity);
    journal_close(journal);
}

/* All that an enrolment may write. */
static void read_states(struct strbuf *out)
{
    static const char *const names[STATES] = {"identity",          IDENTITY_RULES_VERSION,   IDENTITY_RULES_REFUSED,
                                              IDENTITY_TRUST_ROOT, IDENTITY_TRUST_TIMESTAMP, IDENTITY_TRUST_RATCHET,
                                              IDENTITY_INCARNATION};

    for (int i = 0; i < STATES; i++) {
        char *text = NULL;
        size_t len = 0;

        if (journal_get_state(journal, names[i], &text, &len, NULL) == ST_OK) {
            strbuf_puts(out, names[i]);
            strbuf_add(out, text, len);
        }
        free(text);
    }
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return a->dev == b->dev && a->enrolled == b->enrolled && strcmp(a->chain, b->chain) == 0 &&
           strcmp(a->store, b->store) == 0 && strcmp(a->store_name, b->store_name) == 0 &&
           strcmp(a->store_attrs, b->store_attrs) == 0 && strcmp(a->till, b->till) == 0 &&
           strcmp(a->currency, b->currency) == 0 && strcmp(a->language, b->language) == 0 &&
           memcmp(a->mac_key, b->mac_key, CRYPTO_KEY_BYTES) == 0 &&
           memcmp(a->id_key, b->id_key, CRYPTO_KEY_BYTES) == 0 && a->rules_key_count == b->rules_key_count &&
           a->rules_threshold == b->rules_threshold;
}

static void expect_start(void)
{
    struct identity again;

    must(identity_load(journal, &again, NULL) == ST_OK);
    must(is_same(&identity, &again));
    identity_clear(&again);
}

static enum status finish(const struct strbuf *body, bool is_ours, struct errmsg *err)
{
    uint8_t mac[CRYPTO_MAC_BYTES];

    crypto_hmac(mac_key, (const struct crypto_part[]){{PREFIX, strlen(PREFIX)}, {strbuf_text(body), body->len}}, 2,
                mac);
    if (!is_ours)
        mac[0] ^= 1;
    return identity_finish(&identity, journal, strbuf_text(body), body->len, PREFIX, strlen(PREFIX), mac, err);
}

static void enrol(const struct strbuf *body, bool is_ours)
{
    struct strbuf before = STRBUF_INIT(512 * 1024), after = STRBUF_INIT(512 * 1024);
    struct errmsg err = ERRMSG_INIT;

    read_states(&before);
    if (finish(body, is_ours, &err) == ST_OK) {
        must(is_ours && identity.enrolled && identity.dev == DEV);
        must(memcmp(identity.mac_key, mac_key, sizeof mac_key) == 0);
    } else {
        read_states(&after);
        must(err.text[0] && !identity.enrolled);
        must(before.len == after.len && memcmp(strbuf_text(&before), strbuf_text(&after), after.len) == 0);
    }
    expect_start();
    strbuf_free(&before);
    strbuf_free(&after);
}

static void load(const struct strbuf *body)
{
    struct identity read;
    struct errmsg err = ERRMSG_INIT;

    if (journal_put_state(journal, "identity", strbuf_text(body), body->len, NULL) != ST_OK)
        return;
    if (identity_load(journal, &read, &err) == ST_OK) {
        must(read.enrolled && read.store_attrs && read.rules_key_count <= IDENTITY_RULES_KEYS_MAX);
        identity_clear(&read);
    } else {
        must(strstr(err.text, "enrolment") != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);
    uint8_t point[PK_POINT_BYTES];

    if (size < 1 || size > INPUT_BYTES_MAX)
        return 0;
    begin();
    must(identity_begin(&identity, CODE, point, NULL) == ST_OK);
    agree(point);
    for (size_t i = 1; i < size; i++) {
        if (data[i] >= 1 && data[i] <= 4)
            strbuf_puts(&body, pieces[data[i]]);
        else
            strbuf_putc(&body, (char)data[i]);
    }
    if (strbuf_status(&body) != ST_OK)
        ; /* longer than an answer may be */
    else if (data[0] == 'l')
        load(&body);
    else
        enrol(&body, data[0] != 'x');
    strbuf_free(&body);
    end();
    return 0;
}
