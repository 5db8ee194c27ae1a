/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - one line each, "area: what happened key=value [code]": to systemd's journal with fields (log_journal.h), or on standard
 * error.
 *
 * area is "link-07": the part of the program, and a number that this line keeps for good, whatever becomes of its words; docs/log.md
 * lists them, packaging/made.sh gives out the next one. Without a number there is no code.
 *
 * error: somebody must act; warn: degraded but selling; info: life-cycle facts; debug: the rest. Ids rather than payloads;
 * never keys, tokens, card numbers or a member's personal data. Control characters are written as \xNN. The level and the
 * journal's socket are the process's only mutable state outside daemon/.
 */
#ifndef LOYALD_BASE_LOG_H
#define LOYALD_BASE_LOG_H

#include "agent/base/status.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);
__attribute__((format(printf, 2, 3))) void log_error(const char *area, const char *format, ...);
__attribute__((format(printf, 2, 3))) void log_warn(const char *area, const char *format, ...);
__attribute__((format(printf, 2, 3))) void log_info(const char *area, const char *format, ...);
__attribute__((format(printf, 2, 3))) void log_debug(const char *area, const char *format, ...);

#endif
