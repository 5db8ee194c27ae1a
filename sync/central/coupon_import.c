/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/coupon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/civil_time.h"
#include "sync/central/csv.h"
#include "sync/central/import.h"
#include "sync/central/office.h"

enum column {
    COLUMN_CODE,
    COLUMN_MEMBER,
    COLUMN_PROMOTION,
    COLUMN_USES_MAX,
    COLUMN_FROM,
    COLUMN_UNTIL,
    COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = {"code", "member", "promotion", "uses_max", "from", "until"};

struct import {
    struct central *central;
    const char *chain;
    struct csv csv;
    int columns, at[COLUMN_COUNT]; /* where each stands, -1: nowhere */
    int64_t rows, imported, error_count;
    struct json_writer *errors;
};

static enum status read_header(struct import *import, struct errmsg *err)
{
    enum status st = csv_next(&import->csv, err);

    if (st != ST_OK) {
        errmsg_set(err, "the file has no header: its first line names the columns, such as code,member,until");
        return ST_INVALID;
    }
    for (int k = 0; k < COLUMN_COUNT; k++)
        import->at[k] = -1;
    import->columns = import->csv.count;
    for (int i = 0; i < import->columns; i++) {
        int k = 0;

        while (k < COLUMN_COUNT && strcmp(import->csv.fields[i], column_names[k]) != 0)
            k++;
        if (k == COLUMN_COUNT) {
            errmsg_set(err, "column %d: \"%.64s\" is none of code, member, promotion, uses_max, from, until", i + 1,
                       import->csv.fields[i]);
            return ST_INVALID;
        }
        import->at[k] = i;
    }
    if (import->at[COLUMN_CODE] >= 0)
        return ST_OK;
    errmsg_set(err, "the header names no column \"code\"");
    return ST_INVALID;
}

static const char *field(const struct import *import, enum column column)
{
    return import->at[column] < 0 ? "" : import->csv.fields[import->at[column]];
}

static enum status check_name(const char *what, const char *name, struct errmsg *err)
{
    if (!name[0] || id_is_valid(name))
        return ST_OK;
    errmsg_set(err, "%s \"%.64s\" cannot be a name", what, name);
    return ST_INVALID;
}

static enum status check_date(const char *what, const char *date, struct errmsg *err)
{
    int32_t day;

    if (!date[0] || (strlen(date) == 10 && civil_parse_date(date, &day) == ST_OK))
        return ST_OK;
    errmsg_set(err, "%s \"%.20s\": wanted is YYYY-MM-DD", what, date);
    return ST_INVALID;
}

static enum status put_row(struct import *import, struct errmsg *err)
{
    const char *uses = field(import, COLUMN_USES_MAX);
    char code[COUPON_CODE_BYTES];
    int64_t change, uses_max = 1;
    enum status st = check_name("member", field(import, COLUMN_MEMBER), err);

    if (import->csv.count != import->columns) {
        errmsg_set(err, "%d fields, the header has %d", import->csv.count, import->columns);
        return ST_INVALID;
    }
    if (st == ST_OK)
        st = check_name("promotion", field(import, COLUMN_PROMOTION), err);
    if (st == ST_OK)
        st = check_date("from", field(import, COLUMN_FROM), err);
    if (st == ST_OK)
        st = check_date("until", field(import, COLUMN_UNTIL), err);
    if (st == ST_OK &&
        (!coupon_fold(field(import, COLUMN_CODE), code) || strspn(code, "abcdefghijklmnopqrstuvwxyz"
                                                                        "0123456789._:/") != strlen(code))) {
        errmsg_set(err, "a code is at most %d letters and digits", COUPON_CODE_BYTES - 1);
        st = ST_INVALID;
    }
    if (st == ST_OK && uses[0]) {
        uses_max = strspn(uses, "0123456789") == strlen(uses) && strlen(uses) < 10 ? strtol(uses, NULL, 10) : -1;
        if (uses_max < 0) {
            errmsg_set(err, "uses_max \"%.20s\": a number, 0 takes the coupon back", uses);
            st = ST_INVALID;
        }
    }
    if (st == ST_OK)
        st = store_next_change(import->central->store, &change, err);
    if (st != ST_OK)
        return st;
    return STORE_RUN(import->central->store, STATEMENT_COUPON_PUT, err, V_TEXT(import->chain), V_TEXT(code),
                     V_INT(change), V_TEXT(field(import, COLUMN_MEMBER)), V_TEXT(field(import, COLUMN_PROMOTION)),
                     V_INT(uses_max), V_TEXT(field(import, COLUMN_FROM)), V_TEXT(field(import, COLUMN_UNTIL)));
}

static void report(struct import *import, const struct errmsg *reason)
{
    if (++import->error_count > IMPORT_ERRORS_MAX)
        return;
    jw_object_begin(import->errors);
    jw_field_int(import->errors, "line", import->csv.line);
    jw_field_text(import->errors, "message", reason->text);
    jw_object_end(import->errors);
}

/* A row is checked whole before it is written, so one that is refused leaves nothing behind. */
static enum status import_rows(struct import *import, struct errmsg *err)
{
    for (;;) {
        struct errmsg reason = ERRMSG_INIT;
        enum status row = csv_next(&import->csv, &reason);

        if (row == ST_NOT_FOUND)
            return ST_OK;
        import->rows++;
        if (row == ST_OK)
            row = put_row(import, &reason);
        if (interpret_is_fault(row)) {
            *err = reason;
            return row;
        }
        if (row == ST_OK)
            import->imported++;
        else
            report(import, &reason);
    }
}

static void write_outcome(const struct import *import, const struct strbuf *errors, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_int(w, "rows", import->rows);
    jw_field_int(w, "imported", import->imported);
    jw_field_int(w, "error_count", import->error_count);
    jw_name(w, "errors");
    jw_array_begin(w);
    if (errors->len > 0)
        jw_raw(w, errors->data, errors->len);
    jw_array_end(w);
    jw_object_end(w);
}

enum status coupon_import(struct central *central, const char *chain, char *text, size_t len, int first_line,
                          struct json_writer *w, struct errmsg *err)
{
    struct strbuf errors = STRBUF_INIT(IMPORT_ERRORS_MAX * 2 * ERRMSG_BYTES_MAX);
    struct json_writer errors_writer = JSON_WRITER_INIT(&errors);
    struct import import = {.central = central, .chain = chain, .errors = &errors_writer};
    enum status st = office_need_chain(central, chain, err);

    csv_begin(&import.csv, text, len, 1);
    if (st == ST_OK)
        st = read_header(&import, err);
    import.csv.next_line = first_line;
    if (st == ST_OK)
        st = store_begin(central->store, err);
    if (st == ST_OK)
        st = import_rows(&import, err);
    if (st == ST_OK)
        st = store_commit(central->store, err);
    store_rollback(central->store);
    if (st == ST_OK) {
        write_outcome(&import, &errors, w);
        central_tell_changed(central);
    }
    strbuf_free(&errors);
    return st;
}
