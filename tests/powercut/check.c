/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true of a till after a power cut, whatever was going on. */
#include "tests/powercut/shop.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/till/member.h"
#include "sync/protocol/record.h"
#include "tests/powercut/calls.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    int activations[SHOP_OFFERS]; /* records of a version becoming active */
    struct shop *shop;
    struct history *history;
    int64_t position;
    uint8_t prev[SHA256_BYTES];
};

static int64_t points_in(const struct cJSON *root)
{
    const cJSON *item;
    int64_t earned = 0, sum = 0;

    cJSON_ArrayForEach(item,
                       cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, "result"), "points"))
    {
        if (json_int(item, "earned", 0, JSON_INT_MAX, &earned, NULL) == ST_OK)
            sum += earned;
    }
    return sum;
}

int shop_sale_of(struct shop *shop, const char *body, size_t len)
{
    struct cJSON *root = NULL;
    const char *id;
    int sale = -1;

    if (json_parse(body, len, RECORD_BYTES_MAX, &root, NULL) != ST_OK)
        return -1;
    if (json_text(cJSON_GetObjectItemCaseSensitive(root, "sale"), "sale_id", 15, &id, NULL) == ST_OK)
        sale = history_find_sale(shop->history, id);
    if (sale >= 0 && shop->points_of_records)
        shop->history->sales[sale].points = shop->history->sales[sale].member < 0 ? 0 : points_in(root);
    json_free(root);
    return sale;
}

/* Its place: the one after the last, and given to the journal by somebody. */
static bool check_place(struct walk *walk, const struct journal_entry *entry)
{
    long long at = entry->position;

    walk->position++;
    if (entry->position != walk->position || entry->seq != walk->position) {
        history_wrong(walk->history, "record %lld is missing, the next is %lld with seq %lld",
                      (long long)walk->position, at, (long long)entry->seq);
        return false;
    }
    if (entry->position > walk->history->last_position) {
        history_wrong(walk->history, "record %lld was given by nobody", at);
        return false;
    }
    return true;
}

static void check_link(struct walk *walk, const struct journal_entry *entry, const struct record_head *head)
{
    uint8_t hash[SHA256_BYTES];

    record_hash(walk->prev, entry->bytes, entry->len, hash);
    if (head->seq != entry->seq || memcmp(head->prev, walk->prev, sizeof head->prev) != 0 ||
        memcmp(hash, entry->hash, sizeof hash) != 0)
        history_wrong(walk->history, "the chain is broken at record %lld", (long long)entry->position);
}

/* Which version an activation is of, 0 for none: the first is active at once, later ones say that they are healthy,
 * too. */
static int activation_of(const char *body, size_t len)
{
    for (int version = 1; version < SHOP_OFFERS; version++) {
        char mark[32];

        (void)snprintf(mark, sizeof mark, "\"version\":%d,", version);
        if (memmem(body, len, mark, strlen(mark)))
            return version == 1 || memmem(body, len, "\"healthy\":false", 15) ? version : 0;
    }
    return 0;
}

/* What is read and hashed in full the first time it is found. */
static void check_new_record(struct walk *walk, const struct journal_entry *entry)
{
    struct attempt *attempt = &walk->history->attempts[entry->position];
    struct record_head head;
    const char *body;
    size_t len;

    if (record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) != ST_OK) {
        history_wrong(walk->history, "record %lld cannot be read", (long long)entry->position);
        return;
    }
    check_link(walk, entry, &head);
    attempt->activates = strcmp(entry->type, "bundle_activated") == 0 ? activation_of(body, len) : 0;
    attempt->found_sale = strcmp(entry->type, "sale") == 0 ? shop_sale_of(walk->shop, body, len) : -1;
    if (attempt->found_sale < 0 && strcmp(entry->type, "sale") == 0)
        history_wrong(walk->history, "record %lld is a sale that nobody made", (long long)entry->position);
    attempt->hash_digest = history_digest(entry->hash, SHA256_BYTES);
}

/* Exact bytes, in the order they were given, each once, the chain unbroken. */
static bool check_record(void *context, const struct journal_entry *entry)
{
    struct walk *walk = context;
    struct history *history = walk->history;
    const struct attempt *attempt;

    if (!check_place(walk, entry))
        return false;
    attempt = &history->attempts[entry->position];
    if (!history_found(history, entry->position, entry->bytes, entry->len))
        history_wrong(history, "record %lld has other bytes than were given", (long long)entry->position);
    /* What was read after an earlier cut and has the same bytes and hash now is what it was then. */
    if (entry->position > history->hashed_position ||
        attempt->hash_digest != history_digest(entry->hash, SHA256_BYTES) || walk->shop->points_of_records)
        check_new_record(walk, entry);
    memcpy(walk->prev, entry->hash, sizeof walk->prev);
    if (attempt->activates > 0)
        walk->activations[attempt->activates]++;
    if (attempt->found_sale >= 0)
        history->sales[attempt->found_sale].found++;
    return true;
}

