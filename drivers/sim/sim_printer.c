/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_printer.h"

#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim_escpos.h"
#include "drivers/sim/sim_pty.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BOOT_MS = 1500, READ_BYTES = 512, SLIPS_MAX = 9999, ANSWER_BYTES = 160 };

struct sim_printer {
    struct sim_printer_options options;
    char link_path[SIM_PATH_BYTES_MAX];
    char out_dir[SIM_PATH_BYTES_MAX];
    struct sim_pty pty;
    struct loop_watch *watch; /* while plugged in; pauses when nothing can be received */
    struct sim_escpos inside;
    bool stalled;
    bool booting;
    struct loop_timer *boot_timer;
    uint64_t taken, given;          /* bytes since it was plugged in */
    unsigned slip_first, slip_next; /* numbers */
};

static void answer(struct sim_printer *printer, const char *text)
{
    printer->options.on_answer(printer->options.context, text);
}

/* What the host does not read while 4 kB of a pty are full is lost, as on a wire. */
static void reply(void *context, const uint8_t *bytes, size_t len)
{
    struct sim_printer *printer = context;

    ssize_t written = 0;

    if (printer->pty.fd >= 0 && !printer->stalled && !printer->booting)
        written = write(printer->pty.fd, bytes, len);
    if (written > 0)
        printer->given += (uint64_t)written;
}

static void on_cut(void *context)
{
    struct sim_printer *printer = context;
    struct errmsg err = ERRMSG_INIT;
    unsigned number = printer->slip_next;

    if (number > SLIPS_MAX) {
        log_error("printer-01", "%s holds %d slips: empty it", printer->out_dir, SLIPS_MAX);
        return;
    }
    if (slip_write(&printer->inside.slip, printer->out_dir, number, &err) != ST_OK) {
        log_error("printer-02", "%s", err.text);
        return;
    }
    printer->slip_next++;
    log_info("printer-03", "cut a slip number=%u dir=%s", number, printer->out_dir);
    if (printer->options.on_slip)
        printer->options.on_slip(printer->options.context, number);
}

static bool reads(const struct sim_printer *printer)
{
    return !printer->stalled && !printer->booting && sim_escpos_room(&printer->inside) > 0;
}

static void watch_again(struct sim_printer *printer)
{
    if (printer->watch)
        loop_watch_change(printer->watch, reads(printer) ? LOOP_READABLE : 0);
}

void sim_printer_traffic(const struct sim_printer *printer, struct sim_traffic *out_traffic)
{
    *out_traffic = (struct sim_traffic){.plugged = printer->pty.fd >= 0,
                                        .reads = printer->pty.fd >= 0 && reads(printer),
                                        .taken = printer->taken,
                                        .given = printer->given};
}

