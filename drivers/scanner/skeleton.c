/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skeleton - a driver to copy (docs/drivers.md): a reader that does not exist. Its packets are AA, the length of the
 * data, the data, and the XOR of length and data. It is asked "?" and answers "!" and its name; a packet that begins
 * with "C" is a card's number, and wants an ACK.
 */
#include "drivers/scanner/skeleton.h"

#include <string.h>

enum { START = 0xaa, ACK = 0x06, HEAD = 2, DATA_MAX = 32, ANSWER_MS = 1000, ASK_AGAIN_MS = 5000 };

static int find(const uint8_t *bytes, size_t len)
{
    uint8_t check = 0;
    size_t data;

    if (bytes[0] != START)
        return FRAMING_NOT;
    if (len < HEAD)
        return 0;
    data = bytes[1];
    if (data == 0 || data > DATA_MAX)
        return FRAMING_NOT;
    if (len < HEAD + data + 1)
        return 0;
    for (size_t i = 1; i < HEAD + data; i++)
        check ^= bytes[i];
    return check == bytes[HEAD + data] ? (int)(HEAD + data + 1) : FRAMING_NOT;
}

static void ask(struct reader *reader, int64_t wait_ms)
{
    reader->send(reader->context, (const uint8_t *)"?", 1);
    reader->due_ms = reader->now_ms + wait_ms;
}

static void skeleton_begin(struct reader *reader)
{
    reader_set_health(reader, READER_PROBING, "the reader is asked for its name");
    ask(reader, ANSWER_MS);
}

/* It did not answer. */
static void skeleton_tick(struct reader *reader)
{
    reader_set_health(reader, READER_DEGRADED, "does not answer; check its cable, its power and its baud rate");
    ask(reader, ASK_AGAIN_MS);
}

static void note_name(struct reader *reader, const uint8_t *name, size_t len)
{
    if (len >= sizeof reader->device)
        len = sizeof reader->device - 1;
    memcpy(reader->device, name, len);
    reader->device[len] = '\0';
}

static enum symbology_verdict skeleton_read(struct reader *reader, const struct frame *frame, struct scan *out_scan,
                                            const char **out_why)
{
    static const uint8_t ack = ACK;
    const uint8_t *data = frame->bytes + HEAD;
    size_t len;

    *out_why = "a packet of the card reader was damaged; hold the card to it again";
    if (frame->kind != FRAME_WHOLE)
        return SYMBOLOGY_BROKEN;
    len = frame->len - HEAD - 1;
    reader->due_ms = 0;
    reader_set_health(reader, READER_READY, "");
    if (data[0] == '!') {
        note_name(reader, data + 1, len - 1);
        return SYMBOLOGY_NOTHING;
    }
    if (data[0] != 'C')
        return SYMBOLOGY_NOTHING; /* what a newer one says */
    reader->send(reader->context, &ack, 1);
    return reader_take_uid(reader, data + 1, len - 1, out_scan, out_why);
}

const struct scanner_family skeleton_family = {
    .name = "skeleton",
    .find = find,
    .begin = skeleton_begin,
    .tick = skeleton_tick,
    .read = skeleton_read,
};
