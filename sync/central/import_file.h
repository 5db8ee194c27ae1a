/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_file - a file of the office's (csv.h) taken row by row: the header's columns by name, what was taken, what
 * was refused and why.
 *
 * A row is a step (steps.h). One that cannot be taken is told by its line and leaves nothing behind, the others are
 * taken; a fault of ours leaves nothing of the steps that share its transaction, which are all where they are not
 * apart.
 */
#ifndef LOYALD_CENTRAL_IMPORT_FILE_H
#define LOYALD_CENTRAL_IMPORT_FILE_H

#include "agent/base/json_writer.h"
#include "sync/central/central.h"
#include "sync/central/csv.h"

enum { IMPORT_COLUMNS_KNOWN_MAX = 16 };

struct import_kind;

struct import_file {
    struct central *central;
    const char *chain;
    const struct import_kind *kind;
    void *context; /* of the kind's functions */
    struct csv csv;
    int columns;
    const char *names[CSV_COLUMNS_MAX]; /* as the header has them */
    int at[IMPORT_COLUMNS_KNOWN_MAX];   /* where each known column stands, -1: nowhere */
    int64_t rows, imported, error_count;
    struct json_writer errors;
};

/* What is imported. */
struct import_kind {
    const char *header;         /* an example, for who sent none */
    const char *const *columns; /* the known ones; the first must be there */
    int column_count;
    /* A column that is none of them, by its place in the header: taken, or refused in words. */
    enum status (*other)(struct import_file *file, int column, struct errmsg *err);
    /* Takes the row that was read, which has as many fields as the header, or refuses it in words. */
    enum status (*put)(struct import_file *file, struct errmsg *err);
    /* A step of what the row before left to be done in transactions of their own; NULL: none ever. */
    enum status (*rest)(struct import_file *file, bool *out_found, struct errmsg *err);
    /* What else it counted, into the answer; may be NULL. */
    void (*write)(const struct import_file *file, struct json_writer *w);
};

/* A header and rows. */
struct import_text {
    char *bytes;
    size_t len;
    int first_line; /* of the first row in the office's file: lines are told by it */
};
/* The text is cut up. Writes {"rows","imported","error_count","errors":[{"line","message"}]}, at most
 * IMPORT_ERRORS_MAX (import.h) of them. Borrows all until it returns. */
enum status import_file(struct central *central, const char *chain, const struct import_kind *kind, void *context,
                        const struct import_text *text, struct json_writer *w, struct errmsg *err);

/* A known column's field of the row; NULL when the file has no such column. */
const char *import_field(const struct import_file *file, int column);

#endif
