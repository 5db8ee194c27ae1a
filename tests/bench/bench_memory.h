/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_memory - counts what the code under measurement takes from the heap. The linker leads malloc and its kin here
 * (--wrap), and cJSON, which is a shared library, by its hooks.
 */
#ifndef LOYALD_BENCH_MEMORY_H
#define LOYALD_BENCH_MEMORY_H

#include <stdint.h>

void memory_watch(void);          /* begins anew: nothing is held */
int64_t memory_peak(void);        /* bytes, the most that were held since */
int64_t memory_held(void);        /* bytes, now */
int64_t memory_allocations(void); /* calls that took memory */

#endif
