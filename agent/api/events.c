/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/api/events.h"

#include "agent/base/cli.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/base/strbuf.h"
#include "agent/net/http_server.h"
#include "agent/net/loop.h"

#include <inttypes.h>
#include <stdlib.h>

struct watcher {
    struct http_stream *stream; /* view; NULL: the place is free */
    bool cut;                   /* fell behind: its place is free once the server has let go of the connection */
};

struct hub {
    struct loop_timer *heartbeat;
    struct watcher watchers[HUB_WATCHERS_MAX];
    int64_t event_count, cut_count;
};

/* A stream may be written to until its closed was called, and that is never from within the write: so no watcher goes
 * while a loop here runs over them. */
static void send_to_all(struct hub *hub, const char *bytes, size_t len)
{
    for (int i = 0; i < HUB_WATCHERS_MAX; i++) {
        struct watcher *watcher = &hub->watchers[i];

        if (!watcher->stream || watcher->cut || http_stream_write(watcher->stream, bytes, len) == ST_OK)
            continue;
        watcher->cut = true;
        hub->cut_count++;
        log_warn("events-01", "a watcher fell behind and is cut bytes_behind_max=%d", HUB_BUFFER_MAX);
    }
}

static void heartbeat(void *context)
{
    static const char comment[] = ": still here\n\n";

    send_to_all(context, comment, sizeof comment - 1);
}

static void event(void *context, const char *name, const char *json, size_t len)
{
    struct hub *hub = context;
    struct strbuf text = STRBUF_INIT(HUB_BUFFER_MAX);

    hub->event_count++; /* of one that nobody sees too: whoever comes later sees the gap */
    if (hub_watcher_count(hub) == 0)
        return;
    strbuf_printf(&text, "id: %" PRId64 "\nevent: %s\ndata: ", hub->event_count, name);
    strbuf_add(&text, json, len); /* one line: what json_writer writes has no line breaks */
    strbuf_puts(&text, "\n\n");
    if (strbuf_status(&text) == ST_OK)
        send_to_all(hub, text.data, text.len);
    else
        log_error("events-02", "an event was not told name=%s bytes=%zu: %s", name, len,
                  status_text(strbuf_status(&text)));
    strbuf_free(&text);
}

enum status hub_create(struct loop *loop, struct hub **out_hub, struct errmsg *err)
{
    struct hub *hub = calloc(1, sizeof *hub);
    enum status st = hub ? loop_timer_create(loop, heartbeat, hub, &hub->heartbeat) : ST_NOMEM;

    if (st != ST_OK) {
        errmsg_set(err, "events: %s", status_text(st));
        free(hub);
        return st;
    }
    loop_timer_set(hub->heartbeat, HUB_HEARTBEAT_MS, HUB_HEARTBEAT_MS);
    *out_hub = hub;
    return ST_OK;
}

void hub_destroy(struct hub *hub)
{
    if (!hub)
        return;
    loop_timer_destroy(hub->heartbeat);
    free(hub);
}

struct till_watcher hub_watcher(struct hub *hub)
{
    return (struct till_watcher){.watcher = hub, .event = event};
}

/* ---- watchers ---- */

static void closed(void *context)
{
    struct watcher *watcher = context;

    watcher->stream = NULL;
}

static void say_hello(const struct hub *hub, struct http_stream *stream)
{
    struct strbuf text = STRBUF_INIT(512);
    struct json_writer w = JSON_WRITER_INIT(&text);

    /* A client of the browser's kind connects anew by itself after so many ms. */
    strbuf_puts(&text, "retry: 2000\nevent: hello\ndata: ");
    jw_object_begin(&w);
    jw_field_text(&w, "version", cli_version());
    jw_field_int(&w, "last_id", hub->event_count);
    jw_object_end(&w);
    strbuf_puts(&text, "\n\n");
    (void)http_stream_write(stream, text.data, text.len); /* far below the bound of a new stream */
    strbuf_free(&text);
}

enum status hub_add(struct hub *hub, struct http_request *request)
{
    for (int i = 0; i < HUB_WATCHERS_MAX; i++) {
        struct watcher *watcher = &hub->watchers[i];

        if (watcher->stream)
            continue;
        watcher->cut = false;
        watcher->stream = http_stream_begin(request, HUB_BUFFER_MAX, closed, watcher);
        if (watcher->stream)
            say_hello(hub, watcher->stream);
        return ST_OK;
    }
    return ST_FULL;
}

int hub_watcher_count(const struct hub *hub)
{
    int count = 0;

    for (int i = 0; i < HUB_WATCHERS_MAX; i++)
        count += hub->watchers[i].stream != NULL;
    return count;
}

int64_t hub_cut_count(const struct hub *hub)
{
    return hub->cut_count;
}
