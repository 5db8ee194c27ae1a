/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_client.h"

#include "agent/base/clock.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATH_BYTES_MAX = 256, EVENT_NAME_MAX = 32, STEP_MS = 50 };

struct sim_client {
    CURLM *multi;
    CURL *call, *stream; /* each keeps its connection */
    char socket_path[PATH_BYTES_MAX];
    sim_client_event_fn *on_event;
    void *context;
    struct sim_answer answer;
    bool call_done;
    CURLcode call_code;
    /* The stream. */
    bool stream_on, listening;
    int64_t stream_due_ms;
    struct strbuf event; /* what came of it, from the first unfinished event on */
};

int64_t sim_wall_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static size_t take_body(char *bytes, size_t one, size_t count, void *context)
{
    struct sim_client *client = context;

    strbuf_add(&client->answer.body, bytes, one * count);
    return strbuf_status(&client->answer.body) == ST_OK ? one * count : 0;
}

/* ---- events ---- */

/* Tells one event: lines "event: NAME" and "data: JSON" (the hub writes the data on one line). */
static void tell_event(struct sim_client *client, char *text)
{
    const char *data = NULL;
    char name[EVENT_NAME_MAX] = "";

    for (char *line = text; line;) {
        char *end = strchr(line, '\n');

        if (end)
            *end++ = '\0';
        if (strncmp(line, "event: ", 7) == 0)
            (void)snprintf(name, sizeof name, "%s", line + 7);
        else if (strncmp(line, "data: ", 6) == 0)
            data = line + 6;
        line = end;
    }
    if (strcmp(name, "hello") == 0)
        client->listening = true;
    else if (data)
        client->on_event(client->context, name, data, strlen(data), sim_wall_ns());
}

static size_t take_events(char *bytes, size_t one, size_t count, void *context)
{
    struct sim_client *client = context;
    char *end;

    strbuf_add(&client->event, bytes, one * count);
    if (strbuf_status(&client->event) != ST_OK)
        return 0; /* ends the stream; it is opened anew */
    while ((end = strstr(strbuf_text(&client->event), "\n\n")) != NULL) {
        size_t len = (size_t)(end - client->event.data);

        *end = '\0';
        tell_event(client, client->event.data);
        strbuf_consume(&client->event, len + 2);
    }
    return one * count;
}

static void open_stream(struct sim_client *client)
{
    if (client->stream_on || clock_measure_ns() / 1000000 < client->stream_due_ms)
        return;
    strbuf_clear(&client->event);
    client->stream_on = curl_multi_add_handle(client->multi, client->stream) == CURLM_OK;
}

static void end_stream(struct sim_client *client)
{
    if (client->stream_on)
        (void)curl_multi_remove_handle(client->multi, client->stream);
    client->stream_on = client->listening = false;
    client->stream_due_ms = clock_measure_ns() / 1000000 + SIM_CLIENT_STREAM_RETRY_MS;
}

/* ---- both ---- */

static void look_at_ends(struct sim_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        if (message->easy_handle == client->stream) {
            end_stream(client);
        } else {
            client->call_done = true;
            client->call_code = message->data.result;
            client->answer.at_ns = sim_wall_ns();
        }
    }
}

static bool step(struct sim_client *client, int fd, int64_t wait_ms)
{
    struct curl_waitfd other = {.fd = fd, .events = CURL_WAIT_POLLIN};
    int running;

    open_stream(client);
    (void)curl_multi_perform(client->multi, &running);
    look_at_ends(client);
    if (client->call_done || wait_ms <= 0)
        return false;
    (void)curl_multi_poll(client->multi, &other, fd >= 0 ? 1 : 0, (int)(wait_ms < STEP_MS ? wait_ms : STEP_MS), NULL);
    (void)curl_multi_perform(client->multi, &running);
    look_at_ends(client);
    return fd >= 0 && other.revents != 0;
}

bool sim_client_wait(struct sim_client *client, int fd, int64_t wait_ms)
{
    int64_t due = clock_measure_ns() / 1000000 + wait_ms, left = wait_ms;

    client->call_done = false;
    /* With a descriptor one readable moment ends the wait, without one each step gives the caller a look. */
    do {
        if (step(client, fd, left))
            return true;
        left = due - clock_measure_ns() / 1000000;
    } while (fd >= 0 && left > 0);
    return false;
}

