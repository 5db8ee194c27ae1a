/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_state - how a device is, in the same six words whether it scans, prints or shows.
 *
 *   absent, opening, lost    as of its line (port.h)
 *   probing                  the line is ready, and nothing is known yet of the device behind it
 *   ready
 *   degraded                 the line is ready, but the device does not answer, takes nothing, cannot be read, or
 *                            waits for a person; the reason says which
 */
#ifndef LOYALD_PORT_DEVICE_STATE_H
#define LOYALD_PORT_DEVICE_STATE_H

#include "drivers/port/port.h"

enum device_state {
    DEVICE_ABSENT,
    DEVICE_OPENING,
    DEVICE_PROBING,
    DEVICE_READY,
    DEVICE_DEGRADED,
    DEVICE_LOST,
};

/* Returns a view: "ready". */
const char *device_state_text(enum device_state state);
/* What its line alone makes of a device; of one that is ready the device's own driver knows more. */
enum device_state device_state_of_line(enum port_state line);

#endif
