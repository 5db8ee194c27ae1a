/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/devices.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/settings/options.h"
#include "drivers/display/display.h"
#include "drivers/printer/printer.h"
#include "drivers/scanner/scanner.h"

#include <stdlib.h>

/* A scanner and whose it is. */
struct device_scanner {
    struct devices *devices;
    const char *name;
    struct scanner *scanner; /* NULL: none is configured */
};

struct devices {
    struct till *till; /* view: where scans go */
    struct device_scanner scanners[OPTIONS_SCANNERS];
    struct printer *printer;
    struct display *display;
    const struct options *options;
    struct loop *loop;
};

/* ---- scanners ---- */

static const char *const scanner_names[OPTIONS_SCANNERS] = {"scanner", "scanner2", "scanner3", "scanner4"};

static void on_scan(void *context, const struct scan *scan)
{
    struct device_scanner *own = context;
    struct till_scan told = {scan->symbology, scan->text, scan->len, scan->device, scan->received_ns, false};

    if (own->devices->till && !till_scanned(own->devices->till, &told))
        scanner_bad_read(own->scanner);
}

static void on_fault(void *context, const char *code, const char *text)
{
    struct device_scanner *own = context;

    log_debug(own->name, "fault code=%s", code);
    if (own->devices->till)
        till_scan_fault(own->devices->till, own->name, text);
}

static enum status open_scanner(struct devices *devices, int i, struct errmsg *err)
{
    const struct scanner_settings *settings = &devices->options->scanners[i];
    struct device_scanner *own = &devices->scanners[i];
    struct scanner_options wanted = {
        .name = scanner_names[i],
        .uri = settings->port,
        .loop = devices->loop,
        .family = (enum scanner_family_id)settings->family,
        .code_ids = (enum scanner_code_ids)settings->code_ids,
        .code_id_table = settings->code_id_table,
        .framing = (enum scanner_framing)settings->framing,
        .uid_format = (enum scanner_uid_format)settings->uid_format,
        .uid_bytes = settings->uid_bytes,
        .answer = (enum scanner_answer)settings->answer,
        .on_scan = on_scan,
        .on_fault = on_fault,
        .context = own,
    };
    enum status st;

    own->devices = devices;
    own->name = scanner_names[i];
    if (settings->port[0] == '\0')
        return ST_OK;
    st = scanner_create(&wanted, &own->scanner, err);
    if (st != ST_OK)
        errmsg_wrap(err, "[%s]", own->name);
    return st;
}

/* ---- printer ---- */

/* Who is told how a job ended. */
struct print_job {
    till_printed_fn *printed;
    void *context;
};

static void on_printed(void *context, const char *job_id, enum print_state state, const char *reason)
{
    struct print_job *job = context;

    job->printed(job->context, job_id,
                 state == PRINT_CONFIRMED ? TILL_PRINT_CONFIRMED
                 : state == PRINT_FAILED  ? TILL_PRINT_FAILED
                                          : TILL_PRINT_UNKNOWN,
                 reason);
    free(job);
}

static void print(void *device, const struct page *page, const char *job_id, till_printed_fn *printed, void *context)
{
    struct devices *devices = device;
    struct print_job *job = malloc(sizeof *job);
    struct errmsg err = ERRMSG_INIT;
    struct print_callbacks callbacks = {.done = on_printed, .context = job};
    enum status st = ST_NOMEM;

    if (job) {
        *job = (struct print_job){printed, context};
        st = printer_print(devices->printer, page, job_id, &callbacks, &err);
    }
    if (st == ST_OK)
        return;
    free(job);
    printed(context, job_id, TILL_PRINT_FAILED, err.text[0] ? err.text : status_text(st));
}

static enum status open_printer(struct devices *devices, struct errmsg *err)
{
    const struct options *options = devices->options;
    struct printer_options wanted = {
        .name = "printer",
        .uri = options->printer_port,
        .profile = options->printer_profile,
        .profiles_path = options->printer_profiles,
        .font_path = options->printer_font,
        .pictures_path = options->printer_pictures,
        .drawer = (enum printer_drawer)options->printer_drawer,
        .loop = devices->loop,
    };

    return options->printer_port[0] == '\0' ? ST_OK : printer_create(&wanted, &devices->printer, err);
}

struct till_printer devices_printer(struct devices *devices)
{
    return (struct till_printer){devices, devices->printer ? print : NULL};
}

/* ---- customer display ---- */

static void show(void *device, const struct till_screen *screens, size_t count)
{
    struct devices *devices = device;
    struct display_page pages[DISPLAY_PAGES_MAX] = {0};
    size_t page_count = count < DISPLAY_PAGES_MAX ? count : DISPLAY_PAGES_MAX;

    for (size_t i = 0; i < page_count; i++) {
        for (int row = 0; row < DISPLAY_ROWS; row++)
            pages[i].lines[row] = (struct display_line){screens[i].lines[row].left, screens[i].lines[row].right};
    }
    display_show(devices->display, pages, page_count);
}

static enum status open_display(struct devices *devices, struct errmsg *err)
{
    const struct options *options = devices->options;
    struct display_options wanted = {
        .name = "display",
        .uri = options->display_port,
        .loop = devices->loop,
        .set = (enum display_set_id)options->display_commands,
        .code_page = (int)options->display_code_page,
        .code_page_n = (int)options->display_code_page_n,
        .columns = (int)options->display_columns,
    };

    return options->display_port[0] == '\0' ? ST_OK : display_create(&wanted, &devices->display, err);
}

struct till_display devices_display(struct devices *devices)
{
    return (struct till_display){devices, devices->display ? show : NULL, devices->options->display_welcome};
}

