/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_slip - the paper that has come out of the simulated printer since the last cut: cells of text as they stand on
 * it, bars, QR codes, pictures, white space; and its files: text, drawing, facts.
 *
 * Knows nothing of ESC/POS. Bounded: what does not fit is left out and the facts say "truncated": true.
 */
#ifndef LOYALD_SIM_SIM_SLIP_H
#define LOYALD_SIM_SIM_SLIP_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SLIP_ITEMS_MAX = 16 * 1024,
    SLIP_CELLS_MAX = 512 * 1024,
    SLIP_DATA_BYTES_MAX = 256 * 1024,
    SLIP_PAGES_MAX = 64,
    SLIP_CELL_DOTS = 12, /* width of a character of font A */
};

enum slip_kind { SLIP_TEXT, SLIP_BARS, SLIP_QR, SLIP_PICTURE, SLIP_FEED };
enum slip_align { SLIP_LEFT, SLIP_CENTRE, SLIP_RIGHT };
enum slip_bars { SLIP_EAN13, SLIP_CODE128, SLIP_OTHER_BARS };

struct slip_look {
    uint8_t wide, tall; /* 1 to 8 */
    bool bold, underline, invert;
};

struct slip_cell {
    uint32_t code;
    struct slip_look look;
};

struct slip_item {
    enum slip_kind kind;
    enum slip_align align;
    enum slip_bars bars;
    uint8_t module_dots;  /* of bars and QR codes */
    uint16_t height_dots; /* of bars, pictures, white space */
    uint16_t width_dots;  /* of pictures */
    bool digits_above, digits_below;
    size_t first, count; /* cells, or bytes of data */
};

struct slip {
    int columns;
    struct slip_item *items;
    size_t item_count, item_cap;
    struct slip_cell *cells;
    size_t cell_count, cell_cap;
    struct strbuf data; /* bars: one symbol value a byte for Code 128, digits for EAN; QR: the text */
    bool truncated;
    /* Facts beside what is seen. */
    uint8_t pages[SLIP_PAGES_MAX]; /* numbers of ESC t in order of first use */
    size_t page_count;
    uint32_t unknown_commands, undecodable, drawer_pulses, pictures;
    const char *cut; /* "full", "partial", "torn" */
};

void slip_init(struct slip *slip, int columns);
void slip_free(struct slip *slip);
void slip_clear(struct slip *slip); /* a new piece of paper */
bool slip_is_blank(const struct slip *slip);
/* Columns a line of cells takes. */
int slip_cells_width(const struct slip_cell *cells, size_t count);
void slip_add_line(struct slip *slip, enum slip_align align, const struct slip_cell *cells, size_t count);
/* item->first and count are set here; data may be NULL. */
void slip_add_item(struct slip *slip, struct slip_item item, const void *data, size_t len);
void slip_use_page(struct slip *slip, uint8_t n);

void slip_to_text(const struct slip *slip, struct strbuf *out);
void slip_to_json(const struct slip *slip, unsigned number, struct strbuf *out);
void slip_to_svg(const struct slip *slip, struct strbuf *out);
/* Writes slip-NNNN.txt, .svg and .json into dir, each whole or not at all; the .json last. */
enum status slip_write(const struct slip *slip, const char *dir, unsigned number, struct errmsg *err);

#endif
