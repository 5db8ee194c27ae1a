/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/updates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/central/coupon.h"
#include "sync/central/lease.h"
#include "sync/central/lot.h"
#include "sync/central/member.h"

enum { ENVELOPE_BYTES_MAX = 64 * 1024 + 4096 /* names, cursors and a manifest */ };

/* The lists of an answer that rows go into as they come along the change counter. */
enum list { LIST_MEMBERS, LIST_LOTS, LIST_ALIASES, LIST_USAGE, LIST_COUPONS, LIST_LEASES, LIST_NOTICES, LIST_COUNT };
static const char *const list_names[LIST_COUNT] = {"members", "lots",   "aliases", "usage",
                                                   "coupons", "leases", "notices"};

struct page {
    struct central *central;
    const struct device *device;
    struct strbuf rows[LIST_COUNT];
    struct json_writer writers[LIST_COUNT];
    bool with_lots;  /* points of this chain expire or wait, so that a balance says too little */
    int64_t reached; /* every change up to here is in the page */
    bool more;
};

enum status updates_read_cursor(struct central *central, const char *text, struct updates_cursor *out_cursor,
                                struct errmsg *err)
{
    int64_t last;
    char *end = NULL;
    long long after = 0;
    enum status st = store_last_change(central->store, &last, err);

    if (st != ST_OK)
        return st;
    *out_cursor = (struct updates_cursor){.first = !text[0]};
    if (!text[0])
        return ST_OK;
    out_cursor->reload = true;
    if (strncmp(text, central->incarnation, HEX64_TEXT - 1) != 0 || text[HEX64_TEXT - 1] != '.' ||
        strspn(text + HEX64_TEXT, "0123456789") != strlen(text + HEX64_TEXT) ||
        strlen(text) > UPDATES_CURSOR_TEXT - 12)
        return ST_OK;
    after = strtoll(text + HEX64_TEXT, &end, 10);
    if (after > last)
        return ST_OK;
    *out_cursor = (struct updates_cursor){.after = after};
    return ST_OK;
}

enum status updates_waiting(struct central *central, const struct device *device, const struct updates_cursor *cursor,
                            bool *out_waiting, struct errmsg *err)
{
    int64_t change = 0;
    enum status st;

    *out_waiting = cursor->reload || cursor->first;
    if (*out_waiting)
        return ST_OK;
    st = STORE_NUMBER(central->store, STATEMENT_CHANGE_FIRST, &change, err, V_TEXT(device->chain),
                      V_TEXT(device->dev), V_INT(cursor->after), V_TEXT(device->epoch));
    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st == ST_OK)
        *out_waiting = true;
    return st;
}

static void write_usage(struct page *page, const char *name, int64_t uses)
{
    struct json_writer *w = &page->writers[LIST_USAGE];

    jw_object_begin(w);
    jw_field_text(w, "promotion", name);
    jw_field_int(w, "uses", uses);
    jw_field_text(w, "epoch", page->device->epoch);
    jw_field_int(w, "seq", page->device->counted);
    jw_object_end(w);
}

static void write_notice(struct page *page, const char *text, int64_t id)
{
    struct json_writer *w = &page->writers[LIST_NOTICES];

    jw_object_begin(w);
    jw_field_int(w, "id", id);
    jw_field_text(w, "text", text);
    jw_object_end(w);
}

/* A member's row, or where he went. */
static enum status write_member(struct page *page, const char *id, const char *merged_into, struct errmsg *err)
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

static enum status write_change(struct page *page, const struct rows *rows, struct errmsg *err)
{
    const char *kind = rows_text(rows, 1), *name = rows_text(rows, 2);

    if (strcmp(kind, "member") == 0)
        return write_member(page, name, rows_text(rows, 4), err);
    if (strcmp(kind, "coupon") == 0)
        return coupon_write(page->central, page->device->chain, name, page->device, &page->writers[LIST_COUPONS],
                            err);
    if (strcmp(kind, "lease") == 0)
        return lease_write(page->central, name, page->device, &page->writers[LIST_LEASES], err);
    if (strcmp(kind, "usage") == 0)
        write_usage(page, name, rows_int(rows, 3));
    else if (strcmp(kind, "notice") == 0)
        write_notice(page, name, rows_int(rows, 3));
    return ST_OK; /* a manifest is written into the envelope */
}

static void keep_lengths(const struct page *page, size_t out_lengths[LIST_COUNT])
{
    for (int i = 0; i < LIST_COUNT; i++)
        out_lengths[i] = page->rows[i].len;
}

static void take_back(struct page *page, const size_t lengths[LIST_COUNT])
{
    for (int i = 0; i < LIST_COUNT; i++) {
        page->rows[i].len = lengths[i];
        if (page->rows[i].data)
            page->rows[i].data[lengths[i]] = '\0';
    }
}

static enum status sum_lengths(const struct page *page, size_t *out_total)
{
    enum status st = ST_OK;

    *out_total = ENVELOPE_BYTES_MAX;
    for (int i = 0; i < LIST_COUNT; i++) {
        *out_total += page->rows[i].len;
        if (st == ST_OK)
            st = strbuf_status(&page->rows[i]);
    }
    return st;
}

