/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/db/journal.h"
#include "agent/till/unsynced.h"
#include "sync/protocol/export.h"

#include <inttypes.h>
#include <string.h>

/* One record at least, whatever its size, so that the reader gets on. */
enum { PAGE_BYTES = 256 * 1024 };

static bool append_line(void *context, const struct journal_entry *entry)
{
    struct strbuf *out = context;

    strbuf_add(out, entry->bytes, entry->len);
    strbuf_putc(out, '\n');
    return out->len < PAGE_BYTES;
}

enum status till_write_unsynced(struct till *till, int64_t after, struct strbuf *out, struct errmsg *err)
{
    struct journal *journal = till->options.journal;
    int64_t acked = journal_acked_position(journal);

    return journal_each(journal, (after < 0 ? acked : after) + 1, append_line, out, err);
}

static bool take_hash(void *context, const struct journal_entry *entry)
{
    struct export_end *end = context;

    end->epoch = entry->epoch;
    end->seq = entry->seq;
    memcpy(end->hash, entry->hash, sizeof end->hash);
    return false;
}

enum status unsynced_write_end(struct journal *journal, const struct identity *identity, int64_t records, int64_t position,
                               struct strbuf *out, struct errmsg *err)
{
    struct strbuf covered = STRBUF_INIT(EXPORT_END_BYTES_MAX);
    struct export_end end = {.dev = identity->dev, .records = records, .has_mac = identity->enrolled};
    struct journal_head head;
    enum status st = ST_OK;

    journal_head(journal, &head);
    end.epoch = head.epoch; /* of a journal that has nothing yet: its chain stands at zeros */
    if (position > 0)
        st = journal_each(journal, position, take_hash, &end, err);
    if (st == ST_OK && position > 0 && end.seq == 0) {
        errmsg_set(err, "there is no record at position %" PRId64, position);
        st = ST_NOT_FOUND;
    }
    if (st == ST_OK) {
        export_end_cover(&end, &covered);
        if (end.has_mac)
            crypto_hmac(identity->mac_key, (const struct crypto_part[]){{covered.data, covered.len}}, 1, end.mac);
        export_end_write(&end, out);
    }
    strbuf_free(&covered);
    return st;
}

enum status till_write_unsynced_end(struct till *till, int64_t after, int64_t position, struct strbuf *out, struct errmsg *err)
{
    if (after > position) {
        errmsg_set(err, "after: is behind the end");
        return ST_INVALID;
    }
    return unsynced_write_end(till->options.journal, till->options.identity, position - after, position, out, err);
}
