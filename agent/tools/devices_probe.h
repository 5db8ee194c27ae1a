/* SPDX-License-Identifier: Apache-2.0 */
/* devices_probe - asks a line whether a receipt printer is at its end, and what it calls itself. A scanner is not
 * asked: it speaks by itself. */
#ifndef LOYALD_TOOLS_DEVICES_PROBE_H
#define LOYALD_TOOLS_DEVICES_PROBE_H

#include "drivers/printer/profile.h"

#include <stdbool.h>

struct loop;

enum { PROBE_MODEL_BYTES_MAX = 64 };
struct probe_answer {
    enum profile_language language;
    char model[PROBE_MODEL_BYTES_MAX]; /* "TM-T88V"; "": it did not say */
};
/* uri with its speed. Takes at most two seconds. True: one answered. */
bool probe_printer(struct loop *loop, const char *uri, struct probe_answer *out_answer);
/* Returns a view of our profile for what answered: that of its model, else one of its language. *out_known: the
 * former. */
const struct profile *probe_profile(const struct probe_answer *answer, bool *out_known);

#endif
