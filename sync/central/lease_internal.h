/* SPDX-License-Identifier: Apache-2.0 */
/* lease_internal - what the files of leases share: granting (lease_grant.c), what the till and the office say of one
 * (lease.c), what is given up (lease_lost.c). Nobody else includes it. */
#ifndef LOYALD_CENTRAL_LEASE_INTERNAL_H
#define LOYALD_CENTRAL_LEASE_INTERNAL_H

#include "sync/central/lease.h"

#define LEASE_DAY_US INT64_C(86400000000)

/* Inside a transaction. That much more in it, and that many days from now; nothing more prolongs it. */
enum status lease_fill(struct central *central, const char *id, int64_t days, int64_t amount, struct errmsg *err);
/* Inside a transaction. The state is "closed" or "written_off"; what is left is available again. */
enum status lease_end(struct central *central, const char *id, const char *state, struct errmsg *err);

#endif
