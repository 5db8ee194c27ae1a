/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/central/circle.h"
#include "sync/central/sheet_internal.h"

/* What neither reads nor writes a table that sheets are of: all that booking a sale does to the till's own. */
static const enum statement lets[] = {
    STATEMENT_CHANGE_LAST,    STATEMENT_CHANGE_SET,        STATEMENT_SALE_INSERT,      STATEMENT_POSTING_INSERT,
    STATEMENT_ENTRY_INSERT,   STATEMENT_CLAIM_END,         STATEMENT_LEASE_RULES,      STATEMENT_IDENTIFIER_GET,
    STATEMENT_SALE_PRINTED,   STATEMENT_UNATTACHED_INSERT, STATEMENT_VOID_INSERT,      STATEMENT_JOURNAL_FROM,
    STATEMENT_DEVICE_COUNTED, STATEMENT_DIFFERENCE_INSERT, STATEMENT_HOLD_END,         STATEMENT_FLOOR_PUT,
    STATEMENT_OVERDRAFT_PUT,  STATEMENT_NOTICE_INSERT,     STATEMENT_RETURN_INSERT,    STATEMENT_RETURN_SUM,
    STATEMENT_RETURN_LIST,    STATEMENT_SALE_RECORD,       STATEMENT_HOLD_END_EARLIER,
};

struct sheets *sheets_of(const struct central *central)
{
    return central->sheets;
}

void sheets_forget(struct store_keeper *keeper)
{
    struct sheets *sheets = (struct sheets *)keeper;

    keeper->keeps = false;
    json_pool_free(&sheets->pool);
    memset(sheets->buckets, 0, sizeof(sheets->buckets));
    sheets->first = NULL;
    sheets->last = &sheets->first;
    sheets->uses = NULL;
    sheets->rules = NULL;
    sheets->asked_of = NULL;
    sheets->count = 0;
}

enum status sheets_create(struct store *store, struct sheets **out_sheets)
{
    struct sheets *sheets = calloc(1, sizeof(*sheets));

    if (!sheets)
        return ST_NOMEM;
    sheets->store = store;
    sheets->keeper.write = sheets_write;
    sheets->keeper.forget = sheets_forget;
    for (size_t i = 0; i < sizeof(lets) / sizeof(lets[0]); i++)
        sheets->keeper.lets[lets[i]] = true;
    sheets_forget(&sheets->keeper);
    store_set_keeper(store, &sheets->keeper);
    *out_sheets = sheets;
    return ST_OK;
}

void sheets_destroy(struct sheets *sheets)
{
    if (!sheets)
        return;
    store_set_keeper(sheets->store, NULL);
    json_pool_free(&sheets->pool);
    free(sheets);
}

/* ---- memory ---- */

void *sheets_take(struct sheets *sheets, size_t bytes)
{
    void *memory = json_pool_take(&sheets->pool, bytes);

    return memory ? memset(memory, 0, bytes) : NULL;
}

const char *sheets_copy(struct sheets *sheets, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *memory = json_pool_take(&sheets->pool, bytes);

    return memory ? memcpy(memory, text, bytes) : NULL;
}

/* FNV-1a */
static unsigned bucket_of(const char *chain, const char *owner)
{
    uint32_t hash = 2166136261u;

    for (; *chain; chain++)
        hash = (hash ^ (unsigned char)*chain) * 16777619u;
    for (; *owner; owner++)
        hash = (hash ^ (unsigned char)*owner) * 16777619u;
    return hash % SHEET_BUCKETS;
}

enum status sheets_done(struct sheets *sheets, struct errmsg *err)
{
    return store_in_transaction(sheets->store) ? ST_OK : sheets_write(&sheets->keeper, err);
}

enum status sheets_ask(struct sheets *sheets, enum statement statement, const struct store_value *values,
                       size_t count, struct rows **out_rows, struct errmsg *err)
{
    enum status st;

    sheets->keeper.keeps = false;
    st = store_select(sheets->store, statement, values, count, out_rows, err);
    sheets->keeper.keeps = true;
    return st;
}

static enum status ask_leases(struct sheets *sheets, const char *chain, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(sheets->store, STATEMENT_LEASE_ANY, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        sheets->has_leases = rows_int(rows, 0) > 0;
        sheets->grants_leases = rows_int(rows, 1) > 0;
    }
    return rows_end(rows, err);
}

