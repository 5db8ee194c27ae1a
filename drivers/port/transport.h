/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport - what differs between ways to a serial line, one table each, chosen by the URI's scheme.
 *
 * Nothing here waits. Inside drivers/port only.
 */
#ifndef LOYALD_PORT_TRANSPORT_H
#define LOYALD_PORT_TRANSPORT_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/port/port_uri.h"

#include <stddef.h>

struct port_transport;

/* An open line. */
struct port_line {
    const struct port_transport *transport; /* NULL when closed */
    int fd;                                 /* for the loop to watch */
    void *handle;                           /* the transport's own */
};

struct port_transport {
    const char *scheme;
    /* Opens the line for this process alone and sets it up; the settings that matter are read back. ST_NOT_FOUND when
     * there is no such device now, else a status whose message says what to do. The message starts with the path. */
    enum status (*open)(const struct port_uri *uri, struct port_line *out_line, struct errmsg *err);
    /* Goes on with an open that answered ST_AGAIN, out_line set, once its fd is writable: ST_OK, ST_AGAIN: not yet,
     * or why not. NULL for those that open at once. */
    enum status (*finish)(const struct port_uri *uri, struct port_line *line, struct errmsg *err);
    void (*close)(struct port_line *line);
    /* ST_OK: *out_len bytes above 0. ST_AGAIN: none now. ST_OFFLINE: the device is gone. */
    enum status (*read)(struct port_line *line, void *out_bytes, size_t max, size_t *out_len, struct errmsg *err);
    /* ST_OK: *out_len bytes above 0 were taken. ST_AGAIN: none now. ST_OFFLINE: the device is gone. */
    enum status (*write)(struct port_line *line, const void *bytes, size_t len, size_t *out_len, struct errmsg *err);
};

extern const struct port_transport serial_transport; /* libserialport */
extern const struct port_transport usb_transport;    /* the serial line of a USB device, by its ids */
extern const struct port_transport tty_transport;    /* termios */
extern const struct port_transport tcp_transport;

#endif
