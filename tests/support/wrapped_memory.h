/* SPDX-License-Identifier: Apache-2.0 */
/* wrapped_memory - the C library's memory behind -Wl,--wrap: a test defines the __wrap_ ones it has the linker wrap.
 */
#ifndef LOYALD_SUPPORT_WRAPPED_MEMORY_H
#define LOYALD_SUPPORT_WRAPPED_MEMORY_H

#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

#endif
