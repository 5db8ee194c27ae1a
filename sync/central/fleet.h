/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fleet - how every till in use is, judged: by what it told of itself, and by its silence.
 *
 * Levels are those of Nagios: 0 good, 1 somebody should look, 2 somebody must.
 */
#ifndef LOYALD_CENTRAL_FLEET_H
#define LOYALD_CENTRAL_FLEET_H

#include "agent/base/json_writer.h"
#include "sync/central/central.h"

/* {"at_us","level","tills":[{"dev","chain","store","till","version","rules","rules_newest","queue","oldest_s","silent_s",
 * "skew_ms","cert_days","authority":true,"devices":"2 ready","level","why","told":{...}}]} */
enum status fleet_report(struct central *central, struct json_writer *w, struct errmsg *err);

#endif
