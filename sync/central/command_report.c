/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/money.h"
#include "sync/central/command_ask.h"

static void print_number(const char *label, int64_t number)
{
    printf("  %-22s %14lld\n", label, (long long)number);
}

/* The central keeps amounts in minor units; two digits is what every currency served so far has. */
static void print_money(const char *label, const struct cJSON *chain, const char *name, const char *currency)
{
    char text[32];

    money_format((money){command_number(chain, name)}, 2, '.', text);
    printf("  %-22s %14s %s\n", label, text, currency);
}

static void print_chain(const struct cJSON *chain)
{
    static const struct table_column points[] = {
        {"points", "currency", TABLE_TEXT},
        {"earned", "earned", TABLE_NUMBER},
        {"later", "earned_later", TABLE_NUMBER},
        {"redeemed", "redeemed", TABLE_NUMBER},
        {"spent", "cost", TABLE_NUMBER},
        {"opening", "opening", TABLE_NUMBER},
        {"taken back", "taken_back", TABLE_NUMBER},
        {"given back", "given_back", TABLE_NUMBER},
        {"balance", "balance", TABLE_NUMBER},
        {0},
    };
    static const struct {
        const char *label, *name;
    } counts[] = {{"stores", "stores"},
                  {"tills", "tills"},
                  {"members", "members"},
                  {"records", "records"},
                  {"duplicates dropped", "duplicates"},
                  {"dead letters", "dead_letters"},
                  {"digests the same", "compared_same"},
                  {"digests different", "differences"},
                  {"cards nobody has yet", "unattached"},
                  {"voids", "voids"},
                  {"quarantined tills", "quarantined"}};
    const char *id = "", *currency = "";

    (void)json_text(chain, "chain", 64, &id, NULL);
    (void)json_text(chain, "currency", 3, &currency, NULL);
    printf("chain %s\n", id);
    print_number("sales", command_number(chain, "sales"));
    print_money("gross", chain, "gross_minor", currency);
    print_money("discount", chain, "discount_minor", currency);
    print_money("paid with points", chain, "redeemed_minor", currency);
    print_money("net", chain, "net_minor", currency);
    print_number("returns", command_number(chain, "returns"));
    print_money("refunds", chain, "refund_minor", currency);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        print_number(counts[i].label, command_number(chain, counts[i].name));
    table_print(stdout, cJSON_GetObjectItemCaseSensitive(chain, "points"), points);
}

static enum status print_ledger(const struct cJSON *ledger, struct errmsg *err)
{
    bool ok = false;

    (void)json_bool(ledger, "ok", &ok, NULL);
    printf("ledger: %s, postings %lld, entries %lld, accounts %lld\n", ok ? "balanced" : "WRONG",
           (long long)command_number(ledger, "postings"), (long long)command_number(ledger, "entries"),
           (long long)command_number(ledger, "accounts"));
    if (ok)
        return ST_OK;
    errmsg_set(err,
               "postings between accounts of two currencies: %lld; balances that are not the sum of their entries: %lld, of their "
               "lots: %lld; members with more set aside than they have: %lld. Keep a backup of now and of before, and "
               "tell who wrote this program",
               (long long)command_number(ledger, "unbalanced_postings"),
               (long long)command_number(ledger, "wrong_balances"), (long long)command_number(ledger, "wrong_lots"),
               (long long)command_number(ledger, "overpromised"));
    return ST_CORRUPT;
}

static enum status print_totals(const struct cJSON *root, struct errmsg *err)
{
    const struct cJSON *chain;

    cJSON_ArrayForEach(chain, cJSON_GetObjectItemCaseSensitive(root, "chains"))
    {
        print_chain(chain);
    }
    return print_ledger(cJSON_GetObjectItemCaseSensitive(root, "ledger"), err);
}

enum status command_totals(const struct command_call *call, struct errmsg *err)
{
    return command_show(call, "/admin/totals", print_totals, err);
}

enum status command_ledger_check(const struct command_call *call, struct errmsg *err)
{
    return command_show(call, "/admin/ledger", print_ledger, err);
}

enum status command_difference_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"when (UTC)", "at_us", TABLE_TIME},
        {"chain", "chain", TABLE_TEXT},
        {"store", "store", TABLE_TEXT},
        {"till", "till", TABLE_TEXT},
        {"record", "seq", TABLE_NUMBER},
        {"sale", "sale_id", TABLE_TEXT},
        {"bundle", "bundle", TABLE_SHORT},
        {"till has", "till_digest", TABLE_SHORT},
        {"central has", "central_digest", TABLE_SHORT},
        {"why", "reason", TABLE_TEXT},
        {0},
    };

    return command_list(call, "/admin/differences", "differences", columns, err);
}

enum status command_dead_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"when (UTC)", "at_us", TABLE_TIME}, {"chain", "chain", TABLE_TEXT},
        {"store", "store", TABLE_TEXT},      {"till", "till", TABLE_TEXT},
        {"record", "seq", TABLE_NUMBER},     {"type", "type", TABLE_TEXT},
        {"why", "reason", TABLE_TEXT},       {0},
    };

    return command_list(call, "/admin/dead-letters", "dead_letters", columns, err);
}

enum status command_notice_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"when (UTC)", "at_us", TABLE_TIME},
        {"chain", "chain", TABLE_TEXT},
        {"till", "dev", TABLE_TEXT},
        {"notice", "text", TABLE_TEXT},
        {0},
    };

    return command_list(call, "/admin/notices", "notices", columns, err);
}

enum status command_cashier_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"chain", "chain", TABLE_TEXT},
        {"store", "store", TABLE_TEXT},
        {"till", "till", TABLE_TEXT},
        {"cashier", "cashier", TABLE_TEXT},
        {"cards typed", "cards", TABLE_NUMBER},
        {"phones", "phones", TABLE_NUMBER},
        {"coupons", "coupons", TABLE_NUMBER},
        {"most of one", "same_most", TABLE_NUMBER},
        {"paid otherwise", "paid_otherwise", TABLE_NUMBER},
        {"returns without sale", "unreferenced", TABLE_NUMBER},
        {"other", "other", TABLE_NUMBER},
        {"last (UTC)", "last_us", TABLE_TIME},
        {0},
    };

    return command_list(call, "/admin/cashiers", "cashiers", columns, err);
}
