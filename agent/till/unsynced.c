/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/db/journal.h"

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

    return journal_each(journal, (after > acked ? after : acked) + 1, append_line, out, err);
}
