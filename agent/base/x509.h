/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509 - certificate requests on the till, certificates at the central. P-256 and SHA-256 only.
 */
#ifndef LOYALD_BASE_X509_H
#define LOYALD_BASE_X509_H

#include "agent/base/errmsg.h"
#include "agent/base/pk.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { X509_PEM_BYTES_MAX = 4096, X509_NAME_BYTES_MAX = 128 };

/* A PKCS#10 request for the common name given, signed by the key. */
enum status x509_request(const struct pk *key, const char *common_name, char out_pem[X509_PEM_BYTES_MAX],
                         struct errmsg *err);
/* Checks the request's own signature; returns owned its public key and copies its common name. */
enum status x509_read_request(const char *request_pem, char out_common_name[X509_NAME_BYTES_MAX],
                              struct pk **out_public_key, struct errmsg *err);

struct x509_issue {
    const struct pk *subject_key; /* the public key certified */
    const char *common_name;
    const char *dns_name; /* subject alternative name, NULL for none; also taken for "localhost" and 127.0.0.1 */
    const struct pk *issuer_key;
    const char *issuer_pem; /* NULL: self-signed (a CA) */
    int64_t not_before_unix_s;
    int64_t not_after_unix_s;
    bool is_ca;
    bool is_server; /* extended key usage: server, otherwise client */
};
enum status x509_certificate(const struct x509_issue *issue, char out_pem[X509_PEM_BYTES_MAX], struct errmsg *err);
/* The subject's common name and the end of validity. */
enum status x509_read(const char *pem, char out_common_name[X509_NAME_BYTES_MAX], int64_t *out_not_after_unix_s,
                      struct errmsg *err);
/* Beginning and end of validity of the (first) certificate. */
enum status x509_validity(const char *pem, int64_t *out_not_before_unix_s, int64_t *out_not_after_unix_s,
                          struct errmsg *err);
/* Whether the certificate was issued by one of the authorities in ca_pem (newest_only: by the first of them),
 * whatever the date: the time is judged by who asks. ST_DENIED when it was not. */
enum status x509_check_issuer(const char *pem, const char *ca_pem, bool newest_only, struct errmsg *err);
/* Returns owned the public key that the (first) certificate certifies. */
enum status x509_public_key(const char *pem, struct pk **out_public_key, struct errmsg *err);

#endif
