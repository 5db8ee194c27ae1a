/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/lines.h"

#include "agent/base/clock.h"
#include "agent/base/json_writer.h"
#include "agent/tools/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* False at the end and when reading fails; ended tells the two apart. */
static bool read_block(struct lines *lines, void (*before_wait)(void))
{
    ssize_t n;

    before_wait();
    do
        n = read(lines->fd, lines->block, sizeof lines->block);
    while (n < 0 && errno == EINTR);
    lines->at = 0;
    lines->len = n > 0 ? (size_t)n : 0;
    lines->ended = n == 0;
    return n > 0;
}

static void drop_return(struct strbuf *line)
{
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->data[--line->len] = '\0'; /* a file made on Windows */
}

enum line lines_next(struct lines *lines, struct strbuf *out, void (*before_wait)(void))
{
    bool any = false, too_long = false;

    strbuf_clear(out);
    for (;;) {
        const char *start, *end;
        size_t part;

        if (lines->at == lines->len && (lines->ended || !read_block(lines, before_wait)))
            break;
        start = lines->block + lines->at;
        end = memchr(start, '\n', lines->len - lines->at);
        part = end ? (size_t)(end - start) : lines->len - lines->at;
        if (!too_long)
            strbuf_add(out, start, part);
        too_long = strbuf_status(out) != ST_OK;
        any = true;
        lines->at += part + (end != NULL);
        if (end) {
            drop_return(out);
            return too_long ? LINE_TOO_LONG : LINE_READ;
        }
    }
    if (!lines->ended)
        return LINE_FAILED;
    drop_return(out);
    return !any ? LINE_END : too_long ? LINE_TOO_LONG : LINE_READ;
}

/* ---- a job: line in, line out */

enum { PROGRESS_LINES = 512 }; /* looks at the clock */
#define PROGRESS_NS INT64_C(250000000)

struct run {
    const struct line_job *job;
    struct lines in;
    struct strbuf line, out;
    bool bad_line;
    bool shown; /* progress; only on a terminal */
    bool terminal;
    int64_t count, began_ns, shown_ns;
};

static void answer_fault(struct run *run, const char *code, const char *message, const char *at)
{
    struct json_writer w = JSON_WRITER_INIT(&run->out);

    run->bad_line = true;
    strbuf_clear(&run->out);
    jw_object_begin(&w);
    jw_name(&w, "error");
    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    jw_field_text(&w, "message", message);
    jw_field_text(&w, "at", at);
    jw_object_end(&w);
    jw_object_end(&w);
}

/* ST_OK also for a line with a fault, which is answered so. */
static enum status answer_line(struct run *run, struct errmsg *err)
{
    struct engine_fault fault = {0};
    enum status st = run->job->answer(run->job->context, &run->line, &run->out, &fault, err);

    if (st == ST_INVALID)
        answer_fault(run, fault.code, fault.message, fault.at);
    else if (st == ST_FULL) /* one too involved for the memory it may take: the others go on */
        answer_fault(run, "range", err->text[0] ? err->text : "the result is too large", "");
    return st == ST_INVALID || st == ST_FULL ? ST_OK : st;
}

static void show_progress(struct run *run)
{
    int64_t now_ns = clock_measure_ns(), took_ms = (now_ns - run->began_ns) / 1000000;

    if (now_ns - run->shown_ns < PROGRESS_NS)
        return;
    run->shown = true;
    run->shown_ns = now_ns;
    fprintf(stderr, "\r%" PRId64 " %ss, %" PRId64 " a second\x1b[K", run->count, run->job->what,
            took_ms > 0 ? run->count * 1000 / took_ms : 0);
    (void)fflush(stderr);
}

/* A write that failed shows at the next one, or at the end. */
static void flush_answers(void)
{
    (void)fflush(stdout);
}

static int run_line(struct run *run, enum line kind)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = ST_OK;

    strbuf_clear(&run->out);
    if (kind == LINE_TOO_LONG) {
        errmsg_set(&err, "the line is longer than a %s may be", run->job->what);
        answer_fault(run, "range", err.text, "");
    } else {
        st = answer_line(run, &err);
    }
    if (st != ST_OK) {
        command_say("%s", err.text[0] ? err.text : status_text(st));
        return EXIT_REFUSED;
    }
    strbuf_putc(&run->out, '\n');
    if (fwrite(strbuf_text(&run->out), 1, run->out.len, stdout) != run->out.len)
        return EXIT_REFUSED; /* command_finish says why */
    if (++run->count % PROGRESS_LINES == 0 && run->terminal)
        show_progress(run);
    return 0;
}

static int run_all(struct run *run)
{
    for (;;) {
        enum line kind = lines_next(&run->in, &run->line, flush_answers);
        int exit_status;

        if (kind == LINE_END)
            return run->bad_line ? EXIT_REFUSED : 0;
        if (kind == LINE_FAILED) {
            command_say("cannot read standard input: %s", strerror(errno));
            return EXIT_REFUSED;
        }
        exit_status = run_line(run, kind);
        if (exit_status != 0)
            return exit_status;
    }
}

int lines_run(const struct line_job *job)
{
    struct run *run = calloc(1, sizeof *run);
    int exit_status;

    if (!run) {
        command_say("out of memory");
        return EXIT_REFUSED;
    }
    run->job = job;
    run->in.fd = STDIN_FILENO;
    run->line = (struct strbuf)STRBUF_INIT(job->line_bytes_max);
    run->out = (struct strbuf)STRBUF_INIT(job->answer_bytes_max);
    run->terminal = isatty(STDERR_FILENO);
    (void)setvbuf(stdout, NULL, _IOFBF, LINES_BLOCK_BYTES); /* without memory it stays as it was */
    run->began_ns = run->shown_ns = clock_measure_ns();
    exit_status = command_finish(run_all(run));
    if (run->shown)
        fprintf(stderr, "\r\x1b[K");
    strbuf_free(&run->line);
    strbuf_free(&run->out);
    free(run);
    return exit_status;
}
