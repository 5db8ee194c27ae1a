/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_time - the time this process had a CPU, for what takes longer than a machine in use leaves it alone; on a
 * quiet one it is the clock's. What takes microseconds is measured by the clock, the best of many (clock_measure_ns).
 */
#ifndef LOYALD_BENCH_TIME_H
#define LOYALD_BENCH_TIME_H

#include <stdint.h>
#include <time.h>

static inline int64_t bench_cpu_ns(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at); /* Linux has it */
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

#endif
