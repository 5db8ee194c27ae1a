/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/store_pg.h"

#include <string.h>

#include "agent/base/bytes.h"
#include "agent/base/int_math.h"
#include "agent/base/utf8.h"

/* The types that statements and tables use, by the numbers that PostgreSQL gives them (catalog/pg_type.dat). */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_INT4 = 23, OID_TEXT = 25, OID_NUMERIC = 1700 };

enum status pg_learn(struct pg_store *store, enum statement statement, const PGresult *described, struct errmsg *err)
{
    int count = PQnparams(described);

    if (count > STORE_PARAMETERS_MAX)
        return store_misused(statement, err);
    store->counts[statement] = (unsigned char)count;
    for (int i = 0; i < count; i++) {
        switch (PQparamtype(described, i)) {
        case OID_INT8:
            store->kinds[statement][i] = STORE_INT;
            break;
        case OID_TEXT:
            store->kinds[statement][i] = STORE_TEXT;
            break;
        case OID_BYTEA:
            store->kinds[statement][i] = STORE_BLOB;
            break;
        default: /* a 32-bit integer, mostly: a wider number would be refused, some day */
            errmsg_set(err,
                       "database: statement %s: parameter $%d is taken for no 64-bit integer, text or bytes: CAST it",
                       statement_name(statement), i + 1);
            return ST_INTERNAL;
        }
    }
    return ST_OK;
}

static void add(struct pg_parameters *parameters, const void *bytes, size_t len)
{
    parameters->values[parameters->count] = bytes ? bytes : "";
    parameters->lengths[parameters->count] = (int)len;
    parameters->formats[parameters->count++] = 1;
}

void pg_bind_number(struct pg_parameters *parameters, int64_t number)
{
    char *place = parameters->numbers[parameters->count];

    bytes_put_u64((uint8_t *)place, (uint64_t)number);
    add(parameters, place, 8);
}

void pg_bind_text(struct pg_parameters *parameters, const char *text)
{
    add(parameters, text, strlen(text));
}

/* A server refuses text that is none, and with it the transaction; said before, it is one record's fault. */
static enum status check_text(enum statement statement, const struct store_value *value, struct errmsg *err)
{
    if (value->len <= INT32_MAX && utf8_is_valid(value->bytes, value->len) && !memchr(value->bytes, 0, value->len))
        return ST_OK;
    errmsg_set(err, "database: %s: a text is not valid UTF-8", statement_name(statement));
    return ST_INVALID;
}

enum status pg_check_values(struct pg_store *store, enum statement statement, const struct store_value *values,
                            size_t count, struct errmsg *err)
{
    enum status st = ST_OK;

    if (count != store->counts[statement])
        return store_misused(statement, err);
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        if (values[i].kind != STORE_NULL && values[i].kind != store->kinds[statement][i])
            return store_misused(statement, err);
        if (values[i].kind == STORE_TEXT)
            st = check_text(statement, &values[i], err);
    }
    return st;
}

enum status pg_bind(struct pg_store *store, enum statement statement, const struct store_value *values, size_t count,
                    struct pg_parameters *out, struct errmsg *err)
{
    enum status st = pg_check_values(store, statement, values, count, err);

    out->count = 0;
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        const struct store_value *value = &values[i];

        switch (value->kind) {
        case STORE_NULL:
            add(out, NULL, 0);
            out->values[out->count - 1] = NULL;
            break;
        case STORE_INT:
            pg_bind_number(out, value->number);
            break;
        case STORE_TEXT:
        case STORE_BLOB:
            add(out, value->bytes, value->len);
            break;
        }
    }
    return st;
}

bool pg_next(struct rows *base)
{
    struct pg_rows *rows = (struct pg_rows *)base;

    if (rows->row < rows->count)
        rows->row++;
    return rows->row < rows->count;
}

static int get_u16(const uint8_t *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

/* A sum of 64-bit integers is a NUMERIC: digits of base 10,000, the first of weight `weight`, none behind the point.
 */
static int64_t read_numeric(const uint8_t *bytes, int len)
{
    int digits = len >= 8 ? get_u16(bytes) : 0, weight = len >= 8 ? (int16_t)get_u16(bytes + 2) : 0;
    bool negative = len >= 8 && get_u16(bytes + 4) == 0x4000;
    int64_t value = 0;

    for (int i = 0; i <= weight; i++) {
        int64_t digit = i < digits && 8 + 2 * i + 2 <= len ? get_u16(bytes + 8 + 2 * i) : 0;

        if (int_mul(value, 10000, &value) != ST_OK || int_add(value, digit, &value) != ST_OK)
            return negative ? INT64_MIN : INT64_MAX;
    }
    return negative ? -value : value;
}

int64_t pg_integer(const struct rows *base, int column)
{
    const struct pg_rows *rows = (const struct pg_rows *)base;
    const uint8_t *bytes = (const uint8_t *)PQgetvalue(rows->result, rows->row, column);
    int len = PQgetlength(rows->result, rows->row, column);

    if (PQgetisnull(rows->result, rows->row, column))
        return 0;
    switch (PQftype(rows->result, column)) {
    case OID_INT8:
        return len == 8 ? (int64_t)bytes_get_u64(bytes) : 0;
    case OID_INT4:
        return len == 4 ? (int32_t)bytes_get_u32(bytes) : 0;
    case OID_NUMERIC:
        return read_numeric(bytes, len);
    default:
        return 0;
    }
}

const char *pg_text(const struct rows *base, int column)
{
    const struct pg_rows *rows = (const struct pg_rows *)base;

    return PQgetvalue(rows->result, rows->row, column); /* "" for null, and ended by a zero always */
}

const void *pg_blob(const struct rows *base, int column, size_t *out_len)
{
    const struct pg_rows *rows = (const struct pg_rows *)base;

    *out_len = (size_t)PQgetlength(rows->result, rows->row, column);
    return PQgetvalue(rows->result, rows->row, column);
}

enum status pg_end(struct rows *base, struct errmsg *err)
{
    struct pg_rows *rows = (struct pg_rows *)base;

    (void)err; /* every row was there before the first was read */
    PQclear(rows->result);
    rows->result = NULL;
    base->busy = false;
    return ST_OK;
}
