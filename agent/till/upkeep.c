/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/upkeep.h"

#include "agent/base/clock.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/base/strbuf.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/projection.h"
#include "agent/till/till_internal.h"
#include "agent/till/trust.h"
#include "sync/protocol/record.h"

#include <inttypes.h>
#include <stdio.h>

enum { FULL_CHECK_HOURS = 24, RETRY_MS = 1000 };

/* ---- the projection ---- */

struct walk {
    struct cache *cache;
    struct projection *projection;
    int64_t until, done;
    enum status st;
    struct errmsg *err;
};

static bool body_of(const struct journal_entry *entry, const char **out_body, size_t *out_len)
{
    struct record_head head;

    return record_parse(entry->bytes, entry->len, &head, out_body, out_len, NULL) == ST_OK;
}

static bool project_entry(void *context, const struct journal_entry *entry)
{
    struct walk *walk = context;
    const char *body = "";
    size_t len = 0;

    if (entry->position > walk->until)
        return false;
    (void)body_of(entry, &body, &len); /* the journal checks its envelopes; one without a body is unreadable */
    walk->st = projection_put(walk->projection, walk->cache, entry->type, body, len, entry->position, walk->err);
    return walk->st == ST_OK && !cache_slice_is_full(walk->cache);
}

/* The records from a position on, as far as each takes them; what they write to the cache is one commit. */
static enum status walk_records(struct walk *walk, struct journal *journal, int64_t from,
                                bool (*each)(void *context, const struct journal_entry *entry))
{
    enum status st = cache_begin(walk->cache, walk->err);

    if (st != ST_OK)
        return st;
    st = journal_each(journal, from, each, walk, walk->err);
    if (st == ST_OK)
        st = walk->st;
    if (st == ST_OK)
        return cache_commit(walk->cache, walk->err);
    cache_rollback(walk->cache);
    return st;
}

static enum status project_slice(struct journal *journal, struct cache *cache, struct projection *scratch,
                                 int64_t until, struct errmsg *err)
{
    struct walk walk = {cache, scratch, until, 0, ST_OK, err};

    return walk_records(&walk, journal, cache_projected(cache) + 1, project_entry);
}

/* Projects at most count records; what fails is tried again. */
static enum status catch_up(struct journal *journal, struct cache *cache, struct projection *scratch, int64_t count,
                            struct errmsg *err)
{
    struct journal_head head;
    enum status st = cache_skip_to(cache, journal_pruned_position(journal), err);
    int64_t goal;

    journal_head(journal, &head);
    goal = head.position - cache_projected(cache) > count ? cache_projected(cache) + count : head.position;
    while (st == ST_OK && cache_projected(cache) < goal)
        st = project_slice(journal, cache, scratch, goal, err);
    return st;
}

int64_t upkeep_behind(const struct till *till)
{
    struct journal_head head;

    journal_head(till->options.journal, &head);
    return head.position - cache_projected(till->options.cache);
}

static bool note_entry(void *context, const struct journal_entry *entry)
{
    struct walk *walk = context;
    const char *body = "";
    size_t len = 0;

    (void)body_of(entry, &body, &len);
    if (projection_read(entry->type, body, len, walk->projection, NULL) == ST_OK &&
        walk->projection->sale_id[0] != '\0')
        walk->st = cache_note_sale(walk->cache, walk->projection->sale_id, entry->position, walk->err);
    projection_clear(walk->projection);
    return walk->st == ST_OK;
}

static enum status note_late_sales(struct till *till, struct errmsg *err)
{
    struct walk walk = {.cache = till->options.cache, .projection = till->projection, .st = ST_OK, .err = err};
    struct journal_head head;

    journal_head(till->options.journal, &head);
    return walk_records(&walk, till->options.journal, head.position - UPKEEP_NOTED + 1, note_entry);
}

/* True when the turn went to moving the cache's WAL. While that fails the WAL grows up to its ceiling, and what is
 * wrong with the disk is told by what is written next. */
static bool move_wal(struct till *till)
{
    return cache_wal_is_due(till->options.cache) && cache_checkpoint(till->options.cache, NULL) == ST_OK;
}

static enum status catch_up_turn(struct till *till, struct errmsg *err)
{
    struct cache *cache = till->options.cache;

    return move_wal(till) ? ST_OK
                          : project_slice(till->options.journal, cache, till->projection,
                                          cache_projected(cache) + upkeep_behind(till), err);
}

