/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/parts_internal.h"

#include "agent/api/api.h"
#include "agent/api/dropbox.h"
#include "agent/api/events.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/daemon/devices.h"
#include "agent/daemon/tee.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/link/link.h"
#include "agent/net/loop.h"
#include "agent/till/rulebook.h"
#include "agent/till/till.h"

#include <sys/socket.h>
#include <unistd.h>

enum {
    IDLE_MS = 5000,
    STATUS_EVERY_MS = 300 * 1000, /* how the till is, for the central's fleet */
    BUSY_MS = 100,                /* while upkeep has more to do: a slice a turn */
};

/* ---- the start-up list ---- */

static enum status start_identity(struct parts *parts, struct errmsg *err)
{
    enum status st = identity_load(parts->journal, &parts->identity, err);

    parts->has_identity = st == ST_OK;
    return st;
}

static void fetch(void *context, const char *sha256_hex, int64_t from, int64_t to)
{
    struct parts *parts = context;

    if (parts->link)
        link_fetch(parts->link, sha256_hex, from, to);
}

static void fetch_root(void *context, int64_t version)
{
    struct parts *parts = context;

    if (parts->link)
        link_fetch_root(parts->link, version);
}

static void rules_changed(void *context, int64_t version, const char *refused_reason)
{
    struct parts *parts = context;

    if (parts->till)
        till_rules_changed(parts->till, version, refused_reason);
}

static enum status journal_record(void *context, const char *type, const char *body, size_t len, struct errmsg *err)
{
    struct parts *parts = context;

    return parts->till ? till_record(parts->till, type, body, len, err) : ST_AGAIN;
}

static bool may_switch(void *context)
{
    const struct parts *parts = context;

    return !parts->till || till_is_idle(parts->till);
}

static enum status start_rulebook(struct parts *parts, struct errmsg *err)
{
    struct rulebook_options wanted = {parts->loop,      clock_system(), parts->journal, parts->rules,
                                      &parts->identity, fetch,          rules_changed,  journal_record,
                                      may_switch,       parts,          NULL,           fetch_root};

    clock_boot_id(parts->boot_id);
    wanted.boot_id = parts->boot_id[0] != '\0' ? parts->boot_id : NULL;
    return rulebook_create(&wanted, &parts->rulebook, err);
}

static enum status report_holdings(void *context, const char *incarnation, struct errmsg *err)
{
    struct parts *parts = context;

    return parts->till ? till_report_holdings(parts->till, incarnation, err) : ST_AGAIN;
}

static void write_devices(void *context, struct json_writer *w)
{
    devices_write(((const struct parts *)context)->devices, w);
}

static enum status start_link(struct parts *parts, struct errmsg *err)
{
    char path[PATH_MAX_BYTES];
    struct link_options wanted = {
        .loop = parts->loop,
        .clock = clock_system(),
        .journal = parts->journal,
        .cache = parts->cache,
        .ballast = &parts->ballast,
        .identity = &parts->identity,
        .rulebook = parts->rulebook,
        .socket_path = parts_socket_path(parts, parts->options.sync_socket, "sync.sock", path),
        .socket_mode = options_mode(parts->options.sync_socket_mode),
        .listen_fd = service_socket(&parts->sockets, "link", AF_UNIX),
        .retry_max_ms = parts->options.retry_max_s * 1000,
        .poll_wait_s = parts->options.poll_wait_s,
        .status_every_ms = STATUS_EVERY_MS,
        .report_holdings = report_holdings,
        .holdings_context = parts,
        .write_devices = write_devices,
        .write_context = parts,
    };

    return link_create(&wanted, &parts->link, err);
}

static enum status start_till(struct parts *parts, struct errmsg *err)
{
    struct till_options wanted = {
        .loop = parts->loop,
        .clock = clock_system(),
        .journal = parts->journal,
        .cache = parts->cache,
        .identity = &parts->identity,
        .rulebook = parts->rulebook,
        .ballast = &parts->ballast,
        .language = options_language(parts->options.language),
        .sale_timeout_ms = parts->options.sale_timeout_min * 60 * 1000,
        .card_prefixes = parts->options.card_prefixes,
        .central = link_central(parts->link),
        .watcher = hub_watcher(parts->hub),
    };
    enum status st = devices_create(parts->loop, &parts->options, &parts->devices, err);

