/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captures_told - what a capture says that must come of it, and what loyald told.
 *
 * Scans must be those of the capture, in their order: the same code twice at once is one scan to a till. Of faults,
 * which the log tells rarely, the kinds.
 */
#ifndef LOYALD_TESTS_CAPTURES_TOLD_H
#define LOYALD_TESTS_CAPTURES_TOLD_H

#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

struct told {
    struct strbuf scans, faults, wanted_scans, wanted_faults; /* lines, as capture_write_result has them */
};

void told_begin(struct told *told, const char *expected); /* of capture.h */
void told_end(struct told *told);
void told_add_scan(struct told *told, const struct cJSON *event); /* {"symbology","text",...} */
void told_add_fault(struct told *told, const char *code, size_t len);
/* As many lines as are wanted. */
bool told_is_full(const struct told *told);
/* The same but for the number of a member, which is told by its end alone: "***3454". */
bool told_scans_are_right(const struct told *told);
bool told_faults_are_right(const struct told *told);

#endif
