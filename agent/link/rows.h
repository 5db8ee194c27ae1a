/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows - the kinds of rows that updates bring (docs/protocol.md 5), each put into the cache. Internal to the link.
 */
#ifndef LOYALD_LINK_ROWS_H
#define LOYALD_LINK_ROWS_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>

struct cJSON;
struct cache;

enum { ROW_KINDS = 10 };

/* What of an answer is still to be put: the next row of each kind, views of its tree. */
struct rows {
    const struct cJSON *next[ROW_KINDS];
};
void rows_of(const struct cJSON *answer, struct rows *out_rows);
bool rows_left(const struct rows *rows);
/* Puts one row and goes on to the next. A row that cannot be taken is left out and said: it must not hold back those
 * behind it. */
enum status rows_put_one(struct rows *rows, struct cache *cache, struct errmsg *err);

#endif
