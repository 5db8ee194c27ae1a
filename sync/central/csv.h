/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - rows of comma-separated text (RFC 4180), as offices export them: quoted fields, doubled quotes, a byte order
 * mark, either line end, and semicolons instead of commas where the header has no comma.
 */
#ifndef LOYALD_CENTRAL_CSV_H
#define LOYALD_CENTRAL_CSV_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stddef.h>

enum { CSV_COLUMNS_MAX = 64 };

struct csv {
    char *at, *end; /* of text still to be read; written into by reading */
    char separator;
    int line; /* of the row read last, the header being line 1 */
    int next_line;
    int count; /* fields of the row read last */
    char *fields[CSV_COLUMNS_MAX];
};

/* Takes over text (len bytes and a NUL), which must outlive it and is cut up in place. first_line is the number of
 * its first row. */
void csv_begin(struct csv *csv, char *text, size_t len, int first_line);
/* Reads the next row that is not empty. ST_NOT_FOUND after the last, ST_INVALID for an open quote or too many fields:
 * the row is then skipped and reading may go on. */
enum status csv_next(struct csv *csv, struct errmsg *err);
/* The length of the first row of text with its line end: where a file may be cut. */
size_t csv_row_len(const char *text, size_t len);

#endif
