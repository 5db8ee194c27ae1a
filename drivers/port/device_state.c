/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/device_state.h"

const char *device_state_text(enum device_state state)
{
    static const char *const texts[] = {"absent", "opening", "probing", "ready", "degraded", "lost"};

    return texts[state];
}

enum device_state device_state_of_line(enum port_state line)
{
    switch (line) {
    case PORT_ABSENT:
        return DEVICE_ABSENT;
    case PORT_OPENING:
        return DEVICE_OPENING;
    case PORT_READY:
        return DEVICE_READY;
    case PORT_LOST:
        return DEVICE_LOST;
    }
    return DEVICE_LOST;
}
