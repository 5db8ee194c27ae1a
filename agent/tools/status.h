/* SPDX-License-Identifier: Apache-2.0 */
/* status - asks loyald how the till is. */
#ifndef LOYALD_TOOLS_STATUS_H
#define LOYALD_TOOLS_STATUS_H

#include "agent/checkup/finding.h"
#include "agent/tools/command.h"

/* Appends loyald's answer to answer, and the verdict's line with the screen to out; where it does not answer, such an answer with why,
 * and that line alone. */
enum level status_ask(const struct command_call *call, struct strbuf *answer, struct strbuf *out);

/* The worst level that loyald finds of these checks ("link", "devices"); ends with NULL. UNKNOWN when it cannot be asked. */
enum level status_of(const struct command_call *call, const char *const *checks);

#endif
