/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_display.h"

#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim_pty.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 512, ROW_BYTES = 4 * SIM_POLE_COLUMNS_MAX + 1, ANSWER_BYTES = 2 * ROW_BYTES + 64 };

struct sim_display {
    struct sim_display_options options;
    char link_path[SIM_PATH_BYTES_MAX];
    struct sim_pty pty;
    struct loop_watch *watch; /* while plugged in */
    struct sim_pole inside;
    bool stalled;
};

const struct sim_pole *sim_display_pole(const struct sim_display *display)
{
    return &display->inside;
}

static void row_text(const struct sim_display *display, int row, char out[ROW_BYTES])
{
    struct strbuf text = STRBUF_INIT(ROW_BYTES);

    sim_pole_row(&display->inside, row, &text);
    (void)snprintf(out, ROW_BYTES, "%s", strbuf_text(&text));
    strbuf_free(&text);
}

static void tell_rows(struct sim_display *display)
{
    char top[ROW_BYTES], bottom[ROW_BYTES];

    if (!display->options.on_rows)
        return;
    row_text(display, 0, top);
    row_text(display, 1, bottom);
    display->options.on_rows(display->options.context, top, bottom);
}

static void on_line(void *context, int events)
{
    struct sim_display *display = context;
    uint32_t before[SIM_POLE_ROWS][SIM_POLE_COLUMNS_MAX];
    uint8_t bytes[READ_BYTES];
    ssize_t len = read(display->pty.fd, bytes, sizeof bytes);

    (void)events; /* the far end never hangs up: sim_pty holds it open */
    if (len < 0 && errno != EAGAIN && errno != EINTR)
        log_warn("display-01", "reading: %s", strerrordesc_np(errno));
    if (len <= 0)
        return;
    memcpy(before, display->inside.cells, sizeof before);
    sim_pole_feed(&display->inside, bytes, (size_t)len);
    if (memcmp(before, display->inside.cells, sizeof before) != 0)
        tell_rows(display);
}

static void unplug(struct sim_display *display)
{
    loop_watch_destroy(display->watch);
    display->watch = NULL;
    sim_pty_unplug(&display->pty);
}

static enum status plug(struct sim_display *display, struct errmsg *err)
{
    enum status st = sim_pty_plug(&display->pty, display->link_path, err);

    if (st == ST_OK)
        st = loop_watch_create(display->options.loop, display->pty.fd, display->stalled ? 0 : LOOP_READABLE, on_line,
                               display, &display->watch, err);
    if (st != ST_OK)
        sim_pty_unplug(&display->pty);
    return st;
}

static void set_stalled(struct sim_display *display, bool stalled)
{
    display->stalled = stalled;
    if (display->watch)
        loop_watch_change(display->watch, stalled ? 0 : LOOP_READABLE);
}

static void write_state(const struct sim_display *display, char out[ANSWER_BYTES])
{
    const struct sim_pole *pole = &display->inside;

    (void)snprintf(out, ANSWER_BYTES,
                   "ok set=%s line=%s page=%d brightness=%d obeyed=%" PRIu64 " unknown=%" PRIu64 " ignored=%" PRIu64
                   " undecodable=%" PRIu64,
                   pole->set == SIM_POLE_EPSON ? "epson" : "cd5220",
                   display->pty.fd < 0 ? "unplugged"
                   : display->stalled  ? "stalled"
                                       : "plugged",
                   pole->page, pole->brightness, pole->obeyed, pole->unknown, pole->ignored, pole->undecodable);
}

static void write_rows(const struct sim_display *display, char out[ANSWER_BYTES])
{
    char top[ROW_BYTES], bottom[ROW_BYTES];

    row_text(display, 0, top);
    row_text(display, 1, bottom);
    (void)snprintf(out, ANSWER_BYTES, "ok [%s][%s]", top, bottom);
}

void sim_display_command(struct sim_display *display, const char *line)
{
    char out[ANSWER_BYTES] = "ok";
    struct errmsg err = ERRMSG_INIT;

    if (strcmp(line, "show") == 0) {
        write_rows(display, out);
    } else if (strcmp(line, "state") == 0) {
        write_state(display, out);
    } else if (strcmp(line, "stall") == 0 || strcmp(line, "resume") == 0) {
        set_stalled(display, line[0] == 's');
    } else if (strcmp(line, "power-cycle") == 0) {
        sim_pole_init(&display->inside, display->options.set, display->options.columns);
        tell_rows(display);
    } else if (strcmp(line, "unplug") == 0) {
        unplug(display);
    } else if (strcmp(line, "plug") == 0) {
        if (display->pty.fd < 0 && plug(display, &err) != ST_OK)
            (void)snprintf(out, sizeof out, "error %.140s", err.text);
    } else {
        (void)snprintf(out, sizeof out, "error commands: show, state, stall, resume, power-cycle, unplug, plug");
    }
    display->options.on_answer(display->options.context, out);
}

enum status sim_display_create(const struct sim_display_options *options, struct sim_display **out_display,
                               struct errmsg *err)
{
    struct sim_display *display = calloc(1, sizeof *display);
    enum status st;

    if (!display) {
        errmsg_set(err, "out of memory");
        return ST_NOMEM;
    }
    display->options = *options;
    display->pty = (struct sim_pty)SIM_PTY_INIT;
    (void)snprintf(display->link_path, sizeof display->link_path, "%s", options->link_path);
    sim_pole_init(&display->inside, options->set, options->columns);
    st = plug(display, err);
    if (st != ST_OK) {
        sim_display_destroy(display);
        return st;
    }
    *out_display = display;
    return ST_OK;
}

void sim_display_destroy(struct sim_display *display)
{
    if (!display)
        return;
    unplug(display);
    free(display);
}
