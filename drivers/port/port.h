/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port - a serial line that looks after itself: opens, reads, writes within a time, notices loss, comes back.
 *
 * A port is made from a URI and lives on the loop. A device that is not there is no error: the port waits for it,
 * asking again after 250 ms, doubling up to 10 s, and at once when its folder or /dev changes. Nothing here blocks,
 * and nothing is promised about paper or lamps: a write that is done has been taken by the operating system, no more.
 * Faults are logged once, then rarely, then "back again". Used from the loop's thread only; every callback may write
 * to the port or destroy it.
 *
 * A URI is one of
 *
 *     serial:/dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1&flow=none
 *     usb:05e0:1701:SERIAL?...        vendor, product and, when there is one, serial number
 *     tty:/path?...
 *     tcp:192.0.2.7:9100
 *
 * with the values shown as defaults; parity none, even or odd; flow none, rtscts or xonxoff. serial: goes through
 * libserialport; tty: through plain termios, for ptys and links to ptys. A serial: path that leads to a pty is opened
 * as tty:, with a line in the log, because libserialport knows no ptys; with strict=1 it is left to libserialport.
 */
#ifndef LOYALD_PORT_PORT_H
#define LOYALD_PORT_PORT_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct loop;
struct port; /* opaque */

enum {
    PORT_NAME_BYTES_MAX = 32,
    PORT_REASON_BYTES_MAX = 200,
    PORT_QUEUE_BYTES_MAX = 64 * 1024, /* waiting to be written; past it port_write answers ST_FULL */
    PORT_QUEUE_WRITES_MAX = 64,       /* likewise */
    PORT_CHUNK_BYTES_MAX = 512,       /* given to the system in one piece */
    PORT_CONNECT_MS = 3000,           /* for a TCP connection to come about */
    PORT_REOPEN_FIRST_MS = 250,
    PORT_REOPEN_LAST_MS = 10 * 1000,
};

/*
 *   port_create --> ABSENT -- there --> OPENING -- opened --> READY -- gone --> LOST -- there --> OPENING
 *                      ^                 |   ^ refused: stays, the reason says why; asked again
 *                      '---- gone -------'   (to LOST instead, when it was ready before)
 * All moves are made by one function, port_move.
 */
enum port_state {
    PORT_ABSENT,  /* no such device, and none was ready before */
    PORT_OPENING, /* there, but not usable yet: busy, not permitted, settings refused */
    PORT_READY,
    PORT_LOST, /* was ready, is gone */
};

struct port_options {
    const char *uri;   /* copies */
    struct loop *loop; /* borrows */
    const char *name;  /* copies; what messages call the device, at most PORT_NAME_BYTES_MAX - 1 bytes: "scanner" */
    /* Bytes as they came; the view is valid during the call. received_ns is clock_measure_ns of their arrival. May be
     * NULL. */
    void (*on_bytes)(void *context, const void *bytes, size_t len, int64_t received_ns);
    /* Every change of state, from the loop, never from within port_create. May be NULL. */
    void (*on_state)(void *context, enum port_state state);
    void *context;
};

/* Checks the URI (ST_INVALID, ST_UNSUPPORTED in words); on ST_OK the caller owns *out_port. */
enum status port_create(const struct port_options *options, struct port **out_port, struct errmsg *err);
/* Closes. Writes still waiting are told ST_OFFLINE before it returns. Accepts NULL. */
void port_destroy(struct port *port);

struct port_status {
    enum port_state state;
    int64_t since_mono_ms;              /* of the system clock (clock_mono_ms) */
    char reason[PORT_REASON_BYTES_MAX]; /* why it is not ready, in words; "" when it is */
    uint64_t bytes_in, bytes_out;
    uint32_t open_count, lost_count;
    int64_t heard_mono_ms; /* when bytes came last, of the system clock; 0: never */
    size_t queued_bytes;   /* not yet taken by the system */
};
void port_status(const struct port *port, struct port_status *out_status);
/* Returns a view of "absent", "opening", "ready" or "lost". */
const char *port_state_text(enum port_state state);
/* Returns views valid as long as the port. */
const char *port_uri_text(const struct port *port);
const char *port_name(const struct port *port);
int32_t port_baud(const struct port *port); /* 0 of a connection, which has none */

/* ST_OK: every byte was taken by the system. ST_TIMEOUT: the time ran out after bytes_written, the rest is dropped.
 * ST_OFFLINE: the device went away after bytes_written. */
typedef void port_done_fn(void *context, enum status status, size_t bytes_written);
/*
 * Copies the bytes and writes them in turn. ST_OK: done is called exactly once, from the loop or port_destroy, at the
 * latest timeout_ms from now; it may be NULL. Otherwise done is never called and nothing was kept: ST_OFFLINE when
 * the port is not ready, ST_FULL at a bound of the queue, ST_INVALID for a timeout_ms below 1, ST_NOMEM. A write of
 * no bytes is done when those before it are.
 */
enum status port_write(struct port *port, const void *bytes, size_t len, int64_t timeout_ms, port_done_fn *done,
                       void *context);

#endif
