/* SPDX-License-Identifier: Apache-2.0 */
/* What many records will ask for, read at once. */
#include <stdlib.h>

#include "sync/central/sheet_internal.h"

struct asked {
    struct sheets *sheets;
    struct sheet **owners;
    struct use_row **uses;
    struct store_value *of_owners, *of_uses; /* what is asked with */
    size_t owner_count, use_count;
};

static enum status take_owner(void *context, size_t at, struct rows *rows, struct errmsg *err)
{
    const struct asked *asked = context;
    enum status st = ST_OK;

    (void)err;
    while (st == ST_OK && rows_next(rows))
        st = sheet_take_row(asked->sheets, asked->owners[at], rows);
    return st;
}

static enum status take_use(void *context, size_t at, struct rows *rows, struct errmsg *err)
{
    const struct asked *asked = context;

    (void)err;
    sheet_read_use(asked->uses[at], rows);
    return ST_OK;
}

static enum status add_owner(struct asked *asked, const char *chain, const char *member)
{
    struct sheets *sheets = asked->sheets;
    struct sheet *sheet;

    if (sheets->count >= SHEETS_MAX || sheet_look_up(sheets, chain, member))
        return ST_OK;
    sheet = sheet_make(sheets, chain, member);
    if (!sheet)
        return ST_NOMEM;
    sheet_put_in(sheets, sheet);
    asked->of_owners[2 * asked->owner_count] = V_TEXT(sheet->chain);
    asked->of_owners[2 * asked->owner_count + 1] = V_TEXT(sheet->owner);
    asked->owners[asked->owner_count++] = sheet;
    return ST_OK;
}

static enum status add_use(struct asked *asked, const char *chain, const struct sheet_expected_use *use)
{
    struct sheet *sheet = sheet_look_up(asked->sheets, chain, use->member);
    struct store_value *values = asked->of_uses + 3 * asked->use_count;
    struct use_row *row;

    if (!sheet || sheet_find_use(sheet, use->promotion, use->len))
        return ST_OK;
    row = sheet_add_use(asked->sheets, sheet, use->promotion, use->len);
    if (!row)
        return ST_NOMEM;
    values[0] = V_TEXT(sheet->chain);
    values[1] = V_TEXT(sheet->owner);
    values[2] = V_TEXT(row->promotion);
    asked->uses[asked->use_count++] = row;
    return ST_OK;
}

static enum status ask(struct asked *asked, const char *chain, struct errmsg *err)
{
    const struct store_each asks[] = {
        {STATEMENT_SHEET_LOAD, asked->of_owners, 2, asked->owner_count, take_owner, asked},
        {STATEMENT_MEMBER_USAGE_GET, asked->of_uses, 3, asked->use_count, take_use, asked},
    };
    /* What will be asked when they are written: now nothing else is waited for. */
    enum status st = sheets_ask_chain(asked->sheets, chain, err);

    return st == ST_OK ? store_select_each(asked->sheets->store, asks, 2, err) : st;
}

enum status sheets_expect(struct central *central, const char *chain, const struct sheet_expected *expected,
                          struct errmsg *err)
{
    struct asked asked = {.sheets = sheets_of(central),
                          .owners = calloc(expected->member_count + 1, sizeof(struct sheet *)),
                          .uses = calloc(expected->use_count + 1, sizeof(struct use_row *)),
                          .of_owners = calloc(2 * expected->member_count + 1, sizeof(struct store_value)),
                          .of_uses = calloc(3 * expected->use_count + 1, sizeof(struct store_value))};
    enum status st = asked.owners && asked.uses && asked.of_owners && asked.of_uses ? ST_OK : ST_NOMEM;

    for (size_t i = 0; st == ST_OK && i < expected->member_count; i++)
        st = add_owner(&asked, chain, expected->members[i]);
    for (size_t i = 0; st == ST_OK && i < expected->use_count; i++)
        st = add_use(&asked, chain, &expected->uses[i]);
    if (st == ST_OK && asked.owner_count + asked.use_count > 0)
        st = ask(&asked, chain, err);
    if (st != ST_OK && asked.sheets->keeper.keeps) /* some may be there by halves */
        sheets_forget(&asked.sheets->keeper);
    free(asked.owners);
    free(asked.uses);
    free(asked.of_owners);
    free(asked.of_uses);
    return st;
}
