/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts and lots of sheets, and the rules that lots are made by. */
#include <string.h>

#include "agent/base/int_math.h"
#include "sync/central/sheet_internal.h"

/* ---- accounts ---- */

static struct account_row *look_up_account(const struct sheet *sheet, const char *kind, const char *currency)
{
    struct account_row *row = sheet->accounts;

    while (row && (strcmp(row->kind, kind) != 0 || strcmp(row->currency, currency) != 0))
        row = row->next;
    return row;
}

/* To be changed; made when it is the first of its kind. */
static enum status find_account(struct central *central, const struct sheet_account *account,
                                struct account_row **out_row, struct errmsg *err)
{
    struct account_row *row;
    struct sheet *sheet;
    enum status st = sheet_find(central, account->chain, account->owner, &sheet, err);

    if (st != ST_OK)
        return st;
    if (strcmp(account->kind, "member") != 0)
        st = sheet_load_others(sheets_of(central), sheet, err);
    if (st != ST_OK)
        return st;
    row = look_up_account(sheet, account->kind, account->currency);
    if (!row) {
        row = sheet_add_account(sheets_of(central), sheet, account->kind, account->currency);
        st = row ? store_next_change(central->store, &row->id, err) : ST_NOMEM;
        if (st != ST_OK)
            return st;
        row->made = true;
    }
    row->changed = true;
    *out_row = row;
    return ST_OK;
}

enum status sheet_account_add(struct central *central, const struct sheet_account *account, int64_t amount,
                              int64_t *out_id, int64_t *out_balance, struct errmsg *err)
{
    struct account_row *row;
    enum status st = find_account(central, account, &row, err);

    if (st == ST_OK)
        st = int_add(row->balance, amount, &row->balance);
    if (st != ST_OK)
        return st;
    *out_id = row->id;
    *out_balance = row->balance;
    return sheets_done(sheets_of(central), err);
}

/* ---- lots ---- */

static bool is_undated(const struct sheet_lot *lot)
{
    return lot->from_day == 0 && lot->until_day == 0;
}

static enum status load_lot(struct sheets *sheets, const struct sheet_lot *lot, int64_t *out_amount,
                            struct errmsg *err)
{
    struct rows *rows;
    enum status st;

    *out_amount = 0;
    st = sheets_ask(sheets, STATEMENT_LOT_GET,
                    STORE_VALUES(V_TEXT(lot->chain), V_TEXT(lot->member), V_TEXT(lot->currency),
                                 V_INT(lot->until_day), V_INT(lot->from_day)),
                    &rows, err);
    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        *out_amount = rows_int(rows, 0);
    return rows_end(rows, err);
}

static struct lot_row *look_up_lot(const struct sheet *sheet, const struct sheet_lot *lot)
{
    struct lot_row *row = sheet->lots;

    while (row && (row->from_day != lot->from_day || row->until_day != lot->until_day ||
                   strcmp(row->currency, lot->currency) != 0))
        row = row->next;
    return row;
}

static enum status find_lot(struct central *central, const struct sheet_lot *lot, struct lot_row **out_row,
                            struct errmsg *err)
{
    struct sheet *sheet;
    struct lot_row *row;
    int64_t amount;
    enum status st = sheet_find(central, lot->chain, lot->member, &sheet, err);

    if (st != ST_OK)
        return st;
    *out_row = look_up_lot(sheet, lot);
    if (*out_row)
        return ST_OK;
    st = load_lot(sheets_of(central), lot, &amount, err);
    if (st != ST_OK)
        return st;
    row = sheet_add_lot(sheets_of(central), sheet, lot->currency, lot->from_day, lot->until_day);
    if (!row)
        return ST_NOMEM;
    row->amount = amount;
    *out_row = row;
    return ST_OK;
}

/* Those without a date lie in the account, which came with the sheet. */
static enum status get_undated(struct central *central, const struct sheet_lot *lot, int64_t *out_amount,
                               struct errmsg *err)
{
    const struct account_row *account;
    struct sheet *sheet;
    enum status st = sheet_find(central, lot->chain, lot->member, &sheet, err);

    if (st != ST_OK)
        return st;
    account = look_up_account(sheet, "member", lot->currency);
    *out_amount = account ? account->undated : 0;
    return ST_OK;
}

enum status sheet_lot_get(struct central *central, const struct sheet_lot *lot, int64_t *out_amount,
                          struct errmsg *err)
{
    struct lot_row *row;
    enum status st;

    if (is_undated(lot))
        return get_undated(central, lot, out_amount, err);
    st = find_lot(central, lot, &row, err);
    if (st == ST_OK)
        *out_amount = row->amount;
    return st;
}

static enum status set_undated(struct central *central, const struct sheet_lot *lot, int64_t amount,
                               struct errmsg *err)
{
    const struct sheet_account account = {lot->chain, lot->member, "member", lot->currency};
    struct account_row *row;
    enum status st = find_account(central, &account, &row, err);

    if (st == ST_OK)
        row->undated = amount;
    return st;
}

static enum status set_dated(struct central *central, const struct sheet_lot *lot, int64_t amount, struct errmsg *err)
{
    struct lot_row *row;
    enum status st = find_lot(central, lot, &row, err);

