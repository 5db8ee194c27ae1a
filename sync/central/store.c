/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/store.h"

#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "sync/central/store_engine.h"

/* A transaction that others stood in the way of is tried so often, and not begun again after so long. */
enum { TRANSACT_ATTEMPTS_MAX = 8, TRANSACT_MS_MAX = 15000 };

#define SQL_OF(name, text)  [STATEMENT_##name] = text,
#define NAME_OF(name, text) [STATEMENT_##name] = #name,
static const char *const statement_sql[STATEMENT_COUNT] = {STATEMENTS(SQL_OF)};
static const char *const statement_names[STATEMENT_COUNT] = {STATEMENTS(NAME_OF)};

const char *statement_name(enum statement statement)
{
    return statement_names[statement];
}

const char *statement_text(enum statement statement)
{
    return statement_sql[statement];
}

struct store_value store_text(const char *text)
{
    return (struct store_value){.kind = STORE_TEXT, .bytes = text ? text : "", .len = text ? strlen(text) : 0};
}

enum status store_misused(enum statement statement, struct errmsg *err)
{
    errmsg_set(err, "database: statement %s is used wrongly", statement_names[statement]);
    return ST_INTERNAL;
}

bool store_is_url(const char *place)
{
    return strncmp(place, "postgres://", 11) == 0 || strncmp(place, "postgresql://", 13) == 0;
}

enum status store_open(const char *place, struct store **out_store, struct errmsg *err)
{
    return store_is_url(place) ? store_pg_open(place, out_store, err) : store_sqlite_open(place, out_store, err);
}

void store_close(struct store *store)
{
    if (store)
        store->engine->close(store);
}

static enum status begin(struct store *store, enum store_way way, struct errmsg *err)
{
    enum status st = store->engine->begin(store, way, err);

    store->in_transaction = st == ST_OK;
    store->apart = st == ST_OK && way == STORE_APART;
    return st;
}

enum status store_begin(struct store *store, struct errmsg *err)
{
    return begin(store, STORE_IN_LINE, err);
}

enum status store_snapshot_begin(struct store *store, struct errmsg *err)
{
    return begin(store, STORE_READING, err);
}

void store_snapshot_end(struct store *store)
{
    store_rollback(store);
}

void store_set_keeper(struct store *store, struct store_keeper *keeper)
{
    store->keeper = keeper;
}

bool store_in_transaction(const struct store *store)
{
    return store->in_transaction;
}

enum status store_write_kept(struct store *store, struct errmsg *err)
{
    return store->keeper && store->keeper->keeps ? store->keeper->write(store->keeper, err) : ST_OK;
}

/* Before a statement that may meet what is kept. */
static enum status settle(struct store *store, enum statement statement, struct errmsg *err)
{
    return store->keeper && !store->keeper->lets[statement] ? store_write_kept(store, err) : ST_OK;
}

static void forget(struct store *store)
{
    if (store->keeper && store->keeper->keeps)
        store->keeper->forget(store->keeper);
    store->in_transaction = store->apart = store->deferring = false;
    store->change_known = store->change_moved = false;
}

enum status store_commit(struct store *store, struct errmsg *err)
{
    enum status st = store_write_kept(store, err);

    if (st == ST_OK && store->change_moved)
        st = STORE_RUN(store, STATEMENT_CHANGE_SET, err, V_INT(store->change));
    if (st == ST_OK)
        st = store->engine->commit(store, err);
    if (st != ST_OK)
        store_rollback(store);
    forget(store);
    return st;
}

void store_rollback(struct store *store)
{
    if (store->in_transaction)
        store->engine->rollback(store);
    forget(store);
}

/* The first attempt defers, the others tell each fault where it comes up: a fault of the body then ends it for good.
 */
static enum status attempt(struct store *store, enum store_way way, bool deferring, store_body *body, void *context,
                           struct errmsg *err)
{
    enum status st = begin(store, way, err);

    store->deferring = st == ST_OK && deferring;
    if (st == ST_OK)
        st = body(context, err);
    return store_end(store, st, err);
}

static enum status transact(struct store *store, enum store_way way, store_body *body, void *context,
                            struct errmsg *err)
{
    int64_t began_ms = clock_mono_ms(clock_system());

    for (int i = 1;; i++) {
        struct errmsg reason = ERRMSG_INIT;
        enum status st = attempt(store, way, i == 1, body, context, &reason);

        if (st == ST_AGAIN && (store->engine->shared || i == 1) && i < TRANSACT_ATTEMPTS_MAX &&
            clock_mono_ms(clock_system()) - began_ms < TRANSACT_MS_MAX) {
            log_debug("store-01", "transaction is repeated attempt=%d: %s", i, reason.text);
            continue;
        }
        if (st != ST_OK && err)
            *err = reason;
        return st;
    }
}

enum status store_transact(struct store *store, store_body *body, void *context, struct errmsg *err)
{
    return transact(store, STORE_IN_LINE, body, context, err);
}

enum status store_transact_apart(struct store *store, store_body *body, void *context, struct errmsg *err)
{
    return transact(store, STORE_APART, body, context, err);
}

/* Tells the body's own ST_CONFLICT from that of a lock that another holds. */
struct tried {
    store_body *body;
    void *context;
    bool ran;
};