/* ---- all ---- */

enum status devices_create(struct loop *loop, const struct options *options, struct devices **out_devices,
                           struct errmsg *err)
{
    struct devices *devices = calloc(1, sizeof *devices);
    enum status st = ST_OK;

    if (!devices)
        return ST_NOMEM;
    devices->options = options;
    devices->loop = loop;
    for (int i = 0; i < OPTIONS_SCANNERS && st == ST_OK; i++)
        st = open_scanner(devices, i, err);
    if (st == ST_OK) {
        st = open_printer(devices, err);
        if (st != ST_OK)
            errmsg_wrap(err, "[printer]");
    }
    if (st == ST_OK) {
        st = open_display(devices, err);
        if (st != ST_OK)
            errmsg_wrap(err, "[display]");
    }
    if (st != ST_OK) {
        devices_destroy(devices);
        return st;
    }
    *out_devices = devices;
    return ST_OK;
}

void devices_destroy(struct devices *devices)
{
    if (!devices)
        return;
    for (int i = 0; i < OPTIONS_SCANNERS; i++)
        scanner_destroy(devices->scanners[i].scanner);
    display_destroy(devices->display);
    printer_destroy(devices->printer); /* ends its jobs: the till is still there to be told */
    free(devices);
}

void devices_serve(struct devices *devices, struct till *till)
{
    devices->till = till;
}

/* A moment of the monotonic clock as wall time, by the wall clock of now. */
static int64_t as_unix_ms(int64_t mono_ms)
{
    const struct clock_source *clock = clock_system();

    return clock_wall_ms(clock) - (clock_mono_ms(clock) - mono_ms);
}

/* What every device has; the object stays open. */
static void begin_device(struct json_writer *w, const char *kind, const char *name, const char *port,
                         enum device_state state, const char *reason, int64_t since_mono_ms,
                         const struct port_status *line)
{
    jw_object_begin(w);
    jw_field_text(w, "kind", kind);
    jw_field_text(w, "name", name);
    jw_field_text(w, "port", port);
    jw_field_text(w, "state", device_state_text(state));
    if (reason[0] != '\0')
        jw_field_text(w, "reason", reason);
    jw_field_int(w, "since_unix_ms", as_unix_ms(since_mono_ms));
    if (line->heard_mono_ms > 0) /* how fresh all that is */
        jw_field_int(w, "heard_unix_ms", as_unix_ms(line->heard_mono_ms));
    jw_field_int(w, "opened", line->open_count);
    jw_field_int(w, "lost", line->lost_count);
}

static void write_scanner(const struct device_scanner *own, const struct scanner_settings *settings,
                          struct json_writer *w)
{
    struct scanner_status status;

    scanner_status(own->scanner, &status);
    begin_device(w, "scanner", own->name, settings->port, status.state, status.reason, status.since_mono_ms,
                 &status.port);
    jw_field_text(w, "family", scanner_family_text((enum scanner_family_id)settings->family));
    if (status.device[0] != '\0')
        jw_field_text(w, "device", status.device);
    jw_field_int(w, "scans", (int64_t)status.scan_count);
    jw_field_int(w, "repeats", (int64_t)status.repeat_count);
    jw_field_int(
        w, "unreadable",
        (int64_t)(status.garbage_count + status.oversize_count + status.broken_count + status.check_digit_count));
    jw_field_int(w, "payment_cards", (int64_t)status.payment_card_count);
    jw_field_int(w, "resent", (int64_t)status.resent_count);
    if (status.last_scan_mono_ms > 0)
        jw_field_int(w, "last_scan_unix_ms", as_unix_ms(status.last_scan_mono_ms));
    jw_object_end(w);
}

static void write_printer(const struct devices *devices, struct json_writer *w)
{
    struct printer_status status;

    printer_status(devices->printer, &status);
    begin_device(w, "printer", "printer", devices->options->printer_port, status.state, status.reason,
                 status.since_mono_ms, &status.port);
    jw_field_bool(w, "paper_low", status.paper_low);
    jw_field_int(w, "queued", (int64_t)status.queued);
    jw_field_int(w, "confirmed", (int64_t)status.confirmed_count);
    jw_field_int(w, "unknown", (int64_t)status.unknown_count);
    jw_field_int(w, "failed", (int64_t)status.failed_count);
    jw_field_int(w, "substituted", (int64_t)status.substituted_count);
    jw_field_int(w, "drawn", (int64_t)status.drawn_count);
    jw_object_end(w);
}

static void write_display(const struct devices *devices, struct json_writer *w)
{
    struct display_status status;

    display_status(devices->display, &status);
    begin_device(w, "display", "display", devices->options->display_port, status.state, status.reason,
                 status.since_mono_ms, &status.port);
    jw_field_int(w, "shown", (int64_t)status.shown_count);
    jw_field_bool(w, "current", status.current);
    if (status.shown_mono_ms > 0)
        jw_field_int(w, "shown_unix_ms", as_unix_ms(status.shown_mono_ms));
    jw_field_int(w, "substituted", (int64_t)status.substituted_count);
    jw_object_end(w);
}

void devices_write(const struct devices *devices, struct json_writer *w)
{
    jw_array_begin(w);
    for (int i = 0; i < OPTIONS_SCANNERS; i++)
        if (devices->scanners[i].scanner)
            write_scanner(&devices->scanners[i], &devices->options->scanners[i], w);
    if (devices->printer)
        write_printer(devices, w);
    if (devices->display)
        write_display(devices, w);
    jw_array_end(w);
}
