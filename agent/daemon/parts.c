/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/parts.h"

#include "agent/api/api.h"
#include "agent/api/dropbox.h"
#include "agent/api/events.h"
#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/hex.h"
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

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IDLE_MS = 5000,
    STATUS_EVERY_MS = 300 * 1000, /* how the till is, for the central's fleet */
    BUSY_MS = 100,                /* while upkeep has more to do: a slice a turn */
    TOKEN_BYTES = 32,
    TOKEN_TEXT = 2 * TOKEN_BYTES + 1,
    PATH_MAX_BYTES = CONFIG_TEXT_MAX + 32
};

#define CACHE_JOURNAL "journal" /* in the cache's state: the dev of the journal it reads */

static void path_in(const char *dir, const char *name, char out_path[PATH_MAX_BYTES])
{
    (void)snprintf(out_path, PATH_MAX_BYTES, "%s/%s", dir, name);
}

/* What is set, or the name given in the runtime folder. */
static const char *socket_path(const struct parts *parts, const char *set, const char *name,
                               char out_path[PATH_MAX_BYTES])
{
    if (set[0] != '\0')
        return set;
    path_in(parts->runtime_dir, name, out_path);
    return out_path;
}

/* ---- the start-up list ---- */

static enum status start_folders(struct parts *parts, struct errmsg *err)
{
    enum status st = file_mkdir(parts->state_dir, 0750, err);

    if (st == ST_OK)
        st = file_mkdir(parts->runtime_dir, 0755, err);
    if (st == ST_OK)
        st = file_lock_dir(parts->state_dir, "loyald", &parts->lock_fd, err);
    if (st == ST_OK)
        ballast_init(&parts->ballast, parts->state_dir, BALLAST_BYTES);
    return st;
}

/* A cache that read another journal, or more than this one holds (a journal restored from a backup), says nothing
 * true. */
static bool cache_is_of_journal(const struct parts *parts)
{
    struct journal_head head;
    char dev[17], known[32] = "";

    journal_head(parts->journal, &head);
    hex_from_u64(head.dev, dev);
    if (cache_get_state(parts->cache, CACHE_JOURNAL, known, sizeof known, NULL) != ST_OK || known[0] == '\0')
        return cache_projected(parts->cache) == 0 && cache_put_state(parts->cache, CACHE_JOURNAL, dev, NULL) == ST_OK;
    return strcmp(known, dev) == 0 && cache_projected(parts->cache) <= head.position;
}

static enum status start_cache(struct parts *parts, int64_t now_unix_ms, struct errmsg *err)
{
    char path[PATH_MAX_BYTES], aside[PATH_MAX_BYTES + 32];
    bool rebuilt = false;
    enum status st;

    path_in(parts->state_dir, "cache.db", path);
    st = cache_open(path, now_unix_ms, &parts->cache, &rebuilt, err);
    if (st == ST_OK && !cache_is_of_journal(parts)) {
        log_warn("daemon-04", "cache.db is of another journal and put aside: members come again from the central");
        cache_close(parts->cache);
        parts->cache = NULL;
        (void)snprintf(aside, sizeof aside, "%s.foreign", path);
        if (rename(path, aside) != 0) {
            errmsg_set(err, "%s: cannot be put aside: %s", path, strerror(errno));
            return ST_IO;
        }
        st = cache_open(path, now_unix_ms, &parts->cache, &rebuilt, err);
        if (st == ST_OK)
            (void)cache_is_of_journal(parts); /* writes down whose it is */
    } else if (st == ST_OK && rebuilt) {
        log_info("daemon-05", "cache.db is new: members come from the central");
    }
    return st;
}

static enum status start_databases(struct parts *parts, struct errmsg *err)
{
    struct journal_options wanted = {.now_unix_ms = clock_wall_ms(clock_system())};
    char path[PATH_MAX_BYTES];
    bool rebuilt = false;
    enum status st;

