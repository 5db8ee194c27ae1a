/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol - a till becomes known: code, certificate, the keys agreed with it (docs/protocol.md 6).
 *
 * The code is used up in the transaction that writes the till's row, so it can serve neither twice nor half.
 *
 * What stands against guessing is the code alone: 60 bits, good for 15 minutes. Who tries 10,000 a second, more than a
 * central answers, finds one of 1,000 open codes within those minutes once in a hundred million goes. So nobody is ever
 * made to wait for the wrong codes of others, who may come from the same address (a store, a balancer): a right code is
 * taken whatever else is tried. Only the log is guarded (throttle.h).
 */
#ifndef LOYALD_CENTRAL_ENROL_H
#define LOYALD_CENTRAL_ENROL_H

#include "agent/base/crypto.h"
#include "sync/central/central.h"

enum { ENROL_BODY_MAX = 16 * 1024 };

/* Answers the request. When it succeeds, out_mac_key is the key agreed, for the MAC of this very answer. dev and
 * epoch are those of the headers, which the body must repeat. */
bool enrol_till(struct central *central, const char *dev, const char *epoch, const char *body, size_t len,
                uint8_t out_mac_key[CRYPTO_KEY_BYTES], struct answer *answer);

#endif
