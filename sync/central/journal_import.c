/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/journal.h"

#include <stdlib.h>
#include <string.h>

#include "sync/central/journal_internal.h"
#include "sync/protocol/export.h"

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
        st = journal_read_batch(batch, body, len, err);
    }
    if (st == ST_OK)
        st = store_transact_apart(central->store, journal_take_batch, batch, err);
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
