/* SPDX-License-Identifier: Apache-2.0 */
/* devices_probe - asks a line whether a receipt printer is at its end. A scanner is not asked: it speaks by itself. */
#ifndef LOYALD_TOOLS_DEVICES_PROBE_H
#define LOYALD_TOOLS_DEVICES_PROBE_H

#include "drivers/printer/profile.h"

#include <stdbool.h>

struct loop;

/* uri with its speed. Takes at most two seconds. True: *out_language answered. */
bool probe_printer(struct loop *loop, const char *uri, enum profile_language *out_language);

#endif
