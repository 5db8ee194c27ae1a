/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading of certificates and requests, and the names in both.
 *
 * The fields read here (subject, valid_from, valid_to, pk, raw, cri, next) are those that mbedTLS 3.6 still declares
 * public; everything else goes through functions.
 */
#include "agent/base/x509.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include "agent/base/civil_time.h"
#include "agent/base/pk_internal.h"
#include "agent/base/utf8.h"
#include "agent/base/x509_internal.h"

enum {
    COMMON_NAME_BYTES_MAX = 64,      /* ub-common-name of RFC 5280 */
    PEM_INPUT_BYTES_MAX = 64 * 1024, /* a certificate may come with its text and its chain */
};

/* {1 2 840 10045 4 3 2}, ecdsa-with-SHA256 */
static const uint8_t oid_ecdsa_sha256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

/* ---- names ---- */

/* mbedTLS takes names as "CN=..." and its versions differ in what may be escaped how: such characters are refused. */
static enum status check_common_name(const char *name, struct errmsg *err)
{
    size_t len = name ? strnlen(name, COMMON_NAME_BYTES_MAX + 1) : 0;
    size_t i;

    if (len == 0 || len > COMMON_NAME_BYTES_MAX) {
        errmsg_set(err, "common name: wanted are 1 to %d bytes", COMMON_NAME_BYTES_MAX);
        return ST_INVALID;
    }
    if (!utf8_is_valid(name, len) || name[0] == ' ' || name[len - 1] == ' ' || name[0] == '#') {
        errmsg_set(err, "common name: not UTF-8, or it begins with a space or #, or ends with a space");
        return ST_INVALID;
    }
    for (i = 0; i < len; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || strchr(",=+<>;\"\\", name[i])) {
            errmsg_set(err, "common name: control characters and , = + < > ; \" \\ are not taken (byte %zu)", i);
            return ST_INVALID;
        }
    }
    return ST_OK;
}

enum status x509_format_subject(const char *name, char out_subject[X509_NAME_BYTES_MAX], struct errmsg *err)
{
    enum status st = check_common_name(name, err);

    if (st == ST_OK)
        (void)snprintf(out_subject, X509_NAME_BYTES_MAX, "CN=%.*s", X509_NAME_BYTES_MAX - 4, name);
    return st;
}

/* Copies the common name of a parsed name; it came from outside and is checked as if it were new. */
enum status x509_common_name(const mbedtls_x509_name *subject, char out_name[X509_NAME_BYTES_MAX], struct errmsg *err)
{
    const mbedtls_asn1_named_data *entry = (const mbedtls_asn1_named_data *)mbedtls_asn1_find_named_data(
        (mbedtls_asn1_named_data *)subject, MBEDTLS_OID_AT_CN, MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN));
    char name[X509_NAME_BYTES_MAX];
    enum status st;

    if (!entry || entry->val.len >= sizeof name || memchr(entry->val.p, '\0', entry->val.len)) {
        errmsg_set(err, "the subject has no common name, or one that is too long or holds a NUL");
        return ST_INVALID;
    }
    memcpy(name, entry->val.p, entry->val.len);
    name[entry->val.len] = '\0';
    st = check_common_name(name, err);
    if (st == ST_OK)
        memcpy(out_name, name, entry->val.len + 1);
    return st;
}

/* ---- reading ---- */

static enum status pem_size(const char *pem, size_t *out_size, struct errmsg *err)
{
    size_t len = strnlen(pem, PEM_INPUT_BYTES_MAX);

    if (len >= PEM_INPUT_BYTES_MAX) {
        errmsg_set(err, "longer than %d bytes", PEM_INPUT_BYTES_MAX - 1);
        return ST_FULL;
    }
    *out_size = len + 1; /* the NUL tells mbedTLS that it is PEM */
    return ST_OK;
}

/* mbedTLS passes over what it cannot read and tells how many: the first such, read by itself, tells why. When none is
 * found it was memory that ended. */
static enum status why_not(const char *pem, struct errmsg *err)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    const char *at = pem, *stop;
    mbedtls_x509_crt one;
    int code = 0;

    while (code == 0 && (at = strstr(at, begin)) && (stop = strstr(at, end))) {
        char *copy = strndup(at, (size_t)(stop - at) + strlen(end));

        if (!copy)
            break;
        mbedtls_x509_crt_init(&one);
        code = mbedtls_x509_crt_parse(&one, (const unsigned char *)copy, strlen(copy) + 1);
        mbedtls_x509_crt_free(&one);
        free(copy);
        at = stop;
    }
    if (code != 0)
        return pk_fail(code, ST_INVALID, "one of the certificates in the PEM cannot be read", err);
    errmsg_set(err, "out of memory for a certificate");
    return ST_NOMEM;
}

enum status x509_parse(const char *pem, mbedtls_x509_crt *out_certificate, struct errmsg *err)
{
    size_t size = 0;
    enum status st = pem_size(pem, &size, err);
    int code;

    if (st == ST_OK) {
        code = mbedtls_x509_crt_parse(out_certificate, (const unsigned char *)pem, size);
        if (code < 0)
            return pk_fail(code, ST_INVALID, "not a certificate in PEM", err);
        if (code > 0)
            return why_not(pem, err);
    }
    return st;
}

static int64_t unix_seconds(const mbedtls_x509_time *time)
{
    return (int64_t)civil_day(time->year, time->mon, time->day) * X509_S_PER_DAY + time->hour * 3600 +
           time->min * 60 + time->sec;
}

enum status x509_read(const char *pem, char out_common_name[X509_NAME_BYTES_MAX], int64_t *out_not_after_unix_s,
                      struct errmsg *err)
{
    mbedtls_x509_crt certificate;
    enum status st;

