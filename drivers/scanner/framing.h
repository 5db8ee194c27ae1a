/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing - bytes of a serial line cut into frames; it knows ends, not meanings. Inside drivers/scanner only.
 *
 * It has no clock: the owner calls framing_gap when the line has been silent long enough. A frame is told once,
 * whole, without its end marks; an empty one not at all. The buffer holds FRAME_BYTES_MAX; what is longer is told
 * once as oversize, and its rest is dropped to the next end.
 *
 * A device with packets of its own has a framing_find, which looks at the bytes gathered; what belongs to no packet
 * is passed over byte by byte until one begins, and told once as broken.
 */
#ifndef LOYALD_SCANNER_FRAMING_H
#define LOYALD_SCANNER_FRAMING_H

#include "drivers/scanner/scanner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_BYTES_MAX = SCAN_TEXT_BYTES_MAX };

enum frame_kind {
    FRAME_WHOLE,
    FRAME_OVERSIZE, /* no bytes are given */
    FRAME_BROKEN,   /* stopped before its end; no bytes are given */
    FRAME_STRAY,    /* bytes outside STX and ETX; no bytes are given */
};

struct frame {
    enum frame_kind kind;
    const uint8_t *bytes; /* view: valid during the call */
    size_t len;
    bool enclosed;       /* between STX and ETX: CR, LF and TAB are data */
    int64_t received_ns; /* of the last byte, its end mark included */
};

/* Answers the length of the packet that the bytes begin with, 0 when more are wanted, FRAMING_NOT when they begin
 * none, FRAMING_FILL when the first byte is filling that says nothing. */
typedef int framing_find(const uint8_t *bytes, size_t len);
enum { FRAMING_NOT = -1, FRAMING_FILL = -2 };
/* Whether a byte of text ends a reply of the device (a service command's), with what was gathered before it. */
typedef bool framing_reply(const uint8_t *bytes, size_t len, uint8_t next);

struct framing {
    enum scanner_framing mode;
    framing_find *find;   /* NULL: text */
    framing_reply *reply; /* NULL: sends none */
    void (*on_frame)(void *context, const struct frame *frame);
    void *context;

    /* Between two calls. */
    uint8_t bytes[FRAME_BYTES_MAX];
    size_t len;
    bool enclosed;   /* STX came */
    bool dropping;   /* oversize: until the next end */
    bool after_cr;   /* a following LF belongs to it */
    bool noise;      /* bytes were passed over since the last packet */
    bool ends_known; /* the device has shown an end mark: silence is no end any more (SCANNER_FRAMING_AUTO) */
    int64_t received_ns;
};

/* Borrows nothing; the callback may not call the framing it comes from. */
void framing_init(struct framing *framing, enum scanner_framing mode,
                  void (*on_frame)(void *context, const struct frame *frame), void *context);
/* After framing_init: how the device's packets are found, and its replies; both may be NULL. */
void framing_speak(struct framing *framing, framing_find *find, framing_reply *reply);
/* The line was lost: what is half there is told as broken, and what the device has shown is forgotten. */
void framing_lost(struct framing *framing);
void framing_feed(struct framing *framing, const uint8_t *bytes, size_t len, int64_t received_ns);
/* Whether silence would end something: the owner's timer need only run then. */
bool framing_waits(const struct framing *framing);
/* The line has been silent. */
void framing_gap(struct framing *framing);

#endif
