/* SPDX-License-Identifier: Apache-2.0 */
/* command_expires - what --expires says, the same for all that is signed. */
#ifndef LOYALD_CENTRAL_COMMAND_EXPIRES_H
#define LOYALD_CENTRAL_COMMAND_EXPIRES_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdint.h>

enum { COMMAND_EXPIRES_DAYS_MAX = 3650 };

/* A number of days from now, a date, which is its beginning, or a time, each in UTC unless it has an offset, not past
 * and at most COMMAND_EXPIRES_DAYS_MAX days away. ST_INVALID in words. */
enum status command_expires(const char *text, int64_t now_s, int64_t *out_unix_s, struct errmsg *err);

#endif
