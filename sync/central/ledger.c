/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/ledger.h"

#include "agent/base/int_math.h"
#include "agent/base/json.h"

static enum status begin(struct central *central, const char *chain, const char *member, const char *kind,
                         const struct ledger_record *record, struct ledger_posting *out_posting, struct errmsg *err)
{
    int64_t id;
    enum status st = STORE_NUMBER(central->store, STATEMENT_POSTING_INSERT, &id, err, V_TEXT(chain), V_TEXT(kind),
                                  record ? V_TEXT(record->dev) : V_NULL,
                                  record ? V_TEXT(record->epoch) : V_NULL, record ? V_INT(record->seq) : V_NULL,
                                  V_TEXT(member), V_INT(central_now_us(central)));

    if (st == ST_OK)
        *out_posting = (struct ledger_posting){.id = id, .chain = chain, .member = member};
    return st;
}

enum status ledger_begin(struct central *central, const char *chain, const char *member,
                         const struct ledger_record *record, struct ledger_posting *out_posting, struct errmsg *err)
{
    return begin(central, chain, member, record ? "sale" : "opening", record, out_posting, err);
}

enum status ledger_begin_return(struct central *central, const char *chain, const char *member,
                                const struct ledger_record *record, struct ledger_posting *out_posting,
                                struct errmsg *err)
{
    return begin(central, chain, member, "return", record, out_posting, err);
}

/* One half of a pair; the account is made when it is the first of its kind. */
static enum status put_entry(struct central *central, struct ledger_posting *posting, const char *kind,
                             const char *owner, const char *currency, int64_t amount, struct errmsg *err)
{
    int64_t account, balance;
    enum status st = STORE_NUMBER(central->store, STATEMENT_ACCOUNT_BALANCE, &balance, err, V_TEXT(posting->chain),
                                  V_TEXT(kind), V_TEXT(owner), V_TEXT(currency));

    if (st == ST_NOT_FOUND) {
        balance = 0;
        st = ST_OK;
    }
    if (st == ST_OK)
        st = int_add(balance, amount, &balance);
    if (st == ST_OK && (balance > JSON_INT_MAX || balance < -JSON_INT_MAX))
        st = ST_RANGE;
    if (st == ST_RANGE)
        errmsg_set(err, "the balance of account %s %s %s leaves its range", kind, owner, currency);
    if (st != ST_OK)
        return st;
    st = STORE_NUMBER(central->store, STATEMENT_ACCOUNT_PUT, &account, err, V_TEXT(posting->chain), V_TEXT(kind),
                      V_TEXT(owner), V_TEXT(currency), V_INT(balance));
    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_ENTRY_INSERT, err, V_INT(posting->id), V_INT(++posting->lines),
                     V_INT(account), V_INT(amount));
}

/* From the counter account to the member; amount may be below zero. */
static enum status put_pair(struct central *central, struct ledger_posting *posting, const char *counter,
                            const char *currency, int64_t amount, struct errmsg *err)
{
    enum status st;

    if (amount == 0)
        return ST_OK;
    st = put_entry(central, posting, "member", posting->member, currency, amount, err);
    return st == ST_OK ? put_entry(central, posting, counter, "", currency, -amount, err) : st;
}

enum status ledger_sale(struct central *central, struct ledger_posting *posting, const struct ledger_move *move,
                        struct errmsg *err)
{
    enum status st = put_pair(central, posting, "issued", move->currency, move->earned, err);

    if (st == ST_OK)
        st = put_pair(central, posting, "issued_later", move->currency, move->earned_later, err);
    if (st == ST_OK)
        st = put_pair(central, posting, "redeemed", move->currency, -move->redeemed, err);
    return st == ST_OK ? put_pair(central, posting, "spent", move->currency, -move->cost, err) : st;
}

enum status ledger_return(struct central *central, struct ledger_posting *posting, const char *currency,
                          int64_t taken_back, int64_t given_back, struct errmsg *err)
{
    enum status st = put_pair(central, posting, "taken_back", currency, -taken_back, err);

    return st == ST_OK ? put_pair(central, posting, "given_back", currency, given_back, err) : st;
}

enum status ledger_opening(struct central *central, struct ledger_posting *posting, const char *currency,
                           int64_t balance, struct errmsg *err)
{
    int64_t now = 0;
    enum status st = STORE_NUMBER(central->store, STATEMENT_ACCOUNT_BALANCE, &now, err, V_TEXT(posting->chain),
                                  V_TEXT("member"), V_TEXT(posting->member), V_TEXT(currency));

    if (st != ST_OK && st != ST_NOT_FOUND)
        return st;
    return put_pair(central, posting, "opening", currency, balance - now, err);
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
        {"postings", STATEMENT_POSTING_COUNT},       {"entries", STATEMENT_ENTRY_COUNT},
        {"accounts", STATEMENT_ACCOUNT_COUNT},       {"unbalanced_postings", STATEMENT_POSTING_UNBALANCED},
        {"wrong_balances", STATEMENT_ACCOUNT_WRONG},
    };
    int64_t values[5] = {0};
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < 5; i++)
        st = store_number(central->store, counts[i].statement, NULL, 0, &values[i], err);
    if (st != ST_OK)
        return st;
    *out_ok = values[3] == 0 && values[4] == 0;
    jw_object_begin(w);
    jw_field_bool(w, "ok", *out_ok);
    for (int i = 0; i < 5; i++)
        jw_field_int(w, counts[i].name, values[i]);
    jw_object_end(w);
    return ST_OK;
}
