/* SPDX-License-Identifier: Apache-2.0 */
/* x509_internal - what x509.c (reading), x509_write.c and x509_extension.c share; nobody else includes it. */
#ifndef LOYALD_BASE_X509_INTERNAL_H
#define LOYALD_BASE_X509_INTERNAL_H

#include "agent/base/x509.h"

#include <mbedtls/x509_crt.h>

enum { X509_S_PER_DAY = 86400 };

/* "CN=" and the name, once it is found to be one. */
enum status x509_format_subject(const char *name, char out_subject[X509_NAME_BYTES_MAX], struct errmsg *err);
/* Copies the common name of a parsed name; it came from outside and is checked as if it were new. */
enum status x509_common_name(const mbedtls_x509_name *subject, char out_name[X509_NAME_BYTES_MAX],
                             struct errmsg *err);
/* Parses PEM, one certificate or several, into an initialised chain. */
enum status x509_parse(const char *pem, mbedtls_x509_crt *out_certificate, struct errmsg *err);
/* Sets every extension of a certificate to be written. */
int x509_set_extensions(mbedtls_x509write_cert *writer, const struct x509_issue *issue);

#endif
