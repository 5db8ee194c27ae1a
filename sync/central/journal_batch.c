/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/base/hex.h"
#include "sync/central/journal_internal.h"

enum status journal_read_batch(struct batch *batch, const char *body, size_t len, struct errmsg *err)
{
    uint64_t dev = 0, epoch = 0;
    size_t at = 0;

    memcpy(batch->epoch, batch->device.epoch, sizeof(batch->epoch));
    (void)hex_to_u64(batch->device.dev, &dev);
    (void)hex_to_u64(batch->device.epoch, &epoch);
    while (at < len) {
        const char *end = memchr(body + at, '\n', len - at);
        struct envelope *record = &batch->records[batch->count];
        enum status st;

        if (!end) {
            errmsg_set(err, "the batch is cut short: its last record does not end with a newline");
            return ST_INVALID;
        }
        if (batch->count == RECORD_BATCH_MAX) {
            errmsg_set(err, "a batch holds at most %d records", RECORD_BATCH_MAX);
            return ST_FULL;
        }
        record->bytes = body + at;
        record->len = (size_t)(end - record->bytes);
        st = record_parse(record->bytes, record->len, &record->head, &record->body, &record->body_len, err);
        if (st == ST_OK && (record->head.dev != dev || record->head.epoch != epoch)) {
            errmsg_set(err, "a record is of another till or epoch");
            st = ST_INVALID;
        }
        if (st == ST_OK && batch->count > 0 && record->head.seq != batch->records[batch->count - 1].head.seq + 1) {
            errmsg_set(err, "records are not consecutive at seq %lld", (long long)record->head.seq);
            st = ST_INVALID;
        }
        if (st != ST_OK) {
            errmsg_wrap(err, "record %zu of the batch", batch->count + 1);
            return st;
        }
        batch->count++;
        at += record->len + 1;
    }
    return ST_OK;
}

/* A record at or below the cursor must be the one known: another hash is another history. */
static enum status check_known(struct batch *batch, const struct envelope *record, struct errmsg *err)
{
    struct rows *rows;
    bool same = false, found;
    enum status st = STORE_SELECT(batch->central->store, STATEMENT_JOURNAL_HASH, &rows, err,
                                  V_TEXT(batch->device.dev), V_TEXT(batch->device.epoch), V_INT(record->head.seq));

    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    if (found) {
        size_t len;
        const void *known = rows_blob(rows, 0, &len);

        same = len == SHA256_BYTES && memcmp(known, record->hash, len) == 0;
    }
    st = rows_end(rows, err);
    if (st != ST_OK)
        return st;
    if (!found) {
        errmsg_set(err, "record %lld of till %s is missing below its cursor", (long long)record->head.seq,
                   batch->device.dev);
        return ST_CORRUPT;
    }
    if (same)
        batch->duplicates++;
    else
        batch->fork_seq = record->head.seq;
    return ST_OK;
}

/* Whether the record is known or the next one, by the cursor as the records before it leave it. ST_RANGE: the batch
 * begins behind a gap. */
static enum status check_record(struct batch *batch, struct envelope *record, struct errmsg *err)
{
    struct device *device = &batch->device;

    record_hash(record->head.prev, record->bytes, record->len, record->hash);
    if (record->head.seq <= device->acked)
        return check_known(batch, record, err);
    if (record->head.seq != device->acked + 1) {
        errmsg_set(err, "record %lld is wanted next", (long long)device->acked + 1);
        return ST_RANGE;
    }
    if (memcmp(record->head.prev, device->head_hash, SHA256_BYTES) != 0) {
        batch->fork_seq = record->head.seq;
        return ST_OK;
    }
    device->acked = record->head.seq;
    memcpy(device->head_hash, record->hash, SHA256_BYTES);
    batch->accepted++;
    return ST_OK;
}

static enum status append(const struct batch *batch, const struct envelope *record, struct errmsg *err)
{
    const struct device *device = &batch->device;
    enum status st =
        STORE_RUN(batch->central->store, STATEMENT_JOURNAL_INSERT, err, V_TEXT(device->dev), V_TEXT(device->epoch),
                  V_INT(record->head.seq), V_TEXT(record->head.type), V_BLOB(record->bytes, record->len),
                  V_BLOB(record->hash, SHA256_BYTES), V_INT(central_now_us(batch->central)));

    return st == ST_CONFLICT ? ST_CORRUPT : st; /* the cursor says it is new, the table has it */
}

static enum status save_cursor(struct batch *batch, struct errmsg *err)
{
    struct device *device = &batch->device;

    return STORE_RUN(batch->central->store, STATEMENT_DEVICE_CURSOR, err, V_TEXT(device->dev), V_INT(device->acked),
                     V_BLOB(device->head_hash, SHA256_BYTES), V_INT(batch->duplicates));
}

enum status journal_take_batch(void *context, struct errmsg *err)
{
    struct batch *batch = context;
    enum status st = device_lock(batch->central, batch->device.dev, &batch->device, err);

    batch->duplicates = batch->accepted = batch->fork_seq = 0;
    if (st == ST_OK && strcmp(batch->device.epoch, batch->epoch) != 0) {
        errmsg_set(err, "the till was enrolled anew meanwhile");
        return ST_CONFLICT;
    }
    if (st == ST_OK && batch->device.quarantined_seq > 0) {
        batch->fork_seq = batch->device.quarantined_seq;
        return ST_OK;
    }
    for (size_t i = 0; st == ST_OK && batch->fork_seq == 0 && i < batch->count; i++)
        st = check_record(batch, &batch->records[i], err);
    if (st == ST_OK && batch->fork_seq > 0)
        return ST_DENIED;
    /* The new ones are the last. */
    for (size_t i = batch->count - (size_t)batch->accepted; st == ST_OK && i < batch->count; i++)
        st = append(batch, &batch->records[i], err);
    return st == ST_OK ? save_cursor(batch, err) : st;
}

