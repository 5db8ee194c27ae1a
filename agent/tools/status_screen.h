/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_screen - what loyalctl status says of an answer of GET /v1/health: a verdict in one line, then one screen.
 * Levels are those of monitoring plug-ins. Whatever is wrong while selling goes on is a warning.
 */
#ifndef LOYALD_TOOLS_STATUS_SCREEN_H
#define LOYALD_TOOLS_STATUS_SCREEN_H

#include "agent/base/strbuf.h"
#include "agent/tools/command.h"

struct cJSON;
struct doctor;

enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL, LEVEL_UNKNOWN };
/* "OK" ... */
const char *level_word(enum level level);

/* Appends the screen to out; answers the level. Ages count up to now_unix_ms. The machine's findings are those of
 * doctor_look_at_machine. */
enum level status_screen(const struct cJSON *health, const struct doctor *machine,
                         const struct command_limits *limits, int64_t now_unix_ms, struct strbuf *out);

#endif
