/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/store_pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/log.h"

static struct pg_store *of_store(struct store *store)
{
    return (struct pg_store *)store;
}

/* Within a transaction that took a fault nothing more is sent: the server would refuse it. */
static enum status check_usable(struct pg_store *store, struct errmsg *err)
{
    if (store->broken == ST_OK && store->conn)
        return ST_OK;
    errmsg_set(err, "database: the transaction was given up before");
    return store->broken == ST_OK ? ST_AGAIN : store->broken;
}

/* Sent without waiting, a fault comes up at another statement than its own: the body is repeated to meet it there. */
static enum status collect(struct pg_store *store, PGresult **out_last, struct errmsg *err)
{
    enum status st = pg_collect(store, out_last, err);

    if (st != ST_OK && store->base.deferring)
        st = store->broken = ST_AGAIN;
    return st;
}

enum status pg_make_room(struct pg_store *store, struct errmsg *err)
{
    return store->pending_count >= PG_PENDING_MAX ? collect(store, NULL, err) : ST_OK;
}

/* ---- transactions ---- */

static enum status send_control(struct pg_store *store, enum pg_control control,
                                const struct pg_parameters *parameters, struct errmsg *err)
{
    enum status st = pg_make_room(store, err);

    if (st != ST_OK)
        return st;
    return pg_send(store, pg_control_name(control), parameters, err);
}

static enum status send_signature(struct pg_store *store, struct errmsg *err)
{
    struct pg_parameters parameters = {0};

    pg_bind_text(&parameters, store->process);
    pg_bind_number(&parameters, ++store->signature);
    return send_control(store, PG_SIGN, &parameters, err);
}

enum status pg_sign_first(struct pg_store *store, struct errmsg *err)
{
    struct pg_parameters parameters = {0};
    enum status st;

    pg_bind_text(&parameters, store->process);
    st = send_control(store, PG_SIGN_FIRST, &parameters, err);
    return st == ST_OK ? pg_collect(store, NULL, err) : st;
}

/* Whoever holds the lock has read the counter with it. */
static void take_change(struct pg_store *store, PGresult *result)
{
    struct pg_rows rows = {.result = result, .count = PQntuples(result)};

    store->base.change_known = rows.count == 1;
    if (store->base.change_known)
        store->base.change = pg_integer(&rows.base, 0);
}

/* Takes the place in the line of those that write. */
static enum status lock_line(struct pg_store *store, enum store_way way, struct errmsg *err)
{
    PGresult *result = NULL;
    enum status st = send_control(store, way == STORE_IF_FREE ? PG_TRY_WRITER : PG_LOCK_WRITER, NULL, err);

    if (st == ST_OK)
        st = pg_collect(store, &result, err);
    if (st == ST_OK)
        take_change(store, result);
    PQclear(result);
    if (st == ST_OK && way == STORE_IF_FREE && !store->base.change_known) {
        errmsg_set(err, "database: another process is writing");
        st = ST_CONFLICT;
    }
    return st;
}

static enum status begin_once(struct pg_store *store, enum store_way way, struct errmsg *err)
{
    enum status st = pg_ensure(store, err);

    store->broken = ST_OK;
    if (st == ST_OK && way == STORE_READING)
        return pg_control(store, PG_SNAPSHOT, err);
    if (st == ST_OK)
        st = send_control(store, PG_BEGIN, NULL, err);
    if (st == ST_OK) /* few rows or many, there is one right way to find others to them: by their key */
        st = send_control(store, PG_BY_KEY, NULL, err);
    if (st == ST_OK)
        st = send_signature(store, err);
    return st == ST_OK && way != STORE_APART ? lock_line(store, way, err) : st;
}

static void pg_rollback(struct store *base)
{
    struct pg_store *store = of_store(base);

    pg_many_forget(store);
    if (store->conn && (pg_control(store, PG_ROLLBACK, NULL) != ST_OK || !store->conn ||
                        PQtransactionStatus(store->conn) != PQTRANS_IDLE))
        pg_drop(store);
    store->broken = ST_OK;
}

static enum status pg_begin(struct store *base, enum store_way way, struct errmsg *err)
{
    struct pg_store *store = of_store(base);
    enum status st = begin_once(store, way, err);

