/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol - a till becomes known: code, certificate, the keys agreed with it (docs/protocol.md 6).
 *
 * The code is used up in the transaction that writes the till's row, so it can serve neither twice nor half. Guessing
 * is slowed down for all: past ENROL_FAILURES_MAX wrong codes in a minute every enrolment is answered 429 until the
 * minute is over.
 */
#ifndef LOYALD_CENTRAL_ENROL_H
#define LOYALD_CENTRAL_ENROL_H

#include "agent/base/crypto.h"
#include "sync/central/central.h"

enum { ENROL_FAILURES_MAX = 20, ENROL_BODY_MAX = 16 * 1024 };

/* Answers the request. When it succeeds, out_mac_key is the key agreed, for the MAC of this very answer. dev and
 * epoch are those of the headers, which the body must repeat. */
bool enrol_till(struct central *central, const char *dev, const char *epoch, const char *body, size_t len,
                uint8_t out_mac_key[CRYPTO_KEY_BYTES], struct answer *answer);

#endif
