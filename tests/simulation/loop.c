/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of agent/net/loop: the same calls, by the world's time. */
#include "agent/net/loop.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdlib.h>

struct loop_timer {
    struct loop *loop;
    struct loop_timer *next;
    int64_t due_ms, repeat_ms, order; /* due_ms -1: not set */
    loop_timer_fn *fn;
    void *context;
};

struct loop_watch {
    struct loop *loop;
    struct loop_watch *next;
    int fd, events;
    loop_watch_fn *fn;
    void *context;
};

struct job {
    struct job *next;
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
};

struct loop {
    struct loop_timer *timers;
    struct loop_watch *watches;
    struct job *jobs;
};

enum status loop_create(struct loop **out_loop, struct errmsg *err)
{
    (void)err;
    *out_loop = must_alloc(sizeof **out_loop);
    return ST_OK;
}

static void run_job(struct loop *loop)
{
    struct job *job = loop->jobs;

    loop->jobs = job->next;
    job->work(job->context);
    job->done(job->context);
    free(job);
}

void loop_discard(struct loop *loop)
{
    while (loop->jobs) /* as loop_destroy: a thread is waited for */
        run_job(loop);
}

void loop_destroy(struct loop *loop)
{
    loop_discard(loop);
    must(!loop->timers && !loop->watches, "a timer or watch outlived its loop");
    free(loop);
}

int64_t loop_now_ms(const struct loop *loop)
{
    (void)loop;
    return sim_world()->now_ms;
}

void loop_stop(struct loop *loop)
{
    (void)loop;
}

enum status loop_timer_create(struct loop *loop, loop_timer_fn *fn, void *context, struct loop_timer **out_timer)
{
    struct loop_timer *timer = must_alloc(sizeof *timer);

    *timer = (struct loop_timer){loop, loop->timers, -1, 0, 0, fn, context};
    loop->timers = timer;
    *out_timer = timer;
    return ST_OK;
}

void loop_timer_destroy(struct loop_timer *timer)
{
    struct loop_timer **at;

    if (!timer)
        return;
    for (at = &timer->loop->timers; *at != timer; at = &(*at)->next)
        continue;
    *at = timer->next;
    free(timer);
}

void loop_timer_set(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms)
{
    timer->due_ms = sim_world()->now_ms + after_ms;
    timer->repeat_ms = repeat_ms;
    timer->order = sim_world()->order++;
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer->due_ms = -1;
}

enum status loop_watch_create(struct loop *loop, int fd, int events, loop_watch_fn *fn, void *context,
                              struct loop_watch **out_watch, struct errmsg *err)
{
    struct loop_watch *watch = must_alloc(sizeof *watch);

    (void)err;
    *watch = (struct loop_watch){loop, loop->watches, fd, events, fn, context};
    loop->watches = watch;
    *out_watch = watch;
    return ST_OK;
}

void loop_watch_change(struct loop_watch *watch, int events)
{
    watch->events = events;
}

void loop_watch_destroy(struct loop_watch *watch)
{
    struct loop_watch **at;

    if (!watch)
        return;
    for (at = &watch->loop->watches; *at != watch; at = &(*at)->next)
        continue;
    *at = watch->next;
    free(watch);
}

enum status loop_work(struct loop *loop, void (*work)(void *context), void (*done)(void *context), void *context)
{
    struct job **end = &loop->jobs, *job = must_alloc(sizeof *job);

    *job = (struct job){NULL, work, done, context};
    while (*end)
        end = &(*end)->next;
    *end = job;
    return ST_OK;
}

static struct loop_timer *next_of(const struct loop *loop)
{
    struct loop_timer *next = NULL;

    for (struct loop_timer *at = loop->timers; at; at = at->next) {
        if (at->due_ms >= 0 &&
            (!next || at->due_ms < next->due_ms || (at->due_ms == next->due_ms && at->order < next->order)))
            next = at;
    }
    return next;
}

int64_t loop_next_ms(const struct loop *loop)
{
    const struct loop_timer *next = next_of(loop);

    if (loop->jobs)
        return sim_world()->now_ms;
    return next ? next->due_ms : INT64_MAX;
}

void loop_run_one(struct loop *loop)
{
    struct loop_timer *timer = next_of(loop);

    if (loop->jobs) {
        run_job(loop);
        return;
    }
    timer->due_ms = timer->repeat_ms > 0 ? sim_world()->now_ms + timer->repeat_ms : -1;
    timer->fn(timer->context);
}

void loop_tell(struct loop *loop, int fd)
{
    for (struct loop_watch *at = loop->watches; at; at = at->next) {
        if (at->fd == fd && (at->events & LOOP_READABLE)) {
            at->fn(at->context, LOOP_READABLE);
            return;
        }
    }
}
