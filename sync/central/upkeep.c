/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/upkeep.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "sync/central/circle.h"
#include "sync/central/coupon.h"
#include "sync/central/lease.h"
#include "sync/central/lot.h"
#include "sync/central/rollout.h"
#include "sync/central/trust.h"

enum { FIRST_MS = 10 * 1000, PAUSE_MS = 20, HOUR_MS = 60 * 60 * 1000 };

struct upkeep {
    struct loop_timer *timer, *watch; /* watch: of roll-outs and timestamps */
    struct central *central;
    struct lot_place place;
};

/* One batch of each kind; *out_more says that another is due. */
static enum status run_batch(struct central *central, struct lot_place *place, bool *out_more,
                             int64_t *out_written_off, struct errmsg *err)
{
    int64_t forgotten = 0;
    bool more = false;
    enum status st = lot_expire(central, place, &more, err);

    if (st == ST_OK)
        st = store_upkeep(central->store, central_now_us(central), err);
    if (st == ST_OK)
        st = lease_write_off(central, out_written_off, err);
    if (st == ST_OK)
        st = coupon_give_up_lost(central, err);
    if (st == ST_OK)
        st = circle_forget(central, &forgotten, err);
    if (st == ST_OK)
        *out_more = more || forgotten == CIRCLE_FORGET_BATCH || *out_written_off == LEASE_WRITE_OFF_BATCH;
    if (st == ST_OK && *out_written_off > 0)
        log_warn("points-01", "written off leases and holds of lost tills count=%" PRId64, *out_written_off);
    return st;
}

static void on_timer(void *context)
{
    struct upkeep *upkeep = context;
    struct errmsg err = ERRMSG_INIT;
    int64_t written_off = 0;
    bool more = false;
    enum status st = run_batch(upkeep->central, &upkeep->place, &more, &written_off, &err);

    if (st != ST_OK)
        log_error("points-02", "upkeep stopped, it is tried again in an hour: %s", err.text);
    if (st != ST_OK || !more)
        upkeep->place = (struct lot_place){.chain = ""};
    loop_timer_set(upkeep->timer, st == ST_OK && more ? PAUSE_MS : HOUR_MS, 0);
}

static void on_watch(void *context)
{
    struct upkeep *upkeep = context;
    struct errmsg err = ERRMSG_INIT;

    if (rollout_watch(upkeep->central, &err) != ST_OK)
        log_error("rollout-02", "not looked at, it is tried again in a minute: %s", err.text);
    if (trust_refresh_all(upkeep->central, &err) != ST_OK)
        log_error("trust-07", "a timestamp is not signed, it is tried again in a minute: %s", err.text);
}

enum status upkeep_create(struct loop *loop, struct central *central, struct upkeep **out_upkeep, struct errmsg *err)
{
    struct upkeep *upkeep = calloc(1, sizeof(*upkeep));

    if (!upkeep)
        return ST_NOMEM;
    upkeep->central = central;
    if (loop_timer_create(loop, on_timer, upkeep, &upkeep->timer) != ST_OK ||
        loop_timer_create(loop, on_watch, upkeep, &upkeep->watch) != ST_OK) {
        errmsg_set(err, "no timer for what is due once an hour");
        upkeep_destroy(upkeep);
        return ST_NOMEM;
    }
    loop_timer_set(upkeep->watch, ROLLOUT_WATCH_MS, ROLLOUT_WATCH_MS);
    loop_timer_set(upkeep->timer, FIRST_MS, 0);
    *out_upkeep = upkeep;
    return ST_OK;
}

void upkeep_destroy(struct upkeep *upkeep)
{
    if (!upkeep)
        return;
    loop_timer_destroy(upkeep->timer);
    loop_timer_destroy(upkeep->watch);
    free(upkeep);
}

enum status upkeep_run(struct central *central, int64_t *out_written_off, struct errmsg *err)
{
    struct lot_place place = {.chain = ""};
    int64_t all = 0, written_off = 0;
    bool more = true;
    enum status st = ST_OK;

    while (st == ST_OK && more) {
        st = run_batch(central, &place, &more, &written_off, err);
        all += written_off;
    }
    if (st == ST_OK)
        *out_written_off = all;
    return st;
}
