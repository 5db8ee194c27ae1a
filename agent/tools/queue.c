/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl outbox, export-unsynced and idle: what packages and scripts ask before they touch a till. How many records
 * are not at the central yet, and which; whether a sale is open, and the wait for its end. */
#include "agent/base/plural.h"
#include "agent/tools/command.h"
#include "agent/tools/status.h"

#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/sha256.h"
#include "sync/protocol/export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 500, WAIT_MAX_S = 3600 };

struct queue {
    int64_t records, unsynced, unsynced_sales, open_sales;
    bool up, known_since;
    int64_t since_unix_ms;
};

static enum status read_queue(const struct cJSON *health, struct queue *out_queue, struct errmsg *err)
{
    const struct cJSON *till = NULL, *link = NULL;
    enum status st = json_object(health, "till", &till, err);

    if (st == ST_OK)
        st = json_int(till, "records", 0, INT64_MAX, &out_queue->records, err);
    if (st == ST_OK)
        st = json_int(till, "unsynced", 0, INT64_MAX, &out_queue->unsynced, err);
    if (st == ST_OK)
        st = json_int(till, "unsynced_sales", 0, INT64_MAX, &out_queue->unsynced_sales, err);
    if (st == ST_OK)
        st = json_int(till, "open_sales", 0, INT64_MAX, &out_queue->open_sales, err);
    if (st == ST_OK)
        st = json_object(till, "link", &link, err);
    if (st == ST_OK)
        st = json_bool(link, "up", &out_queue->up, err);
    if (st == ST_OK) /* a till that never had a link has no time of it */
        out_queue->known_since =
            json_int(link, "since_unix_ms", 0, INT64_MAX, &out_queue->since_unix_ms, NULL) == ST_OK;
    return st;
}

/* 0, or the exit status of what went wrong, said already. */
static int ask_queue(const struct command_call *call, struct queue *out_queue)
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *health = NULL;
    int exit_status = command_ask(call, "GET", "/v1/health", NULL, 0, &answer);

    if (exit_status == 0 && (json_parse(strbuf_text(&answer), answer.len, ASK_ANSWER_MAX, &health, &err) != ST_OK ||
                             read_queue(health, out_queue, &err) != ST_OK)) {
        command_say("the answer: %s", err.text);
        exit_status = EXIT_NO_DAEMON;
    }
    json_free(health);
    strbuf_free(&answer);
    return exit_status;
}

static void say_link(const struct queue *queue)
{
    time_t since = (time_t)(queue->since_unix_ms / 1000);
    struct tm local;
    char text[32] = "";

    if (queue->known_since && localtime_r(&since, &local))
        (void)strftime(text, sizeof text, " since %d %b %H:%M", &local);
    printf("link to the central: %s%s\n", queue->up ? "up" : "down", text);
}

int command_outbox(const struct command_call *call)
{
    struct queue queue = {0};
    int exit_status = ask_queue(call, &queue);

    if (exit_status != 0)
        return exit_status;
    if (call->count) {
        printf("%" PRId64 "\n", queue.unsynced);
    } else if (call->json) {
        printf("{\"unsynced\":%" PRId64 ",\"unsynced_sales\":%" PRId64 ",\"link_up\":%s}\n", queue.unsynced,
               queue.unsynced_sales, queue.up ? "true" : "false");
    } else {
        if (queue.unsynced == 0)
            printf("all records of this till are at the central\n");
        else
            printf("%" PRId64 " %s not at the central yet, %" PRId64 " %s among them\n", queue.unsynced,
                   plural(queue.unsynced, "record is", "records are"), queue.unsynced_sales,
                   plural(queue.unsynced_sales, "sale", "sales"));
        say_link(&queue);
    }
    return command_finish(call->count ? 0 : (int)status_of(call, (const char *const[]){"unsynced", "link", NULL}));
}

/* ---- export-unsynced ---- */

struct exporting {
    FILE *file;
    struct sha256 hash;
    int64_t records;
};

static enum status write_page(struct exporting *to, const struct strbuf *page, struct errmsg *err)
{
    sha256_add(&to->hash, page->data, page->len);
    for (size_t i = 0; i < page->len; i++)
        to->records += page->data[i] == '\n';
    if (fwrite(page->data, page->len, 1, to->file) == 1)
        return ST_OK;
    errmsg_set(err, "%s", strerror(errno));
    return ST_IO;
}

