/* SPDX-License-Identifier: Apache-2.0 */
/* render_drawn - a line of text as a picture, in the font, on the grid of the printer's own characters. */
#ifndef LOYALD_PRINTER_RENDER_DRAWN_H
#define LOYALD_PRINTER_RENDER_DRAWN_H

#include "agent/receipt/page.h"
#include "drivers/printer/raster.h"
#include "drivers/printer/render.h"

/* ST_NOMEM, or ST_INVALID for a line without width. */
enum status render_drawn_line(const struct render_options *options, const struct page_lines *lines,
                              const struct page_line *line, struct bitmap *out_bitmap);

#endif
