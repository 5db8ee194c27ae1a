/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/store_pg.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/base/civil_time.h"

enum { MONTHS_AHEAD = 3, SQL_MAX = 300 };

static const int64_t day_us = INT64_C(86400) * 1000000;

struct month {
    char name[32];
    long long from_us, to_us;
};

/* The month so many after the one that holds the time, by UTC. */
static struct month month_at(int64_t now_us, int ahead)
{
    struct month month;
    int year, number, day;

    civil_from_day((int32_t)(now_us / day_us), &year, &number, &day);
    number += ahead;
    year += (number - 1) / 12;
    number = (number - 1) % 12 + 1;
    (void)snprintf(month.name, sizeof(month.name), "journal_%04d_%02d", year, number);
    month.from_us = civil_day(year, number, 1) * day_us;
    month.to_us = civil_day(number == 12 ? year + 1 : year, number % 12 + 1, 1) * day_us;
    return month;
}

static enum status make(struct pg_store *store, const struct month *month, struct errmsg *err)
{
    char sql[SQL_MAX];
    enum status st;

    (void)snprintf(sql, sizeof(sql), PG_SQL_MONTH_MAKE, month->name);
    st = pg_text_run(store, sql, month->name, NULL, err);
    (void)snprintf(sql, sizeof(sql), PG_SQL_MONTH_FILL, month->from_us, month->to_us, month->name);
    if (st == ST_OK)
        st = pg_text_run(store, sql, month->name, NULL, err);
    (void)snprintf(sql, sizeof(sql), PG_SQL_MONTH_TAKE, month->name, month->from_us, month->to_us);
    return st == ST_OK ? pg_text_run(store, sql, month->name, NULL, err) : st;
}

static enum status is_there(struct pg_store *store, const struct month *month, bool *out_there, struct errmsg *err)
{
    char sql[SQL_MAX];

    (void)snprintf(sql, sizeof(sql), PG_SQL_MONTH_HAS, month->name);
    return pg_text_run(store, sql, month->name, out_there, err);
}

/* Looked for again within the transaction, one process at a time. */
static enum status make_missing(struct pg_store *store, const struct month *month, struct errmsg *err)
{
    bool there = false;
    enum status st = store_begin(&store->base, err);

    if (st == ST_OK)
        st = is_there(store, month, &there, err);
    if (st == ST_OK && !there)
        st = make(store, month, err);
    return store_end(&store->base, st, err);
}

enum status pg_make_months(struct store *base, int64_t now_us, struct errmsg *err)
{
    struct pg_store *store = (struct pg_store *)base;
    enum status st = pg_ensure(store, err);

    for (int i = 0; st == ST_OK && i < MONTHS_AHEAD; i++) {
        struct month month = month_at(now_us, i);
        bool there = false;

        st = is_there(store, &month, &there, err);
        if (st == ST_OK && !there)
            st = make_missing(store, &month, err);
    }
    return st;
}
