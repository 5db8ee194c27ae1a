/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/display/display.h"

#include "agent/base/clock.h"
#include "agent/net/loop.h"
#include "drivers/display/display_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cells {
    uint8_t rows[DISPLAY_ROWS][DISPLAY_COLUMNS_MAX];
};

struct display {
    struct display_face face;
    struct port *port;
    struct loop_timer *timer; /* the next turn, or the next try */
    int64_t turn_ms, retry_ms, write_ms;
    struct cells pages[DISPLAY_PAGES_MAX];
    size_t page_count, page_at; /* the one wanted now */
    struct cells shown;         /* as written last */
    bool begun;                 /* set up since the line came up, and shown holds */
    bool writing;
    struct cells coming; /* while writing */
    enum device_state state;
    int64_t since_mono_ms;
    uint64_t shown_count;
    int64_t shown_mono_ms;
};

/* The one place where the state changes. */
static void display_move(struct display *display, enum device_state to)
{
    if (display->state == to)
        return;
    display->state = to;
    display->since_mono_ms = clock_mono_ms(clock_system());
}

static bool is_shown(const struct display *display)
{
    return display->begun && memcmp(&display->shown, &display->pages[display->page_at], sizeof display->shown) == 0;
}

/* Awaits what is to be done next without anybody asking; an idle display wakes nobody. */
static void await(struct display *display)
{
    if (display->state == DEVICE_DEGRADED)
        loop_timer_set(display->timer, display->retry_ms, 0);
    else if (display->state == DEVICE_READY && display->page_count > 1)
        loop_timer_set(display->timer, display->turn_ms, 0);
    else
        loop_timer_stop(display->timer);
}

static void send(struct display *display);

static void on_written(void *context, enum status st, size_t bytes_written)
{
    struct display *display = context;

    (void)bytes_written;
    display->writing = false;
    if (st == ST_OK) {
        display->shown = display->coming;
        display->begun = true;
        display->shown_count++;
        display->shown_mono_ms = clock_mono_ms(clock_system());
        display_move(display, DEVICE_READY);
        if (!is_shown(display))
            send(display);
    } else {
        /* Half a command may be there: all of it anew. */
        display->begun = false;
        if (st != ST_OFFLINE)
            display_move(display, DEVICE_DEGRADED);
    }
    await(display);
}

/* Writes the page that is wanted, unless it stands there, something is being written, or the line is away. */
static void send(struct display *display)
{
    uint8_t bytes[DISPLAY_BYTES_MAX];
    const struct display_face *face = &display->face;
    size_t len = 0;

    if (display->writing || display->page_count == 0 || is_shown(display) ||
        (display->state != DEVICE_READY && display->state != DEVICE_DEGRADED))
        return;
    display->coming = display->pages[display->page_at];
    if (!display->begun || clock_mono_ms(clock_system()) - display->shown_mono_ms > DISPLAY_RENEW_MS)
        len = face->set->begin(face->code_page_n, bytes);
    for (int row = 0; row < DISPLAY_ROWS; row++)
        len += face->set->line(row, display->coming.rows[row], face->columns, bytes + len);
    display->writing = port_write(display->port, bytes, len, display->write_ms, on_written, display) == ST_OK;
}

static void on_timer(void *context)
{
    struct display *display = context;

    if (display->state == DEVICE_READY && display->page_count > 0)
        display->page_at = (display->page_at + 1) % display->page_count;
    send(display);
    await(display);
}

static void on_port_state(void *context, enum port_state state)
{
    struct display *display = context;

    display_move(display, device_state_of_line(state));
    display->begun = false;
    send(display);
    await(display);
}

void display_show(struct display *display, const struct display_page *pages, size_t count)
{
    display->page_count = count < DISPLAY_PAGES_MAX ? count : DISPLAY_PAGES_MAX;
    display->page_at = 0;
    memset(display->pages, 0, sizeof display->pages);
    for (size_t i = 0; i < display->page_count; i++)
        display_face_page(&display->face, &pages[i], display->pages[i].rows);
    send(display);
    await(display);
}

enum status display_create(const struct display_options *options, struct display **out_display, struct errmsg *err)
{
    struct display *display = calloc(1, sizeof *display);
    struct port_options port = {.uri = options->uri,
                                .loop = options->loop,
                                .name = options->name,
                                .on_state = on_port_state,
                                .context = display};
    enum status st = ST_NOMEM;

    if (!display) {
        errmsg_set(err, "%s: out of memory", options->name);
        return st;
    }
    display->turn_ms = options->turn_ms > 0 ? options->turn_ms : DISPLAY_TURN_MS;
    display->retry_ms = options->retry_ms > 0 ? options->retry_ms : DISPLAY_RETRY_MS;
    display->write_ms = options->write_ms > 0 ? options->write_ms : DISPLAY_WRITE_MS;
    display->since_mono_ms = clock_mono_ms(clock_system());
    st = display_face_init(&display->face, options, err);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, on_timer, display, &display->timer);
    if (st == ST_OK)
        st = port_create(&port, &display->port, err);
    if (st != ST_OK) {
        display_destroy(display);
        return st;
    }
    *out_display = display;
    return ST_OK;
}

void display_destroy(struct display *display)
{
    if (!display)
        return;
    display->page_count = 0; /* a write that ends now begins no other */
    port_destroy(display->port);
    loop_timer_destroy(display->timer);
    free(display);
}

void display_status(const struct display *display, struct display_status *out_status)
{
    struct display_status status = {.state = display->state,
                                    .since_mono_ms = display->since_mono_ms,
                                    .shown_count = display->shown_count,
                                    .substituted_count = display->face.substituted,
                                    .shown_mono_ms = display->shown_mono_ms,
                                    .current = is_shown(display)};

    port_status(display->port, &status.port);
    if (display->state == DEVICE_DEGRADED)
        (void)snprintf(status.reason, sizeof status.reason,
                       "the display takes no data: is it switched on, is its cable in?");
    else if (display->state != DEVICE_READY)
        (void)snprintf(status.reason, sizeof status.reason, "%s", status.port.reason);
    *out_status = status;
}
