/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields read here (subject, subject_raw, issuer_raw, valid_to, pk, raw, cri) are those that mbedTLS 3.6 still
 * declares public; everything else goes through functions.
 */
#include "agent/base/x509.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include "agent/base/civil_time.h"
#include "agent/base/crypto.h"
#include "agent/base/pk_internal.h"
#include "agent/base/utf8.h"

enum {
    COMMON_NAME_BYTES_MAX = 64, /* ub-common-name of RFC 5280 */
    DNS_NAME_BYTES_MAX = 253,
    PEM_INPUT_BYTES_MAX = 64 * 1024, /* a certificate may come with its text and its chain */
    SERIAL_BYTES = 16,
    SAN_BYTES_MAX = 512,
    S_PER_DAY = 86400,
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

static enum status format_subject(const char *name, char out_subject[X509_NAME_BYTES_MAX], struct errmsg *err)
{
    enum status st = check_common_name(name, err);

    if (st == ST_OK)
        (void)snprintf(out_subject, X509_NAME_BYTES_MAX, "CN=%.*s", X509_NAME_BYTES_MAX - 4, name);
    return st;
}

/* Copies the common name of a parsed name; it came from outside and is checked as if it were new. */
static enum status read_common_name(const mbedtls_x509_name *subject, char out_name[X509_NAME_BYTES_MAX],
                                    struct errmsg *err)
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

static enum status parse_certificate(const char *pem, mbedtls_x509_crt *out_certificate, struct errmsg *err)
{
    size_t size = 0;
    enum status st = pem_size(pem, &size, err);
    int code;

    if (st == ST_OK) {
        code = mbedtls_x509_crt_parse(out_certificate, (const unsigned char *)pem, size);
        if (code < 0)
            return pk_fail(code, ST_INVALID, "not a certificate in PEM", err);
        if (code > 0) {
            errmsg_set(err, "%d of the certificates in the PEM cannot be read", code);
            return ST_INVALID;
        }
    }
    return st;
}

static int64_t unix_seconds(const mbedtls_x509_time *time)
{
    return (int64_t)civil_day(time->year, time->mon, time->day) * S_PER_DAY + time->hour * 3600 + time->min * 60 +
           time->sec;
}

enum status x509_read(const char *pem, char out_common_name[X509_NAME_BYTES_MAX], int64_t *out_not_after_unix_s,
                      struct errmsg *err)
{
    mbedtls_x509_crt certificate;
    enum status st;

    mbedtls_x509_crt_init(&certificate);
    st = parse_certificate(pem, &certificate, err);
    if (st == ST_OK)
        st = read_common_name(&certificate.subject, out_common_name, err);
    if (st == ST_OK)
        *out_not_after_unix_s = unix_seconds(&certificate.valid_to);
    else
        errmsg_wrap(err, "certificate");
    mbedtls_x509_crt_free(&certificate);
    return st;
}

enum status x509_public_key(const char *pem, struct pk **out_public_key, struct errmsg *err)
{
    mbedtls_x509_crt certificate;
    enum status st;

    mbedtls_x509_crt_init(&certificate);
    st = parse_certificate(pem, &certificate, err);
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
        st = read_common_name(&request.subject, out_common_name, err);
    mbedtls_x509_csr_free(&request);
    if (st != ST_OK) {
        pk_destroy(key);
        errmsg_wrap(err, "certificate request");
        return st;
    }
    *out_public_key = key;
    return ST_OK;
}

/* ---- writing ---- */

enum status x509_request(const struct pk *key, const char *common_name, char out_pem[X509_PEM_BYTES_MAX],
                         struct errmsg *err)
{
    char subject[X509_NAME_BYTES_MAX];
    char pem[X509_PEM_BYTES_MAX];
    mbedtls_x509write_csr request;
    enum status st = format_subject(common_name, subject, err);
    int code;

