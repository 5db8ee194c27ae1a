/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/updates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/central/circle.h"
#include "sync/central/counting.h"
#include "sync/central/coupon.h"
#include "sync/central/lease.h"
#include "sync/central/lot.h"
#include "sync/central/forms.h"
#include "sync/central/member.h"
#include "sync/central/rollout.h"
#include "sync/central/trust.h"

enum { ENVELOPE_BYTES_MAX = 64 * 1024 + 12 * 1024 /* names, cursors, a manifest and a timestamp */ };

/* The lists of an answer that rows go into as they come along the change counter. */
enum list {
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
static const char *const list_names[LIST_COUNT] = {"members_gone", "members", "lots",   "aliases",
                                                   "usage",        "coupons", "leases", "notices"};

struct page {
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

/* Reads digits up to end or the first of behind; false when there are none or too many. */
static bool read_number(const char **at, int64_t *out_number)
{
    size_t digits = strspn(*at, "0123456789");

    if (digits == 0 || digits > 18)
        return false;
    *out_number = strtoll(*at, NULL, 10);
    *at += digits;
    return true;
}

static bool parse_cursor(const struct central *central, const char *text, struct updates_cursor *out_cursor)
{
    struct updates_cursor cursor = {0};
    const char *at = text + HEX64_TEXT;

    if (strncmp(text, central->incarnation, HEX64_TEXT - 1) != 0 || text[HEX64_TEXT - 1] != '.' ||
        !read_number(&at, &cursor.base))
        return false;
    cursor.after = cursor.base;
    if (strncmp(at, ".m", 2) == 0 && id_is_valid(at + 2)) {
        cursor.phase = UPDATES_MEMBERS;
        (void)snprintf(cursor.key, sizeof(cursor.key), "%s", at + 2);
        at += strlen(at);
    } else if (strncmp(at, ".o", 2) == 0) {
        cursor.phase = UPDATES_OTHERS;
        at += 2;
        if (!read_number(&at, &cursor.after))
            return false;
    }
    if (*at)
        return false;
    *out_cursor = cursor;
    return true;
}

enum status updates_read_cursor(struct central *central, const char *text, struct updates_cursor *out_cursor,
                                struct errmsg *err)
{
    struct updates_cursor cursor = {0};
    int64_t last;
    enum status st = store_last_change(central->store, &last, err);

