/* SPDX-License-Identifier: Apache-2.0 */
/* The tills: each is what the daemon puts together, but for devices and the local API. */
#include "agent/base/hex.h"
#include "agent/base/json_writer.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/link/link.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Filling the log costs a start more than all else, and changes no order of writes: tests/powercut has it. */
struct sqlite;
enum status __wrap_sqlite_fill_wal(struct sqlite *db, struct errmsg *err);
enum status __wrap_sqlite_fill_wal(struct sqlite *db, struct errmsg *err)
{
    (void)db;
    (void)err;
    return ST_OK;
}

/* ---- starting and stopping ---- */

static int64_t wall(void *context)
{
    return INT64_C(1795000000000) + sim_world()->now_ms + sim_world()->days_ms +
           ((const struct sim_till *)context)->clock_off_ms;
}

static int64_t mono(void *context)
{
    (void)context;
    return sim_world()->now_ms + sim_world()->days_ms + 1000;
}

static void fetch(void *context, const char *sha256_hex, int64_t from, int64_t to)
{
    struct sim_till *till = context;

    if (till->link)
        link_fetch(till->link, sha256_hex, from, to);
}

static void fetch_root(void *context, int64_t version)
{
    struct sim_till *till = context;

    if (till->link)
        link_fetch_root(till->link, version);
}

static void changed(void *context, int64_t version, const char *refused_reason)
{
    struct sim_till *till = context;

    if (!refused_reason && version < till->rules_version)
        sim_wrong(sim_world(), "till %d went back from rules %lld to %lld", till->place - 1,
                  (long long)till->rules_version, (long long)version);
    if (!refused_reason && !disk_is_off(till->disk))
        till->rules_version = version;
    if (till->till)
        till_rules_changed(till->till, version, refused_reason);
}

static enum status journal_record(void *context, const char *type, const char *body, size_t len, struct errmsg *err)
{
    return till_record(((struct sim_till *)context)->till, type, body, len, err);
}

static enum status report_holdings(void *context, const char *incarnation, struct errmsg *err)
{
    struct sim_till *till = context;

    return till->till ? till_report_holdings(till->till, incarnation, err) : ST_AGAIN;
}

static bool may_switch(void *context)
{
    const struct sim_till *till = context;

    return !till->till || till_is_idle(till->till);
}

static const char *path(const struct sim_till *till, const char *name, char out[64])
{
    (void)snprintf(out, 64, DISK_FOLDER "%d/%s", till->place, name);
    return out;
}

static enum status open_files(struct sim_till *till, struct errmsg *err)
{
    struct journal_options journal = {.now_unix_ms = wall(till),
                                      .new_dev = 0xd0 + (uint64_t)till->place,
                                      .new_epoch = 0xe0 + (uint64_t)till->place};
    bool rebuilt = false;
    char text[64];
    enum status st;

    journal.path = path(till, "journal.db", text);
    st = journal_open(&journal, &till->journal, err);
    if (st == ST_OK)
        st = rules_open(path(till, "rules.db", text), wall(till), &till->rules, &rebuilt, err);
    if (st == ST_OK)
        st = cache_open(path(till, "cache.db", text), wall(till), &till->cache, &rebuilt, err);
    return st == ST_OK ? identity_load(till->journal, till->identity, err) : st;
}

static enum status open_parts(struct sim_till *till, struct errmsg *err)
{
    const struct rulebook_options book = {till->loop,     &till->clock, till->journal, till->rules,
                                          till->identity, fetch,        changed,       journal_record,
                                          may_switch,     till,         till->boot,    fetch_root};
    struct link_options link = {.loop = till->loop,
                                .clock = &till->clock,
                                .journal = till->journal,
                                .cache = till->cache,
                                .identity = till->identity,
                                .socket_path = "",
                                .listen_fd = WIRE_LISTEN + till->place - 1,
                                .retry_max_ms = 300000,
                                .poll_wait_s = 25,
                                .report_holdings = report_holdings,
                                .holdings_context = till};
    struct till_options options = {.loop = till->loop,
                                   .clock = &till->clock,
                                   .journal = till->journal,
                                   .cache = till->cache,
                                   .identity = till->identity,
                                   .language = "en",
                                   .card_prefixes = "29"};
    enum status st;

    (void)snprintf(till->boot, sizeof till->boot, "%d-%d", till->place, till->starts);
    st = rulebook_create(&book, &till->rulebook, err);