static void on_timer(void *context)
{
    struct till *till = context;
    struct errmsg err = ERRMSG_INIT;

    if (catch_up_turn(till, &err) != ST_OK) {
        log_warn("till-20", "cache.db cannot be brought up to the journal: %s", err.text);
        loop_timer_set(till->upkeep_timer, RETRY_MS, 0);
    } else if (upkeep_behind(till) > 0) {
        loop_timer_set(till->upkeep_timer, 1, 0); /* sales first: the loop's next turn */
    } else {
        log_info("till-21", "cache.db is up to the journal again");
    }
}

enum status upkeep_begin(struct till *till, struct errmsg *err)
{
    enum status st = cache_skip_to(till->options.cache, journal_pruned_position(till->options.journal), err);
    int64_t behind = upkeep_behind(till);

    if (st != ST_OK)
        return st;
    if (behind <= UPKEEP_AT_ONCE || !till->options.loop)
        return catch_up(till->options.journal, till->options.cache, till->projection, behind, err);
    log_warn("till-22", "cache.db lacks %" PRId64 " records of the journal: they follow while the till sells",
             behind);
    st = note_late_sales(till, err);
    if (st == ST_OK)
        st = loop_timer_create(till->options.loop, on_timer, till, &till->upkeep_timer);
    if (st == ST_OK)
        loop_timer_set(till->upkeep_timer, 1, 0);
    return st;
}

/* The cache is only a reading of the journal: what fails here is read again with the next record or at the next
 * start, and the sale stands. */
void upkeep_appended(struct till *till, const char *type, const char *body, size_t len, int64_t position)
{
    struct errmsg err = ERRMSG_INIT;
    struct projection *p = till->projection;
    struct cache *cache = till->options.cache;
    enum status st = ST_OK;

    if (upkeep_behind(till) > UPKEEP_CATCH_UP + 1) { /* its turn comes; only that it is there is known at once */
        st = projection_read(type, body, len, p, &err);
        if (st == ST_OK && p->sale_id[0] != '\0')
            st = cache_note_sale(cache, p->sale_id, position, &err);
        projection_clear(p);
    } else {
        if (upkeep_behind(till) > 1)
            st = catch_up(till->options.journal, cache, p, UPKEEP_CATCH_UP, &err);
        if (st == ST_OK)
            st = projection_put(p, cache, type, body, len, position, &err);
    }
    if (st != ST_OK)
        log_error("till-23", "cache.db lags behind the journal position=%" PRId64 ": %s", position, err.text);
}

/* ---- pruning ---- */

static bool forget_entry(void *context, const struct journal_entry *entry)
{
    struct walk *walk = context;
    struct projection *p = walk->projection;
    const char *body = "";
    size_t len = 0;

    if (entry->position > walk->until)
        return false;
    (void)body_of(entry, &body, &len);
    if (projection_read(entry->type, body, len, p, NULL) == ST_OK)
        walk->st = cache_forget(walk->cache, entry->position, p->sale_id[0] ? p->sale_id : NULL, p->effects,
                                p->effect_count, walk->err);
    projection_clear(p);
    walk->done = entry->position;
    return walk->st == ST_OK && !cache_slice_is_full(walk->cache);
}

/* What the cache knows of these records is in the central's rows by now. It goes first: a record whose effects are
 * gone is harmless, an effect whose record is gone would never go. */
static enum status forget(struct till *till, int64_t until, int64_t *out_done, struct errmsg *err)
{
    struct journal *journal = till->options.journal;
    struct walk walk = {till->options.cache, till->projection, until, 0, ST_OK, err};
    enum status st = walk_records(&walk, journal, journal_pruned_position(journal) + 1, forget_entry);

    *out_done = walk.done;
    return st;
}

/* An open sale may have read its member before the central counted what is about to go. */
static bool any_open(const struct till *till)
{
    for (int i = 0; i < TILL_SALES_MAX; i++)
        if (till->sales[i] && sale_is_open(till->sales[i]))
            return true;
    return false;
}

/* True when there was something to do. */
static bool prune_slice(struct till *till)
{
    struct journal *journal = till->options.journal;
    struct errmsg err = ERRMSG_INIT;
    int64_t until = 0;
    enum status st;

    if (any_open(till))
        return false;
    st = journal_prunable(journal, &until, &err);
    if (st == ST_OK && (until == 0 || until > cache_projected(till->options.cache)))
        return false;
    if (st == ST_OK)
        st = forget(till, until, &until, &err);
    if (st == ST_OK)
        st = cache_sync(till->options.cache, &err);
    if (st == ST_OK)
        st = journal_prune(journal, until, &err);
    if (st != ST_OK)
        log_error("till-24", "old records cannot be removed: %s", err.text);
    return st == ST_OK;
}

