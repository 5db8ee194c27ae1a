/* SPDX-License-Identifier: Apache-2.0 */
/* A picture's file, or a font's: refused in words, or within its bounds and of the length it says. */
#include "drivers/printer/font.h"
#include "agent/receipt/picture.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_font(const uint8_t *data, size_t size)
{
    struct font *font = NULL;
    struct bitmap bitmap;
    struct errmsg err = ERRMSG_INIT;
    const struct font_cell cell = {2, 1, 24, 24, true};

    if (font_load((const char *)data, size, &font, &err) != ST_OK) {
        assert(err.text[0]);
        return;
    }
    assert(bitmap_init(&bitmap, 30, 26) == ST_OK);
    for (uint32_t code = 0; code < FONT_CODES; code++)
        font_draw(font, code, &cell, &bitmap);
    bitmap_clear(&bitmap);
    font_destroy(font);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bitmap bitmap;
    struct errmsg err = ERRMSG_INIT;

    read_font(data, size);
    if (picture_load(data, size, &bitmap, &err) != ST_OK) {
        assert(err.text[0]);
        return 0;
    }
    assert(bitmap.width >= 1 && bitmap.width <= BITMAP_WIDTH_MAX && bitmap.height >= 1 &&
           bitmap.height <= BITMAP_HEIGHT_MAX && bitmap.row_bytes == ((size_t)bitmap.width + 7) / 8);
    for (int y = 0; y < bitmap.height; y++) /* all of it is there, and nothing past its edge */
        assert(bitmap.width % 8 == 0 ||
               !(bitmap.bits[(size_t)(y + 1) * bitmap.row_bytes - 1] & 0xFF >> bitmap.width % 8));
    bitmap_clear(&bitmap);
    return 0;
}
