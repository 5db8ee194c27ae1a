/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of one statement, many at once: in a transaction that nobody waits for yet, the values of a statement that is
 * run time and again are put together by column, and go to the server as arrays. Its text is the statement's own:
 *
 *   INSERT ... VALUES ($1, $2) ...   ->  INSERT ... SELECT many.p1, many.p2 FROM unnest($1, $2) AS many(p1, p2) ...
 *   UPDATE ... SET a = $2 WHERE b = $1  ->  UPDATE ... SET a = many.p2 FROM unnest(...) ... WHERE b = many.p1
 *
 * What is the same of all rows is no array (statements below): INSERT ... SELECT $1, many.p2 FROM unnest($2) ...
 *
 * No two rows may be of one key, and none may depend on another's having been written: those who run the statements
 * below see to it (sheet_write.c, journal.c). They are sent before any statement that may look at what they write.
 */
#include "sync/central/store_pg.h"

#include <string.h>

/* The server begins with so many rows while the next are put together. */
enum { MANY_ROWS_MAX = 100, MANY_BYTES_MAX = 4 * 1024 * 1024, MANY_SQL_MAX = 4096 };

/* The names of the prepared ones, and which parameters are the same of all rows that go at once: what is of the till
 * at hand or of its chain. Rows of which it is not true go apart. */
enum { P1 = 1 << 0, P2 = 1 << 1, P3 = 1 << 2, P4 = 1 << 3, P5 = 1 << 4, P6 = 1 << 5, P7 = 1 << 6 };
static const struct {
    enum statement statement;
    const char *name;
    unsigned same;
} statements[PG_MANY_COUNT] = {
    {STATEMENT_JOURNAL_INSERT, "MANY_0", P1 | P2},
    {STATEMENT_SALE_INSERT, "MANY_1", P1 | P3 | P4 | P6 | P7},
    {STATEMENT_POSTING_INSERT, "MANY_2", P2 | P4 | P5},
    {STATEMENT_ENTRY_INSERT, "MANY_3", 0},
    {STATEMENT_CLAIM_END, "MANY_4", 0},
    {STATEMENT_ACCOUNT_PUT, "MANY_5", P2},
    {STATEMENT_ACCOUNT_SET, "MANY_6", 0},
    {STATEMENT_LOT_PUT, "MANY_7", P1},
    {STATEMENT_MEMBER_USAGE_PUT, "MANY_8", P1},
    {STATEMENT_MEMBER_USAGE_SET, "MANY_9", P1},
    {STATEMENT_MEMBER_TILL_COUNT, "MANY_A", P1 | P3},
    {STATEMENT_MEMBER_STORE_SEEN, "MANY_B", P1 | P2},
    {STATEMENT_MEMBER_TOUCH, "MANY_C", P1 | P6},
    {STATEMENT_USAGE_COUNT, "MANY_D", P1},
    {STATEMENT_MEMBER_STORE_TOUCH, "MANY_E", P1},
};

/* What looks at nothing, and writes nothing, that the first five of these write; the others are sent by who put them
 * there. */
static const enum statement passes[] = {
    STATEMENT_SHEET_LOAD,       STATEMENT_LOT_GET,          STATEMENT_MEMBER_USAGE_GET, STATEMENT_POINT_RULE_GET,
    STATEMENT_LEASE_RULES,      STATEMENT_IDENTIFIER_GET,   STATEMENT_CHANGE_LAST,      STATEMENT_AUDIENCE_GET,
    STATEMENT_LEASE_ANY,        STATEMENT_LOT_DATED,        STATEMENT_HOLD_END,         STATEMENT_FLOOR_PUT,
    STATEMENT_HOLD_END_EARLIER, STATEMENT_SHEET_LOAD_OTHERS};

