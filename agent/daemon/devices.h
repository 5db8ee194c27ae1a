/* SPDX-License-Identifier: Apache-2.0 */
/* devices - plugs the drivers into the till: scans in, receipts out, states into the health of the API. */
#ifndef LOYALD_DAEMON_DEVICES_H
#define LOYALD_DAEMON_DEVICES_H

#include "agent/base/errmsg.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"
#include "agent/till/till.h"

struct devices;
struct loop;
struct options;

/* A device that is absent is no error; a wrong setting is. */
enum status devices_create(struct loop *loop, const struct options *options, struct devices **out_devices,
                           struct errmsg *err);
void devices_destroy(struct devices *devices);
/* The printer for till_options; without a printer its print is NULL. */
struct till_printer devices_printer(struct devices *devices);
/* Likewise the customer display. */
struct till_display devices_display(struct devices *devices);
/* Scans go to this till from now on; NULL: nowhere. */
void devices_serve(struct devices *devices, struct till *till);
/* Writes the value of "devices". */
void devices_write(const struct devices *devices, struct json_writer *w);

#endif
