/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/past.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

struct reading {
    struct past *past;
    int64_t position;
    enum status st;
};

static bool take_record(void *context, const struct journal_entry *entry)
{
    struct reading *reading = context;
    struct past *past = reading->past;
    struct record_head head;
    const char *body;
    size_t len;

    if (entry->position != reading->position) /* it was pruned: this is one after it */
        return false;
    reading->st = record_parse(entry->bytes, entry->len, &head, &body, &len, NULL);
    if (reading->st == ST_OK) {
        (void)snprintf(past->type, sizeof past->type, "%s", entry->type);
        past->position = entry->position;
        past->seq = entry->seq;
        strbuf_add(&past->body, body, len);
        reading->st = strbuf_status(&past->body);
    }
    return false;
}

void past_clear(struct past *past)
{
    strbuf_free(&past->body);
    json_free(past->tree);
    past->tree = NULL;
}

enum status past_read(struct till *till, int64_t position, struct past *out_past, struct errmsg *err)
{
    struct past past = {.body = STRBUF_INIT(RECORD_BYTES_MAX)};
    struct reading reading = {&past, position, ST_NOT_FOUND};
    enum status st = journal_each(till->options.journal, position, take_record, &reading, err);

    if (st == ST_OK)
        st = reading.st;
    if (st == ST_OK)
        st = json_parse(past.body.data, past.body.len, RECORD_BYTES_MAX, &past.tree, err);
    if (st != ST_OK) {
        past_clear(&past);
        return st;
    }
    *out_past = past;
    return ST_OK;
}

enum status past_find(struct till *till, const char *id, struct past *out_past, struct errmsg *err)
{
    int64_t position;
    enum status st = cache_find_sale(till->options.cache, id, &position, err);

    return st == ST_OK ? past_read(till, position, out_past, err) : st;
}

/* ---- what became of its print ---- */

struct prints {
    const char *id;
    char *state;
    int64_t until;
};

static void take_print(struct prints *prints, const struct cJSON *tree)
{
    static const struct {
        const char *print, *state;
    } states[] = {{"confirmed", "printed"}, {"unknown", "print_unknown"}, {"failed", "print_failed"}};

    if (strcmp(tree_text(tree, "sale_id"), prints->id) != 0)
        return;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(tree_text(tree, "state"), states[i].print) == 0)
            (void)snprintf(prints->state, PAST_STATE_MAX, "%s", states[i].state);
    }
}

static bool look_at(void *context, const struct journal_entry *entry)
{
    struct prints *prints = context;
    struct record_head head;
    struct cJSON *tree = NULL;
    const char *body;
    size_t len;

    if (entry->position > prints->until)
        return false;
    if (strcmp(entry->type, "print") == 0 &&
        record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) == ST_OK &&
        json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK)
        take_print(prints, tree);
    json_free(tree);
    return true;
}

void past_state(struct till *till, const struct past *past, const char *id, char out_state[PAST_STATE_MAX])
{
    struct prints prints = {id, out_state, past->position + PAST_PRINTS_WITHIN};

    (void)snprintf(out_state, PAST_STATE_MAX, "committed");
    (void)journal_each(till->options.journal, past->position + 1, look_at, &prints, NULL);
}

/* ---- documents that name others ---- */

static bool take_tied(void *context, const struct cache_sum *sum)
{
    struct past_tied *tied = context;

    if (sum->kind != EFFECT_TIED)
        return true;
    if (tied->count == PAST_TIED_MAX) {
        tied->more = true;
        return false;
    }
    (void)snprintf(tied->ids[tied->count++], sizeof tied->ids[0], "%s", sum->name);
    return true;
}

enum status past_tied_to(struct till *till, const char *id, struct past_tied *out_tied, struct errmsg *err)
{
    *out_tied = (struct past_tied){.count = 0};
    return cache_each_effect(till->options.cache, id, 0, take_tied, out_tied, err);
}
