/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same question many times over, as one: its parameters go as arrays, its rows come with the place of whose they
 * are. The text is the statement's own:
 *
 *   SELECT ... WHERE a = $1   ->   SELECT one.*, many.place FROM unnest($1) WITH ORDINALITY AS many(p1, place)
 *                                  CROSS JOIN LATERAL (SELECT ... WHERE a = many.p1) AS one ORDER BY many.place
 */
#include "sync/central/store_pg.h"

#include <string.h>

enum { EACH_QUESTIONS_MAX = 1000, EACH_SQL_MAX = 4096, EACH_BYTES_MAX = 1024 * 1024 };

static const struct {
    enum statement statement;
    const char *name;
} questions[] = {{STATEMENT_SHEET_LOAD, "EACH_0"}, {STATEMENT_MEMBER_USAGE_GET, "EACH_1"}, {STATEMENT_LOT_DATED, "EACH_2"}};

static const char *name_of(enum statement statement)
{
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        if (questions[i].statement == statement)
            return questions[i].name;
    }
    return NULL;
}

enum status pg_each_prepare(struct pg_store *store, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(EACH_SQL_MAX);
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof(questions) / sizeof(questions[0]); i++) {
        enum statement statement = questions[i].statement;
        const struct pg_array_shape shape = {store->kinds[statement], store->counts[statement], 0};
        const char *own = statement_text(statement);

        strbuf_clear(&text);
        strbuf_puts(&text, "SELECT one.*, many.place");
        pg_array_unnest(&shape, ", place", &text);
        strbuf_puts(&text, " CROSS JOIN LATERAL (");
        pg_array_rename(&shape, &text, own, own + strlen(own));
        strbuf_puts(&text, ") AS one ORDER BY many.place");
        st = strbuf_status(&text);
        if (st == ST_OK)
            st = pg_prepare(store, questions[i].name, strbuf_text(&text), err);
    }
    strbuf_free(&text);
    return st == ST_OK ? pg_collect(store, NULL, err) : st;
}

static enum status send(struct pg_store *store, enum statement statement, const struct store_value *values,
                        size_t each, size_t count, struct errmsg *err)
{
    struct strbuf columns[STORE_PARAMETERS_MAX];
    struct pg_parameters parameters = {0};
    enum status st = ST_OK;

    for (size_t i = 0; i < each; i++) {
        columns[i] = (struct strbuf)STRBUF_INIT(EACH_BYTES_MAX);
        pg_array_begin(&columns[i], (enum store_value_kind)store->kinds[statement][i]);
    }
    for (size_t k = 0; st == ST_OK && k < count; k++) {
        st = pg_check_values(store, statement, values + k * each, each, err);
        for (size_t i = 0; st == ST_OK && i < each; i++)
            pg_array_add(&columns[i], &values[k * each + i]);
    }
    for (size_t i = 0; st == ST_OK && i < each; i++)
        st = pg_array_bind(&parameters, &columns[i], (int)count);
    if (st == ST_OK)
        st = pg_make_room(store, err);
    if (st == ST_OK)
        st = pg_send(store, name_of(statement), &parameters, err);
    for (size_t i = 0; i < each; i++)
        strbuf_free(&columns[i]);
    return st;
}

/* Rows lie in the order of their questions; some have none. */
static enum status share_out(PGresult *result, size_t before, size_t count, const struct pg_rows *shape,
                             store_take *take, void *context, struct errmsg *err)
{
    struct pg_rows rows = *shape;
    int all = PQntuples(result), place = PQnfields(result) - 1;
    enum status st = ST_OK;

    rows.result = result;
    rows.count = 0;
    for (size_t at = 0; st == ST_OK && at < count; at++) {
        int first = rows.count;

        rows.row = first;
        while (rows.row < all && pg_integer(&rows.base, place) == (int64_t)at + 1)
            rows.row++;
        rows.count = rows.row;
        rows.row = first - 1;
        st = take(context, before + at, &rows.base, err);
    }
    return st;
}

enum status pg_each_ask(struct pg_store *store, enum statement statement, const struct store_value *values,
                        size_t each, size_t count, store_take *take, void *context, struct errmsg *err)
{
    const struct pg_rows shape = {.base = {.store = &store->base, .statement = statement}};
    enum status st = name_of(statement) && each == store->counts[statement] ? ST_OK : store_misused(statement, err);

    for (size_t at = 0, part; st == ST_OK && at < count; at += part) {
        PGresult *result = NULL;

        part = count - at < EACH_QUESTIONS_MAX ? count - at : EACH_QUESTIONS_MAX;
        st = send(store, statement, values + at * each, each, part, err);
        if (st == ST_OK)
            st = pg_collect(store, &result, err);
        if (st == ST_OK)
            st = share_out(result, at, part, &shape, take, context, err);
        PQclear(result);
    }
    return st;
}
