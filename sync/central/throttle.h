/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle - slows down who tries again and again what anybody may try: after so many failures in a minute all wait
 * for the next one. Of this process only; a restart forgets.
 */
#ifndef LOYALD_CENTRAL_THROTTLE_H
#define LOYALD_CENTRAL_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

enum { THROTTLE_WINDOW_MS = 60000 };

struct throttle {
    int64_t since_mono_ms; /* the minute began */
    int failures;          /* in it; counted by whoever refuses */
};

/* True while this minute's failures are failures_max or more. */
bool throttle_is_over(struct throttle *throttle, int64_t now_mono_ms, int failures_max);

#endif
