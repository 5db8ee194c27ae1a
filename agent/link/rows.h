/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows - the kinds of rows that updates bring (docs/protocol.md 5), each put into the cache. Internal to the link.
 */
#ifndef LOYALD_LINK_ROWS_H
#define LOYALD_LINK_ROWS_H

#include "agent/base/errmsg.h"
#include "agent/base/json_pool.h"
#include "agent/base/status.h"

#include <stdbool.h>

struct cJSON;
struct cache;

enum { ROW_KINDS = 10 };
/* The list whose rows are read one by one where they stand: the one that may be long. */
#define ROWS_APART "members"

/* What of an answer is still to be put: the next row of each kind, views of its tree. */
struct rows {
    const struct cJSON *next[ROW_KINDS];
    char *text; /* borrowed: the answer */
    size_t len;
    size_t apart_at;       /* what json_pool_element goes on from; 0: nothing */
    struct json_pool pool; /* of the row being put */
};
/* Of the tree without ROWS_APART (json_pool_parse_without) and the text, which must outlive the rows. */
void rows_of(const struct cJSON *tree, char *text, size_t len, const struct json_left_out *apart, struct rows *rows);
void rows_clear(struct rows *rows);
/* Leaves a list out that is not ROWS_APART. */
void rows_leave(struct rows *rows, const char *list);
bool rows_left(const struct rows *rows);
/* Puts one row and goes on to the next. A row that cannot be taken is left out and said: it must not hold back those
 * behind it. ST_CORRUPT: the text is no JSON from here on. */
enum status rows_put_one(struct rows *rows, struct cache *cache, struct errmsg *err);

#endif
