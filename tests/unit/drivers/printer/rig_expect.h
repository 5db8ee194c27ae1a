/* SPDX-License-Identifier: Apache-2.0 */
/* rig_expect - what a test expects of the printer on the rig: its jobs, the paper, its state. */
#ifndef LOYALD_TESTS_PRINTER_RIG_EXPECT_H
#define LOYALD_TESTS_PRINTER_RIG_EXPECT_H

#include "tests/unit/drivers/printer/printer_rig.h"

void rig_print_sample(struct rig *rig, const char *id); /* rig_print, asserted */
/* The job told of at that place ended so, for a reason that has the words in it. */
void rig_expect_job(const struct rig *rig, size_t index, const char *id, enum print_state state, const char *words);
/* What is on the paper is what the page says, but for the character (U+2212) no code page has. */
void rig_expect_paper(struct rig *rig, unsigned number, int columns);
void rig_expect_facts(struct rig *rig, unsigned number, const char *words);
void rig_expect_state(const struct rig *rig, enum device_state state, const char *words);

#endif
