/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/store_pg.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"

enum { WAIT_READ = POLLIN, WAIT_BOTH = POLLIN | POLLOUT };

static const struct {
    const char *name, *sql;
} controls[PG_CONTROL_COUNT] = {
    [PG_BEGIN] = {"BEGIN", PG_SQL_BEGIN},        [PG_SNAPSHOT] = {"SNAPSHOT", PG_SQL_SNAPSHOT},
    [PG_LOCK_WRITER] = {"LOCK", PG_SQL_LOCK},    [PG_SIGN_FIRST] = {"SIGN_FIRST", PG_SQL_SIGN_FIRST},
    [PG_SIGN] = {"SIGN", PG_SQL_SIGN},           [PG_SIGNED] = {"SIGNED", PG_SQL_SIGNED},
    [PG_COMMIT] = {"COMMIT", PG_SQL_COMMIT},     [PG_ROLLBACK] = {"ROLLBACK", PG_SQL_ROLLBACK},
    [PG_MARK] = {"MARK", PG_SQL_MARK},           [PG_MARK_KEEP] = {"KEEP", PG_SQL_MARK_KEEP},
    [PG_MARK_UNDO] = {"UNDO", PG_SQL_MARK_UNDO}, [PG_TRY_WRITER] = {"TRY", PG_SQL_TRY},
    [PG_BY_KEY] = {"BY_KEY", PG_SQL_BY_KEY},
};

const char *pg_control_name(enum pg_control control)
{
    return controls[control].name;
}

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

void pg_drop(struct pg_store *store)
{
    PQfinish(store->conn);
    store->conn = NULL;
    store->pending_count = 0;
}

/* The text of libpq ends with a newline and may have several lines; the first says it. */
static enum status lost(struct pg_store *store, const char *doing, struct errmsg *err)
{
    const char *text = store->conn ? PQerrorMessage(store->conn) : "";

    errmsg_set(err, "database: %s: the connection to the server was lost: %.*s", doing, (int)strcspn(text, "\n"),
               text);
    pg_drop(store);
    store->broken = ST_AGAIN;
    return ST_AGAIN;
}

static enum status too_slow(struct pg_store *store, const char *doing, struct errmsg *err)
{
    errmsg_set(err, "database: %s: no answer within %d s; the connection is given up", doing,
               PG_ANSWER_MS_MAX / 1000);
    pg_drop(store);
    store->broken = ST_AGAIN;
    return ST_AGAIN;
}

/* Waits until the socket is ready or the deadline is over; false at the deadline. */
static bool wait_ready(const PGconn *conn, short events, int64_t deadline_ms)
{
    struct pollfd fd = {.fd = PQsocket(conn), .events = events};
    int64_t left_ms = deadline_ms - now_ms();
    int rc;

    if (left_ms <= 0)
        return false;
    rc = poll(&fd, 1, (int)left_ms);
    return rc > 0 || (rc < 0 && errno == EINTR);
}

/* Sends what is buffered, taking in what comes meanwhile, so that neither side waits for the other. */
static enum status flush(struct pg_store *store, int64_t deadline_ms, struct errmsg *err)
{
    int rc;

    while ((rc = PQflush(store->conn)) == 1) {
        if (!wait_ready(store->conn, WAIT_BOTH, deadline_ms))
            return too_slow(store, "sending", err);
        if (!PQconsumeInput(store->conn))
            return lost(store, "sending", err);
    }
    return rc == 0 ? ST_OK : lost(store, "sending", err);
}

/* The next answer; NULL ends those of one statement. */
static enum status next_result(struct pg_store *store, int64_t deadline_ms, PGresult **out_result, struct errmsg *err)
{
    while (PQisBusy(store->conn)) {
        if (!wait_ready(store->conn, WAIT_READ, deadline_ms))
            return too_slow(store, "reading", err);
        if (!PQconsumeInput(store->conn))
            return lost(store, "reading", err);
    }
    *out_result = PQgetResult(store->conn);
    if (PQstatus(store->conn) != CONNECTION_BAD)
        return ST_OK;
    PQclear(*out_result);
    return lost(store, "reading", err);
}

static enum status fault_of(struct pg_store *store, const char *name, const PGresult *result, struct errmsg *err)
{
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    (void)store;
    errmsg_set(err, "database: %s: %s", name, text ? text : "refused without a reason");
    return pg_status_of(result);
}

/* One statement's answers. A fault is told, and the rest of the row is skipped by the server; that is no fault more.
 */
static enum status take_one(struct pg_store *store, const char *name, int64_t deadline_ms, PGresult **out_result,
                            enum status *fault, struct errmsg *err)
{
    PGresult *result = NULL, *none = NULL;
    enum status st = next_result(store, deadline_ms, &result, err);

