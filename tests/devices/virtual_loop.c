/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/virtual_loop.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    THINGS_MAX = 128,
    REAL_WAIT_MS = 2,    /* what is on its way through a pty arrives within that, mostly */
    SETTLE_WAIT_MS = 500 /* and surely within that */
};

struct loop_timer {
    struct loop *loop;
    loop_timer_fn *fn;
    void *context;
    int64_t due_ms, repeat_ms;
    bool set;
};

struct loop_watch {
    struct loop *loop;
    loop_watch_fn *fn;
    void *context;
    int fd, events;
    bool notice; /* an inotify */
};

struct loop {
    int64_t now_ms, wakes;
    bool blind;
    bool (*on_its_way)(void *context);
    void *settle_context;
    struct loop_timer *timers[THINGS_MAX];
    struct loop_watch *watches[THINGS_MAX];
};

enum status loop_create(struct loop **out_loop, struct errmsg *err)
{
    (void)err;
    *out_loop = calloc(1, sizeof **out_loop);
    if (*out_loop)
        (*out_loop)->now_ms = 1000;
    return *out_loop ? ST_OK : ST_NOMEM;
}

void loop_destroy(struct loop *loop)
{
    for (int i = 0; loop && i < THINGS_MAX; i++)
        assert(!loop->timers[i] && !loop->watches[i]);
    free(loop);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

enum status loop_timer_create(struct loop *loop, loop_timer_fn *fn, void *context, struct loop_timer **out_timer)
{
    for (int i = 0; i < THINGS_MAX; i++) {
        if (loop->timers[i])
            continue;
        loop->timers[i] = *out_timer = calloc(1, sizeof **out_timer);
        assert(*out_timer);
        **out_timer = (struct loop_timer){.loop = loop, .fn = fn, .context = context};
        return ST_OK;
    }
    return ST_FULL;
}

void loop_timer_destroy(struct loop_timer *timer)
{
    for (int i = 0; timer && i < THINGS_MAX; i++)
        if (timer->loop->timers[i] == timer)
            timer->loop->timers[i] = NULL;
    free(timer);
}

void loop_timer_set(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms)
{
    timer->due_ms = timer->loop->now_ms + after_ms;
    timer->repeat_ms = repeat_ms;
    timer->set = true;
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer->set = false;
}

enum status loop_watch_create(struct loop *loop, int fd, int events, loop_watch_fn *fn, void *context,
                              struct loop_watch **out_watch, struct errmsg *err)
{
    struct stat info;

    (void)err;
    for (int i = 0; i < THINGS_MAX; i++) {
        if (loop->watches[i])
            continue;
        loop->watches[i] = *out_watch = calloc(1, sizeof **out_watch);
        assert(*out_watch);
        **out_watch =
            (struct loop_watch){loop, fn, context, fd, events, fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) == 0};
        return ST_OK;
    }
    return ST_FULL;
}

void loop_watch_change(struct loop_watch *watch, int events)
{
    watch->events = events;
}

void loop_watch_destroy(struct loop_watch *watch)
{
    for (int i = 0; watch && i < THINGS_MAX; i++)
        if (watch->loop->watches[i] == watch)
            watch->loop->watches[i] = NULL;
    free(watch);
}

/* Tells one watch that is ready; the next turn finds the others. */
static bool run_watch(struct loop *loop, int wait_ms)
{
    struct pollfd fds[THINGS_MAX];
    struct loop_watch *watched[THINGS_MAX];
    nfds_t count = 0;

    for (int i = 0; i < THINGS_MAX; i++) {
        struct loop_watch *watch = loop->watches[i];

        if (!watch || watch->events == 0 || (watch->notice && loop->blind))
            continue;
        watched[count] = watch;
        fds[count++] = (struct pollfd){
            watch->fd,
            (short)((watch->events & LOOP_READABLE ? POLLIN : 0) | (watch->events & LOOP_WRITABLE ? POLLOUT : 0)), 0};
    }
    if (poll(fds, count, wait_ms) <= 0)
        return false;
    for (nfds_t i = 0; i < count; i++) {
        short ready = fds[i].revents;

        if (!ready)
            continue;
        loop->wakes++;
        watched[i]->fn(watched[i]->context, (ready & POLLIN ? LOOP_READABLE : 0) |
                                                (ready & POLLOUT ? LOOP_WRITABLE : 0) |
                                                (ready & (POLLERR | POLLHUP) ? LOOP_GONE : 0));
        return true;
    }
    return false;
}

static struct loop_timer *next_timer(const struct loop *loop)
{
    struct loop_timer *next = NULL;

    for (int i = 0; i < THINGS_MAX; i++)
        if (loop->timers[i] && loop->timers[i]->set && (!next || loop->timers[i]->due_ms < next->due_ms))
            next = loop->timers[i];
    return next;
}

void virtual_loop_settle(struct loop *loop, bool (*on_its_way)(void *context), void *context)
{
    loop->on_its_way = on_its_way;
    loop->settle_context = context;
}

static int real_wait_ms(const struct loop *loop)
{
    if (!loop->on_its_way)
        return REAL_WAIT_MS;
    return loop->on_its_way(loop->settle_context) ? SETTLE_WAIT_MS : 0;
}

void loop_step(struct loop *loop, int64_t wait_ms)
{
    struct loop_timer *timer;

    if (run_watch(loop, real_wait_ms(loop)))
        return;
    timer = next_timer(loop);
    if (!timer || timer->due_ms > loop->now_ms + wait_ms) {
        loop->now_ms += wait_ms;
        return;
    }
    if (timer->due_ms > loop->now_ms)
        loop->now_ms = timer->due_ms;
    timer->set = timer->repeat_ms > 0;
    timer->due_ms += timer->repeat_ms;
    loop->wakes++;
    timer->fn(timer->context);
}

int64_t virtual_loop_wakes(const struct loop *loop)
{
    return loop->wakes;
}

int virtual_loop_timers(const struct loop *loop)
{
    int count = 0;

    for (int i = 0; i < THINGS_MAX; i++)
        count += loop->timers[i] && loop->timers[i]->set;
    return count;
}

void virtual_loop_blind(struct loop *loop, bool blind)
{
    loop->blind = blind;
}