static void on_line(void *context, int events)
{
    struct sim_printer *printer = context;
    uint8_t bytes[READ_BYTES];
    size_t room = sim_escpos_room(&printer->inside);
    ssize_t len;

    (void)events; /* the far end never hangs up: sim_pty holds it open */
    len = read(printer->pty.fd, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (len > 0)
        printer->taken += (uint64_t)len;
    if (len > 0)
        sim_escpos_feed(&printer->inside, bytes, (size_t)len);
    else if (len < 0 && errno != EAGAIN && errno != EINTR)
        log_warn("printer-04", "reading: %s", strerrordesc_np(errno));
    watch_again(printer);
}

static void unplug(struct sim_printer *printer)
{
    loop_watch_destroy(printer->watch);
    printer->watch = NULL;
    sim_pty_unplug(&printer->pty);
}

static enum status plug(struct sim_printer *printer, struct errmsg *err)
{
    enum status st = sim_pty_plug(&printer->pty, printer->link_path, err);

    printer->taken = printer->given = 0;

    if (st == ST_OK)
        st = loop_watch_create(printer->options.loop, printer->pty.fd, LOOP_READABLE, on_line, printer,
                               &printer->watch, err);
    if (st != ST_OK)
        sim_pty_unplug(&printer->pty);
    else
        watch_again(printer);
    return st;
}

/* What the host has sent meanwhile is still on its way: its flow control held it. */
static void on_boot(void *context)
{
    struct sim_printer *printer = context;

    printer->booting = false;
    watch_again(printer);
}

/* Commands. Each says what to answer after "ok", or returns false with what is wrong. */

static bool do_paper(struct sim_printer *printer, const char *argument, char *out)
{
    char *end = NULL;
    long lines = strtol(argument, &end, 10);

    if (strcmp(argument, "ok") == 0)
        sim_escpos_paper(&printer->inside, SIM_PAPER_OK, -1);
    else if (strcmp(argument, "low") == 0)
        sim_escpos_paper(&printer->inside, SIM_PAPER_LOW, -1);
    else if (strcmp(argument, "out") == 0)
        sim_escpos_paper(&printer->inside, SIM_PAPER_OUT, 0);
    else if (end != argument && *end == '\0' && lines > 0 && lines < 100000)
        sim_escpos_paper(&printer->inside,
                         printer->inside.paper == SIM_PAPER_OUT ? SIM_PAPER_OK : printer->inside.paper, (int)lines);
    else
        return false;
    (void)snprintf(out, ANSWER_BYTES, "ok paper %s", argument);
    return true;
}

static bool do_cover(struct sim_printer *printer, const char *argument, char *out)
{
    if (strcmp(argument, "open") != 0 && strcmp(argument, "closed") != 0)
        return false;
    sim_escpos_cover(&printer->inside, strcmp(argument, "open") == 0);
    (void)snprintf(out, ANSWER_BYTES, "ok cover %s", argument);
    return true;
}

static bool do_busy(struct sim_printer *printer, const char *argument, char *out)
{
    if (strcmp(argument, "on") != 0 && strcmp(argument, "off") != 0)
        return false;
    sim_escpos_busy(&printer->inside, strcmp(argument, "on") == 0);
    (void)snprintf(out, ANSWER_BYTES, "ok busy %s", argument);
    return true;
}

static bool do_stall(struct sim_printer *printer, const char *argument, char *out)
{
    (void)argument;
    printer->stalled = true;
    (void)snprintf(out, ANSWER_BYTES, "ok stalled");
    return true;
}

static bool do_resume(struct sim_printer *printer, const char *argument, char *out)
{
    (void)argument;
    printer->stalled = false;
    (void)snprintf(out, ANSWER_BYTES, "ok resumed");
    return true;
}

static bool do_power_cycle(struct sim_printer *printer, const char *argument, char *out)
{
    (void)argument;
    sim_escpos_power_cycle(&printer->inside);
    printer->stalled = false;
    printer->booting = true;
    loop_timer_set(printer->boot_timer, BOOT_MS, 0);
    (void)snprintf(out, ANSWER_BYTES, "ok power-cycled");
    return true;
}

static bool do_unplug(struct sim_printer *printer, const char *argument, char *out)
{
    (void)argument;
    unplug(printer);
    (void)snprintf(out, ANSWER_BYTES, "ok unplugged");
    return true;
}

static bool do_plug(struct sim_printer *printer, const char *argument, char *out)
{
    struct errmsg err = ERRMSG_INIT;

    (void)argument;
    if (printer->pty.fd < 0 && plug(printer, &err) != ST_OK)
        (void)snprintf(out, ANSWER_BYTES, "error %.140s", err.text);
    else
        (void)snprintf(out, ANSWER_BYTES, "ok plugged");
    return true;
}

static bool do_tear(struct sim_printer *printer, const char *argument, char *out)
{
    (void)argument;
    sim_escpos_tear(&printer->inside);
    (void)snprintf(out, ANSWER_BYTES, "ok torn");
    return true;
}

static bool do_slips(struct sim_printer *printer, const char *argument, char *out)
{
    (void)argument;
    (void)snprintf(out, ANSWER_BYTES, "ok %u", printer->slip_next - printer->slip_first);
    return true;
}

static bool do_state(struct sim_printer *printer, const char *argument, char *out)
{
    static const char *const papers[] = {"ok", "low", "out"};

    (void)argument;
    (void)snprintf(out, ANSWER_BYTES, "ok paper=%s cover=%s line=%s buffered=%zu lines=%zu slips=%u",
                   papers[printer->inside.paper], printer->inside.cover_open ? "open" : "closed",
                   printer->pty.fd < 0 ? "unplugged"
                   : printer->stalled  ? "stalled"
                                       : "plugged",
                   printer->inside.buffered, printer->inside.slip.item_count,
                   printer->slip_next - printer->slip_first);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct sim_printer *printer, const char *argument, char *out);
    const char *wants;
} commands[] = {
    {"paper", do_paper, "ok, low, out or a number of lines"},
    {"cover", do_cover, "open or closed"},
    {"busy", do_busy, "on or off"},
    {"stall", do_stall, ""},
    {"resume", do_resume, ""},
    {"power-cycle", do_power_cycle, ""},
    {"unplug", do_unplug, ""},
    {"plug", do_plug, ""},
    {"tear", do_tear, ""},
    {"slips", do_slips, ""},
    {"state", do_state, ""},
};