/* ---- the full check ---- */

static bool check_slice(struct till *till)
{
    struct upkeep *upkeep = &till->upkeep;
    int64_t now = clock_wall_ms(till->options.clock), since = now - upkeep->checked_unix_ms;
    struct errmsg err = ERRMSG_INIT;
    bool done = false;
    enum status st;

    /* A clock put back is no reason to wait for years. */
    upkeep->checking = upkeep->checking || since < 0 || since >= FULL_CHECK_HOURS * INT64_C(3600000);
    if (!upkeep->checking)
        return false;
    st = journal_check_slice(till->options.journal, &done, &err);
    if (st == ST_OK && !done)
        return true;
    if (st == ST_CORRUPT) {
        (void)snprintf(upkeep->damage, sizeof upkeep->damage, "%s", err.text);
        log_error("till-25", "the journal is damaged, save it soon (loyalctl salvage): %s", err.text);
    } else if (st != ST_OK) {
        log_warn("till-26", "the journal could not be checked: %s", err.text);
    } else {
        upkeep->damage[0] = '\0';
    }
    upkeep->checking = false;
    upkeep->checked_unix_ms = now;
    return false;
}

/* ---- leases whose time is over ---- */

struct ended {
    char id[CACHE_NAME_MAX + 1], member[CACHE_ID_MAX + 1];
    struct strbuf body;
};

static bool note_ended(void *context, const struct cache_lease *lease)
{
    struct ended *ended = context;
    struct json_writer w = JSON_WRITER_INIT(&ended->body);

    (void)snprintf(ended->id, sizeof ended->id, "%s", lease->id);
    (void)snprintf(ended->member, sizeof ended->member, "%s", lease->member);
    jw_object_begin(&w);
    jw_field_text(&w, "lease", lease->id);
    jw_field_text(&w, "member", lease->member);
    jw_field_text(&w, "currency", lease->currency);
    jw_field_int(&w, "used", lease->used);
    jw_field_text(&w, "reason", lease->expires_unix_ms == 0 ? "returned" : "expired");
    jw_object_end(&w);
    return true;
}

/* Gives one back that is recalled, or past its time: the central releases what is left of it by this record alone.
 * The row goes after the record is on disk; a record written twice, when the power goes between the two, says the
 * same. */
static void close_lease(struct till *till)
{
    const struct trust *trust = rulebook_trust(till->options.rulebook);
    int64_t now_ms = trust_knows_time(trust) ? trust_now_ms(trust) : 0; /* 0: those recalled only */
    struct ended ended = {.body = STRBUF_INIT(4096)};
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    if (any_open(till) || upkeep_behind(till) > 0) /* a sale in tender may have reserved it */
        return;
    st = cache_ended_lease(till->options.cache, now_ms, till_position_of, till->options.journal, note_ended, &ended,
                           &err);
    if (st == ST_OK)
        st = strbuf_status(&ended.body);
    if (st == ST_OK)
        st = till_record(till, "lease_close", ended.body.data, ended.body.len, &err);
    if (st == ST_OK)
        st = cache_put_lease(till->options.cache,
                             &(struct cache_lease){.id = ended.id, .member = ended.member, .currency = "gone"}, &err);
    if (st != ST_OK && st != ST_NOT_FOUND)
        log_warn("till-27", "a lease could not be given back: %s", err.text);
    strbuf_free(&ended.body);
}

/* ---- all of it ---- */

static bool sweep_slice(struct till *till)
{
    struct errmsg err = ERRMSG_INIT;
    bool done = true;

    if (cache_sweep(till->options.cache, &done, &err) != ST_OK) {
        log_warn("till-28", "rows that are gone at the central cannot be removed: %s", err.text);
        return false;
    }
    return !done;
}

bool till_upkeep(struct till *till, int slices)
{
    if (!till->stopping)
        close_lease(till);
    for (int i = 0; i < slices && !till->stopping; i++) {
        if (!move_wal(till) && !sweep_slice(till) && !prune_slice(till) && !check_slice(till))
            return false;
    }
    return !till->stopping;
}