    if (st != ST_OK)
        return st;
    row->amount = amount;
    row->changed = true;
    return ST_OK;
}

enum status sheet_lot_set(struct central *central, const struct sheet_lot *lot, int64_t amount, struct errmsg *err)
{
    enum status st = is_undated(lot) ? set_undated(central, lot, amount, err) : set_dated(central, lot, amount, err);

    return st == ST_OK ? sheets_done(sheets_of(central), err) : st;
}

/* The dated lots of a currency that are not in the sheet yet, once. */
static enum status load_dated(struct sheets *sheets, struct sheet *sheet, const struct sheet_lot *lot,
                              struct errmsg *err)
{
    struct rows *rows;
    enum status st = sheets_ask(sheets, STATEMENT_LOT_DATED,
                                STORE_VALUES(V_TEXT(lot->chain), V_TEXT(lot->member), V_TEXT(lot->currency)), &rows,
                                err),
                end;

    if (st != ST_OK)
        return st;
    while (st == ST_OK && rows_next(rows)) {
        struct sheet_lot one = *lot;
        struct lot_row *row;

        one.from_day = (int32_t)rows_int(rows, 0);
        one.until_day = (int32_t)rows_int(rows, 1);
        if (look_up_lot(sheet, &one))
            continue;
        row = sheet_add_lot(sheets, sheet, one.currency, one.from_day, one.until_day);
        if (row)
            row->amount = rows_int(rows, 2);
        st = row ? ST_OK : ST_NOMEM;
    }
    end = rows_end(rows, st == ST_OK ? err : NULL);
    return st == ST_OK ? end : st;
}

/* Whether a is spent before b. */
static bool is_before(const struct lot_row *a, const struct lot_row *b, bool newest, int32_t day)
{
    bool later_a = a->from_day > day, later_b = b->from_day > day;

    if (newest)
        return a->from_day != b->from_day ? a->from_day > b->from_day : a->until_day > b->until_day;
    if (later_a != later_b)
        return later_b;
    if ((a->until_day == 0) != (b->until_day == 0))
        return b->until_day == 0;
    return a->until_day != b->until_day ? a->until_day < b->until_day : a->from_day < b->from_day;
}

/* Of those with something in them, the one that goes next; NULL when there is none. */
static const struct lot_row *choose(const struct lot_row *lots, const struct sheet_lot *lot, bool newest, int32_t day)
{
    const struct lot_row *best = NULL;

    for (const struct lot_row *row = lots; row; row = row->next) {
        if (row->amount > 0 && strcmp(row->currency, lot->currency) == 0 &&
            (!best || is_before(row, best, newest, day)))
            best = row;
    }
    return best;
}

enum status sheet_lot_choose(struct central *central, struct sheet_lot *lot, bool newest, int32_t day,
                             int64_t *out_amount, struct errmsg *err)
{
    struct lot_row undated = {.currency = lot->currency};
    const struct lot_row *best;
    struct account_row *account;
    struct sheet *sheet;
    enum status st = sheet_find(central, lot->chain, lot->member, &sheet, err);

    account = st == ST_OK ? look_up_account(sheet, "member", lot->currency) : NULL;
    if (account && !account->has_dated)
        st = load_dated(sheets_of(central), sheet, lot, err);
    if (st != ST_OK)
        return st;
    undated.next = sheet->lots;
    if (account) {
        account->has_dated = true;
        undated.amount = account->undated;
    }
    best = choose(&undated, lot, newest, day);
    lot->from_day = best ? best->from_day : 0;
    lot->until_day = best ? best->until_day : 0;
    *out_amount = best ? best->amount : 0;
    return ST_OK;
}

/* ---- rules ---- */

static enum status load_rule(struct sheets *sheets, struct rule_row *rule, struct errmsg *err)
{
    struct rows *rows;
    enum status st = sheets_ask(sheets, STATEMENT_POINT_RULE_GET,
                                STORE_VALUES(V_TEXT(rule->chain), V_TEXT(rule->currency)), &rows, err);

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        rule->activation_days = (int32_t)rows_int(rows, 0);
        rule->life_days = (int32_t)rows_int(rows, 1);
    }
    return rows_end(rows, err);
}

enum status sheet_rule(struct central *central, const char *chain, const char *currency, int32_t *out_activation_days,
                       int32_t *out_life_days, struct errmsg *err)
{
    struct sheets *sheets = sheets_of(central);
    struct rule_row *rule = sheets->rules;
    enum status st;

    while (rule && (strcmp(rule->currency, currency) != 0 || strcmp(rule->chain, chain) != 0))
        rule = rule->next;
    if (!rule) {
        rule = sheets_take(sheets, sizeof(*rule));
        if (!rule)
            return ST_NOMEM;
        rule->chain = sheets_copy(sheets, chain);
        rule->currency = sheets_copy(sheets, currency);
        st = rule->chain && rule->currency ? load_rule(sheets, rule, err) : ST_NOMEM;
        if (st != ST_OK)
            return st;
        rule->next = sheets->rules;
        sheets->rules = rule;
    }
    *out_activation_days = rule->activation_days;
    *out_life_days = rule->life_days;
    return sheets_done(sheets, err);
}
