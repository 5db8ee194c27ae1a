/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/fault_printer.h"

#include "agent/net/loop.h"

#include <unistd.h>

enum { READ_BYTES = 64 };

bool fault_printer_reads(const struct fault_printer *printer)
{
    return printer->pty.fd >= 0 && !printer->stalled && (!printer->starting || printer->deaf) && printer->rate == 0 &&
           sim_escpos_room(&printer->inside) > 0;
}

void fault_printer_look(struct fault_printer *printer)
{
    if (printer->watch)
        loop_watch_change(printer->watch, fault_printer_reads(printer) ? LOOP_READABLE : 0);
}

static void give(struct fault_printer *printer, const uint8_t *bytes, size_t len)
{
    ssize_t written = printer->pty.fd >= 0 ? write(printer->pty.fd, bytes, len) : 0;

    if (written > 0)
        printer->given += (uint64_t)written;
}

/* The cutter's fault is added to what the simulator says of itself. */
static void on_reply(void *context, const uint8_t *bytes, size_t len)
{
    struct fault_printer *printer = context;
    uint8_t reply[64];
    bool automatic = len == 4 && (bytes[0] & 0x93) == 0x10, star = printer->inside.profile->star;

    if (printer->stalled || printer->starting || len > sizeof reply)
        return;
    for (size_t i = 0; i < len; i++)
        reply[i] = bytes[i];
    if (printer->jammed && star) {
        reply[2] |= 0x08;
        reply[3] |= 0x08;
    } else if (printer->jammed && automatic) {
        reply[0] |= 0x08;
        reply[1] |= 0x08;
    } else if (printer->jammed && len == 1 && printer->asked > 0) {
        reply[0] |= printer->asked == 2 ? 0x40 : printer->asked == 4 ? 0 : 0x08;
    }
    give(printer, reply, len);
}

static void on_cut(void *context)
{
    struct fault_printer *printer = context;

    printer->on_slip(printer->context, &printer->inside.slip);
}

static void feed(struct fault_printer *printer, uint8_t byte)
{
    bool asks = printer->seen[0] == 0x10 && printer->seen[1] == 0x04;

    printer->asked = asks ? byte : 0;
    printer->seen[0] = printer->seen[1];
    printer->seen[1] = byte;
    sim_escpos_feed(&printer->inside, &byte, 1);
    printer->asked = 0;
}

/* Takes some bytes; one that trips may unplug, stall or slow it down, and then no more are taken. */
static void take(struct fault_printer *printer, size_t max)
{
    for (size_t i = 0; i < max && printer->pty.fd >= 0 && !printer->stalled &&
                       (!printer->starting || printer->deaf) && sim_escpos_room(&printer->inside) > 0;
         i++) {
        uint8_t byte;

        if (read(printer->pty.fd, &byte, 1) != 1)
            break;
        printer->taken++;
        if (!printer->starting)
            feed(printer, byte);
        if (printer->trip_after >= 0 && printer->trip_after-- == 0)
            printer->trip(printer->trip_context);
    }
    fault_printer_look(printer);
}

static void on_line(void *context, int events)
{
    (void)events; /* the far end never hangs up: sim_pty holds it open */
    take(context, READ_BYTES);
}

static void on_tick(void *context)
{
    struct fault_printer *printer = context;

    take(printer, (size_t)printer->rate);
}

static void on_started(void *context)
{
    struct fault_printer *printer = context;

    static const uint8_t notice[] = {0x3B, 0x31, 0x00};

    printer->starting = printer->deaf = false;
    if (printer->gives_notice)
        give(printer, notice, sizeof notice);
    fault_printer_look(printer);
}

enum status fault_printer_create(struct fault_printer *printer, struct loop *loop, const char *link_path,
                                 const char *profile)
{
    enum status st;

    *printer = (struct fault_printer){.loop = loop, .link_path = link_path, .pty = SIM_PTY_INIT, .trip_after = -1};
    sim_escpos_init(&printer->inside, sim_profile_find(profile));
    printer->inside.reply = on_reply;
    printer->inside.cut = on_cut;
    printer->inside.context = printer;
    st = loop_timer_create(loop, on_tick, printer, &printer->tick);
    return st == ST_OK ? loop_timer_create(loop, on_started, printer, &printer->starts) : st;
}

void fault_printer_destroy(struct fault_printer *printer)
{
    fault_printer_unplug(printer);
    loop_timer_destroy(printer->tick);
    loop_timer_destroy(printer->starts);
    sim_escpos_free(&printer->inside);
}

enum status fault_printer_plug(struct fault_printer *printer)
{
    enum status st;

    if (printer->pty.fd >= 0)
        return ST_OK;
    st = sim_pty_plug(&printer->pty, printer->link_path, NULL);
    if (st == ST_OK)
        st =
            loop_watch_create(printer->loop, printer->pty.fd, LOOP_READABLE, on_line, printer, &printer->watch, NULL);
    printer->taken = printer->given = 0;
    fault_printer_look(printer);
    return st;
}

void fault_printer_unplug(struct fault_printer *printer)
{
    loop_watch_destroy(printer->watch);
    printer->watch = NULL;
    sim_pty_unplug(&printer->pty);
}

void fault_printer_stall(struct fault_printer *printer, bool stalled)
{
    printer->stalled = stalled;
    fault_printer_look(printer);
}

bool fault_printer_tells_of_start(const struct fault_printer *printer)
{
    return printer->gives_notice || printer->inside.profile->star;
}

void fault_printer_power_cycle(struct fault_printer *printer, int64_t start_ms, unsigned how)
{
    static const uint8_t zero = 0;

    if (how & FAULT_START_BREAK)
        give(printer, &zero, 1);
    sim_escpos_power_cycle(&printer->inside);
    printer->stalled = false;
    printer->starting = true;
    printer->deaf = how & FAULT_START_DEAF;
    loop_timer_set(printer->starts, start_ms, 0);
    fault_printer_look(printer);
}

/* A jammed cutter stops the mechanism, too. */
void fault_printer_jam(struct fault_printer *printer, bool jammed)
{
    if (printer->jammed == jammed)
        return;
    printer->jammed = jammed;
    sim_escpos_busy(&printer->inside, jammed);
    sim_escpos_send_asb(&printer->inside, true);
    fault_printer_look(printer);
}

void fault_printer_rate(struct fault_printer *printer, int rate)
{
    printer->rate = rate;
    if (rate > 0)
        loop_timer_set(printer->tick, FAULT_TICK_MS, FAULT_TICK_MS);
    else
        loop_timer_stop(printer->tick);
    fault_printer_look(printer);
}

void fault_printer_noise(struct fault_printer *printer, bool to_agent, const uint8_t *bytes, size_t len)
{
    if (to_agent) {
        give(printer, bytes, len);
        return;
    }
    for (size_t i = 0; i < len && sim_escpos_room(&printer->inside) > 0; i++)
        feed(printer, bytes[i]);
}
