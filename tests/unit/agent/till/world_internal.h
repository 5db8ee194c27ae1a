/* SPDX-License-Identifier: Apache-2.0 */
/* world_internal - what the files of the world share: its beginning, rules and members (world.c), what stands behind the
 * till's tables (world_tables.c), acting and looking (world_act.c). Nobody else includes it. */
#ifndef LOYALD_TESTS_TILL_WORLD_INTERNAL_H
#define LOYALD_TESTS_TILL_WORLD_INTERNAL_H

#include "world.h"

/* What a test cannot go on without. */
void world_must(bool holds, const char *what);

void world_plug_rules(struct world *world, struct rulebook_options *options);
void world_plug_till(struct world *world, struct till_options *options);

#endif
