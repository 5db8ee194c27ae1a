/* SPDX-License-Identifier: Apache-2.0 */
/* report_list - a statement's rows as a JSON list under one name. Used by the reports only. */
#ifndef LOYALD_CENTRAL_REPORT_LIST_H
#define LOYALD_CENTRAL_REPORT_LIST_H

#include "agent/base/json_writer.h"
#include "sync/central/store.h"

enum { REPORT_COLUMNS_MAX = 16 };

/* Each column of a row under its own name; as the letters of kinds say, one a column: t text, i number, j JSON. */
struct report_list {
    const char *name;
    enum statement statement;
    const char *kinds;
    const char *columns[REPORT_COLUMNS_MAX];
};

enum status report_list_write(struct store *store, const struct report_list *list, const struct store_value *values,
                              size_t count, struct json_writer *w, struct errmsg *err);
/* {name:[...]} */
enum status report_list_alone(struct store *store, const struct report_list *list, const struct store_value *values,
                              size_t count, struct json_writer *w, struct errmsg *err);

#endif
