/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines - a stream of lines from a file descriptor, each at most as long as the caller's buffer, in constant memory.
 */
#ifndef LOYALD_TOOLS_LINES_H
#define LOYALD_TOOLS_LINES_H

#include "agent/base/strbuf.h"

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

#endif
