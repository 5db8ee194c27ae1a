/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/throttle.h"

bool throttle_is_over(struct throttle *throttle, int64_t now_mono_ms, int failures_max)
{
    if (now_mono_ms - throttle->since_mono_ms >= THROTTLE_WINDOW_MS)
        *throttle = (struct throttle){.since_mono_ms = now_mono_ms};
    return throttle->failures >= failures_max;
}
