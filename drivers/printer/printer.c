/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/printer.h"

#include "agent/net/loop.h"
#include "agent/receipt/page.h"
#include "drivers/port/port.h"
#include "drivers/printer/render.h"
#include "drivers/printer/font.h"
#include "drivers/printer/language.h"
#include "drivers/printer/pictures.h"
#include "drivers/printer/printer_internal.h"
#include "drivers/printer/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *print_state_text(enum print_state state)
{
    static const char *const texts[] = {"pending", "sending", "sent", "confirmed", "unknown", "failed"};

    return texts[state];
}

static void read_state(const struct printer *printer, struct printer_status *out)
{
    const struct printer_watch *watch = &printer->watch;
    const char *trouble = escpos_condition_trouble(&watch->condition);

    port_status(printer->port, &out->port);
    out->paper_low = printer->line_up && watch->heard && watch->condition.paper_low;
    out->reason[0] = '\0';
    if (!printer->line_up) {
        out->state = device_state_of_line(out->port.state);
        (void)snprintf(out->reason, sizeof out->reason, "%s", out->port.reason);
    } else if (watch->missed) {
        out->state = DEVICE_DEGRADED;
        (void)snprintf(out->reason, sizeof out->reason, "the printer does not answer: is it switched on?");
    } else if (!watch->heard) {
        out->state = DEVICE_PROBING;
        (void)snprintf(out->reason, sizeof out->reason, "the printer is being asked how it is");
    } else if (trouble) {
        out->state = DEVICE_DEGRADED;
        (void)snprintf(out->reason, sizeof out->reason, "%s", trouble);
    } else {
        out->state = DEVICE_READY;
        if (out->paper_low)
            (void)snprintf(out->reason, sizeof out->reason, "the paper is nearly used up");
    }
}

/* The condition may have changed. */
static void refresh(struct printer *printer)
{
    struct printer_status now = printer->status;

    read_state(printer, &now);
    if (now.state == printer->status.state && now.paper_low == printer->status.paper_low &&
        strcmp(now.reason, printer->status.reason) == 0)
        return;
    if (now.state != printer->status.state)
        now.since_mono_ms = loop_now_ms(printer->loop);
    printer->status = now;
    if (printer->on_state)
        printer->on_state(printer->context, &now);
}

static void on_bytes(void *context, const void *bytes, size_t len, int64_t received_ns)
{
    struct printer *printer = context;
    struct escpos_packet packet;

    (void)received_ns;
    for (size_t i = 0; i < len; i++) {
        if (printer->language->push(&printer->reader, ((const uint8_t *)bytes)[i], &packet) == ESCPOS_NOTHING)
            continue;
        marker_note(printer, &packet);
        watch_packet(&printer->watch, &packet);
        jobs_packet(printer, &packet);
    }
    refresh(printer);
}

bool printer_tells_by_itself(const struct printer *printer)
{
    return printer->profile->asb && printer->language->automatic;
}

static void on_round(void *context, bool answered)
{
    struct printer *printer = context;

    if (!answered)
        escpos_reader_reset(&printer->reader);
    refresh(printer);
    if (answered && printer_tells_by_itself(printer) && !printer->told_asb && printer->line_up) {
        const char *ask = printer->language->automatic;

        printer->told_asb = port_write(printer->port, ask, strlen(ask), WATCH_ANSWER_MS, NULL, NULL) == ST_OK;
    }
    jobs_round(printer, answered);
}

static void on_port_state(void *context, enum port_state state)
{
    struct printer *printer = context;
    bool line_up = state == PORT_READY;

    if (line_up != printer->line_up) {
        printer->line_up = line_up;
        printer->told_asb = false;
        escpos_reader_reset(&printer->reader);
        if (line_up)
            watch_open(&printer->watch, printer->port);
        else
            watch_close(&printer->watch);
        refresh(printer);
        jobs_line(printer, line_up);
        return;
    }
    refresh(printer);
}

static void on_start_timer(void *context)
{
    jobs_start(context);
}

static enum status take_profile(struct printer *printer, const struct printer_options *options, struct errmsg *err)
{
    const char *name = options->profile && options->profile[0] ? options->profile : profile_at(0)->name;
    enum status st = ST_OK;

