/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_memory.h"
#include "tests/support/wrapped_memory.h"

#include <cjson/cJSON.h>

#include <malloc.h>
#include <stdlib.h>

/* One thread, one program: a benchmark is no library. */
static int64_t held, peak, allocations;

static void *took(void *memory)
{
    held += memory ? (int64_t)malloc_usable_size(memory) : 0;
    peak = held > peak ? held : peak;
    allocations++;
    return memory;
}

void *__wrap_malloc(size_t bytes)
{
    return took(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return took(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *memory, size_t bytes)
{
    held -= memory ? (int64_t)malloc_usable_size(memory) : 0;
    return took(__real_realloc(memory, bytes));
}

void __wrap_free(void *memory)
{
    held -= memory ? (int64_t)malloc_usable_size(memory) : 0;
    __real_free(memory);
}

void memory_watch(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){__wrap_malloc, __wrap_free});
    held = peak = allocations = 0;
}

int64_t memory_peak(void)
{
    return peak;
}

int64_t memory_held(void)
{
    return held;
}

int64_t memory_allocations(void)
{
    return allocations;
}