    if (st != ST_OK)
        return st;
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_PIPELINE_ABORTED:
        break;
    default:
        if (*fault == ST_OK)
            *fault = fault_of(store, name, result, err);
        break;
    }
    st = next_result(store, deadline_ms, &none, err);
    PQclear(none);
    if (st != ST_OK) {
        PQclear(result);
        return st;
    }
    PQclear(*out_result);
    *out_result = result;
    return ST_OK;
}

struct taker {
    int first;
    pg_take *take; /* may be NULL */
    void *context;
};

static enum status collect(struct pg_store *store, const struct taker *taker, PGresult **out_last, struct errmsg *err)
{
    int64_t deadline_ms = now_ms() + PG_ANSWER_MS_MAX;
    PGresult *last = NULL, *sync = NULL;
    enum status fault = ST_OK, st;

    if (!PQpipelineSync(store->conn))
        return lost(store, "sending", err);
    st = flush(store, deadline_ms, err);
    for (int i = 0; st == ST_OK && i < store->pending_count; i++) {
        st = take_one(store, store->pending[i], deadline_ms, &last, &fault, err);
        if (st == ST_OK && fault == ST_OK && taker->take && i >= taker->first)
            fault = taker->take(taker->context, (size_t)(i - taker->first), last, err);
    }
    if (st == ST_OK)
        st = next_result(store, deadline_ms, &sync, err);
    PQclear(sync);
    store->pending_count = 0;
    if (st == ST_OK && fault != ST_OK) {
        st = fault;
        if (store->broken == ST_OK)
            store->broken = fault;
    }
    if (st == ST_OK && out_last) {
        *out_last = last;
        last = NULL;
    }
    PQclear(last);
    return st;
}

enum status pg_collect(struct pg_store *store, PGresult **out_last, struct errmsg *err)
{
    return collect(store, &(struct taker){.take = NULL}, out_last, err);
}

enum status pg_collect_each(struct pg_store *store, int first, pg_take *take, void *context, struct errmsg *err)
{
    return collect(store, &(struct taker){first, take, context}, NULL, err);
}

enum status pg_prepare(struct pg_store *store, const char *name, const char *sql, struct errmsg *err)
{
    if (!PQsendPrepare(store->conn, name, sql, 0, NULL))
        return lost(store, name, err);
    store->pending[store->pending_count++] = name;
    return ST_OK;
}

enum status pg_send(struct pg_store *store, const char *name, const struct pg_parameters *parameters,
                    struct errmsg *err)
{
    int sent = PQsendQueryPrepared(store->conn, name, parameters ? parameters->count : 0,
                                   parameters ? parameters->values : NULL, parameters ? parameters->lengths : NULL,
                                   parameters ? parameters->formats : NULL, 1);

    if (!sent)
        return lost(store, name, err);
    store->pending[store->pending_count++] = name;
    return ST_OK;
}

enum status pg_push(struct pg_store *store, struct errmsg *err)
{
    return PQflush(store->conn) < 0 ? lost(store, "sending", err) : ST_OK;
}

enum status pg_control(struct pg_store *store, enum pg_control control, struct errmsg *err)
{
    enum status st = pg_send(store, controls[control].name, NULL, err);

    return st == ST_OK ? pg_collect(store, NULL, err) : st;
}

enum status pg_text_run(struct pg_store *store, const char *sql, const char *doing, bool *out_any, struct errmsg *err)
{
    PGresult *result = NULL;
    enum status st;

    if (!PQsendQueryParams(store->conn, sql, 0, NULL, NULL, NULL, NULL, 1))
        return lost(store, doing, err);
    store->pending[store->pending_count++] = doing;
    st = pg_collect(store, &result, err);
    if (st == ST_OK && out_any)
        *out_any = PQntuples(result) > 0;
    PQclear(result);
    return st;
}

/* ---- a new connection ---- */

/* Values for what the URL leaves out: libpq lets it override what stands before it. */
static PGconn *connect_to(const char *url)
{
    static const char *const keys[] = {
        "connect_timeout",      "keepalives_idle",  "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "target_session_attrs", "application_name", "client_encoding",     "dbname",           NULL};
    const char *const values[] = {"5", "30", "5", "3", "20000", "read-write", "loyal-central", "UTF8", url, NULL};

    return PQconnectdbParams(keys, values, 1);
}

static enum status run_at_once(PGconn *conn, const char *sql, struct errmsg *err)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType answered = PQresultStatus(result);
    enum status st = ST_OK;

    if (answered != PGRES_COMMAND_OK && answered != PGRES_TUPLES_OK) {
        const char *text = PQerrorMessage(conn);

        errmsg_set(err, "database: cannot be set up: %.*s", (int)strcspn(text, "\n"), text);
        st = pg_status_of(result);
    }
    PQclear(result);
    return st;
}

