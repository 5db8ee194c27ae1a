/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of one statement, many at once: in a transaction that nobody waits for yet, the values of a statement that is
 * run time and again are put together by column, and go to the server as arrays. Its text is the statement's own:
 *
 *   INSERT ... VALUES ($1, $2) ...   ->  INSERT ... SELECT many.p1, many.p2 FROM unnest($1, $2) AS many(p1, p2) ...
 *   UPDATE ... SET a = $2 WHERE b = $1  ->  UPDATE ... SET a = many.p2 FROM unnest(...) ... WHERE b = many.p1
 *
 * No two rows may be of one key, and none may depend on another's having been written: those who run the statements
 * below see to it (sheet_write.c, journal.c). They are sent before any statement that may look at what they write.
 */
#include "sync/central/store_pg.h"

#include <string.h>

/* The server begins with so many rows while the next are put together. */
enum { MANY_ROWS_MAX = 200, MANY_BYTES_MAX = 4 * 1024 * 1024, MANY_SQL_MAX = 4096 };

static const enum statement statements[PG_MANY_COUNT] = {
    STATEMENT_JOURNAL_INSERT,   STATEMENT_SALE_INSERT,        STATEMENT_POSTING_INSERT,    STATEMENT_ENTRY_INSERT,
    STATEMENT_CLAIM_END,        STATEMENT_ACCOUNT_PUT,        STATEMENT_ACCOUNT_SET,       STATEMENT_LOT_PUT,
    STATEMENT_MEMBER_USAGE_PUT, STATEMENT_MEMBER_TILL_COUNT,  STATEMENT_MEMBER_STORE_SEEN, STATEMENT_MEMBER_TOUCH,
    STATEMENT_USAGE_COUNT,      STATEMENT_MEMBER_STORE_TOUCH, STATEMENT_MEMBER_USAGE_SET};

/* What looks at nothing, and writes nothing, that the first five of these write; the others are sent by who put them
 * there. */
static const enum statement passes[] = {STATEMENT_SHEET_LOAD,     STATEMENT_LOT_GET,      STATEMENT_MEMBER_USAGE_GET,
                                        STATEMENT_POINT_RULE_GET, STATEMENT_LEASE_RULES,  STATEMENT_IDENTIFIER_GET,
                                        STATEMENT_CHANGE_LAST,    STATEMENT_AUDIENCE_GET, STATEMENT_LOT_DATED,
                                        STATEMENT_HOLD_END,       STATEMENT_FLOOR_PUT,    STATEMENT_HOLD_END_EARLIER};

/* Of the prepared ones. */
static const char *const names[PG_MANY_COUNT] = {"MANY_0", "MANY_1", "MANY_2", "MANY_3", "MANY_4",
                                                 "MANY_5", "MANY_6", "MANY_7", "MANY_8", "MANY_9",
                                                 "MANY_A", "MANY_B", "MANY_C", "MANY_D", "MANY_E"};

static int place_of(enum statement statement)
{
    for (int i = 0; i < PG_MANY_COUNT; i++) {
        if (statements[i] == statement)
            return i;
    }
    return -1;
}

bool pg_many_takes(enum statement statement)
{
    return place_of(statement) >= 0;
}

bool pg_many_lets(enum statement statement)
{
    for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
        if (passes[i] == statement)
            return true;
    }
    return false;
}

/* ---- the text ---- */

/* The last WHERE that is in no brackets. */
static const char *find_where(const char *text)
{
    const char *found = NULL;
    int depth = 0;

    for (; *text; text++) {
        depth += (*text == '(') - (*text == ')');
        if (depth == 0 && strncmp(text, " WHERE ", 7) == 0)
            found = text;
    }
    return found;
}

static enum status write_text(const struct pg_store *store, enum statement statement, struct strbuf *out)
{
    const char *text = statement_text(statement), *values = strstr(text, " VALUES ("), *where = find_where(text);

    if (values) {
        const char *first = values + strlen(" VALUES ("), *end = first + strcspn(first, ")");

        strbuf_add(out, text, (size_t)(values - text));
        strbuf_puts(out, " SELECT ");
        pg_array_rename(out, first, end);
        pg_array_unnest(store, statement, "", out);
        strbuf_puts(out, end + 1);
        if (strchr(end, '$'))
            return ST_INTERNAL;
    } else if (where) {
        pg_array_rename(out, text, where);
        pg_array_unnest(store, statement, "", out);
        pg_array_rename(out, where, where + strlen(where));
    } else {
        return ST_INTERNAL;
    }
    return strbuf_status(out);
}

enum status pg_many_prepare(struct pg_store *store, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(MANY_SQL_MAX);
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < PG_MANY_COUNT; i++) {
        strbuf_clear(&text);
        st = write_text(store, statements[i], &text);
        if (st != ST_OK)
            st = store_misused(statements[i], err);
        else
            st = pg_prepare(store, names[i], strbuf_text(&text), err);
    }
    strbuf_free(&text);
    return st == ST_OK ? pg_collect(store, NULL, err) : st;
}

/* ---- the rows ---- */

static enum status send_rows(struct pg_store *store, int place, struct errmsg *err)
{
    struct pg_many *many = &store->many[place];
    struct pg_parameters parameters = {0};
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < store->counts[statements[place]]; i++)
        st = pg_array_bind(&parameters, &many->columns[i], many->rows);
    if (st == ST_OK)
        st = pg_make_room(store, err);
    if (st == ST_OK)
        st = pg_send(store, names[place], &parameters, err);
    many->rows = 0;
    many->bytes = 0;
    return st;
}

enum status pg_many_send(struct pg_store *store, struct errmsg *err)
{
    enum status st = ST_OK;

    for (int i = 0; i < store->many_count; i++) {
        if (st == ST_OK)
            st = send_rows(store, store->many_order[i], err);
    }
    pg_many_forget(store);
    return st;
}

void pg_many_forget(struct pg_store *store)
{
    for (int i = 0; i < store->many_count; i++)
        store->many[store->many_order[i]].rows = 0;
    store->many_count = 0;
}

enum status pg_many_add(struct pg_store *store, enum statement statement, const struct store_value *values,
                        size_t count, struct errmsg *err)
{
    struct pg_many *many = &store->many[place_of(statement)];
    enum status st = pg_check_values(store, statement, values, count, err);

    if (st != ST_OK)
        return st;
    if (many->rows >= MANY_ROWS_MAX || many->bytes >= MANY_BYTES_MAX)
        st = pg_many_send(store, err);
    if (st != ST_OK)
        return st;
    if (many->rows == 0) {
        store->many_order[store->many_count++] = (unsigned char)place_of(statement);
        many->bytes = 0;
        for (size_t i = 0; i < count; i++) {
            if (many->columns[i].len_max == 0)
                many->columns[i] = (struct strbuf)STRBUF_INIT(2 * MANY_BYTES_MAX);
            pg_array_begin(&many->columns[i], (enum store_value_kind)store->kinds[statement][i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        pg_array_add(&many->columns[i], &values[i]);
        many->bytes += values[i].len + 12;
    }
    many->rows++;
    return ST_OK;
}

void pg_many_free(struct pg_store *store)
{
    for (int i = 0; i < PG_MANY_COUNT; i++) {
        for (int k = 0; k < STORE_PARAMETERS_MAX; k++)
            strbuf_free(&store->many[i].columns[k]);
    }
}