    mbedtls_x509_crt_init(&certificate);
    st = x509_parse(pem, &certificate, err);
    if (st == ST_OK)
        st = x509_common_name(&certificate.subject, out_common_name, err);
    if (st == ST_OK)
        *out_not_after_unix_s = unix_seconds(&certificate.valid_to);
    else
        errmsg_wrap(err, "certificate");
    mbedtls_x509_crt_free(&certificate);
    return st;
}

enum status x509_validity(const char *pem, int64_t *out_not_before_unix_s, int64_t *out_not_after_unix_s,
                          struct errmsg *err)
{
    mbedtls_x509_crt certificate;
    enum status st;

    mbedtls_x509_crt_init(&certificate);
    st = x509_parse(pem, &certificate, err);
    if (st == ST_OK) {
        *out_not_before_unix_s = unix_seconds(&certificate.valid_from);
        *out_not_after_unix_s = unix_seconds(&certificate.valid_to);
    }
    mbedtls_x509_crt_free(&certificate);
    return st;
}

static enum status verify(mbedtls_x509_crt *certificate, mbedtls_x509_crt *authorities, struct errmsg *err)
{
    const uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
    uint32_t flags = 0;
    int code = mbedtls_x509_crt_verify(certificate, authorities, NULL, NULL, &flags, NULL, NULL);

    if (code == 0 || (code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED && (flags & ~dates) == 0))
        return ST_OK;
    errmsg_set(err, "not issued by the authority");
    return code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ? ST_DENIED : pk_fail(code, ST_INVALID, "verifying", err);
}

enum status x509_check_issuer(const char *pem, const char *ca_pem, bool newest_only, struct errmsg *err)
{
    mbedtls_x509_crt certificate, authorities, *others = NULL;
    enum status st;

    mbedtls_x509_crt_init(&certificate);
    mbedtls_x509_crt_init(&authorities);
    st = x509_parse(pem, &certificate, err);
    if (st == ST_OK)
        st = x509_parse(ca_pem, &authorities, err);
    if (st == ST_OK && newest_only) {
        others = authorities.next;
        authorities.next = NULL;
    }
    if (st == ST_OK)
        st = verify(&certificate, &authorities, err);
    if (others)
        authorities.next = others;
    mbedtls_x509_crt_free(&authorities);
    mbedtls_x509_crt_free(&certificate);
    if (st != ST_OK)
        errmsg_wrap(err, "certificate");
    return st;
}

enum status x509_public_key(const char *pem, struct pk **out_public_key, struct errmsg *err)
{
    mbedtls_x509_crt certificate;
    enum status st;

    mbedtls_x509_crt_init(&certificate);
    st = x509_parse(pem, &certificate, err);
    if (st == ST_OK)
        st = pk_from_parsed(&certificate.pk, out_public_key, err);
    if (st != ST_OK)
        errmsg_wrap(err, "certificate");
    mbedtls_x509_crt_free(&certificate);
    return st;
}

/* Finds the signature of CertificationRequest ::= SEQUENCE { info, algorithm, BIT STRING } (RFC 2986). */
static int find_request_signature(const mbedtls_x509_csr *request, const uint8_t **out_signature, size_t *out_len)
{
    unsigned char *at = request->raw.p;
    unsigned char *end = at + request->raw.len;
    mbedtls_asn1_buf algorithm;
    size_t len;
    int code = mbedtls_asn1_get_tag(&at, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);

    if (code != 0)
        return code;
    at = request->cri.p + request->cri.len;
    code = mbedtls_asn1_get_alg_null(&at, end, &algorithm);
    if (code != 0)
        return code;
    if (algorithm.len != sizeof oid_ecdsa_sha256 || memcmp(algorithm.p, oid_ecdsa_sha256, algorithm.len) != 0)
        return MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG;
    code = mbedtls_asn1_get_bitstring_null(&at, end, &len);
    if (code != 0)
        return code;
    *out_signature = at;
    *out_len = len;
    return 0;
}

/* mbedTLS reads a request without looking at its signature, which proves that the asker has the private key. */
static enum status check_request_signature(const mbedtls_x509_csr *request, const struct pk *key, struct errmsg *err)
{
    uint8_t digest[SHA256_BYTES];
    const uint8_t *signature = NULL;
    size_t len = 0;
    int code = find_request_signature(request, &signature, &len);

    if (code != 0)
        return pk_fail(code, ST_INVALID, "signature (wanted is ECDSA with SHA-256)", err);
    sha256_of(request->cri.p, request->cri.len, digest);
    return pk_verify(key, digest, signature, len, err);
}

enum status x509_read_request(const char *request_pem, char out_common_name[X509_NAME_BYTES_MAX],
                              struct pk **out_public_key, struct errmsg *err)
{
    mbedtls_x509_csr request;
    struct pk *key = NULL;
    size_t size = 0;
    enum status st;
    int code;

    mbedtls_x509_csr_init(&request);
    st = pem_size(request_pem, &size, err);
    if (st == ST_OK) {
        code = mbedtls_x509_csr_parse(&request, (const unsigned char *)request_pem, size);
        if (code != 0)
            st = pk_fail(code, ST_INVALID, "not a request in PEM", err);
    }
    if (st == ST_OK)
        st = pk_from_parsed(&request.pk, &key, err);
    if (st == ST_OK)
        st = check_request_signature(&request, key, err);
    if (st == ST_OK)
        st = x509_common_name(&request.subject, out_common_name, err);
    mbedtls_x509_csr_free(&request);
    if (st != ST_OK) {
        pk_destroy(key);
        errmsg_wrap(err, "certificate request");
        return st;
    }
    *out_public_key = key;
    return ST_OK;
}
