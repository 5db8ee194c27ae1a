/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/ledger.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/central/lot.h"
#include "sync/central/sheet.h"

static struct ledger_posting begin(const struct central *central, const char *chain, const char *member,
                                   const char *kind, const struct ledger_record *record)
{
    return (struct ledger_posting){
        .chain = chain, .member = member, .kind = kind, .record = *record, .day = lot_today(central)};
}

struct ledger_posting ledger_begin_kind(const struct central *central, const char *chain, const char *member,
                                        const char *kind)
{
    return begin(central, chain, member, kind, &(struct ledger_record){.dev = ""});
}

struct ledger_posting ledger_begin(const struct central *central, const char *chain, const char *member,
                                   const struct ledger_record *record)
{
    return begin(central, chain, member, "sale", record);
}

struct ledger_posting ledger_begin_return(const struct central *central, const char *chain, const char *member,
                                          const struct ledger_record *record)
{
    return begin(central, chain, member, "return", record);
}

static enum status write_posting(struct central *central, struct ledger_posting *posting, struct errmsg *err)
{
    const struct ledger_record *record = &posting->record;
    bool of_record = record->dev[0] != '\0';
    int64_t id;
    enum status st = store_next_change(central->store, &id, err);

    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_POSTING_INSERT, err, V_INT(id), V_TEXT(posting->chain),
                       V_TEXT(posting->kind), of_record ? V_TEXT(record->dev) : V_NULL,
                       of_record ? V_TEXT(record->epoch) : V_NULL, of_record ? V_INT(record->seq) : V_NULL,
                       V_TEXT(posting->member), V_INT(central_now_us(central)));
    if (st == ST_OK)
        posting->id = id;
    return st;
}

/* Amounts and balances are within JSON_INT_MAX, so a sum of two cannot wrap before it is looked at; what is beyond is
 * undone with its record. */
static enum status add_to(struct central *central, const struct sheet_account *account, int64_t amount,
                          int64_t *out_id, int64_t *out_balance, struct errmsg *err)
{
    int64_t id = 0, balance = 0;
    enum status st = ST_RANGE;

    if (amount <= JSON_INT_MAX && amount >= -JSON_INT_MAX)
        st = sheet_account_add(central, account, amount, &id, &balance, err);
    if (st == ST_OK && (balance > JSON_INT_MAX || balance < -JSON_INT_MAX))
        st = ST_RANGE;
    if (st == ST_RANGE)
        errmsg_set(err, "the balance of account %s %s %s leaves its range", account->kind, account->owner,
                   account->currency);
    if (st != ST_OK)
        return st;
    *out_id = id;
    *out_balance = balance;
    return ST_OK;
}

/* Always posted; how far it went below zero by this record is what the office sees. */
static enum status note_overdraft(struct central *central, const struct ledger_posting *posting, const char *currency,
                                  int64_t amount, int64_t balance, struct errmsg *err)
{
    int64_t beyond = -balance < -amount ? -balance : -amount;

    return STORE_RUN(central->store, STATEMENT_OVERDRAFT_PUT, err, V_INT(posting->id), V_TEXT(currency),
                     V_TEXT(posting->chain), V_TEXT(posting->record.dev), V_TEXT(posting->member),
                     V_TEXT(posting->kind), V_INT(beyond), V_INT(central_now_us(central)));
}

static enum status move_lots(struct central *central, const struct ledger_posting *posting, const char *counter,
                             const char *currency, int64_t amount, struct errmsg *err)
{
    const struct lot_key key = {posting->chain, posting->member, currency};

    if (amount < 0)
        return lot_take(central, &key, strcmp(counter, "taken_back") == 0, -amount, err);
    return lot_earn(central, &key, posting->day, strncmp(counter, "issued", 6) == 0, amount, err);
}

/* From the counter account to the member, whose account is the first to be made; amount may be below zero. The
 * counter account is the till's whose record it is, or the member's own when it is none's: so nothing is one row that
 * every posting writes. Lots move with it, but those of a merge, which stay what they are. */
static enum status put_entry(struct central *central, struct ledger_posting *posting, const char *counter,
                             const char *currency, int64_t amount, struct errmsg *err)
{
    const struct sheet_account to = {posting->chain, posting->member, "member", currency};
    const struct sheet_account from = {posting->chain, posting->record.dev[0] ? posting->record.dev : posting->member,
                                       counter, currency};
    bool merged = strcmp(counter, "merged") == 0;
    int64_t to_id, from_id, balance, ignored;
    enum status st;

    if (amount == 0)
        return ST_OK;
    st = posting->id == 0 ? write_posting(central, posting, err) : ST_OK;
    if (st == ST_OK)
        st = add_to(central, &to, amount, &to_id, &balance, err);
    if (st == ST_OK)
        st = add_to(central, &from, -amount, &from_id, &ignored, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_ENTRY_INSERT, err, V_INT(to_id), V_INT(posting->id),
                       V_INT(++posting->lines), V_INT(from_id), V_INT(amount));
    if (st == ST_OK && !merged)
        st = move_lots(central, posting, counter, currency, amount, err);
    if (st == ST_OK && !merged && amount < 0 && balance < 0)
        st = note_overdraft(central, posting, currency, amount, balance, err);
    return st;
}