static enum status run_tried(void *context, struct errmsg *err)
{
    struct tried *tried = context;

    tried->ran = true;
    return tried->body(tried->context, err);
}

enum status store_transact_if_free(struct store *store, store_body *body, void *context, bool *out_ran,
                                   struct errmsg *err)
{
    struct tried tried = {.body = body, .context = context};
    enum status st = transact(store, STORE_IF_FREE, run_tried, &tried, err);

    if (st == ST_CONFLICT && !tried.ran)
        st = ST_OK;
    if (st == ST_OK)
        *out_ran = tried.ran;
    return st;
}

enum status store_end(struct store *store, enum status st, struct errmsg *err)
{
    if (st == ST_OK)
        return store_commit(store, err);
    store_rollback(store);
    return st;
}

static enum status know_change(struct store *store, struct errmsg *err)
{
    enum status st;

    if (store->change_known)
        return ST_OK;
    st = store_number(store, STATEMENT_CHANGE_LAST, NULL, 0, &store->change, err);
    store->change_known = st == ST_OK && store->in_transaction;
    return st;
}

enum status store_mark(struct store *store, struct errmsg *err)
{
    enum status st = store->deferring ? ST_OK : store_write_kept(store, err);

    if (st == ST_OK)
        st = know_change(store, err);
    store->change_at_mark = store->change;
    return st == ST_OK && !store->deferring ? store->engine->mark(store, STORE_MARK, err) : st;
}

enum status store_mark_keep(struct store *store, struct errmsg *err)
{
    enum status st = store->deferring ? ST_OK : store_write_kept(store, err);

    return st == ST_OK && !store->deferring ? store->engine->mark(store, STORE_MARK_KEEP, err) : st;
}

enum status store_mark_undo(struct store *store, struct errmsg *err)
{
    if (store->deferring) {
        errmsg_set(err, "database: to undo a part the whole is repeated");
        return ST_AGAIN;
    }
    if (store->keeper && store->keeper->keeps)
        store->keeper->forget(store->keeper);
    store->change = store->change_at_mark;
    return store->engine->mark(store, STORE_MARK_UNDO, err);
}

enum status store_upkeep(struct store *store, int64_t now_us, struct errmsg *err)
{
    return store->engine->upkeep ? store->engine->upkeep(store, now_us, err) : ST_OK;
}

bool store_has_failed(const struct store *store)
{
    return store->failed;
}

bool store_is_shared(const struct store *store)
{
    return store->engine->shared;
}

enum status store_select(struct store *store, enum statement statement, const struct store_value *values,
                         size_t count, struct rows **out_rows, struct errmsg *err)
{
    enum status st = count > STORE_PARAMETERS_MAX ? store_misused(statement, err) : settle(store, statement, err);

    if (st != ST_OK)
        return st;
    return store->engine->select(store, statement, values, count, out_rows, err);
}

enum status store_select_each(struct store *store, const struct store_each *asks, size_t count, struct errmsg *err)
{
    return store->engine->select_each(store, asks, count, err);
}

enum status store_flush(struct store *store, struct errmsg *err)
{
    return store->engine->flush ? store->engine->flush(store, err) : ST_OK;
}

bool rows_next(struct rows *rows)
{
    return rows->store->engine->next(rows);
}

int64_t rows_int(const struct rows *rows, int column)
{
    return rows->store->engine->integer(rows, column);
}

const char *rows_text(const struct rows *rows, int column)
{
    return rows->store->engine->text(rows, column);
}

const void *rows_blob(const struct rows *rows, int column, size_t *out_len)
{
    return rows->store->engine->blob(rows, column, out_len);
}

enum status rows_end(struct rows *rows, struct errmsg *err)
{
    return rows->store->engine->end(rows, err);
}

enum status store_run(struct store *store, enum statement statement, const struct store_value *values, size_t count,
                      int64_t *out_changed, struct errmsg *err)
{
    enum status st = count > STORE_PARAMETERS_MAX ? store_misused(statement, err) : settle(store, statement, err);

    if (st != ST_OK)
        return st;
    return store->engine->run(store, statement, values, count, out_changed, err);
}

enum status store_number(struct store *store, enum statement statement, const struct store_value *values,
                         size_t count, int64_t *out_number, struct errmsg *err)
{
    struct rows *rows;
    int64_t number = 0;
    bool found;
    enum status st = store_select(store, statement, values, count, &rows, err);

    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    if (found)
        number = rows_int(rows, 0);
    while (rows_next(rows)) /* a statement that writes and answers must run to its end */
        continue;
    st = rows_end(rows, err);
    if (st != ST_OK)
        return st;
    if (!found) {
        errmsg_set(err, "not found");
        return ST_NOT_FOUND;
    }
    *out_number = number;
    return ST_OK;
}

enum status store_next_change(struct store *store, int64_t *out_change, struct errmsg *err)
{
    enum status st =
        store->in_transaction && !store->apart ? know_change(store, err) : store_misused(STATEMENT_CHANGE_SET, err);

    if (st != ST_OK)
        return st;
    store->change_moved = true;
    *out_change = ++store->change;
    return ST_OK;
}

enum status store_last_change(struct store *store, int64_t *out_change, struct errmsg *err)
{
    enum status st = know_change(store, err);

    if (st == ST_OK)
        *out_change = store->change;
    return st;
}
