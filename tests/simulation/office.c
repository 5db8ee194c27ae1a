/* SPDX-License-Identifier: Apache-2.0 */
/* The central: what till_server does with a request below its HTTP; its starts and stops. */
#include "sync/central/counting.h"
#include "sync/central/coupon.h"
#include "sync/central/device.h"
#include "sync/central/enrol.h"
#include "sync/central/hold.h"
#include "sync/central/interpret_return.h"
#include "sync/central/journal.h"
#include "sync/central/lease.h"
#include "sync/central/publish.h"
#include "sync/central/updates.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CENTRAL_FOLDER DISK_FOLDER "9"

/* ---- one request ---- */

/* A central may ask for small batches: then a till that has more sends the next behind the one under way. */
static void ask_for_less(struct sim_world *world, struct answer *answer)
{
    char *at = answer->status == 200 && world->batch_max < 500
                   ? strstr(strbuf_text(&answer->body), "\"max_batch\":500")
                   : NULL;

    if (at) {
        at[12] = at[13] = ' ';
        at[14] = (char)('0' + world->batch_max);
    }
}

static void answer_op(struct sim_world *world, const struct sim_request *request, const struct device *device,
                      struct answer *answer)
{
    struct central *central = world->central;
    const char *batch;

    switch ((enum operation)request->op) {
    case OP_JOURNAL:
        batch = mutants_batch(request->body, request->len, device->acked);
        journal_accept(central, device, batch, request->len - (size_t)(batch - request->body), answer);
        mutants_batch(NULL, 0, 0);
        ask_for_less(world, answer);
        break;
    case OP_MEMBER:
        updates_member(central, device, request->args->values[0], answer);
        break;
    case OP_SALE:
        return_sale_answer(central, device, request->args->values[0], answer);
        break;
    case OP_HOLD_VOID:
        hold_void_answer(central, device, request->body, request->len, answer);
        break;
    case OP_CLAIM:
        coupon_claim_answer(central, device, request->body, request->len, answer);
        break;
    case OP_HOLD:
        hold_answer(central, device, request->body, request->len, answer);
        break;
    case OP_BLOB:
        publish_blob(central, device, request->args, answer);
        break;
    default:
        device_status(central, device, request->body, request->len, answer);
        break;
    }
}

/* False: there is nothing to tell yet, and the till may wait. */
static bool answer_updates(struct sim_world *world, const struct sim_request *request, const struct device *device,
                           struct answer *answer)
{
    struct updates_cursor cursor;
    struct errmsg err = ERRMSG_INIT;
    bool waiting = true;
    enum status st = lease_prolong(world->central, device, &err);

    if (st == ST_OK)
        st = updates_read_cursor(world->central, request->args->values[0], &cursor, &err);
    if (st == ST_OK && request->may_wait)
        st = updates_waiting(world->central, device, &cursor, &waiting, &err);
    if (st == ST_OK && !waiting)
        return false;
    if (st == ST_OK)
        updates_answer(world->central, device, &cursor, answer);
    else
        answer_status(answer, st, &err);
    return true;
}

/* What was acked must never be unknown again, but to a central put back; of an epoch that is over nothing is acked
 * any more. */
static void note_ack(struct sim_world *world, const char *dev)
{
    struct device device;

    for (int i = 0; i < TILLS; i++) {
        if (strcmp(world->tills[i].dev, dev) == 0 && device_load(world->central, dev, &device, NULL) == ST_OK) {
            if (strcmp(device.epoch, world->told_epoch[i]) != 0)
                world->told_acked[i] = 0;
            memcpy(world->told_epoch[i], device.epoch, sizeof world->told_epoch[i]);
            if (device.acked < world->told_acked[i])
                sim_wrong(world, "till %d was told %lld records are acked, now it is %lld", i,
                          (long long)world->told_acked[i], (long long)device.acked);
            world->told_acked[i] = device.acked;
        }
    }
}

bool office_answer(struct sim_world *world, const struct sim_request *request, int *out_status, char out_mac[65],
                   struct strbuf *out_body)
{
    struct till_request asked = {.op = (enum operation)request->op,
                                 .peer = request->text.dev,
                                 .peer_key = request->text.cert_key,
                                 .dev = request->text.dev,
                                 .epoch = request->text.epoch,
                                 .n = request->text.n,
                                 .mac = request->text.mac,
                                 .args = *request->args,
                                 .body = request->body,
                                 .body_len = request->len};
    struct answer answer = ANSWER_INIT;
    struct device device = {0};
    uint8_t key[CRYPTO_KEY_BYTES];
    bool known = false, good = true;

