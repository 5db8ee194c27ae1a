/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/base64.h"
#include "agent/base/hex.h"
#include "agent/base/pk.h"

#include <criterion/criterion.h>
#include <gnutls/abstract.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Keys made for these tests; they open nothing. */
static const char p384_private_pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                                       "MIGkAgEBBDCN8eJ8k2Ta+RzjdC2/v3uT71j2mdgwO0a9P9vXfh7kezN482IuHgz0\n"
                                       "nvKE1MvU5vGgBwYFK4EEACKhZANiAAQ8UyrEUTcptKFTwV5vWrdZUi/86udnny/m\n"
                                       "5XXKO2Sjr2Ys6e3eG5Cg1bop9FN4JFmElEIv19qq1tO9qCIZz5dIK4Dvta2hRou/\n"
                                       "yYZ9cCoG87hnaSRwcgTh7Ry5XUV0kAo=\n"
                                       "-----END EC PRIVATE KEY-----\n";
static const char p384_public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                      "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEPFMqxFE3KbShU8Feb1q3WVIv/OrnZ58v\n"
                                      "5uV1yjtko69mLOnt3huQoNW6KfRTeCRZhJRCL9faqtbTvagiGc+XSCuA77WtoUaL\n"
                                      "v8mGfXAqBvO4Z2kkcHIE4e0cuV1FdJAK\n"
                                      "-----END PUBLIC KEY-----\n";
static const char rsa_public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                     "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuKUHYf1khA9saazu6I0o\n"
                                     "dIgUM5qy3aHokfcLsXbE3dvmQLDpztgij/cuWpcfaGy4anJ7cAhoF3Nre8cEHe7A\n"
                                     "Z0It+ly+aFo+zISW8shUwIySZbHcxYfmIo7+UrxpsOcrF7aqtezWeMwK1eopCeSM\n"
                                     "D0+frK0qQ8ZF9YaAgT/oCp5ukjK0geIDyVzX1OvioNGBjvCYl/ptaRM+WxMH/RO3\n"
                                     "WoJ4QDTbkU0+9oiJktJNSRrha2e6wjU5csxFnVtxL5PGL0BSpZ14zOCg6CoENsF8\n"
                                     "LPsuSG2OfzFvDIS4D0fA3vxTvP9wLODdQ2cEtLmn+cdJ88DUPJu8PKjLoo/VW6ho\n"
                                     "6QIDAQAB\n"
                                     "-----END PUBLIC KEY-----\n";
static const char pkcs8_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPBARAgNXMF2StzFQ\n"
                                "JeRpwWewrxj0WcCjkn4zbv5LtD6hRANCAASTtNQQkRnSzAgSPM+FVerfe8jKN9JJ\n"
                                "WhRvw2Vw1jL8V6OSPtaJcobwijk13KuvPRiBVsDNfMGt7eEXwIDD2pzJ\n"
                                "-----END PRIVATE KEY-----\n";

/* The PEM of a private number, as RFC 5915 writes it without the public half; with it when point_hex is given. */
static void pem_of_number(const char *number_hex, const char *point_hex, char *out_pem)
{
    char text[512], base64[512];
    uint8_t der[256];
    size_t len;

    if (point_hex)
        snprintf(text, sizeof text, "30770201010420%sa00a06082a8648ce3d030107a144034200%s", number_hex, point_hex);
    else
        snprintf(text, sizeof text, "30310201010420%sa00a06082a8648ce3d030107", number_hex);
    len = strlen(text) / 2;
    cr_assert_eq(hex_decode(text, len, der), ST_OK);
    base64_encode(der, len, base64);
    sprintf(out_pem, "-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----\n", base64);
}

static struct pk *key_of_number(const char *number_hex)
{
    char pem[PK_PEM_BYTES_MAX];
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL;

    pem_of_number(number_hex, NULL, pem);
    cr_assert_eq(pk_from_private_pem(pem, &key, &err), ST_OK, "%s", err.text);
    return key;
}

static void digest_of(const char *text, uint8_t out_digest[SHA256_BYTES])
{
    sha256_of(text, strlen(text), out_digest);
}

#define RFC6979_NUMBER "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define RFC6979_POINT                                                                                                \
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"                                             \
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

