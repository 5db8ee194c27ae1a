/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printer_marker - how a printer says that it has printed all before.
 *
 * GS r comes without a name: whoever waits for it must know that no other can come. GS ( H comes by the name it was
 * sent with, so a late one of another job is nothing. Star counts its ETBs: a job waits for the count that follows
 * the last one sent. A printer that is switched on counts from none: its count after the next ETB is one, so neither
 * is ever waited for, and before a job's first row the count is not none. So one that was switched off and on in the
 * middle, for however short, never comes to the count awaited.
 */
#include "drivers/printer/printer_internal.h"

#include "agent/base/crypto.h"
#include "drivers/printer/profile.h"
#include "drivers/printer/star_status.h"

#include <string.h>

enum { ETB = 0x17, NAME_FIRST = 0x20, NAME_DIGITS = 0x7F - 0x20, RESPONSE = 0x37, PROCESS_ID = 0x22 };

/* Where names begin is chance: an answer to a job of before a restart has another. */
void marker_start(struct printer *printer)
{
    crypto_random(&printer->marker_next, sizeof printer->marker_next);
    printer->star_counter = printer->star_sent = -1;
}

static void next_name(struct printer *printer, uint8_t out_id[4])
{
    uint32_t left = printer->marker_next++;

    for (int i = 3; i >= 0; i--, left /= NAME_DIGITS)
        out_id[i] = (uint8_t)(NAME_FIRST + left % NAME_DIGITS);
}

void marker_put(struct printer *printer, struct marker *marker, struct strbuf *out)
{
    static const uint8_t by_status[] = {0x1D, 'r', 1}, by_name[] = {0x1D, '(', 'H', 6, 0, 48, 48};

    marker->counter = -1;
    switch (printer->profile->marker) {
    case PROFILE_MARKER_NONE:
        return;
    case PROFILE_MARKER_GS_R:
        strbuf_add(out, by_status, sizeof by_status);
        return;
    case PROFILE_MARKER_GS_H:
        next_name(printer, marker->id);
        strbuf_add(out, by_name, sizeof by_name);
        strbuf_add(out, marker->id, sizeof marker->id);
        return;
    case PROFILE_MARKER_ETB:
        strbuf_putc(out, ETB);
        return;
    }
}

/* Star: from zero on, to a count that neither the last job's nor one before it can be. */
void marker_put_alone(struct printer *printer, struct marker *marker, struct strbuf *out)
{
    static const uint8_t from_zero[] = {0x1B, 0x1E, 'E', 0};
    int counter = (printer->star_counter + 5) % STAR_COUNTERS;

    if (printer->profile->marker != PROFILE_MARKER_ETB) {
        marker_put(printer, marker, out);
        return;
    }
    marker->counter = counter > 0 ? counter : 6;
    strbuf_add(out, from_zero, sizeof from_zero);
    for (int i = 0; i < marker->counter; i++)
        strbuf_putc(out, ETB);
}

void marker_note(struct printer *printer, const struct escpos_packet *packet)
{
    if (packet->kind == ESCPOS_STAR)
        printer->star_counter = star_counter(packet);
}

void marker_begin(struct printer *printer, struct strbuf *out_first)
{
    if (printer->profile->marker != PROFILE_MARKER_ETB)
        return;
    printer->star_sent = printer->star_counter;
    if (printer->star_sent == 0) {
        strbuf_putc(out_first, ETB);
        printer->star_sent = 1;
    }
}

void marker_arm(struct printer *printer, struct marker *marker, struct strbuf *out_first)
{
    if (printer->profile->marker != PROFILE_MARKER_ETB || printer->star_sent < 0)
        return;
    while ((printer->star_sent + 1) % STAR_COUNTERS < 2) {
        strbuf_putc(out_first, ETB);
        printer->star_sent = (printer->star_sent + 1) % STAR_COUNTERS;
    }
    marker->counter = printer->star_sent = (printer->star_sent + 1) % STAR_COUNTERS;
}

bool marker_is(const struct printer *printer, const struct marker *marker, const struct escpos_packet *packet)
{
    switch (printer->profile->marker) {
    case PROFILE_MARKER_NONE:
        return false;
    case PROFILE_MARKER_GS_R:
        return packet->kind == ESCPOS_MARKER;
    case PROFILE_MARKER_GS_H:
        return packet->kind == ESCPOS_BLOCK && packet->len == 2 + sizeof marker->id && packet->bytes[0] == RESPONSE &&
               packet->bytes[1] == PROCESS_ID && memcmp(packet->bytes + 2, marker->id, sizeof marker->id) == 0;
    case PROFILE_MARKER_ETB:
        return packet->kind == ESCPOS_STAR && marker->counter >= 0 && star_counter(packet) == marker->counter;
    }
    return false;
}
