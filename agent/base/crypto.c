/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/crypto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <mbedtls/gcm.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/md.h>

enum { SHA256_BLOCK_BYTES = 64, GCM_NONCE_BYTES = 12, GCM_TAG_BYTES = 16, HKDF_BYTES_MAX = 255 * SHA256_BYTES };

void crypto_random(void *out_bytes, size_t len)
{
    unsigned char *at = out_bytes;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        if (got > 0) {
            at += got;
            len -= (size_t)got;
        } else if (errno != EINTR) {
            fprintf(stderr, "crypto: the kernel gives no random bytes: %s; stopping rather than use guessable keys\n",
                    strerror(errno));
            abort();
        }
    }
}

/* Built on our own SHA-256, which allocates nothing and cannot fail: neither can a MAC. */
void crypto_hmac(const uint8_t key[CRYPTO_KEY_BYTES], const struct crypto_part *parts, size_t part_count,
                 uint8_t out_mac[CRYPTO_MAC_BYTES])
{
    uint8_t pad[SHA256_BLOCK_BYTES];
    uint8_t inner[SHA256_BYTES];
    struct sha256 hash;
    size_t i;

    memset(pad, 0x36, sizeof pad);
    for (i = 0; i < CRYPTO_KEY_BYTES; i++)
        pad[i] ^= key[i];
    sha256_init(&hash);
    sha256_add(&hash, pad, sizeof pad);
    for (i = 0; i < part_count; i++) {
        if (parts[i].len > 0)
            sha256_add(&hash, parts[i].bytes, parts[i].len);
    }
    sha256_end(&hash, inner);

    for (i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    sha256_init(&hash);
    sha256_add(&hash, pad, sizeof pad);
    sha256_add(&hash, inner, sizeof inner);
    sha256_end(&hash, out_mac);

    crypto_wipe(pad, sizeof pad);
    crypto_wipe(inner, sizeof inner);
    crypto_wipe(&hash, sizeof hash);
}

enum status crypto_hkdf(const void *secret, size_t secret_len, const void *salt, size_t salt_len, const char *info,
                        uint8_t *out_key, size_t key_len)
{
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);

    if (key_len == 0 || key_len > HKDF_BYTES_MAX)
        return ST_RANGE;
    if (!md)
        return ST_UNSUPPORTED;
    if (mbedtls_hkdf(md, salt, salt_len, secret, secret_len, (const unsigned char *)info, strlen(info), out_key,
                     key_len) != 0)
        return ST_NOMEM; /* with the lengths checked, only allocations are left to fail */
    return ST_OK;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    uint8_t difference = 0;
    size_t i;

    for (i = 0; i < len; i++)
        difference |= (uint8_t)(left[i] ^ right[i]);
    return difference == 0;
}

void crypto_wipe(void *bytes, size_t len)
{
    if (len > 0)
        explicit_bzero(bytes, len);
}

enum status crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], const char *aad, const void *plain, size_t len,
                        uint8_t *out_sealed)
{
    uint8_t *nonce = out_sealed;
    uint8_t *text = nonce + GCM_NONCE_BYTES;
    mbedtls_gcm_context gcm;
    int code;

    mbedtls_gcm_init(&gcm);
    code = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, CRYPTO_KEY_BYTES * 8);
    if (code == 0) {
        crypto_random(nonce, GCM_NONCE_BYTES);
        code = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, len, nonce, GCM_NONCE_BYTES,
                                         (const unsigned char *)aad, strlen(aad), plain, text, GCM_TAG_BYTES,
                                         text + len);
    }
    mbedtls_gcm_free(&gcm);
    if (code == MBEDTLS_ERR_GCM_BAD_INPUT)
        return ST_RANGE; /* past 64 GiB */
    return code == 0 ? ST_OK : ST_NOMEM;
}

enum status crypto_unseal(const uint8_t key[CRYPTO_KEY_BYTES], const char *aad, const uint8_t *sealed,
                          size_t sealed_len, uint8_t *out_plain)
{
    const uint8_t *text = sealed + GCM_NONCE_BYTES;
    mbedtls_gcm_context gcm;
    size_t len;
    int code;

    if (sealed_len < CRYPTO_SEAL_OVERHEAD)
        return ST_DENIED;
    len = sealed_len - CRYPTO_SEAL_OVERHEAD;
    mbedtls_gcm_init(&gcm);
    code = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, CRYPTO_KEY_BYTES * 8);
    if (code == 0)
        /* Wipes out_plain when the tag is wrong: what nobody sealed is never seen. */
        code = mbedtls_gcm_auth_decrypt(&gcm, len, sealed, GCM_NONCE_BYTES, (const unsigned char *)aad, strlen(aad),
                                        text + len, GCM_TAG_BYTES, text, out_plain);
    mbedtls_gcm_free(&gcm);
    if (code == MBEDTLS_ERR_GCM_AUTH_FAILED || code == MBEDTLS_ERR_GCM_BAD_INPUT)
        return ST_DENIED;
    return code == 0 ? ST_OK : ST_NOMEM;
}
