/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew - a till's certificate is followed by the next one (docs/protocol.md 6).
 *
 * The request comes without a client certificate, for it may have expired in a store that was closed: it shows the
 * certificate it has, of whatever date, and is signed by that one's key. The next key counts only once the till has
 * used it; until then the one before does, so that a lost answer costs nothing.
 */
#ifndef LOYALD_CENTRAL_RENEW_H
#define LOYALD_CENTRAL_RENEW_H

#include "sync/central/central.h"

enum { RENEW_FAILURES_MAX = 60, RENEW_BODY_MAX = 16 * 1024 };

/* {"dev","certificate","csr","signature"} -> {"certificate","ca"} */
void renew_certificate(struct central *central, const char *body, size_t len, struct answer *answer);
/* A till asks, by its certificate, whom to trust, and tells whom it does (a renewal_ca_id): {"dev","ca"}. This is
 * also how it proves a certificate it got anew. */
void renew_identity(struct central *central, const char *peer, const char *peer_key, const char *trusts,
                    struct answer *answer);

#endif
