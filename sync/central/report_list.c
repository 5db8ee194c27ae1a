/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/report_list.h"

#include <string.h>

static void write_row(const struct report_list *list, const struct rows *rows, struct json_writer *w)
{
    jw_object_begin(w);
    for (int i = 0; list->kinds[i]; i++) {
        if (list->kinds[i] == 't')
            jw_field_text(w, list->columns[i], rows_text(rows, i));
        else if (list->kinds[i] == 'j')
            jw_field_raw(w, list->columns[i], rows_text(rows, i), strlen(rows_text(rows, i)));
        else
            jw_field_int(w, list->columns[i], rows_int(rows, i));
    }
    jw_object_end(w);
}

enum status report_list_write(struct store *store, const struct report_list *list, const struct store_value *values,
                              size_t count, struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st = store_select(store, list->statement, values, count, &rows, err);

    if (st != ST_OK)
        return st;
    jw_name(w, list->name);
    jw_array_begin(w);
    while (rows_next(rows))
        write_row(list, rows, w);
    jw_array_end(w);
    return rows_end(rows, err);
}

enum status report_list_alone(struct store *store, const struct report_list *list, const struct store_value *values,
                              size_t count, struct json_writer *w, struct errmsg *err)
{
    enum status st;

    jw_object_begin(w);
    st = report_list_write(store, list, values, count, w, err);
    jw_object_end(w);
    return st;
}
