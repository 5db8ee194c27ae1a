/* SPDX-License-Identifier: Apache-2.0 */
/* run - runs a program built here, as a user would: words in, texts and exit status out. */
#ifndef LOYALD_TESTS_TOOLS_RUN_H
#define LOYALD_TESTS_TOOLS_RUN_H

#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <sys/types.h>

struct run {
    int exit_status; /* -1: ended by a signal */
    struct strbuf out, err;
    long rss_kib; /* at its largest */
};

/* words: first the program, by its path or its name in the build's bin; NULL ends them. in may be NULL. */
void run_program(struct run *run, const char *const *words, const char *in, size_t in_len);
void run_free(struct run *run);

/* A program that goes on: its standard output and error are one pipe. */
struct running {
    pid_t pid;
    int fd;
    struct strbuf got;
};
void running_start(struct running *running, const char *const *words);
/* Waits until it has said text; a test fails when it ends before. */
void running_wait(struct running *running, const char *text);
/* Sends SIGTERM; returns the exit status. */
int running_stop(struct running *running);

#endif
