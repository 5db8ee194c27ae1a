/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/identity.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/till/trust.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One value of the journal's state holds it all, so that an enrolment is taken on whole or not at all. */
#define STATE_NAME "identity"
enum { SEALED_BYTES_MAX = 1024, ANSWER_BYTES_MAX = 64 * 1024 };

void identity_clear(struct identity *identity)
{
    for (int i = 0; i < identity->rules_key_count; i++)
        pk_destroy(identity->rules_keys[i]);
    pk_destroy(identity->pending_key);
    free(identity->store_attrs);
    crypto_wipe(identity, sizeof *identity);
}

static enum status copy_text(const cJSON *object, const char *name, char *out_text, size_t size, struct errmsg *err)
{
    const char *view;
    enum status st = json_text(object, name, size - 1, &view, err);

    if (st == ST_OK)
        (void)snprintf(out_text, size, "%s", view);
    return st;
}

static enum status read_rules_keys(const cJSON *root, struct identity *identity, struct errmsg *err)
{
    const cJSON *list, *item;
    const char *pem;
    enum status st = json_array(root, "rules_keys", &list, err);

    if (st != ST_OK)
        return st;
    cJSON_ArrayForEach(item, list)
    {
        if (identity->rules_key_count == IDENTITY_RULES_KEYS_MAX) {
            errmsg_set(err, "rules_keys: more than %d", IDENTITY_RULES_KEYS_MAX);
            return ST_INVALID;
        }
        st = json_text(item, "pem", PK_PEM_BYTES_MAX, &pem, err);
        if (st == ST_OK)
            st = pk_from_public_pem(pem, &identity->rules_keys[identity->rules_key_count], err);
        if (st != ST_OK)
            return st;
        identity->rules_key_count++; /* counted first, so that a failure below frees it */
        st = pk_id(identity->rules_keys[identity->rules_key_count - 1],
                   identity->rules_key_ids[identity->rules_key_count - 1]);
        if (st != ST_OK)
            return st;
    }
    identity->rules_threshold = 1; /* an older central names none */
    return json_optional(
        json_int(root, "rules_threshold", 1, IDENTITY_RULES_KEYS_MAX, &identity->rules_threshold, err));
}

/* What the answer and the stored value say alike. */
static enum status read_facts(const cJSON *root, struct identity *identity, struct errmsg *err)
{
    const cJSON *store, *attrs = NULL;
    enum status st = copy_text(root, "chain", identity->chain, sizeof identity->chain, err);

    if (st == ST_OK)
        st = copy_text(root, "till", identity->till, sizeof identity->till, err);
    if (st == ST_OK)
        st = copy_text(root, "currency", identity->currency, sizeof identity->currency, err);
    if (st == ST_OK)
        st = copy_text(root, "language", identity->language, sizeof identity->language, err);
    if (st == ST_OK)
        st = json_object(root, "store", &store, err);
    if (st == ST_OK)
        st = copy_text(store, "id", identity->store, sizeof identity->store, err);
    if (st != ST_OK)
        return st;
    (void)snprintf(identity->store_name, sizeof identity->store_name, "%s", identity->store);
    (void)copy_text(store, "name", identity->store_name, sizeof identity->store_name, NULL);
    (void)json_object(store, "attrs", &attrs, NULL);
    free(identity->store_attrs);
    identity->store_attrs = attrs ? cJSON_PrintUnformatted(attrs) : strdup("{}");
    if (!identity->store_attrs)
        return ST_NOMEM;
    return read_rules_keys(root, identity, err);
}

enum status identity_load(struct journal *journal, struct identity *out_identity, struct errmsg *err)
{
    struct identity identity = {0};
    struct journal_head head;
    struct cJSON *root = NULL;
    char *text = NULL;
    size_t len = 0;
    enum status st = journal_get_state(journal, STATE_NAME, &text, &len, err);

    journal_head(journal, &head);
    identity.dev = head.dev;
    identity.epoch = head.epoch;
    if (st == ST_NOT_FOUND) {
        identity.store_attrs = strdup("{}");
        *out_identity = identity;
        return identity.store_attrs ? ST_OK : ST_NOMEM;
    }
    if (st == ST_OK)
        st = json_parse(text, len, JOURNAL_STATE_BYTES_MAX, &root, err);
    if (st == ST_OK)
        st = read_facts(root, &identity, err);
    if (st == ST_OK)
        st = json_hex(root, "mac_key", CRYPTO_KEY_BYTES, identity.mac_key, err);
    if (st == ST_OK)
        st = json_hex(root, "id_key", CRYPTO_KEY_BYTES, identity.id_key, err);
    if (st == ST_OK) {
        identity.enrolled = true;
        *out_identity = identity;
    } else {
        errmsg_wrap(err, "journal.db: the stored enrolment cannot be read");
        identity_clear(&identity);
    }
    json_free(root);
    if (text)
        crypto_wipe(text, len);
    free(text);
    return st == ST_OK || st == ST_NOMEM || st == ST_IO ? st : ST_CORRUPT;
}

