/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/sealed_box.h"

#include <string.h>

/* Both points are in the salt: a box belongs to this pair of keys and to no other that has the same secret. */
static enum status derive(const struct pk *own, const uint8_t peer[PK_POINT_BYTES],
                          const uint8_t sender[PK_POINT_BYTES], const uint8_t receiver[PK_POINT_BYTES],
                          const char *info, uint8_t out_key[CRYPTO_KEY_BYTES], struct errmsg *err)
{
    uint8_t secret[PK_SECRET_BYTES], salt[2 * PK_POINT_BYTES];
    enum status st = pk_agree(own, peer, secret, err);

    memcpy(salt, sender, PK_POINT_BYTES);
    memcpy(salt + PK_POINT_BYTES, receiver, PK_POINT_BYTES);
    if (st == ST_OK)
        st = crypto_hkdf(secret, sizeof secret, salt, sizeof salt, info, out_key, CRYPTO_KEY_BYTES);
    crypto_wipe(secret, sizeof secret);
    return st;
}

enum status sealed_box_close(const uint8_t point[PK_POINT_BYTES], const char *info, const char *place,
                             const void *plain, size_t len, uint8_t *out_box, struct errmsg *err)
{
    uint8_t key[CRYPTO_KEY_BYTES], sender[PK_POINT_BYTES];
    struct pk *fresh = NULL;
    enum status st = pk_generate(&fresh, err);

    if (st == ST_OK)
        st = pk_point(fresh, sender);
    if (st == ST_OK)
        st = derive(fresh, point, sender, point, info, key, err);
    if (st == ST_OK)
        st = crypto_seal(key, place, plain, len, out_box + PK_POINT_BYTES);
    if (st == ST_OK)
        memcpy(out_box, sender, PK_POINT_BYTES);
    crypto_wipe(key, sizeof key);
    pk_destroy(fresh);
    return st;
}

enum status sealed_box_open(const struct pk *key, const char *info, const char *place, const uint8_t *box,
                            size_t box_len, uint8_t *out_plain, struct errmsg *err)
{
    uint8_t shared[CRYPTO_KEY_BYTES], receiver[PK_POINT_BYTES];
    enum status st;

    if (box_len < SEALED_BOX_OVERHEAD) {
        errmsg_set(err, "a sealed box has at least %d bytes, this one has %zu", SEALED_BOX_OVERHEAD, box_len);
        return ST_INVALID;
    }
    st = pk_point(key, receiver);
    if (st == ST_OK)
        st = derive(key, box, box, receiver, info, shared, err);
    if (st == ST_OK)
        st = crypto_unseal(shared, place, box + PK_POINT_BYTES, box_len - PK_POINT_BYTES, out_plain);
    if (st == ST_DENIED)
        errmsg_set(err, "the box was sealed for another key or another place, or was changed on its way");
    crypto_wipe(shared, sizeof shared);
    return st;
}
