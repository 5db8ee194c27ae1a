/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_pg - the engine on a PostgreSQL server. Used by its own files only.
 *
 * store_pg_link.c holds the connection: always in pipeline mode and never blocking, so that what answers nothing is
 * sent on, and each wait has an end. store_pg_rows.c binds values and reads rows, store_pg_many.c and store_pg_each.c
 * send many rows and ask many questions as one, store_pg.c knows transactions, store_pg_schema.c makes the tables.
 */
#ifndef LOYALD_CENTRAL_STORE_PG_H
#define LOYALD_CENTRAL_STORE_PG_H

#include <libpq-fe.h>

#include "agent/base/strbuf.h"
#include "sync/central/store_engine.h"

enum {
    PG_PENDING_MAX = 512, /* statements sent and not looked at yet */
    PG_NAME_MAX = 40,
    /* The server ends a statement, and a wait for a lock, by itself; we end a wait for the server a little later. */
    PG_STATEMENT_MS_MAX = 20000,
    PG_LOCK_MS_MAX = 12000,
    PG_ANSWER_MS_MAX = 25000,
    /* A process that stands still within a transaction must not hold up the others. */
    PG_IDLE_MS_MAX = 10000,
    PG_RECONNECT_MS = 500,     /* after an attempt that failed */
    PG_UNKNOWN_MS_MAX = 15000, /* for learning whether a commit came through */
    PG_MANY_COUNT = 15,        /* statements whose rows go to the server many at once */
};

/* What each connection needs beside the statements of the registry. */
enum pg_control {
    PG_BEGIN,
    PG_SNAPSHOT,
    PG_LOCK_WRITER,
    PG_TRY_WRITER,
    PG_SIGN_FIRST,
    PG_SIGN,
    PG_SIGNED,
    PG_BY_KEY,
    PG_COMMIT,
    PG_ROLLBACK,
    PG_MARK,
    PG_MARK_KEEP,
    PG_MARK_UNDO,
    PG_CONTROL_COUNT
};

struct pg_rows {
    struct rows base;
    PGresult *result;
    int row, count;
};

/* Rows of one statement that wait to be sent: a column of each parameter, as an array is on the wire. */
struct pg_many {
    struct strbuf columns[STORE_PARAMETERS_MAX];
    int rows;
    size_t bytes;
};

struct pg_store {
    struct store base;
    char *url;
    PGconn *conn; /* NULL between two connections */
    int64_t not_before_ms;
    char process[17]; /* what this process signs with, and the number of its last signature */
    int64_t signature;
    const char *pending[PG_PENDING_MAX + PG_CONTROL_COUNT]; /* by name */
    int pending_count;
    enum status broken; /* of the transaction at hand: ST_OK, or what its first fault was */
    struct pg_rows rows[STATEMENT_COUNT];
    unsigned char kinds[STATEMENT_COUNT][STORE_PARAMETERS_MAX]; /* enum store_value_kind that each parameter takes */
    unsigned char counts[STATEMENT_COUNT];
    struct pg_many many[PG_MANY_COUNT];
    unsigned char many_order[PG_MANY_COUNT]; /* which of them have rows, in the order of their first */
    int many_count;
};

struct pg_parameters {
    int count;
    const char *values[STORE_PARAMETERS_MAX];
    int lengths[STORE_PARAMETERS_MAX], formats[STORE_PARAMETERS_MAX];
    char numbers[STORE_PARAMETERS_MAX][8];
};

/* ---- store_pg_link.c ---- */

/* Connects when there is no connection; ST_AGAIN in words when there can be none now. */
enum status pg_ensure(struct pg_store *store, struct errmsg *err);
void pg_drop(struct pg_store *store);
/* Sends a prepared statement without waiting; PG_PENDING_MAX at most before pg_collect. name stays as it is until
 * then. */
enum status pg_send(struct pg_store *store, const char *name, const struct pg_parameters *parameters,
                    struct errmsg *err);
/* The server is to begin with what was sent; what its socket does not take goes with the next. */
enum status pg_push(struct pg_store *store, struct errmsg *err);
/* Waits for the answers of all that was sent; out_last (may be NULL) takes the last one's, to be cleared by the
 * caller, when all went well. The first fault decides what is answered. */
enum status pg_collect(struct pg_store *store, PGresult **out_last, struct errmsg *err);
/* Likewise; take gets the answer to each statement from that place of the pending ones on as soon as it is here, while
 * the server works on the next, and none after a fault. */
