/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/bitmap.h"

#include <stdlib.h>

enum status bitmap_init(struct bitmap *bitmap, int width, int height)
{
    struct bitmap made = {.width = width, .height = height, .row_bytes = ((size_t)(width > 0 ? width : 0) + 7) / 8};

    if (width < 1 || width > BITMAP_WIDTH_MAX || height < 1 || height > BITMAP_HEIGHT_MAX)
        return ST_INVALID;
    made.bits = calloc((size_t)height, made.row_bytes);
    if (!made.bits)
        return ST_NOMEM;
    *bitmap = made;
    return ST_OK;
}

void bitmap_clear(struct bitmap *bitmap)
{
    free(bitmap->bits);
    *bitmap = (struct bitmap){0};
}

void bitmap_fill(struct bitmap *bitmap, int x, int y, int width, int height)
{
    for (int row = y < 0 ? 0 : y; row < y + height && row < bitmap->height; row++) {
        for (int column = x < 0 ? 0 : x; column < x + width && column < bitmap->width; column++)
            bitmap->bits[(size_t)row * bitmap->row_bytes + (size_t)column / 8] |= (uint8_t)(0x80 >> column % 8);
    }
}

bool bitmap_at(const struct bitmap *bitmap, int x, int y)
{
    return bitmap->bits[(size_t)y * bitmap->row_bytes + (size_t)x / 8] >> (7 - x % 8) & 1;
}

size_t bitmap_bytes(int width, int height)
{
    return ((size_t)width + 7) / 8 * (size_t)height;
}

/* Whether half of the dots from x0, y0 to before x1, y1 are black. */
static bool is_half_black(const struct bitmap *bitmap, int x0, int y0, int x1, int y1)
{
    int black = 0;

    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++)
            black += bitmap_at(bitmap, x, y);
    }
    return 2 * black >= (x1 - x0) * (y1 - y0);
}

enum status bitmap_shrink(const struct bitmap *bitmap, int width, struct bitmap *out_bitmap)
{
    int height = bitmap->height * width / bitmap->width;
    struct bitmap made;
    enum status st = bitmap_init(&made, width, height > 0 ? height : 1);

    if (st != ST_OK)
        return st;
    for (int y = 0; y < made.height; y++) {
        for (int x = 0; x < width; x++) {
            if (is_half_black(bitmap, x * bitmap->width / width, y * bitmap->height / made.height,
                              (x + 1) * bitmap->width / width, (y + 1) * bitmap->height / made.height))
                bitmap_fill(&made, x, y, 1, 1);
        }
    }
    *out_bitmap = made;
    return ST_OK;
}
