/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a chain, by chance: faults of disks, clocks and people, and now and then a sale. */
#include "agent/db/journal.h"
#include "sync/central/device.h"
#include "sync/central/restore.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
enum { YEARS_10_MS_K = 315360000 };

/* Its disk becomes the one it was: what the till wrote since is of another life. */
static void put_back(struct sim_world *world, struct sim_till *till)
{
    till_down(world, till, true);
    disk_copy(till->disk, till->image);
    till->split_position = till->image_position;
    till->old_head = till->head;
    for (int64_t at = till->image_position + 1; at <= RECORDS_MAX; at++) {
        till->old_life[at] = till->records[at].confirmed ? till->records[at].tries[0] : 0;
        till->records[at] = (struct sim_record){0};
    }
    for (int64_t at = 1; at <= till->image_position; at++) /* before it was carried into another epoch */
        till->records[at].tries[0] = till->image_digests[at];
    till->mended = till->refused = till->behind = till->left_forked = false;
    till->rules_version = 0;
    promises_put_back(till, till->image_position);
    world->unheard = world->unheard || world->restored;
    till_up(world, till);
}

/* IT throws the cache away: it is made anew from the journal and the central. */
static void lose_cache(struct sim_world *world, struct sim_till *till)
{
    till_down(world, till, true);
    till_remove_cache(till);
    sim_note(world, "till %d lost its cache", till->place);
    till_up(world, till);
}

static void copy_disk(struct sim_world *world, struct sim_till *till)
{
    till_down(world, till, true);
    disk_copy(till->image, till->disk);
    till->image_position = till->head;
    for (int64_t at = 1; at <= till->head; at++)
        till->image_digests[at] = till->records[at].tries[0];
    till_up(world, till);
}

static void back_up(struct sim_world *world)
{
    struct device device;

    if (!world->central)
        return;
    world->have_backup = false;
    for (int i = 0; i < TILLS; i++) {
        if (device_load(world->central, world->tills[i].dev, &device, NULL) != ST_OK)
            return; /* its power goes just now */
        world->backup_acked[i] = device.acked;
        memcpy(world->backup_epoch[i], device.epoch, sizeof world->backup_epoch[i]);
    }
    office_stop(world, true);
    disk_copy(world->backup, world->central_disk);
    world->have_backup = true;
    world->backup_ms = world->now_ms + world->days_ms;
    world->backup_deeds = world->deeds;
    office_open(world);
}

/* A week's holiday, or two months: everything is switched off, and only the clocks go on. */
static void days_pass(struct sim_world *world)
{
    if (!world->central)
        return;
    world->unheard = world->unheard || world->restored;
    world->days_ms += DAY_MS * (dice_one_in(&world->dice, 6) ? 60 : 1 + dice_below(&world->dice, 7));
    sim_note(world, "days passed, in all %" PRId64, world->days_ms / DAY_MS);
    if (dice_one_in(&world->dice, 4)) {
        office_stop(world, true);
        office_open(world);
    }
    if (world->central)
        office_upkeep(world);
    office_after(world);
}

/* Only to a backup younger than what tills keep for it, and then nothing may be missing. */
static void restore(struct sim_world *world)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t waiting = 0;

    if (!world->have_backup || !world->central ||
        world->now_ms + world->days_ms - world->backup_ms >= JOURNAL_KEPT_DAYS * DAY_MS)
        return;
    sim_note(world, "central put back");
    world->restores++;
    for (int i = 0; i < TILLS; i++)
        world->behind_epoch += strcmp(world->told_epoch[i], world->backup_epoch[i]) != 0;
    rights_before(world);
    office_stop(world, true);
    disk_copy(world->central_disk, world->backup);
    memcpy(world->told_acked, world->backup_acked, sizeof world->told_acked);
    memcpy(world->told_epoch, world->backup_epoch, sizeof world->told_epoch);
    world->deeds = world->backup_deeds;
    world->restored = true;
    office_open(world);
    rights_forgotten(world);
    if (world->central && central_restored(world->central, &err) != ST_OK)
        sim_wrong(world, "the restored central: %s", err.text);
    if (world->central && restore_waiting(world->central, "", &waiting, &err) == ST_OK)
        world->unheard = world->unheard || waiting < TILLS; /* one was silent for long before */
}

/* The office's people do what they do once. */
static void office_acts(struct sim_world *world)
{
    struct dice *dice = &world->dice;

    if (!world->central)
        return;
    switch (dice_below(dice, 3)) {
    case 0:
        if (!world->deeds.merged)
            office_merge(world);
        break;
    case 1:
        if (!world->deeds.moved)
            office_move_card(world);
        break;
    default:
        if (world->deeds.version == 1)
            office_publish(world, 2);
        break;
    }
    office_after(world);
}

void sim_happen(struct sim_world *world)
{
    struct dice *dice = &world->dice;
    struct sim_till *till = &world->tills[dice_below(dice, TILLS)];
    int64_t years = INT64_C(1000) * YEARS_10_MS_K;

    switch (dice_below(dice, 32)) {
    case 0:
        if (till->up)
            disk_cut_at(till->disk, 1 + dice_below(dice, 60));
        break;
    case 1:
        if (world->central)
            disk_cut_at(world->central_disk, 1 + dice_below(dice, 80));
        break;
    case 2:
        till->cut_off_until_ms = world->now_ms + dice_below(dice, 1800 * 1000);
        break;
    case 3: /* the clock's battery, or a hand */
        till->clock_off_ms = dice_one_in(dice, 3) ? 0 : dice_one_in(dice, 2) ? years : -years;
        break;
    case 4:
        if (till->up && till->image_position < 0 && !till->wants_code)
            copy_disk(world, till);
        break;
    case 5:
        if (till->up && till->image_position >= 0 && till->split_position < 0 && !till->wants_code &&
            dice_one_in(dice, world->rough ? 1 : 3))
            put_back(world, till);
        break;
    case 6:
        if (dice_one_in(dice, world->rough ? 1 : 3))
            back_up(world);
        break;
    case 7:
        if (dice_one_in(dice, world->rough ? 1 : 3))
            restore(world);
        break;
    case 8: /* loyald-sync dies and comes again */
        if (till->up && till->open) {
            till->hung_up = true;
            till->to_till.len = 0;
            loop_tell(till->loop, WIRE_OPEN + till->place - 1);
            wire_drop(till);
            wire_knock(world, till, dice_below(dice, 20000));
        }
        break;
    case 9:
    case 10:
    case 11:
        if (till->up)
            till_idle(world, till);
        break;
    case 12:
        days_pass(world);
        break;
    case 13:
        if (till->up && dice_one_in(dice, 2))
            lose_cache(world, till);
        break;
    case 14:
        if (dice_one_in(dice, 2))
            office_acts(world);
        break;
    case 15:
    case 16:
        if (till->up)
            till_take_back(world, till);
        break;
    case 17: /* IT looks at its tills; and now and then begins an epoch where none is due */
        lives_mend(world);
        if (till->up && !till->wants_code && dice_one_in(dice, world->rough ? 2 : 12) && !till_forked(till))
            lives_begin_epoch(world, till);
        break;
    default:
        for (int64_t n = 1 + dice_below(dice, 3); n > 0 && till->up; n--)
            till_sell(world, till);
        break;
    }
}
