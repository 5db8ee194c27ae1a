/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a page: members in the order of their ids, or what changed in the order it did. */
#include "sync/central/updates_internal.h"

#include <stdio.h>
#include <string.h>

#include "sync/central/coupon.h"
#include "sync/central/lease.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"

enum status updates_select_changes(struct central *central, const struct device *device, enum statement statement,
                                   int64_t after, int64_t limit, struct rows **out_rows, struct errmsg *err)
{
    if (statement == STATEMENT_CHANGE_LIST_STORE)
        return STORE_SELECT(central->store, statement, out_rows, err, V_TEXT(device->chain), V_TEXT(device->dev),
                            V_INT(after), V_INT(limit), V_TEXT(device->epoch), V_TEXT(device->store));
    return STORE_SELECT(central->store, statement, out_rows, err, V_TEXT(device->chain), V_TEXT(device->dev),
                        V_INT(after), V_INT(limit), V_TEXT(device->epoch));
}

static void write_usage(struct updates_page *page, const char *name, int64_t uses)
{
    struct json_writer *w = &page->writers[LIST_USAGE];

    jw_object_begin(w);
    jw_field_text(w, "promotion", name);
    jw_field_int(w, "uses", uses);
    jw_field_text(w, "epoch", page->device->epoch);
    jw_field_int(w, "seq", page->device->counted);
    jw_object_end(w);
}

static void write_notice(struct updates_page *page, const char *text, int64_t id)
{
    struct json_writer *w = &page->writers[LIST_NOTICES];

    jw_object_begin(w);
    jw_field_int(w, "id", id);
    jw_field_text(w, "text", text);
    jw_object_end(w);
}

/* A member's row, or where he went. */
static enum status write_member(struct updates_page *page, const char *id, const char *merged_into,
                                struct errmsg *err)
{
    struct json_writer *w = &page->writers[LIST_ALIASES];
    const char *chain = page->device->chain;
    enum status st;

    if (merged_into[0]) {
        jw_object_begin(w);
        jw_field_text(w, "old", id);
        jw_field_text(w, "member", merged_into);
        jw_object_end(w);
        return ST_OK;
    }
    st = member_write(page->central, chain, id, page->device, &page->writers[LIST_MEMBERS], err);
    if (st == ST_OK && page->with_lots)
        st = lot_write(page->central, chain, id, page->device, &page->writers[LIST_LOTS], err);
    return st;
}

static enum status write_change(struct updates_page *page, const struct rows *rows, struct errmsg *err)
{
    const char *kind = rows_text(rows, 1), *name = rows_text(rows, 2);

    if (strcmp(kind, "member") == 0)
        return write_member(page, name, rows_text(rows, 4), err);
    if (strcmp(kind, "gone") == 0)
        jw_text(&page->writers[LIST_GONE], name);
    if (strcmp(kind, "coupon") == 0)
        return coupon_write(page->central, page->device->chain, name, page->device, &page->writers[LIST_COUPONS],
                            err);
    if (strcmp(kind, "lease") == 0)
        return lease_write(page->central, name, page->device, &page->writers[LIST_LEASES], err);
    if (strcmp(kind, "usage") == 0)
        write_usage(page, name, rows_int(rows, 3));
    else if (strcmp(kind, "notice") == 0)
        write_notice(page, name, rows_int(rows, 3));
    return ST_OK; /* a manifest and a timestamp are written into the envelope */
}

static void keep_lengths(const struct updates_page *page, size_t out_lengths[LIST_COUNT])
{
    for (int i = 0; i < LIST_COUNT; i++)
        out_lengths[i] = page->rows[i].len;
}

static void take_back(struct updates_page *page, const size_t lengths[LIST_COUNT])
{
    for (int i = 0; i < LIST_COUNT; i++) {
        page->rows[i].len = lengths[i];
        if (page->rows[i].data)
            page->rows[i].data[lengths[i]] = '\0';
    }
}