enum status sheets_ask_chain(struct sheets *sheets, const char *chain, struct errmsg *err)
{
    const bool keeps = sheets->keeper.keeps;
    int64_t change;
    enum status st;

    if (sheets->asked_of && strcmp(sheets->asked_of, chain) == 0)
        return ST_OK;
    sheets->keeper.keeps = false; /* as in sheets_ask */
    st = circle_load(sheets->store, chain, &sheets->by_store, &change, err);
    if (st == ST_OK)
        st = ask_leases(sheets, chain, err);
    sheets->keeper.keeps = keeps;
    sheets->asked_of = st == ST_OK ? sheets_copy(sheets, chain) : NULL;
    return st == ST_OK && !sheets->asked_of ? ST_NOMEM : st;
}

/* ---- one owner ---- */

struct account_row *sheet_add_account(struct sheets *sheets, struct sheet *sheet, const char *kind,
                                      const char *currency)
{
    struct account_row *row = sheets_take(sheets, sizeof(*row));

    if (!row)
        return NULL;
    row->kind = sheets_copy(sheets, kind);
    row->currency = sheets_copy(sheets, currency);
    row->next = sheet->accounts;
    sheet->accounts = row;
    return row->kind && row->currency ? row : NULL;
}

struct lot_row *sheet_add_lot(struct sheets *sheets, struct sheet *sheet, const char *currency, int32_t from_day,
                              int32_t until_day)
{
    struct lot_row *row = sheets_take(sheets, sizeof(*row));

    if (!row)
        return NULL;
    row->currency = sheets_copy(sheets, currency);
    row->from_day = from_day;
    row->until_day = until_day;
    row->next = sheet->lots;
    sheet->lots = row;
    return row->currency ? row : NULL;
}

static struct place_row *add_place(struct sheets *sheets, struct place_row **places, const char *name, int32_t day)
{
    struct place_row *row = sheets_take(sheets, sizeof(*row));

    if (!row)
        return NULL;
    row->name = sheets_copy(sheets, name);
    row->last_day = day;
    row->next = *places;
    *places = row;
    return row->name ? row : NULL;
}

enum status sheet_take_row(struct sheets *sheets, struct sheet *sheet, const struct rows *rows)
{
    struct account_row *account;
    struct place_row *place;

    switch (rows_int(rows, 0)) {
    case 1:
        sheet->is_member = true;
        (void)snprintf(sheet->merged_into, sizeof(sheet->merged_into), "%s", rows_text(rows, 1));
        return ST_OK;
    case 2:
        account = sheet_add_account(sheets, sheet, rows_text(rows, 1), rows_text(rows, 2));
        if (!account)
            return ST_NOMEM;
        account->id = rows_int(rows, 3);
        account->balance = rows_int(rows, 4);
        account->undated = rows_int(rows, 5);
        return ST_OK;
    default:
        place = add_place(sheets, &sheet->stores, rows_text(rows, 1), (int32_t)rows_int(rows, 4));
        if (!place)
            return ST_NOMEM;
        place->known = true;
        place->kept_day = place->last_day;
        return ST_OK;
    }
}

static enum status load(struct sheets *sheets, struct sheet *sheet, enum statement statement, struct errmsg *err)
{
    struct rows *rows;
    enum status st = sheets_ask(sheets, statement, STORE_VALUES(V_TEXT(sheet->chain), V_TEXT(sheet->owner)), &rows,
                                err),
                end;

    if (st != ST_OK)
        return st;
    while (st == ST_OK && rows_next(rows))
        st = sheet_take_row(sheets, sheet, rows);
    end = rows_end(rows, st == ST_OK ? err : NULL);
    return st == ST_OK ? end : st;
}

/* The first account of a member is that of his points (ledger.c). */
static bool may_have_others(const struct sheet *sheet)
{
    const struct account_row *row = sheet->accounts;

    while (row && row->made)
        row = row->next;
    return !sheet->is_member || row;
}

enum status sheet_load_others(struct sheets *sheets, struct sheet *sheet, struct errmsg *err)
{
    enum status st = ST_OK;

    if (!sheet->has_others && may_have_others(sheet))
        st = load(sheets, sheet, STATEMENT_SHEET_LOAD_OTHERS, err);
    sheet->has_others = st == ST_OK;
    return st;
}

