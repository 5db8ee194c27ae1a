/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle - how often who was refused within a minute, by name: what costs much, or fills the log, is not done again
 * and again for one who tries again and again, and for that one alone. Of this process only; a restart forgets.
 *
 * THROTTLE_NAMES_MAX names are remembered; one more, and the one whose minute began first is forgotten.
 */
#ifndef LOYALD_CENTRAL_THROTTLE_H
#define LOYALD_CENTRAL_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

enum { THROTTLE_WINDOW_MS = 60000, THROTTLE_NAMES_MAX = 16, THROTTLE_NAME_BYTES = 17, THROTTLE_LOGGED = 20 };

struct throttle {
    struct throttle_name {
        char name[THROTTLE_NAME_BYTES];
        int64_t since_mono_ms; /* its minute began */
        int failures;          /* in it; 0: the place is free */
    } names[THROTTLE_NAMES_MAX];
};

/* Of this minute; a longer name counts as its beginning. */
int throttle_failures(const struct throttle *throttle, const char *name, int64_t now_mono_ms);
/* One more, and how many there are with it. */
int throttle_count(struct throttle *throttle, const char *name, int64_t now_mono_ms);
/* One more refusal of that kind: whether the log is to say so. THROTTLE_LOGGED of a minute do, and then one line that
 * the rest do not. */
bool throttle_says(struct throttle *throttle, const char *kind, int64_t now_mono_ms);

#endif
