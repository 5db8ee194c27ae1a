/* SPDX-License-Identifier: Apache-2.0 */
/* bitmap - a picture of one bit a dot, as printers take it. Pure. */
#ifndef LOYALD_RECEIPT_BITMAP_H
#define LOYALD_RECEIPT_BITMAP_H

#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BITMAP_WIDTH_MAX = 1024, BITMAP_HEIGHT_MAX = 1024 };

/* Rows of whole bytes, the highest bit at the left; 1 is black. */
struct bitmap {
    int width, height; /* in dots */
    size_t row_bytes;
    uint8_t *bits; /* owned */
};

/* White. ST_INVALID past the bounds, ST_NOMEM. */
enum status bitmap_init(struct bitmap *bitmap, int width, int height);
void bitmap_clear(struct bitmap *bitmap);                                     /* frees */
void bitmap_fill(struct bitmap *bitmap, int x, int y, int width, int height); /* black; what is outside is left out */
bool bitmap_at(const struct bitmap *bitmap, int x, int y);
size_t bitmap_bytes(int width, int height);
/* The same picture `width` dots wide, which is less than it has; a dot is black where half of what it stands for is.
 */
enum status bitmap_shrink(const struct bitmap *bitmap, int width, struct bitmap *out_bitmap);

#endif
