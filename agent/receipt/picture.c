/* SPDX-License-Identifier: Apache-2.0 */
/* PBM by its manual page (netpbm), PNG by ISO/IEC 15948. */
#include "agent/receipt/picture.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    SIGNATURE_BYTES = 8,
    CHUNK_BYTES = 12, /* length, name, checksum */
    GREY = 0,
    COLOUR = 2,
    PALETTE = 3,
    GREY_ALPHA = 4,
    COLOUR_ALPHA = 6,
    HALF = 128,
};

static enum status refuse(struct errmsg *err, enum status st, const char *why)
{
    errmsg_set(err, "%s", why);
    return st;
}

/* ---- PBM ---- */

/* A number, blanks and comments before it passed over; -1 when there is none. */
static int pbm_number(const uint8_t *bytes, size_t len, size_t *at)
{
    int value = -1;

    while (*at < len && (bytes[*at] == '#' || strchr(" \t\r\n", bytes[*at]))) {
        if (bytes[*at] == '#') {
            while (*at < len && bytes[*at] != '\n')
                ++*at;
        } else {
            ++*at;
        }
    }
    for (; *at < len && bytes[*at] >= '0' && bytes[*at] <= '9' && value < 100000; ++*at)
        value = (value < 0 ? 0 : value * 10) + bytes[*at] - '0';
    return value;
}

static enum status pbm_plain(const uint8_t *bytes, size_t len, size_t at, struct bitmap *bitmap, struct errmsg *err)
{
    int count = 0, dots = bitmap->width * bitmap->height;

    for (; at < len && count < dots; at++) {
        if (bytes[at] != '0' && bytes[at] != '1')
            continue;
        if (bytes[at] == '1')
            bitmap_fill(bitmap, count % bitmap->width, count / bitmap->width, 1, 1);
        count++;
    }
    return count == dots ? ST_OK : refuse(err, ST_INVALID, "the PBM ends before its last dot");
}

static enum status load_pbm(const uint8_t *bytes, size_t len, struct bitmap *out_bitmap, struct errmsg *err)
{
    size_t at = 2;
    int width = pbm_number(bytes, len, &at), height = pbm_number(bytes, len, &at);
    struct bitmap bitmap;
    enum status st = bitmap_init(&bitmap, width, height);

    if (st != ST_OK)
        return refuse(err, st, st == ST_NOMEM ? "out of memory" : "a picture has 1 to 1024 dots each way");
    at++; /* one blank */
    if (bytes[1] == '1')
        st = pbm_plain(bytes, len, at, &bitmap, err);
    else if (at > len || len - at < bitmap.row_bytes * (size_t)height)
        st = refuse(err, ST_INVALID, "the PBM ends before its last dot");
    else
        memcpy(bitmap.bits, bytes + at, bitmap.row_bytes * (size_t)height);
    /* What is past the last column is no dot. */
    for (int y = 0; y < height && width % 8 != 0; y++)
        bitmap.bits[(size_t)(y + 1) * bitmap.row_bytes - 1] &= (uint8_t)(0xFF << (8 - width % 8));
    if (st != ST_OK)
        bitmap_clear(&bitmap);
    else
        *out_bitmap = bitmap;
    return st;
}

/* ---- PNG ---- */

struct png {
    int width, height, depth, kind, channels;
    uint8_t palette[256][3], alpha[256];
    int palette_count;
    uint8_t *rows; /* owned: filtered rows, each behind the byte that says how */
    size_t row_bytes, rows_len;
    z_stream inflater;
    bool inflating;
};

static uint32_t be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum status png_header(struct png *png, const uint8_t *data, size_t len, struct errmsg *err)
{
    static const int channels[] = {1, 0, 3, 1, 2, 0, 4};

    if (len != 13 || png->rows)
        return refuse(err, ST_INVALID, "the PNG's header is broken");
    if (be32(data) < 1 || be32(data) > BITMAP_WIDTH_MAX || be32(data + 4) < 1 || be32(data + 4) > BITMAP_HEIGHT_MAX)
        return refuse(err, ST_INVALID, "a picture has 1 to 1024 dots each way");
    png->width = (int)be32(data);
    png->height = (int)be32(data + 4);
    png->depth = data[8];
    png->kind = data[9];
    png->channels = png->kind <= COLOUR_ALPHA ? channels[png->kind] : 0;
    if (png->channels == 0 || (png->depth != 1 && png->depth != 2 && png->depth != 4 && png->depth != 8) ||
        (png->depth < 8 && png->kind != GREY && png->kind != PALETTE))
        return refuse(err, ST_UNSUPPORTED,
                      "the PNG has more than 8 bits a colour: save it with 8, or in black and white");
    if (data[10] != 0 || data[11] != 0 || data[12] != 0)
        return refuse(err, ST_UNSUPPORTED, "the PNG is interlaced: save it without");
    png->row_bytes = ((size_t)png->width * (size_t)(png->channels * png->depth) + 7) / 8;
    png->rows_len = (png->row_bytes + 1) * (size_t)png->height;
    png->rows = calloc(1, png->rows_len);
    if (!png->rows || inflateInit(&png->inflater) != Z_OK)
        return refuse(err, ST_NOMEM, "out of memory");
    png->inflating = true;
    png->inflater.next_out = png->rows;
    png->inflater.avail_out = (uInt)png->rows_len;
    return ST_OK;
}

/* What inflates to more than the rows is cut off there: avail_out bounds it. */
static enum status png_data(struct png *png, const uint8_t *data, size_t len, struct errmsg *err)
{
    int code;

