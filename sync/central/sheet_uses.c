/* SPDX-License-Identifier: Apache-2.0 */
/* What promotions were used, by a member and by the whole chain. */
#include <string.h>

#include "sync/central/sheet_internal.h"

/* ---- uses ---- */

struct use_row *sheet_find_use(const struct sheet *sheet, const char *promotion, size_t len)
{
    struct use_row *row = sheet->uses;

    while (row && (strncmp(row->promotion, promotion, len) != 0 || row->promotion[len]))
        row = row->next;
    return row;
}

struct use_row *sheet_add_use(struct sheets *sheets, struct sheet *sheet, const char *promotion, size_t len)
{
    struct use_row *row = sheets_take(sheets, sizeof(*row));
    char *name = sheets_take(sheets, len + 1);

    if (!row || !name)
        return NULL;
    row->promotion = memcpy(name, promotion, len);
    row->next = sheet->uses;
    sheet->uses = row;
    return row;
}

void sheet_read_use(struct use_row *row, struct rows *rows)
{
    row->found = rows_next(rows);
    if (row->found)
        member_use_read(rows, &row->use);
}

enum status sheet_use(struct central *central, const char *chain, const char *member, const char *promotion,
                      int32_t day, struct member_use **out_use, struct errmsg *err)
{
    struct sheets *sheets = sheets_of(central);
    struct sheet *sheet;
    struct use_row *row;
    struct rows *rows;
    enum status st = sheet_find(central, chain, member, &sheet, err);

    if (st != ST_OK)
        return st;
    row = sheet_find_use(sheet, promotion, strlen(promotion));
    if (!row) {
        row = sheet_add_use(sheets, sheet, promotion, strlen(promotion));
        if (!row)
            return ST_NOMEM;
        st = sheets_ask(sheets, STATEMENT_MEMBER_USAGE_GET,
                        STORE_VALUES(V_TEXT(sheet->chain), V_TEXT(sheet->owner), V_TEXT(row->promotion)), &rows, err);
        if (st == ST_OK) {
            sheet_read_use(row, rows);
            st = rows_end(rows, err);
        }
    }
    if (st != ST_OK)
        return st;
    if (!row->found && !row->changed)
        row->use.last_day = day;
    row->changed = true;
    *out_use = &row->use;
    return ST_OK;
}

enum status sheet_chain_use(struct central *central, const char *chain, const char *name, struct errmsg *err)
{
    struct sheets *sheets = sheets_of(central);
    struct chain_use *use = sheets->uses;

    while (use && (strcmp(use->name, name) != 0 || strcmp(use->chain, chain) != 0))
        use = use->next;
    if (!use) {
        sheets->keeper.keeps = true;
        use = sheets_take(sheets, sizeof(*use));
        if (!use)
            return ST_NOMEM;
        use->chain = sheets_copy(sheets, chain);
        use->name = sheets_copy(sheets, name);
        if (!use->chain || !use->name)
            return ST_NOMEM;
        use->next = sheets->uses;
        sheets->uses = use;
    }
    use->count++;
    return sheets_done(sheets, err);
}
