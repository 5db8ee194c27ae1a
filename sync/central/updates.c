/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/updates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/central/member.h"

enum { ENVELOPE_BYTES_MAX = 64 * 1024 + 4096 /* names, cursors and a manifest */ };

/* The rows of an answer, sorted into their lists as they come along the change counter. */
struct page {
    struct central *central;
    const struct device *device;
    struct strbuf members, usage, notices;
    struct json_writer members_writer, usage_writer, notices_writer;
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
                      V_TEXT(device->dev), V_INT(cursor->after));
    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st == ST_OK)
        *out_waiting = true;
    return st;
}

static void write_usage(struct page *page, const char *name, int64_t uses)
{
    struct json_writer *w = &page->usage_writer;

    jw_object_begin(w);
    jw_field_text(w, "promotion", name);
    jw_field_int(w, "uses", uses);
    jw_field_text(w, "epoch", page->device->epoch);
    jw_field_int(w, "seq", page->device->counted);
    jw_object_end(w);
}

static void write_notice(struct page *page, const char *text, int64_t id)
{
    struct json_writer *w = &page->notices_writer;

    jw_object_begin(w);
    jw_field_int(w, "id", id);
    jw_field_text(w, "text", text);
    jw_object_end(w);
}

static enum status write_change(struct page *page, const struct rows *rows, struct errmsg *err)
{
    const char *kind = rows_text(rows, 1), *name = rows_text(rows, 2);

    if (strcmp(kind, "member") == 0)
        return member_write(page->central, page->device->chain, name, page->device, &page->members_writer, err);
    if (strcmp(kind, "usage") == 0)
        write_usage(page, name, rows_int(rows, 3));
    else if (strcmp(kind, "notice") == 0)
        write_notice(page, name, rows_int(rows, 3));
    return ST_OK; /* a manifest is written into the envelope */
}

/* Goes along the changes until the page is full. A row may overshoot the bound, so it is taken back out. */
static enum status fill(struct page *page, int64_t after, struct errmsg *err)
{
    struct rows *rows;
    int count = 0;
    enum status st =
                    STORE_SELECT(page->central->store, STATEMENT_CHANGE_LIST, &rows, err, V_TEXT(page->device->chain),
                                 V_TEXT(page->device->dev), V_INT(after), V_INT(UPDATES_ROWS_MAX + 1)),
                end;

    if (st != ST_OK)
        return st;
    while (st == ST_OK && rows_next(rows)) {
        struct strbuf *buffers[] = {&page->members, &page->usage, &page->notices};
        size_t before[3], total = ENVELOPE_BYTES_MAX;

        for (int i = 0; i < 3; i++)
            before[i] = buffers[i]->len;
        if (++count > UPDATES_ROWS_MAX) {
            page->more = true;
            break;
        }
        st = write_change(page, rows, err);
        for (int i = 0; i < 3; i++) {
            total += buffers[i]->len;
            if (st == ST_OK)
                st = strbuf_status(buffers[i]);
        }
        if (st == ST_OK && total > UPDATES_BYTES_MAX && count > 1) {
            for (int i = 0; i < 3; i++) {
                buffers[i]->len = before[i];
                if (buffers[i]->data)
                    buffers[i]->data[before[i]] = '\0';
            }
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
    static const char *const empty[] = {"identifiers_gone", "coupons", "leases", "aliases"};
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
    write_list(&w, "members", &page->members);
    write_list(&w, "usage", &page->usage);
    write_list(&w, "notices", &page->notices);
    for (int i = 0; i < 4; i++)
        write_list(&w, empty[i], NULL);
    st = write_manifest(page, cursor->after, &w, err);
    jw_object_end(&w);
    return st == ST_OK ? strbuf_status(out) : st;
}

void updates_answer(struct central *central, const struct device *device, const struct updates_cursor *cursor,
                    struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct page page = {.central = central,
                        .device = device,
                        .members = STRBUF_INIT(2 * UPDATES_BYTES_MAX),
                        .usage = STRBUF_INIT(2 * UPDATES_BYTES_MAX),
                        .notices = STRBUF_INIT(2 * UPDATES_BYTES_MAX),
                        .reached = cursor->after};
    int64_t last;
    enum status st = store_last_change(central->store, &last, &err);

    page.members_writer.out = &page.members;
    page.usage_writer.out = &page.usage;
    page.notices_writer.out = &page.notices;
    if (st == ST_OK)
        st = fill(&page, cursor->after, &err);
    if (st == ST_OK && !page.more)
        page.reached = last; /* what lies between is of other chains */
    if (st == ST_OK)
        st = write_page(&page, cursor, &answer->body, &err);
    if (st != ST_OK)
        answer_status(answer, st, &err);
    strbuf_free(&page.members);
    strbuf_free(&page.usage);
    strbuf_free(&page.notices);
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
