/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of a statement's parameters, for store_pg_many.c and store_pg_each.c. */
#include "sync/central/store_pg.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/bytes.h"

enum { LENGTH_AT = 12 };

/* What arrays are of, by the numbers that PostgreSQL gives them (catalog/pg_type.dat). */
static const struct {
    const char *name;
    uint32_t oid;
} types[] = {[STORE_INT] = {"bigint", 20}, [STORE_TEXT] = {"text", 25}, [STORE_BLOB] = {"bytea", 17}};

bool pg_array_is_same(const struct pg_array_shape *shape, int parameter)
{
    return (shape->same >> parameter & 1) != 0;
}

void pg_array_rename(const struct pg_array_shape *shape, struct strbuf *out, const char *from, const char *until)
{
    while (from < until) {
        int parameter = *from == '$' ? atoi(from + 1) - 1 : -1;

        if (parameter >= 0 && pg_array_is_same(shape, parameter)) {
            strbuf_printf(out, "$%d::%s", parameter + 1, types[shape->kinds[parameter]].name);
            from += 1 + strspn(from + 1, "0123456789");
        } else if (parameter >= 0) {
            strbuf_puts(out, "many.p");
            from++;
        } else {
            strbuf_putc(out, *from++);
        }
    }
}

void pg_array_unnest(const struct pg_array_shape *shape, const char *more, struct strbuf *out)
{
    const char *comma = "";

    strbuf_puts(out, " FROM unnest(");
    for (int i = 0; i < shape->count; i++) {
        if (pg_array_is_same(shape, i))
            continue;
        strbuf_printf(out, "%s$%d::%s[]", comma, i + 1, types[shape->kinds[i]].name);
        comma = ", ";
    }
    strbuf_printf(out, ")%s AS many(", more[0] ? " WITH ORDINALITY" : "");
    comma = "";
    for (int i = 0; i < shape->count; i++) {
        if (pg_array_is_same(shape, i))
            continue;
        strbuf_printf(out, "%sp%d", comma, i + 1);
        comma = ", ";
    }
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

static const void *bytes_of(const struct store_value *value, uint8_t number[8], size_t *out_len)
{
    *out_len = value->len;
    if (value->kind != STORE_INT)
        return value->kind == STORE_NULL || !value->bytes ? "" : value->bytes;
    bytes_put_u64(number, (uint64_t)value->number);
    *out_len = 8;
    return number;
}

void pg_array_keep_same(struct strbuf *column, const struct store_value *value)
{
    uint8_t number[8];
    size_t len;
    const void *bytes = bytes_of(value, number, &len);

    strbuf_clear(column);
    strbuf_putc(column, value->kind == STORE_NULL ? 'n' : 'v');
    strbuf_add(column, bytes, len);
}

bool pg_array_has_same(const struct strbuf *column, const struct store_value *value)
{
    uint8_t number[8];
    size_t len;
    const void *bytes = bytes_of(value, number, &len);

    return (column->data[0] == 'n') == (value->kind == STORE_NULL) && column->len == 1 + len &&
           memcmp(column->data + 1, bytes, len) == 0;
}

enum status pg_array_bind_same(struct pg_parameters *parameters, const struct strbuf *column)
{
    enum status st = strbuf_status(column);

    if (st != ST_OK)
        return st;
    parameters->values[parameters->count] = column->data[0] == 'n' ? NULL : column->data + 1;
    parameters->lengths[parameters->count] = (int)column->len - 1;
    parameters->formats[parameters->count++] = 1;
    return ST_OK;
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