    if (st != ST_OK)
        return st;
    mbedtls_x509write_csr_init(&request);
    mbedtls_x509write_csr_set_md_alg(&request, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&request, pk_take(key));
    code = mbedtls_x509write_csr_set_subject_name(&request, subject);
    if (code == 0)
        code = mbedtls_x509write_csr_pem(&request, (unsigned char *)pem, sizeof pem, pk_random_callback, NULL);
    pk_give(key);
    mbedtls_x509write_csr_free(&request);
    if (code != 0)
        return pk_fail(code, ST_INTERNAL, "writing a certificate request", err);
    memcpy(out_pem, pem, strlen(pem) + 1);
    return ST_OK;
}

/* One GeneralName, written backwards like all DER of mbedTLS. */
static int put_general_name(unsigned char **at, unsigned char *start, unsigned char tag, const void *bytes,
                            size_t len)
{
    int total = mbedtls_asn1_write_raw_buffer(at, start, bytes, len);
    int code;

    if (total < 0)
        return total;
    code = mbedtls_asn1_write_len(at, start, len);
    if (code < 0)
        return code;
    total += code;
    code = mbedtls_asn1_write_tag(at, start, MBEDTLS_ASN1_CONTEXT_SPECIFIC | tag);
    return code < 0 ? code : total + code;
}

enum { GENERAL_NAME_DNS = 2, GENERAL_NAME_IP = 7 };

/* mbedTLS 2.28 writes no subject alternative names: ours are the name given (an address counts as such), then
 * localhost and the two loopback addresses, so that a central is also tried on its own machine. */
static int set_alternative_names(mbedtls_x509write_cert *writer, const char *dns_name)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1};
    static const uint8_t loopback6[16] = {[15] = 1};
    uint8_t der[SAN_BYTES_MAX], address[16];
    unsigned char *at = der + sizeof der;
    size_t address_len = 0;
    int len;

    if (inet_pton(AF_INET, dns_name, address) == 1)
        address_len = 4;
    else if (inet_pton(AF_INET6, dns_name, address) == 1)
        address_len = 16;

    len = put_general_name(&at, der, GENERAL_NAME_IP, loopback6, sizeof loopback6);
    if (len >= 0)
        len = put_general_name(&at, der, GENERAL_NAME_IP, loopback4, sizeof loopback4);
    if (len >= 0)
        len = put_general_name(&at, der, GENERAL_NAME_DNS, "localhost", strlen("localhost"));
    if (len >= 0 && address_len > 0)
        len = put_general_name(&at, der, GENERAL_NAME_IP, address, address_len);
    else if (len >= 0 && strcmp(dns_name, "localhost") != 0)
        len = put_general_name(&at, der, GENERAL_NAME_DNS, dns_name, strlen(dns_name));
    if (len >= 0)
        len = mbedtls_asn1_write_len(&at, der, (size_t)(der + sizeof der - at));
    if (len >= 0)
        len = mbedtls_asn1_write_tag(&at, der, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
    if (len < 0)
        return len;
    return mbedtls_x509write_crt_set_extension(writer, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, at,
                                               (size_t)(der + sizeof der - at));
}

/* By hand, since mbedTLS 2.28 leaves basicConstraints of a CA uncritical against RFC 5280, and has no EKU writer. */
static int set_basic_constraints(mbedtls_x509write_cert *writer, bool is_ca)
{
    static const uint8_t ca[] = {0x30, 0x03, 0x01, 0x01, 0xff};
    static const uint8_t leaf[] = {0x30, 0x00};

    return mbedtls_x509write_crt_set_extension(writer, MBEDTLS_OID_BASIC_CONSTRAINTS,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_BASIC_CONSTRAINTS), 1, is_ca ? ca : leaf,
                                               is_ca ? sizeof ca : sizeof leaf);
}

static int set_extended_key_usage(mbedtls_x509write_cert *writer, bool is_server)
{
    /* SEQUENCE { OID id-kp-serverAuth (…3.1) or id-kp-clientAuth (…3.2) } */
    uint8_t usage[] = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, is_server ? 1 : 2};

    return mbedtls_x509write_crt_set_extension(writer, MBEDTLS_OID_EXTENDED_KEY_USAGE,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), 0, usage,
                                               sizeof usage);
}

