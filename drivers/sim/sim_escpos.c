/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_escpos.h"

#include <string.h>

void sim_escpos_init(struct sim_escpos *printer, const struct sim_profile *profile)
{
    memset(printer, 0, sizeof *printer);
    printer->profile = profile;
    printer->language = profile->star ? &sim_language_star : &sim_language_escpos;
    printer->paper_lines = -1;
    printer->qr_store = (struct strbuf)STRBUF_INIT(SIM_BUFFER_BYTES);
    slip_init(&printer->slip, profile->columns);
    sim_escpos_modes_init(printer);
}

void sim_escpos_free(struct sim_escpos *printer)
{
    slip_free(&printer->slip);
    strbuf_free(&printer->qr_store);
}

bool sim_escpos_offline(const struct sim_escpos *printer)
{
    return printer->cover_open || printer->paper == SIM_PAPER_OUT;
}

size_t sim_escpos_room(const struct sim_escpos *printer)
{
    size_t cap = sim_escpos_offline(printer) || printer->busy ? SIM_OFFLINE_BYTES : SIM_BUFFER_BYTES;

    return printer->buffered < cap ? cap - printer->buffered : 0;
}

/* What is at the head of the buffer has been dealt with. */
static void consume(struct sim_escpos *printer, size_t len)
{
    memmove(printer->buffer, printer->buffer + len, printer->buffered - len);
    printer->buffered -= len;
}

static void carry_out(struct sim_escpos *printer)
{
    size_t at = 0;

    while (at < printer->buffered && !sim_escpos_offline(printer) && !printer->busy) {
        struct sim_length length;
        size_t left = printer->buffered - at;

        if (printer->skip > 0) {
            size_t skipped = printer->skip < left ? printer->skip : left;

            printer->skip -= skipped;
            at += skipped;
            continue;
        }
        length = printer->language->length(printer->buffer + at, left);
        if (length.header == 0 || length.header > left)
            break;
        if (!length.known)
            printer->slip.unknown_commands++;
        else
            printer->language->obey(printer, printer->buffer + at, length.header);
        printer->skip = length.data;
        at += length.header;
    }
    consume(printer, at);
}

static uint8_t realtime_status(const struct sim_escpos *printer, uint8_t n)
{
    uint8_t status = 0x12;

    if (n == 1 && sim_escpos_offline(printer))
        status |= 0x08;
    if (n == 2)
        status |= (printer->cover_open ? 0x04 : 0) | (printer->paper == SIM_PAPER_OUT ? 0x20 : 0);
    if (n == 4)
        status |= (printer->paper != SIM_PAPER_OK ? 0x0C : 0) | (printer->paper == SIM_PAPER_OUT ? 0x60 : 0);
    return status;
}

static void clear_buffers(struct sim_escpos *printer)
{
    printer->buffered = 0;
    printer->skip = 0;
    printer->line_count = 0;
}

/* Watches each byte on its way in; inside other commands' data too, as a real printer does. */
static void watch_realtime(struct sim_escpos *printer, uint8_t byte)
{
    static const uint8_t clear[] = {0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08};
    uint8_t *seen = printer->realtime;

    if (printer->realtime_len == 0 && byte != 0x10)
        return;
    seen[printer->realtime_len++] = byte;
    if (printer->realtime_len == 2 && byte != 0x04 && byte != 0x05 && byte != 0x14) {
        printer->realtime_len = byte == 0x10; /* perhaps this one begins it */
    } else if (printer->realtime_len == 3 && seen[1] == 0x04) {
        if (byte >= 1 && byte <= 4) {
            uint8_t answer = realtime_status(printer, byte);

            printer->reply(printer->context, &answer, 1);
        }
        printer->realtime_len = 0;
    } else if (printer->realtime_len == 3 && seen[1] == 0x05) {
        if (byte == 2)
            clear_buffers(printer);
        printer->realtime_len = 0;
    } else if (printer->realtime_len == 5 && seen[1] == 0x14 && seen[2] == 1) {
        printer->slip.drawer_pulses++;
        printer->realtime_len = 0;
    } else if (printer->realtime_len == 5 && seen[1] == 0x14 && seen[2] != 8) {
        printer->realtime_len = 0;
    } else if (printer->realtime_len == sizeof clear) {
        if (memcmp(seen, clear, sizeof clear) == 0)
            clear_buffers(printer);
        printer->realtime_len = 0;
    }
}

void sim_escpos_feed(struct sim_escpos *printer, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len && printer->buffered < SIM_BUFFER_BYTES; i++) {
        printer->buffer[printer->buffered++] = bytes[i];
        printer->language->watch(printer, bytes[i]);
    }
    carry_out(printer);
}

/* Four bytes on every change of what the host asked for, and at once when it asks. */
void sim_escpos_send_asb(struct sim_escpos *printer, bool always)
{
    uint8_t status[4] = {0x10, 0, 0, 0x0F};

    status[0] |= (sim_escpos_offline(printer) ? 0x08 : 0) | (printer->cover_open ? 0x20 : 0);
    status[2] |= (printer->paper != SIM_PAPER_OK ? 0x03 : 0) | (printer->paper == SIM_PAPER_OUT ? 0x0C : 0);
    if (printer->asb_mask && (always || memcmp(status, printer->asb_last, sizeof status) != 0))
        printer->reply(printer->context, status, sizeof status);
    memcpy(printer->asb_last, status, sizeof status);
}

void sim_escpos_paper(struct sim_escpos *printer, enum sim_paper paper, int lines)
{
    printer->paper = paper;
    printer->paper_lines = paper == SIM_PAPER_OUT ? 0 : lines;
    printer->language->tell(printer, false);
    if (paper != SIM_PAPER_OUT)
        carry_out(printer);
}

void sim_escpos_cover(struct sim_escpos *printer, bool open)
{
    printer->cover_open = open;
    printer->language->tell(printer, false);
    if (!open)
        carry_out(printer);
}

void sim_escpos_busy(struct sim_escpos *printer, bool busy)
{
    printer->busy = busy;
    if (!busy)
        carry_out(printer);
}

void sim_escpos_power_cycle(struct sim_escpos *printer)
{
    clear_buffers(printer);
    printer->asb_mask = 0;
    printer->busy = printer->deselected = false;
    printer->realtime_len = 0;
    printer->etb_count = 0;
    strbuf_clear(&printer->qr_store);
    sim_escpos_modes_init(printer);
}

void sim_escpos_tear(struct sim_escpos *printer)
{
    sim_escpos_end_line(printer, false);
    if (slip_is_blank(&printer->slip))
        return;
    printer->slip.cut = "torn";
    printer->cut(printer->context);
    slip_clear(&printer->slip);
}

const struct sim_language sim_language_escpos = {sim_escpos_length, sim_escpos_obey, watch_realtime,
                                                 sim_escpos_send_asb};
