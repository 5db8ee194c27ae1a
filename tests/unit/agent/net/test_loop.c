/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/net/loop.h"
#include "agent/net/service.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

static struct loop *loop;

static void setup(void)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(loop_create(&loop, &err), ST_OK, "%s", err.text);
}

static void teardown(void)
{
    loop_destroy(loop);
}

TestSuite(loop, .init = setup, .fini = teardown);

struct seen {
    int count;
    int events;
    int stop_after;
    struct loop_timer *timer;
    struct loop_watch *watch;
    int fd;
    bool read_all;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void on_timer(void *context)
{
    struct seen *seen = context;

    if (++seen->count == seen->stop_after)
        loop_stop(loop);
}

Test(loop, timer_fires_once_and_not_early_even_when_set_after_a_pause)
{
    struct seen seen = {.stop_after = 1};
    struct timespec pause = {0, 30 * 1000000};
    int64_t start;

    cr_assert_eq(loop_timer_create(loop, on_timer, &seen, &seen.timer), ST_OK);
    loop_step(loop, 0);
    nanosleep(&pause, NULL); /* a long callback: the loop's cached time is behind now */
    start = now_ms();
    loop_timer_set(seen.timer, 40, 0);
    loop_run(loop);
    cr_expect_geq(now_ms() - start, 39);
    loop_step(loop, 0);
    cr_expect_eq(seen.count, 1);
    loop_timer_destroy(seen.timer);
}

Test(loop, timer_repeats_and_stops)
{
    struct seen seen = {.stop_after = 3};

    loop_timer_create(loop, on_timer, &seen, &seen.timer);
    loop_timer_set(seen.timer, 0, 2);
    loop_run(loop);
    cr_expect_eq(seen.count, 3);
    loop_timer_stop(seen.timer);
    loop_step(loop, 10);
    cr_expect_eq(seen.count, 3);
    loop_timer_destroy(seen.timer);
}

struct hog {
    struct loop_timer *timer;
    int turns;
};

static void set_again(void *context)
{
    struct hog *hog = context;

    hog->turns++;
    loop_timer_set(hog->timer, 0, 0);
}

Test(loop, timer_that_sets_itself_to_0_lets_others_run)
{
    struct hog hog = {0};
    struct seen seen = {.stop_after = 1};

    loop_timer_create(loop, set_again, &hog, &hog.timer);
    loop_timer_create(loop, on_timer, &seen, &seen.timer);
    loop_timer_set(hog.timer, 0, 0);
    loop_timer_set(seen.timer, 3, 0);
    loop_run(loop);
    cr_expect_gt(hog.turns, 1);
    loop_timer_stop(hog.timer);
    hog.turns = 0;
    loop_step(loop, 0);
    cr_expect_eq(hog.turns, 0);
    loop_timer_set(hog.timer, 0, 0);
    loop_timer_destroy(hog.timer); /* while it is due */
    loop_step(loop, 0);
    cr_expect_eq(hog.turns, 0);
    loop_timer_destroy(seen.timer);
}

static void destroy_own_timer(void *context)
{
    struct seen *seen = context;

    seen->count++;
    loop_timer_destroy(seen->timer);
    seen->timer = NULL;
    loop_stop(loop);
}

Test(loop, timer_may_destroy_itself)
{
    struct seen seen = {0};

    loop_timer_create(loop, destroy_own_timer, &seen, &seen.timer);
    loop_timer_set(seen.timer, 0, 1);
    loop_run(loop);
    cr_expect_eq(seen.count, 1);
}

static void on_watch(void *context, int events)
{
    struct seen *seen = context;
    char bytes[64];
    ssize_t n;

    seen->count++;
    seen->events |= events;
    if (events & LOOP_READABLE) {
        n = read(seen->fd, bytes, sizeof bytes);
        seen->read_all = n > 0;
    }
    if ((events & LOOP_GONE) || seen->count == seen->stop_after)
        loop_watch_change(seen->watch, 0);
    loop_stop(loop);
}

static void make_pair(int pair[2])
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
}

