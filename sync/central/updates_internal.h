/* SPDX-License-Identifier: Apache-2.0 */
/* updates_internal - what updates.c (who asks, and from where), updates_rows.c (the rows of a page) and
 * updates_page.c (the page around them) share. */
#ifndef LOYALD_CENTRAL_UPDATES_INTERNAL_H
#define LOYALD_CENTRAL_UPDATES_INTERNAL_H

#include "sync/central/updates.h"

#include "agent/base/json_writer.h"
#include "agent/base/strbuf.h"

enum { UPDATES_ENVELOPE_BYTES_MAX = 64 * 1024 + 12 * 1024 /* names, cursors, a manifest and a timestamp */ };

/* The lists of an answer that rows go into as they come along the change counter. */
enum updates_list {
    LIST_GONE,
    LIST_MEMBERS,
    LIST_LOTS,
    LIST_ALIASES,
    LIST_USAGE,
    LIST_COUPONS,
    LIST_LEASES,
    LIST_NOTICES,
    LIST_COUNT
};

struct updates_page {
    struct central *central;
    const struct device *device;
    struct strbuf rows[LIST_COUNT];
    struct json_writer writers[LIST_COUNT];
    bool with_lots; /* points of this chain expire or wait, so that a balance says too little */
    bool by_store;  /* members go by the store's circle */
    int count;      /* rows so far */
    struct updates_cursor next;
    int64_t reached; /* every change up to here is in the page */
    bool more;
    int64_t told_of; /* rules that reach tills ring by ring, of which this one hears first by this page; 0: none */
};

/* ---- updates_rows.c ---- */
/* The changes that a till has not heard after a place, by the statement of its audience. */
enum status updates_select_changes(struct central *central, const struct device *device, enum statement statement,
                                   int64_t after, int64_t limit, struct rows **out_rows, struct errmsg *err);
/* Goes on from page->next until the page is full; page->next is where the one behind it goes on. last is the newest
 * change there is. */
enum status updates_fill(struct updates_page *page, int64_t last, struct errmsg *err);

/* ---- updates_page.c ---- */
/* The whole answer to a till that asked from there, with the rows that the page is filled with. */
enum status updates_write_page(struct updates_page *page, const struct updates_cursor *from, struct strbuf *out,
                               struct errmsg *err);

#endif
