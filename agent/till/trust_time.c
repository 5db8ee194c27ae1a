/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What time it is, by the best word there is.
 *
 * The central's word, under its MAC, and what the machine's own clock (CLOCK_BOOTTIME, which nobody sets) counted
 * since: as long as the machine is on, restarts of the process included, no wall clock is asked. After it was
 * switched off the wall clock is, until the central is heard again: believed unless it is behind what was known
 * before.
 */
#include "agent/till/trust_internal.h"

#include "agent/base/clock.h"
#include "agent/db/journal.h"
#include "sync/protocol/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_STATE "trust_time" /* "<boot> <unix ms> <mono ms>" */
enum {
    BOOT_ID_MAX = 64,
    DRIFT_MS = 60 * 1000,     /* so far off, what is kept is kept anew */
    SLACK_MS = 5 * 60 * 1000, /* a wall clock that is mended a little at the start goes back no further */
};

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void trust_load_time(struct trust *trust)
{
    const char *boot = trust->options.boot_id;
    char known[BOOT_ID_MAX + 1] = "", *text = NULL;
    int64_t unix_ms = 0, mono_ms = 0;
    size_t len;

    if (journal_get_state(trust->options.journal, TIME_STATE, &text, &len, NULL) == ST_OK &&
        sscanf(text, "%64s %" SCNd64 " %" SCNd64, known, &unix_ms, &mono_ms) == 3) {
        trust->known_unix_ms = unix_ms;
        if (boot && strcmp(boot, known) == 0 && mono_ms <= clock_mono_ms(trust->options.clock)) {
            trust->heard_unix_ms = unix_ms;
            trust->heard_mono_ms = mono_ms;
            trust->kept_off_ms = unix_ms - mono_ms;
        }
    }
    free(text);
}

/* Once for as long as the machine is on: the rest is counted. One that cannot be kept is kept the next time. */
static void keep_time(struct trust *trust)
{
    int64_t off_ms = trust->heard_unix_ms - trust->heard_mono_ms, moved_ms = off_ms - trust->kept_off_ms;
    char text[BOOT_ID_MAX + 64];
    int len;

    if (!trust->options.boot_id || (trust->kept_off_ms != 0 && moved_ms < DRIFT_MS && moved_ms > -DRIFT_MS))
        return;
    len = snprintf(text, sizeof text, "%.64s %" PRId64 " %" PRId64, trust->options.boot_id, trust->heard_unix_ms,
                   trust->heard_mono_ms);
    if (journal_put_state(trust->options.journal, TIME_STATE, text, (size_t)len, NULL) == ST_OK)
        trust->kept_off_ms = off_ms;
}

/* An answer may lie in a socket while the machine sleeps for days: counted is from the question on. */
void trust_heard_time(struct trust *trust, int64_t unix_ms, int64_t asked_mono_ms)
{
    trust->heard_unix_ms = trust->known_unix_ms = unix_ms;
    trust->heard_mono_ms = asked_mono_ms;
    keep_time(trust);
}

int64_t trust_wall_ms(const struct trust *trust)
{
    return greater(clock_wall_ms(trust->options.clock), trust->timestamp.signed_unix_ms);
}

/* Nothing is earlier than this. */
static int64_t least_ms(const struct trust *trust)
{
    struct journal_head head;

    journal_head(trust->options.journal, &head);
    return greater(greater(record_hlc_ms(head.hlc), trust->known_unix_ms), trust->timestamp.signed_unix_ms);
}

int64_t trust_now_ms(const struct trust *trust)
{
    if (trust->heard_unix_ms > 0)
        return greater(trust->heard_unix_ms + clock_mono_ms(trust->options.clock) - trust->heard_mono_ms,
                       trust->timestamp.signed_unix_ms);
    return greater(clock_wall_ms(trust->options.clock), least_ms(trust));
}

bool trust_knows_time(const struct trust *trust)
{
    return trust->heard_unix_ms > 0 || clock_wall_ms(trust->options.clock) + SLACK_MS >= least_ms(trust);
}
