/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape - messages of another release: read from tests/skew, compared by shape, and given names that nobody knows.
 * Where LOYALD_EXAMPLES names another folder of the tree, they are read from there: schema/wire has today's.
 */
#ifndef LOYALD_TESTS_SKEW_SHAPE_H
#define LOYALD_TESTS_SKEW_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

/* Returns owned (free) a file of the first release. */
char *shape_load(const char *name, size_t *out_len);
struct cJSON *shape_load_json(const char *name);
/* Whether now has every name that then has, of the same kind, at each depth; of lists the first elements are compared
 * where both have one. Says where it has not. */
bool shape_has_all(const struct cJSON *now, const struct cJSON *then, const char *where);
/* Adds to each object below a name that nobody knows. */
void shape_add_unknown(struct cJSON *root);

#endif