enum status identity_begin(struct identity *identity, const char *code, uint8_t out_point[PK_POINT_BYTES],
                           struct errmsg *err)
{
    struct pk *key = NULL;
    enum status st;

    if (code[0] == '\0' || strlen(code) >= sizeof identity->pending_code) {
        errmsg_set(err, "an enrolment code has 1 to %zu characters", sizeof identity->pending_code - 1);
        return ST_INVALID;
    }
    st = pk_generate(&key, err);
    if (st == ST_OK)
        st = pk_point(key, out_point);
    if (st != ST_OK) {
        pk_destroy(key);
        return st;
    }
    pk_destroy(identity->pending_key);
    identity->pending_key = key;
    (void)snprintf(identity->pending_code, sizeof identity->pending_code, "%s", code);
    return ST_OK;
}

/* Both keys from the secret agreed with the central's point. */
static enum status agree(const struct identity *old, const cJSON *root, uint8_t mac_key[CRYPTO_KEY_BYTES],
                         uint8_t seal_key[CRYPTO_KEY_BYTES], struct errmsg *err)
{
    uint8_t point[PK_POINT_BYTES], secret[PK_SECRET_BYTES];
    const char *code = old->pending_code;
    enum status st = json_hex(root, "point", PK_POINT_BYTES, point, err);

    if (st == ST_OK)
        st = pk_agree(old->pending_key, point, secret, err);
    if (st == ST_OK)
        st = crypto_hkdf(secret, sizeof secret, code, strlen(code), "loyald mac 1", mac_key, CRYPTO_KEY_BYTES);
    if (st == ST_OK)
        st = crypto_hkdf(secret, sizeof secret, code, strlen(code), "loyald seal 1", seal_key, CRYPTO_KEY_BYTES);
    crypto_wipe(secret, sizeof secret);
    return st;
}

static enum status unseal_id_key(const struct identity *old, const cJSON *root,
                                 const uint8_t seal_key[CRYPTO_KEY_BYTES], uint8_t id_key[CRYPTO_KEY_BYTES],
                                 struct errmsg *err)
{
    uint8_t sealed[SEALED_BYTES_MAX], plain[SEALED_BYTES_MAX];
    char dev[17], aad[32];
    struct cJSON *inner = NULL;
    const char *hex;
    size_t len;
    enum status st = json_text(root, "sealed", 2 * SEALED_BYTES_MAX, &hex, err);

    if (st != ST_OK)
        return st;
    len = strlen(hex) / 2;
    if (len <= CRYPTO_SEAL_OVERHEAD || strlen(hex) % 2 != 0 || hex_decode(hex, len, sealed) != ST_OK) {
        errmsg_set(err, "sealed: not the hex of a sealed text");
        return ST_INVALID;
    }
    hex_from_u64(old->dev, dev);
    (void)snprintf(aad, sizeof aad, "enrol %s", dev);
    st = crypto_unseal(seal_key, aad, sealed, len, plain);
    if (st == ST_OK)
        st = json_parse((const char *)plain, len - CRYPTO_SEAL_OVERHEAD, SEALED_BYTES_MAX, &inner, err);
    else
        errmsg_set(err, "sealed: was not sealed for this till");
    if (st == ST_OK)
        st = json_hex(inner, "id_key", CRYPTO_KEY_BYTES, id_key, err);
    json_free(inner);
    crypto_wipe(plain, sizeof plain);
    return st;
}

