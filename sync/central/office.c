/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/office.h"

#include <ctype.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/utf8.h"
#include "sync/central/trust.h"

/* 32 letters and digits that nobody mixes up when read aloud or from a screen: no 0 O 1 I. */
static const char code_alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

enum status office_check_id(const char *what, const char *id, struct errmsg *err)
{
    if (id_is_valid(id))
        return ST_OK;
    errmsg_set(err, "%s \"%.80s\": a name is 1 to %d of A-Z a-z 0-9 . _ : -", what, id, ID_LEN_MAX);
    return ST_INVALID;
}

static enum status check_letters(const char *what, const char *text, size_t len, char first, char last,
                                 struct errmsg *err)
{
    bool good = strlen(text) == len;

    for (size_t i = 0; good && i < len; i++)
        good = text[i] >= first && text[i] <= last;
    if (good)
        return ST_OK;
    errmsg_set(err, "%s \"%.20s\": wanted are %zu letters %c to %c", what, text, len, first, last);
    return ST_INVALID;
}

enum status office_check_name(const char *name, struct errmsg *err)
{
    if (strlen(name) <= OFFICE_NAME_MAX && utf8_is_valid(name, strlen(name)))
        return ST_OK;
    errmsg_set(err, "a name is at most %d bytes of UTF-8", OFFICE_NAME_MAX);
    return ST_INVALID;
}

enum status office_chain_create(struct central *central, const struct office_chain *chain, struct errmsg *err)
{
    uint8_t id_key[CRYPTO_KEY_BYTES];
    enum status st = office_check_id("chain", chain->id, err);

    if (st == ST_OK)
        st = check_letters("currency (ISO 4217)", chain->currency, 3, 'A', 'Z', err);
    if (st == ST_OK)
        st = check_letters("language (ISO 639)", chain->language, 2, 'a', 'z', err);
    if (st == ST_OK)
        st = office_check_name(chain->name, err);
    if (st != ST_OK)
        return st;
    crypto_random(id_key, sizeof(id_key));
    st = STORE_RUN(central->store, STATEMENT_CHAIN_INSERT, err, V_TEXT(chain->id),
                   V_TEXT(chain->name[0] ? chain->name : chain->id), V_TEXT(chain->currency), V_TEXT(chain->language),
                   V_BLOB(id_key, sizeof(id_key)), V_INT(central_now_us(central)));
    crypto_wipe(id_key, sizeof(id_key));
    if (st == ST_CONFLICT)
        errmsg_set(err, "chain %s is there already", chain->id);
    return st;
}

enum status office_need_chain(struct central *central, const char *chain, struct errmsg *err)
{
    int64_t found;
    enum status st = STORE_NUMBER(central->store, STATEMENT_CHAIN_EXISTS, &found, err, V_TEXT(chain));

    if (st == ST_NOT_FOUND)
        errmsg_set(err, "chain \"%.64s\" is not known: make it with \"loyal-central chain create\"", chain);
    return st;
}

/* From root 1 on the root alone says whose signatures count: tills would not hear of another. */
static enum status need_no_root(struct central *central, const char *chain, struct errmsg *err)
{
    int64_t version = 0;
    enum status st = trust_root_version(central, chain, &version, err);

    if (st != ST_OK || version == 0)
        return st;
    errmsg_set(err,
               "root %lld says who may sign the rules of chain %s: make the next with \"loyal-central root create\"",
               (long long)version, chain);
    return ST_CONFLICT;
}

enum status office_key_add(struct central *central, const char *chain, const char *pem, char out_key_id[17],
                           struct errmsg *err)
{
    struct pk *key = NULL;
    char clean[PK_PEM_BYTES_MAX];
    enum status st = office_need_chain(central, chain, err);

    if (st == ST_OK)
        st = need_no_root(central, chain, err);
    if (st != ST_OK)
        return st;
    if (strstr(pem, "PRIVATE KEY")) {
        errmsg_set(err, "this is a private key: it stays with the office, give the public one (.pub.pem)");
        return ST_INVALID;
    }
    st = pk_from_public_pem(pem, &key, err);
    if (st == ST_OK)
        st = pk_id(key, out_key_id);
    if (st == ST_OK)
        st = pk_public_pem(key, clean, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_CHAIN_KEY_INSERT, err, V_TEXT(chain), V_TEXT(out_key_id),
                       V_TEXT(clean), V_INT(central_now_us(central)));
    pk_destroy(key);
    if (st == ST_CONFLICT)
        errmsg_set(err, "key %s is known to chain %s already", out_key_id, chain);
    return st;
}