static enum status sum_lengths(const struct updates_page *page, size_t *out_total)
{
    enum status st = ST_OK;

    *out_total = UPDATES_ENVELOPE_BYTES_MAX;
    for (int i = 0; i < LIST_COUNT; i++) {
        *out_total += page->rows[i].len;
        if (st == ST_OK)
            st = strbuf_status(&page->rows[i]);
    }
    return st;
}

/* A row was written: keeps it, or takes it back out when the page is full. False when the page is. A page holds one
 * row however long. */
static bool keep_row(struct updates_page *page, const size_t before[LIST_COUNT], enum status *st)
{
    size_t total = 0;

    if (*st == ST_OK)
        *st = sum_lengths(page, &total);
    if (*st == ST_OK && (page->count == UPDATES_ROWS_MAX || (total > UPDATES_BYTES_MAX && page->count > 0))) {
        take_back(page, before);
        page->more = true;
    }
    page->count++;
    return *st == ST_OK && !page->more;
}

static enum status fill_members(struct updates_page *page, struct errmsg *err)
{
    const struct device *device = page->device;
    struct store *store = page->central->store;
    size_t before[LIST_COUNT];
    struct rows *rows;
    enum status st = page->by_store
                         ? STORE_SELECT(store, STATEMENT_MEMBERS_STORE, &rows, err, V_TEXT(device->chain),
                                        V_TEXT(page->next.key), V_INT(UPDATES_ROWS_MAX + 1), V_TEXT(device->store))
                         : STORE_SELECT(store, STATEMENT_MEMBERS_ALL, &rows, err, V_TEXT(device->chain),
                                        V_TEXT(page->next.key), V_INT(UPDATES_ROWS_MAX + 1)),
                end;
    char key[ID_BYTES];

    if (st != ST_OK)
        return st;
    (void)snprintf(key, sizeof(key), "%s", page->next.key); /* the one in use is bound to the statement */
    while (rows_next(rows)) {
        keep_lengths(page, before);
        st = write_member(page, rows_text(rows, 0), rows_text(rows, 1), err);
        if (!keep_row(page, before, &st))
            break;
        (void)snprintf(key, sizeof(key), "%s", rows_text(rows, 0));
    }
    end = rows_end(rows, st == ST_OK ? err : NULL);
    memcpy(page->next.key, key, sizeof(key));
    return st == ST_OK ? end : st;
}

static enum status fill_changes(struct updates_page *page, enum statement statement, struct errmsg *err)
{
    size_t before[LIST_COUNT];
    struct rows *rows;
    enum status st = updates_select_changes(page->central, page->device, statement, page->next.after,
                                            UPDATES_ROWS_MAX + 1, &rows, err),
                end;

    if (st != ST_OK)
        return st;
    while (rows_next(rows)) {
        keep_lengths(page, before);
        st = write_change(page, rows, err);
        if (!keep_row(page, before, &st))
            break;
        page->next.after = rows_int(rows, 0);
    }
    end = rows_end(rows, st == ST_OK ? err : NULL);
    return st == ST_OK ? end : st;
}

enum status updates_fill(struct updates_page *page, int64_t last, struct errmsg *err)
{
    enum status st = ST_OK;

    if (page->next.phase == UPDATES_CHANGES) {
        st = fill_changes(page, page->by_store ? STATEMENT_CHANGE_LIST_STORE : STATEMENT_CHANGE_LIST, err);
        if (!page->more)
            page->next.after = last; /* what lies between is of other chains */
        page->reached = page->next.after;
        return st;
    }
    if (page->next.phase == UPDATES_MEMBERS) {
        st = fill_members(page, err);
        if (st != ST_OK || page->more)
            return st;
        page->next.phase = UPDATES_OTHERS;
        page->next.after = 0;
    }
    st = fill_changes(page, STATEMENT_CHANGE_OTHERS, err);
    if (st != ST_OK || page->more)
        return st;
    page->next = (struct updates_cursor){.after = page->next.base};
    page->reached = page->next.after;
    return ST_OK;
}