Test(loop, watch_tells_readable_writable_and_hang_up)
{
    struct seen seen = {0};
    int pair[2];

    make_pair(pair);
    seen.fd = pair[0];
    cr_assert_eq(loop_watch_create(loop, pair[0], LOOP_READABLE, on_watch, &seen, &seen.watch, NULL), ST_OK);
    loop_step(loop, 0);
    cr_expect_eq(seen.count, 0);
    cr_assert_eq(write(pair[1], "x", 1), 1);
    loop_run(loop);
    cr_expect_eq(seen.events, LOOP_READABLE);

    seen.events = 0;
    loop_watch_change(seen.watch, LOOP_WRITABLE);
    loop_run(loop);
    cr_expect_eq(seen.events, LOOP_WRITABLE);

    seen.events = 0;
    loop_watch_change(seen.watch, 0);
    cr_assert_eq(write(pair[1], "y", 1), 1);
    loop_step(loop, 5);
    cr_expect_eq(seen.events, 0, "a paused watch is silent");

    loop_watch_change(seen.watch, LOOP_READABLE);
    close(pair[1]);
    loop_run(loop);
    cr_expect_eq(seen.events, LOOP_READABLE | LOOP_GONE);
    cr_expect(seen.read_all, "what was sent before the hang-up is still read");
    loop_watch_destroy(seen.watch);
    close(pair[0]);
}

Test(loop, end_of_sending_is_gone_only_for_one_who_asked_for_that_alone)
{
    struct seen writer = {0}, waiter = {0};
    int pair[2];

    make_pair(pair);
    shutdown(pair[1], SHUT_WR);
    writer.fd = waiter.fd = pair[0];
    loop_watch_create(loop, pair[0], LOOP_WRITABLE, on_watch, &writer, &writer.watch, NULL);
    loop_run(loop);
    cr_expect_eq(writer.events, LOOP_WRITABLE);
    loop_watch_destroy(writer.watch);

    loop_watch_create(loop, pair[0], LOOP_GONE, on_watch, &waiter, &waiter.watch, NULL);
    loop_run(loop);
    cr_expect_eq(waiter.events, LOOP_GONE);
    loop_watch_destroy(waiter.watch);
    close(pair[0]);
    close(pair[1]);
}

Test(loop, pty_hang_up_is_told_after_its_last_bytes)
{
    struct seen seen = {0};
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), slave;

    cr_assert_geq(master, 0);
    cr_assert_eq(grantpt(master), 0);
    cr_assert_eq(unlockpt(master), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    cr_assert_geq(slave, 0);
    seen.fd = master;
    loop_watch_create(loop, master, LOOP_READABLE, on_watch, &seen, &seen.watch, NULL);
    cr_assert_eq(write(slave, "z", 1), 1);
    loop_run(loop);
    cr_expect_eq(seen.events, LOOP_READABLE);
    cr_expect(seen.read_all);
    close(slave);
    loop_run(loop);
    cr_expect(seen.events & LOOP_GONE);
    loop_watch_destroy(seen.watch);
    close(master);
}

struct twins {
    struct loop_watch *watch[2];
    int fds[2];
    int calls;
};

static void destroy_both(void *context, int events)
{
    struct twins *twins = context;
    int i;

    (void)events;
    twins->calls++;
    for (i = 0; i < 2; i++) {
        loop_watch_destroy(twins->watch[i]);
        close(twins->fds[i]); /* as the header allows, at once */
    }
    loop_stop(loop);
}

