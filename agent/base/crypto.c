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

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void crypto_base64(const void *bytes, size_t len, char *out_text)
{
    const uint8_t *in = bytes;
    char *out = out_text;
    size_t i;

    for (i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)in[i] << 16;

        if (left > 1)
            group |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        *out++ = base64_alphabet[group >> 18];
        *out++ = base64_alphabet[group >> 12 & 63];
        *out++ = left > 1 ? base64_alphabet[group >> 6 & 63] : '=';
        *out++ = left > 2 ? base64_alphabet[group & 63] : '=';
    }
    *out = '\0';
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Checks a whole text: length, alphabet, padding, and that the bits no byte takes are zero, so that two texts never
 * mean the same bytes. */
static bool base64_is_valid(const char *text, size_t len, size_t pad)
{
    size_t i;

    if (len % 4 != 0)
        return false;
    for (i = 0; i < len - pad; i++) {
        if (base64_value(text[i]) < 0)
            return false;
    }
    if (pad == 1)
        return (base64_value(text[len - 2]) & 3) == 0;
    if (pad == 2)
        return (base64_value(text[len - 3]) & 15) == 0;
    return true;
}

enum status crypto_unbase64(const char *text, void *out_bytes, size_t out_max, size_t *out_len)
{
    size_t len = strlen(text);
    size_t pad = 0;
    size_t byte_count, i;
    uint8_t *out = out_bytes;
    uint32_t group = 0;

    while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
        pad++;
    if (!base64_is_valid(text, len, pad))
        return ST_INVALID;
    byte_count = len / 4 * 3 - pad;
    if (byte_count > out_max)
        return ST_FULL;
    for (i = 0; i < byte_count; i++) {
        const char *quad = text + i / 3 * 4;

        if (i % 3 == 0) {
            group = (uint32_t)base64_value(quad[0]) << 18 | (uint32_t)base64_value(quad[1]) << 12;
            group |= quad[2] == '=' ? 0 : (uint32_t)base64_value(quad[2]) << 6;
            group |= quad[3] == '=' ? 0 : (uint32_t)base64_value(quad[3]);
        }
        out[i] = (uint8_t)(group >> (16 - 8 * (i % 3)));
    }
    *out_len = byte_count;
    return ST_OK;
}
