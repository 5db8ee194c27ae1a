/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upkeep - what comes with time alone: points expire, leases and holds of tills silent for too long are given up. A
 * batch at a time between requests, once an hour; what waits an hour longer is counted right meanwhile (lot.h).
 */
#ifndef LOYALD_CENTRAL_UPKEEP_H
#define LOYALD_CENTRAL_UPKEEP_H

#include "sync/central/central.h"

struct loop;
struct upkeep;

/* Borrows both. */
enum status upkeep_create(struct loop *loop, struct central *central, struct upkeep **out_upkeep, struct errmsg *err);
void upkeep_destroy(struct upkeep *upkeep); /* accepts NULL */
/* All that is due, at once. */
enum status upkeep_run(struct central *central, int64_t *out_written_off, struct errmsg *err);

#endif
