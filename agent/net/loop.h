/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop - the one event loop of a process, over libuv: timers, file descriptors, signals, work off the loop.
 *
 * Everything here is called from the loop's thread. Callbacks return within milliseconds; what takes longer is
 * work on memory of its own (loop_work). Watches and timers may be stopped or destroyed inside any callback, their own too.
 */
#ifndef LOYALD_NET_LOOP_H
#define LOYALD_NET_LOOP_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;

enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2, LOOP_GONE = 4 /* error or hang-up */ };

enum status loop_create(struct loop **out_loop, struct errmsg *err);
/* All watches and timers are gone by now; work under way is waited for, its done is called. Accepts NULL. */
void loop_destroy(struct loop *loop);
/* Runs until loop_stop. */
void loop_run(struct loop *loop);
/* Runs what is ready, waiting at most wait_ms for something; for tests. */
void loop_step(struct loop *loop, int64_t wait_ms);
void loop_stop(struct loop *loop);
/* The loop's monotonic time, cached for this turn. */
int64_t loop_now_ms(const struct loop *loop);

typedef void loop_timer_fn(void *context);
enum status loop_timer_create(struct loop *loop, loop_timer_fn *fn, void *context, struct loop_timer **out_timer);
void loop_timer_destroy(struct loop_timer *timer); /* accepts NULL */
/* Once after after_ms, then every repeat_ms when that is above zero; set anew when it runs already. */
void loop_timer_set(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);

typedef void loop_watch_fn(void *context, int events);
/* Borrows fd, which outlives the watch. events as LOOP_*; LOOP_GONE is reported unless paused and must end in a change or destroy.
 * A watch for LOOP_GONE alone is told of the end of the peer's sending too, others read that as the end of the bytes. */
enum status loop_watch_create(struct loop *loop, int fd, int events, loop_watch_fn *fn, void *context,
                              struct loop_watch **out_watch, struct errmsg *err);
void loop_watch_change(struct loop_watch *watch, int events); /* 0 pauses */
void loop_watch_destroy(struct loop_watch *watch);            /* accepts NULL; before fd is closed */

/* Calls fn on SIGTERM and SIGINT; a second one ends the process at once. SIGPIPE is ignored from here on. */
enum status loop_on_stop_signal(struct loop *loop, void (*fn)(void *context), void *context, struct errmsg *err);

/* Runs work on a pool thread, then done on the loop. work must touch nothing but context. */
enum status loop_work(struct loop *loop, void (*work)(void *context), void (*done)(void *context), void *context);

#endif
