/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/port.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "drivers/port/port_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETTLE_MS = 20,                   /* from a change in the folder to the next try: udev is still at work */
    STEADY_MS = 10 * 1000,            /* a line that was ready this long, or sent bytes, has not merely flickered */
    FAULT_REPEAT_MS = 10 * 60 * 1000, /* between two lines of the log about one outage */
};

static const struct port_transport *const transports[] = {&serial_transport, &usb_transport, &tty_transport,
                                                          &tcp_transport};

/* Returns a view, NULL when there is none for the scheme. */
static const struct port_transport *find_transport(const char *scheme)
{
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++)
        if (strcmp(transports[i]->scheme, scheme) == 0)
            return transports[i];
    return NULL;
}

const char *port_state_text(enum port_state state)
{
    switch (state) {
    case PORT_ABSENT:
        return "absent";
    case PORT_OPENING:
        return "opening";
    case PORT_READY:
        return "ready";
    case PORT_LOST:
        return "lost";
    }
    return "unknown";
}

void port_enter(struct port *port)
{
    port->depth++;
}

void port_leave(struct port *port)
{
    if (--port->depth == 0 && port->destroyed)
        free(port);
}

/* The one place where the state changes. */
static void port_move(struct port *port, enum port_state state, const char *reason)
{
    size_t len = strnlen(reason, sizeof port->reason - 1);

    memcpy(port->reason, reason, len);
    port->reason[len] = '\0';
    if (port->state == state)
        return;
    port->state = state;
    port->since_mono_ms = clock_mono_ms(clock_system());
    if (port->options.on_state)
        port->options.on_state(port->options.context, state);
}

/* Says a fault once per outage, then every FAULT_REPEAT_MS. */
static void log_fault(struct port *port, const char *reason)
{
    int64_t now_ms = loop_now_ms(port->options.loop);

    if (port->fault_lines > 0 && now_ms - port->fault_ms < FAULT_REPEAT_MS)
        return;
    port->fault_ms = now_ms;
    port->fault_lines++;
    log_warn("port-01", "%s is not usable, asking again until it is: %s", port->name, reason);
}

static void log_ready(struct port *port)
{
    bool substitute = port->line.transport == &tty_transport && strcmp(port->uri.scheme, "tty") != 0;
    bool again = port->open_count > 1;

    if (again && port->back_said)
        return;
    port->back_said = again;
    log_info("port-02", "%s is %s uri=%s%s", port->name, again ? "back again" : "ready", port->uri_text,
             substitute ? " through termios, since libserialport knows no ptys" : "");
}

static void schedule_open(struct port *port, int64_t after_ms)
{
    port->open_due_ms = loop_now_ms(port->options.loop) + after_ms;
    loop_timer_set(port->open_timer, after_ms, 0);
}

/* Something changed where the device is awaited: ask at once, and patiently from the start again. */
static void on_folder_changed(void *context)
{
    struct port *port = context;

    port->backoff_ms = PORT_REOPEN_FIRST_MS;
    if (port->open_due_ms - loop_now_ms(port->options.loop) > SETTLE_MS)
        schedule_open(port, SETTLE_MS);
}

static void await_device(struct port *port)
{
    struct errmsg err = ERRMSG_INIT;
    /* A USB device's line appears in /dev under a name that nobody knows before; a connection appears nowhere. */
    const char *awaited = port->uri.path[0] == '/' ? port->uri.path : "/dev/tty";

    if (!port->folder_watch && !port->uri.host[0] &&
        port_watch_create(port->options.loop, awaited, on_folder_changed, port, &port->folder_watch, &err) != ST_OK)
        log_debug("port-03", "%s: only the timer looks for it: %s", port->name, err.text);
    schedule_open(port, port->backoff_ms);
    port->backoff_ms *= 2;
    if (port->backoff_ms > PORT_REOPEN_LAST_MS)
        port->backoff_ms = PORT_REOPEN_LAST_MS;
}

void port_lose(struct port *port, const struct errmsg *err)
{
    bool steady = loop_now_ms(port->options.loop) - port->ready_ms >= STEADY_MS || port->heard;

    loop_watch_destroy(port->line_watch);
    port->line_watch = NULL;
    port->line.transport->close(&port->line);
    port->line.transport = NULL;
    loop_timer_stop(port->write_timer);
    port->lost_count++;
    /* A line that flickers stays one outage: its tries go on slowing down, its log stays quiet. */
    if (steady) {
        port->backoff_ms = PORT_REOPEN_FIRST_MS;
        port->fault_lines = 0;
        port->back_said = false;
    }
    log_fault(port, err->text);
    await_device(port);
    port_move(port, PORT_LOST, err->text);
    port_fail_writes(port, ST_OFFLINE);
}

/* The line is open: from here on it is watched. */
static enum status port_begin(struct port *port, struct errmsg *err)
{
    enum status st = loop_watch_create(port->options.loop, port->line.fd, LOOP_READABLE, port_on_line, port,
                                       &port->line_watch, err);

    if (st != ST_OK) {
        port->line.transport->close(&port->line);
        port->line.transport = NULL;
        return st;
    }
    port_watch_destroy(port->folder_watch);
    port->folder_watch = NULL;
    port->stalled = false;
    port->open_count++;
    port->heard = false;
    port->ready_ms = loop_now_ms(port->options.loop);
    return ST_OK;
}

