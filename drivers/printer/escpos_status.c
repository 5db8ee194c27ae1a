/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/escpos_status.h"

enum { XON = 0x11, XOFF = 0x13 };

void escpos_reader_reset(struct escpos_reader *reader)
{
    reader->partial.kind = ESCPOS_NOTHING;
    reader->partial.len = 0;
}

static bool begins_block(uint8_t byte)
{
    return byte == 0x37 || byte == 0x3B || byte == 0x3D || byte == 0x5F || byte == 0x35;
}

static enum escpos_packet_kind single(enum escpos_packet_kind kind, uint8_t byte, struct escpos_packet *out_packet)
{
    out_packet->kind = kind;
    out_packet->bytes[0] = byte;
    out_packet->len = 1;
    return kind;
}

static enum escpos_packet_kind push_first(struct escpos_reader *reader, uint8_t byte,
                                          struct escpos_packet *out_packet)
{
    if (byte == XON)
        return single(ESCPOS_XON, byte, out_packet);
    if (byte == XOFF)
        return single(ESCPOS_XOFF, byte, out_packet);
    if (begins_block(byte))
        reader->partial.kind = ESCPOS_BLOCK;
    else if ((byte & 0x93) == 0x12)
        return single(ESCPOS_REALTIME, byte, out_packet);
    else if ((byte & 0x93) == 0x10)
        reader->partial.kind = ESCPOS_ASB;
    else if ((byte & 0x90) == 0x00)
        return single(ESCPOS_MARKER, byte, out_packet);
    else {
        reader->ignored_bytes++;
        return ESCPOS_NOTHING;
    }
    reader->partial.bytes[0] = byte;
    reader->partial.len = 1;
    return ESCPOS_NOTHING;
}

static enum escpos_packet_kind finish(struct escpos_reader *reader, struct escpos_packet *out_packet)
{
    *out_packet = reader->partial;
    escpos_reader_reset(reader);
    return out_packet->kind;
}

static enum escpos_packet_kind push_asb(struct escpos_reader *reader, uint8_t byte, struct escpos_packet *out_packet)
{
    struct escpos_packet *partial = &reader->partial;

    if (byte == XON || byte == XOFF)
        return single(byte == XON ? ESCPOS_XON : ESCPOS_XOFF, byte, out_packet);
    if ((byte & 0x90) != 0) { /* none of the other three has these bits: the rest was lost, this is something new */
        reader->ignored_bytes += partial->len;
        escpos_reader_reset(reader);
        return push_first(reader, byte, out_packet);
    }
    partial->bytes[partial->len++] = byte;
    return partial->len == 4 ? finish(reader, out_packet) : ESCPOS_NOTHING;
}

static enum escpos_packet_kind push_block(struct escpos_reader *reader, uint8_t byte,
                                          struct escpos_packet *out_packet)
{
    struct escpos_packet *partial = &reader->partial;

    if (byte == 0)
        return finish(reader, out_packet);
    if (partial->len == ESCPOS_BLOCK_BYTES_MAX) {
        reader->ignored_bytes += partial->len + 1;
        escpos_reader_reset(reader);
        return ESCPOS_NOTHING;
    }
    partial->bytes[partial->len++] = byte;
    return ESCPOS_NOTHING;
}

enum escpos_packet_kind escpos_reader_push(struct escpos_reader *reader, uint8_t byte,
                                           struct escpos_packet *out_packet)
{
    if (reader->partial.kind == ESCPOS_ASB)
        return push_asb(reader, byte, out_packet);
    if (reader->partial.kind == ESCPOS_BLOCK)
        return push_block(reader, byte, out_packet);
    return push_first(reader, byte, out_packet);
}

void escpos_condition_realtime(struct escpos_condition *condition, int n, uint8_t byte)
{
    switch (n) {
    case 1:
        condition->offline = byte & 0x08;
        return;
    case 2:
        condition->cover_open = byte & 0x04;
        condition->feeding = byte & 0x08;
        condition->error = byte & 0x40;
        return;
    case 3:
        condition->cutter_error = byte & 0x08;
        condition->fatal_error = byte & 0x20;
        condition->passing_error = byte & 0x40;
        return;
    default:
        condition->paper_low = byte & 0x0C;
        condition->paper_end = byte & 0x60;
        return;
    }
}

void escpos_condition_asb(struct escpos_condition *condition, const uint8_t bytes[4])
{
    condition->offline = bytes[0] & 0x08;
    condition->cover_open = bytes[0] & 0x20;
    condition->feeding = bytes[0] & 0x40;
    condition->cutter_error = bytes[1] & 0x08;
    condition->fatal_error = bytes[1] & 0x20;
    condition->passing_error = bytes[1] & 0x40;
    condition->error = bytes[1] & 0x6C;
    condition->paper_low = bytes[2] & 0x03;
    condition->paper_end = bytes[2] & 0x0C;
}

const char *escpos_condition_trouble(const struct escpos_condition *condition)
{
    if (condition->cover_open)
        return "the cover is open: close it";
    if (condition->paper_end)
        return "out of paper: put in a new roll";
    if (condition->cutter_error)
        return "the cutter is jammed: open the cover and free it";
    if (condition->fatal_error)
        return "a fault of the printer: switch it off and on";
    if (condition->passing_error)
        return "the print head is too hot: it goes on by itself";
    if (condition->error)
        return "the printer reports an error: see its lamps";
    if (condition->feeding)
        return "the feed button is pressed";
    if (condition->offline)
        return "the printer is offline: see its lamps";
    return NULL;
}
