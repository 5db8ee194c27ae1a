/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/checkup/fresh.h"

#include "agent/checkup/answer.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

void fresh_span(int64_t ms, char out_text[FRESH_SPAN_MAX])
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{INT64_C(172800000), "days"}, {7200000, "h"}, {120000, "min"}, {0, "s"}};
    static const int64_t one[] = {86400000, 3600000, 60000, 1000};
    size_t i = 0;

    if (ms < 0)
        ms = 0; /* the clock was set back */
    while (ms < units[i].ms)
        i++;
    (void)snprintf(out_text, FRESH_SPAN_MAX, "%" PRId64 " %s", ms / one[i], units[i].unit);
}

void fresh_device(const struct cJSON *device, int64_t now_unix_ms, char out_text[FRESH_TEXT_MAX])
{
    static const struct {
        const char *field, *word;
    } moments[] = {{"heard_unix_ms", "heard"}, {"last_scan_unix_ms", "last scan"}, {"shown_unix_ms", "shown"}};
    size_t len = 0;

    out_text[0] = '\0';
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        int64_t at = answer_number(device, moments[i].field);
        char span[FRESH_SPAN_MAX];

        if (at <= 0)
            continue;
        fresh_span(now_unix_ms - at, span);
        len += (size_t)snprintf(out_text + len, FRESH_TEXT_MAX - len, ", %s %s ago", moments[i].word, span);
        if (len >= FRESH_TEXT_MAX)
            return;
    }
}