    if (asked.op == OP_ENROL) {
        good = known = enrol_till(world->central, asked.dev, asked.epoch, asked.body, asked.body_len, key, &answer);
    } else {
        if (device_check_request(world->central, &asked, &device, &known, &answer)) {
            if (asked.op == OP_UPDATES)
                good = answer_updates(world, request, &device, &answer);
            else
                answer_op(world, request, &device, &answer);
        }
        memcpy(key, device.mac_key, sizeof key);
    }
    if (disk_is_off(world->central_disk) || (!good && asked.op == OP_UPDATES)) {
        strbuf_free(&answer.body);
        return false;
    }
    if (asked.op == OP_JOURNAL && answer.status == 200)
        note_ack(world, asked.dev);
    out_mac[0] = '\0';
    if (known)
        device_answer_mac(key, asked.dev, asked.epoch, asked.n, asked.op, answer.status, strbuf_text(&answer.body),
                          answer.body.len, out_mac);
    *out_status = answer.status;
    *out_body = answer.body;
    return true;
}

/* ---- its starts and stops ---- */

static int64_t central_wall(void *context)
{
    const struct sim_world *world = context;

    return INT64_C(1795000000000) + world->now_ms + world->days_ms;
}

static int64_t central_mono(void *context)
{
    return ((const struct sim_world *)context)->now_ms + 1000;
}

static void look_at_acks(struct sim_world *world)
{
    struct device device;

    for (int i = 0; i < TILLS; i++) {
        if (world->tills[i].dev[0] && device_load(world->central, world->tills[i].dev, &device, NULL) == ST_OK &&
            strcmp(device.epoch, world->told_epoch[i]) == 0 && device.acked < world->told_acked[i])
            sim_wrong(world, "the central acked %lld records of till %d and has %lld after a power cut",
                      (long long)world->told_acked[i], i, (long long)device.acked);
    }
}

static void on_changed(void *context)
{
    ((struct sim_world *)context)->changes++;
}

/* As the loop's timer does it: a transaction at a time, other things between them. */
static void count_some(struct sim_world *world, void *context)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t count = 0;

    free(context);
    if (!world->central || world->ended)
        return;
    if (counting_step(world->central, &count, &err) == ST_OK && count > 0)
        sim_after(world, dice_below(&world->dice, 500), count_some, NULL);
    office_after(world);
}

/* Mostly soon; now and then it has much to do before. */
static void on_accepted(void *context, int64_t count)
{
    struct sim_world *world = context;

    (void)count;

    sim_after(world, dice_below(&world->dice, dice_one_in(&world->dice, 4) ? 60000 : 50), count_some, NULL);
}

void office_open(struct sim_world *world)
{
    struct errmsg err = ERRMSG_INIT;

    world->central_clock = (struct clock_source){central_wall, central_mono, world};
    if (central_open(&(struct central_place){CENTRAL_FOLDER, NULL}, &world->central_clock, &world->central, &err) !=
        ST_OK) {
        sim_wrong(world, "the central does not start: %s", err.text);
        world->central = NULL;
        return;
    }
    office_learn(world);
    world->changes++;
    world->central->together_max = world->spread ? 1 : 0;
    world->central->changed = on_changed;
    world->central->changed_context = world;
    world->central->accepted = on_accepted;
    world->central->accepted_context = world;
    on_accepted(world, 0); /* what was accepted and not booked before it ended */
    look_at_acks(world);
}

void office_make(struct sim_world *world)
{
    struct errmsg err = ERRMSG_INIT;

    world->central_clock = (struct clock_source){central_wall, central_mono, world};
    must(central_init(&(struct central_place){CENTRAL_FOLDER, NULL}, "", &world->central_clock, &err) == ST_OK,
         err.text);
    office_open(world);
}

void office_stop(struct sim_world *world, bool power)
{
    if (!power)
        disk_cut(world->central_disk);
    central_close(world->central);
    world->central = NULL;
    disk_power_on(world->central_disk);
}

static void start_again(struct sim_world *world, void *context)
{
    free(context);
    if (!world->central && !world->ended)
        office_open(world);
}

void office_after(struct sim_world *world)
{
    if (!world->central || !disk_is_off(world->central_disk))
        return;
    world->cuts++;
    sim_note(world, "the central's power went");
    office_stop(world, false);
    sim_after(world, 1000 + dice_below(&world->dice, 30000), start_again, NULL);
}
