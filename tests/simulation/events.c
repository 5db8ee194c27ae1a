/* SPDX-License-Identifier: Apache-2.0 */
/* The world's time: what is due, in order, and a note of all that happened. */
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_event {
    struct sim_event *next;
    int64_t due_ms;
    void (*fn)(struct sim_world *world, void *context);
    void *context;
};

uint64_t sim_digest(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ len;

    for (size_t i = 0; i < len; i++)
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    return sum;
}

void sim_wrong(struct sim_world *world, const char *format, ...)
{
    va_list args;

    if (world->wrong[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(world->wrong, sizeof world->wrong, format, args);
    va_end(args);
}

void sim_note(struct sim_world *world, const char *format, ...)
{
    char text[256];
    va_list args;
    int len = snprintf(text, sizeof text, "%" PRId64 " ", world->now_ms);

    va_start(args, format);
    (void)vsnprintf(text + len, sizeof text - (size_t)len, format, args);
    va_end(args);
    world->digest = (world->digest ^ sim_digest(text, strlen(text))) * UINT64_C(0x100000001b3);
    world->happened++;
    if (world->show)
        (void)fprintf(stderr, "%s\n", text);
}

void sim_after(struct sim_world *world, int64_t after_ms, void (*fn)(struct sim_world *world, void *context),
               void *context)
{
    struct sim_event *event = must_alloc(sizeof *event), **at = &world->events;

    *event = (struct sim_event){NULL, world->now_ms + after_ms, fn, context};
    while (*at && (*at)->due_ms <= event->due_ms)
        at = &(*at)->next;
    event->next = *at;
    *at = event;
}

void sim_forget_events(struct sim_world *world)
{
    world->ended = true;
    while (world->events) {
        struct sim_event *event = world->events;

        world->events = event->next;
        event->fn(world, event->context);
        free(event);
    }
}

static struct sim_till *next_till(struct sim_world *world, int64_t *out_ms)
{
    struct sim_till *next = NULL;

    for (int i = 0; i < TILLS; i++) {
        int64_t due = world->tills[i].up ? loop_next_ms(world->tills[i].loop) : INT64_MAX;

        if (due < *out_ms) {
            *out_ms = due;
            next = &world->tills[i];
        }
    }
    return next;
}

static void look_after(struct sim_world *world)
{
    for (int i = 0; i < TILLS; i++)
        till_after(world, &world->tills[i]);
}

void sim_run(struct sim_world *world, int64_t until_ms)
{
    for (;;) {
        int64_t due = world->events && world->events->due_ms < until_ms ? world->events->due_ms : until_ms;
        struct sim_till *till = next_till(world, &due);

        if (due > world->now_ms)
            world->now_ms = due;
        if (till) {
            loop_run_one(till->loop);
        } else if (world->events && world->events->due_ms <= world->now_ms && due < until_ms) {
            struct sim_event *event = world->events;

            world->events = event->next;
            event->fn(world, event->context);
            free(event);
        } else {
            return;
        }
        look_after(world);
    }
}
