/* SPDX-License-Identifier: Apache-2.0 */
/* What sheets hold, into the tables: one table after the other, so that a server is told the same thing many times on
 * end. Rows that others look at come last. */
#include <stdlib.h>
#include <string.h>

#include "sync/central/circle.h"
#include "sync/central/sheet_internal.h"

typedef enum status write_fn(struct sheets *sheets, const struct sheet *sheet, struct errmsg *err);

static enum status write_accounts(struct sheets *sheets, const struct sheet *sheet, struct errmsg *err)
{
    enum status st = ST_OK;

    for (const struct account_row *row = sheet->accounts; st == ST_OK && row; row = row->next) {
        if (row->made)
            st = STORE_RUN(sheets->store, STATEMENT_ACCOUNT_PUT, err, V_INT(row->id), V_TEXT(sheet->chain),
                           V_TEXT(row->kind), V_TEXT(sheet->owner), V_TEXT(row->currency), V_INT(row->balance),
                           V_INT(row->undated));
        else if (row->changed)
            st = STORE_RUN(sheets->store, STATEMENT_ACCOUNT_SET, err, V_INT(row->id), V_INT(row->balance),
                           V_INT(row->undated));
    }
    return st;
}

static enum status write_lot(struct sheets *sheets, const struct sheet *sheet, const struct lot_row *row,
                             struct errmsg *err)
{
    if (row->amount == 0)
        return STORE_RUN(sheets->store, STATEMENT_LOT_DELETE, err, V_TEXT(sheet->chain), V_TEXT(sheet->owner),
                         V_TEXT(row->currency), V_INT(row->until_day), V_INT(row->from_day));
    return STORE_RUN(sheets->store, STATEMENT_LOT_PUT, err, V_TEXT(sheet->chain), V_TEXT(sheet->owner),
                     V_TEXT(row->currency), V_INT(row->until_day), V_INT(row->from_day), V_INT(row->amount));
}

static enum status write_lots(struct sheets *sheets, const struct sheet *sheet, struct errmsg *err)
{
    enum status st = ST_OK;

    for (const struct lot_row *row = sheet->lots; st == ST_OK && row; row = row->next)
        st = row->changed ? write_lot(sheets, sheet, row, err) : ST_OK;
    return st;
}

static enum status write_uses(struct sheets *sheets, const struct sheet *sheet, struct errmsg *err)
{
    enum status st = ST_OK;

    for (const struct use_row *row = sheet->uses; st == ST_OK && row; row = row->next) {
        if (!row->changed)
            continue;
        st = STORE_RUN(sheets->store, row->found ? STATEMENT_MEMBER_USAGE_SET : STATEMENT_MEMBER_USAGE_PUT, err,
                       V_TEXT(sheet->chain), V_TEXT(sheet->owner), V_TEXT(row->promotion), V_INT(row->use.uses),
                       V_INT(row->use.last_day), V_INT(row->use.day), V_INT(row->use.week), V_INT(row->use.month));
    }
    return st;
}

/* Where he buys most is counted while leases are granted there, and asked for by nobody else. */
static enum status write_tills(struct sheets *sheets, const struct sheet *sheet, struct errmsg *err)
{
    enum status st = sheet->tills ? sheets_ask_chain(sheets, sheet->chain, err) : ST_OK;

    for (const struct place_row *row = sheet->tills; st == ST_OK && sheets->grants_leases && row; row = row->next)
        st = STORE_RUN(sheets->store, STATEMENT_MEMBER_TILL_COUNT, err, V_TEXT(sheet->chain), V_TEXT(sheet->owner),
                       V_TEXT(row->name), V_INT(row->count), V_INT(row->last_day));
    return st;
}

/* When he was seen there last is kept to some days, so that who comes often is written seldom. */
static bool is_due(const struct place_row *row)
{
    return row->count > 0 && (!row->known || row->last_day >= row->kept_day + CIRCLE_SEEN_DAYS);
}

static enum status write_stores(struct sheets *sheets, const struct sheet *sheet, struct errmsg *err)
{
    enum status st = ST_OK;

    for (const struct place_row *row = sheet->stores; st == ST_OK && row; row = row->next)
        st = is_due(row)
                 ? STORE_RUN(sheets->store, STATEMENT_MEMBER_STORE_SEEN, err, V_TEXT(sheet->chain), V_TEXT(row->name),
                             V_TEXT(sheet->owner), V_INT(row->last_day), V_INT(sheet->change))
                 : ST_OK;
    return st;
}

