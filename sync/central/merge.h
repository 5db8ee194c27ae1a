/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge - two members who are one person become one: identifiers, points with their lots, what is set aside, uses and
 * purchases go from the old to the new; the old id stays as an alias, so that records and receipts that name it find
 * the new one. The tills hear of the alias and of the new row.
 */
#ifndef LOYALD_CENTRAL_MERGE_H
#define LOYALD_CENTRAL_MERGE_H

#include "sync/central/central.h"

/* One transaction. ST_NOT_FOUND, or ST_INVALID: both are one already, or the old one was merged before. */
enum status merge_members(struct central *central, const char *chain, const char *old, const char *member,
                          struct errmsg *err);

#endif
