/* SPDX-License-Identifier: Apache-2.0 */
/* The lives of a till: a disk put back to an old image splits its history, and IT gives it an epoch of its own
 * (loyalctl new-epoch), enrols it, and what both lives have counts once. Now and then IT does so to a till that is
 * well. */
#include "agent/db/journal.h"
#include "agent/link/link.h"
#include "agent/till/identity.h"
#include "sync/central/device.h"
#include "sync/central/office.h"
#include "sync/protocol/origin.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what it wrote ---- */

void lives_wrote(struct sim_till *till, uint64_t epoch, int64_t seq, uint64_t digest, uint64_t first)
{
    if (lives_find(till, epoch, seq, digest))
        return;
    must(till->written_count < WRITTEN_MAX, "fewer records in all lives");
    till->written[till->written_count++] =
        (struct sim_written){.epoch = epoch, .digest = digest, .first = first, .seq = seq};
}

struct sim_written *lives_find(struct sim_till *till, uint64_t epoch, int64_t seq, uint64_t digest)
{
    for (int i = 0; i < till->written_count; i++) {
        struct sim_written *one = &till->written[i];

        if (one->seq == seq && one->digest == digest && one->epoch == epoch)
            return one;
    }
    return NULL;
}

bool lives_is_there(const struct sim_till *till, uint64_t first)
{
    for (int i = 0; i < till->written_count; i++) {
        if (till->written[i].there && till->written[i].first == first)
            return true;
    }
    return false;
}

/* ---- loyalctl new-epoch ---- */

/* After a power cut the journal has either the old bytes or these. */
static void note_carried(struct sim_till *till, int64_t position, const struct record_head *to,
                         const struct strbuf *bytes)
{
    struct sim_record *record = &till->records[position];
    uint64_t digest = sim_digest(bytes->data, bytes->len);

    lives_wrote(till, to->epoch, to->seq, digest, till->first[position]);
    if (record->count == TRIES_MAX)
        memmove(record->tries + 1, record->tries + 2, sizeof record->tries[0] * (size_t)(--record->count - 1));
    record->tries[record->count++] = digest;
}

static enum status carry(void *context, const struct journal_head *after, const struct journal_entry *entry,
                         struct strbuf *out_bytes, struct errmsg *err)
{
    struct sim_till *till = context;
    struct record_head to = {.dev = after->dev, .epoch = after->epoch, .seq = after->seq + 1};
    enum status st;

    memcpy(to.prev, after->hash, sizeof to.prev);
    st = origin_carry(&to, entry->bytes, entry->len, out_bytes, err);
    if (st == ST_OK)
        note_carried(till, entry->position, &to, out_bytes);
    if (st == ST_OK)
        sim_world()->carried++;
    return st;
}

/* The till is down. False: the power went meanwhile. */
static bool begin(struct sim_world *world, struct sim_till *till)
{
    struct journal_options journal = {.now_unix_ms = clock_wall_ms(&till->clock), .new_dev = 1, .new_epoch = 1};
    struct journal_life life = {.epoch = UINT64_C(0xe00000) + (uint64_t)(till->place << 8) + (uint64_t)++till->epochs,
                                .now_unix_ms = journal.now_unix_ms,
                                .carry = carry,
                                .context = till};
    struct errmsg err = ERRMSG_INIT;
    struct journal_head head;
    char path[64];
    enum status st;

    (void)snprintf(path, sizeof path, DISK_FOLDER "%d/journal.db", till->place);
    journal.path = path;
    st = journal_open(&journal, &till->journal, &err);
    if (st == ST_OK) {
        journal_head(till->journal, &head);
        life.dev = head.dev;
        till_remove_cache(till);
        if (world->mutant == SIM_CARRIED_LOST) /* it begins behind all there is, not behind the ack */
            (void)journal_set_acked(till->journal, head.epoch, head.seq, head.hash, &err);
        st = journal_begin_epoch(till->journal, &life, &err);
    }
    journal_close(till->journal);
    till->journal = NULL;
    if (st != ST_OK && !disk_is_off(till->disk))
        sim_wrong(world, "till %d begins no epoch: %s", till->place - 1, err.text);
    return st == ST_OK && !disk_is_off(till->disk);
}