void sim_printer_command(struct sim_printer *printer, const char *line)
{
    size_t len = strcspn(line, " ");
    const char *argument = line + len + strspn(line + len, " ");
    char out[ANSWER_BYTES];

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strlen(commands[i].name) != len || memcmp(commands[i].name, line, len) != 0)
            continue;
        if (!commands[i].run(printer, argument, out))
            (void)snprintf(out, sizeof out, "error %s: wants %s", commands[i].name, commands[i].wants);
        watch_again(printer);
        answer(printer, out);
        return;
    }
    answer(printer, "error commands: paper ok|low|out|N, cover open|closed, busy on|off, stall, resume, power-cycle, "
                    "unplug, plug, "
                    "tear, slips, state");
}

/* The first number no slip has yet. */
static unsigned next_number(const char *dir)
{
    char path[SIM_PATH_BYTES_MAX + 32];
    unsigned number = 1;

    for (; number <= SLIPS_MAX; number++) {
        (void)snprintf(path, sizeof path, "%s/slip-%04u.json", dir, number);
        if (access(path, F_OK) != 0)
            break;
    }
    return number;
}

static enum status take_options(struct sim_printer *printer, const struct sim_printer_options *options,
                                struct errmsg *err)
{
    const char *name = options->profile && options->profile[0] ? options->profile : sim_profile_at(0)->name;
    const struct sim_profile *profile = sim_profile_find(name);

    if (!profile) {
        errmsg_set(err, "no profile is called \"%.40s\"", name);
        return ST_INVALID;
    }
    if ((size_t)snprintf(printer->link_path, SIM_PATH_BYTES_MAX, "%s", options->link_path) >= SIM_PATH_BYTES_MAX ||
        (size_t)snprintf(printer->out_dir, SIM_PATH_BYTES_MAX, "%s", options->out_dir) >= SIM_PATH_BYTES_MAX) {
        errmsg_set(err, "a path is longer than %d bytes", SIM_PATH_BYTES_MAX - 1);
        return ST_INVALID;
    }
    printer->options = *options;
    sim_escpos_init(&printer->inside, profile);
    printer->inside.reply = reply;
    printer->inside.cut = on_cut;
    printer->inside.context = printer;
    return file_mkdir(printer->out_dir, 0755, err);
}

enum status sim_printer_create(const struct sim_printer_options *options, struct sim_printer **out_printer,
                               struct errmsg *err)
{
    struct sim_printer *printer = calloc(1, sizeof *printer);
    enum status st;

    if (!printer) {
        errmsg_set(err, "out of memory");
        return ST_NOMEM;
    }
    printer->pty = (struct sim_pty)SIM_PTY_INIT;
    st = take_options(printer, options, err);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, on_boot, printer, &printer->boot_timer);
    if (st == ST_OK) {
        printer->slip_first = printer->slip_next = next_number(printer->out_dir);
        st = plug(printer, err);
    }
    if (st != ST_OK) {
        sim_printer_destroy(printer);
        return st;
    }
    *out_printer = printer;
    return ST_OK;
}

void sim_printer_destroy(struct sim_printer *printer)
{
    if (!printer)
        return;
    unplug(printer);
    loop_timer_destroy(printer->boot_timer);
    sim_escpos_free(&printer->inside);
    free(printer);
}
