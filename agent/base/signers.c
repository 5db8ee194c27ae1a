/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/signers.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/pk.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <string.h>

bool signers_have(const struct signers *signers, const char *id)
{
    for (int i = 0; i < signers->count; i++) {
        if (strcmp(signers->list[i].id, id) == 0)
            return true;
    }
    return false;
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

/* The place of the key that one signature is good by; -1: of none, and why. */
static int good_by(const struct signers *signers, const cJSON *item, const uint8_t digest[SHA256_BYTES],
                   struct errmsg *err)
{
    uint8_t signature[PK_SIGNATURE_BYTES_MAX];
    const char *id, *hex;
    size_t len;

    if (json_text(item, "key", 16, &id, NULL) != ST_OK ||
        json_text(item, "signature", 2 * PK_SIGNATURE_BYTES_MAX, &hex, NULL) != ST_OK)
        return -1;
    len = strlen(hex) / 2;
    if (strlen(hex) % 2 != 0 || hex_decode(hex, len, signature) != ST_OK)
        return -1;
    for (int i = 0; i < signers->count; i++) {
        if (strcmp(signers->list[i].id, id) != 0)
            continue;
        if (verify(&signers->list[i], digest, signature, len) == ST_OK)
            return i;
        errmsg_set(err, "the signature of key %s does not fit: the text was changed after signing, or signed wrongly",
                   id);
    }
    return -1;
}

enum status signers_check(const struct signers *signers, const char *text, size_t len, const struct cJSON *signatures,
                          struct errmsg *err)
{
    bool signed_by[SIGNERS_MAX] = {false};
    uint8_t digest[SHA256_BYTES];
    const cJSON *item;
    int64_t count = 0;
    int looked_at = 0;

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
    if (signers->threshold > 0 && count >= signers->threshold)
        return ST_OK;
    if (count > 0)
        errmsg_set(err, "%" PRId64 " of the %" PRId64 " keys that are wanted have signed it", count,
                   signers->threshold);
    return ST_DENIED;
}
