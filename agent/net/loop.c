/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/net/loop.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <uv.h>

struct loop {
    uv_loop_t uv;
    uv_timer_t keeper; /* always runs: uv_run must not return while nothing is watched; it bounds loop_step too */
    uv_idle_t hurry;   /* runs while soon holds timers, and keeps the turn from waiting */
    struct loop_timer *soon;
    uv_signal_t term, interrupt;
    bool signals_ready;
    void (*stop)(void *context);
    void *stop_context;
    uint64_t callback_count; /* lets loop_step see whether anything was ready */
    int jobs;                /* on pool threads, or done and not told yet */
};

struct loop_timer {
    uv_timer_t uv;
    struct loop_timer *next, **link; /* of those due in the next turn; link is NULL outside of it */
    int64_t repeat_ms;
    loop_timer_fn *fn;
    void *context;
};

struct loop_watch {
    uv_poll_t uv;
    int fd;
    int events; /* watched for */
    loop_watch_fn *fn;
    void *context;
};

struct loop_job {
    uv_work_t uv;
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
};

enum { KEEPER_IDLE_MS = 24 * 3600 * 1000 };

static void count_callback(uv_loop_t *uv)
{
    struct loop *loop = uv->data;

    loop->callback_count++;
}

static void keeper_due(uv_timer_t *timer)
{
    (void)timer; /* waking up is all it is for */
}

enum status loop_create(struct loop **out_loop, struct errmsg *err)
{
    struct loop *loop = calloc(1, sizeof *loop);
    int rc;

    if (!loop) {
        errmsg_set(err, "event loop: out of memory");
        return ST_NOMEM;
    }
    rc = uv_loop_init(&loop->uv);
    if (rc != 0) {
        errmsg_set(err, "event loop: %s", uv_strerror(rc));
        free(loop);
        return ST_IO;
    }
    loop->uv.data = loop;
    (void)uv_timer_init(&loop->uv, &loop->keeper); /* these two cannot fail */
    (void)uv_idle_init(&loop->uv, &loop->hurry);
    (void)uv_timer_start(&loop->keeper, keeper_due, KEEPER_IDLE_MS, KEEPER_IDLE_MS);
    *out_loop = loop;
    return ST_OK;
}