static int set_extensions(mbedtls_x509write_cert *writer, const struct x509_issue *issue)
{
    int code = set_basic_constraints(writer, issue->is_ca);

    if (code == 0)
        code = mbedtls_x509write_crt_set_key_usage(writer, issue->is_ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN |
                                                                              MBEDTLS_X509_KU_CRL_SIGN
                                                                        : MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    if (code == 0 && !issue->is_ca)
        code = set_extended_key_usage(writer, issue->is_server);
    if (code == 0 && issue->dns_name)
        code = set_alternative_names(writer, issue->dns_name);
    if (code == 0)
        code = mbedtls_x509write_crt_set_subject_key_identifier(writer);
    if (code == 0)
        code = mbedtls_x509write_crt_set_authority_key_identifier(writer);
    return code;
}

static int set_serial(mbedtls_x509write_cert *writer)
{
    uint8_t serial[SERIAL_BYTES];

    crypto_random(serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* above zero, and always 16 bytes long */
#if MBEDTLS_VERSION_NUMBER >= 0x03040000
    return mbedtls_x509write_crt_set_serial_raw(writer, serial, sizeof serial);
#else
    {
        mbedtls_mpi number;
        int code;

        mbedtls_mpi_init(&number);
        code = mbedtls_mpi_read_binary(&number, serial, sizeof serial);
        if (code == 0)
            code = mbedtls_x509write_crt_set_serial(writer, &number);
        mbedtls_mpi_free(&number);
        return code;
    }
#endif
}

enum { VALIDITY_TEXT = sizeof "YYYYMMDDhhmmss" };

static void format_validity(int64_t unix_s, char out_text[VALIDITY_TEXT])
{
    int32_t day = (int32_t)(unix_s / S_PER_DAY);
    int second = (int)(unix_s % S_PER_DAY);
    int year, month, day_of_month;
    char text[64]; /* as wide as the compiler believes six ints can get */

    civil_from_day(day, &year, &month, &day_of_month);
    snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d", year, month, day_of_month, second / 3600,
             second / 60 % 60, second % 60);
    memcpy(out_text, text, VALIDITY_TEXT - 1);
    out_text[VALIDITY_TEXT - 1] = '\0';
}

static enum status check_issue(const struct x509_issue *issue, struct errmsg *err)
{
    static const char dns_allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-*:";
    static const int64_t year_2000 = 946684800, year_10000 = 253402300800;
    size_t len;

    if (issue->not_before_unix_s < year_2000 || issue->not_after_unix_s >= year_10000 ||
        issue->not_before_unix_s >= issue->not_after_unix_s) {
        errmsg_set(err, "validity: from %lld to %lld (Unix seconds); wanted is a span in the years 2000 to 9999",
                   (long long)issue->not_before_unix_s, (long long)issue->not_after_unix_s);
        return ST_RANGE;
    }
    if (!issue->dns_name)
        return ST_OK;
    len = strspn(issue->dns_name, dns_allowed);
    if (len == 0 || len > DNS_NAME_BYTES_MAX || issue->dns_name[len] != '\0') {
        errmsg_set(err, "host name: wanted are 1 to %d letters, digits, dots and hyphens, or an address",
                   DNS_NAME_BYTES_MAX);
        return ST_INVALID;
    }
    return ST_OK;
}

/* Reads the issuer's certificate and its name; refuses one that is not the issuer key's, or is no CA. */
static enum status read_issuer(const struct x509_issue *issue, mbedtls_x509_crt *out_issuer,
                               char out_name[X509_NAME_BYTES_MAX], struct errmsg *err)
{
    uint8_t own_point[PK_POINT_BYTES], point[PK_POINT_BYTES];
    struct pk *key = NULL;
    enum status st = parse_certificate(issue->issuer_pem, out_issuer, err);

    if (st == ST_OK)
        st = read_common_name(&out_issuer->subject, out_name, err);
    if (st == ST_OK)
        st = pk_from_parsed(&out_issuer->pk, &key, err);
    if (st != ST_OK)
        return st;
    pk_point(key, point);
    pk_point(issue->issuer_key, own_point);
    pk_destroy(key);
    if (memcmp(point, own_point, sizeof point) != 0) {
        errmsg_set(err, "the certificate is of another key than the issuer's");
        return ST_CONFLICT;
    }
    if (mbedtls_x509_crt_check_key_usage(out_issuer, MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0) {
        errmsg_set(err, "its key usage does not allow to sign certificates");
        return ST_DENIED;
    }
    return ST_OK;
}

/* mbedTLS writes the issuer's name anew from a text; a chain holds only when that gave the very bytes. */
static enum status check_issuer_name(const char *pem, const mbedtls_x509_crt *issuer, struct errmsg *err)
{
    mbedtls_x509_crt made;
    enum status st;

    mbedtls_x509_crt_init(&made);
    st = parse_certificate(pem, &made, err);
    if (st == ST_OK && (made.issuer_raw.len != issuer->subject_raw.len ||
                        memcmp(made.issuer_raw.p, issuer->subject_raw.p, made.issuer_raw.len) != 0)) {
        errmsg_set(err, "the issuer's name is more than one common name in UTF-8");
        st = ST_UNSUPPORTED;
    }
    mbedtls_x509_crt_free(&made);
    return st;
}

static int write_certificate(const struct x509_issue *issue, const char *subject, const char *issuer,
                             mbedtls_pk_context *subject_key, mbedtls_pk_context *issuer_key,
                             char pem[X509_PEM_BYTES_MAX])
{
    char not_before[VALIDITY_TEXT], not_after[VALIDITY_TEXT];
    mbedtls_x509write_cert writer;
    int code;

    format_validity(issue->not_before_unix_s, not_before);
    format_validity(issue->not_after_unix_s, not_after);
    mbedtls_x509write_crt_init(&writer);
    mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&writer, subject_key);
    mbedtls_x509write_crt_set_issuer_key(&writer, issuer_key);
    code = mbedtls_x509write_crt_set_subject_name(&writer, subject);
    if (code == 0)
        code = mbedtls_x509write_crt_set_issuer_name(&writer, issuer);
    if (code == 0)
        code = set_serial(&writer);
    if (code == 0)
        code = mbedtls_x509write_crt_set_validity(&writer, not_before, not_after);
    if (code == 0)
        code = set_extensions(&writer, issue);
    if (code == 0)
        code = mbedtls_x509write_crt_pem(&writer, (unsigned char *)pem, X509_PEM_BYTES_MAX, pk_random_callback, NULL);
    mbedtls_x509write_crt_free(&writer);
    return code;
}

/* Takes both keys in the order of their addresses: two threads certifying each other's keys must not wait in a ring.
 */
static int write_with_keys(const struct x509_issue *issue, const char *subject, const char *issuer,
                           char pem[X509_PEM_BYTES_MAX])
{
    const struct pk *first = issue->subject_key < issue->issuer_key ? issue->subject_key : issue->issuer_key;
    const struct pk *second = first == issue->subject_key ? issue->issuer_key : issue->subject_key;
    mbedtls_pk_context *first_context = pk_take(first);
    mbedtls_pk_context *second_context = first == second ? first_context : pk_take(second);
    bool in_order = first == issue->subject_key;
    int code = write_certificate(issue, subject, issuer, in_order ? first_context : second_context,
                                 in_order ? second_context : first_context, pem);

    if (first != second)
        pk_give(second);
    pk_give(first);
    return code;
}

static enum status issue_certificate(const struct x509_issue *issue, mbedtls_x509_crt *issuer,
                                     char pem[X509_PEM_BYTES_MAX], struct errmsg *err)
{
    char subject[X509_NAME_BYTES_MAX], issuer_subject[X509_NAME_BYTES_MAX], issuer_name[X509_NAME_BYTES_MAX];
    enum status st = check_issue(issue, err);
    int code;

    if (st == ST_OK)
        st = format_subject(issue->common_name, subject, err);
    if (st != ST_OK)
        return st;
    memcpy(issuer_subject, subject, sizeof subject);
    if (issue->issuer_pem) {
        st = read_issuer(issue, issuer, issuer_name, err);
        if (st == ST_OK)
            st = format_subject(issuer_name, issuer_subject, err);
        if (st != ST_OK) {
            errmsg_wrap(err, "issuer");
            return st;
        }
    }
    code = write_with_keys(issue, subject, issuer_subject, pem);
    if (code != 0)
        return pk_fail(code, ST_INTERNAL, "writing", err);
    return issue->issuer_pem ? check_issuer_name(pem, issuer, err) : ST_OK;
}

enum status x509_certificate(const struct x509_issue *issue, char out_pem[X509_PEM_BYTES_MAX], struct errmsg *err)
{
    char pem[X509_PEM_BYTES_MAX];
    mbedtls_x509_crt issuer;
    enum status st;

    mbedtls_x509_crt_init(&issuer);
    st = issue_certificate(issue, &issuer, pem, err);
    mbedtls_x509_crt_free(&issuer);
    if (st != ST_OK)
        errmsg_wrap(err, "certificate");
    else
        memcpy(out_pem, pem, strlen(pem) + 1);
    return st;
}
