/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/stage.h"

#include "agent/link/link.h"
#include "tests/powercut/must.h"

#include <stdio.h>
#include <string.h>

enum { STEPS_MIN = 20, STEPS_MAX = 70, QUIET_MS = 6 * 3600 * 1000, WHY_BYTES = 160 };

static void told(void *context, enum problem problem, const char *detail)
{
    (void)context;
    must(problem == PROBLEM_NONE, detail);
}

static void mount(struct stage *stage)
{
    struct sim_world *world = &stage->world;

    disk_mount(stage->scratch);
    for (int i = 0; i < TILLS; i++) {
        struct sim_till *till = &world->tills[i];

        till->place = i + 1;
        till->disk = stage->disks[i];
        till->image = stage->images[i];
        till->image_position = till->split_position = -1;
        wire_drop(till);
        disk_mount_at(till->disk, till->place);
    }
    world->central_disk = stage->central;
    world->backup = stage->backup;
    disk_mount_at(world->central_disk, CENTRAL_PLACE);
}

static void close_world(struct sim_world *world)
{
    for (int i = 0; i < TILLS; i++) {
        till_down(world, &world->tills[i], true);
        strbuf_free(&world->tills[i].to_till);
        frame_reader_clear(&world->tills[i].reader);
    }
    if (world->central)
        office_stop(world, true);
}

void stage_set_up(struct stage *stage)
{
    struct sim_world *world = &stage->world;
    char codes[TILLS][16];

    sim_enter(world, 1);
    disk_randomness(1);
    world->calm = true;
    world->batch_max = 500;
    stage->scratch = disk_create();
    for (int i = 0; i < TILLS; i++) {
        stage->disks[i] = disk_create();
        stage->images[i] = disk_create();
        stage->first[i] = disk_create();
    }
    stage->central = disk_create();
    stage->backup = disk_create();
    stage->first_central = disk_create();
    office_begin(&stage->office, &sim_rules);
    world->offers = &stage->office;
    mount(stage);
    office_init(world, codes);
    for (int i = 0; i < TILLS; i++)
        till_up(world, &world->tills[i]);
    sim_run(world, world->now_ms + 10000);
    for (int i = 0; i < TILLS; i++)
        link_enrol(world->tills[i].link, codes[i], told, NULL);
    sim_run(world, world->now_ms + 61000);
    for (int i = 0; i < TILLS; i++)
        must(world->tills[i].rules_version == 1, "rules at each till");
    must(world->wrong[0] == '\0', world->wrong);
    sim_forget_events(world);
    close_world(world);
    for (int i = 0; i < TILLS; i++)
        disk_copy(stage->first[i], stage->disks[i]);
    disk_copy(stage->first_central, stage->central);
    memcpy(stage->begun, world->tills, sizeof stage->begun);
}

/* ---- a seed ---- */

/* Quiet, and upkeep finds nothing more to do. */
static bool is_over(struct sim_world *world, char why[WHY_BYTES])
{
    int64_t before = 0, after = 0;

    if (!check_is_quiet(world, why, WHY_BYTES))
        return false;
    (void)store_last_change(world->central->store, &before, NULL);
    office_upkeep(world);
    (void)store_last_change(world->central->store, &after, NULL);
    return before == after;
}

/* Nobody sells any more: what is missing must arrive by itself. */
static void calm_down(struct sim_world *world)
{
    char why[WHY_BYTES] = "a till or the central is down";
    int64_t until;

    world->calm = true;
    for (int i = 0; i < TILLS; i++) {
        disk_cut_at(world->tills[i].disk, 0);
        world->tills[i].cut_off_until_ms = 0;
    }
    disk_cut_at(world->central_disk, 0);
    sim_run(world, world->now_ms + 61000);
    for (int i = 0; i < TILLS && world->wrong[0] == '\0'; i++) {
        if (!world->tills[i].up)
            sim_wrong(world, "till %d stays down", i);
    }
    for (until = world->now_ms + QUIET_MS;
         world->wrong[0] == '\0' && world->now_ms < until && !is_over(world, why);) {
        lives_mend(world);
        sim_run(world, world->now_ms + 10000);
    }
    if (world->wrong[0] == '\0' && !check_is_quiet(world, why, sizeof why))
        sim_wrong(world, "six hours of peace later %s", why);
}

void stage_live(struct stage *stage, uint64_t seed, enum sim_mutant mutant, bool show_it)
{
    struct sim_world *world = &stage->world;
    int64_t steps;

    for (int i = 0; i < TILLS; i++) {
        disk_copy(stage->disks[i], stage->first[i]);
        disk_seed(stage->disks[i], seed + (uint64_t)i);
    }
    disk_copy(stage->central, stage->first_central);
    disk_seed(stage->central, seed + TILLS);
    memset(world, 0, sizeof *world);
    world->dice = (struct dice){seed};
    world->offers = &stage->office;
    world->mutant = mutant;
    world->show = show_it;
    world->now_ms = 200000;
    world->deeds.version = 1;
    sim_enter(world, ~seed);
    disk_randomness(seed);
    world->spread = dice_one_in(&world->dice, 2);
    mount(stage);
    office_open(world);
    world->activation_days = dice_one_in(&world->dice, 4) ? 2 : 0;
    world->life_days = dice_one_in(&world->dice, 2) ? 3 + (int)dice_below(&world->dice, 30) : 0;
    office_points(world);
    for (int i = 0; i < TILLS; i++) {
        memcpy(world->tills[i].dev, stage->begun[i].dev, 17);
        memcpy(world->tills[i].cert_key, stage->begun[i].cert_key, 17);
        memcpy(world->tills[i].records, stage->begun[i].records, sizeof world->tills[i].records);
        memcpy(world->tills[i].first, stage->begun[i].first, sizeof world->tills[i].first);
        memcpy(world->tills[i].written, stage->begun[i].written, sizeof world->tills[i].written);
        world->tills[i].written_count = stage->begun[i].written_count;
        world->tills[i].head = stage->begun[i].head;
        world->tills[i].counted = stage->begun[i].counted;
    }
    world->batch_max = dice_one_in(&world->dice, 2) ? 1 + (int)dice_below(&world->dice, 6) : 500;
    world->rough = dice_one_in(&world->dice, 4);
    for (int i = 0; i < TILLS; i++)
        till_up(world, &world->tills[i]);
    steps = STEPS_MIN + dice_below(&world->dice, STEPS_MAX - STEPS_MIN + 1);
    for (int step = 0; step < steps && world->wrong[0] == '\0'; step++) {
        sim_happen(world);
        sim_run(world, world->now_ms + (dice_one_in(&world->dice, 6) ? dice_below(&world->dice, 600000)
                                                                     : dice_below(&world->dice, 5000)));
    }
    if (world->wrong[0] == '\0')
        calm_down(world);
    if (world->wrong[0] == '\0')
        check_all(world);
    sim_forget_events(world);
    close_world(world);
}
