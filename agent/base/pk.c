/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/pk.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/pem.h>
#include <mbedtls/version.h>
#include <mbedtls/x509.h>

#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/pk_internal.h"

/* What RFC 5480 puts before the 65 bytes of an uncompressed P-256 point to make a SubjectPublicKeyInfo. Reading keys
 * back through this form keeps us away from the fields of mbedTLS' structures, which 3.x hides. */
static const uint8_t spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
enum { SPKI_BYTES = sizeof spki_head + PK_POINT_BYTES, DER_BYTES_MAX = 512, PEM_INPUT_BYTES_MAX = 16 * 1024 };

struct pk {
    mbedtls_pk_context context;
    pthread_mutex_t mutex; /* see pk_take */
    bool is_private;
    uint8_t point[PK_POINT_BYTES];
};

int pk_random_callback(void *context, unsigned char *out_bytes, size_t len)
{
    (void)context;
    crypto_random(out_bytes, len);
    return 0;
}

enum status pk_fail(int code, enum status st, const char *what, struct errmsg *err)
{
    char text[160] = "";

    mbedtls_strerror(code, text, sizeof text);
    errmsg_set(err, "%s: %s (-0x%04x)", what, text, (unsigned)-code);
    /* High-level codes carry the low-level one in their last seven bits. */
    if (code == MBEDTLS_ERR_PK_ALLOC_FAILED || code == MBEDTLS_ERR_ECP_ALLOC_FAILED ||
        code == MBEDTLS_ERR_X509_ALLOC_FAILED || code == MBEDTLS_ERR_PEM_ALLOC_FAILED ||
        -(-code & 0x7f) == MBEDTLS_ERR_MPI_ALLOC_FAILED || -(-code & 0x7f) == MBEDTLS_ERR_ASN1_ALLOC_FAILED)
        return ST_NOMEM;
    return st;
}

mbedtls_pk_context *pk_take(const struct pk *key)
{
    struct pk *mutable_key = (struct pk *)key; /* const to callers: what a key is does not change by using it */

    pthread_mutex_lock(&mutable_key->mutex);
    return &mutable_key->context;
}

void pk_give(const struct pk *key)
{
    pthread_mutex_unlock(&((struct pk *)key)->mutex);
}

static struct pk *pk_new(struct errmsg *err)
{
    struct pk *key = calloc(1, sizeof *key);

    if (!key) {
        errmsg_set(err, "key: out of memory");
        return NULL;
    }
    mbedtls_pk_init(&key->context);
    pthread_mutex_init(&key->mutex, NULL); /* the default kind: cannot fail on Linux */
    return key;
}

void pk_destroy(struct pk *key)
{
    if (!key)
        return;
    mbedtls_pk_free(&key->context);
    pthread_mutex_destroy(&key->mutex);
    crypto_wipe(key, sizeof *key);
    free(key);
}

/* The point of a P-256 key; ST_UNSUPPORTED for every other kind of key. */
static enum status read_point(mbedtls_pk_context *context, uint8_t out_point[PK_POINT_BYTES], struct errmsg *err)
{
    uint8_t der[DER_BYTES_MAX];
    const uint8_t *spki;
    int len;

    /* The type first: the key of another algorithm may not even fit. */
    if (!mbedtls_pk_can_do(context, MBEDTLS_PK_ECDSA)) {
        errmsg_set(err, "the key is %s; wanted is an elliptic curve key on P-256", mbedtls_pk_get_name(context));
        return ST_UNSUPPORTED;
    }
    len = mbedtls_pk_write_pubkey_der(context, der, sizeof der); /* written at the end of the buffer */
    if (len < 0)
        return pk_fail(len, ST_INTERNAL, "public key", err);
    spki = der + sizeof der - len;
    if (len != SPKI_BYTES || memcmp(spki, spki_head, sizeof spki_head) != 0) {
        errmsg_set(err, "the key is on another curve than P-256");
        return ST_UNSUPPORTED;
    }
    memcpy(out_point, spki + sizeof spki_head, PK_POINT_BYTES);
    return ST_OK;
}

enum status pk_generate(struct pk **out_key, struct errmsg *err)
{
    struct pk *key = pk_new(err);
    enum status st = ST_OK;
    int code;

    if (!key)
        return ST_NOMEM;
    code = mbedtls_pk_setup(&key->context, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (code == 0)
        code = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key->context), pk_random_callback, NULL);
    if (code != 0)
        st = pk_fail(code, ST_INTERNAL, "making a key", err);
    if (st == ST_OK)
        st = read_point(&key->context, key->point, err);
    if (st != ST_OK) {
        pk_destroy(key);
        return st;
    }
    key->is_private = true;
    *out_key = key;
    return ST_OK;
}