    if (!png->inflating)
        return refuse(err, ST_INVALID, "the PNG's data comes before its header");
    png->inflater.next_in = (Bytef *)(uintptr_t)data; /* zlib does not write there */
    png->inflater.avail_in = (uInt)len;
    code = inflate(&png->inflater, Z_NO_FLUSH);
    return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR
               ? ST_OK
               : refuse(err, ST_INVALID, "the PNG's data is broken");
}

static enum status png_chunk(struct png *png, const uint8_t *name, const uint8_t *data, size_t len,
                             struct errmsg *err)
{
    if (memcmp(name, "IHDR", 4) == 0)
        return png_header(png, data, len, err);
    if (memcmp(name, "IDAT", 4) == 0)
        return png_data(png, data, len, err);
    if (memcmp(name, "PLTE", 4) == 0 && len % 3 == 0 && len <= sizeof png->palette) {
        memcpy(png->palette, data, len);
        png->palette_count = (int)(len / 3);
    } else if (memcmp(name, "tRNS", 4) == 0 && png->kind == PALETTE && len <= sizeof png->alpha) {
        memcpy(png->alpha, data, len);
    }
    return ST_OK;
}

static uint8_t paeth(uint8_t left, uint8_t above, uint8_t corner)
{
    int sum = left + above - corner, a = abs(sum - left), b = abs(sum - above), c = abs(sum - corner);

    return a <= b && a <= c ? left : b <= c ? above : corner;
}

/* Undoes the filter of each row in place; false when one names none. */
static bool png_unfilter(struct png *png)
{
    size_t step = ((size_t)(png->channels * png->depth) + 7) / 8;

    for (int y = 0; y < png->height; y++) {
        uint8_t *row = png->rows + (size_t)y * (png->row_bytes + 1), *before = row - png->row_bytes - 1;

        if (row[0] > 4)
            return false;
        for (size_t i = 1; i <= png->row_bytes; i++) {
            uint8_t left = i > step ? row[i - step] : 0, above = y > 0 ? before[i] : 0;
            uint8_t corner = y > 0 && i > step ? before[i - step] : 0;
            const uint8_t add[] = {0, left, above, (uint8_t)((left + above) / 2), paeth(left, above, corner)};

            row[i] = (uint8_t)(row[i] + add[row[0]]);
        }
    }
    return true;
}

static int luma(int red, int green, int blue)
{
    return (299 * red + 587 * green + 114 * blue) / 1000; /* ITU-R BT.601 */
}

static bool png_is_black(const struct png *png, int x, int y)
{
    const uint8_t *row = png->rows + (size_t)y * (png->row_bytes + 1) + 1;
    const uint8_t *at = row + (size_t)x * (size_t)png->channels;
    int bit = x * png->depth, value = row[bit / 8] >> (8 - png->depth - bit % 8) & ((1 << png->depth) - 1);

    switch (png->kind) {
    case GREY:
        return value * 255 / ((1 << png->depth) - 1) < HALF;
    case PALETTE:
        return value < png->palette_count && png->alpha[value] >= HALF &&
               luma(png->palette[value][0], png->palette[value][1], png->palette[value][2]) < HALF;
    case GREY_ALPHA:
        return at[1] >= HALF && at[0] < HALF;
    case COLOUR:
        return luma(at[0], at[1], at[2]) < HALF;
    default:
        return at[3] >= HALF && luma(at[0], at[1], at[2]) < HALF;
    }
}

static enum status png_finish(struct png *png, struct bitmap *out_bitmap, struct errmsg *err)
{
    struct bitmap bitmap;
    enum status st;

    if (!png->rows || png->inflater.avail_out > 0 || !png_unfilter(png))
        return refuse(err, ST_INVALID, "the PNG ends before its last dot");
    st = bitmap_init(&bitmap, png->width, png->height);
    if (st != ST_OK)
        return refuse(err, st, "out of memory");
    for (int y = 0; y < png->height; y++) {
        for (int x = 0; x < png->width; x++) {
            if (png_is_black(png, x, y))
                bitmap_fill(&bitmap, x, y, 1, 1);
        }
    }
    *out_bitmap = bitmap;
    return ST_OK;
}

static enum status load_png(const uint8_t *bytes, size_t len, struct bitmap *out_bitmap, struct errmsg *err)
{
    struct png *png = calloc(1, sizeof *png);
    size_t at = SIGNATURE_BYTES;
    enum status st = ST_OK;

    if (!png)
        return refuse(err, ST_NOMEM, "out of memory");
    memset(png->alpha, 255, sizeof png->alpha);
    while (st == ST_OK && len - at >= CHUNK_BYTES) {
        size_t data_len = be32(bytes + at);

        if (data_len > len - at - CHUNK_BYTES) {
            st = refuse(err, ST_INVALID, "the PNG ends in the middle");
            break;
        }
        st = png_chunk(png, bytes + at + 4, bytes + at + 8, data_len, err);
        at += CHUNK_BYTES + data_len;
    }
    if (st == ST_OK)
        st = png_finish(png, out_bitmap, err);
    if (png->inflating)
        (void)inflateEnd(&png->inflater);
    free(png->rows);
    free(png);
    return st;
}

enum status picture_load(const uint8_t *bytes, size_t len, struct bitmap *out_bitmap, struct errmsg *err)
{
    static const uint8_t signature[SIGNATURE_BYTES] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

    if (len > SIGNATURE_BYTES && memcmp(bytes, signature, sizeof signature) == 0)
        return load_png(bytes, len, out_bitmap, err);
    if (len > 2 && bytes[0] == 'P' && (bytes[1] == '1' || bytes[1] == '4'))
        return load_pbm(bytes, len, out_bitmap, err);
    return refuse(err, ST_UNSUPPORTED, "it is neither a PNG nor a PBM");
}
