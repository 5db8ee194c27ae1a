/* SPDX-License-Identifier: Apache-2.0 */
/* Writing of requests (the till) and certificates (the central). */
#include "agent/base/x509.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include "agent/base/civil_time.h"
#include "agent/base/crypto.h"
#include "agent/base/pk_internal.h"
#include "agent/base/x509_internal.h"

enum { DNS_NAME_BYTES_MAX = 253, SERIAL_BYTES = 16 };

enum status x509_request(const struct pk *key, const char *common_name, char out_pem[X509_PEM_BYTES_MAX],
                         struct errmsg *err)
{
    char subject[X509_NAME_BYTES_MAX];
    char pem[X509_PEM_BYTES_MAX];
    mbedtls_x509write_csr request;
    enum status st = x509_format_subject(common_name, subject, err);
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
    int32_t day = (int32_t)(unix_s / X509_S_PER_DAY);
    int second = (int)(unix_s % X509_S_PER_DAY);
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
    enum status st = x509_parse(issue->issuer_pem, out_issuer, err);

    if (st == ST_OK)
        st = x509_common_name(&out_issuer->subject, out_name, err);
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
    st = x509_parse(pem, &made, err);
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
        code = x509_set_extensions(&writer, issue);
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
        st = x509_format_subject(issue->common_name, subject, err);
    if (st != ST_OK)
        return st;
    memcpy(issuer_subject, subject, sizeof subject);
    if (issue->issuer_pem) {
        st = read_issuer(issue, issuer, issuer_name, err);
        if (st == ST_OK)
            st = x509_format_subject(issuer_name, issuer_subject, err);
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