/* What was removed was there, and counted: it is believed from now on. */
static void begin_behind_the_pruned(struct walk *walk)
{
    struct history *history = walk->history;

    walk->position = journal_pruned_position(walk->shop->journal);
    if (walk->position > history->counted && calls_mutant() != MUTANT_PRUNE_FIRST)
        history_wrong(history, "records up to %lld are removed, the central counts %lld", (long long)walk->position,
                      (long long)history->counted);
    if (walk->position > 0 && journal_hash_at(walk->shop->journal, walk->position, walk->prev, NULL) != ST_OK)
        history_wrong(history, "the hash of the last record removed is gone");
    for (int64_t at = 1; at <= walk->position; at++) {
        int sale = history->attempts[at].tries[0].sale;

        if (!history->attempts[at].returned)
            history_wrong(history, "record %lld is removed and was never known to be on disk", (long long)at);
        if (sale >= 0)
            history->sales[sale].found++;
    }
}

/* The active rules became so by a record, once, whenever the power went. */
static void check_activations(struct walk *walk)
{
    int64_t active = walk->shop->active_version;
    int count = active > 0 ? walk->activations[active] : 1;

    if (journal_pruned_position(walk->shop->journal) > 0)
        return;
    if (count == 0 || (count > 1 && !walk->shop->points_of_records))
        history_wrong(walk->history, "rules of version %lld are active, and %d records say so", (long long)active,
                      count);
}

static void check_journal(struct shop *shop)
{
    struct history *history = shop->history;
    struct walk walk = {.shop = shop, .history = history};
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i < history->sale_count; i++)
        history->sales[i].found = 0;
    begin_behind_the_pruned(&walk);
    if (journal_each(shop->journal, walk.position + 1, check_record, &walk, &err) != ST_OK)
        history_wrong(history, "the journal cannot be read: %s", err.text);
    for (int64_t at = walk.position + 1; at <= history->last_position; at++) {
        if (history->attempts[at].returned)
            history_wrong(history, "record %lld was said to be on disk and is not", (long long)at);
    }
    history->hashed_position = walk.position > 8 ? walk.position - 8 : 0;
    check_activations(&walk);
}

static void check_sales(struct history *history)
{
    for (int i = 0; i < history->sale_count; i++) {
        const struct told_sale *sale = &history->sales[i];

        if (sale->found > 1)
            history_wrong(history, "sale %s is in the journal %d times", sale->id, sale->found);
        if (sale->answered && sale->found == 0)
            history_wrong(history, "sale %s was confirmed and is lost", sale->id);
        if (sale->prints > 0 && sale->found == 0)
            history_wrong(history, "sale %s is printed and not on disk", sale->id);
    }
}

void shop_check_balances(struct shop *shop)
{
    static const struct reservations nothing;

    for (int i = 0; i < HISTORY_MEMBERS; i++) {
        struct till_member member = {0};
        uint8_t hash[IDENTITY_HASH_BYTES];
        int64_t expected = history_balance(shop->history, i), shown;
        struct errmsg err = ERRMSG_INIT;

        identity_hash(&shop->identity, "card", shop_card(i), hash);
        if (till_member_find(shop->cache, shop->journal, hash, &member, &err) != ST_OK) {
            history_wrong(shop->history, "member %d is not known: %s", i, err.text);
            continue;
        }
        shown = till_member_balance(&member, shop->cache, &nothing, "", SHOP_CURRENCY);
        if (shown != expected)
            history_wrong(shop->history, "member %d is shown %lld points, the journal says %lld", i, (long long)shown,
                          (long long)expected);
        till_member_clear(&member);
    }
}

void shop_check(struct shop *shop)
{
    struct history *history = shop->history;

    check_journal(shop);
    check_sales(history);
    if (shop->disk)
        central_recover(shop);
    if (shop->active_version < history->rules_version)
        history_wrong(history, "rules of version %lld were active, now those of %lld are",
                      (long long)history->rules_version, (long long)shop->active_version);
    else
        history->rules_version = shop->active_version;
}