/* What an open came to, at once or after a while. */
static void end_open(struct port *port, enum status st, struct errmsg *err)
{
    if (st == ST_OK)
        st = port_begin(port, err);
    if (st == ST_OK) {
        log_ready(port);
        port_move(port, PORT_READY, "");
        return;
    }
    log_fault(port, err->text);
    await_device(port);
    if (st != ST_NOT_FOUND)
        port_move(port, PORT_OPENING, err->text);
    else
        port_move(port, port->open_count > 0 ? PORT_LOST : PORT_ABSENT, err->text);
}

/* The connection under way is over, whatever became of it. */
static void stop_connecting(struct port *port, bool keep)
{
    port->connecting = false;
    loop_timer_stop(port->open_timer);
    loop_watch_destroy(port->line_watch);
    port->line_watch = NULL;
    if (keep)
        return;
    port->line.transport->close(&port->line);
    port->line.transport = NULL;
}

static void on_connecting(void *context, int events)
{
    struct port *port = context;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    (void)events;
    port_enter(port);
    st = port->line.transport->finish(&port->uri, &port->line, &err);
    if (st != ST_AGAIN) {
        stop_connecting(port, st == ST_OK);
        end_open(port, st, &err);
    }
    port_leave(port);
}

static enum status begin_connecting(struct port *port, struct errmsg *err)
{
    enum status st = loop_watch_create(port->options.loop, port->line.fd, LOOP_WRITABLE, on_connecting, port,
                                       &port->line_watch, err);

    if (st != ST_OK) {
        port->line.transport->close(&port->line);
        port->line.transport = NULL;
        return st;
    }
    port->connecting = true;
    schedule_open(port, PORT_CONNECT_MS);
    return ST_OK;
}

static void on_open_timer(void *context)
{
    struct port *port = context;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    port_enter(port);
    if (port->connecting) {
        stop_connecting(port, false);
        errmsg_set(&err, "%s: does not answer; switched on, and on this network?", port->uri.path);
        end_open(port, ST_NOT_FOUND, &err);
    } else {
        st = find_transport(port->uri.scheme)->open(&port->uri, &port->line, &err);
        if (st == ST_AGAIN)
            st = begin_connecting(port, &err);
        if (!port->connecting)
            end_open(port, st, &err);
    }
    port_leave(port);
}

static enum status check_options(const struct port_options *options, struct port_uri *out_uri, struct errmsg *err)
{
    enum status st = port_uri_parse(options->uri, out_uri, err);

    if (st != ST_OK)
        return st;
    if (!find_transport(out_uri->scheme)) {
        errmsg_set(err, "device \"%s\": there is no %s:, only serial:, usb:, tty: and tcp:", options->uri,
                   out_uri->scheme);
        return ST_UNSUPPORTED;
    }
    if (strlen(options->name) >= PORT_NAME_BYTES_MAX) {
        errmsg_set(err, "device name \"%s\": longer than %d bytes", options->name, PORT_NAME_BYTES_MAX - 1);
        return ST_INVALID;
    }
    return ST_OK;
}

enum status port_create(const struct port_options *options, struct port **out_port, struct errmsg *err)
{
    struct port_uri uri;
    struct port *port;
    enum status st = check_options(options, &uri, err);

    if (st != ST_OK)
        return st;
    port = calloc(1, sizeof *port);
    if (!port)
        return ST_NOMEM;
    port->options = *options;
    port->uri = uri;
    memcpy(port->name, options->name, strlen(options->name) + 1);
    memcpy(port->uri_text, options->uri, strlen(options->uri) + 1);
    port->options.name = port->name;
    port->options.uri = port->uri_text;
    port->state = PORT_ABSENT;
    (void)snprintf(port->reason, sizeof port->reason, "%.150s: not looked for yet", port->uri.path);
    port->since_mono_ms = clock_mono_ms(clock_system());
    port->backoff_ms = PORT_REOPEN_FIRST_MS;
    st = loop_timer_create(options->loop, on_open_timer, port, &port->open_timer);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, port_on_write_timer, port, &port->write_timer);
    if (st != ST_OK) {
        port_destroy(port);
        return st;
    }
    schedule_open(port, 0);
    *out_port = port;
    return ST_OK;
}

void port_destroy(struct port *port)
{
    if (!port || port->destroyed)
        return;
    port_enter(port);
    port->destroyed = true;
    port->options.on_bytes = NULL;
    port->options.on_state = NULL;
    loop_watch_destroy(port->line_watch);
    if (port->line.transport)
        port->line.transport->close(&port->line);
    port_watch_destroy(port->folder_watch);
    loop_timer_destroy(port->open_timer);
    loop_timer_destroy(port->write_timer);
    port->state = PORT_LOST; /* whoever is told now can write no more */
    port_fail_writes(port, ST_OFFLINE);
    port_leave(port);
}

void port_status(const struct port *port, struct port_status *out_status)
{
    *out_status = (struct port_status){
        .state = port->state,
        .since_mono_ms = port->since_mono_ms,
        .bytes_in = port->bytes_in,
        .bytes_out = port->bytes_out,
        .open_count = port->open_count,
        .lost_count = port->lost_count,
        .heard_mono_ms = port->heard_mono_ms,
        .queued_bytes = port->queue.bytes,
    };
    memcpy(out_status->reason, port->reason, sizeof port->reason);
}

const char *port_uri_text(const struct port *port)
{
    return port->uri_text;
}

const char *port_name(const struct port *port)
{
    return port->name;
}

int32_t port_baud(const struct port *port)
{
    return port->uri.host[0] ? 0 : port->uri.baud;
}
