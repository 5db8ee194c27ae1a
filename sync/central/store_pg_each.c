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

enum { EACH_QUESTIONS_MAX = 1000, EACH_PARTS_MAX = 16, EACH_SQL_MAX = 4096, EACH_BYTES_MAX = 1024 * 1024 };

static const struct {
    enum statement statement;
    const char *name;
} questions[] = {{STATEMENT_SHEET_LOAD, "EACH_0"}, {STATEMENT_MEMBER_USAGE_GET, "EACH_1"}};

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

/* Questions that go together. */
struct part {
    const struct store_each *ask;
    size_t before, count;
};

static enum status send(struct pg_store *store, const struct part *part, struct errmsg *err)
{
    const struct store_each *ask = part->ask;
    struct strbuf columns[STORE_PARAMETERS_MAX];
    struct pg_parameters parameters = {0};
    enum status st = ST_OK;

    for (size_t i = 0; i < ask->each; i++) {
        columns[i] = (struct strbuf)STRBUF_INIT(EACH_BYTES_MAX);
        pg_array_begin(&columns[i], (enum store_value_kind)store->kinds[ask->statement][i]);
    }
    for (size_t k = 0; st == ST_OK && k < part->count; k++) {
        const struct store_value *values = ask->values + (part->before + k) * ask->each;

        st = pg_check_values(store, ask->statement, values, ask->each, err);
        for (size_t i = 0; st == ST_OK && i < ask->each; i++)
            pg_array_add(&columns[i], &values[i]);
    }
    for (size_t i = 0; st == ST_OK && i < ask->each; i++)
        st = pg_array_bind(&parameters, &columns[i], (int)part->count);
    if (st == ST_OK)
        st = pg_send(store, name_of(ask->statement), &parameters, err);
    for (size_t i = 0; i < ask->each; i++)
        strbuf_free(&columns[i]);
    return st;
}

struct parts {
    struct pg_store *store;
    struct part part[EACH_PARTS_MAX];
    int count;
};

/* Rows lie in the order of their questions; some have none. */
static enum status share_out(void *context, size_t at_part, PGresult *result, struct errmsg *err)
{
    const struct parts *parts = context;
    const struct part *part = &parts->part[at_part];
    struct pg_rows rows = {.base = {.store = &parts->store->base, .statement = part->ask->statement}};
    int all = PQntuples(result), place = PQnfields(result) - 1;
    enum status st = ST_OK;

    rows.result = result;
    for (size_t at = 0; st == ST_OK && at < part->count; at++) {
        int first = rows.count;

        rows.row = first;
        while (rows.row < all && pg_integer(&rows.base, place) == (int64_t)at + 1)
            rows.row++;
        rows.count = rows.row;
        rows.row = first - 1;
        st = part->ask->take(part->ask->context, part->before + at, &rows.base, err);
    }
    return st;
}

/* What was sent before is looked at first when there is no room for all answers. */
static enum status ask_parts(struct parts *parts, struct errmsg *err)
{
    struct pg_store *store = parts->store;
    enum status st = store->pending_count + parts->count > PG_PENDING_MAX ? pg_collect(store, NULL, err) : ST_OK;
    int first = store->pending_count;

    for (int i = 0; st == ST_OK && i < parts->count; i++)
        st = send(store, &parts->part[i], err);
    if (st == ST_OK)
        st = pg_collect_each(store, first, share_out, parts, err);
    parts->count = 0;
    return st;
}

enum status pg_each_ask(struct pg_store *store, const struct store_each *asks, size_t count, struct errmsg *err)
{
    struct parts parts = {.store = store};
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < count; i++) {
        const struct store_each *ask = &asks[i];

        if (!name_of(ask->statement) || ask->each != store->counts[ask->statement])
            st = store_misused(ask->statement, err);
        for (size_t at = 0; st == ST_OK && at < ask->count; at += EACH_QUESTIONS_MAX) {
            size_t left = ask->count - at;

            if (parts.count == EACH_PARTS_MAX)
                st = ask_parts(&parts, err);
            parts.part[parts.count++] = (struct part){ask, at, left < EACH_QUESTIONS_MAX ? left : EACH_QUESTIONS_MAX};
        }
    }
    return st == ST_OK && parts.count > 0 ? ask_parts(&parts, err) : st;
}