static int place_of(enum statement statement)
{
    for (int i = 0; i < PG_MANY_COUNT; i++) {
        if (statements[i].statement == statement)
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

static struct pg_array_shape shape_of(const struct pg_store *store, int place)
{
    enum statement statement = statements[place].statement;

    return (struct pg_array_shape){store->kinds[statement], store->counts[statement], statements[place].same};
}

static enum status write_text(const struct pg_store *store, int place, struct strbuf *out)
{
    const struct pg_array_shape shape = shape_of(store, place);
    const char *text = statement_text(statements[place].statement), *values = strstr(text, " VALUES ("),
               *where = find_where(text);

    if (values) {
        const char *first = values + strlen(" VALUES ("), *end = first + strcspn(first, ")");

        strbuf_add(out, text, (size_t)(values - text));
        strbuf_puts(out, " SELECT ");
        pg_array_rename(&shape, out, first, end);
        pg_array_unnest(&shape, "", out);
        strbuf_puts(out, end + 1);
        if (strchr(end, '$'))
            return ST_INTERNAL;
    } else if (where) {
        pg_array_rename(&shape, out, text, where);
        pg_array_unnest(&shape, "", out);
        pg_array_rename(&shape, out, where, where + strlen(where));
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
        st = write_text(store, i, &text);
        if (st != ST_OK)
            st = store_misused(statements[i].statement, err);
        else
            st = pg_prepare(store, statements[i].name, strbuf_text(&text), err);
    }
    strbuf_free(&text);
    return st == ST_OK ? pg_collect(store, NULL, err) : st;
}

/* ---- the rows ---- */

static enum status send_rows(struct pg_store *store, int place, struct errmsg *err)
{
    struct pg_many *many = &store->many[place];
    const struct pg_array_shape shape = shape_of(store, place);
    struct pg_parameters parameters = {0};
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < shape.count; i++)
        st = pg_array_is_same(&shape, i) ? pg_array_bind_same(&parameters, &many->columns[i])
                                         : pg_array_bind(&parameters, &many->columns[i], many->rows);
    if (st == ST_OK)
        st = pg_make_room(store, err);
    if (st == ST_OK)
        st = pg_send(store, statements[place].name, &parameters, err);
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
    return st == ST_OK ? pg_push(store, err) : st;
}

void pg_many_forget(struct pg_store *store)
{
    for (int i = 0; i < store->many_count; i++)
        store->many[store->many_order[i]].rows = 0;
    store->many_count = 0;
}

static void begin_rows(struct pg_store *store, int place, const struct store_value *values)
{
    struct pg_many *many = &store->many[place];
    const struct pg_array_shape shape = shape_of(store, place);

    store->many_order[store->many_count++] = (unsigned char)place;
    many->bytes = 0;
    for (int i = 0; i < shape.count; i++) {
        if (many->columns[i].len_max == 0)
            many->columns[i] = (struct strbuf)STRBUF_INIT(2 * MANY_BYTES_MAX);
        if (pg_array_is_same(&shape, i))
            pg_array_keep_same(&many->columns[i], &values[i]);
        else
            pg_array_begin(&many->columns[i], (enum store_value_kind)shape.kinds[i]);
    }
}

/* Whether that row may go with those that wait. */
static bool fits(const struct pg_store *store, int place, const struct store_value *values)
{
    const struct pg_many *many = &store->many[place];
    const struct pg_array_shape shape = shape_of(store, place);

    if (many->rows >= MANY_ROWS_MAX || many->bytes >= MANY_BYTES_MAX)
        return false;
    for (int i = 0; i < shape.count; i++) {
        if (pg_array_is_same(&shape, i) && !pg_array_has_same(&many->columns[i], &values[i]))
            return false;
    }
    return true;
}

enum status pg_many_add(struct pg_store *store, enum statement statement, const struct store_value *values,
                        size_t count, struct errmsg *err)
{
    int place = place_of(statement);
    struct pg_many *many = &store->many[place];
    const struct pg_array_shape shape = shape_of(store, place);
    enum status st = pg_check_values(store, statement, values, count, err);

    if (st == ST_OK && many->rows > 0 && !fits(store, place, values))
        st = pg_many_send(store, err);
    if (st != ST_OK)
        return st;
    if (many->rows == 0)
        begin_rows(store, place, values);
    for (int i = 0; i < shape.count; i++) {
        if (pg_array_is_same(&shape, i))
            continue;
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
