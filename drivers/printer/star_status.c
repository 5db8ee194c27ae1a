/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: Star Micronics, Line Mode Command Specifications, chapter 5 (automatic status). */
#include "drivers/printer/star_status.h"

#include <string.h>

enum { XON = 0x11, XOFF = 0x13, LENGTH_MIN = 2, STATUS_BYTES = 7 };

/* Bits 6, 5, 3, 2 and 1 of the first byte; newer models add two by the highest bit of the second. */
static size_t length_of(uint8_t first, uint8_t second)
{
    return (size_t)((first >> 2 & 0x18) | (first >> 1 & 0x07)) + (second >> 6 & 0x02);
}

static bool begins(uint8_t byte)
{
    return (byte & 0x91) == 0x01 && length_of(byte, 0) >= LENGTH_MIN;
}

enum escpos_packet_kind star_reader_push(struct escpos_reader *reader, uint8_t byte, struct escpos_packet *out_packet)
{
    struct escpos_packet *partial = &reader->partial;

    if (byte == XON || byte == XOFF) {
        *out_packet =
            (struct escpos_packet){.kind = byte == XON ? ESCPOS_XON : ESCPOS_XOFF, .bytes = {byte}, .len = 1};
        return out_packet->kind;
    }
    /* A byte inside has bits 4 and 0 clear: another is the beginning of something new, or noise. */
    if (partial->kind == ESCPOS_STAR && (byte & 0x11) != 0) {
        reader->ignored_bytes += partial->len;
        escpos_reader_reset(reader);
    }
    if (partial->kind != ESCPOS_STAR) {
        if (!begins(byte)) {
            reader->ignored_bytes++;
            return ESCPOS_NOTHING;
        }
        partial->kind = ESCPOS_STAR;
    }
    partial->bytes[partial->len++] = byte;
    if (partial->len < LENGTH_MIN || partial->len < length_of(partial->bytes[0], partial->bytes[1]))
        return ESCPOS_NOTHING;
    *out_packet = *partial;
    escpos_reader_reset(reader);
    return ESCPOS_STAR;
}

/* Status 1 to 4 are bytes 3 to 6. What a short packet does not say is well. */
void star_condition(struct escpos_condition *condition, const struct escpos_packet *packet)
{
    uint8_t status[STATUS_BYTES] = {0};

    if (packet->len > 2)
        memcpy(status, packet->bytes + 2, packet->len - 2 < STATUS_BYTES ? packet->len - 2 : STATUS_BYTES);
    *condition = (struct escpos_condition){
        .offline = status[0] & 0x08,
        .cover_open = status[0] & 0x20,
        .cutter_error = status[1] & 0x08,
        .fatal_error = status[1] & 0x20,
        .passing_error = status[1] & 0x40,
        .error = (status[1] & 0x2C) || (status[2] & 0x40),
        .paper_low = status[3] & 0x04,
        .paper_end = status[3] & 0x08,
    };
}

/* The eighth byte holds five bits around a fixed zero. */
int star_counter(const struct escpos_packet *packet)
{
    uint8_t byte = packet->bytes[7];

    return packet->len < 8 ? -1 : (byte >> 2 & 0x18) | (byte >> 1 & 0x07);
}