/* Goes along the changes until the page is full. A row may overshoot the bound, so it is taken back out. */
static enum status fill(struct page *page, int64_t after, struct errmsg *err)
{
    struct rows *rows;
    int count = 0;
    enum status st = STORE_SELECT(page->central->store, STATEMENT_CHANGE_LIST, &rows, err,
                                  V_TEXT(page->device->chain), V_TEXT(page->device->dev), V_INT(after),
                                  V_INT(UPDATES_ROWS_MAX + 1), V_TEXT(page->device->epoch)),
                end;

    if (st != ST_OK)
        return st;
    while (st == ST_OK && rows_next(rows)) {
        size_t before[LIST_COUNT], total = 0;

        keep_lengths(page, before);
        if (++count > UPDATES_ROWS_MAX) {
            page->more = true;
            break;
        }
        st = write_change(page, rows, err);
        if (st == ST_OK)
            st = sum_lengths(page, &total);
        if (st == ST_OK && total > UPDATES_BYTES_MAX && count > 1) {
            take_back(page, before);
            page->more = true;
            break;
        }
        page->reached = rows_int(rows, 0);
    }
    end = rows_end(rows, st == ST_OK ? err : NULL);
    return st == ST_OK ? end : st;
}

static enum status write_manifest(const struct page *page, int64_t after, struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st =
        STORE_SELECT(page->central->store, STATEMENT_MANIFEST_LAST, &rows, err, V_TEXT(page->device->chain));

    if (st != ST_OK)
        return st;
    /* A new till gets it with its first page: it can sell by rules while the members still come. */
    if (rows_next(rows) && rows_int(rows, 0) > after && (after == 0 || rows_int(rows, 0) <= page->reached)) {
        jw_name(w, "manifest");
        jw_object_begin(w);
        jw_field_text(w, "text", rows_text(rows, 1));
        jw_field_raw(w, "signatures", rows_text(rows, 2), strlen(rows_text(rows, 2)));
        jw_object_end(w);
    }
    return rows_end(rows, err);
}

static void write_list(struct json_writer *w, const char *name, const struct strbuf *rows)
{
    jw_name(w, name);
    jw_array_begin(w);
    if (rows && rows->len > 0)
        jw_raw(w, rows->data, rows->len);
    jw_array_end(w);
}

static enum status write_page(const struct page *page, const struct updates_cursor *cursor, struct strbuf *out,
                              struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    char text[UPDATES_CURSOR_TEXT];
    enum status st;

    (void)snprintf(text, sizeof(text), "%s.%" PRId64, page->central->incarnation, page->reached);
    jw_object_begin(&w);
    jw_field_text(&w, "cursor", text);
    jw_field_text(&w, "incarnation", page->central->incarnation);
    jw_name(&w, "counted");
    jw_object_begin(&w);
    jw_field_text(&w, "epoch", page->device->epoch);
    /* Counted is promised only when every row that those records touched lies before this cursor. */
    jw_field_int(&w, "seq", page->reached >= page->device->counted_change ? page->device->counted : 0);
    jw_object_end(&w);
    jw_field_bool(&w, "more", page->more);
    if (cursor->reload)
        jw_field_bool(&w, "reload", true);
    for (int i = 0; i < LIST_COUNT; i++)
        write_list(&w, list_names[i], &page->rows[i]);
    write_list(&w, "identifiers_gone", NULL);
    st = write_manifest(page, cursor->after, &w, err);
    jw_object_end(&w);
    return st == ST_OK ? strbuf_status(out) : st;
}

void updates_answer(struct central *central, const struct device *device, const struct updates_cursor *cursor,
                    struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct page page = {.central = central, .device = device, .reached = cursor->after};
    int64_t last, dated = 0;
    enum status st = store_last_change(central->store, &last, &err);

    for (int i = 0; i < LIST_COUNT; i++) {
        page.rows[i] = (struct strbuf)STRBUF_INIT(2 * UPDATES_BYTES_MAX);
        page.writers[i].out = &page.rows[i];
    }
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_POINT_RULE_DATED, &dated, &err, V_TEXT(device->chain));
    page.with_lots = dated > 0;
    if (st == ST_OK)
        st = fill(&page, cursor->after, &err);
    if (st == ST_OK && !page.more)
        page.reached = last; /* what lies between is of other chains */
    if (st == ST_OK)
        st = write_page(&page, cursor, &answer->body, &err);
    if (st != ST_OK)
        answer_status(answer, st, &err);
    for (int i = 0; i < LIST_COUNT; i++)
        strbuf_free(&page.rows[i]);
}

void updates_member(struct central *central, const struct device *device, const char *hash, struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer->body);
    char id[ID_BYTES];
    enum status st = member_by_identifier(central, device->chain, hash, id, &err);

    jw_object_begin(&w);
    jw_name(&w, "member");
    if (st == ST_OK) {
        st = member_write(central, device->chain, id, device, &w, &err);
    } else if (st == ST_NOT_FOUND) {
        jw_null(&w);
        st = ST_OK;
    }
    jw_object_end(&w);
    if (st == ST_OK)
        st = strbuf_status(&answer->body);
    if (st != ST_OK)
        answer_status(answer, st, &err);
}
