/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void expect_local(int64_t unix_ms, const char *wanted)
{
    struct civil_time at;
    char text[26];

    clock_local(unix_ms, &at);
    civil_format_time(&at, text);
    cr_expect_str_eq(text, wanted);
}

Test(clock, local_is_what_the_wall_shows)
{
    set_zone("UTC0");
    expect_local(INT64_C(1795086400123), "2026-11-19T11:06:40+00:00");
    set_zone("MSK-3");
    expect_local(INT64_C(1795086400000), "2026-11-19T14:06:40+03:00");
    expect_local(INT64_C(1795122000000), "2026-11-20T00:00:00+03:00");
    set_zone("NST3:30");
    expect_local(INT64_C(1795086400000), "2026-11-19T07:36:40-03:30");
}

Test(clock, local_follows_daylight_saving)
{
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3"); /* central Europe, 2026: 29 March and 25 October */
    expect_local(INT64_C(1774745999000), "2026-03-29T01:59:59+01:00");
    expect_local(INT64_C(1774746000000), "2026-03-29T03:00:00+02:00");
    expect_local(INT64_C(1792889999000), "2026-10-25T02:59:59+02:00");
    expect_local(INT64_C(1792890000000), "2026-10-25T02:00:00+01:00");
}

Test(clock, local_before_1970_is_rounded_down)
{
    struct civil_time at;

    set_zone("UTC0");
    clock_local(-1, &at);
    cr_expect_eq(at.day, -1);
    cr_expect_eq(at.second, 86399);
    set_zone("EST5");
    clock_local(0, &at);
    cr_expect_eq(at.day, -1);
    cr_expect_eq(at.second, 19 * 3600);
    cr_expect_eq(at.offset_s, -5 * 3600);
}

Test(clock, system_clocks_are_those_of_the_kernel)
{
    const struct clock_source *clock = clock_system();
    int64_t wall_s = time(NULL);
    int64_t before = clock_mono_ms(clock);
    int64_t before_ns = clock_measure_ns();

    cr_expect_leq(llabs(clock_wall_ms(clock) / 1000 - wall_s), 2);
    cr_expect_leq(before, clock_mono_ms(clock));
    cr_expect_leq(before_ns, clock_measure_ns());
    cr_expect_eq(clock, clock_system());
}

Test(clock, virtual_clock_moves_only_by_hand)
{
    struct virtual_clock state = {.wall_ms = 1000, .mono_ms = 5};
    struct clock_source clock = clock_virtual(&state);

    cr_expect_eq(clock_wall_ms(&clock), 1000);
    cr_expect_eq(clock_mono_ms(&clock), 5);
    state.wall_ms = -7; /* the wall may be set back, the other never */
    state.mono_ms += 60000;
    cr_expect_eq(clock_wall_ms(&clock), -7);
    cr_expect_eq(clock_mono_ms(&clock), 60005);
}