static void on_notice(void *context, const char *text)
{
    (void)context;
    log_debug("store-03", "server says: %.*s", (int)strcspn(text, "\n"), text);
}

/* Durable, in words, and never waiting for ever, whatever the server's own settings are. */
static enum status set_up(PGconn *conn, struct errmsg *err)
{
    char text[512];
    const char *encoding = PQparameterStatus(conn, "server_encoding");

    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        errmsg_set(err, "database: its encoding is %s, wanted is UTF8: make it with \"createdb --encoding UTF8\"",
                   encoding ? encoding : "unknown");
        return ST_UNSUPPORTED;
    }
    if (PQserverVersion(conn) < 140000) {
        errmsg_set(err, "database: PostgreSQL 14 or later is wanted, this is %d", PQserverVersion(conn) / 10000);
        return ST_UNSUPPORTED;
    }
    (void)snprintf(text, sizeof(text), PG_SQL_SET_UP, PG_STATEMENT_MS_MAX, PG_LOCK_MS_MAX, PG_IDLE_MS_MAX);
    return run_at_once(conn, text, err);
}

static enum status prepare_controls(struct pg_store *store, struct errmsg *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < PG_CONTROL_COUNT; i++)
        st = pg_prepare(store, controls[i].name, controls[i].sql, err);
    return st == ST_OK ? pg_collect(store, NULL, err) : st;
}

/* All in one go: each is parsed, then described; a text the server does not take ends the start, not a sale. */
static enum status prepare_statements(struct pg_store *store, struct errmsg *err)
{
    int64_t deadline_ms = now_ms() + PG_ANSWER_MS_MAX;
    enum status fault = ST_OK, st;
    PGresult *result = NULL;

    for (int i = 0; i < STATEMENT_COUNT; i++) {
        const char *name = statement_name((enum statement)i);

        if (!PQsendPrepare(store->conn, name, statement_text((enum statement)i), 0, NULL) ||
            !PQsendDescribePrepared(store->conn, name))
            return lost(store, name, err);
    }
    if (!PQpipelineSync(store->conn))
        return lost(store, "sending", err);
    st = flush(store, deadline_ms, err);
    for (int i = 0; st == ST_OK && i < 2 * STATEMENT_COUNT; i++) {
        st = take_one(store, statement_name((enum statement)(i / 2)), deadline_ms, &result, &fault, err);
        if (st == ST_OK && fault == ST_OK && i % 2 == 1)
            fault = pg_learn(store, (enum statement)(i / 2), result, err);
    }
    PQclear(result);
    result = NULL;
    if (st == ST_OK)
        st = next_result(store, deadline_ms, &result, err);
    PQclear(result);
    return st == ST_OK ? fault : st;
}

static enum status open_connection(struct pg_store *store, struct errmsg *err)
{
    enum status st;

    store->conn = connect_to(store->url);
    if (PQstatus(store->conn) != CONNECTION_OK) {
        const char *text = PQerrorMessage(store->conn);

        errmsg_set(err, "database: cannot connect: %.*s", (int)strcspn(text, "\n"), text);
        return ST_AGAIN;
    }
    (void)PQsetNoticeProcessor(store->conn, on_notice, NULL);
    st = set_up(store->conn, err);
    if (st == ST_OK)
        st = pg_migrate(store->conn, err);
    if (st == ST_OK && (PQsetnonblocking(store->conn, 1) != 0 || !PQenterPipelineMode(store->conn)))
        st = lost(store, "connecting", err);
    if (st == ST_OK)
        st = prepare_controls(store, err);
    if (st == ST_OK)
        st = prepare_statements(store, err);
    if (st == ST_OK)
        st = pg_many_prepare(store, err);
    if (st == ST_OK)
        st = pg_each_prepare(store, err);
    return st == ST_OK ? pg_sign_first(store, err) : st;
}

/* A server that went while nothing was asked of it has left its farewell in the socket. */
static bool is_alive(const struct pg_store *store)
{
    struct pollfd fd = {.fd = store->conn ? PQsocket(store->conn) : -1, .events = POLLIN};

    if (!store->conn || PQstatus(store->conn) != CONNECTION_OK)
        return false;
    return poll(&fd, 1, 0) == 0 || (PQconsumeInput(store->conn) && PQstatus(store->conn) == CONNECTION_OK);
}

enum status pg_ensure(struct pg_store *store, struct errmsg *err)
{
    enum status st;

    if (is_alive(store))
        return ST_OK;
    pg_drop(store);
    if (now_ms() < store->not_before_ms) {
        errmsg_set(err, "database: the server could not be reached a moment ago, it is tried again");
        return ST_AGAIN;
    }
    st = open_connection(store, err);
    if (st != ST_OK) {
        pg_drop(store);
        store->not_before_ms = now_ms() + PG_RECONNECT_MS;
    }
    return st;
}
