/* SPDX-License-Identifier: Apache-2.0 */
/* The central of the tests. */
#include "tests/powercut/shop.h"

#include "agent/base/bytes.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/till/member.h"
#include "sync/protocol/record.h"
#include "tests/powercut/calls.h"
#include "tests/powercut/must.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the central: a file of entries on the same disk, so that one cut takes both ---- */

enum { ENTRY_BYTES = 8 + SHA256_BYTES + 8 }; /* position, the record's hash, the digest of both */
static const char CENTRAL_FILE[] = DISK_FOLDER "/central";

static void make_entry(int64_t position, const uint8_t *hash, uint8_t out[ENTRY_BYTES])
{
    bytes_put_u64(out, (uint64_t)position);
    memcpy(out + 8, hash, SHA256_BYTES);
    bytes_put_u64(out + 8 + SHA256_BYTES, history_digest(out, 8 + SHA256_BYTES));
}

/* True when the central holds the record at position; its hash. */
static bool read_entry(struct disk *disk, int file, int64_t position, uint8_t out_hash[SHA256_BYTES])
{
    uint8_t entry[ENTRY_BYTES] = {0}, made[ENTRY_BYTES];

    if (disk_read(disk, file, entry, sizeof entry, (position - 1) * ENTRY_BYTES) != ENTRY_BYTES)
        return false;
    make_entry(position, entry + 8, made);
    memcpy(out_hash, entry + 8, SHA256_BYTES);
    return memcmp(entry, made, sizeof made) == 0;
}

struct pull {
    struct shop *shop;
    struct disk *disk;
    int file;
    int64_t position, seq;
    uint64_t epoch;
    uint8_t hash[SHA256_BYTES];
    int code;
};

static bool take_record(void *context, const struct journal_entry *entry)
{
    struct pull *pull = context;
    uint8_t bytes[ENTRY_BYTES];
    struct record_head head;
    const char *body;
    size_t len;

    if (pull->shop->points_of_records && strcmp(entry->type, "sale") == 0 &&
        record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) == ST_OK)
        (void)shop_sale_of(pull->shop, body, len);
    make_entry(entry->position, entry->hash, bytes);
    pull->code = disk_write(pull->disk, pull->file, bytes, sizeof bytes, (entry->position - 1) * ENTRY_BYTES);
    pull->position = entry->position;
    pull->seq = entry->seq;
    pull->epoch = entry->epoch;
    memcpy(pull->hash, entry->hash, SHA256_BYTES);
    return pull->code == 0;
}

static void ack(struct shop *shop, const struct pull *pull)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = journal_set_acked(shop->journal, pull->epoch, pull->seq, pull->hash, &err);

    if (st != ST_OK && !shop_is_dead(shop) && !shop->failing)
        history_wrong(shop->history, "the central's ack was refused: %s", err.text);
}

void central_pull(struct shop *shop)
{
    struct pull pull = {.shop = shop, .disk = shop->disk};
    bool created = false;
    enum status st;

    pull.file = disk_open(shop->disk, CENTRAL_FILE, DISK_CREATE, &created);
    if (pull.file < 0)
        return;
    /* Its name, once: later syncs would keep the till's names too. When that fails it begins anew next time. */
    if (created && disk_sync(shop->disk, DISK_FOLDER_HANDLE) != 0) {
        (void)disk_close(shop->disk, pull.file);
        (void)disk_unlink(shop->disk, CENTRAL_FILE);
        return;
    }
    st = journal_each(shop->journal, shop->history->stored + 1, take_record, &pull, NULL);
    if (calls_mutant() == MUTANT_ACK_FIRST && pull.position > 0) {
        ack(shop, &pull);
        journal_checkpoint(shop->journal);
    }
    if (st == ST_OK && pull.code == 0 && pull.position > 0 && disk_sync(shop->disk, pull.file) == 0) {
        shop->history->stored = pull.position;
        ack(shop, &pull);
        /* Now and then it is behind with its own work. */
        if (pull.position % 3 != 0)
            shop->history->counted = pull.position;
    }
    (void)disk_close(shop->disk, pull.file);
    central_send_rows(shop);
}

