/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the till's own tables: a printer, a central and a watcher that note what they are asked, and the
 * rulebook's way to its files. */
#include "world_internal.h"

#include "agent/base/json.h"
#include "agent/till/trust.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

static void print(void *device, const struct page *page, const char *job_id, till_printed_fn *printed, void *context)
{
    struct world *world = device;

    (void)page;
    world->prints++;
    world->journal_at_print = world_records(world);
    (void)snprintf(world->job_id, sizeof world->job_id, "%s", job_id);
    world->printed = printed;
    world->printed_context = context;
}

static void ask_member(void *link, const uint8_t identifier[16], int64_t deadline_ms, till_member_fn *answer,
                       void *context)
{
    struct world *world = link;

    (void)identifier;
    (void)deadline_ms;
    world->questions++;
    if (world->knows_nobody) {
        answer(context, true, NULL, 0);
        return;
    }
    world->member_answer = answer;
    world->member_context = context;
}

static void ask_sale(void *link, const char *sale_id, int64_t deadline_ms, till_sale_fn *answer, void *context)
{
    struct world *world = link;
    const char *said = world->sale_answer;

    (void)sale_id;
    (void)deadline_ms;
    world->sales_asked++;
    answer(context, said != NULL, said && said[0] ? said : NULL, said ? strlen(said) : 0);
}

static void ask_hold(void *link, const struct till_hold_question *question, int64_t deadline_ms, till_hold_fn *answer,
                     void *context)
{
    struct world *world = link;

    (void)deadline_ms;
    world->holds_asked++;
    world->held_amount = question->amount;
    (void)snprintf(world->hold_id, sizeof world->hold_id, "%s", question->hold);
    world->hold_answer = answer;
    world->hold_context = context;
    if (!world->holds_wait)
        answer(context, world->hold_outcome, world->hold_outcome == TILL_HOLD_REFUSED ? "spent elsewhere" : "");
}

static void void_hold(void *link, const char *hold)
{
    struct world *world = link;

    (void)hold;
    world->holds_voided++;
}

static void ask_claim(void *link, const struct till_claim_question *question, int64_t deadline_ms, till_hold_fn *answer,
                      void *context)
{
    struct world *world = link;

    (void)deadline_ms;
    world->claims_asked++;
    (void)snprintf(world->claim_code, sizeof world->claim_code, "%s", question->code);
    world->claim_answer = answer;
    world->claim_context = context;
    if (!world->claims_wait)
        answer(context, world->claim_outcome, world->claim_outcome == TILL_HOLD_REFUSED ? "being used at another till" : "");
}

static bool is_up(void *link, int64_t *out_since)
{
    *out_since = 0;
    return ((struct world *)link)->link_up;
}

static void event(void *watcher, const char *name, const char *json, size_t len)
{
    struct world *world = watcher;
    struct cJSON *root = NULL;
    const char *code;

    world_must(json_parse(json, len, TILL_ANSWER_MAX, &root, NULL) == ST_OK, "an event is not JSON");
    if (strcmp(name, "notice") == 0 && json_text(root, "code", 15, &code, NULL) == ST_OK)
        (void)snprintf(world->notices[world->notice_count++ % WORLD_NOTICES], 16, "%s", code);
    json_free(root);
}

static void fetch(void *context, const char *sha256_hex, int64_t from, int64_t to)
{
    struct world *world = context;

    world->fetches++;
    if (world->plug) {
        world->plug->fetch(world->plug->context, sha256_hex, from, to);
        return;
    }
    if (!world->file)
        return;
    if (to >= (int64_t)world->file_len)
        to = (int64_t)world->file_len - 1;
    rulebook_piece(world->rulebook, sha256_hex, from, world->file + from, from <= to ? (size_t)(to - from + 1) : 0);
}

static void fetch_root(void *context, int64_t version)
{
    struct world *world = context;

    world->roots_asked++;
    if (world->plug && world->plug->fetch_root)
        world->plug->fetch_root(world->plug->context, version);
    else if (version <= WORLD_ROOTS && world->roots[version - 1])
        trust_root(rulebook_trust(world->rulebook), world->roots[version - 1], strlen(world->roots[version - 1]),
                   world->root_signatures[version - 1], strlen(world->root_signatures[version - 1]));
    else
        trust_root(rulebook_trust(world->rulebook), NULL, 0, NULL, 0);
}

static void changed(void *context, int64_t version, const char *refused_reason)
{
    struct world *world = context;

    world->active_version = version;
    (void)snprintf(world->refused, sizeof world->refused, "%s", refused_reason ? refused_reason : "");
    if (world->till)
        till_rules_changed(world->till, version, refused_reason);
}

static enum status journal_record(void *context, const char *type, const char *body, size_t len, struct errmsg *err)
{
    struct world *world = context;

    return world->till ? till_record(world->till, type, body, len, err) : ST_AGAIN;
}

static bool may_switch(void *context)
{
    const struct world *world = context;

    return !world->till || till_is_idle(world->till);
}

void world_plug_rules(struct world *world, struct rulebook_options *options)
{
    options->fetch = fetch;
    options->fetch_root = fetch_root;
    options->changed = changed;
    options->journal_record = journal_record;
    options->may_switch = may_switch;
    options->context = world;
}

void world_plug_till(struct world *world, struct till_options *options)
{
    bool asks = world->online_points;

    options->printer = (struct till_printer){world, world->no_printer ? NULL : print};
    options->central = (struct till_central){
        world, ask_member, is_up, NULL, ask_sale, asks ? ask_hold : NULL, void_hold, asks ? ask_claim : NULL};
    options->watcher = (struct till_watcher){world, event};
}
