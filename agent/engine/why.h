/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why - what a trace means, in sentences that a cashier can say: "Third coffee free: one more is missing (2 of 3)."
 *
 * Pure, as the engine is: the language is given ("ru"; anything else is English), texts come from the bundle. Whoever
 * has bundle, sale and traced result gets the same words: the till's API and the command line.
 */
#ifndef LOYALD_ENGINE_WHY_H
#define LOYALD_ENGINE_WHY_H

#include "agent/base/json_writer.h"
#include "agent/engine/engine.h"

/* Appends an array: for each promotion that was looked at {"promotion","title","state"} and, where it did not apply,
 * "reason" with its figure as in the trace, and "sentence". result was evaluated with the trace. only: this promotion
 * alone; NULL: all. */
void engine_why_write(const struct bundle *bundle, const struct engine_sale *sale, const struct engine_result *result,
                      const char *language, const char *only, struct json_writer *w);

#endif
