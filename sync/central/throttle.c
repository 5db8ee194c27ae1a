/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/throttle.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"

static bool is_of_now(const struct throttle_name *known, const char *name, int64_t now_mono_ms)
{
    return known->failures > 0 && now_mono_ms - known->since_mono_ms < THROTTLE_WINDOW_MS &&
           strncmp(known->name, name, sizeof(known->name) - 1) == 0;
}

int throttle_failures(const struct throttle *throttle, const char *name, int64_t now_mono_ms)
{
    for (int i = 0; i < THROTTLE_NAMES_MAX; i++)
        if (is_of_now(&throttle->names[i], name, now_mono_ms))
            return throttle->names[i].failures;
    return 0;
}

int throttle_count(struct throttle *throttle, const char *name, int64_t now_mono_ms)
{
    struct throttle_name *oldest = &throttle->names[0];

    for (int i = 0; i < THROTTLE_NAMES_MAX; i++) {
        struct throttle_name *known = &throttle->names[i];

        if (is_of_now(known, name, now_mono_ms))
            return ++known->failures;
        if (oldest->failures > 0 && (known->failures == 0 || known->since_mono_ms < oldest->since_mono_ms))
            oldest = known;
    }
    *oldest = (struct throttle_name){.since_mono_ms = now_mono_ms, .failures = 1};
    (void)snprintf(oldest->name, sizeof(oldest->name), "%s", name);
    return 1;
}

bool throttle_says(struct throttle *throttle, const char *kind, int64_t now_mono_ms)
{
    int count = throttle_count(throttle, kind, now_mono_ms);

    if (count == THROTTLE_LOGGED + 1)
        log_warn("tills-02", "%s: refused %d times in a minute, somebody tries: the rest of it is not logged", kind,
                 THROTTLE_LOGGED);
    return count <= THROTTLE_LOGGED;
}
