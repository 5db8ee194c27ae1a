/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyalctl refund: returns in, what goes back out, one a line, in order, in constant memory. The bundle is wanted
 * only by returns of the policy "recompute".
 */
#include "agent/tools/command.h"

#include "agent/base/file.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"
#include "agent/tools/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct refunds {
    struct bundle *bundle; /* NULL: not given */
    struct engine *engine;
    struct pk_memo coupons; /* verdicts on signed ones */
    struct lines in;
    struct strbuf line, out;
    bool bad_line;
};

static enum status load_bundle(const char *path, struct bundle **out_bundle, struct errmsg *err)
{
    char *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(path, BUNDLE_BYTES_MAX, &bytes, &len, err);

    if (st == ST_OK)
        st = bundle_compile(bytes, len, out_bundle, NULL, err);
    free(bytes);
    return st;
}

static void answer_fault(struct refunds *refunds, const char *code, const char *message, const char *at)
{
    struct json_writer w = JSON_WRITER_INIT(&refunds->out);

    refunds->bad_line = true;
    strbuf_clear(&refunds->out);
    jw_object_begin(&w);
    jw_name(&w, "error");
    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    jw_field_text(&w, "message", message);
    jw_field_text(&w, "at", at);
    jw_object_end(&w);
    jw_object_end(&w);
}

/* Answers one line. ST_OK also for one with a fault, which is answered so. */
static enum status answer_line(struct refunds *refunds, struct errmsg *err)
{
    struct engine_fault fault = {0};
    enum status st = engine_refund(refunds->engine, refunds->bundle, strbuf_text(&refunds->line), refunds->line.len,
                                   &refunds->out, &fault, err);

    if (st == ST_INVALID)
        answer_fault(refunds, fault.code, fault.message, fault.at);
    else if (st == ST_FULL) /* one too involved for the memory it may take: the others go on */
        answer_fault(refunds, "range", err->text[0] ? err->text : "the result is too large", "");
    return st == ST_INVALID || st == ST_FULL ? ST_OK : st;
}

/* A write that failed shows at the next one, or at the end. */
static void flush_answers(void)
{
    (void)fflush(stdout);
}

static int run_lines(struct refunds *refunds)
{
    for (;;) {
        struct errmsg err = ERRMSG_INIT;
        enum line kind = lines_next(&refunds->in, &refunds->line, flush_answers);
        enum status st = ST_OK;

        if (kind == LINE_END)
            return refunds->bad_line ? EXIT_REFUSED : 0;
        if (kind == LINE_FAILED) {
            command_say("cannot read standard input: %s", strerror(errno));
            return EXIT_REFUSED;
        }
        strbuf_clear(&refunds->out);
        if (kind == LINE_TOO_LONG)
            answer_fault(refunds, "range", "the line is longer than a return may be", "");
        else
            st = answer_line(refunds, &err);
        if (st != ST_OK) {
            command_say("%s", err.text[0] ? err.text : status_text(st));
            return EXIT_REFUSED;
        }
        strbuf_putc(&refunds->out, '\n');
        if (fwrite(strbuf_text(&refunds->out), 1, refunds->out.len, stdout) != refunds->out.len)
            return EXIT_REFUSED; /* command_finish says why */
    }
}

int command_refund(const struct command_call *call)
{
    struct refunds *refunds = calloc(1, sizeof *refunds);
    struct errmsg err = ERRMSG_INIT;
    int exit_status = EXIT_USAGE;

    if (!refunds) {
        command_say("out of memory");
        return EXIT_USAGE;
    }
    refunds->in.fd = STDIN_FILENO;
    refunds->line = (struct strbuf)STRBUF_INIT(RETURN_BYTES_MAX);
    refunds->out = (struct strbuf)STRBUF_INIT(RETURN_BYTES_MAX);
    if ((call->bundle && load_bundle(call->bundle, &refunds->bundle, &err) != ST_OK) ||
        engine_create(&refunds->engine, &err) != ST_OK) {
        command_say("%s", err.text);
    } else {
        engine_set_verify(refunds->engine, pk_memo_verify, &refunds->coupons);
        exit_status = command_finish(run_lines(refunds));
    }
    engine_destroy(refunds->engine);
    bundle_destroy(refunds->bundle);
    strbuf_free(&refunds->line);
    strbuf_free(&refunds->out);
    free(refunds);
    return exit_status;
}