enum status ledger_sale(struct central *central, struct ledger_posting *posting, const struct ledger_move *move,
                        struct errmsg *err)
{
    enum status st = put_entry(central, posting, "issued", move->currency, move->earned, err);

    if (st == ST_OK)
        st = put_entry(central, posting, "issued_later", move->currency, move->earned_later, err);
    if (st == ST_OK)
        st = put_entry(central, posting, "redeemed", move->currency, -move->redeemed, err);
    return st == ST_OK ? put_entry(central, posting, "spent", move->currency, -move->cost, err) : st;
}

enum status ledger_return(struct central *central, struct ledger_posting *posting, const char *currency,
                          int64_t taken_back, int64_t given_back, struct errmsg *err)
{
    enum status st = put_entry(central, posting, "taken_back", currency, -taken_back, err);

    return st == ST_OK ? put_entry(central, posting, "given_back", currency, given_back, err) : st;
}

enum status ledger_expire(struct central *central, struct ledger_posting *posting, const char *currency,
                          int64_t amount, struct errmsg *err)
{
    return put_entry(central, posting, "expired", currency, -amount, err);
}

/* Moves one currency's balance; *out_any is false when none is left to move. */
static enum status merge_one(struct central *central, struct ledger_posting *of_from, struct ledger_posting *of_to,
                             bool *out_any, struct errmsg *err)
{
    char currency[LOT_CURRENCY_BYTES] = "";
    int64_t balance = 0;
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_ACCOUNT_LEFT, &rows, err, V_TEXT(of_from->chain),
                                  V_TEXT(of_from->member));

    if (st != ST_OK)
        return st;
    *out_any = rows_next(rows);
    if (*out_any) {
        (void)snprintf(currency, sizeof(currency), "%s", rows_text(rows, 0));
        balance = rows_int(rows, 1);
    }
    st = rows_end(rows, err);
    if (st == ST_OK && *out_any)
        st = put_entry(central, of_from, "merged", currency, -balance, err);
    return st == ST_OK && *out_any ? put_entry(central, of_to, "merged", currency, balance, err) : st;
}

enum status ledger_merge(struct central *central, const char *chain, const char *from, const char *to,
                         struct errmsg *err)
{
    struct ledger_posting of_from = ledger_begin_kind(central, chain, from, "merge");
    struct ledger_posting of_to = ledger_begin_kind(central, chain, to, "merge");
    bool any = true;
    enum status st = ST_OK;

    while (st == ST_OK && any)
        st = merge_one(central, &of_from, &of_to, &any, err);
    return st == ST_OK ? lot_move(central, chain, from, to, err) : st;
}

enum status ledger_opening(struct central *central, struct ledger_posting *posting, const char *currency,
                           int64_t balance, struct errmsg *err)
{
    const struct sheet_account account = {posting->chain, posting->member, "member", currency};
    int64_t id, now;
    enum status st = sheet_account_add(central, &account, 0, &id, &now, err);

    return st == ST_OK ? put_entry(central, posting, "opening", currency, balance - now, err) : st;
}

enum status ledger_write_balances(struct central *central, const char *chain, const char *member,
                                  struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_ACCOUNT_OF_MEMBER, &rows, err, V_TEXT(chain), V_TEXT(member));

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    while (rows_next(rows))
        jw_field_int(w, rows_text(rows, 0), rows_int(rows, 1));
    jw_object_end(w);
    return rows_end(rows, err);
}

enum status ledger_check(struct central *central, struct json_writer *w, bool *out_ok, struct errmsg *err)
{
    static const struct {
        const char *name;
        enum statement statement;
    } counts[] = {
        {"postings", STATEMENT_POSTING_COUNT},          {"entries", STATEMENT_ENTRY_COUNT},
        {"accounts", STATEMENT_ACCOUNT_COUNT},          {"unbalanced_postings", STATEMENT_POSTING_UNBALANCED},
        {"wrong_balances", STATEMENT_ACCOUNT_WRONG},    {"wrong_lots", STATEMENT_LOT_WRONG},
        {"overpromised", STATEMENT_LEASE_OVERPROMISED},
    };
    int64_t values[7] = {0};
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < 7; i++)
        st = store_number(central->store, counts[i].statement, NULL, 0, &values[i], err);
    if (st != ST_OK)
        return st;
    *out_ok = values[3] == 0 && values[4] == 0 && values[5] == 0 && values[6] == 0;
    jw_object_begin(w);
    jw_field_bool(w, "ok", *out_ok);
    for (int i = 0; i < 7; i++)
        jw_field_int(w, counts[i].name, values[i]);
    jw_object_end(w);
    return ST_OK;
}
