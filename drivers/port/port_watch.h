/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_watch - tells when a device that is awaited may have come: its name appeared in its folder (or a folder on the
 * way to it did), or a tty in /dev appeared or changed its permissions. Inside drivers/port only.
 *
 * A help, never a need: without inotify the port still asks by its timer.
 */
#ifndef LOYALD_PORT_PORT_WATCH_H
#define LOYALD_PORT_PORT_WATCH_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

struct loop;
struct port_watch; /* opaque */

/* Borrows loop, copies path; changed is called from the loop and may destroy the watch. */
enum status port_watch_create(struct loop *loop, const char *path, void (*changed)(void *context), void *context,
                              struct port_watch **out_watch, struct errmsg *err);
void port_watch_destroy(struct port_watch *watch); /* accepts NULL */

#endif
