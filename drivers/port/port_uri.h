/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_uri - the text that names a serial line and its settings, taken apart:
 * "serial:/dev/ttyUSB0?baud=9600&flow=none".
 *
 * After serial: and tty: a path, absolute and taken as written: no escapes, since no device has a '?' in its name.
 * After usb: vendor and product in hexadecimal and, where it has one, the serial number: "usb:05e0:1701:S123". After
 * tcp: a numeric address and a port: "tcp:192.0.2.7:9100", "tcp:[2001:db8::7]:9100".
 */
#ifndef LOYALD_PORT_PORT_URI_H
#define LOYALD_PORT_PORT_URI_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { PORT_URI_BYTES_MAX = 512, PORT_SCHEME_BYTES_MAX = 8, PORT_PATH_BYTES_MAX = 256, PORT_HOST_BYTES_MAX = 48 };
enum { PORT_BAUD_MIN = 50, PORT_BAUD_MAX = 4000000 };

enum port_parity { PORT_PARITY_NONE, PORT_PARITY_EVEN, PORT_PARITY_ODD };
enum port_flow { PORT_FLOW_NONE, PORT_FLOW_RTSCTS, PORT_FLOW_XONXOFF };

struct port_uri {
    char scheme[PORT_SCHEME_BYTES_MAX];
    char path[PORT_PATH_BYTES_MAX];   /* of usb: and tcp: the text of the address */
    uint16_t vendor, product;         /* usb: */
    char serial[PORT_PATH_BYTES_MAX]; /* usb: "" when none was given */
    char host[PORT_HOST_BYTES_MAX];   /* tcp: without brackets */
    uint16_t tcp_port;
    int32_t baud;
    int32_t bits; /* 7 or 8 */
    int32_t stop; /* 1 or 2 */
    enum port_parity parity;
    enum port_flow flow;
    bool strict; /* serial: only: a pty is libserialport's too, which refuses it */
};

/* ST_INVALID says what is wrong, where, and what may stand there; out_uri is untouched then. The scheme is only
 * checked for its shape: which there are is the transports' table. */
enum status port_uri_parse(const char *text, struct port_uri *out_uri, struct errmsg *err);

#endif
