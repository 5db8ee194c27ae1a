/* SPDX-License-Identifier: Apache-2.0 */
/* The page around its rows: the cursor behind it, what is counted and acked, terms, timestamp and manifest. */
#include "sync/central/updates_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sync/central/forms.h"
#include "sync/central/rollout.h"
#include "sync/central/trust.h"

static const char *const list_names[LIST_COUNT] = {"members_gone", "members", "lots",   "aliases",
                                                   "usage",        "coupons", "leases", "notices"};

static void write_cursor(const struct updates_page *page, struct json_writer *w)
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
static bool is_news(const struct updates_page *page, const struct updates_cursor *from, int64_t change)
{
    return from->phase == UPDATES_CHANGES ? change > from->after && change <= page->reached
                                          : from->phase == UPDATES_MEMBERS && !from->key[0];
}

/* The newest that is this till's; of one that reaches tills ring by ring this one is to be noted as told. */
static enum status write_manifest(struct updates_page *page, const struct updates_cursor *from, struct json_writer *w,
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
static enum status write_timestamp(const struct updates_page *page, const struct updates_cursor *from,
                                   struct json_writer *w, struct errmsg *err)
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

enum status updates_write_page(struct updates_page *page, const struct updates_cursor *from, struct strbuf *out,
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
    if (from->reload)
        jw_field_bool(&w, "reload", true);
    for (int i = 0; i < LIST_COUNT; i++)
        write_list(&w, list_names[i], &page->rows[i]);
    write_list(&w, "identifiers_gone", NULL);
    st = forms_write_terms(page->central, page->device->chain, &w, err);
    if (st == ST_OK)
        st = write_timestamp(page, from, &w, err);
    if (st == ST_OK)
        st = write_manifest(page, from, &w, err);
    jw_object_end(&w);
    return st == ST_OK ? strbuf_status(out) : st;
}