/* The line that closes the file: without it nobody could see that its end was altered or cut off. */
static int export_end(const struct command_call *call, int64_t after, int64_t until, struct exporting *to)
{
    struct strbuf line = STRBUF_INIT(EXPORT_END_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    char path[64];
    int exit_status;

    (void)snprintf(path, sizeof path, "/v1/outbox?after=%" PRId64 "&end=%" PRId64, after, until);
    exit_status = command_ask(call, "GET", path, NULL, 0, &line);
    if (exit_status == 0 && write_page(to, &line, &err) != ST_OK) {
        command_say("%s: %s", call->words[0], err.text);
        exit_status = EXIT_REFUSED;
    }
    to->records--; /* it is none */
    strbuf_free(&line);
    return exit_status;
}

/* Up to what was there at the beginning: a till that sells meanwhile has more, and says so afterwards. */
static int export_records(const struct command_call *call, int64_t after, int64_t until, struct exporting *to)
{
    struct strbuf page = STRBUF_INIT(ASK_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    int64_t begin = after;
    int exit_status = 0;
    char path[64];

    while (exit_status == 0 && after < until) {
        strbuf_clear(&page);
        (void)snprintf(path, sizeof path, "/v1/outbox?after=%" PRId64, after);
        exit_status = command_ask(call, "GET", path, NULL, 0, &page);
        if (exit_status != 0 || page.len == 0)
            break;
        if (write_page(to, &page, &err) != ST_OK) {
            command_say("%s: %s", call->words[0], err.text);
            exit_status = EXIT_REFUSED;
        }
        after = begin + to->records;
    }
    strbuf_free(&page);
    return exit_status == 0 ? export_end(call, begin, begin + to->records, to) : exit_status;
}

static int end_export(struct exporting *to, const char *path, int exit_status)
{
    bool written = fflush(to->file) == 0 && fsync(fileno(to->file)) == 0;

    if (fclose(to->file) != 0 || !written) {
        command_say("%s: %s", path, strerror(errno));
        exit_status = EXIT_REFUSED;
    }
    if (exit_status != 0)
        (void)unlink(path); /* half a file is worse than none; where it stays, its hash was not told */
    return exit_status;
}

static void say_export_as_json(const struct command_call *call, const struct queue *queue, const struct exporting *to,
                               const char *hex)
{
    struct strbuf out = STRBUF_INIT(8192);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_field_text(&w, "file", call->words[0]);
    jw_field_int(&w, "records", to->records);
    jw_field_int(&w, "sales", queue->unsynced_sales);
    jw_field_text(&w, "sha256", hex);
    jw_object_end(&w);
    printf("%s\n", strbuf_text(&out));
    strbuf_free(&out);
}

static void say_export(const struct command_call *call, const struct queue *queue, struct exporting *to)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    sha256_end(&to->hash, digest);
    hex_encode(digest, sizeof digest, hex);
    if (call->json)
        say_export_as_json(call, queue, to, hex);
    else
        printf(
            "%" PRId64 " %s that the central has not got, %" PRId64 " %s among them, now in %s\n"
            "sha256 %s\n"
            "Give it to the office, and keep journal.db as well: see operations.md, \"A till that is replaced\".\n",
            to->records, plural(to->records, "record", "records"), queue->unsynced_sales,
            plural(queue->unsynced_sales, "sale", "sales"), call->words[0], hex);
}

int command_export_unsynced(const struct command_call *call)
{
    struct exporting to = {0};
    struct queue queue = {0};
    int fd, exit_status = ask_queue(call, &queue);

    if (exit_status != 0)
        return exit_status;
    fd = open(call->words[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    to.file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!to.file) {
        command_say("%s: %s", call->words[0], strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return EXIT_REFUSED;
    }
    sha256_init(&to.hash);
    exit_status = export_records(call, queue.records - queue.unsynced, queue.records, &to);
    exit_status = end_export(&to, call->words[0], exit_status);
    if (exit_status == 0)
        say_export(call, &queue, &to);
    return command_finish(exit_status);
}

/* --wait's seconds; -1 and words when it is no such number. */
static int wait_seconds(const char *text)
{
    int seconds = 0;

    for (const char *at = text; *at != '\0' && seconds <= WAIT_MAX_S; at++)
        seconds = *at >= '0' && *at <= '9' ? seconds * 10 + (*at - '0') : WAIT_MAX_S + 1;
    if (text[0] != '\0' && seconds <= WAIT_MAX_S)
        return seconds;
    command_say("--wait %s: wants seconds, 0 to %d", text, WAIT_MAX_S);
    return -1;
}

int command_idle(const struct command_call *call)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    int seconds = call->wait ? wait_seconds(call->wait) : 0;
    int64_t until_ms = clock_mono_ms(clock_system()) + (int64_t)seconds * 1000;
    struct queue queue = {0};
    int exit_status;

    if (seconds < 0)
        return EXIT_USAGE;
    for (;;) {
        exit_status = ask_queue(call, &queue);
        if (exit_status != 0 || queue.open_sales == 0 || clock_mono_ms(clock_system()) >= until_ms)
            break;
        (void)nanosleep(&pause, NULL); /* cut short by a signal, it asks sooner */
    }
    if (exit_status != 0)
        return exit_status;
    if (call->json)
        printf("{\"idle\":%s,\"open_sales\":%" PRId64 "}\n", queue.open_sales == 0 ? "true" : "false", queue.open_sales);
    else if (queue.open_sales > 0)
        command_say("%" PRId64 " %s open", queue.open_sales, plural(queue.open_sales, "sale is", "sales are"));
    return command_finish(queue.open_sales == 0 ? 0 : EXIT_REFUSED);
}
