/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history - what a till says at its enrolment of its epochs that are over: where each of them ended, as far as it has
 * records of it. A central put back to a backup of before the present epoch may lack the end of the one before, and
 * would never be sent it: so it refuses to begin the new one until the till has carried that over (docs/protocol.md
 * 7).
 */
#ifndef LOYALD_CENTRAL_HISTORY_H
#define LOYALD_CENTRAL_HISTORY_H

#include "agent/base/sha256.h"
#include "sync/central/central.h"

struct cJSON;

/* The member "history" of an enrolment; NULL: an older till, or one that was never enrolled. */
enum status history_read(const struct cJSON *enrolment, const struct cJSON **out_history, struct errmsg *err);

/* Up to where the first epoch is here that is not here whole. */
struct history_gap {
    char epoch[HEX64_TEXT]; /* "": there is none */
    int64_t seq;            /* 0: nothing that could be held for the beginning of it */
    uint8_t hash[SHA256_BYTES];
};
/* Inside a transaction. A till that comes from another chain owes nothing here. ST_CONFLICT, in words, and *out_gap,
 * where there is one; ST_INVALID for a history that is none. */
enum status history_check(struct central *central, const char *dev, const char *chain, const struct cJSON *history,
                          struct history_gap *out_gap, struct errmsg *err);
/* Whether what the till holds was granted by another life of this central: it tells of it by a record of its own. */
bool history_owes_holdings(const struct central *central, const char *chain, const struct cJSON *history);
/* The answer to a till that has such a gap. */
void history_refuse(const struct history_gap *gap, const struct errmsg *err, struct answer *answer);

#endif