    if (options->profiles_path && options->profiles_path[0])
        st = profiles_load_file(options->profiles_path, &printer->profiles, err);
    if (st != ST_OK)
        return st;
    printer->profile = profiles_find(printer->profiles, name);
    if (printer->profile)
        return ST_OK;
    errmsg_set(err, "printer: no profile is called \"%.40s\"; loyalctl devices profiles lists them", name);
    return ST_INVALID;
}

/* A font that is not installed is none; a picture that is none is a fault of the settings. */
static enum status take_looks(struct printer *printer, const struct printer_options *options, struct errmsg *err)
{
    enum status st = ST_NOT_FOUND;

    if (options->font_path && options->font_path[0])
        st = font_load_file(options->font_path, &printer->font, err);
    if (st != ST_OK && st != ST_NOT_FOUND)
        return st;
    if (err)
        err->text[0] = '\0';
    if (!options->pictures_path || !options->pictures_path[0])
        return ST_OK;
    return pictures_load(options->pictures_path, printer->profile->dots, &printer->pictures, err);
}

static enum status take_options(struct printer *printer, const struct printer_options *options, struct errmsg *err)
{
    enum status st = take_profile(printer, options, err);

    if (st == ST_OK)
        st = take_looks(printer, options, err);
    if (st != ST_OK)
        return st;
    printer->drawer = options->drawer;
    (void)snprintf(printer->name, sizeof printer->name, "%s", options->name ? options->name : "printer");
    printer->loop = options->loop;
    printer->on_state = options->on_state;
    printer->context = options->context;
    marker_start(printer);
    printer->confirm_ms = options->confirm_ms > 0 ? options->confirm_ms : PRINTER_CONFIRM_MS;
    printer->attention_ms = options->attention_ms > 0 ? options->attention_ms : PRINTER_ATTENTION_MS;
    printer->absent_ms = options->absent_ms > 0 ? options->absent_ms : PRINTER_ABSENT_MS;
    return ST_OK;
}

enum status printer_create(const struct printer_options *options, struct printer **out_printer, struct errmsg *err)
{
    struct printer *printer = calloc(1, sizeof *printer);
    struct port_options port = {.uri = options->uri,
                                .loop = options->loop,
                                .on_bytes = on_bytes,
                                .on_state = on_port_state,
                                .context = printer};
    enum status st = ST_NOMEM;

    if (!printer) {
        errmsg_set(err, "printer: out of memory");
        return st;
    }
    st = take_options(printer, options, err);
    if (st != ST_OK)
        goto fail;
    printer->language = printer->watch.language = language_of(printer->profile);
    printer->watch.loop = options->loop;
    printer->watch.round_done = on_round;
    printer->watch.context = printer;
    st = watch_create(&printer->watch, err);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, jobs_on_timer, printer, &printer->job_timer);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, on_start_timer, printer, &printer->start_timer);
    if (st != ST_OK)
        goto fail;
    port.name = printer->name;
    st = port_create(&port, &printer->port, err);
    if (st != ST_OK)
        goto fail;
    read_state(printer, &printer->status);
    printer->status.since_mono_ms = loop_now_ms(printer->loop);
    *out_printer = printer;
    return ST_OK;
fail:
    printer_destroy(printer);
    return st;
}

void printer_destroy(struct printer *printer)
{
    if (!printer)
        return;
    printer->on_state = NULL;
    printer->ending = true;
    if (printer->port) {
        printer->line_up = false;
        jobs_end_all(printer);
        port_destroy(printer->port);
    }
    loop_timer_destroy(printer->start_timer);
    loop_timer_destroy(printer->job_timer);
    watch_destroy(&printer->watch);
    pictures_destroy(printer->pictures);
    font_destroy(printer->font);
    profiles_destroy(printer->profiles);
    free(printer);
}

void printer_status(const struct printer *printer, struct printer_status *out_status)
{
    *out_status = printer->status;
    port_status(printer->port, &out_status->port);
    out_status->ignored_bytes += printer->reader.ignored_bytes;
}