    crypto_random(&wanted.new_dev, sizeof wanted.new_dev);
    crypto_random(&wanted.new_epoch, sizeof wanted.new_epoch);
    path_in(parts->state_dir, "journal.db", path);
    wanted.path = path;
    st = journal_open(&wanted, &parts->journal, err);
    if (st != ST_OK)
        return st;
    path_in(parts->state_dir, "rules.db", path);
    st = rules_open(path, wanted.now_unix_ms, &parts->rules, &rebuilt, err);
    if (st != ST_OK)
        return st;
    if (rebuilt)
        log_warn("daemon-06", "rules.db was damaged and put aside: rules come again from the central");
    return start_cache(parts, wanted.now_unix_ms, err);
}

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
        .socket_path = socket_path(parts, parts->options.sync_socket, "sync.sock", path),
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

/* The token that callers over TCP show: made once, readable by the owner and the group. */
static enum status read_token(struct parts *parts, char out_token[TOKEN_TEXT], struct errmsg *err)
{
    uint8_t bytes[TOKEN_BYTES];
    char path[PATH_MAX_BYTES];
    char *text = NULL;
    size_t len = 0;
    enum status st;

    path_in(parts->state_dir, "api.token", path);
    st = file_read(path, TOKEN_TEXT, &text, &len, err);
    if (st == ST_NOT_FOUND) {
        crypto_random(bytes, sizeof bytes);
        hex_encode(bytes, sizeof bytes, out_token);
        return file_write(path, out_token, strlen(out_token), 0640, err);
    }
    if (st == ST_OK) {
        (void)snprintf(out_token, TOKEN_TEXT, "%.*s", (int)strcspn(text, "\r\n "), text);
        if (strlen(out_token) < 16) {
            errmsg_set(err, "%s: a token has at least 16 characters; remove the file to have one made", path);
            st = ST_INVALID;
        }
    }
    free(text);
    return st;
}

static void write_health(void *context, struct json_writer *w)
{
    const struct parts *parts = context;

    jw_name(w, "devices");
    devices_write(parts->devices, w);
    jw_name(w, "courier");
    link_write(parts->link, w);
    if (parts->dropbox) {
        jw_name(w, "dropbox");
        dropbox_write(parts->dropbox, w);
    }
    if (parts->tee) {
        jw_name(w, "tee");
        tee_write(parts->tee, w);
    }
}

static void enrol(void *context, const char *code, api_enrolled_fn *answer, void *answer_context)
{
    struct parts *parts = context;

    link_enrol(parts->link, code, answer, answer_context);
}

static void stop_soon(void *context)
{
    struct parts *parts = context;

    parts->failed = true;
    loop_timer_set(parts->idle_timer, 50, 0); /* the answer leaves first; then on_idle stops */
}

static enum status start_api(struct parts *parts, struct errmsg *err)
{
    char path[PATH_MAX_BYTES], token[TOKEN_TEXT] = "";
    struct api_options wanted = {
        .loop = parts->loop,
        .till = parts->till,
        .hub = parts->hub,
        .hooks = {parts, write_health, enrol, stop_soon},
        .unix_path = socket_path(parts, parts->options.api_socket, "api.sock", path),
        .unix_mode = options_mode(parts->options.api_socket_mode),
        .unix_fd = service_socket(&parts->sockets, "api", AF_UNIX),
        .tcp_fd = service_socket(&parts->sockets, "api", AF_INET),
        .state_dir = parts->state_dir,
        .doctor_file = parts->options.doctor_file,
        .limits = parts->options.limits,
    };
    enum status st = ST_OK;

    if (parts->options.api_port != 0 || wanted.tcp_fd > 0) {
        st = read_token(parts, token, err);
        wanted.tcp_host = parts->options.api_listen;
        wanted.tcp_port = (uint16_t)parts->options.api_port;
        wanted.bearer_token = token;
    }
    return st == ST_OK ? api_create(&wanted, &parts->api, err) : st;
}

static enum status start_dropbox(struct parts *parts, struct errmsg *err)
{
    struct dropbox_options wanted = {
        .loop = parts->loop,
        .till = parts->till,
        .hooks = {.context = parts, .journal_failed = stop_soon},
        .dir = parts->options.dropbox_dir,
    };

    return wanted.dir[0] == '\0' ? ST_OK : dropbox_create(&wanted, &parts->dropbox, err);
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
        {"folders", start_folders},   {"loop", start_loop},      {"databases", start_databases},
        {"identity", start_identity}, {"rules", start_rulebook}, {"link", start_link},
        {"till", start_till},         {"timer", start_timer},    {"api", start_api},
        {"dropbox", start_dropbox},
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