void central_recover(struct shop *shop)
{
    int file = disk_open(shop->disk, CENTRAL_FILE, 0, NULL);
    int64_t position = 0;
    uint8_t hash[SHA256_BYTES], ours[SHA256_BYTES];
    struct journal_head head;

    journal_head(shop->journal, &head);
    while (file >= 0 && read_entry(shop->disk, file, position + 1, hash)) {
        position++;
        if (position < journal_pruned_position(shop->journal))
            continue;
        if (position > head.position)
            history_wrong(shop->history, "the central has record %lld, the till ends at %lld", (long long)position,
                          (long long)head.position);
        else if (journal_hash_at(shop->journal, position, ours, NULL) != ST_OK ||
                 memcmp(hash, ours, sizeof ours) != 0)
            history_wrong(shop->history, "the central has another record %lld than the till", (long long)position);
    }
    if (file >= 0) { /* what a killed process left unsynced is only stored from now on */
        (void)disk_sync(shop->disk, file);
        (void)disk_close(shop->disk, file);
    }
    if (position < shop->history->stored)
        history_wrong(shop->history, "the central stored %lld records and has %lld: the test's own fault",
                      (long long)shop->history->stored, (long long)position);
    if (journal_acked_position(shop->journal) > position)
        history_wrong(shop->history, "the till holds %lld records for acked, the central has %lld",
                      (long long)journal_acked_position(shop->journal), (long long)position);
    shop->history->stored = position;
    if (shop->history->counted > position)
        shop->history->counted = position;
}

/* ---- what comes down ---- */

static enum status put_rows(struct shop *shop, struct errmsg *err)
{
    enum status st = ST_OK;

    for (int member = 0; st == ST_OK && member < HISTORY_MEMBERS; member++) {
        uint8_t hash[IDENTITY_HASH_BYTES];
        char hex[2 * IDENTITY_HASH_BYTES + 1], text[400];
        struct cJSON *row = NULL;

        identity_hash(&shop->identity, "card", shop_card(member), hash);
        hex_encode(hash, sizeof hash, hex);
        (void)snprintf(text, sizeof text,
                       "{\"id\":\"M%d\",\"balances\":{\"" SHOP_CURRENCY "\":%lld},\"identifiers\":[\"%s\"],"
                       "\"epoch\":\"00000000000000e1\",\"seq\":%lld}",
                       member, (long long)history_balance_at(shop->history, member, shop->history->counted), hex,
                       (long long)shop->history->counted);
        st = json_parse(text, strlen(text), sizeof text, &row, err);
        if (st == ST_OK)
            st = member_store(shop->cache, row, err);
        json_free(row);
    }
    return st;
}

static enum status in_slice(struct shop *shop, bool rows, bool cursor, const char *text, struct errmsg *err)
{
    enum status st = cache_begin(shop->cache, err);

    if (st == ST_OK && rows)
        st = put_rows(shop, err);
    if (st == ST_OK && cursor)
        st = cache_put_state(shop->cache, "cursor", text, err);
    if (st == ST_OK)
        st = cache_commit(shop->cache, err);
    if (st == ST_OK)
        st = cache_sync(shop->cache, err);
    if (st == ST_OK && shop->history->counted % 4 != 0) /* the WAL is moved by most, not by all */
        (void)cache_checkpoint(shop->cache, NULL);
    if (st != ST_OK)
        cache_rollback(shop->cache);
    return st;
}

/* The till has the rows that count so much. */
static void tell_counted(struct shop *shop)
{
    int64_t seq =
        calls_mutant() == MUTANT_PRUNE_FIRST ? journal_acked_position(shop->journal) : shop->history->counted;
    struct errmsg err = ERRMSG_INIT;

    if (calls_mutant() == MUTANT_PRUNE_FIRST) /* and long ago */
        (void)journal_set_counted(shop->journal, 0xe1, seq, shop->time.wall_ms - 15 * INT64_C(86400000), NULL);
    if (journal_set_counted(shop->journal, 0xe1, seq, shop->time.wall_ms, &err) != ST_OK && !shop_is_dead(shop) && !shop->failing)
        history_wrong(shop->history, "what the central counts was refused: %s", err.text);
}

void central_send_rows(struct shop *shop)
{
    struct errmsg err = ERRMSG_INIT;
    char cursor[32], has[32] = "";
    enum status st;

    (void)snprintf(cursor, sizeof cursor, "c%lld", (long long)shop->history->counted);
    st = cache_get_state(shop->cache, "cursor", has, sizeof has, &err);
    if (st == ST_OK && strcmp(has, cursor) == 0) {
        tell_counted(shop);
        return;
    }
    if (calls_mutant() == MUTANT_CURSOR_FIRST) {
        st = in_slice(shop, false, true, cursor, &err);
        if (st == ST_OK)
            st = in_slice(shop, true, false, cursor, &err);
    } else {
        st = in_slice(shop, true, true, cursor, &err);
    }
    if (st == ST_OK)
        tell_counted(shop);
    if (st != ST_OK && !shop_is_dead(shop) && !shop->failing)
        history_wrong(shop->history, "the central's rows were refused: %s", err.text);
}
