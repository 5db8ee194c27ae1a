/* SPDX-License-Identifier: Apache-2.0 */
/* fresh - how old what is shown is, in words. */
#ifndef LOYALD_CHECKUP_FRESH_H
#define LOYALD_CHECKUP_FRESH_H

#include <stdint.h>

struct cJSON;

enum { FRESH_SPAN_MAX = 32, FRESH_TEXT_MAX = 96 };

/* "40 s", "12 min", "8 h", "3 days"; a negative span is none. */
void fresh_span(int64_t ms, char out_text[FRESH_SPAN_MAX]);
/* Of one of the devices of /v1/health: ", heard 2 s ago, last scan 3 min ago"; "" when nothing came of it yet. A
 * display says nothing: ", shown 2 s ago" is when it took bytes last. */
void fresh_device(const struct cJSON *device, int64_t now_unix_ms, char out_text[FRESH_TEXT_MAX]);

#endif
