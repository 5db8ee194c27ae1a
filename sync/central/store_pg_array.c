/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of a statement's parameters, for store_pg_many.c and store_pg_each.c. */
#include "sync/central/store_pg.h"

#include "agent/base/bytes.h"

enum { LENGTH_AT = 12 };

/* What arrays are of, by the numbers that PostgreSQL gives them (catalog/pg_type.dat). */
static const struct {
    const char *name;
    uint32_t oid;
} types[] = {[STORE_INT] = {"bigint", 20}, [STORE_TEXT] = {"text", 25}, [STORE_BLOB] = {"bytea", 17}};

void pg_array_rename(struct strbuf *out, const char *from, const char *until)
{
    for (; from < until; from++) {
        if (*from == '$')
            strbuf_puts(out, "many.p");
        else
            strbuf_putc(out, *from);
    }
}

void pg_array_unnest(const struct pg_store *store, enum statement statement, const char *more, struct strbuf *out)
{
    int count = store->counts[statement];

    strbuf_puts(out, " FROM unnest(");
    for (int i = 0; i < count; i++)
        strbuf_printf(out, "%s$%d::%s[]", i > 0 ? ", " : "", i + 1, types[store->kinds[statement][i]].name);
    strbuf_printf(out, ")%s AS many(", more[0] ? " WITH ORDINALITY" : "");
    for (int i = 0; i < count; i++)
        strbuf_printf(out, "%sp%d", i > 0 ? ", " : "", i + 1);
    strbuf_printf(out, "%s)", more);
}

static void put_u32(struct strbuf *out, uint32_t value)
{
    uint8_t bytes[4];

    bytes_put_u32(bytes, value);
    strbuf_add(out, bytes, sizeof(bytes));
}

void pg_array_begin(struct strbuf *column, enum store_value_kind kind)
{
    strbuf_clear(column);
    put_u32(column, 1);
    put_u32(column, 1); /* there may be nulls */
    put_u32(column, types[kind].oid);
    put_u32(column, 0);
    put_u32(column, 1);
}

void pg_array_add(struct strbuf *column, const struct store_value *value)
{
    uint8_t number[8];

    switch (value->kind) {
    case STORE_NULL:
        put_u32(column, UINT32_MAX);
        return;
    case STORE_INT:
        put_u32(column, sizeof(number));
        bytes_put_u64(number, (uint64_t)value->number);
        strbuf_add(column, number, sizeof(number));
        return;
    case STORE_TEXT:
    case STORE_BLOB:
        put_u32(column, (uint32_t)value->len);
        strbuf_add(column, value->bytes ? value->bytes : "", value->len);
        return;
    }
}

enum status pg_array_bind(struct pg_parameters *parameters, struct strbuf *column, int rows)
{
    enum status st = strbuf_status(column);

    if (st != ST_OK)
        return st;
    bytes_put_u32((uint8_t *)column->data + LENGTH_AT, (uint32_t)rows);
    parameters->values[parameters->count] = column->data;
    parameters->lengths[parameters->count] = (int)column->len;
    parameters->formats[parameters->count++] = 1;
    return ST_OK;
}
