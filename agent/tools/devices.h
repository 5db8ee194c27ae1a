/* SPDX-License-Identifier: Apache-2.0 */
/* devices - what the commands about devices share. */
#ifndef LOYALD_TOOLS_DEVICES_H
#define LOYALD_TOOLS_DEVICES_H

#include "agent/tools/command.h"
#include "agent/tools/devices_tap.h"

/* --seconds, within a day. */
int64_t devices_seconds(const struct command_call *call, int64_t otherwise);

#endif