/* RFC 6979 A.2.5: P-256, SHA-256, message "sample". */
Test(pk, signs_as_rfc_6979_says)
{
    struct pk *key = key_of_number(RFC6979_NUMBER);
    uint8_t digest[SHA256_BYTES], signature[PK_SIGNATURE_BYTES_MAX], point[PK_POINT_BYTES];
    char text[2 * PK_SIGNATURE_BYTES_MAX + 1];
    size_t len = 0;

    cr_assert_eq(pk_point(key, point), ST_OK);
    hex_encode(point, sizeof point, text);
    cr_expect_str_eq(text, RFC6979_POINT);

    digest_of("sample", digest);
    cr_assert_eq(pk_sign(key, digest, signature, &len, NULL), ST_OK);
    hex_encode(signature, len, text);
    cr_expect_str_eq(text, "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                           "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    cr_expect_eq(pk_verify(key, digest, signature, len, NULL), ST_OK);
    pk_destroy(key);
}

Test(pk, verifies_only_the_signature_of_this_key_over_this_digest)
{
    uint8_t digest[SHA256_BYTES], signature[PK_SIGNATURE_BYTES_MAX + 1];
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL, *other = NULL;
    size_t i, len = 0;

    cr_assert_eq(pk_generate(&key, &err), ST_OK, "%s", err.text);
    cr_assert_eq(pk_generate(&other, &err), ST_OK);
    digest_of("bundle 7", digest);
    cr_assert_eq(pk_sign(key, digest, signature, &len, &err), ST_OK);
    cr_expect_eq(pk_verify(key, digest, signature, len, &err), ST_OK);
    cr_expect_eq(pk_verify(other, digest, signature, len, &err), ST_DENIED);
    cr_expect(strstr(err.text, "signature: not of this key"), "%s", err.text);
    for (i = 0; i < len; i++) {
        signature[i] ^= 1;
        cr_expect_eq(pk_verify(key, digest, signature, len, &err), ST_DENIED, "byte %zu", i);
        signature[i] ^= 1;
    }
    for (i = 0; i < len; i += 7)
        cr_expect_eq(pk_verify(key, digest, signature, i, &err), ST_DENIED, "length %zu", i);
    cr_expect_eq(pk_verify(key, digest, signature, len + 1, &err), ST_DENIED);
    cr_expect_eq(pk_verify(key, digest, signature, sizeof signature, &err), ST_DENIED);
    digest[0] ^= 1;
    cr_expect_eq(pk_verify(key, digest, signature, len, &err), ST_DENIED);
    pk_destroy(other);
    pk_destroy(key);
}

Test(pk, another_library_takes_the_key_and_the_signature)
{
    uint8_t digest[SHA256_BYTES], signature[PK_SIGNATURE_BYTES_MAX];
    char pem[PK_PEM_BYTES_MAX];
    struct pk *key = NULL;
    gnutls_pubkey_t public_key;
    gnutls_privkey_t private_key;
    gnutls_datum_t input, theirs = {0};
    size_t len = 0;

    cr_assert_eq(pk_generate(&key, NULL), ST_OK);
    digest_of("a sale", digest);
    cr_assert_eq(pk_sign(key, digest, signature, &len, NULL), ST_OK);

    cr_assert_eq(pk_public_pem(key, pem, NULL), ST_OK);
    input = (gnutls_datum_t){(unsigned char *)pem, (unsigned)strlen(pem)};
    gnutls_pubkey_init(&public_key);
    cr_assert_eq(gnutls_pubkey_import(public_key, &input, GNUTLS_X509_FMT_PEM), 0);
    cr_expect_geq(gnutls_pubkey_verify_hash2(public_key, GNUTLS_SIGN_ECDSA_SHA256, 0,
                                             &(gnutls_datum_t){digest, sizeof digest},
                                             &(gnutls_datum_t){signature, (unsigned)len}),
                  0);
    gnutls_pubkey_deinit(public_key);

    cr_assert_eq(pk_private_pem(key, pem, NULL), ST_OK);
    input = (gnutls_datum_t){(unsigned char *)pem, (unsigned)strlen(pem)};
    gnutls_privkey_init(&private_key);
    cr_assert_eq(gnutls_privkey_import_x509_raw(private_key, &input, GNUTLS_X509_FMT_PEM, NULL, 0), 0);
    cr_assert_eq(gnutls_privkey_sign_hash2(private_key, GNUTLS_SIGN_ECDSA_SHA256, 0,
                                           &(gnutls_datum_t){digest, sizeof digest}, &theirs),
                 0);
    cr_expect_eq(pk_verify(key, digest, theirs.data, theirs.size, NULL), ST_OK);
    gnutls_free(theirs.data);
    gnutls_privkey_deinit(private_key);
    pk_destroy(key);
}

Test(pk, keys_come_back_from_their_pem)
{
    char private_pem[PK_PEM_BYTES_MAX], public_pem[PK_PEM_BYTES_MAX], id[17], again[17];
    struct pk *key = NULL, *back = NULL, *public_key = NULL;

    cr_assert_eq(pk_generate(&key, NULL), ST_OK);
    cr_assert_eq(pk_private_pem(key, private_pem, NULL), ST_OK);
    cr_assert_eq(pk_public_pem(key, public_pem, NULL), ST_OK);
    cr_assert_eq(pk_from_private_pem(private_pem, &back, NULL), ST_OK);
    cr_assert_eq(pk_from_public_pem(public_pem, &public_key, NULL), ST_OK);
    pk_id(key, id);
    pk_id(back, again);
    cr_expect_str_eq(id, again);
    pk_id(public_key, again);
    cr_expect_str_eq(id, again);
    pk_destroy(public_key);
    pk_destroy(back);
    pk_destroy(key);
    pk_destroy(NULL);
}

Test(pk, id_is_the_digest_of_the_point)
{
    struct pk *key = key_of_number(RFC6979_NUMBER);
    uint8_t point[PK_POINT_BYTES], digest[SHA256_BYTES];
    char id[17], wanted[17];

    cr_assert_eq(hex_decode(RFC6979_POINT, PK_POINT_BYTES, point), ST_OK);
    sha256_of(point, sizeof point, digest);
    hex_encode(digest, 8, wanted);
    cr_assert_eq(pk_id(key, id), ST_OK);
    cr_expect_str_eq(id, wanted);
    pk_destroy(key);
}

Test(pk, reads_the_pkcs8_form_of_other_tools)
{
    struct pk *key = NULL;

    cr_expect_eq(pk_from_private_pem(pkcs8_pem, &key, NULL), ST_OK);
    pk_destroy(key);
}

Test(pk, other_kinds_of_keys_are_refused_in_words)
{
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL;

    cr_expect_eq(pk_from_private_pem(p384_private_pem, &key, &err), ST_UNSUPPORTED);
    cr_expect_str_eq(err.text, "the key is on another curve than P-256");
    cr_expect_eq(pk_from_public_pem(p384_public_pem, &key, &err), ST_UNSUPPORTED);
    cr_expect_eq(pk_from_public_pem(rsa_public_pem, &key, &err), ST_UNSUPPORTED);
    cr_expect(strstr(err.text, "the key is RSA"), "%s", err.text);
    cr_expect_null(key);
}

Test(pk, garbage_is_no_key)
{
    static char huge[20000];
    char pem[PK_PEM_BYTES_MAX];
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL;

    cr_expect_eq(pk_from_private_pem("", &key, &err), ST_INVALID);
    cr_expect_eq(pk_from_public_pem("-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n", &key, &err),
                 ST_INVALID);
    cr_expect(strstr(err.text, "public key in PEM: "), "%s", err.text);
    cr_expect_eq(pk_from_public_pem(pkcs8_pem, &key, &err), ST_INVALID);
    memset(huge, 'A', sizeof huge - 1);
    cr_expect_eq(pk_from_private_pem(huge, &key, &err), ST_FULL);
    /* A public half that is another key's would make us sign what nobody can verify. */
    pem_of_number("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433", RFC6979_POINT, pem);
    cr_expect_eq(pk_from_private_pem(pem, &key, &err), ST_INVALID);
    pem_of_number("0000000000000000000000000000000000000000000000000000000000000000", NULL, pem);
    cr_expect_eq(pk_from_private_pem(pem, &key, &err), ST_INVALID);
    cr_expect_null(key);
}

Test(pk, a_public_key_neither_signs_nor_agrees)
{
    uint8_t digest[SHA256_BYTES] = {0}, signature[PK_SIGNATURE_BYTES_MAX], point[PK_POINT_BYTES], secret[32];
    char pem[PK_PEM_BYTES_MAX];
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL, *public_key = NULL;
    size_t len;

    cr_assert_eq(pk_generate(&key, NULL), ST_OK);
    cr_assert_eq(pk_public_pem(key, pem, NULL), ST_OK);
    cr_assert_eq(pk_from_public_pem(pem, &public_key, NULL), ST_OK);
    pk_point(key, point);
    cr_expect_eq(pk_sign(public_key, digest, signature, &len, &err), ST_INVALID);
    cr_expect_str_eq(err.text, "the key has no private half");
    cr_expect_eq(pk_agree(public_key, point, secret, &err), ST_INVALID);
    cr_expect_eq(pk_private_pem(public_key, pem, &err), ST_INVALID);
    pk_destroy(public_key);
    pk_destroy(key);
}

/* RFC 5903 8.1 */
Test(pk, agrees_as_rfc_5903_says)
{
    struct pk *initiator = key_of_number("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
    struct pk *responder = key_of_number("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53");
    uint8_t point[PK_POINT_BYTES], secret[PK_SECRET_BYTES];
    char text[2 * PK_POINT_BYTES + 1];
    static const char shared[] = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de";

    pk_point(responder, point);
    hex_encode(point, sizeof point, text);
    cr_expect_str_eq(text, "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
                           "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");
    cr_assert_eq(pk_agree(initiator, point, secret, NULL), ST_OK);
    hex_encode(secret, sizeof secret, text);
    cr_expect_str_eq(text, shared);
    pk_point(initiator, point);
    cr_assert_eq(pk_agree(responder, point, secret, NULL), ST_OK);
    hex_encode(secret, sizeof secret, text);
    cr_expect_str_eq(text, shared);
    pk_destroy(responder);
    pk_destroy(initiator);
}

Test(pk, agrees_with_no_point_off_the_curve)
{
    struct pk *key = key_of_number(RFC6979_NUMBER);
    uint8_t point[PK_POINT_BYTES], secret[PK_SECRET_BYTES] = "untouched";
    struct errmsg err = ERRMSG_INIT;

    pk_point(key, point);
    point[64] ^= 1;
    cr_expect_eq(pk_agree(key, point, secret, &err), ST_DENIED);
    cr_expect(strstr(err.text, "not on the curve"), "%s", err.text);
    point[64] ^= 1;
    point[0] = 2; /* a compressed form of the wrong length */
    cr_expect_eq(pk_agree(key, point, secret, &err), ST_DENIED);
    memset(point, 0, sizeof point); /* infinity */
    cr_expect_eq(pk_agree(key, point, secret, &err), ST_DENIED);
    point[0] = 4;
    cr_expect_eq(pk_agree(key, point, secret, &err), ST_DENIED);
    memset(point + 1, 0xff, sizeof point - 1); /* beyond the field */
    cr_expect_eq(pk_agree(key, point, secret, &err), ST_DENIED);
    cr_expect_str_eq((char *)secret, "untouched");
    pk_destroy(key);
}

static void *sign_and_verify(void *argument)
{
    const struct pk *key = argument;
    uint8_t digest[SHA256_BYTES], signature[PK_SIGNATURE_BYTES_MAX];
    size_t i, len, good = 0;

    digest_of("shared", digest);
    for (i = 0; i < 5; i++) {
        if (pk_sign(key, digest, signature, &len, NULL) == ST_OK &&
            pk_verify(key, digest, signature, len, NULL) == ST_OK)
            good++;
    }
    return (void *)good;
}

Test(pk, one_key_serves_several_threads)
{
    pthread_t threads[4];
    struct pk *key = NULL;
    void *good;
    size_t i;

    cr_assert_eq(pk_generate(&key, NULL), ST_OK);
    for (i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, sign_and_verify, key), 0);
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], &good);
        cr_expect_eq((size_t)good, 5);
    }
    pk_destroy(key);
}
