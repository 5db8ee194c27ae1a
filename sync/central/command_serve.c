/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/base/plural.h"
#include "agent/net/loop.h"
#include "agent/net/service.h"
#include "sync/central/admin_server.h"
#include "sync/central/central.h"
#include "sync/central/command.h"
#include "sync/central/restore.h"
#include "sync/central/till_server.h"
#include "sync/central/upkeep.h"

enum status command_init(const struct command_call *call, struct errmsg *err)
{
    const char *host = call->host ? call->host : "";
    enum status st =
        central_init(&(struct central_place){call->state_dir, call->database}, host, clock_system(), err);

    if (st == ST_OK)
        printf("made %s: database, authority and certificate for %s\n", call->state_dir,
               host[0] ? host : "localhost");
    return st;
}

/* Where the database is spread, steps are apart (steps.h). */
static enum status open_central(const struct command_call *call, struct central **out_central, struct errmsg *err)
{
    enum status st =
        central_open(&(struct central_place){call->state_dir, call->database}, clock_system(), out_central, err);

    if (st == ST_OK)
        (*out_central)->together_max = call->spread ? 1 : 0;
    return st;
}

enum status command_restored(const struct command_call *call, struct errmsg *err)
{
    struct central *central = NULL;
    int64_t waiting = 0;
    enum status st = open_central(call, &central, err);

    if (st == ST_OK)
        st = central_restored(central, err);
    if (st == ST_OK)
        st = restore_waiting(central, "", &waiting, err);
    if (st == ST_OK)
        printf("incarnation %s: tills will send again what is missing here\n"
               "points are not set aside until %lld %s said what they may spend, %d hours at most\n",
               central->incarnation, (long long)waiting, plural(waiting, "till has", "tills have"),
               RESTORE_WAIT_S / 3600);
    central_close(central);
    return st;
}

static void on_stop(void *context)
{
    log_info("central-01", "stopping");
    loop_stop(context);
}

/* ---- what other processes on the same database change ---- */

enum { LOOK_MS = 250 };

struct watch {
    struct central *central;
    struct loop_timer *timer;
    int64_t change; /* the last one seen */
    bool failing;   /* said once, not four times a second */
};

/* Asks; a NOTIFY would make every commit of every process wait for a lock of the whole database. */
static void on_look(void *context)
{
    struct watch *watch = context;
    struct errmsg err = ERRMSG_INIT;
    int64_t change;
    enum status st = store_last_change(watch->central->store, &change, &err);

    if (st != ST_OK && !watch->failing)
        log_warn("central-02", "cannot look for changes: %s", err.text);
    if (st == ST_OK && watch->failing)
        log_info("central-03", "the database answers again");
    watch->failing = st != ST_OK;
    if (st != ST_OK)
        return;
    if (change != watch->change)
        central_tell_changed(watch->central);
    watch->change = change;
}

static enum status watch_start(struct watch *watch, struct loop *loop, struct errmsg *err)
{
    if (!store_is_shared(watch->central->store))
        return ST_OK;
    if (loop_timer_create(loop, on_look, watch, &watch->timer) != ST_OK) {
        errmsg_set(err, "no timer for what other processes change");
        return ST_NOMEM;
    }
    loop_timer_set(watch->timer, LOOK_MS, LOOK_MS);
    return ST_OK;
}

static enum status serve(const struct command_call *call, struct central *central, struct loop *loop,
                         struct errmsg *err)
{
    struct till_server_options options = {.loop = loop,
                                          .central = central,
                                          .listen_host = call->listen_host,
                                          .listen_port = (uint16_t)call->listen_port,
                                          .connections_max = (int)call->connections_max};
    struct till_server *tills = NULL;
    struct http_server *admin = NULL;
    struct loop_timer *watchdog = NULL;
    struct upkeep *upkeep = NULL;
    struct watch watch = {.central = central};
    enum status st = till_server_create(&options, &tills, err);

    if (st == ST_OK)
        st = admin_server_create(loop, central, call->state_dir, &admin, err);
    if (st == ST_OK)
        st = upkeep_create(loop, central, &upkeep, err);
    if (st == ST_OK)
        st = watch_start(&watch, loop, err);
    if (st == ST_OK)
        st = service_watchdog_start(loop, &watchdog, err);
    if (st == ST_OK)
        st = loop_on_stop_signal(loop, on_stop, loop, err);
    if (st == ST_OK) {
        log_info("central-04", "ready listen=%s port=%u incarnation=%s pid=%d", call->listen_host,
                 till_server_port(tills), central->incarnation, (int)getpid());
        service_notify("READY=1");
        loop_run(loop);
        service_notify("STOPPING=1");
    }
    loop_timer_destroy(watchdog);
    loop_timer_destroy(watch.timer);
    upkeep_destroy(upkeep);
    http_server_destroy(admin);
    till_server_destroy(tills);
    if (st == ST_OK && store_has_failed(central->store)) {
        errmsg_set(err, "the database could not be written");
        st = ST_IO;
    }
    return st;
}

enum status command_serve(const struct command_call *call, struct errmsg *err)
{
    struct central *central = NULL;
    struct loop *loop = NULL;
    enum status st = open_central(call, &central, err);

    if (st == ST_OK)
        st = store_upkeep(central->store, central_now_us(central), err);
    if (st == ST_OK)
        st = loop_create(&loop, err);
    if (st == ST_OK)
        st = serve(call, central, loop, err);
    loop_destroy(loop);
    central_close(central);
    if (st == ST_OK)
        log_info("central-05", "stopped");
    return st;
}
