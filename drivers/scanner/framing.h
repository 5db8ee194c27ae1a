/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing - bytes of a serial line cut into frames; it knows ends, not meanings. Inside drivers/scanner only.
 *
 * It has no clock: the owner calls framing_gap when the line has been silent long enough. A frame is told once,
 * whole, without its end marks; an empty one not at all. The buffer holds FRAME_BYTES_MAX; what is longer is told
 * once as oversize, and its rest is dropped to the next end.
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

struct framing {
    enum scanner_framing mode;
    void (*on_frame)(void *context, const struct frame *frame);
    void *context;

    /* Between two calls. */
    uint8_t bytes[FRAME_BYTES_MAX];
    size_t len;
    bool enclosed;   /* STX came */
    bool dropping;   /* oversize: until the next end */
    bool after_cr;   /* a following LF belongs to it */
    bool ends_known; /* the device has shown an end mark: silence is no end any more (SCANNER_FRAMING_AUTO) */
    int64_t received_ns;
};

/* Borrows nothing; the callback may not call the framing it comes from. */
void framing_init(struct framing *framing, enum scanner_framing mode,
                  void (*on_frame)(void *context, const struct frame *frame), void *context);
/* The line was lost: what is half there is told as broken, and what the device has shown is forgotten. */
void framing_lost(struct framing *framing);
void framing_feed(struct framing *framing, const uint8_t *bytes, size_t len, int64_t received_ns);
/* Whether silence would end something: the owner's timer need only run then. */
bool framing_waits(const struct framing *framing);
/* The line has been silent. */
void framing_gap(struct framing *framing);

#endif
