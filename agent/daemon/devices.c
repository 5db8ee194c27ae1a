/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/devices.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/settings/options.h"
#include "drivers/printer/printer.h"
#include "drivers/scanner/scanner.h"

#include <stdlib.h>
#include <string.h>

struct devices {
    struct till *till; /* view: where scans go */
    struct scanner *scanner;
    struct printer *printer;
    const struct options *options;
    struct loop *loop;
};

/* ---- scanner ---- */

static void on_scan(void *context, const struct scan *scan)
{
    struct devices *devices = context;
    struct till_scan told = {scan->symbology, scan->text, scan->len, scan->device, scan->received_ns, false};

    if (devices->till)
        till_scanned(devices->till, &told);
}

static void on_fault(void *context, const char *code, const char *text)
{
    struct devices *devices = context;

    log_debug("scanner", "fault code=%s", code);
    if (devices->till)
        till_scan_fault(devices->till, "scanner", text);
}

static enum status open_scanner(struct devices *devices, struct errmsg *err)
{
    const struct options *options = devices->options;
    struct scanner_options wanted = {
        .name = "scanner",
        .uri = options->scanner_port,
        .loop = devices->loop,
        .code_ids = (enum scanner_code_ids)options->scanner_code_ids,
        .framing = (enum scanner_framing)options->scanner_framing,
        .on_scan = on_scan,
        .on_fault = on_fault,
        .context = devices,
    };

    return options->scanner_port[0] == '\0' ? ST_OK : scanner_create(&wanted, &devices->scanner, err);
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
        .loop = devices->loop,
    };

    return options->printer_port[0] == '\0' ? ST_OK : printer_create(&wanted, &devices->printer, err);
}

struct till_printer devices_printer(struct devices *devices)
{
    return (struct till_printer){devices, devices->printer ? print : NULL};
}

/* ---- both ---- */

enum status devices_create(struct loop *loop, const struct options *options, struct devices **out_devices,
                           struct errmsg *err)
{
    struct devices *devices = calloc(1, sizeof *devices);
    enum status st;

    if (!devices)
        return ST_NOMEM;
    devices->options = options;
    devices->loop = loop;
    st = open_scanner(devices, err);
    if (st != ST_OK)
        errmsg_wrap(err, "[scanner]");
    if (st == ST_OK) {
        st = open_printer(devices, err);
        if (st != ST_OK)
            errmsg_wrap(err, "[printer]");
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
    scanner_destroy(devices->scanner);
    printer_destroy(devices->printer); /* ends its jobs: the till is still there to be told */
    free(devices);
}

void devices_serve(struct devices *devices, struct till *till)
{
    devices->till = till;
}

static void write_device(struct json_writer *w, const char *kind, const char *port, const char *state,
                         const char *reason, int64_t since_mono_ms)
{
    const struct clock_source *clock = clock_system();

    jw_object_begin(w);
    jw_field_text(w, "kind", kind);
    jw_field_text(w, "name", kind);
    jw_field_text(w, "port", port);
    jw_field_text(w, "state", state);
    if (reason[0] != '\0')
        jw_field_text(w, "reason", reason);
    jw_field_int(w, "since_unix_ms", clock_wall_ms(clock) - (clock_mono_ms(clock) - since_mono_ms));
    jw_object_end(w);
}

void devices_write(const struct devices *devices, struct json_writer *w)
{
    jw_array_begin(w);
    if (devices->scanner) {
        struct scanner_status status;

        scanner_status(devices->scanner, &status);
        write_device(w, "scanner", devices->options->scanner_port, port_state_text(status.port.state),
                     status.port.reason, status.port.since_mono_ms);
    }
    if (devices->printer) {
        struct printer_status status;

        printer_status(devices->printer, &status);
        write_device(w, "printer", devices->options->printer_port, printer_condition_text(status.condition),
                     status.reason, status.since_mono_ms);
    }
    jw_array_end(w);
}
