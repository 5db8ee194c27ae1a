/* SPDX-License-Identifier: Apache-2.0 */
/* stage - a chain that is set up once a program, by the same fixed chance, and each seed begins with. */
#ifndef LOYALD_TESTS_SIMULATION_STAGE_H
#define LOYALD_TESTS_SIMULATION_STAGE_H

#include "tests/simulation/sim.h"

struct stage {
    struct sim_world world;
    struct office office;
    struct disk *scratch, *disks[TILLS], *images[TILLS], *central, *backup;
    struct disk *first[TILLS], *first_central;
    struct sim_till begun[TILLS]; /* what the set-up wrote, and who they are */
};

void stage_set_up(struct stage *stage);
/* The whole of one seed; what happened is in the world. */
void stage_live(struct stage *stage, uint64_t seed, enum sim_mutant mutant, bool show_it);

#endif
