/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto - the symmetric half of the one face over mbedTLS: MAC, key derivation, sealing, random bytes.
 *
 * Functions only, no field of an mbedTLS structure is touched, so that 3.6 is a rebuild. Random bytes come from the
 * kernel; a process that cannot have them stops, since going on would mean guessable keys.
 */
#ifndef LOYALD_BASE_CRYPTO_H
#define LOYALD_BASE_CRYPTO_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"

#include <stdbool.h>

enum { CRYPTO_KEY_BYTES = 32, CRYPTO_MAC_BYTES = 32, CRYPTO_SEAL_OVERHEAD = 12 + 16 };

/* Part of what a MAC covers. */
struct crypto_part {
    const void *bytes;
    size_t len;
};

void crypto_random(void *out_bytes, size_t len);
/* HMAC-SHA256 over the parts one after the other. */
void crypto_hmac(const uint8_t key[CRYPTO_KEY_BYTES], const struct crypto_part *parts, size_t part_count,
                 uint8_t out_mac[CRYPTO_MAC_BYTES]);
/* HKDF-SHA256 (RFC 5869); info is a text that names the purpose. */
enum status crypto_hkdf(const void *secret, size_t secret_len, const void *salt, size_t salt_len, const char *info,
                        uint8_t *out_key, size_t key_len);
/* Compares in constant time. */
bool crypto_equal(const void *a, const void *b, size_t len);
/* Overwrites so that the compiler keeps it. */
void crypto_wipe(void *bytes, size_t len);

/* AES-256-GCM: nonce (12, random) || ciphertext || tag (16). aad binds the place the text belongs to.
 * out_sealed holds len + CRYPTO_SEAL_OVERHEAD bytes, out_plain sealed_len - CRYPTO_SEAL_OVERHEAD. */
enum status crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], const char *aad, const void *plain, size_t len,
                        uint8_t *out_sealed);
/* ST_DENIED when the bytes, the key or the place is not the one sealed. */
enum status crypto_unseal(const uint8_t key[CRYPTO_KEY_BYTES], const char *aad, const uint8_t *sealed,
                          size_t sealed_len, uint8_t *out_plain);

#endif
