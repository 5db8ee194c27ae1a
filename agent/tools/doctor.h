/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor - loyalctl doctor: looks at everything that keeps a till from selling well, and says of each what is wrong
 * and which command mends it.
 *
 * A table of checks (doctor.c), each in the file of what it looks at. A check adds findings; one that cannot be made
 * (no right to look, no daemon to ask) says so as UNKNOWN, it is never left out silently. Nothing is changed, but for
 * one file of a few kilobytes that is written to time the disk, and removed.
 */
#ifndef LOYALD_TOOLS_DOCTOR_H
#define LOYALD_TOOLS_DOCTOR_H

#include "agent/checkup/finding.h"
#include "agent/settings/options.h"
#include "agent/tools/command.h"
#include "sync/client/client_config.h"

#include <stdbool.h>

struct cJSON;

struct doctor {
    const struct command_call *call;
    struct options settings;      /* loyald's; defaults when they could not be read */
    struct client_config courier; /* loyald-sync's; likewise */
    struct cJSON *health;         /* NULL when loyald does not answer */
    struct findings findings;
};

/* Makes every check. The caller frees doctor->health (json_free). */
void doctor_examine(struct doctor *doctor, const struct command_call *call);
/* Appends the findings, for a person or as JSON; answers the worst level. */
enum level doctor_write(const struct doctor *doctor, bool json, struct strbuf *out);

/* The text without the password of an address in it ("http://user:secret@proxy"), in out_text; answers out_text. */
const char *doctor_address(const char *text, char out_text[CONFIG_TEXT_MAX]);
/* A member of the health of loyald, NULL when there is none: parts are named one inside the other, NULL ends them. */
const struct cJSON *doctor_health(const struct doctor *doctor, const char *first, ...);

/* doctor_agent.c */
void doctor_settings(struct doctor *doctor);
void doctor_daemon(struct doctor *doctor);
void doctor_versions(struct doctor *doctor);
void doctor_courier(struct doctor *doctor);
void doctor_rules(struct doctor *doctor);
void doctor_databases(struct doctor *doctor);
/* doctor_seal.c */
void doctor_keys(struct doctor *doctor);
/* doctor_machine.c */
void doctor_disk(struct doctor *doctor);
void doctor_sync_time(struct doctor *doctor);
void doctor_clock(struct doctor *doctor);
void doctor_users(struct doctor *doctor);
void doctor_udev(struct doctor *doctor);
void doctor_modem_manager(struct doctor *doctor);
/* doctor_devices.c */
void doctor_devices(struct doctor *doctor);
/* doctor_central.c */
void doctor_central(struct doctor *doctor);
void doctor_certificate(struct doctor *doctor);

#endif
