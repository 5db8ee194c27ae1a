/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl outbox and idle: what packages and scripts ask before they touch a till. How many records are not at the
 * central yet; whether a sale is open, and the wait for its end. */
#include "agent/tools/command.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { LOOK_EVERY_MS = 500, WAIT_MAX_S = 3600 };

struct queue {
    int64_t unsynced, unsynced_sales, open_sales;
    bool up, known_since;
    int64_t since_unix_ms;
};

static enum status read_queue(const struct cJSON *health, struct queue *out_queue, struct errmsg *err)
{
    const struct cJSON *till = NULL, *link = NULL;
    enum status st = json_object(health, "till", &till, err);

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
            printf("%" PRId64 " records are not at the central yet, %" PRId64 " sales among them\n", queue.unsynced,
                   queue.unsynced_sales);
        say_link(&queue);
    }
    return command_finish(0);
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
    if (exit_status == 0 && queue.open_sales > 0) {
        command_say("%" PRId64 " sales are open", queue.open_sales);
        exit_status = EXIT_REFUSED;
    }
    return exit_status;
}
