/* SPDX-License-Identifier: Apache-2.0 */
/* generate_parts - what the parts of the generator of bundles share (internal to it). */
#ifndef LOYALD_ORACLE_GENERATE_PARTS_H
#define LOYALD_ORACLE_GENERATE_PARTS_H

#include "tests/oracle/generate.h"

/* generate_dice.c */
int64_t a_percent(struct dice *dice);
int64_t an_amount(struct dice *dice);
void text_list(struct dice *dice, cJSON *object, const char *name, int most, const char *const *from);
void move_first(cJSON *from, cJSON *to);
/* generate_reward.c */
cJSON *some_items(struct dice *dice, bool exclude);
cJSON *some_reward(struct dice *dice);
/* generate_when.c: one more, if there is none of its kind yet */
void one_condition(struct dice *dice, cJSON *when);

#endif