/* The facts of the answer and the keys, as they are stored. */
static enum status store(struct journal *journal, struct cJSON *root, const struct identity *identity,
                         const char *trust_root, bool another_chain, struct errmsg *err)
{
    /* The last two are ours alone: a second member of the name would make the whole unreadable. */
    static const char *const dropped[] = {"certificate", "ca",   "point",   "sealed",
                                          "incarnation", "root", "mac_key", "id_key"};
    char hex[2 * CRYPTO_KEY_BYTES + 1], incarnation[17] = "";
    char *text, *heard = NULL;
    size_t heard_len = 0;
    bool whole;
    enum status st;

    (void)copy_text(root, "incarnation", incarnation, sizeof incarnation, NULL);
    /* Of another incarnation the till hears by the next updates, and tells it then what it may spend (protocol 7). */
    if (!another_chain && journal_get_state(journal, IDENTITY_INCARNATION, &heard, &heard_len, NULL) == ST_OK)
        (void)snprintf(incarnation, sizeof incarnation, "%s", heard);
    free(heard);
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(root, dropped[i]);
    hex_encode(identity->mac_key, CRYPTO_KEY_BYTES, hex);
    whole = cJSON_AddStringToObject(root, "mac_key", hex) != NULL;
    hex_encode(identity->id_key, CRYPTO_KEY_BYTES, hex);
    whole = cJSON_AddStringToObject(root, "id_key", hex) && whole;
    crypto_wipe(hex, sizeof hex);
    text = whole ? cJSON_PrintUnformatted(root) : NULL;
    if (!text)
        return ST_NOMEM;
    /* The versions of one chain's rules say nothing of another's; nor those of before of what a newer root trusts. */
    st = journal_put_states(
        journal,
        (const struct journal_state[]){{STATE_NAME, text, strlen(text)},
                                       {IDENTITY_INCARNATION, incarnation[0] ? incarnation : NULL, strlen(incarnation)},
                                       {IDENTITY_TRUST_ROOT, trust_root, trust_root ? strlen(trust_root) : 0},
                                       {IDENTITY_TRUST_TIMESTAMP, NULL, 0},
                                       {IDENTITY_TRUST_RATCHET, NULL, 0},
                                       {IDENTITY_RULES_VERSION, NULL, 0},
                                       {IDENTITY_RULES_REFUSED, NULL, 0}},
        another_chain || trust_root ? 7 : 2, err);
    crypto_wipe(text, strlen(text));
    cJSON_free(text);
    return st;
}

enum status identity_finish(struct identity *identity, struct journal *journal, const char *answer, size_t len,
                            const void *mac_prefix, size_t mac_prefix_len, const uint8_t mac[CRYPTO_MAC_BYTES],
                            struct errmsg *err)
{
    const struct crypto_part parts[] = {{mac_prefix, mac_prefix_len}, {answer, len}};
    uint8_t seal_key[CRYPTO_KEY_BYTES], expected[CRYPTO_MAC_BYTES];
    struct identity next = {.dev = identity->dev, .epoch = identity->epoch, .enrolled = true};
    struct cJSON *root = NULL;
    char *trust_root = NULL;
    bool another_chain;
    enum status st;

    if (!identity->pending_key) {
        errmsg_set(err, "no enrolment is under way");
        return ST_CONFLICT;
    }
    st = json_parse(answer, len, ANSWER_BYTES_MAX, &root, err);
    if (st == ST_OK)
        st = agree(identity, root, next.mac_key, seal_key, err);
    if (st == ST_OK) {
        crypto_hmac(next.mac_key, parts, 2, expected);
        if (!crypto_equal(expected, mac, sizeof expected)) {
            errmsg_set(err, "the answer was changed on its way: its MAC is wrong");
            st = ST_DENIED;
        }
    }
    if (st == ST_OK)
        st = unseal_id_key(identity, root, seal_key, next.id_key, err);
    if (st == ST_OK)
        st = read_facts(root, &next, err);
    another_chain = identity->enrolled && strcmp(identity->chain, next.chain) != 0;
    if (st == ST_OK)
        st = trust_pin(journal, root, next.chain, !another_chain, &trust_root, err);
    if (st == ST_OK)
        st = store(journal, root, &next, trust_root, another_chain, err);
    free(trust_root);
    if (st == ST_OK) {
        identity_clear(identity);
        *identity = next;
    } else {
        identity_clear(&next);
        errmsg_wrap(err, "enrolment");
    }
    crypto_wipe(seal_key, sizeof seal_key);
    json_free(root);
    return st;
}

void identity_hash(const struct identity *identity, const char *kind, const char *number,
                   uint8_t out_hash[IDENTITY_HASH_BYTES])
{
    const struct crypto_part parts[] = {{kind, strlen(kind)}, {":", 1}, {number, strlen(number)}};
    uint8_t mac[CRYPTO_MAC_BYTES];

    crypto_hmac(identity->id_key, parts, 3, mac);
    memcpy(out_hash, mac, IDENTITY_HASH_BYTES);
}
