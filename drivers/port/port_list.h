/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_list - the serial lines of this machine: their names, what is plugged into them, and who has them open.
 *
 * Read from /sys and /proc, which costs no device a byte and no driver an open. Lines without a device behind them
 * (the 32 ttyS of a PC that has one) are left out.
 */
#ifndef LOYALD_PORT_PORT_LIST_H
#define LOYALD_PORT_PORT_LIST_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/port/port_uri.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PORT_LIST_MAX = 64, PORT_LIST_TEXT_MAX = 96 };

struct port_found {
    char path[PORT_PATH_BYTES_MAX];  /* /dev/ttyUSB0 */
    char by_id[PORT_PATH_BYTES_MAX]; /* the link of udev, "" when there is none */
    char by_path[PORT_PATH_BYTES_MAX];
    bool is_usb;
    uint16_t vendor, product;
    char serial[PORT_LIST_TEXT_MAX]; /* "" when the device has none */
    char maker[PORT_LIST_TEXT_MAX], title[PORT_LIST_TEXT_MAX];
    char driver[PORT_LIST_TEXT_MAX]; /* the kernel's */
};

/* Where things are; a test has a tree of its own. */
struct port_list_roots {
    const char *sys; /* "/sys" */
    const char *dev; /* "/dev" */
};

/* Fills at most max, in the order of their names; answers how many there are, which may be more. */
size_t port_list(const struct port_list_roots *roots, struct port_found *out_found, size_t max);
/* The path of the one line whose USB device has these ids; serial "" is any. ST_NOT_FOUND when it is not plugged in,
 * ST_CONFLICT when several fit. */
enum status port_list_usb(const struct port_list_roots *roots, uint16_t vendor, uint16_t product, const char *serial,
                          char out_path[PORT_PATH_BYTES_MAX], struct errmsg *err);
/* Whether another process has the device open, by what of /proc this user may see; its id and name then. */
bool port_holder(const char *path, pid_t *out_pid, char out_name[PORT_LIST_TEXT_MAX]);

#endif
