/* SPDX-License-Identifier: Apache-2.0 */
/* bench_peak - the most memory this process has had, as the kernel counts it. */
#ifndef LOYALD_BENCH_PEAK_H
#define LOYALD_BENCH_PEAK_H

#include <stdint.h>

int64_t bench_peak_kb(void);

#endif
