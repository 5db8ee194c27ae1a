/* SPDX-License-Identifier: Apache-2.0 */
/* sim_code - what a scanner would say of a code by its looks alone, and random bytes from a seed. Inside drivers/sim.
 */
#ifndef LOYALD_SIM_SIM_CODE_H
#define LOYALD_SIM_SIM_CODE_H

#include <stdint.h>

/* Returns a static text: the AIM identifier a scanner would put before the code, "" when the code begins with one:
 * "]E0" for 13 digits that add up, "]E4" for 8, "]Q1" for what only a two-dimensional code holds, else "]C0". */
const char *sim_code_id(const char *code);
/* Returns a view of the code without an identifier it may begin with. */
const char *sim_code_text(const char *code);
/* The next random number (SplitMix64); the same seed gives the same numbers everywhere. */
uint64_t sim_random(uint64_t *state);

#endif