static int parse_private(mbedtls_pk_context *context, const char *pem, size_t size)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    int code = mbedtls_pk_parse_key(context, (const unsigned char *)pem, size, NULL, 0, pk_random_callback, NULL);

    return code != 0 ? code : mbedtls_pk_check_pair(context, context, pk_random_callback, NULL);
#else
    int code = mbedtls_pk_parse_key(context, (const unsigned char *)pem, size, NULL, 0);

    return code != 0 ? code : mbedtls_pk_check_pair(context, context);
#endif
}

static enum status from_pem(const char *pem, bool is_private, struct pk **out_key, struct errmsg *err)
{
    const char *what = is_private ? "private key in PEM" : "public key in PEM";
    size_t size = strnlen(pem, PEM_INPUT_BYTES_MAX) + 1;
    enum status st = ST_OK;
    struct pk *key;
    int code;

    if (size > PEM_INPUT_BYTES_MAX) {
        errmsg_set(err, "%s: longer than %d bytes", what, PEM_INPUT_BYTES_MAX - 1);
        return ST_FULL;
    }
    key = pk_new(err);
    if (!key)
        return ST_NOMEM;
    if (is_private)
        code = parse_private(&key->context, pem, size);
    else
        code = mbedtls_pk_parse_public_key(&key->context, (const unsigned char *)pem, size);
    if (code != 0)
        st = pk_fail(code, ST_INVALID, what, err);
    if (st == ST_OK)
        st = read_point(&key->context, key->point, err);
    if (st != ST_OK) {
        pk_destroy(key);
        return st;
    }
    key->is_private = is_private;
    *out_key = key;
    return ST_OK;
}

enum status pk_from_private_pem(const char *pem, struct pk **out_key, struct errmsg *err)
{
    return from_pem(pem, true, out_key, err);
}

enum status pk_from_public_pem(const char *pem, struct pk **out_key, struct errmsg *err)
{
    return from_pem(pem, false, out_key, err);
}

enum status pk_from_parsed(mbedtls_pk_context *parsed, struct pk **out_key, struct errmsg *err)
{
    uint8_t point[PK_POINT_BYTES];
    enum status st = read_point(parsed, point, err);

    return st == ST_OK ? pk_from_point(point, out_key, err) : st;
}

enum status pk_from_point(const uint8_t point[PK_POINT_BYTES], struct pk **out_key, struct errmsg *err)
{
    uint8_t spki[SPKI_BYTES];
    struct pk *key;
    int code;

    memcpy(spki, spki_head, sizeof spki_head);
    memcpy(spki + sizeof spki_head, point, PK_POINT_BYTES);
    key = pk_new(err);
    if (!key)
        return ST_NOMEM;
    code = mbedtls_pk_parse_public_key(&key->context, spki, sizeof spki);
    if (code != 0) {
        pk_destroy(key);
        return pk_fail(code, ST_INVALID, "public key", err);
    }
    memcpy(key->point, spki + sizeof spki_head, PK_POINT_BYTES);
    *out_key = key;
    return ST_OK;
}

static enum status need_private(const struct pk *key, struct errmsg *err)
{
    if (key->is_private)
        return ST_OK;
    errmsg_set(err, "the key has no private half");
    return ST_INVALID;
}

enum status pk_private_pem(const struct pk *key, char out_pem[PK_PEM_BYTES_MAX], struct errmsg *err)
{
    char pem[PK_PEM_BYTES_MAX];
    enum status st = need_private(key, err);
    int code;

    if (st != ST_OK)
        return st;
    code = mbedtls_pk_write_key_pem(pk_take(key), (unsigned char *)pem, sizeof pem);
    pk_give(key);
    if (code != 0)
        st = pk_fail(code, ST_INTERNAL, "writing a private key", err);
    else
        memcpy(out_pem, pem, strlen(pem) + 1);
    crypto_wipe(pem, sizeof pem);
    return st;
}

enum status pk_public_pem(const struct pk *key, char out_pem[PK_PEM_BYTES_MAX], struct errmsg *err)
{
    char pem[PK_PEM_BYTES_MAX];
    int code = mbedtls_pk_write_pubkey_pem(pk_take(key), (unsigned char *)pem, sizeof pem);

    pk_give(key);
    if (code != 0)
        return pk_fail(code, ST_INTERNAL, "writing a public key", err);
    memcpy(out_pem, pem, strlen(pem) + 1);
    return ST_OK;
}

enum status pk_id(const struct pk *key, char out_id[17])
{
    uint8_t digest[SHA256_BYTES];

    sha256_of(key->point, sizeof key->point, digest);
    hex_encode(digest, 8, out_id);
    return ST_OK;
}

