/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "sync/central/interpret.h"
#include "sync/central/member.h"
#include "sync/protocol/export.h"
#include "sync/protocol/record.h"

struct envelope {
    struct record_head head;
    const char *bytes, *body;
    size_t len, body_len;
};

struct batch {
    struct central *central;
    struct device device; /* as it stands within the transaction */
    int64_t duplicates;   /* records of this batch that were known */
    int64_t accepted;
    int64_t fork_seq; /* above 0: this till's history is not the one known */
    struct envelope records[RECORD_BATCH_MAX];
    size_t count;
};

/* Cuts the body into records and checks their envelopes: nothing is written for a batch that is damaged anywhere. */
static enum status read_batch(struct batch *batch, const char *body, size_t len, struct errmsg *err)
{
    uint64_t dev = 0, epoch = 0;
    size_t at = 0;

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
static enum status check_known(struct batch *batch, const struct envelope *record, const uint8_t hash[SHA256_BYTES],
                               struct errmsg *err)
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

        same = len == SHA256_BYTES && memcmp(known, hash, len) == 0;
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

static enum status append(struct batch *batch, const struct envelope *record, const uint8_t hash[SHA256_BYTES],
                          struct errmsg *err)
{
    struct device *device = &batch->device;
    enum status st =
        STORE_RUN(batch->central->store, STATEMENT_JOURNAL_INSERT, err, V_TEXT(device->dev), V_TEXT(device->epoch),
                  V_INT(record->head.seq), V_TEXT(record->head.type), V_BLOB(record->bytes, record->len),
                  V_BLOB(hash, SHA256_BYTES), V_INT(central_now_us(batch->central)));

    if (st == ST_CONFLICT)
        st = ST_CORRUPT; /* the cursor says it is new, the table has it */
    if (st != ST_OK)
        return st;
    device->acked = record->head.seq;
    memcpy(device->head_hash, hash, SHA256_BYTES);
    batch->accepted++;
    return ST_OK;
}

/* ST_RANGE: the batch begins behind a gap. */
static enum status take_record(struct batch *batch, const struct envelope *record, struct errmsg *err)
{
    uint8_t hash[SHA256_BYTES];

    record_hash(record->head.prev, record->bytes, record->len, hash);
    if (record->head.seq <= batch->device.acked)
        return check_known(batch, record, hash, err);
    if (record->head.seq != batch->device.acked + 1) {
        errmsg_set(err, "record %lld is wanted next", (long long)batch->device.acked + 1);
        return ST_RANGE;
    }
    if (memcmp(record->head.prev, batch->device.head_hash, SHA256_BYTES) != 0) {
        batch->fork_seq = record->head.seq;
        return ST_OK;
    }
    return append(batch, record, hash, err);
}

static enum status save_cursor(struct batch *batch, struct errmsg *err)
{
    struct device *device = &batch->device;

    return STORE_RUN(batch->central->store, STATEMENT_DEVICE_CURSOR, err, V_TEXT(device->dev), V_INT(device->acked),
                     V_BLOB(device->head_hash, SHA256_BYTES), V_INT(batch->duplicates));
}

static void describe_fork(const struct batch *batch, char out_text[400])
{
    (void)snprintf(
        out_text, 400,
        "till %s of store %s sent another history from record %lld on: its disk was copied or put back; enrol it "
        "again with a new epoch",
        batch->device.till, batch->device.store, (long long)batch->fork_seq);
}

/* A fork is written down on its own: nothing of its batch is kept. */
static enum status quarantine(void *context, struct errmsg *err)
{
    char text[400];
    struct batch *batch = context;
    enum status st = STORE_RUN(batch->central->store, STATEMENT_DEVICE_QUARANTINE, err, V_TEXT(batch->device.dev),
                               V_INT(batch->fork_seq));

    describe_fork(batch, text);
    return st == ST_OK ? notice_put(batch->central, batch->device.chain, "", text, err) : st;
}

/* ST_DENIED: a fork. */
static enum status take_records(void *context, struct errmsg *err)
{
    struct batch *batch = context;
    char epoch[HEX64_TEXT];
    enum status st;

    memcpy(epoch, batch->device.epoch, sizeof(epoch));
    st = device_lock(batch->central, batch->device.dev, &batch->device, err);
    batch->duplicates = batch->accepted = batch->fork_seq = 0;
    if (st == ST_OK && strcmp(batch->device.epoch, epoch) != 0) {
        errmsg_set(err, "the till was enrolled anew meanwhile");
        return ST_CONFLICT;
    }
    if (st == ST_OK && batch->device.quarantined_seq > 0) {
        batch->fork_seq = batch->device.quarantined_seq;
        return ST_OK;
    }
    for (size_t i = 0; st == ST_OK && batch->fork_seq == 0 && i < batch->count; i++)
        st = take_record(batch, &batch->records[i], err);
    if (st == ST_OK && batch->fork_seq > 0)
        return ST_DENIED;
    return st == ST_OK ? save_cursor(batch, err) : st;
}

static enum status take_batch(struct batch *batch, struct errmsg *err)
{
    struct store *store = batch->central->store;
    char text[400];
    enum status st = store_transact_apart(store, take_records, batch, err);