    if (st == ST_AGAIN && !store->conn) /* the connection went while it lay idle */
        st = begin_once(store, way, err);
    if (st != ST_OK)
        pg_rollback(base);
    return st;
}

/* One look, over a connection of its own: waits for whoever still holds the signature. */
static enum status look_for_signature(struct pg_store *store, int64_t signature, bool *out_there, struct errmsg *err)
{
    struct pg_parameters parameters = {0};
    PGresult *result = NULL;
    enum status st = pg_ensure(store, err);

    pg_bind_text(&parameters, store->process);
    if (st == ST_OK)
        st = send_control(store, PG_SIGNED, &parameters, err);
    if (st == ST_OK)
        st = pg_collect(store, &result, err);
    if (st == ST_OK) {
        struct pg_rows rows = {.result = result, .count = PQntuples(result)};

        *out_there = rows.count == 1 && pg_integer(&rows.base, 0) >= signature;
    }
    PQclear(result);
    return st;
}

/* The answer to a commit was lost: it came through when the signature that was written with it is there. */
static enum status learn_outcome(struct pg_store *store, struct errmsg *err)
{
    static const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    int64_t signature = store->signature, until_ms = clock_mono_ms(clock_system()) + PG_UNKNOWN_MS_MAX;
    bool there = false;

    for (;;) {
        enum status st = look_for_signature(store, signature, &there, err);

        if (st == ST_OK) {
            log_warn("store-02", "the answer to a commit was lost: it %s", there ? "was written" : "was not written");
            return there ? ST_OK : ST_AGAIN;
        }
        if (clock_mono_ms(clock_system()) >= until_ms)
            break;
        (void)nanosleep(&pause, NULL);
    }
    errmsg_wrap(err, "the server went while it committed, and whether it did could not be learnt");
    return ST_TIMEOUT;
}

static enum status pg_commit(struct store *base, struct errmsg *err)
{
    struct pg_store *store = of_store(base);
    PGresult *result = NULL;
    enum status st = check_usable(store, err);

    if (st == ST_OK)
        st = pg_many_send(store, err);
    if (st == ST_OK)
        st = send_control(store, PG_COMMIT, NULL, err);
    if (st == ST_OK) {
        st = collect(store, &result, err);
        if (st != ST_OK && !store->conn)
            st = learn_outcome(store, err);
        else if (st == ST_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
            errmsg_set(err, "database: the transaction was rolled back by the server");
            st = ST_AGAIN;
        }
    }
    PQclear(result);
    return st;
}

static enum status pg_mark(struct store *base, enum store_mark_act act, struct errmsg *err)
{
    struct pg_store *store = of_store(base);
    enum status st = ST_OK;

    if (act != STORE_MARK_UNDO)
        st = check_usable(store, err);
    else if (!store->conn)
        return ST_AGAIN;
    if (st == ST_OK && act == STORE_MARK_UNDO) {
        st = pg_control(store, PG_MARK_UNDO, err);
        if (st == ST_OK)
            store->broken = ST_OK;
    }
    /* These two cannot fail within a whole transaction, so nobody waits for them. */
    if (st == ST_OK)
        st = send_control(store, act == STORE_MARK ? PG_MARK : PG_MARK_KEEP, NULL, err);
    return st;
}

/* ---- statements ---- */

static enum status ready(struct pg_store *store, struct errmsg *err)
{
    return store->base.in_transaction ? check_usable(store, err) : pg_ensure(store, err);
}

static enum status ask(struct pg_store *store, enum statement statement, const struct store_value *values,
                       size_t count, PGresult **out_result, struct errmsg *err)
{
    struct pg_parameters parameters;
    enum status st = ready(store, err);

    if (st == ST_OK && !pg_many_lets(statement))
        st = pg_many_send(store, err);
    if (st == ST_OK)
        st = pg_bind(store, statement, values, count, &parameters, err);
    if (st == ST_OK)
        st = pg_send(store, statement_name(statement), &parameters, err);
    return st == ST_OK ? collect(store, out_result, err) : st;
}

static bool only_reads(enum statement statement)
{
    return strncmp(statement_text(statement), "SELECT", 6) == 0;
}

