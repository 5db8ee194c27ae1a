/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines - a stream of lines from a file descriptor, each at most as long as the caller's buffer, in constant memory.
 */
#ifndef LOYALD_TOOLS_LINES_H
#define LOYALD_TOOLS_LINES_H

#include "agent/base/strbuf.h"
#include "agent/engine/engine.h"

#include <stdbool.h>

enum { LINES_BLOCK_BYTES = 64 * 1024 };

enum line {
    LINE_READ,
    LINE_TOO_LONG, /* past the buffer's bound; its rest is skipped, so that the next one is found */
    LINE_END,
    LINE_FAILED, /* errno says why */
};

struct lines {
    int fd;
    size_t at, len; /* what of block is still to be taken */
    bool ended;
    char block[LINES_BLOCK_BYTES];
};

/* The next line into out, without its break ("\n" or "\r\n"); the last one may lack it. before_wait is called before
 * more is read from the descriptor, which may wait: whoever sends a line and waits for its answer gets it. */
enum line lines_next(struct lines *lines, struct strbuf *out, void (*before_wait)(void));

/* Answers one line by appending to out. ST_INVALID: out_fault says what is wrong with it, and ST_FULL: it is too
 * involved; both are answered on its line and the next one follows. Anything else ends the job, err says why. */
typedef enum status line_answer(void *context, const struct strbuf *line, struct strbuf *out,
                                struct engine_fault *out_fault, struct errmsg *err);

struct line_job {
    const char *what; /* one line is: "sale", "return" */
    size_t line_bytes_max, answer_bytes_max;
    line_answer *answer;
    void *context;
};

/* Standard input to standard output, one line in, one line out, in order; how far it is on a terminal's standard
 * error. Answers the exit status; what went wrong has been said. */
int lines_run(const struct line_job *job);

#endif