typedef enum status pg_take(void *context, size_t at, PGresult *result, struct errmsg *err); /* borrows it */
enum status pg_collect_each(struct pg_store *store, int first, pg_take *take, void *context, struct errmsg *err);
enum status pg_control(struct pg_store *store, enum pg_control control, struct errmsg *err);
/* Runs one text that is no statement of the registry; *out_any (may be NULL) is whether it answered a row. */
enum status pg_text_run(struct pg_store *store, const char *sql, const char *doing, bool *out_any,
                        struct errmsg *err);
const char *pg_control_name(enum pg_control control);

/* Sends a text to be prepared under that name. */
enum status pg_prepare(struct pg_store *store, const char *name, const char *sql, struct errmsg *err);

/* ---- store_pg_rows.c ---- */

enum status pg_check_values(struct pg_store *store, enum statement statement, const struct store_value *values,
                            size_t count, struct errmsg *err);

/* Checks the values against what the statement takes and lays them out for the wire. */
enum status pg_bind(struct pg_store *store, enum statement statement, const struct store_value *values, size_t count,
                    struct pg_parameters *out, struct errmsg *err);
void pg_bind_number(struct pg_parameters *parameters, int64_t number);
void pg_bind_text(struct pg_parameters *parameters, const char *text);
/* Learns what the parameters of a statement are; refuses other types than the three of the registry. */
enum status pg_learn(struct pg_store *store, enum statement statement, const PGresult *described, struct errmsg *err);
bool pg_next(struct rows *rows);
int64_t pg_integer(const struct rows *rows, int column);
const char *pg_text(const struct rows *rows, int column);
const void *pg_blob(const struct rows *rows, int column, size_t *out_len);
enum status pg_end(struct rows *rows, struct errmsg *err);

/* ---- store_pg_array.c ---- */

/* A parameter of each of many rows, as an array is on the wire: begun, added to, bound with how many there are. The
 * column stays as it is until it is sent. */
void pg_array_begin(struct strbuf *column, enum store_value_kind kind);
void pg_array_add(struct strbuf *column, const struct store_value *value);
enum status pg_array_bind(struct pg_parameters *parameters, struct strbuf *column, int rows);
/* A parameter that is the same of all rows goes once, as what it is: kept, looked at, bound. */
void pg_array_keep_same(struct strbuf *column, const struct store_value *value);
bool pg_array_has_same(const struct strbuf *column, const struct store_value *value);
enum status pg_array_bind_same(struct pg_parameters *parameters, const struct strbuf *column);

struct pg_array_shape {
    const unsigned char *kinds; /* enum store_value_kind of each parameter */
    int count;
    unsigned same; /* bit 0: $1 is the same of all rows */
};
bool pg_array_is_same(const struct pg_array_shape *shape, int parameter);
/* " FROM unnest($1::text[], ...) AS many(p1, ...)"; more is a name for the place of each, ", place", or "". */
void pg_array_unnest(const struct pg_array_shape *shape, const char *more, struct strbuf *out);
/* $3 becomes many.p3, or $3::text when it is the same of all. */
void pg_array_rename(const struct pg_array_shape *shape, struct strbuf *out, const char *from, const char *until);

/* ---- store_pg_each.c ---- */

enum status pg_each_prepare(struct pg_store *store, struct errmsg *err);
/* As store_select_each, for the statements that it knows. */
enum status pg_each_ask(struct pg_store *store, const struct store_each *asks, size_t count, struct errmsg *err);

/* ---- store_pg_many.c ---- */

/* Prepares the texts for many rows, when pg_learn knows the statements. */
enum status pg_many_prepare(struct pg_store *store, struct errmsg *err);
bool pg_many_takes(enum statement statement);
/* Whether that one may go before the rows are sent. */
bool pg_many_lets(enum statement statement);
enum status pg_many_add(struct pg_store *store, enum statement statement, const struct store_value *values,
                        size_t count, struct errmsg *err);
enum status pg_many_send(struct pg_store *store, struct errmsg *err);
void pg_many_forget(struct pg_store *store);
void pg_many_free(struct pg_store *store);

/* ---- store_pg.c ---- */

/* For one statement more to be sent. */
enum status pg_make_room(struct pg_store *store, struct errmsg *err);

/* Makes the row that this process signs, when it is not there: what was signed before a line was lost stays. */
enum status pg_sign_first(struct pg_store *store, struct errmsg *err);

/* ---- store_pg_months.c ---- */

/* Makes the journal's tables of this month and the next two; records that came before theirs was made move there. */
enum status pg_make_months(struct store *store, int64_t now_us, struct errmsg *err);

/* ---- store_pg_schema.c ---- */

/* Brings the schema up to date over a connection that is not in pipeline mode. */
enum status pg_migrate(PGconn *conn, struct errmsg *err);
/* What a fault's SQLSTATE means here; ST_AGAIN for all that goes away by itself. */
enum status pg_status_of(const PGresult *result);

#endif
