/* SPDX-License-Identifier: Apache-2.0 */
/* json_support - reading JSON for tests: in memory of exactly its size, by a pool too, and with little memory. */
#ifndef LOYALD_TEST_BASE_JSON_SUPPORT_H
#define LOYALD_TEST_BASE_JSON_SUPPORT_H

#include "agent/base/json.h"

#include <stddef.h>

#include <cjson/cJSON.h>

enum { JSON_LEN_MAX = 4 * 1024 * 1024 };

/* Allocations that still succeed; below zero all do. Ours go through the wrapper, cJSON's through its hook. */
extern long json_allocations_left;
void *limited_malloc(size_t size);

/* In memory of exactly its size and without a NUL, so that the sanitizers see a read past its end. A pool takes and
 * refuses the same, in the same words, and makes the same tree. */
enum status parse(const char *text, size_t len, struct cJSON **out_root, struct errmsg *err);
struct cJSON *parsed(const char *text); /* asserts that it is JSON */

#endif
