/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen - what is to be said of a till, made from its health (GET /v1/health) and the machine it runs on: findings, a verdict in
 * one line for monitoring, and one screen for a person. loyald makes it (GET /v1/status), loyalctl status and the status page
 * show it. Whatever is wrong while selling goes on is a warning.
 */
#ifndef LOYALD_CHECKUP_SCREEN_H
#define LOYALD_CHECKUP_SCREEN_H

#include "agent/base/strbuf.h"
#include "agent/checkup/finding.h"

struct cJSON;

/* From when on it warns or alarms. */
struct screen_limits {
    int64_t unsynced_warn, unsynced_critical;
    int64_t link_down_warn_min, link_down_critical_min;
    int64_t answer_warn_ms;
};

/* Appends the screen to out and the findings, those of the machine last, to out_findings; answers the worst level. Ages count up
 * to now_unix_ms. What is absent from health reads as 0 or "". */
enum level screen_write(const struct cJSON *health, const struct findings *machine, const struct screen_limits *limits,
                        int64_t now_unix_ms, struct findings *out_findings, struct strbuf *out);
/* Appends "WARNING: what; what", in one line without its end. */
void screen_write_verdict(const struct findings *findings, struct strbuf *out);

#endif
