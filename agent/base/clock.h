/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - the time, behind an interface so that tests move it by hand.
 *
 * wall_ms is informative (sale times, certificate dates); due times and ages use mono_ms, which never jumps.
 */
#ifndef LOYALD_BASE_CLOCK_H
#define LOYALD_BASE_CLOCK_H

#include "agent/base/civil_time.h"

#include <stdint.h>

struct clock_source {
    int64_t (*wall_ms)(void *context); /* Unix time */
    int64_t (*mono_ms)(void *context);
    void *context;
};

/* Returns a view of the system's clocks (CLOCK_REALTIME, CLOCK_BOOTTIME), for ever valid. */
const struct clock_source *clock_system(void);
int64_t clock_wall_ms(const struct clock_source *clock);
int64_t clock_mono_ms(const struct clock_source *clock);
/* Names the time since the machine was switched on: what the unit was given (LOYALD_BOOT_ID), else what the kernel says.
 * "" when neither does. */
enum { CLOCK_BOOT_ID_MAX = 48 };
void clock_boot_id(char out_id[CLOCK_BOOT_ID_MAX + 1]);
/* CLOCK_MONOTONIC in ns, for measuring only. */
int64_t clock_measure_ns(void);
/* The wall time as the machine's time zone shows it. */
void clock_local(int64_t unix_ms, struct civil_time *out_time);

/* A clock that stands still until it is moved. */
struct virtual_clock {
    int64_t wall_ms;
    int64_t mono_ms;
};
struct clock_source clock_virtual(struct virtual_clock *state);

#endif
