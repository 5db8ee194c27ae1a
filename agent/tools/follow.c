/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl events and api: what loyald sends, as it comes. */
#include "agent/tools/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- events ---- */

enum { LINE_MAX_BYTES = 1024 * 1024 }; /* an event is one line of data, at most 256 KiB (agent/api/events.h) */

/* Server-sent events, as far as loyald uses them: one line each of id, event and data, an empty line ends the event.
 */
struct follower {
    const long *http_status;
    bool json; /* an object a line: the name with the data, which is one itself */
    struct strbuf line;
    char name[32];
    struct strbuf data;
    struct strbuf refusal; /* the answer when it is not a stream */
};

static void end_event(struct follower *follower)
{
    const char *name = follower->name[0] ? follower->name : "message";

    if (follower->data.len > 0)
        (void)(follower->json ? printf("{\"event\":\"%s\",\"data\":%s}\n", name, strbuf_text(&follower->data))
                              : printf("%s %s\n", name, strbuf_text(&follower->data)));
    strbuf_clear(&follower->data);
    follower->name[0] = '\0';
}

static void end_line(struct follower *follower)
{
    const char *line = strbuf_text(&follower->line);

    if (line[0] == '\0')
        end_event(follower);
    else if (strncmp(line, "event: ", 7) == 0)
        (void)snprintf(follower->name, sizeof follower->name, "%s", line + 7);
    else if (strncmp(line, "data: ", 6) == 0)
        strbuf_puts(&follower->data, line + 6);
    strbuf_clear(&follower->line);
}

static enum status take_events(void *context, const char *bytes, size_t len, struct errmsg *err)
{
    struct follower *follower = context;

    if (*follower->http_status != 200) {
        strbuf_add(&follower->refusal, bytes, len);
        return ST_OK;
    }
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;

        strbuf_add(&follower->line, bytes, part);
        if (strbuf_status(&follower->line) != ST_OK) {
            errmsg_set(err, "an event is longer than %d bytes", LINE_MAX_BYTES);
            return ST_FULL;
        }
        if (end)
            end_line(follower);
        bytes += part + (end != NULL);
        len -= part + (end != NULL);
    }
    if (fflush(stdout) != 0) { /* whoever reads wants each event now */
        errmsg_set(err, "cannot write to standard output: %s", strerror(errno));
        return ST_IO;
    }
    return ST_OK;
}

int command_events(const struct command_call *call)
{
    struct ask endless = {.socket_path = call->ask.socket_path};
    long http_status = 0;
    struct follower follower = {.http_status = &http_status,
                                .json = call->json,
                                .line = STRBUF_INIT(LINE_MAX_BYTES),
                                .data = STRBUF_INIT(LINE_MAX_BYTES),
                                .refusal = STRBUF_INIT(LINE_MAX_BYTES)};
    struct errmsg err = ERRMSG_INIT;
    int exit_status = EXIT_NO_DAEMON;
    enum status st = ask_stream(&endless, "GET", "/v1/events", NULL, 0, take_events, &follower, &http_status, &err);

    if (st == ST_OK && http_status != 200) {
        ask_explain(strbuf_text(&follower.refusal), follower.refusal.len, http_status, &err);
        exit_status = EXIT_REFUSED;
    } else if (st == ST_OK) {
        errmsg_set(&err, "loyald has ended");
    } else if (st == ST_IO) {
        exit_status = EXIT_REFUSED;
    }
    command_say("%s", err.text);
    strbuf_free(&follower.line);
    strbuf_free(&follower.data);
    strbuf_free(&follower.refusal);
    return exit_status;
}

/* ---- api ---- */

enum { BODY_MAX = 4 * 1024 * 1024 };

static enum status pass_on(void *context, const char *bytes, size_t len, struct errmsg *err)
{
    (void)context;
    if (fwrite(bytes, 1, len, stdout) == len && fflush(stdout) == 0)
        return ST_OK;
    errmsg_set(err, "cannot write to standard output: %s", strerror(errno));
    return ST_IO;
}

static bool read_stdin(struct strbuf *out)
{
    char part[16384];
    size_t len;

    while ((len = fread(part, 1, sizeof part, stdin)) > 0)
        strbuf_add(out, part, len);
    if (ferror(stdin))
        command_say("cannot read standard input: %s", strerror(errno));
    else if (strbuf_status(out) != ST_OK)
        command_say("the body on standard input: more than %zu bytes", out->len_max);
    return !ferror(stdin) && strbuf_status(out) == ST_OK;
}

static bool is_method(const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < len; i++) {
        if (!isupper((unsigned char)word[i]))
            return false;
    }
    return len > 0 && len < 16;
}

static int call_api(const struct command_call *call, const char *body, size_t len)
{
    struct ask ask = call->ask;
    struct errmsg err = ERRMSG_INIT;
    long http_status = 0;

    if (strcmp(call->words[1], "/v1/events") == 0)
        ask.timeout_s = 0;
    if (ask_stream(&ask, call->words[0], call->words[1], body, len, pass_on, NULL, &http_status, &err) != ST_OK) {
        command_say("%s", err.text);
        return EXIT_NO_DAEMON;
    }
    putchar('\n');
    if (http_status / 100 == 2)
        return command_finish(0);
    command_say("HTTP status %ld", http_status);
    return command_finish(EXIT_REFUSED);
}

int command_api(const struct command_call *call)
{
    struct strbuf read = STRBUF_INIT(BODY_MAX); /* more than loyald takes: it says so in its words */
    const char *body = call->word_count > 2 ? call->words[2] : NULL;
    size_t len = body ? strlen(body) : 0;
    int exit_status = EXIT_USAGE;

    if (!is_method(call->words[0]) || call->words[1][0] != '/') {
        command_say("api METHOD PATH [BODY|-], such as: api GET /v1/health");
        return EXIT_USAGE;
    }
    if (body && strcmp(body, "-") == 0) {
        if (!read_stdin(&read))
            goto out;
        body = strbuf_text(&read);
        len = read.len;
    }
    exit_status = call_api(call, body, len);
out:
    strbuf_free(&read);
    return exit_status;
}
