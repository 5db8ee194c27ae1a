/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - reads members of our own records and of the central's rows, where absent means nothing: 0, "", no child.
 * What comes from a caller is read by json.h, which says what is wrong. Internal to the till.
 */
#ifndef LOYALD_TILL_TREE_H
#define LOYALD_TILL_TREE_H

#include <stdint.h>

struct cJSON;
struct json_writer;

/* 0 when it is absent or no integer. */
int64_t tree_int(const struct cJSON *object, const char *name);
/* "" when it is absent or no text; a view. */
const char *tree_text(const struct cJSON *object, const char *name);
/* NULL when it is absent; also of an object that is NULL. */
const struct cJSON *tree_child(const struct cJSON *object, const char *name);

/* Writes name and the tree; nothing when it is NULL. */
void tree_write(struct json_writer *w, const char *name, const struct cJSON *tree);

#endif
