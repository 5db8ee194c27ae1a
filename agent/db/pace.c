/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/pace.h"

static int within(int64_t units)
{
    return units < PACE_MIN ? PACE_MIN : units > PACE_MAX ? PACE_MAX : (int)units;
}

void pace_learn(struct pace *pace, int done, int64_t took_ns, int64_t limit_ns)
{
    int64_t half_ns = limit_ns / 2;

    if (took_ns > limit_ns) {
        int fits = within(done * half_ns / took_ns);

        pace->units = fits < pace->units ? fits : pace->units;
    } else if (took_ns <= half_ns && done >= pace->units) {
        pace->units = within(pace->units + pace->units / 8 + 1);
    }
}