    if (st != ST_OK)
        return st;
    link.rulebook = options.rulebook = till->rulebook;
    st = link_create(&link, &till->link, err);
    if (st != ST_OK)
        return st;
    options.central = link_central(till->link);
    st = till_create(&options, &till->till, err);
    if (st == ST_OK)
        rulebook_settle(till->rulebook);
    if (st == ST_OK)
        link_start(till->link);
    return st;
}

static void close_parts(struct sim_till *till)
{
    till->up = false; /* what is answered now comes too late */
    if (till->loop)
        loop_discard(till->loop);
    link_destroy(till->link);
    till_destroy(till->till);
    rulebook_destroy(till->rulebook);
    cache_close(till->cache);
    rules_close(till->rules);
    journal_close(till->journal);
    if (till->identity)
        identity_clear(till->identity);
    free(till->identity);
    loop_destroy(till->loop);
    till->link = NULL;
    till->till = NULL;
    till->rulebook = NULL;
    till->cache = NULL;
    till->rules = NULL;
    till->journal = NULL;
    till->identity = NULL;
    till->loop = NULL;
    wire_drop(till);
}

static void start_again(struct sim_world *world, void *context)
{
    struct sim_till **till = context;

    if (!(*till)->up && !world->ended)
        till_up(world, *till);
    free(till);
}

static void later(struct sim_world *world, struct sim_till *till)
{
    struct sim_till **one = must_alloc(sizeof *one);

    *one = till;
    sim_after(world, 1000 + dice_below(&world->dice, 60000), start_again, one);
}

void till_up(struct sim_world *world, struct sim_till *till)
{
    struct errmsg err = ERRMSG_INIT;

    till->clock = (struct clock_source){wall, mono, till};
    wire_drop(till);
    till->identity = must_alloc(sizeof *till->identity);
    (void)loop_create(&till->loop, NULL);
    if (open_files(till, &err) == ST_OK) {
        till_look_at_journal(world, till);
        if (open_parts(till, &err) == ST_OK && !disk_is_off(till->disk)) {
            hex_from_u64(till->identity->dev, till->dev);
            till->up = true;
            till->starts++;
            sim_note(world, "till %d up at %lld", till->place, (long long)till->head);
            wire_knock(world, till, dice_below(&world->dice, 3000));
            return;
        }
    }
    if (!disk_is_off(till->disk))
        sim_wrong(world, "till %d does not start: %s", till->place - 1, err.text);
    close_parts(till);
    disk_power_on(till->disk);
    later(world, till);
}

void till_remove_cache(struct sim_till *till)
{
    static const char *const names[] = {"cache.db", "cache.db-wal", "cache.db-journal"};
    char text[64];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)disk_unlink(till->disk, path(till, names[i], text));
    (void)disk_sync(till->disk, DISK_FOLDER_HANDLE); /* as loyalctl new-epoch does; a stale log beside a new file is none */
}

void till_down(struct sim_world *world, struct sim_till *till, bool power)
{
    (void)world;
    if (!till->up)
        return;
    if (!power)
        disk_cut(till->disk);
    close_parts(till);
    disk_power_on(till->disk);
}

void till_after(struct sim_world *world, struct sim_till *till)
{
    if (!till->up || !disk_is_off(till->disk))
        return;
    world->cuts++;
    sim_note(world, "till %d lost its power", till->place);
    till_down(world, till, false);
    later(world, till);
}

/* ---- while nobody waits ---- */

void till_idle(struct sim_world *world, struct sim_till *till)
{
    till_tick(till->till);
    if (till_is_idle(till->till)) {
        rulebook_settle(till->rulebook);
        till_upkeep(till->till, 3);
        journal_checkpoint(till->journal);
    }
    if (journal_pruned_position(till->journal) > till->pruned &&
        journal_pruned_position(till->journal) > till->counted)
        sim_wrong(world, "till %d removed %lld records, the central counts %lld", till->place - 1,
                  (long long)journal_pruned_position(till->journal), (long long)till->counted);
    till->pruned = journal_pruned_position(till->journal);
    till_after(world, till);
}

static bool link_says(const struct sim_till *till, const char *word)
{
    struct strbuf text = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&text);
    bool says;

    link_write(till->link, &w);
    says = strstr(strbuf_text(&text), word) != NULL;
    strbuf_free(&text);
    return says;
}

bool till_forked(const struct sim_till *till)
{
    return link_says(till, "\"forked\":true");
}

bool till_lacks_records(const struct sim_till *till)
{
    return link_says(till, "\"records_gone\":true");
}