Test(loop, a_watch_may_destroy_itself_and_its_ready_neighbour)
{
    struct twins twins = {0};
    int first[2], second[2];

    make_pair(first);
    make_pair(second);
    twins.fds[0] = first[0];
    twins.fds[1] = second[0];
    loop_watch_create(loop, first[0], LOOP_READABLE, destroy_both, &twins, &twins.watch[0], NULL);
    loop_watch_create(loop, second[0], LOOP_READABLE, destroy_both, &twins, &twins.watch[1], NULL);
    cr_assert_eq(write(first[1], "x", 1), 1);
    cr_assert_eq(write(second[1], "x", 1), 1);
    loop_run(loop);
    loop_step(loop, 0);
    cr_expect_eq(twins.calls, 1);
    close(first[1]);
    close(second[1]);
}

Test(loop, a_descriptor_that_cannot_be_watched_is_refused_in_words)
{
    struct errmsg err = ERRMSG_INIT;
    struct loop_watch *watch = NULL;

    cr_expect_eq(loop_watch_create(loop, 9999, LOOP_READABLE, on_watch, NULL, &watch, &err), ST_IO);
    cr_expect_null(watch);
    cr_expect(strstr(err.text, "9999"), "%s", err.text);
}

struct job {
    pthread_t worker, loop_thread;
    int worked, done;
};

static void job_work(void *context)
{
    struct job *job = context;

    job->worker = pthread_self();
    job->worked++;
}

static void job_done(void *context)
{
    struct job *job = context;

    job->done++;
    cr_expect(pthread_equal(job->loop_thread, pthread_self()));
    loop_stop(loop);
}

Test(loop, work_runs_elsewhere_and_is_done_here)
{
    struct job job = {.loop_thread = pthread_self()};

    cr_assert_eq(loop_work(loop, job_work, job_done, &job), ST_OK);
    loop_run(loop);
    cr_expect_eq(job.worked, 1);
    cr_expect_eq(job.done, 1);
    cr_expect_not(pthread_equal(job.worker, job.loop_thread));
}

Test(loop, step_returns_at_once_when_something_was_ready)
{
    struct seen seen = {0};
    int64_t start = now_ms();

    loop_timer_create(loop, on_timer, &seen, &seen.timer);
    loop_timer_set(seen.timer, 0, 0);
    loop_step(loop, 60000);
    cr_expect_eq(seen.count, 1);
    cr_expect_lt(now_ms() - start, 30000);
    loop_timer_destroy(seen.timer);
}

static void on_stop(void *context)
{
    int *count = context;

    (*count)++;
    loop_stop(loop);
}

Test(loop, stop_signal_calls_once)
{
    int count = 0;

    cr_assert_eq(loop_on_stop_signal(loop, on_stop, &count, NULL), ST_OK);
    raise(SIGTERM);
    loop_run(loop);
    cr_expect_eq(count, 1);
    cr_expect_eq(signal(SIGPIPE, SIG_DFL), SIG_IGN);
}

static void on_stop_ignored(void *context)
{
    int *fd = context;

    cr_assert_eq(write(*fd, "1", 1), 1);
}

Test(loop, second_stop_signal_ends_the_process)
{
    int ready[2], status;
    char byte;
    pid_t child;

    cr_assert_eq(pipe(ready), 0);
    child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct loop *own;

        if (loop_create(&own, NULL) != ST_OK || loop_on_stop_signal(own, on_stop_ignored, &ready[1], NULL) != ST_OK ||
            write(ready[1], "0", 1) != 1)
            _exit(3);
        loop_run(own);
        _exit(4);
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    kill(child, SIGTERM);
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    cr_expect_eq(byte, '1');
    kill(child, SIGTERM);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "status %x", (unsigned)status);
    close(ready[0]);
    close(ready[1]);
}

Test(loop, notify_speaks_to_the_service_manager)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/loop-notify-XXXXXX", text[64] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    unsetenv("NOTIFY_SOCKET");
    service_notify("READY=1"); /* does nothing */
    cr_assert_not_null(mkdtemp(dir));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", dir);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    service_notify("READY=1");
    cr_expect_eq(recv(fd, text, sizeof text - 1, 0), 7);
    cr_expect_str_eq(text, "READY=1");
    close(fd);
    unlink(address.sun_path);
    rmdir(dir);
}
