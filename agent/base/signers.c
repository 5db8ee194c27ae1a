/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/signers.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <string.h>

_Static_assert(SIGNATURE_TEXT == 2 * PK_SIGNATURE_BYTES_MAX + 1, "a signature does not fit its text");

static int place_of(const struct signers *signers, const char *id)
{
    for (int i = 0; i < signers->count; i++) {
        if (strcmp(signers->list[i].id, id) == 0)
            return i;
    }
    return -1;
}

bool signers_have(const struct signers *signers, const char *id)
{
    return place_of(signers, id) >= 0;
}

static enum status verify(const struct signer *signer, const uint8_t digest[SHA256_BYTES], const uint8_t *signature,
                          size_t len)
{
    struct pk *key = NULL;
    char id[17];
    enum status st = pk_from_public_pem(signer->pem, &key, NULL);

    if (st == ST_OK)
        st = pk_id(key, id);
    if (st == ST_OK && strcmp(id, signer->id) != 0)
        st = ST_DENIED;
    if (st == ST_OK)
        st = pk_verify(key, digest, signature, len, NULL);
    pk_destroy(key);
    return st;
}

static enum status check_hex(const struct signer *signer, const uint8_t digest[SHA256_BYTES], const char *hex,
                             struct errmsg *err)
{
    uint8_t signature[PK_SIGNATURE_BYTES_MAX];
    size_t len = strlen(hex) / 2;

    if (strlen(hex) % 2 != 0 || len > sizeof(signature) || hex_decode(hex, len, signature) != ST_OK) {
        errmsg_set(err, "the signature of key %s is not hex", signer->id);
        return ST_INVALID;
    }
    if (verify(signer, digest, signature, len) == ST_OK)
        return ST_OK;
    errmsg_set(err, "the signature of key %s does not fit: the text was changed after signing, or signed wrongly",
               signer->id);
    return ST_DENIED;
}

enum status signers_check_one(const struct signers *signers, const char *text, const char *id, const char *hex,
                              struct errmsg *err)
{
    uint8_t digest[SHA256_BYTES];
    int place = place_of(signers, id);

    if (place < 0) {
        errmsg_set(err, "key %.64s may not sign it here", id);
        return ST_NOT_FOUND;
    }
    sha256_of(text, strlen(text), digest);
    return check_hex(&signers->list[place], digest, hex, err);
}

/* The place of the key that one signature is good by; -1: of none, and why. */
static int good_by(const struct signers *signers, const cJSON *item, const uint8_t digest[SHA256_BYTES],
                   struct errmsg *err)
{
    const char *id, *hex;
    int place;

    if (json_text(item, "key", 16, &id, NULL) != ST_OK ||
        json_text(item, "signature", 2 * PK_SIGNATURE_BYTES_MAX, &hex, NULL) != ST_OK)
        return -1;
    place = place_of(signers, id);
    return place >= 0 && check_hex(&signers->list[place], digest, hex, err) == ST_OK ? place : -1;
}

int signers_count(const struct signers *signers, const char *text, size_t len, const struct cJSON *signatures,
                  struct errmsg *err)
{
    bool signed_by[SIGNERS_MAX] = {false};
    uint8_t digest[SHA256_BYTES];
    const cJSON *item;
    int count = 0, looked_at = 0;

    sha256_of(text, len, digest);
    errmsg_set(err, "it is signed by no key that may sign it here");
    cJSON_ArrayForEach(item, signatures)
    {
        int key = ++looked_at <= SIGNATURES_LOOKED_MAX ? good_by(signers, item, digest, err) : -1;

        if (key >= 0 && !signed_by[key]) {
            signed_by[key] = true;
            count++;
        }
    }
    return count;
}

enum status signers_check(const struct signers *signers, const char *text, size_t len, const struct cJSON *signatures,
                          struct errmsg *err)
{
    int count = signers_count(signers, text, len, signatures, err);

    if (signers->threshold > 0 && count >= signers->threshold)
        return ST_OK;
    if (count > 0)
        errmsg_set(err, "%d of the %" PRId64 " keys that are wanted have signed it", count, signers->threshold);
    return ST_DENIED;
}

enum status signers_sign(const struct pk *key, const char *text, size_t len, struct signature *out_signature,
                         struct errmsg *err)
{
    uint8_t digest[SHA256_BYTES], signature[PK_SIGNATURE_BYTES_MAX];
    struct signature made;
    size_t signature_len = 0;
    enum status st = pk_id(key, made.key_id);

    sha256_of(text, len, digest);
    if (st == ST_OK)
        st = pk_sign(key, digest, signature, &signature_len, err);
    if (st != ST_OK)
        return st;
    hex_encode(signature, signature_len, made.hex);
    *out_signature = made;
    return ST_OK;
}

void signers_write(const struct signature *signature, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_text(w, "key", signature->key_id);
    jw_field_text(w, "signature", signature->hex);
    jw_object_end(w);
}
