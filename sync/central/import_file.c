/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/import_file.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sync/central/import.h"
#include "sync/central/interpret.h"
#include "sync/central/steps.h"

enum { HEADER_LINE = 1 };

const char *import_field(const struct import_file *file, int column)
{
    return file->at[column] < 0 ? NULL : file->csv.fields[file->at[column]];
}

static bool is_known(struct import_file *file, const struct import_kind *kind, int column)
{
    for (int k = 0; k < kind->column_count; k++)
        if (strcmp(file->names[column], kind->columns[k]) == 0) {
            file->at[k] = column;
            return true;
        }
    return false;
}

static enum status read_header(struct import_file *file, const struct import_kind *kind, struct errmsg *err)
{
    enum status st = csv_next(&file->csv, err);

    if (st != ST_OK) {
        errmsg_set(err, "the file has no header: its first line names the columns, such as %s", kind->header);
        return ST_INVALID;
    }
    for (int k = 0; k < kind->column_count; k++)
        file->at[k] = -1;
    file->columns = file->csv.count;
    for (int i = 0; st == ST_OK && i < file->columns; i++) {
        file->names[i] = file->csv.fields[i];
        if (!is_known(file, kind, i))
            st = kind->other(file, i, err);
    }
    if (st == ST_OK && file->at[0] < 0) {
        errmsg_set(err, "the header names no column \"%s\"", kind->columns[0]);
        st = ST_INVALID;
    }
    return st;
}

static enum status put_row(struct import_file *file, const struct import_kind *kind, struct errmsg *err)
{
    if (file->csv.count != file->columns) {
        errmsg_set(err, "%d fields, the header has %d", file->csv.count, file->columns);
        return ST_INVALID;
    }
    return kind->put(file, err);
}

static void report(struct import_file *file, const struct errmsg *reason)
{
    if (++file->error_count > IMPORT_ERRORS_MAX)
        return;
    jw_object_begin(&file->errors);
    jw_field_int(&file->errors, "line", file->csv.line);
    jw_field_text(&file->errors, "message", reason->text);
    jw_object_end(&file->errors);
}

/* The row that was read, or what cannot be taken of it. */
static enum status take_row(struct import_file *file, struct errmsg *err)
{
    struct store *store = file->central->store;
    struct errmsg reason = ERRMSG_INIT;
    enum status st = store_mark(store, err), row;

    if (st != ST_OK)
        return st;
    row = put_row(file, file->kind, &reason);
    st = row == ST_OK ? store_mark_keep(store, err) : store_mark_undo(store, err);
    if (interpret_is_fault(row)) {
        *err = reason;
        return row;
    }
    if (row == ST_OK)
        file->imported++;
    else
        report(file, &reason);
    return st;
}

static enum status step(void *context, bool *out_found, struct errmsg *err)
{
    struct import_file *file = context;
    struct errmsg reason = ERRMSG_INIT;
    enum status st = ST_OK;

    *out_found = false;
    if (file->kind->rest && file->rows > 0 && steps_are_apart(file->central))
        st = file->kind->rest(file, out_found, err);
    if (st != ST_OK || *out_found)
        return st;
    st = csv_next(&file->csv, &reason);
    *out_found = st != ST_NOT_FOUND;
    if (!*out_found)
        return ST_OK;
    file->rows++;
    if (st == ST_OK)
        return take_row(file, err);
    report(file, &reason);
    return ST_OK;
}

static void write_outcome(const struct import_file *file, const struct import_kind *kind, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_int(w, "rows", file->rows);
    jw_field_int(w, "imported", file->imported);
    if (kind->write)
        kind->write(file, w);
    jw_field_int(w, "error_count", file->error_count);
    jw_name(w, "errors");
    jw_array_begin(w);
    if (file->errors.out->len > 0)
        jw_raw(w, file->errors.out->data, file->errors.out->len);
    jw_array_end(w);
    jw_object_end(w);
}

enum status import_file(struct central *central, const char *chain, const struct import_kind *kind, void *context,
                        const struct import_text *text, struct json_writer *w, struct errmsg *err)
{
    struct strbuf errors = STRBUF_INIT(IMPORT_ERRORS_MAX * 2 * ERRMSG_BYTES_MAX);
    struct import_file *file = calloc(1, sizeof(*file));
    enum status st;

    assert(kind->column_count <= IMPORT_COLUMNS_KNOWN_MAX);
    if (!file)
        return ST_NOMEM;
    file->central = central;
    file->chain = chain;
    file->kind = kind;
    file->context = context;
    file->errors = (struct json_writer)JSON_WRITER_INIT(&errors);
    csv_begin(&file->csv, text->bytes, text->len, HEADER_LINE);
    st = read_header(file, kind, err);
    file->csv.next_line = text->first_line;
    if (st == ST_OK)
        st = steps_run(central, INT_MAX, step, file, NULL, err);
    if (st == ST_OK)
        write_outcome(file, kind, w);
    strbuf_free(&errors);
    free(file);
    return st;
}