enum status pk_sign(const struct pk *key, const uint8_t digest[SHA256_BYTES],
                    uint8_t out_signature[PK_SIGNATURE_BYTES_MAX], size_t *out_len, struct errmsg *err)
{
    uint8_t signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    enum status st = need_private(key, err);
    size_t len = 0;
    int code;

    if (st != ST_OK)
        return st;
#if MBEDTLS_VERSION_MAJOR >= 3
    code = mbedtls_pk_sign(pk_take(key), MBEDTLS_MD_SHA256, digest, SHA256_BYTES, signature, sizeof signature, &len,
                           pk_random_callback, NULL);
#else
    code = mbedtls_pk_sign(pk_take(key), MBEDTLS_MD_SHA256, digest, SHA256_BYTES, signature, &len, pk_random_callback,
                           NULL);
#endif
    pk_give(key);
    if (code != 0)
        return pk_fail(code, ST_INTERNAL, "signing", err);
    if (len > PK_SIGNATURE_BYTES_MAX) { /* 72 at most on P-256 */
        errmsg_set(err, "signing: a signature of %zu bytes", len);
        return ST_INTERNAL;
    }
    memcpy(out_signature, signature, len);
    *out_len = len;
    return ST_OK;
}

enum status pk_verify(const struct pk *key, const uint8_t digest[SHA256_BYTES], const uint8_t *signature, size_t len,
                      struct errmsg *err)
{
    int code;

    if (len == 0 || len > PK_SIGNATURE_BYTES_MAX) {
        errmsg_set(err, "signature: %zu bytes are none of P-256", len);
        return ST_DENIED;
    }
    code = mbedtls_pk_verify(pk_take(key), MBEDTLS_MD_SHA256, digest, SHA256_BYTES, signature, len);
    pk_give(key);
    if (code != 0)
        return pk_fail(code, ST_DENIED, "signature: not of this key over these bytes", err);
    return ST_OK;
}

enum status pk_point(const struct pk *key, uint8_t out_point[PK_POINT_BYTES])
{
    memcpy(out_point, key->point, PK_POINT_BYTES);
    return ST_OK;
}

/* The private number out of its SEC 1 form (RFC 5915): SEQUENCE { INTEGER 1, OCTET STRING number, ... }. */
static int read_private_number(const struct pk *key, mbedtls_mpi *out_number)
{
    uint8_t der[DER_BYTES_MAX];
    unsigned char *at, *end = der + sizeof der;
    size_t len;
    int version;
    int code = mbedtls_pk_write_key_der(pk_take(key), der, sizeof der);

    pk_give(key);
    if (code >= 0) {
        at = end - code;
        code = mbedtls_asn1_get_tag(&at, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
        if (code == 0)
            code = mbedtls_asn1_get_int(&at, end, &version);
        if (code == 0)
            code = mbedtls_asn1_get_tag(&at, end, &len, MBEDTLS_ASN1_OCTET_STRING);
        if (code == 0)
            code = mbedtls_mpi_read_binary(out_number, at, len);
    }
    crypto_wipe(der, sizeof der);
    return code;
}

/* The group, the point and the numbers are our own here: nothing of the key is used by two threads at once. */
enum status pk_agree(const struct pk *key, const uint8_t peer_point[PK_POINT_BYTES],
                     uint8_t out_secret[PK_SECRET_BYTES], struct errmsg *err)
{
    enum status st = need_private(key, err);
    mbedtls_ecp_group group;
    mbedtls_ecp_point peer;
    mbedtls_mpi number, shared;
    int code;

    if (st != ST_OK)
        return st;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&peer);
    mbedtls_mpi_init(&number);
    mbedtls_mpi_init(&shared);

    code = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    if (code == 0)
        code = read_private_number(key, &number);
    if (code != 0) {
        st = pk_fail(code, ST_INTERNAL, "key agreement", err);
        goto out;
    }
    code = mbedtls_ecp_point_read_binary(&group, &peer, peer_point, PK_POINT_BYTES);
    if (code == 0)
        code = mbedtls_ecp_check_pubkey(&group, &peer);
    if (code != 0) {
        st = pk_fail(code, ST_DENIED, "key agreement: the point received is not on the curve", err);
        goto out;
    }
    code = mbedtls_ecdh_compute_shared(&group, &shared, &peer, &number, pk_random_callback, NULL);
    if (code == 0)
        code = mbedtls_mpi_write_binary(&shared, out_secret, PK_SECRET_BYTES);
    if (code != 0)
        st = pk_fail(code, ST_INTERNAL, "key agreement", err);
out:
    mbedtls_mpi_free(&shared);
    mbedtls_mpi_free(&number);
    mbedtls_ecp_point_free(&peer);
    mbedtls_ecp_group_free(&group);
    return st;
}
