/* SPDX-License-Identifier: Apache-2.0 */
/* must - what these programs cannot go on without; memory of their own, which never fails on purpose. */
#ifndef LOYALD_TESTS_POWERCUT_MUST_H
#define LOYALD_TESTS_POWERCUT_MUST_H

#include <stdbool.h>
#include <stddef.h>

void must(bool holds, const char *what); /* aborts */
void *must_alloc(size_t size);           /* zeroed; free() */
void *must_grow(void *memory, size_t size);

#endif