void loop_destroy(struct loop *loop)
{
    int rc;

    if (!loop)
        return;
    uv_close((uv_handle_t *)&loop->keeper, NULL);
    uv_close((uv_handle_t *)&loop->hurry, NULL);
    if (loop->signals_ready) {
        uv_close((uv_handle_t *)&loop->term, NULL);
        uv_close((uv_handle_t *)&loop->interrupt, NULL);
    }
    while (loop->jobs > 0) /* a thread cannot be called back: its end is waited for, and told */
        (void)uv_run(&loop->uv, UV_RUN_ONCE);
    /* Runs the closing half of what was destroyed before, which frees it; twice, in case the first was stopped. */
    (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
    (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
    rc = uv_loop_close(&loop->uv);
    assert(rc == 0); /* a watch, timer or work outlived its loop */
    (void)rc;
    free(loop);
}

void loop_run(struct loop *loop)
{
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_step(struct loop *loop, int64_t wait_ms)
{
    uint64_t before = loop->callback_count;

    (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
    if (wait_ms <= 0 || loop->callback_count != before)
        return;
    (void)uv_timer_start(&loop->keeper, keeper_due, (uint64_t)wait_ms, KEEPER_IDLE_MS);
    (void)uv_run(&loop->uv, UV_RUN_ONCE);
    (void)uv_timer_start(&loop->keeper, keeper_due, KEEPER_IDLE_MS, KEEPER_IDLE_MS);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}

/* Timers. */

static void timer_due(uv_timer_t *handle)
{
    struct loop_timer *timer = handle->data;

    count_callback(handle->loop);
    timer->fn(timer->context);
}

/*
 * A timer set to 0 is due in the next turn, by a list of its own: libuv would run it in this one, again and again,
 * and one that sets itself anew would keep everything else from running.
 */
static void soon_add(struct loop *loop, struct loop_timer *timer)
{
    struct loop_timer **end = &loop->soon;

    while (*end) /* in the order set; there are never more than a few */
        end = &(*end)->next;
    timer->next = NULL;
    timer->link = end;
    *end = timer;
}

static void soon_remove(struct loop_timer *timer)
{
    if (!timer->link)
        return;
    *timer->link = timer->next;
    if (timer->next)
        timer->next->link = timer->link;
    timer->link = NULL;
}

static void soon_due(uv_idle_t *handle)
{
    struct loop *loop = handle->loop->data;
    struct loop_timer *due = loop->soon, *timer;

    /* Those set by the callbacks below belong to the next turn. */
    loop->soon = NULL;
    if (due)
        due->link = &due;
    while ((timer = due)) {
        soon_remove(timer);
        if (timer->repeat_ms > 0)
            (void)uv_timer_start(&timer->uv, timer_due, (uint64_t)timer->repeat_ms, (uint64_t)timer->repeat_ms);
        timer_due(&timer->uv);
    }
    if (!loop->soon)
        (void)uv_idle_stop(handle);
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

enum status loop_timer_create(struct loop *loop, loop_timer_fn *fn, void *context, struct loop_timer **out_timer)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        return ST_NOMEM;
    (void)uv_timer_init(&loop->uv, &timer->uv); /* cannot fail */
    timer->uv.data = timer;
    timer->fn = fn;
    timer->context = context;
    *out_timer = timer;
    return ST_OK;
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (!timer)
        return;
    soon_remove(timer);
    uv_close((uv_handle_t *)&timer->uv, timer_closed);
}

void loop_timer_set(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms)
{
    struct loop *loop = timer->uv.loop->data;
    uint64_t now = uv_hrtime() / 1000000, cached = uv_now(timer->uv.loop);
    uint64_t behind = now > cached ? now - cached : 0;

    loop_timer_stop(timer);
    timer->repeat_ms = repeat_ms;
    if (after_ms <= 0) {
        soon_add(loop, timer);
        (void)uv_idle_start(&loop->hurry, soon_due);
        return;
    }
    /* libuv counts from the start of this turn: after a long callback, or before the first turn, a timer would fire
     * early. */
    (void)uv_timer_start(&timer->uv, timer_due, (uint64_t)after_ms + behind, repeat_ms > 0 ? (uint64_t)repeat_ms : 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    soon_remove(timer);
    (void)uv_timer_stop(&timer->uv);
}

/* Watches. */

/*
 * libuv tells of a hang-up by whatever was asked for, and stops a handle on an error; so the descriptor itself is
 * asked what became of it. The end of the peer's sending alone (POLLRDHUP) is no hang-up for one who reads or writes:
 * it reads as the end of the bytes, after them. For one who asked for LOOP_GONE alone it is, there is no other way to
 * notice it.
 */
static void watch_ready(uv_poll_t *handle, int rc, int uv_events)
{
    struct loop_watch *watch = handle->data;
    struct pollfd state = {.fd = watch->fd, .events = 0};
    int events = 0;

    if (uv_events & UV_READABLE)
        events |= LOOP_READABLE;
    if (uv_events & UV_WRITABLE)
        events |= LOOP_WRITABLE;
    if (rc < 0 || (uv_events & UV_DISCONNECT))
        events |= LOOP_GONE;
    if (poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP | POLLNVAL)))
        events |= LOOP_GONE;
    if (!events)
        return;
    count_callback(handle->loop);
    watch->fn(watch->context, events);
}

static int watch_start(struct loop_watch *watch, int events)
{
    int uv_events = 0;

    if (events & LOOP_READABLE)
        uv_events |= UV_READABLE;
    if (events & LOOP_WRITABLE)
        uv_events |= UV_WRITABLE;
    if (events == LOOP_GONE)
        uv_events = UV_DISCONNECT;
    watch->events = events;
    return uv_events ? uv_poll_start(&watch->uv, uv_events, watch_ready) : uv_poll_stop(&watch->uv);
}

static void watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

enum status loop_watch_create(struct loop *loop, int fd, int events, loop_watch_fn *fn, void *context,
                              struct loop_watch **out_watch, struct errmsg *err)
{
    struct loop_watch *watch = calloc(1, sizeof *watch);
    int rc;

    if (!watch) {
        errmsg_set(err, "watching a descriptor: out of memory");
        return ST_NOMEM;
    }
    rc = uv_poll_init(&loop->uv, &watch->uv, fd);
    if (rc != 0) {
        errmsg_set(err, "watching descriptor %d: %s", fd, uv_strerror(rc));
        free(watch);
        return ST_IO;
    }
    watch->uv.data = watch;
    watch->fd = fd;
    watch->fn = fn;
    watch->context = context;
    (void)watch_start(watch, events); /* the descriptor was tried above; what fails later is reported as LOOP_GONE */
    *out_watch = watch;
    return ST_OK;
}

/* The same again would cost two system calls; after an error libuv has stopped the handle itself. */
void loop_watch_change(struct loop_watch *watch, int events)
{
    if (events != watch->events || !uv_is_active((uv_handle_t *)&watch->uv))
        (void)watch_start(watch, events);
}

void loop_watch_destroy(struct loop_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->uv, watch_closed);
}

/* Signals. */

/* The handlers are taken away with the first signal, so that a second one ends even a process that hangs. */
static void stop_signalled(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->loop->data;

    (void)number;
    count_callback(handle->loop);
    (void)uv_signal_stop(&loop->term);
    (void)uv_signal_stop(&loop->interrupt);
    loop->stop(loop->stop_context);
}

enum status loop_on_stop_signal(struct loop *loop, void (*fn)(void *context), void *context, struct errmsg *err)
{
    int rc = 0;

    loop->stop = fn;
    loop->stop_context = context;
    if (!loop->signals_ready) {
        (void)uv_signal_init(&loop->uv, &loop->term);
        rc = uv_signal_init(&loop->uv, &loop->interrupt);
        loop->signals_ready = true;
    }
    if (rc == 0)
        rc = uv_signal_start_oneshot(&loop->term, stop_signalled, SIGTERM);
    if (rc == 0)
        rc = uv_signal_start_oneshot(&loop->interrupt, stop_signalled, SIGINT);
    if (rc != 0) {
        errmsg_set(err, "stop signals: %s", uv_strerror(rc));
        return ST_IO;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    return ST_OK;
}

/* Work off the loop. */

static void job_work(uv_work_t *handle)
{
    struct loop_job *job = handle->data;

    job->work(job->context);
}

static void job_done(uv_work_t *handle, int rc)
{
    struct loop_job *job = handle->data;
    struct loop *loop = handle->loop->data;

    count_callback(handle->loop);
    loop->jobs--;
    (void)rc; /* only a cancelled job has one, and none is */
    job->done(job->context);
    free(job);
}

enum status loop_work(struct loop *loop, void (*work)(void *context), void (*done)(void *context), void *context)
{
    struct loop_job *job = calloc(1, sizeof *job);

    if (!job)
        return ST_NOMEM;
    job->uv.data = job;
    job->work = work;
    job->done = done;
    job->context = context;
    if (uv_queue_work(&loop->uv, &job->uv, job_work, job_done) != 0) {
        free(job);
        return ST_INTERNAL;
    }
    loop->jobs++;
    return ST_OK;
}
