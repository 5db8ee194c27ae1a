/* SPDX-License-Identifier: Apache-2.0 */
/*
 * circle - which members a till hears of without asking. Of a chain whose audience is "all": every one. "store":
 * those whose home its store is, who bought there within CIRCLE_DAYS, and those of the stores the office put in its
 * circle; others by look-up (docs/protocol.md 5). The last day somebody bought is kept to CIRCLE_SEEN_DAYS.
 */
#ifndef LOYALD_CENTRAL_CIRCLE_H
#define LOYALD_CENTRAL_CIRCLE_H

#include "sync/central/device.h"

enum { CIRCLE_DAYS = 400, CIRCLE_SEEN_DAYS = 7, CIRCLE_FORGET_BATCH = 500 };

/* Each is a transaction of its own. */
enum status circle_audience(struct central *central, const char *chain, const char *audience, struct errmsg *err);
/* Both ways. */
enum status circle_add(struct central *central, const char *chain, const char *store, const char *other,
                       struct errmsg *err);
/* Members not seen for so long, and at home elsewhere, are told as gone; at most a batch. */
enum status circle_forget(struct central *central, int64_t *out_count, struct errmsg *err);

/* Inside a transaction: the member bought there, or lives there. The member's own row is touched by the caller. */
enum status circle_seen(struct central *central, const char *chain, const char *store, const char *member,
                        int32_t day, struct errmsg *err);
enum status circle_home(struct central *central, const char *chain, const char *store, const char *member,
                        struct errmsg *err);
/* Whether the chain's members go by store, and the change behind which cursors are of this audience. */
enum status circle_load(struct store *store, const char *chain, bool *out_by_store, int64_t *out_change,
                        struct errmsg *err);

#endif
