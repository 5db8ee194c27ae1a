/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/merge.h"

#include <stdio.h>
#include <string.h>

#include "sync/central/coupon.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"

enum { PROMOTION_BYTES = 513 };

struct merge {
    struct central *central;
    const char *chain, *old;
    char member[ID_BYTES]; /* whom the old one becomes, through merges */
};

/* ---- rows with a change of their own, one at a time ---- */

static enum status next_text(struct merge *merge, enum statement statement, const char *of, char *out_text,
                             size_t text_max, bool *out_any, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(merge->central->store, statement, &rows, err, V_TEXT(merge->chain), V_TEXT(of));

    if (st != ST_OK)
        return st;
    *out_any = rows_next(rows);
    if (*out_any)
        (void)snprintf(out_text, text_max, "%s", rows_text(rows, 0));
    return rows_end(rows, err);
}

/* next names one row that still is the old one's; move makes it the new one's under a new change. */
static enum status move_each(struct merge *merge, enum statement next, enum statement move, struct errmsg *err)
{
    char id[COUPON_CODE_BYTES];
    bool any = true;
    enum status st = ST_OK;

    while (st == ST_OK && any) {
        int64_t change = 0;

        st = next_text(merge, next, merge->old, id, sizeof(id), &any, err);
        if (st == ST_OK && any)
            st = store_next_change(merge->central->store, &change, err);
        if (st == ST_OK && any)
            st = STORE_RUN(merge->central->store, move, err, V_TEXT(merge->chain), V_TEXT(id), V_TEXT(merge->member),
                           V_INT(change));
    }
    return st;
}

/* ---- uses ---- */

static enum status read_use(struct merge *merge, const char *member, const char *promotion,
                            struct member_use *out_use, bool *out_found, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(merge->central->store, STATEMENT_MEMBER_USAGE_GET, &rows, err, V_TEXT(merge->chain),
                                  V_TEXT(member), V_TEXT(promotion));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found)
        member_use_read(rows, out_use);
    return rows_end(rows, err);
}

static enum status move_use(struct merge *merge, const char *promotion, struct errmsg *err)
{
    struct member_use of_old = {0}, sum = {0};
    bool found = false, had = false;
    enum status st = read_use(merge, merge->old, promotion, &of_old, &found, err);

    if (st == ST_OK)
        st = read_use(merge, merge->member, promotion, &sum, &had, err);
    if (st != ST_OK)
        return st;
    if (had)
        member_use_merge(&sum, &of_old);
    else
        sum = of_old;
    st = STORE_RUN(merge->central->store, STATEMENT_MEMBER_USAGE_PUT, err, V_TEXT(merge->chain),
                   V_TEXT(merge->member), V_TEXT(promotion), V_INT(sum.uses), V_INT(sum.last_day), V_INT(sum.day),
                   V_INT(sum.week), V_INT(sum.month));
    if (st != ST_OK)
        return st;
    return STORE_RUN(merge->central->store, STATEMENT_MEMBER_USAGE_DELETE, err, V_TEXT(merge->chain),
                     V_TEXT(merge->old), V_TEXT(promotion));
}

static enum status move_uses(struct merge *merge, struct errmsg *err)
{
    char promotion[PROMOTION_BYTES];
    bool any = true;
    enum status st = ST_OK;

    while (st == ST_OK && any) {
        st = next_text(merge, STATEMENT_MEMBER_USAGE_ANY, merge->old, promotion, sizeof(promotion), &any, err);
        if (st == ST_OK && any)
            st = move_use(merge, promotion, err);
    }
    return st;
}

/* ---- all of it ---- */

/* Rows without a place of their own behind the cursors. */
static enum status move_rest(struct merge *merge, struct errmsg *err)
{
    static const enum statement moves[] = {
        STATEMENT_MERGE_HOLDS,  STATEMENT_MERGE_IDENTIFIERS, STATEMENT_MERGE_TILLS,     STATEMENT_MERGE_TILLS_GONE,
        STATEMENT_MERGE_STORES, STATEMENT_MERGE_STORES_GONE, STATEMENT_MERGE_PURCHASES, STATEMENT_MERGE_MEMBER,
    };
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof(moves) / sizeof(moves[0]); i++)
        st = STORE_RUN(merge->central->store, moves[i], err, V_TEXT(merge->chain), V_TEXT(merge->old),
                       V_TEXT(merge->member));
    return st;
}

/* Those who became the old one earlier now become the new one at once: no till has to follow a chain. */
static enum status move_aliases(struct merge *merge, struct errmsg *err)
{
    return move_each(merge, STATEMENT_ALIAS_NEXT, STATEMENT_ALIAS_MOVE, err);
}

static enum status check(struct merge *merge, const char *member, struct errmsg *err)
{
    char old[ID_BYTES];
    enum status st = member_resolve(merge->central, merge->chain, merge->old, old, err);

    if (st == ST_OK)
        st = member_resolve(merge->central, merge->chain, member, merge->member, err);
    if (st != ST_OK)
        return st;
    if (strcmp(old, merge->member) == 0) {
        errmsg_set(err, "%.64s and %.64s are one member already", merge->old, member);
        return ST_INVALID;
    }
    if (strcmp(old, merge->old) != 0) {
        errmsg_set(err, "%.64s was merged into %.64s before: merge that one", merge->old, old);
        return ST_INVALID;
    }
    return ST_OK;
}

static enum status move_all(struct merge *merge, const char *member, struct errmsg *err)
{
    enum status st = check(merge, member, err);

    if (st == ST_OK)
        st = ledger_merge(merge->central, merge->chain, merge->old, merge->member, err);
    if (st == ST_OK)
        st = move_each(merge, STATEMENT_LEASE_NEXT_OF, STATEMENT_LEASE_MOVE, err);
    if (st == ST_OK)
        st = move_each(merge, STATEMENT_COUPON_NEXT_OF, STATEMENT_COUPON_MOVE, err);
    if (st == ST_OK)
        st = move_uses(merge, err);
    if (st == ST_OK)
        st = move_rest(merge, err);
    if (st == ST_OK)
        st = move_aliases(merge, err);
    /* The alias, then the row it points to. */
    if (st == ST_OK)
        st = member_touch(merge->central, merge->chain, merge->old, err);
    return st == ST_OK ? member_touch(merge->central, merge->chain, merge->member, err) : st;
}

enum status merge_members(struct central *central, const char *chain, const char *old, const char *member,
                          struct errmsg *err)
{
    struct merge merge = {.central = central, .chain = chain, .old = old};
    enum status st = store_begin(central->store, err);

    if (st == ST_OK)
        st = move_all(&merge, member, err);
    return central_end(central, st, err);
}