/* ---- the enrolment ---- */

struct attempt {
    struct sim_world *world;
    struct sim_till *till;
};

static void enrol(struct sim_world *world, void *context);

static void enrol_later(struct attempt *attempt)
{
    sim_after(attempt->world, 2000 + dice_below(&attempt->world->dice, 20000), enrol, attempt);
}

static void told(void *context, enum problem problem, const char *detail)
{
    struct attempt *attempt = context;
    struct sim_till *till = attempt->till;

    sim_note(attempt->world, "till %d enrolled %d %s", till->place, (int)problem, detail);
    till->refused |= problem == PROBLEM_ENROL_REFUSED && strstr(detail, "new-epoch");
    till->behind |= till->refused && strstr(detail, "was put back to a backup");
    if ((problem != PROBLEM_NONE || disk_is_off(till->disk)) && !attempt->world->ended) {
        enrol_later(attempt);
        return;
    }
    till->wants_code = false;
    free(attempt);
}

static void enrol(struct sim_world *world, void *context)
{
    struct attempt *attempt = context;
    struct sim_till *till = attempt->till;
    struct errmsg err = ERRMSG_INIT;
    char code[16], name[8];
    enum status st;

    if (world->ended) {
        free(attempt);
        return;
    }
    if (!till->up || !till->open || !world->central) {
        enrol_later(attempt);
        return;
    }
    (void)snprintf(name, sizeof name, "%d", till->place);
    st = office_till_code(world->central, "demo", "S12", name, code, &err);
    if (st != ST_OK && !disk_is_off(world->central_disk))
        sim_wrong(world, "no code for till %d: %s", till->place - 1, err.text);
    if (st == ST_OK)
        link_enrol(till->link, code, told, attempt);
    else
        enrol_later(attempt);
    office_after(world);
}

/* ---- IT ---- */

void lives_enrol(struct sim_world *world, struct sim_till *till)
{
    struct attempt *attempt;

    if (till->wants_code) /* somebody is at it */
        return;
    attempt = must_alloc(sizeof *attempt);
    *attempt = (struct attempt){world, till};
    till->wants_code = true;
    enrol_later(attempt);
}

void lives_begin_epoch(struct sim_world *world, struct sim_till *till)
{
    till_down(world, till, true);
    if (!world->calm && dice_one_in(&world->dice, 3))
        disk_cut_at(till->disk, 1 + dice_below(&world->dice, 40));
    while (!begin(world, till) && world->wrong[0] == '\0') /* the power went: once more */
        disk_power_on(till->disk);
    disk_power_on(till->disk);
    sim_note(world, "till %d began an epoch", till->place);
    till->mended = true;
    till->refused = till->behind = false;
    lives_enrol(world, till);
    till_up(world, till);
}

bool lives_is_stranger(struct sim_world *world, const struct sim_till *till)
{
    struct device device;

    return world->central && device_load(world->central, till->dev, &device, NULL) == ST_OK &&
           (memcmp(device.mac_key, till->identity->mac_key, sizeof device.mac_key) != 0 ||
            !device_has_key(&device, till->cert_key));
}

void lives_mend(struct sim_world *world)
{
    for (int i = 0; i < TILLS; i++) {
        struct sim_till *till = &world->tills[i];

        if (till->up && !till->left_forked && !till->wants_code && lives_is_stranger(world, till))
            lives_enrol(world, till);
        if (!till->up || till->left_forked || !(till->refused || (till_forked(till) && !till->wants_code)))
            continue;
        if (till->behind && !world->restored)
            sim_wrong(world, "the central lacks records of till %d and was never put back", i);
        if (till->mended && !till->behind)
            sim_wrong(world, "till %d began an epoch of its own, and its history splits again", i);
        world->forks += !till->behind;
        world->carried_again += till->behind;
        if (!till->behind && !till->wants_code && dice_one_in(&world->dice, 8))
            till->left_forked = true;
        else
            lives_begin_epoch(world, till);
    }
}
