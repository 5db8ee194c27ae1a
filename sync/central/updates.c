/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/updates_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/central/circle.h"
#include "sync/central/counting.h"
#include "sync/central/member.h"
#include "sync/central/rollout.h"

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
    enum status st = circle_load(central->store, device->chain, out_by_store, &changed, err);

    if (st != ST_OK || cursor->base >= changed)
        return st;
    st = store_last_change(central->store, &last, err);
    if (st == ST_OK)
        *cursor = (struct updates_cursor){.phase = UPDATES_MEMBERS, .base = last, .reload = true};
    return st;
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
    st = updates_select_changes(central, device, by_store ? STATEMENT_CHANGE_LIST_STORE : STATEMENT_CHANGE_LIST,
                                at.after, 1, &rows, err);
    if (st != ST_OK)
        return st;
    *out_waiting = rows_next(rows);
    return rows_end(rows, err);
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
    struct updates_page page = {.central = central, .device = &now};
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
        st = updates_fill(&page, last, &err);
    if (st == ST_OK)
        st = updates_write_page(&page, &from, &answer->body, &err);
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
