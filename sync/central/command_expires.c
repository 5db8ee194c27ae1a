/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/command_expires.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/civil_time.h"

enum { DAY_S = 86400, DAYS_DIGITS_MAX = 6 };

static bool read_when(const char *text, int64_t now_s, int64_t *out_unix_s)
{
    struct civil_time time = {.day = 0};
    size_t len = strlen(text);

    if (len > 0 && len <= DAYS_DIGITS_MAX && strspn(text, "0123456789") == len)
        *out_unix_s = now_s + strtoll(text, NULL, 10) * DAY_S;
    else if (civil_parse_date(text, &time.day) == ST_OK || civil_parse_time(text, &time) == ST_OK)
        *out_unix_s = (int64_t)time.day * DAY_S + time.second - time.offset_s;
    else
        return false;
    return true;
}

enum status command_expires(const char *text, int64_t now_s, int64_t *out_unix_s, struct errmsg *err)
{
    int64_t when = 0;

    if (!read_when(text, now_s, &when)) {
        errmsg_set(err,
                   "--expires \"%.40s\": wanted is a number of days, a date (2026-12-31) or a time "
                   "(2026-12-31T18:00+03:00)",
                   text);
        return ST_INVALID;
    }
    if (when <= now_s || when - now_s > (int64_t)COMMAND_EXPIRES_DAYS_MAX * DAY_S) {
        errmsg_set(err, "--expires \"%.40s\": that is %s", text, when <= now_s ? "past" : "more than ten years away");
        return ST_INVALID;
    }
    *out_unix_s = when;
    return ST_OK;
}