static enum status why(const struct sim_client *client, const char *method, const char *path, struct errmsg *err)
{
    errmsg_set(err, "%s %s at %s: %s", method, path, client->socket_path, curl_easy_strerror(client->call_code));
    if (client->call_code == CURLE_OPERATION_TIMEDOUT)
        return ST_TIMEOUT;
    if (client->call_code == CURLE_WRITE_ERROR) {
        errmsg_set(err, "%s %s: the answer is longer than %d bytes", method, path, SIM_CLIENT_BODY_MAX);
        return ST_FULL;
    }
    return ST_OFFLINE;
}

static enum status call_once(struct sim_client *client, const char *method, const char *path, const char *body,
                             struct errmsg *err)
{
    char url[PATH_BYTES_MAX];
    long status = 0;

    (void)snprintf(url, sizeof url, "http://loyald%s", path);
    strbuf_clear(&client->answer.body);
    client->call_done = false;
    (void)curl_easy_setopt(client->call, CURLOPT_URL, url);
    (void)curl_easy_setopt(client->call, CURLOPT_POSTFIELDS, body ? body : "");
    (void)curl_easy_setopt(client->call, CURLOPT_CUSTOMREQUEST, method);
    if (!body)
        (void)curl_easy_setopt(client->call, CURLOPT_HTTPGET, 1L);
    if (curl_multi_add_handle(client->multi, client->call) != CURLM_OK) {
        errmsg_set(err, "%s %s: libcurl did not take it", method, path);
        return ST_NOMEM;
    }
    while (!client->call_done)
        (void)step(client, -1, STEP_MS); /* libcurl's own time-out ends it */
    (void)curl_easy_getinfo(client->call, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_multi_remove_handle(client->multi, client->call);
    if (client->call_code != CURLE_OK)
        return why(client, method, path, err);
    client->answer.status = (int)status;
    return ST_OK;
}

/* Events go on being told meanwhile. */
static void wait_as_told(struct sim_client *client)
{
    curl_off_t seconds = 0;
    int64_t left, due = clock_measure_ns() / 1000000;

    (void)curl_easy_getinfo(client->call, CURLINFO_RETRY_AFTER, &seconds);
    due += (seconds > 0 ? seconds : 1) * 1000;
    client->call_done = false;
    while ((left = due - clock_measure_ns() / 1000000) > 0)
        (void)step(client, -1, left);
}

enum status sim_client_call(struct sim_client *client, const char *method, const char *path, const char *body,
                            const struct sim_answer **out_answer, struct errmsg *err)
{
    enum status st = call_once(client, method, path, body, err);

    for (int tries = 1; st == ST_OK && client->answer.status == 429 && tries < SIM_CLIENT_TRIES_MAX; tries++) {
        wait_as_told(client);
        st = call_once(client, method, path, body, err);
    }
    *out_answer = &client->answer;
    return st;
}

bool sim_client_is_listening(const struct sim_client *client)
{
    return client->listening;
}

/* ---- its life ---- */

static void prepare(struct sim_client *client, CURL *easy, curl_write_callback take, const char *url)
{
    (void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
}

enum status sim_client_create(const char *socket_path, sim_client_event_fn *on_event, void *context,
                              struct sim_client **out_client, struct errmsg *err)
{
    struct sim_client *client = calloc(1, sizeof *client);

    if (!client)
        return ST_NOMEM;
    client->answer.body = (struct strbuf)STRBUF_INIT(SIM_CLIENT_BODY_MAX);
    client->event = (struct strbuf)STRBUF_INIT(SIM_CLIENT_BODY_MAX);
    client->on_event = on_event;
    client->context = context;
    (void)snprintf(client->socket_path, sizeof client->socket_path, "%s", socket_path);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    client->multi = curl_multi_init();
    client->call = curl_easy_init();
    client->stream = curl_easy_init();
    if (!client->multi || !client->call || !client->stream) {
        sim_client_destroy(client);
        errmsg_set(err, "libcurl: out of memory");
        return ST_NOMEM;
    }
    prepare(client, client->call, take_body, "http://loyald/");
    (void)curl_easy_setopt(client->call, CURLOPT_TIMEOUT_MS, (long)SIM_CLIENT_CALL_MS);
    prepare(client, client->stream, take_events, "http://loyald/v1/events");
    *out_client = client;
    return ST_OK;
}

void sim_client_destroy(struct sim_client *client)
{
    if (!client)
        return;
    if (client->stream_on)
        end_stream(client);
    curl_easy_cleanup(client->call);
    curl_easy_cleanup(client->stream);
    if (client->multi)
        (void)curl_multi_cleanup(client->multi);
    curl_global_cleanup();
    strbuf_free(&client->answer.body);
    strbuf_free(&client->event);
    free(client);
}
