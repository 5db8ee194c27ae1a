/* SPDX-License-Identifier: Apache-2.0 */
/* rollout_internal - what the files of roll-outs share: the plan (rollout_plan.c), what tills hear and say and what
 * is judged by it (rollout.c), the office's orders and its view (rollout_office.c). Nobody else includes it. */
#ifndef LOYALD_CENTRAL_ROLLOUT_INTERNAL_H
#define LOYALD_CENTRAL_ROLLOUT_INTERNAL_H

#include "sync/central/rollout.h"

enum { ROLLOUT_REASON_MAX = 300 };

/* The place of the first ring that the till is in, and its name; -1: in none. */
int rollout_ring_at(const char *rings_text, const char *store, const char *dev, char out_name[ID_BYTES]);
int rollout_ring_count(const char *rings_text);

/* Of one roll-out: what its tills said, and what its sales gave. */
struct rollout_counts {
    int64_t told, activated, healthy, failed;
    int64_t sales, gross_minor, discount_minor;
};
enum status rollout_count(struct central *central, const char *chain, int64_t version, const char *bundle,
                          struct rollout_counts *out_counts, struct errmsg *err);
/* Of the gross; 0 without sales. */
int64_t rollout_discount_bp(const struct rollout_counts *counts);
/* Inside a transaction: tells the office why. */
enum status rollout_set_state(struct central *central, const char *chain, int64_t version, const char *state,
                              const char *reason, struct errmsg *err);

/* Of one roll-out the tills with something due before until_us, one after the other, a step each (steps.h): those
 * without a word in time are late, or what failed is forgiven. Not within a transaction. */
enum status rollout_mark_late(struct central *central, const char *chain, int64_t version, int64_t until_us,
                              struct errmsg *err);
enum status rollout_forgive(struct central *central, const char *chain, int64_t version, int64_t until_us,
                            struct errmsg *err);

#endif