struct sheet *sheet_make(struct sheets *sheets, const char *chain, const char *owner)
{
    struct sheet *sheet;

    sheets->keeper.keeps = true;
    sheet = sheets_take(sheets, sizeof(*sheet));
    if (!sheet)
        return NULL;
    sheet->chain = sheets_copy(sheets, chain);
    sheet->owner = sheets_copy(sheets, owner);
    return sheet->chain && sheet->owner ? sheet : NULL;
}

void sheet_put_in(struct sheets *sheets, struct sheet *sheet)
{
    struct sheet **bucket = &sheets->buckets[bucket_of(sheet->chain, sheet->owner)];

    sheet->in_bucket = *bucket;
    *bucket = sheet;
    *sheets->last = sheet;
    sheets->last = &sheet->next;
    sheets->count++;
}

struct sheet *sheet_look_up(struct sheets *sheets, const char *chain, const char *owner)
{
    struct sheet *at = sheets->buckets[bucket_of(chain, owner)];

    while (at && (strcmp(at->owner, owner) != 0 || strcmp(at->chain, chain) != 0))
        at = at->in_bucket;
    return at;
}

enum status sheet_find(struct central *central, const char *chain, const char *owner, struct sheet **out_sheet,
                       struct errmsg *err)
{
    struct sheets *sheets = sheets_of(central);
    struct sheet *sheet = sheet_look_up(sheets, chain, owner);
    enum status st = ST_OK;

    if (!sheet) {
        if (sheets->count >= SHEETS_MAX || sheets->pool.bytes >= SHEET_BYTES_MAX)
            st = sheets_write(&sheets->keeper, err);
        sheet = st == ST_OK ? sheet_make(sheets, chain, owner) : NULL;
        if (st == ST_OK)
            st = sheet ? load(sheets, sheet, STATEMENT_SHEET_LOAD, err) : ST_NOMEM;
        if (st == ST_OK)
            sheet_put_in(sheets, sheet);
    }
    if (st == ST_OK)
        *out_sheet = sheet;
    return st;
}

enum status sheet_merged(struct central *central, const char *chain, const char *member, char out_into[ID_BYTES],
                         struct errmsg *err)
{
    struct sheet *sheet;
    enum status st = sheet_find(central, chain, member, &sheet, err);

    if (st != ST_OK)
        return st;
    st = sheet->is_member ? ST_OK : ST_NOT_FOUND;
    if (st == ST_OK)
        memcpy(out_into, sheet->merged_into, ID_BYTES);
    else
        errmsg_set(err, "member %.64s is not known", member);
    if (!store_in_transaction(sheets_of(central)->store))
        sheets_forget(&sheets_of(central)->keeper);
    return st;
}

/* ---- the member's row, and where he was ---- */

enum status sheet_touch(struct central *central, const char *chain, const char *member, int64_t purchases,
                        struct errmsg *err)
{
    struct sheet *sheet;
    enum status st = sheet_find(central, chain, member, &sheet, err);

    if (st == ST_OK)
        st = store_next_change(central->store, &sheet->change, err);
    if (st != ST_OK)
        return st;
    sheet->purchases += purchases;
    return sheets_done(sheets_of(central), err);
}

static enum status note_place(struct central *central, struct place_row **places, const char *name, int32_t day,
                              struct errmsg *err)
{
    struct place_row *row = *places;

    while (row && strcmp(row->name, name) != 0)
        row = row->next;
    if (!row)
        row = add_place(sheets_of(central), places, name, day);
    if (!row)
        return ST_NOMEM;
    row->count++;
    row->last_day = row->last_day < day ? day : row->last_day;
    return sheets_done(sheets_of(central), err);
}

enum status sheet_seen(struct central *central, const char *chain, const char *member, const char *store, int32_t day,
                       struct errmsg *err)
{
    struct sheet *sheet;
    enum status st = sheet_find(central, chain, member, &sheet, err);

    return st == ST_OK ? note_place(central, &sheet->stores, store, day, err) : st;
}

enum status sheet_bought(struct central *central, const char *chain, const char *member, const char *dev, int32_t day,
                         struct errmsg *err)
{
    struct sheet *sheet;
    enum status st = sheet_find(central, chain, member, &sheet, err);

    return st == ST_OK ? note_place(central, &sheet->tills, dev, day, err) : st;
}
