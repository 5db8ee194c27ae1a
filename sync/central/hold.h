/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold - points that a till asks to be set aside for one sale, so that no other till spends them meanwhile. Granted
 * out of what is neither spent, nor held, nor set aside at a till, nor still to become active; named by the till, so
 * that asking twice is one hold. Ended by the till's record: the sale that names it, or the one that voids it, in
 * whichever order they and the question arrive.
 */
#ifndef LOYALD_CENTRAL_HOLD_H
#define LOYALD_CENTRAL_HOLD_H

#include "sync/central/device.h"

struct cJSON;

enum { HOLD_BODY_MAX = 4096 };

/* The answer to op "hold" (docs/protocol.md 4). */
void hold_answer(struct central *central, const struct device *device, const char *body, size_t len,
                 struct answer *answer);
/* The answer to op "hold_void": the till has journalled that it gives the hold up, and says so before the record
 * comes. */
void hold_void_answer(struct central *central, const struct device *device, const char *body, size_t len,
                      struct answer *answer);
/* Inside a transaction: the till's record ended it. */
enum status hold_end(struct central *central, const struct device *device, const char *hold, bool posted,
                     struct errmsg *err);

#endif
