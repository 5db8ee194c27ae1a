/* SPDX-License-Identifier: Apache-2.0 */
/* machine - what any process of this machine can see of it: the disk of a folder, the clock. Each adds one finding. */
#ifndef LOYALD_CHECKUP_MACHINE_H
#define LOYALD_CHECKUP_MACHINE_H

#include "agent/checkup/finding.h"

void checkup_disk(struct findings *findings, const char *folder);
/* Whether something keeps it right; a wrong one is seen against the central's. */
void checkup_clock(struct findings *findings);

#endif
