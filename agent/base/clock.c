/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MS_PER_S = 1000, S_PER_DAY = 86400 };

static struct timespec now(clockid_t id)
{
    struct timespec at;
    int code = clock_gettime(id, &at);

    assert(code == 0); /* all three clocks exist since Linux 2.6.39 */
    (void)code;
    return at;
}

static int64_t now_ms(clockid_t id)
{
    struct timespec at = now(id);

    return (int64_t)at.tv_sec * MS_PER_S + at.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *context)
{
    (void)context;
    return now_ms(CLOCK_REALTIME);
}

/* BOOTTIME and not MONOTONIC: a till that slept the night must find its due times passed. */
static int64_t system_mono_ms(void *context)
{
    (void)context;
    return now_ms(CLOCK_BOOTTIME);
}

const struct clock_source *clock_system(void)
{
    static const struct clock_source source = {system_wall_ms, system_mono_ms, NULL};

    return &source;
}

int64_t clock_wall_ms(const struct clock_source *clock)
{
    return clock->wall_ms(clock->context);
}

int64_t clock_mono_ms(const struct clock_source *clock)
{
    return clock->mono_ms(clock->context);
}

void clock_boot_id(char out_id[CLOCK_BOOT_ID_MAX + 1])
{
    const char *given = getenv("LOYALD_BOOT_ID");
    FILE *file = given && given[0] != '\0' ? NULL : fopen("/proc/sys/kernel/random/boot_id", "re");

    (void)snprintf(out_id, CLOCK_BOOT_ID_MAX + 1, "%s", given ? given : "");
    if (file && !fgets(out_id, CLOCK_BOOT_ID_MAX + 1, file))
        out_id[0] = '\0';
    if (file)
        (void)fclose(file);
    out_id[strspn(out_id, "0123456789abcdef-")] = '\0';
}

int64_t clock_measure_ns(void)
{
    struct timespec at = now(CLOCK_MONOTONIC);

    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

void clock_local(int64_t unix_ms, struct civil_time *out_time)
{
    int64_t unix_s = floor_div(unix_ms, MS_PER_S);
    time_t at = (time_t)unix_s;
    struct tm local;
    int64_t shown_s;

    memset(&local, 0, sizeof local);
    if (!localtime_r(&at, &local)) /* only a year beyond an int: shown as UTC */
        local.tm_gmtoff = 0;
    shown_s = unix_s + local.tm_gmtoff;
    out_time->day = (int32_t)floor_div(shown_s, S_PER_DAY);
    out_time->second = (int32_t)(shown_s - floor_div(shown_s, S_PER_DAY) * S_PER_DAY);
    out_time->offset_s = (int32_t)local.tm_gmtoff;
}

static int64_t virtual_wall_ms(void *context)
{
    return ((const struct virtual_clock *)context)->wall_ms;
}

static int64_t virtual_mono_ms(void *context)
{
    return ((const struct virtual_clock *)context)->mono_ms;
}

struct clock_source clock_virtual(struct virtual_clock *state)
{
    return (struct clock_source){virtual_wall_ms, virtual_mono_ms, state};
}
