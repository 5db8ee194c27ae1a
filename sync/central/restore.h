/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore - a central put back from a backup does not know what it granted since: until the tills have said what they
 * hold, it sets nothing aside.
 *
 * Each till, once it hears the new incarnation, writes a `holdings` record behind all that the central lacks: its
 * leases with what it used of them, its open holds. Booked in its place in the journal it cannot count a use twice.
 * While a till in use still owes it, no hold and no lease is granted in its chain: the sale is answered as if the
 * link were slow, and goes by lease or floor limit. That ends when the last of them has reported, and after
 * RESTORE_WAIT_S in any case: what a till that is silent for so long holds is written off like that of any lost till.
 * Tills that were not heard of for RESTORE_USED_S before are not waited for, nor is one enrolled since the backup,
 * which this database does not know and which must be enrolled again.
 */
#ifndef LOYALD_CENTRAL_RESTORE_H
#define LOYALD_CENTRAL_RESTORE_H

#include "sync/central/interpret.h"

struct cJSON;

enum { RESTORE_WAIT_S = 24 * 60 * 60, RESTORE_USED_S = 7 * 24 * 60 * 60 };

/* Notes that this database is a backup put back now; a new incarnation was made before. */
enum status restore_begin(struct central *central, struct errmsg *err);
/* Reads what restore_begin noted. */
enum status restore_load(struct central *central, struct errmsg *err);
/* How many tills of the chain are waited for; "": of all chains. 0: grants are made. */
enum status restore_waiting(struct central *central, const char *chain, int64_t *out_tills, struct errmsg *err);
/* Inside a transaction: that till owes nothing, since it is enrolled under this incarnation. */
enum status restore_till_is_known(struct central *central, const char *dev, struct errmsg *err);
/* A `holdings` record, inside a transaction. */
enum status restore_note_holdings(struct central *central, const struct interpret_record *record,
                                  const struct cJSON *body, struct errmsg *err);

#endif