/* Points are missing in some currency: seen here; that leases are more than his points, by the statement. */
static bool is_below_zero(const struct sheet *sheet)
{
    for (const struct account_row *row = sheet->accounts; row; row = row->next) {
        if (row->balance < 0 && strcmp(row->kind, "member") == 0)
            return true;
    }
    return false;
}

static enum status touch(struct sheets *sheets, const struct sheet *sheet, struct errmsg *err)
{
    enum status st = sheet->change > 0 ? sheets_ask_chain(sheets, sheet->chain, err) : ST_OK;

    return st == ST_OK && sheet->change > 0
               ? STORE_RUN(sheets->store, STATEMENT_MEMBER_TOUCH, err, V_TEXT(sheet->chain), V_TEXT(sheet->owner),
                           V_INT(sheet->change), V_INT(sheet->purchases), V_INT(is_below_zero(sheet)),
                           V_INT(sheets->has_leases))
               : ST_OK;
}

/* Of a chain whose tills hear of every member, nobody looks for changes by store. When that is changed the tills load
 * anew (circle_audience), so what stands there from before does not matter. */
static enum status touch_stores(struct sheets *sheets, const struct sheet *sheet, struct errmsg *err)
{
    bool others = false;
    enum status st = ST_OK;

    for (const struct place_row *row = sheet->stores; row; row = row->next)
        others = others || !is_due(row);
    if (sheet->change > 0 && others)
        st = sheets_ask_chain(sheets, sheet->chain, err);
    return st == ST_OK && sheet->change > 0 && others && sheets->by_store
               ? STORE_RUN(sheets->store, STATEMENT_MEMBER_STORE_TOUCH, err, V_TEXT(sheet->chain),
                           V_TEXT(sheet->owner), V_INT(sheet->change))
               : st;
}

static enum status write_chain_uses(struct sheets *sheets, struct errmsg *err)
{
    enum status st = ST_OK;

    for (const struct chain_use *use = sheets->uses; st == ST_OK && use; use = use->next) {
        int64_t change;

        st = store_next_change(sheets->store, &change, err);
        if (st == ST_OK)
            st = STORE_RUN(sheets->store, STATEMENT_USAGE_COUNT, err, V_TEXT(use->chain), V_TEXT(use->name),
                           V_INT(use->count), V_INT(change));
    }
    return st;
}

static int compare_sheets(const void *a, const void *b)
{
    const struct sheet *one = *(struct sheet *const *)a, *other = *(struct sheet *const *)b;
    int by_owner = strcmp(one->owner, other->owner);

    return by_owner != 0 ? by_owner : strcmp(one->chain, other->chain);
}

/* In the order of their keys, so that what is written one after the other lies close together. */
static enum status sort(struct sheets *sheets)
{
    struct sheet **all = sheets_take(sheets, ((size_t)sheets->count + 1) * sizeof(struct sheet *)), *sheet;
    int count = 0;

    if (!all)
        return ST_NOMEM;
    for (sheet = sheets->first; sheet; sheet = sheet->next)
        all[count++] = sheet;
    qsort(all, (size_t)count, sizeof(struct sheet *), compare_sheets);
    for (int i = 0; i < count; i++)
        all[i]->next = all[i + 1];
    sheets->first = all[0];
    return ST_OK;
}

enum status sheets_write(struct store_keeper *keeper, struct errmsg *err)
{
    static write_fn *const writes[] = {write_accounts, write_lots, write_uses,  write_tills,
                                       write_stores,   touch,      touch_stores};
    struct sheets *sheets = (struct sheets *)keeper;
    enum status st = sort(sheets);

    keeper->keeps = false; /* its own statements ask for nothing */
    for (size_t i = 0; st == ST_OK && i < sizeof(writes) / sizeof(writes[0]); i++) {
        for (const struct sheet *sheet = sheets->first; st == ST_OK && sheet; sheet = sheet->next)
            st = writes[i](sheets, sheet, err);
    }
    if (st == ST_OK)
        st = write_chain_uses(sheets, err);
    if (st == ST_OK)
        st = store_flush(sheets->store, err);
    sheets_forget(keeper);
    return st;
}
