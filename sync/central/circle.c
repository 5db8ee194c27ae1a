/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/circle.h"

#include <stdio.h>
#include <string.h>

#include "sync/central/lot.h"
#include "sync/central/member.h"
#include "sync/central/office.h"
#include "sync/central/sheet.h"
#include "sync/central/steps.h"

/* What tills were told so far is of another audience: their cursors begin anew. */
static enum status begin_anew(struct central *central, const char *chain, struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_AUDIENCE_CHANGED, err, V_TEXT(chain), V_INT(change));
}

enum status circle_audience(struct central *central, const char *chain, const char *audience, struct errmsg *err)
{
    enum status st = office_need_chain(central, chain, err);

    if (st == ST_OK && strcmp(audience, "all") != 0 && strcmp(audience, "store") != 0) {
        errmsg_set(err, "audience \"%.20s\": wanted is all (every till hears of every member) or store", audience);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = store_begin(central->store, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_AUDIENCE_SET, err, V_TEXT(chain), V_TEXT(audience));
    if (st == ST_OK)
        st = begin_anew(central, chain, err);
    return central_end(central, st, err);
}

enum status circle_add(struct central *central, const char *chain, const char *store, const char *other,
                       struct errmsg *err)
{
    enum status st = store_begin(central->store, err);

    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_CIRCLE_PUT, err, V_TEXT(chain), V_TEXT(store), V_TEXT(other));
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_CIRCLE_PUT, err, V_TEXT(chain), V_TEXT(other), V_TEXT(store));
    if (st == ST_CONFLICT) {
        errmsg_set(err, "chain %.64s has no store %.64s, or none %.64s", chain, store, other);
        st = ST_NOT_FOUND;
    }
    if (st == ST_OK)
        st = begin_anew(central, chain, err);
    return central_end(central, st, err);
}

enum status circle_seen(struct central *central, const char *chain, const char *store, const char *member,
                        int32_t day, struct errmsg *err)
{
    return sheet_seen(central, chain, member, store, day, err);
}

enum status circle_home(struct central *central, const char *chain, const char *store, const char *member,
                        struct errmsg *err)
{
    int64_t found;
    enum status st = STORE_NUMBER(central->store, STATEMENT_STORE_EXISTS, &found, err, V_TEXT(chain), V_TEXT(store));

    if (st == ST_NOT_FOUND) {
        errmsg_set(err, "store \"%.64s\" is not known", store);
        return ST_INVALID;
    }
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_MEMBER_STORE_NO_HOME, err, V_TEXT(chain), V_TEXT(member));
    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_MEMBER_STORE_HOME, err, V_TEXT(chain), V_TEXT(store), V_TEXT(member),
                     V_INT(lot_today(central)));
}

enum status circle_load(struct store *store, const char *chain, bool *out_by_store, int64_t *out_change,
                        struct errmsg *err)
{
    struct rows *rows;
    bool by_store = false;
    int64_t change = 0;
    enum status st = STORE_SELECT(store, STATEMENT_AUDIENCE_GET, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        by_store = strcmp(rows_text(rows, 0), "store") == 0;
        change = rows_int(rows, 1);
    }
    st = rows_end(rows, err);
    if (st == ST_OK) {
        *out_by_store = by_store;
        *out_change = change;
    }
    return st;
}

/* ---- forgotten ---- */

struct forgotten {
    char chain[ID_BYTES], store[ID_BYTES], member[ID_BYTES];
};

static enum status read_old(struct central *central, struct forgotten *one, bool *out_found, struct errmsg *err)
{
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_MEMBER_STORE_OLD, &rows, err, V_INT(lot_today(central) - CIRCLE_DAYS - CIRCLE_SEEN_DAYS + 1));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found) {
        (void)snprintf(one->chain, sizeof(one->chain), "%s", rows_text(rows, 0));
        (void)snprintf(one->store, sizeof(one->store), "%s", rows_text(rows, 1));
        (void)snprintf(one->member, sizeof(one->member), "%s", rows_text(rows, 2));
    }
    return rows_end(rows, err);
}

static enum status forget_next(void *context, bool *out_found, struct errmsg *err)
{
    struct central *central = context;
    struct forgotten one;
    enum status st = read_old(central, &one, out_found, err);

    if (st != ST_OK || !*out_found)
        return st;
    /* Touched while it still is the store's, so that the store's tills hear of it once more: as gone. */
    st = member_touch(central, one.chain, one.member, err);
    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_MEMBER_STORE_GONE, err, V_TEXT(one.chain), V_TEXT(one.store),
                     V_TEXT(one.member));
}

enum status circle_forget(struct central *central, int64_t *out_count, struct errmsg *err)
{
    return steps_run(central, CIRCLE_FORGET_BATCH, forget_next, central, out_count, err);
}
