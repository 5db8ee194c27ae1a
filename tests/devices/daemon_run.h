/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon_run - loyald as it is installed, in a folder of its own, with somebody who reads its events and its log.
 */
#ifndef LOYALD_TESTS_DAEMON_RUN_H
#define LOYALD_TESTS_DAEMON_RUN_H

#include <stdbool.h>
#include <sys/types.h>

enum { DAEMON_LINE_MAX = 64 * 1024 };

typedef void daemon_line_fn(void *context, const char *line);

struct daemon_stream {
    int fd; /* -1: none, or at its end */
    size_t len;
    char bytes[DAEMON_LINE_MAX];
    daemon_line_fn *on_line;
};

struct daemon_run {
    char dir[64], config[96];
    const char *bin;
    pid_t daemon, follower;
    bool following; /* the events have begun */
    struct daemon_stream events, log;
    daemon_line_fn *on_event, *on_log;
};

/* Makes the folder; the caller writes run->config, then starts. Lines come without their end, from within turn. */
void daemon_run_prepare(struct daemon_run *run, const char *bin, daemon_line_fn *on_event, daemon_line_fn *on_log);
/* False when it is not ready, or its events not followed, in time. */
bool daemon_run_start(struct daemon_run *run);
/* Reads what came, waits at most so long for more; false when both streams are at their end. */
bool daemon_run_turn(struct daemon_run *run, int wait_ms);
bool daemon_run_until(struct daemon_run *run, bool (*holds)(void *context), void *context, int wait_ms);
/* Whether loyald has that line open. */
bool daemon_run_holds(const struct daemon_run *run, const char *path);
/* Stops both, reads to the end, removes the folder. Does nothing when nothing runs. */
void daemon_run_end(struct daemon_run *run);

#endif