    if (st != ST_DENIED || batch->fork_seq == 0)
        return st;
    st = store_transact(store, quarantine, batch, err);
    describe_fork(batch, text);
    if (st == ST_OK)
        log_error("journal-05", "%s dev=%s", text, batch->device.dev);
    return st;
}

static void write_cursor(const struct batch *batch, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "epoch", batch->device.epoch);
    jw_field_int(&w, "acked", batch->device.acked);
    jw_field_hex(&w, "hash", batch->device.head_hash, SHA256_BYTES);
    jw_field_int(&w, "counted", batch->device.counted);
    jw_field_text(&w, "incarnation", batch->central->incarnation);
    jw_field_int(&w, "max_batch", RECORD_BATCH_MAX);
    jw_field_int(&w, "next_after_ms", 0);
    jw_object_end(&w);
}

static void refuse(struct answer *answer, const char *code, const char *name, int64_t seq, const char *message)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);

    strbuf_clear(&answer->body);
    answer->status = 409;
    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    jw_field_text(&w, "message", message);
    jw_field_int(&w, name, seq);
    jw_object_end(&w);
}

/* Whose the records are, by the first of them. */
static enum status find_device(struct central *central, const char *body, size_t len, struct device *out_device,
                               struct errmsg *err)
{
    const char *end = memchr(body, '\n', len), *text;
    struct record_head head;
    char dev[HEX64_TEXT];
    size_t text_len;
    enum status st;

    st = record_parse(body, end ? (size_t)(end - body) : len, &head, &text, &text_len, err);
    if (st != ST_OK)
        return st;
    hex_from_u64(head.dev, dev);
    st = device_load(central, dev, out_device, err);
    if (st == ST_NOT_FOUND)
        errmsg_set(err, "no till %s was ever enrolled here", dev);
    return st;
}

enum status journal_check_end(struct central *central, const char *line, size_t len, struct errmsg *err)
{
    struct strbuf covered = STRBUF_INIT(EXPORT_END_BYTES_MAX);
    uint8_t mac[EXPORT_MAC_BYTES];
    struct device device;
    struct export_end end;
    char dev[HEX64_TEXT];
    enum status st = export_end_read(line, len, &end, err);

    if (st != ST_OK)
        return st;
    hex_from_u64(end.dev, dev);
    st = device_load(central, dev, &device, err);
    if (st == ST_NOT_FOUND)
        errmsg_set(err, "no till %s was ever enrolled here", dev);
    if (st != ST_OK)
        return st;
    export_end_cover(&end, &covered);
    crypto_hmac(device.mac_key, (const struct crypto_part[]){{covered.data, covered.len}}, 1, mac);
    strbuf_free(&covered);
    if (end.has_mac && crypto_equal(mac, end.mac, sizeof mac))
        return ST_OK;
    if (end.has_mac)
        errmsg_set(err, "the closing line bears not the MAC of till %s: it was altered, or the till was enrolled anew since", dev);
    else
        errmsg_set(err, "the closing line bears no MAC of till %s, though it was enrolled here", dev);
    return ST_DENIED;
}

enum status journal_import(struct central *central, const char *body, size_t len, struct journal_import *out_import,
                           struct errmsg *err)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    enum status st = batch ? find_device(central, body, len, &batch->device, err) : ST_NOMEM;

    if (st == ST_OK) {
        batch->central = central;
        st = read_batch(batch, body, len, err);
    }
    if (st == ST_OK)
        st = store_transact_apart(central->store, take_records, batch, err);
    if (st == ST_DENIED || (st == ST_OK && batch->fork_seq > 0)) {
        errmsg_set(err, "record %lld is not of the history of till %s known here: none was taken",
                   (long long)batch->fork_seq, batch->device.dev);
        st = ST_CONFLICT;
    } else if (st == ST_RANGE) {
        errmsg_wrap(err, "a part is missing before this one");
        st = ST_CONFLICT;
    }
    if (st == ST_OK) {
        *out_import = (struct journal_import){
            .accepted = batch->accepted, .known = batch->duplicates, .acked = batch->device.acked};
        memcpy(out_import->dev, batch->device.dev, sizeof(out_import->dev));
        if (batch->accepted > 0)
            central_tell_accepted(central, batch->accepted);
    }
    free(batch);
    return st;
}

void journal_accept(struct central *central, const struct device *device, const char *body, size_t len,
                    struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct batch *batch = calloc(1, sizeof(*batch));
    int64_t expect = device->acked + 1;
    enum status st;

    if (!batch) {
        answer_status(answer, ST_NOMEM, &err);
        return;
    }
    batch->central = central;
    batch->device = *device;
    st = read_batch(batch, body, len, &err);
    if (st != ST_OK) {
        answer_status(answer, st, &err);
        goto out;
    }
    st = take_batch(batch, &err);
    if (st == ST_RANGE) {
        refuse(answer, "expect", "expect", expect, err.text);
    } else if (st != ST_OK) {
        log_error("journal-06", "batch not taken dev=%s: %s", device->dev, err.text);
        answer_status(answer, interpret_is_fault(st) ? st : ST_INTERNAL, &err);
    } else if (batch->fork_seq > 0) {
        refuse(answer, "fork", "seq", batch->fork_seq, "this till's history is not the one known here");
    } else {
        write_cursor(batch, &answer->body);
        if (batch->accepted > 0)
            central_tell_accepted(central, batch->accepted);
    }
out:
    free(batch);
}
