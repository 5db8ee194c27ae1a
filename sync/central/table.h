/* SPDX-License-Identifier: Apache-2.0 */
/* table - lists of JSON objects printed for people: a heading, columns as wide as their longest cell, numbers to the
 * right. */
#ifndef LOYALD_CENTRAL_TABLE_H
#define LOYALD_CENTRAL_TABLE_H

#include <stdio.h>

struct cJSON;

enum table_kind {
    TABLE_TEXT,
    TABLE_NUMBER,
    TABLE_TIME /* microseconds, as UTC */,
    TABLE_SHORT /* 12 characters of a hash */
};
struct table_column {
    const char *heading; /* NULL ends the table */
    const char *name;    /* of the object's member */
    enum table_kind kind;
};

/* Prints "none" for an empty list. */
void table_print(FILE *out, const struct cJSON *list, const struct table_column *columns);

#endif