/* Outside of a transaction a question is put twice, when the connection went; what writes is not. */
static enum status ask_patiently(struct pg_store *store, enum statement statement, const struct store_value *values,
                                 size_t count, PGresult **out_result, struct errmsg *err)
{
    enum status st = ask(store, statement, values, count, out_result, err);

    if (st != ST_AGAIN || store->base.in_transaction || store->conn)
        return st;
    if (only_reads(statement))
        return ask(store, statement, values, count, out_result, err);
    return st;
}

static enum status pg_select(struct store *base, enum statement statement, const struct store_value *values,
                             size_t count, struct rows **out_rows, struct errmsg *err)
{
    struct pg_store *store = of_store(base);
    struct pg_rows *rows = &store->rows[statement];
    enum status st;

    if (rows->base.busy)
        return store_misused(statement, err);
    st = ask_patiently(store, statement, values, count, &rows->result, err);
    if (st != ST_OK)
        return st;
    rows->row = -1;
    rows->count = PQntuples(rows->result);
    rows->base.busy = true;
    *out_rows = &rows->base;
    return ST_OK;
}

static enum status defer(struct pg_store *store, enum statement statement, const struct store_value *values,
                         size_t count, struct errmsg *err)
{
    struct pg_parameters parameters;
    enum status st = check_usable(store, err);

    if (st == ST_OK && pg_many_takes(statement))
        return pg_many_add(store, statement, values, count, err);
    if (st == ST_OK && !pg_many_lets(statement))
        st = pg_many_send(store, err);
    if (st == ST_OK)
        st = pg_make_room(store, err);
    if (st == ST_OK)
        st = pg_bind(store, statement, values, count, &parameters, err);
    return st == ST_OK ? pg_send(store, statement_name(statement), &parameters, err) : st;
}

static enum status pg_run(struct store *base, enum statement statement, const struct store_value *values,
                          size_t count, int64_t *out_changed, struct errmsg *err)
{
    struct pg_store *store = of_store(base);
    PGresult *result = NULL;
    enum status st;

    if (base->deferring && !out_changed)
        return defer(store, statement, values, count, err);
    st = ask_patiently(store, statement, values, count, &result, err);
    if (st == ST_OK && out_changed)
        *out_changed = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return st;
}

static enum status pg_select_each(struct store *base, const struct store_each *asks, size_t count, struct errmsg *err)
{
    struct pg_store *store = of_store(base);
    bool let = true;
    enum status st = ready(store, err);

    for (size_t i = 0; i < count; i++)
        let = let && pg_many_lets(asks[i].statement);
    if (st == ST_OK && !let)
        st = pg_many_send(store, err);
    if (st == ST_OK)
        st = pg_each_ask(store, asks, count, err);
    if (st != ST_OK && base->deferring)
        st = store->broken = ST_AGAIN;
    return st;
}

static enum status pg_flush(struct store *base, struct errmsg *err)
{
    return pg_many_send(of_store(base), err);
}

/* ---- life ---- */

static void pg_close(struct store *base)
{
    struct pg_store *store = of_store(base);

    pg_drop(store);
    pg_many_free(store);
    free(store->url);
    free(store);
}

enum status store_pg_open(const char *url, struct store **out_store, struct errmsg *err)
{
    static const struct store_engine engine = {.close = pg_close,
                                               .begin = pg_begin,
                                               .commit = pg_commit,
                                               .rollback = pg_rollback,
                                               .mark = pg_mark,
                                               .select = pg_select,
                                               .run = pg_run,
                                               .next = pg_next,
                                               .integer = pg_integer,
                                               .text = pg_text,
                                               .blob = pg_blob,
                                               .end = pg_end,
                                               .select_each = pg_select_each,
                                               .flush = pg_flush,
                                               .upkeep = pg_make_months,
                                               .shared = true};
    struct pg_store *store = calloc(1, sizeof(*store));
    uint8_t random[8];
    enum status st = ST_NOMEM;

    if (!store)
        return ST_NOMEM;
    store->base.engine = &engine;
    store->url = strdup(url);
    crypto_random(random, sizeof(random));
    hex_encode(random, sizeof(random), store->process);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        store->rows[i].base = (struct rows){.store = &store->base, .statement = (enum statement)i};
    if (store->url)
        st = pg_ensure(store, err);
    if (st != ST_OK) {
        pg_close(&store->base);
        return st;
    }
    *out_store = &store->base;
    return ST_OK;
}
