/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renewal - what loyald-sync and loyal-central agree on about certificates (docs/protocol.md 6): the two routes that
 * are loyald-sync's own, what a request for a new certificate signs, how a set of authorities is named.
 */
#ifndef LOYALD_PROTOCOL_RENEWAL_H
#define LOYALD_PROTOCOL_RENEWAL_H

#include "agent/base/sha256.h"

#define RENEWAL_PATH          "/v1/renew"
#define RENEWAL_IDENTITY_PATH "/v1/identity"
#define RENEWAL_CA_HEADER     "Loyald-Ca"

enum { RENEWAL_CA_TEXT = 17 };

/* What the till's present key signs: its name and the request for the new key. Nothing in it ages: whoever sends it
 * again gets a certificate for the same new key, of which he does not have the private half. */
void renewal_digest(const char *dev, const char *csr, uint8_t out_digest[SHA256_BYTES]);
/* Names a set of authorities: 16 hex digits of the SHA-256 of its very text. */
void renewal_ca_id(const char *ca_pem, char out_id[RENEWAL_CA_TEXT]);

#endif
