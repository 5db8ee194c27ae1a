/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealed_box - bytes that only the holder of a private P-256 key can read, not even who sealed them.
 *
 * A fresh key pair for each box: ECDH with the receiver's point, HKDF-SHA256 over the secret salted with both points,
 * then AES-256-GCM. The fresh private key and all that follows from it are wiped before sealing returns. What travels
 * is point (65) || nonce (12) || ciphertext || tag (16). Costs about 5 ms to close, half of it to open.
 */
#ifndef LOYALD_BASE_SEALED_BOX_H
#define LOYALD_BASE_SEALED_BOX_H

#include "agent/base/crypto.h"
#include "agent/base/pk.h"

enum { SEALED_BOX_OVERHEAD = PK_POINT_BYTES + CRYPTO_SEAL_OVERHEAD };

/* info names the purpose, place binds the box to where it belongs. out_box holds len + SEALED_BOX_OVERHEAD bytes.
 * ST_DENIED when the point is not on the curve. */
enum status sealed_box_close(const uint8_t point[PK_POINT_BYTES], const char *info, const char *place,
                             const void *plain, size_t len, uint8_t *out_box, struct errmsg *err);
/* out_plain holds box_len - SEALED_BOX_OVERHEAD bytes; wipe it when done. ST_DENIED when the bytes, the key, the
 * purpose or the place is not the one sealed; ST_INVALID when it is too short to be a box. */
enum status sealed_box_open(const struct pk *key, const char *info, const char *place, const uint8_t *box,
                            size_t box_len, uint8_t *out_plain, struct errmsg *err);

#endif
