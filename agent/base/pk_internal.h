/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pk_internal - what pk.c shares with x509.c; nobody else includes it, so that mbedTLS stays behind crypto, pk and
 * x509.
 */
#ifndef LOYALD_BASE_PK_INTERNAL_H
#define LOYALD_BASE_PK_INTERNAL_H

#include "agent/base/pk.h"

#include <mbedtls/pk.h>

/* mbedTLS computes a table inside the key at its first use. A key is therefore used by one thread at a time: take it
 * before and give it back after. Returns a view that is valid until pk_give. */
mbedtls_pk_context *pk_take(const struct pk *key);
void pk_give(const struct pk *key);

/* Copies a parsed public key when it is P-256, ST_UNSUPPORTED otherwise. Returns owned. */
enum status pk_from_parsed(mbedtls_pk_context *parsed, struct pk **out_key, struct errmsg *err);
/* The random source in the shape mbedTLS calls. Never fails: crypto_random stops the process instead. */
int pk_random_callback(void *context, unsigned char *out_bytes, size_t len);
/* The status for an mbedTLS error code: ST_NOMEM when memory ran out, otherwise st. Sets err to what and mbedTLS'
 * text. */
enum status pk_fail(int code, enum status st, const char *what, struct errmsg *err);

#endif
