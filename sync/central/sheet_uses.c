/* SPDX-License-Identifier: Apache-2.0 */
/* What promotions were used, by a member and by the whole chain. */
#include <stdlib.h>
#include <string.h>

#include "sync/central/sheet_internal.h"

/* ---- uses ---- */

static struct use_row *find_use(const struct sheet *sheet, const char *promotion, size_t len)
{
    struct use_row *row = sheet->uses;

    while (row && (strncmp(row->promotion, promotion, len) != 0 || row->promotion[len]))
        row = row->next;
    return row;
}

/* NULL without memory. */
static struct use_row *add_use(struct sheets *sheets, struct sheet *sheet, const char *promotion, size_t len)
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

static void read_use(struct use_row *row, struct rows *rows)
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
    row = find_use(sheet, promotion, strlen(promotion));
    if (!row) {
        row = add_use(sheets, sheet, promotion, strlen(promotion));
        if (!row)
            return ST_NOMEM;
        st = sheets_ask(sheets, STATEMENT_MEMBER_USAGE_GET,
                        STORE_VALUES(V_TEXT(sheet->chain), V_TEXT(sheet->owner), V_TEXT(row->promotion)), &rows, err);
        if (st == ST_OK) {
            read_use(row, rows);
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

static enum status take_use(void *context, size_t at, struct rows *rows, struct errmsg *err)
{
    struct use_row **asked = context;

    (void)err;
    read_use(asked[at], rows);
    return ST_OK;
}

enum status sheets_expect_uses(struct central *central, const char *chain, const struct sheet_expected_use *uses,
                               size_t count, struct errmsg *err)
{
    struct sheets *sheets = sheets_of(central);
    struct store_value *values = calloc(3 * count + 1, sizeof(*values));
    struct use_row **asked = calloc(count + 1, sizeof(*asked));
    size_t wanted = 0;
    enum status st = values && asked ? ST_OK : ST_NOMEM;

    for (size_t i = 0; st == ST_OK && i < count; i++) {
        struct sheet *sheet = sheet_look_up(sheets, chain, uses[i].member);
        struct use_row *row;

        if (!sheet || find_use(sheet, uses[i].promotion, uses[i].len))
            continue;
        row = add_use(sheets, sheet, uses[i].promotion, uses[i].len);
        st = row ? ST_OK : ST_NOMEM;
        if (st != ST_OK)
            break;
        asked[wanted] = row;
        values[3 * wanted] = V_TEXT(sheet->chain);
        values[3 * wanted + 1] = V_TEXT(sheet->owner);
        values[3 * wanted++ + 2] = V_TEXT(row->promotion);
    }
    if (st == ST_OK && wanted > 0)
        st = store_select_each(sheets->store, STATEMENT_MEMBER_USAGE_GET, values, 3, wanted, take_use, asked, err);
    if (st != ST_OK && sheets->keeper.keeps) /* some may be there by halves */
        sheets_forget(&sheets->keeper);
    free(asked);
    free(values);
    return st;
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
