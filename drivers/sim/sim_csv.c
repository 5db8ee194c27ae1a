/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* Cuts row into fields, in place. Returns their count, -1 when they are too many. */
static int cut(char *row, const char **out_fields)
{
    int count = 0;
    char *from = row;

    for (;;) {
        char *to = from;
        char end;

        if (count == SIM_CSV_COLUMNS_MAX)
            return -1;
        out_fields[count++] = to;
        if (*from == '"') {
            for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
                from += *from == '"'; /* a doubled one stands for itself */
                *to++ = *from;
            }
            from += *from == '"';
        }
        while (*from && *from != ',')
            *to++ = *from++;
        end = *from;
        *to = '\0';
        if (end == '\0')
            return count;
        from++;
    }
}

static enum status read_row(struct sim_csv *csv, char *bytes, const char **out_fields, int *out_count,
                            struct errmsg *err)
{
    size_t len;

    if (!gzgets(csv->file, bytes, SIM_CSV_ROW_BYTES_MAX))
        return ST_NOT_FOUND;
    csv->row++;
    len = strlen(bytes);
    if (len + 1 == SIM_CSV_ROW_BYTES_MAX && bytes[len - 1] != '\n') {
        errmsg_set(err, "%s:%" PRId64 ": the row is too long", csv->path, csv->row);
        return ST_INVALID;
    }
    bytes[strcspn(bytes, "\r\n")] = '\0';
    *out_count = cut(bytes, out_fields);
    if (*out_count < 0) {
        errmsg_set(err, "%s:%" PRId64 ": more than %d columns", csv->path, csv->row, SIM_CSV_COLUMNS_MAX);
        return ST_INVALID;
    }
    return ST_OK;
}

enum status sim_csv_open(struct sim_csv *csv, const char *dir, const char *name, struct errmsg *err)
{
    enum status st;

    csv->row = 0;
    if (snprintf(csv->path, sizeof csv->path, "%s%s%s", dir ? dir : "", dir ? "/" : "", name) >=
        (int)sizeof csv->path) {
        errmsg_set(err, "%s/%s: the path is too long", dir ? dir : "", name);
        return ST_INVALID;
    }
    csv->file = gzopen(csv->path, "rb");
    if (!csv->file) {
        errmsg_set(err, "%s: cannot be opened", csv->path);
        return ST_NOT_FOUND;
    }
    st = read_row(csv, csv->header, csv->names, &csv->name_count, err);
    if (st == ST_OK)
        return ST_OK;
    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: is empty, its first row names the columns", csv->path);
    sim_csv_close(csv);
    return ST_INVALID;
}

void sim_csv_close(struct sim_csv *csv)
{
    if (csv->file)
        (void)gzclose(csv->file);
    csv->file = NULL;
}

enum status sim_csv_column(const struct sim_csv *csv, const char *name, int *out_column, struct errmsg *err)
{
    for (int i = 0; i < csv->name_count; i++) {
        if (strcmp(csv->names[i], name) == 0) {
            *out_column = i;
            return ST_OK;
        }
    }
    errmsg_set(err, "%s: has no column %s", csv->path, name);
    return ST_INVALID;
}

enum status sim_csv_next(struct sim_csv *csv, struct errmsg *err)
{
    enum status st = read_row(csv, csv->bytes, csv->fields, &csv->field_count, err);

    if (st == ST_OK && csv->field_count != csv->name_count) {
        errmsg_set(err, "%s:%" PRId64 ": has %d columns, the header %d", csv->path, csv->row, csv->field_count,
                   csv->name_count);
        st = ST_INVALID;
    }
    return st;
}
