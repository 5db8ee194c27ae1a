/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_peak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t bench_peak_kb(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[128];
    long long kb = 0;

    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtoll(line + 6, NULL, 10);
    }
    if (file)
        fclose(file);
    return kb;
}
