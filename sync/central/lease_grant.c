/* SPDX-License-Identifier: Apache-2.0 */
/* What is set aside where: out of what is available, at the tills where the member buys most. */
#include "sync/central/lease_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sync/central/lot.h"
#include "sync/central/restore.h"

struct rule {
    char currency[LOT_CURRENCY_BYTES];
    int64_t cap, days;
};

static enum status read_rules(struct central *central, const char *chain, struct rule *out_rules, int *out_count,
                              struct errmsg *err)
{
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_LEASE_RULES, &rows, err, V_TEXT(chain), V_INT(LEASE_RULES_MAX));

    *out_count = 0;
    if (st != ST_OK)
        return st;
    while (*out_count < LEASE_RULES_MAX && rows_next(rows)) {
        struct rule *rule = &out_rules[(*out_count)++];

        (void)snprintf(rule->currency, sizeof(rule->currency), "%s", rows_text(rows, 0));
        rule->cap = rows_int(rows, 1);
        rule->days = rows_int(rows, 2);
    }
    return rows_end(rows, err);
}

/* Whether this is one of the tills where the member buys most, and often enough. */
static enum status is_usual(struct central *central, const struct device *device, const char *member, bool *out_usual,
                            struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_MEMBER_TILLS, &rows, err, V_TEXT(device->chain),
                                  V_TEXT(member), V_INT(LEASE_TILLS_MAX));

    *out_usual = false;
    if (st != ST_OK)
        return st;
    while (rows_next(rows))
        *out_usual |= strcmp(rows_text(rows, 0), device->dev) == 0 && rows_int(rows, 1) >= LEASE_SALES_MIN;
    return rows_end(rows, err);
}

static enum status put_lease(struct central *central, const struct device *device, const char *member,
                             const struct rule *rule, int64_t amount, struct errmsg *err)
{
    char id[ID_BYTES];
    int64_t change, now = central_now_us(central);
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    /* A database put back from a backup counts its changes anew, under another incarnation. */
    (void)snprintf(id, sizeof(id), "L%s.%" PRId64, central->incarnation, change);
    return STORE_RUN(central->store, STATEMENT_LEASE_PUT, err, V_TEXT(id), V_TEXT(device->chain), V_TEXT(device->dev),
                     V_TEXT(device->epoch), V_TEXT(member), V_TEXT(rule->currency), V_INT(amount),
                     V_INT(now + rule->days * LEASE_DAY_US), V_INT(change), V_INT(now));
}

/* The one this till has, if any: its id, and what is left of it. */
static enum status find_own(struct central *central, const struct device *device, const char *member,
                            const struct rule *rule, char id[ID_BYTES], int64_t *out_left, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_LEASE_OWN, &rows, err, V_TEXT(device->dev),
                                  V_TEXT(device->epoch), V_TEXT(member), V_TEXT(rule->currency));

    id[0] = '\0';
    *out_left = 0;
    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        (void)snprintf(id, ID_BYTES, "%s", rows_text(rows, 0));
        *out_left = rows_int(rows, 2) ? rule->cap : rows_int(rows, 1); /* a recalled one is not filled */
    }
    return rows_end(rows, err);
}

static enum status grant(struct central *central, const struct device *device, const char *member,
                         const struct rule *rule, struct errmsg *err)
{
    struct lot_sums sums;
    char id[ID_BYTES];
    int64_t left, amount, tills = 0;
    enum status st = find_own(central, device, member, rule, id, &left, err);

    /* Filled up when half is gone, so that not every sale sends a row. */
    if (st != ST_OK || left > rule->cap / 2)
        return st;
    st = STORE_NUMBER(central->store, STATEMENT_LEASE_COUNT, &tills, err, V_TEXT(device->chain), V_TEXT(member),
                      V_TEXT(rule->currency));
    if (st == ST_OK && !id[0] && tills >= LEASE_TILLS_MAX)
        return ST_OK;
    if (st == ST_OK)
        st = lot_sum(central, device->chain, member, rule->currency, &sums, err);
    if (st != ST_OK)
        return st;
    amount = lot_available(&sums) < rule->cap - left ? lot_available(&sums) : rule->cap - left;
    if (amount <= 0)
        return ST_OK;
    return id[0] ? lease_fill(central, id, rule->days, amount, err)
                 : put_lease(central, device, member, rule, amount, err);
}

enum status lease_are_granted(struct central *central, const char *chain, bool *out_granted, struct errmsg *err)
{
    struct rule rules[LEASE_RULES_MAX];
    int64_t waiting = 0;
    int count = 0;
    enum status st = read_rules(central, chain, rules, &count, err);

    if (st == ST_OK && count > 0)
        st = restore_waiting(central, chain, &waiting, err);
    *out_granted = count > 0 && waiting == 0;
    return st;
}

enum status lease_after_sale(struct central *central, const struct device *device, const char *member,
                             struct errmsg *err)
{
    struct rule rules[LEASE_RULES_MAX];
    bool usual = false;
    int64_t spends = 0;
    int count = 0;
    enum status st = is_usual(central, device, member, &usual, err);

    if (st != ST_OK || !usual)
        return st;
    st = STORE_NUMBER(central->store, STATEMENT_MEMBER_SPENDS, &spends, err, V_TEXT(device->chain), V_TEXT(member));
    if (st == ST_OK)
        st = read_rules(central, device->chain, rules, &count, err);
    for (int i = 0; st == ST_OK && spends && i < count; i++)
        st = grant(central, device, member, &rules[i], err);
    return st;
}
