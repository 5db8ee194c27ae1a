/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding - what a check found, how bad that is, and which command mends it. Levels are those of monitoring plug-ins, and their
 * numbers are exit statuses. Used by loyald for its status page and by loyalctl, so both say the same.
 */
#ifndef LOYALD_CHECKUP_FINDING_H
#define LOYALD_CHECKUP_FINDING_H

#include "agent/base/json_writer.h"

enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL, LEVEL_UNKNOWN };

enum { FINDINGS_MAX = 64, FINDING_TEXT_MAX = 320 };

struct finding {
    enum level level;
    const char *check;           /* a word: "disk"; borrowed */
    char text[FINDING_TEXT_MAX]; /* what was found */
    char fix[FINDING_TEXT_MAX];  /* a command or what to do; "" when all is well */
};

/* All zero: none yet. */
struct findings {
    const char *check; /* the one under way; borrowed */
    struct finding list[FINDINGS_MAX];
    int count;
};

/* "OK" ... */
const char *level_word(enum level level);
/* Adds one of the check under way; fix may be NULL. Past FINDINGS_MAX the last place is written again. */
__attribute__((format(printf, 4, 5))) void findings_add(struct findings *findings, enum level level, const char *fix,
                                                        const char *format, ...);
/* Something that could not be looked at is worse than well, and better than a fault. */
enum level findings_worst(const struct findings *findings);
/* Writes an array of {"check","level","text","fix"}; no fix where there is none. */
void findings_write(const struct findings *findings, struct json_writer *w);

#endif
