/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member_rows - the lists of a member that come in rows of their own (segments, personal offers), added to those of
 * his own row. Internal to the till.
 */
#ifndef LOYALD_TILL_MEMBER_ROWS_H
#define LOYALD_TILL_MEMBER_ROWS_H

#include "agent/base/status.h"

struct cJSON;
struct cache;

/* Adds what profile has not yet. On ST_NOMEM some may be missing. */
enum status member_rows_add(struct cache *cache, const char *member, struct cJSON *profile);

#endif
