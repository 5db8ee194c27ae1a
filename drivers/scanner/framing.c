/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/framing.h"

#include "agent/base/crypto.h"

#include <string.h>

enum { STX = 0x02, ETX = 0x03, TAB = 0x09, LF = 0x0a, CR = 0x0d };

void framing_init(struct framing *framing, enum scanner_framing mode,
                  void (*on_frame)(void *context, const struct frame *frame), void *context)
{
    *framing = (struct framing){.mode = mode, .on_frame = on_frame, .context = context};
}

/* Ready for the next frame. What was read may be a payment card, so it does not stay behind. */
static void begin(struct framing *framing)
{
    crypto_wipe(framing->bytes, framing->len);
    framing->len = 0;
    framing->enclosed = false;
    framing->dropping = false;
}

static void tell(struct framing *framing, enum frame_kind kind)
{
    struct frame frame = {.kind = kind, .enclosed = framing->enclosed, .received_ns = framing->received_ns};

    if (kind == FRAME_WHOLE) {
        frame.bytes = framing->bytes;
        frame.len = framing->len;
    }
    framing->on_frame(framing->context, &frame);
}

/* An end came. */
static void finish(struct framing *framing)
{
    /* Card readers send a CR LF of their own before the ETX; with LF or silence as the end, a CR comes before it. */
    while (framing->len > 0 && (framing->bytes[framing->len - 1] == CR || framing->bytes[framing->len - 1] == LF))
        framing->len--;
    if (framing->len > 0 && !framing->dropping)
        tell(framing, FRAME_WHOLE);
    begin(framing);
}

static bool ends_frame(const struct framing *framing, uint8_t byte)
{
    if (framing->enclosed)
        return byte == ETX;
    switch (framing->mode) {
    case SCANNER_FRAMING_AUTO:
        return byte == CR || byte == LF || byte == TAB;
    case SCANNER_FRAMING_CR:
        return byte == CR;
    case SCANNER_FRAMING_LF:
        return byte == LF;
    case SCANNER_FRAMING_TAB:
        return byte == TAB;
    case SCANNER_FRAMING_STX:
    case SCANNER_FRAMING_GAP:
        break;
    }
    return false;
}

static bool opens_frame(const struct framing *framing, uint8_t byte)
{
    return byte == STX && (framing->mode == SCANNER_FRAMING_AUTO || framing->mode == SCANNER_FRAMING_STX);
}

/* STX: whatever was there has lost its end, or was no frame at all. */
static void open_frame(struct framing *framing)
{
    if (framing->enclosed || framing->len > 0)
        tell(framing, framing->enclosed || framing->mode != SCANNER_FRAMING_STX ? FRAME_BROKEN : FRAME_STRAY);
    begin(framing);
    framing->enclosed = true;
}

static void keep(struct framing *framing, uint8_t byte)
{
    if (framing->dropping)
        return;
    if (framing->len == FRAME_BYTES_MAX) {
        tell(framing, FRAME_OVERSIZE);
        framing->dropping = true;
        return;
    }
    framing->bytes[framing->len++] = byte;
}

static void take(struct framing *framing, uint8_t byte)
{
    bool after_cr = framing->after_cr;

    framing->after_cr = false;
    if (byte == LF && after_cr && framing->len == 0)
        return;
    if (framing->reply && framing->reply(framing->bytes, framing->len, byte)) {
        keep(framing, byte);
        finish(framing);
        return;
    }
    if (opens_frame(framing, byte)) {
        framing->ends_known = true;
        open_frame(framing);
    } else if (ends_frame(framing, byte)) {
        framing->ends_known = true;
        framing->after_cr = byte == CR;
        finish(framing);
    } else if (framing->mode == SCANNER_FRAMING_STX && !framing->enclosed) {
        /* CR and LF after an ETX are the reader's manners; the rest is noise, told when it is over. */
        if (byte != CR && byte != LF)
            framing->len = 1;
    } else {
        keep(framing, byte);
    }
}

void framing_speak(struct framing *framing, framing_find *find, framing_reply *reply)
{
    framing->find = find;
    framing->reply = reply;
}

/* ---- packets ---- */

static void drop_front(struct framing *framing, size_t len)
{
    framing->len -= len;
    memmove(framing->bytes, framing->bytes + len, framing->len);
    crypto_wipe(framing->bytes + framing->len, len);
}

static void tell_noise(struct framing *framing)
{
    if (framing->noise)
        tell(framing, FRAME_BROKEN);
    framing->noise = false;
}

/* Takes out the packets that are whole. silent: nothing follows, so that what waits for more is no packet. */
static void find_packets(struct framing *framing, bool silent)
{
    while (framing->len > 0) {
        int found = framing->find(framing->bytes, framing->len);
        size_t len = found > 0 ? (size_t)found : 1;

        if (found == 0 && !silent && framing->len < FRAME_BYTES_MAX)
            break;
        if (found > 0) {
            struct frame frame = {FRAME_WHOLE, framing->bytes, len, true, framing->received_ns};

            tell_noise(framing);
            framing->on_frame(framing->context, &frame);
        } else if (found != FRAMING_FILL) {
            framing->noise = true;
        }
        drop_front(framing, len);
    }
    if (silent)
        tell_noise(framing);
}

static void feed_packets(struct framing *framing, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        framing->bytes[framing->len++] = bytes[i];
        find_packets(framing, false);
    }
}

void framing_feed(struct framing *framing, const uint8_t *bytes, size_t len, int64_t received_ns)
{
    framing->received_ns = received_ns;
    if (framing->find) {
        feed_packets(framing, bytes, len);
        return;
    }
    for (size_t i = 0; i < len; i++)
        take(framing, bytes[i]);
}

bool framing_waits(const struct framing *framing)
{
    return framing->len > 0 || framing->enclosed || framing->dropping || framing->noise;
}

void framing_gap(struct framing *framing)
{
    bool whole = !framing->enclosed && (framing->mode == SCANNER_FRAMING_GAP ||
                                        (framing->mode == SCANNER_FRAMING_AUTO && !framing->ends_known));

    if (!framing_waits(framing))
        return;
    if (framing->find)
        find_packets(framing, true);
    else if (framing->dropping)
        begin(framing); /* told already */
    else if (whole)
        finish(framing);
    else {
        tell(framing, framing->mode == SCANNER_FRAMING_STX && !framing->enclosed ? FRAME_STRAY : FRAME_BROKEN);
        begin(framing);
    }
}

void framing_lost(struct framing *framing)
{
    if (framing_waits(framing) && !framing->dropping)
        tell(framing, FRAME_BROKEN);
    begin(framing);
    framing->after_cr = false;
    framing->noise = false;
    framing->ends_known = false;
}