enum status office_threshold_set(struct central *central, const char *chain, int64_t threshold, struct errmsg *err)
{
    int64_t keys = 0;
    enum status st = office_need_chain(central, chain, err);

    if (st == ST_OK)
        st = need_no_root(central, chain, err);
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_CHAIN_KEY_COUNT, &keys, err, V_TEXT(chain));
    if (st == ST_OK && (threshold < 1 || threshold > keys)) {
        errmsg_set(err, "chain %s has %lld keys, so 1 to %lld of them can be wanted: see \"chain key add\"", chain,
                   (long long)keys, (long long)keys);
        st = ST_INVALID;
    }
    return st == ST_OK
               ? STORE_RUN(central->store, STATEMENT_CHAIN_THRESHOLD_SET, err, V_TEXT(chain), V_INT(threshold))
               : st;
}

enum status office_id_key(struct central *central, const char *chain, uint8_t out_key[CRYPTO_KEY_BYTES],
                          struct errmsg *err)
{
    struct rows *rows;
    size_t len = 0;
    enum status st = STORE_SELECT(central->store, STATEMENT_CHAIN_ID_KEY, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        const void *key = rows_blob(rows, 0, &len);

        if (len == CRYPTO_KEY_BYTES)
            memcpy(out_key, key, len);
    }
    st = rows_end(rows, err);
    if (st == ST_OK && len != CRYPTO_KEY_BYTES) {
        errmsg_set(err, "chain \"%.64s\" is not known", chain);
        st = ST_NOT_FOUND;
    }
    return st;
}

enum status office_code_hash(const char *code, char out_hash[SHA256_TEXT])
{
    char plain[CODE_DIGITS];
    uint8_t digest[SHA256_BYTES];
    size_t len = 0;

    for (; *code; code++) {
        char c = (char)toupper((unsigned char)*code);

        if (c == '-' || c == ' ')
            continue;
        if (len == CODE_DIGITS || !strchr(code_alphabet, c))
            return ST_INVALID;
        plain[len++] = c;
    }
    if (len != CODE_DIGITS)
        return ST_INVALID;
    sha256_of(plain, len, digest);
    hex_encode(digest, sizeof(digest), out_hash);
    return ST_OK;
}

static void make_code(char out_code[CODE_TEXT])
{
    uint8_t random[CODE_DIGITS];
    char *at = out_code;

    crypto_random(random, sizeof(random));
    for (int i = 0; i < CODE_DIGITS; i++) {
        if (i > 0 && i % CODE_GROUP == 0)
            *at++ = '-';
        *at++ = code_alphabet[random[i] % (sizeof(code_alphabet) - 1)]; /* 32 letters: no bias */
    }
    *at = '\0';
}

enum status office_till_code(struct central *central, const char *chain, const char *store, const char *till,
                             char out_code[CODE_TEXT], struct errmsg *err)
{
    char code[CODE_TEXT], hash[SHA256_TEXT];
    int64_t found, now_us = central_now_us(central);
    enum status st = office_need_chain(central, chain, err);

    if (st == ST_OK)
        st = office_check_id("till", till, err);
    if (st != ST_OK)
        return st;
    st = STORE_NUMBER(central->store, STATEMENT_STORE_EXISTS, &found, err, V_TEXT(chain), V_TEXT(store));
    if (st == ST_NOT_FOUND)
        errmsg_set(err, "store \"%.64s\" of chain %s is not known: make it with \"loyal-central store create\"",
                   store, chain);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_TILL_CODE_SWEEP, err, V_INT(now_us), V_TEXT(chain), V_TEXT(store),
                       V_TEXT(till));
    if (st != ST_OK)
        return st;
    make_code(code);
    st = office_code_hash(code, hash);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_TILL_CODE_INSERT, err, V_TEXT(hash), V_TEXT(chain), V_TEXT(store),
                       V_TEXT(till), V_INT(now_us + INT64_C(1000000) * CODE_LIFE_S));
    if (st == ST_OK)
        memcpy(out_code, code, sizeof(code));
    return st;
}
