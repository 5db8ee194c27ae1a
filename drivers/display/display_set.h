/* SPDX-License-Identifier: Apache-2.0 */
/*
 * display_set - what customer displays are sent: one row of a table for each command set, and texts as cells of the
 * display's code page. Knows no lines, no time.
 */
#ifndef LOYALD_DISPLAY_DISPLAY_SET_H
#define LOYALD_DISPLAY_DISPLAY_SET_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/display/display.h"

#include <stdbool.h>

struct code_page;

enum { DISPLAY_BYTES_MAX = 160 }; /* to begin and to write both lines of DISPLAY_COLUMNS_MAX */

struct display_set {
    const char *name;
    /* Lines are written from the first column on, so that nothing depends on what was shown before. Each returns how
     * many bytes it wrote to out, which has room for DISPLAY_BYTES_MAX. */
    size_t (*begin)(int code_page_n, uint8_t *out);
    size_t (*line)(int row, const uint8_t *cells, int columns, uint8_t *out); /* row 0 or 1 */
};

extern const struct display_set display_sets[]; /* by enum display_set_id */

/* How texts become cells; filled by display_face_init. */
struct display_face {
    const struct display_set *set;
    const struct code_page *page;
    int code_page_n, columns;
    uint64_t substituted; /* characters shown otherwise */
};

/* ST_INVALID when that command set has no number of its own for the code page and none is given. */
enum status display_face_init(struct display_face *face, const struct display_options *options, struct errmsg *err);
/* A page as it will stand: a right text whole, the left one cut beside it. */
void display_face_page(struct display_face *face, const struct display_page *page,
                       uint8_t out_rows[DISPLAY_ROWS][DISPLAY_COLUMNS_MAX]);

#endif