    if (st != ST_OK)
        return st;
    if (!text[0])
        *out_cursor = (struct updates_cursor){.phase = UPDATES_MEMBERS, .base = last, .first = true};
    else if (strlen(text) < UPDATES_CURSOR_TEXT && parse_cursor(central, text, &cursor) && cursor.base <= last &&
             cursor.after <= last)
        *out_cursor = cursor;
    else
        *out_cursor = (struct updates_cursor){.phase = UPDATES_MEMBERS, .base = last, .reload = true};
    return ST_OK;
}

/* What was told before the chain's audience changed is of another circle: everything is told anew. */
static enum status find_audience(struct central *central, const struct device *device, struct updates_cursor *cursor,
                                 bool *out_by_store, struct errmsg *err)
{
    int64_t changed, last;
    enum status st = circle_load(central, device->chain, out_by_store, &changed, err);

    if (st != ST_OK || cursor->base >= changed)
        return st;
    st = store_last_change(central->store, &last, err);
    if (st == ST_OK)
        *cursor = (struct updates_cursor){.phase = UPDATES_MEMBERS, .base = last, .reload = true};
    return st;
}

static enum status select_changes(struct central *central, const struct device *device, enum statement statement,
                                  int64_t after, int64_t limit, struct rows **out_rows, struct errmsg *err)
{
    if (statement == STATEMENT_CHANGE_LIST_STORE)
        return STORE_SELECT(central->store, statement, out_rows, err, V_TEXT(device->chain), V_TEXT(device->dev),
                            V_INT(after), V_INT(limit), V_TEXT(device->epoch), V_TEXT(device->store));
    return STORE_SELECT(central->store, statement, out_rows, err, V_TEXT(device->chain), V_TEXT(device->dev),
                        V_INT(after), V_INT(limit), V_TEXT(device->epoch));
}

enum status updates_waiting(struct central *central, const struct device *device, const struct updates_cursor *cursor,
                            bool *out_waiting, struct errmsg *err)
{
    struct updates_cursor at = *cursor;
    struct rows *rows;
    bool by_store;
    enum status st = find_audience(central, device, &at, &by_store, err);

    if (st != ST_OK)
        return st;
    /* That records were counted is told too, also when they changed no row: the till waits to forget them. */
    *out_waiting = at.phase != UPDATES_CHANGES || device->counted_change > at.after;
    if (*out_waiting)
        return ST_OK;
    st = select_changes(central, device, by_store ? STATEMENT_CHANGE_LIST_STORE : STATEMENT_CHANGE_LIST, at.after, 1,
                        &rows, err);
    if (st != ST_OK)
        return st;
    *out_waiting = rows_next(rows);
    return rows_end(rows, err);
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

/* A row was written: keeps it, or takes it back out when the page is full. False when the page is. A page holds one
 * row however long. */
static bool keep_row(struct page *page, const size_t before[LIST_COUNT], enum status *st)
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

static enum status fill_members(struct page *page, struct errmsg *err)
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

static enum status fill_changes(struct page *page, enum statement statement, struct errmsg *err)
{
    size_t before[LIST_COUNT];
    struct rows *rows;
    enum status st = select_changes(page->central, page->device, statement, page->next.after, UPDATES_ROWS_MAX + 1,
                                    &rows, err),
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

/* Goes on from the cursor until the page is full; page->next is where the next one goes on. */
static enum status fill(struct page *page, int64_t last, struct errmsg *err)
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

static void write_cursor(const struct page *page, struct json_writer *w)
{
    char text[UPDATES_CURSOR_TEXT];
    const struct updates_cursor *next = &page->next;

    switch (next->phase) {
    case UPDATES_CHANGES:
        (void)snprintf(text, sizeof(text), "%s.%" PRId64, page->central->incarnation, next->after);
        break;
    case UPDATES_MEMBERS:
        (void)snprintf(text, sizeof(text), "%s.%" PRId64 ".m%s", page->central->incarnation, next->base, next->key);
        break;
    case UPDATES_OTHERS:
        (void)snprintf(text, sizeof(text), "%s.%" PRId64 ".o%" PRId64, page->central->incarnation, next->base,
                       next->after);
        break;
    }
    jw_field_text(w, "cursor", text);
}

/* Whether a manifest of that change belongs on this page. A new till gets it with its first: it can sell by rules
 * while the members still come. */
static bool is_news(const struct page *page, const struct updates_cursor *from, int64_t change)
{
    return from->phase == UPDATES_CHANGES ? change > from->after && change <= page->reached
                                          : from->phase == UPDATES_MEMBERS && !from->key[0];
}

/* The newest that is this till's; of one that reaches tills ring by ring this one is to be noted as told. */
static enum status write_manifest(struct page *page, const struct updates_cursor *from, struct json_writer *w,
                                  struct errmsg *err)
{
    const struct device *device = page->device;
    struct rows *rows;
    enum status st = STORE_SELECT(page->central->store, STATEMENT_MANIFEST_CHOICE, &rows, err, V_TEXT(device->chain),
                                  V_TEXT(device->dev));

    if (st != ST_OK)
        return st;
    while (rows_next(rows)) {
        if (!rollout_is_for(rows, device))
            continue;
        if (is_news(page, from, rows_int(rows, 0))) {
            jw_name(w, "manifest");
            jw_object_begin(w);
            jw_field_text(w, "text", rows_text(rows, 1));
            jw_field_raw(w, "signatures", rows_text(rows, 2), strlen(rows_text(rows, 2)));
            jw_object_end(w);
            if (strcmp(rows_text(rows, 4), "running") == 0 && rows_int(rows, 7) == 0)
                page->told_of = rows_int(rows, 3);
        }
        break;
    }
    return rows_end(rows, err);
}

/* Before the manifest that it names. */
static enum status write_timestamp(const struct page *page, const struct updates_cursor *from, struct json_writer *w,
                                   struct errmsg *err)
{
    const char *chain = page->device->chain;

    if (from->phase == UPDATES_CHANGES)
        return trust_write_timestamp(page->central, chain, from->after, page->reached, w, err);
    return from->phase == UPDATES_MEMBERS && !from->key[0]
               ? trust_write_timestamp(page->central, chain, 0, INT64_MAX, w, err)
               : ST_OK;
}

static void write_list(struct json_writer *w, const char *name, const struct strbuf *rows)
{
    jw_name(w, name);
    jw_array_begin(w);
    if (rows && rows->len > 0)
        jw_raw(w, rows->data, rows->len);
    jw_array_end(w);
}

/* A till that sells nothing learns from it that this central was put back. */
static void write_acked(const struct device *device, struct json_writer *w)
{
    jw_name(w, "acked");
    jw_object_begin(w);
    jw_field_text(w, "epoch", device->epoch);
    jw_field_int(w, "seq", device->acked);
    jw_field_hex(w, "hash", device->head_hash, SHA256_BYTES);
    jw_object_end(w);
}

static enum status write_page(struct page *page, const struct updates_cursor *cursor, struct strbuf *out,
                              struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    enum status st;

    jw_object_begin(&w);
    write_cursor(page, &w);
    jw_field_text(&w, "incarnation", page->central->incarnation);
    jw_name(&w, "counted");
    jw_object_begin(&w);
    jw_field_text(&w, "epoch", page->device->epoch);
    /* Counted is promised only when every row that those records touched lies before this cursor. */
    jw_field_int(&w, "seq", page->reached >= page->device->counted_change ? page->device->counted : 0);
    jw_object_end(&w);
    write_acked(page->device, &w);
    jw_field_int(&w, "at_unix_ms", central_now_us(page->central) / 1000);
    jw_field_bool(&w, "more", page->more);
    if (cursor->reload)
        jw_field_bool(&w, "reload", true);
    for (int i = 0; i < LIST_COUNT; i++)
        write_list(&w, list_names[i], &page->rows[i]);
    write_list(&w, "identifiers_gone", NULL);
    st = forms_write_terms(page->central, page->device->chain, &w, err);
    if (st == ST_OK)
        st = write_timestamp(page, cursor, &w, err);
    if (st == ST_OK)
        st = write_manifest(page, cursor, &w, err);
    jw_object_end(&w);
    return st == ST_OK ? strbuf_status(out) : st;
}

/* All rows of an answer, and what they say of the till's own records, are of one moment: another process may book
 * some of those meanwhile. */
static enum status begin_reading(struct central *central, const struct device *device, struct device *out_now,
                                 struct errmsg *err)
{
    enum status st = store_snapshot_begin(central->store, err);

    return st == ST_OK ? device_load(central, device->dev, out_now, err) : st;
}

void updates_answer(struct central *central, const struct device *device, const struct updates_cursor *cursor,
                    struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct device now;
    struct page page = {.central = central, .device = &now};
    struct updates_cursor from = *cursor;
    int64_t last = 0, dated = 0;
    enum status st = begin_reading(central, device, &now, &err);

    if (st == ST_OK)
        st = store_last_change(central->store, &last, &err);
    for (int i = 0; i < LIST_COUNT; i++) {
        page.rows[i] = (struct strbuf)STRBUF_INIT(2 * UPDATES_BYTES_MAX);
        page.writers[i].out = &page.rows[i];
    }
    if (st == ST_OK)
        st = STORE_NUMBER(central->store, STATEMENT_POINT_RULE_DATED, &dated, &err, V_TEXT(device->chain));
    page.with_lots = dated > 0;
    if (st == ST_OK)
        st = find_audience(central, device, &from, &page.by_store, &err);
    page.next = from;
    if (st == ST_OK)
        st = fill(&page, last, &err);
    if (st == ST_OK)
        st = write_page(&page, &from, &answer->body, &err);
    store_snapshot_end(central->store);
    if (st == ST_OK && page.told_of > 0)
        st = rollout_offered(central, device, page.told_of, &err);
    if (st != ST_OK)
        answer_status(answer, st, &err);
    for (int i = 0; i < LIST_COUNT; i++)
        strbuf_free(&page.rows[i]);
}

void updates_member(struct central *central, const struct device *device, const char *hash, struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer->body);
    struct device now;
    char id[ID_BYTES];
    enum status st;

    counting_catch_up(central, NULL);
    st = begin_reading(central, device, &now, &err);
    if (st == ST_OK)
        st = member_by_identifier(central, device->chain, hash, id, &err);
    jw_object_begin(&w);
    jw_name(&w, "member");
    if (st == ST_OK) {
        st = member_write(central, device->chain, id, &now, &w, &err);
    } else if (st == ST_NOT_FOUND) {
        jw_null(&w);
        st = ST_OK;
    }
    jw_object_end(&w);
    store_snapshot_end(central->store);
    if (st == ST_OK)
        st = strbuf_status(&answer->body);
    if (st != ST_OK)
        answer_status(answer, st, &err);
}