    if (st == ST_OK && parts->options.tee_link[0] != '\0') {
        st = tee_create(parts->options.tee_link, options_suffix(parts->options.tee_suffix), &parts->tee, err);
        wanted.pos = (struct till_pos){parts->tee, tee_pass};
    }
    if (st != ST_OK)
        return st;
    wanted.printer = devices_printer(parts->devices);
    wanted.display = devices_display(parts->devices);
    st = till_create(&wanted, &parts->till, err);
    if (st == ST_OK)
        devices_serve(parts->devices, parts->till);
    return st;
}

static void on_idle(void *context)
{
    struct parts *parts = context;
    bool more;

    if (parts->failed) {
        loop_stop(parts->loop);
        return;
    }
    till_tick(parts->till);
    if (!parts->identity.enrolled)
        enrol_file_look(&parts->enrol_file, loop_now_ms(parts->loop));
    ballast_look(&parts->ballast);
    if (till_is_idle(parts->till)) {
        rulebook_settle(parts->rulebook);
        more = till_upkeep(parts->till, 1);
        journal_checkpoint(parts->journal);
        if (!parts->failed)
            loop_timer_set(parts->idle_timer, more ? BUSY_MS : IDLE_MS, IDLE_MS);
    }
}

static enum status start_timer(struct parts *parts, struct errmsg *err)
{
    enum status st = loop_timer_create(parts->loop, on_idle, parts, &parts->idle_timer);

    if (st != ST_OK)
        errmsg_set(err, "no timer: %s", status_text(st));
    else
        loop_timer_set(parts->idle_timer, IDLE_MS, IDLE_MS);
    return st == ST_OK ? service_watchdog_start(parts->loop, &parts->watchdog, err) : st;
}

static enum status start_loop(struct parts *parts, struct errmsg *err)
{
    enum status st = loop_create(&parts->loop, err);

    return st == ST_OK ? hub_create(parts->loop, &parts->hub, err) : st;
}

enum status parts_start(struct parts *parts, struct errmsg *err)
{
    static const struct {
        const char *name;
        enum status (*start)(struct parts *parts, struct errmsg *err);
    } list[] = {
        {"folders", parts_start_folders},
        {"loop", start_loop},
        {"databases", parts_start_databases},
        {"identity", start_identity},
        {"rules", start_rulebook},
        {"link", start_link},
        {"till", start_till},
        {"timer", start_timer},
        {"api", parts_start_api},
        {"dropbox", parts_start_dropbox},
    };

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        enum status st = list[i].start(parts, err);

        if (st != ST_OK) {
            log_debug("daemon-07", "start stopped at part=%s", list[i].name);
            return st;
        }
    }
    if (service_sockets_close_rest(&parts->sockets) > 0)
        log_warn("daemon-08",
                 "the service manager passed in sockets that are of no use: their names are api and link");
    enrol_file_init(&parts->enrol_file, parts->link, parts->state_dir);
    link_start(parts->link);
    return ST_OK;
}

void parts_stop(struct parts *parts)
{
    if (parts->devices)
        devices_serve(parts->devices, NULL);
    api_destroy(parts->api);
    dropbox_destroy(parts->dropbox);
    devices_destroy(parts->devices); /* tells the till how its prints ended */
    link_destroy(parts->link);
    till_destroy(parts->till);
    tee_destroy(parts->tee);
    hub_destroy(parts->hub);
    rulebook_destroy(parts->rulebook);
    loop_timer_destroy(parts->idle_timer);
    loop_timer_destroy(parts->watchdog);
    if (parts->has_identity)
        identity_clear(&parts->identity);
    cache_close(parts->cache);
    rules_close(parts->rules);
    journal_close(parts->journal);
    loop_destroy(parts->loop);
    if (parts->lock_fd >= 0)
        (void)close(parts->lock_fd);
}
