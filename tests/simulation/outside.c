/* SPDX-License-Identifier: Apache-2.0 */
/* What must not come from outside: chance, time and the log; and what the tests cannot go on without. */
#include "agent/base/log.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct sim_world *the_world;
static struct dice randomness;

struct sim_world *sim_world(void)
{
    return the_world;
}

void sim_enter(struct sim_world *world, uint64_t seed)
{
    the_world = world;
    randomness.state = seed;
}

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);
int64_t __wrap_clock_measure_ns(void);
void __wrap_log_error(const char *area, const char *format, ...);
void __wrap_log_warn(const char *area, const char *format, ...);
void __wrap_log_info(const char *area, const char *format, ...);

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)dice_bits(&randomness);
    return (ssize_t)len;
}

int64_t __wrap_clock_measure_ns(void)
{
    return the_world->now_ms * 1000000;
}

/* I7: no number of a card in any line of the log. */
__attribute__((format(printf, 2, 0))) static void look_at_line(const char *area, const char *format, va_list args)
{
    char line[1024];

    (void)vsnprintf(line, sizeof line, format, args);
    for (int card = 0; card < MEMBERS; card++) {
        if (strstr(line, sim_card(card)))
            sim_wrong(the_world, "the log of %s shows a card's number: %s", area, line);
    }
    if (the_world->show)
        (void)fprintf(stderr, "%10" PRId64 " %s: %s\n", the_world->now_ms, area, line);
}

#define LOG_BY(name)                                                                                                 \
    __attribute__((format(printf, 2, 3))) void __wrap_##name(const char *area, const char *format, ...)              \
    {                                                                                                                \
        va_list args;                                                                                                \
        va_start(args, format);                                                                                      \
        look_at_line(area, format, args);                                                                            \
        va_end(args);                                                                                                \
    }
LOG_BY(log_error)
LOG_BY(log_warn)
LOG_BY(log_info)

void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "simulation: cannot go on without: %s\n", what);
    abort();
}

void *must_alloc(size_t size)
{
    void *memory = calloc(1, size);

    must(memory != NULL, "memory");
    return memory;
}

void *must_grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size);

    must(grown != NULL, "memory");
    return grown;
}
