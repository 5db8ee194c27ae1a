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

/* Of the alphabet of texts, or of that for addresses (RFC 4648, 5), whose last two differ. */
static int base64_value(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

/* Checks a text without its padding: length, alphabet, and that the bits no byte takes are zero, so that two texts
 * never mean the same bytes. */
static bool base64_is_valid(const char *text, size_t len, bool url)
{
    static const int left_over[4] = {0, 0, 15, 3};

    for (size_t i = 0; i < len; i++)
        if (base64_value(text[i], url) < 0)
            return false;
    return len % 4 != 1 && (len == 0 || (base64_value(text[len - 1], url) & left_over[len % 4]) == 0);
}

static enum status unbase64(const char *text, size_t len, bool url, uint8_t *out, size_t out_max, size_t *out_len)
{
    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;

    if (!base64_is_valid(text, len, url))
        return ST_INVALID;
    if (len / 4 * 3 + len % 4 * 6 / 8 > out_max)
        return ST_FULL;
    for (size_t i = 0; i < len; i++) {
        bits = (bits << 6 | (uint32_t)base64_value(text[i], url)) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[at++] = (uint8_t)(bits >> held);
        }
    }
    *out_len = at;
    return ST_OK;
}

enum status crypto_unbase64(const char *text, void *out_bytes, size_t out_max, size_t *out_len)
{
    size_t len = strlen(text), pad = 0;

    while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
        pad++;
    if (len % 4 != 0)
        return ST_INVALID;
    return unbase64(text, len - pad, false, out_bytes, out_max, out_len);
}

enum status crypto_unbase64url(const char *text, size_t len, void *out_bytes, size_t out_max, size_t *out_len)
{
    return unbase64(text, len, true, out_bytes, out_max, out_len);
}
