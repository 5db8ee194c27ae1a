/* SPDX-License-Identifier: Apache-2.0 */
/* bench_figures - what else the engine is measured by: compiling, memory, replays. Prints one figure a line. */
#ifndef LOYALD_BENCH_FIGURES_H
#define LOYALD_BENCH_FIGURES_H

#include <stdbool.h>

/* figure,NAME,VALUE,UNIT,TARGET,met|missed */
void figure_at_most(const char *name, double value, const char *unit, double target);
void figure_at_least(const char *name, double value, const char *unit, double target);
/* All of them; false with words when something does not work at all. */
bool figures_of_bundles(void);

#endif
