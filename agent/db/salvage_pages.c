/* SPDX-License-Identifier: Apache-2.0 */
/* Pages, cells and columns of SQLite's file format (sqlite.org/fileformat2.html), each length held against the page.
 */
#include "agent/db/salvage_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_HEADER = 32, FRAME_HEADER = 24, USUAL_PAGE = 4096 };

static uint32_t u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t u16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

/* ---- the log ---- */

static bool page_size_is_valid(uint32_t size)
{
    return size >= 512 && size <= PAGE_MAX && (size & (size - 1)) == 0;
}

/* The log's checksum over bytes, in the order of words that its header names. */
static void add_checksum(bool big_endian, const uint8_t *bytes, size_t len, uint32_t sum[2])
{
    for (size_t i = 0; i + 8 <= len; i += 8) {
        uint32_t words[2];

        for (int k = 0; k < 2; k++) {
            const uint8_t *at = bytes + i + 4 * k;

            words[k] =
                big_endian ? u32(at) : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
        }
        sum[0] += words[0] + sum[1];
        sum[1] += words[1] + sum[0];
    }
}

static bool read_at(int fd, int64_t offset, void *out, size_t len)
{
    return pread(fd, out, len, (off_t)offset) == (ssize_t)len;
}

static int64_t frame_offset(const struct image *image, int64_t frame)
{
    return LOG_HEADER + (frame - 1) * ((int64_t)image->page_bytes + FRAME_HEADER);
}

/* What a reader would take: frames with the header's salts whose checksums follow one another, up to the last that
 * ends a commit. Frames beyond are only remembered: a record in them still proves itself. */
static void map_frames(struct image *image)
{
    uint8_t header[LOG_HEADER], frame[FRAME_HEADER];
    static _Thread_local uint8_t page[PAGE_MAX];
    uint32_t sum[2] = {0, 0};
    bool sealed = read_at(image->log, 0, header, sizeof header) && (u32(header) & ~1u) == 0x377f0682 &&
                  u32(header + 8) == image->page_bytes;
    bool big_endian = sealed && (u32(header) & 1) != 0;
    int64_t pending = 1;

    if (sealed) {
        add_checksum(big_endian, header, 24, sum);
        sealed = sum[0] == u32(header + 24) && sum[1] == u32(header + 28);
    }
    for (int64_t n = 1; n <= image->frame_count; n++) {
        uint32_t number;

        if (!read_at(image->log, frame_offset(image, n), frame, sizeof frame) ||
            !read_at(image->log, frame_offset(image, n) + FRAME_HEADER, page, image->page_bytes))
            continue;
        number = u32(frame);
        if (number == 0 || number >= image->mapped_pages)
            continue;
        image->page_of[n] = number;
        image->last[number] = (uint32_t)n;
        if (!sealed)
            continue;
        add_checksum(big_endian, frame, 8, sum);
        add_checksum(big_endian, page, image->page_bytes, sum);
        sealed = memcmp(frame + 8, header + 16, 8) == 0 && sum[0] == u32(frame + 16) && sum[1] == u32(frame + 20);
        if (sealed && u32(frame + 4) != 0) { /* a commit: all since the one before are true */
            for (; pending <= n; pending++)
                if (image->page_of[pending] != 0)
                    image->latest[image->page_of[pending]] = (uint32_t)pending;
        }
    }
}

static enum status open_log(const char *path, struct image *image, struct errmsg *err)
{
    char name[4200];
    struct stat info;

    (void)snprintf(name, sizeof name, "%.4096s-wal", path);
    image->log = open(name, O_RDONLY | O_CLOEXEC);
    if (image->log < 0 && errno != ENOENT) {
        errmsg_set(err, "%s: %s", name, strerror(errno));
        return ST_IO;
    }
    if (image->log >= 0 && fstat(image->log, &info) == 0 && info.st_size > LOG_HEADER)
        image->frame_count = (info.st_size - LOG_HEADER) / ((int64_t)image->page_bytes + FRAME_HEADER);
    image->mapped_pages = image->page_count + image->frame_count + 2;
    image->latest = calloc((size_t)image->mapped_pages, sizeof *image->latest);
    image->last = calloc((size_t)image->mapped_pages, sizeof *image->last);
    image->page_of = calloc((size_t)image->frame_count + 1, sizeof *image->page_of);
    if (!image->latest || !image->last || !image->page_of) {
        errmsg_set(err, "%s: out of memory", path);
        return ST_NOMEM;
    }
    if (image->frame_count > 0)
        map_frames(image);
    return ST_OK;
}

/* ---- the file ---- */

enum status image_open(const char *path, struct image *out_image, struct errmsg *err)
{
    struct image image = {.file = -1, .log = -1, .page_bytes = USUAL_PAGE};
    uint8_t header[100] = {0};
    struct stat info;
    enum status st;

    image.file = open(path, O_RDONLY | O_CLOEXEC);
    if (image.file < 0 || fstat(image.file, &info) != 0) {
        errmsg_set(err, "%s: %s", path, strerror(errno));
        st = errno == ENOENT ? ST_NOT_FOUND : ST_IO;
        image_close(&image);
        return st;
    }
    /* A header that is gone is believed to have been that of our files. */
    if (read_at(image.file, 0, header, sizeof header) && memcmp(header, "SQLite format 3", 16) == 0) {
        uint32_t size = u16(header + 16) == 1 ? PAGE_MAX : u16(header + 16);

        if (page_size_is_valid(size) && header[20] < 64)
            image.page_bytes = size;
        else
            header[20] = 0;
    } else {
        header[20] = 0;
    }
    image.usable_bytes = image.page_bytes - header[20];
    image.page_count = (info.st_size + image.page_bytes - 1) / image.page_bytes;
    st = open_log(path, &image, err);
    if (st != ST_OK)
        image_close(&image);
    else
        *out_image = image;
    return st;
}

void image_close(struct image *image)
{
    if (image->file >= 0)
        (void)close(image->file);
    if (image->log >= 0)
        (void)close(image->log);
    free(image->latest);
    free(image->last);
    free(image->page_of);
    *image = (struct image){.file = -1, .log = -1};
}

bool image_read(const struct image *image, int64_t place, uint8_t out_page[PAGE_MAX])
{
    if (place < 0 && -place <= image->frame_count)
        return read_at(image->log, frame_offset(image, -place) + FRAME_HEADER, out_page, image->page_bytes);
    return place > 0 && place <= image->page_count &&
           read_at(image->file, (place - 1) * (int64_t)image->page_bytes, out_page, image->page_bytes);
}

int64_t image_place(const struct image *image, uint32_t page, enum copy copy)
{
    if (page == 0 || page >= image->mapped_pages)
        return 0;
    switch (copy) {
    case COPY_CURRENT:
        return image->latest[page] ? -(int64_t)image->latest[page] : page;
    case COPY_OF_FILE:
        return page;
    case COPY_LAST_OF_LOG:
        return image->last[page] ? -(int64_t)image->last[page] : page;
    case COPIES:
        break;
    }
    return 0;
}

/* ---- cells ---- */

/* A number of 1 to 9 bytes; 0 when it is cut. */
static int varint(const uint8_t *at, const uint8_t *end, uint64_t *out_value)
{
    uint64_t value = 0;

    for (int i = 0; i < 9 && at + i < end; i++) {
        if (i == 8) {
            *out_value = value << 8 | at[i];
            return 9;
        }
        value = value << 7 | (at[i] & 0x7f);
        if (!(at[i] & 0x80)) {
            *out_value = value;
            return i + 1;
        }
    }
    return 0;
}

/* (Page 1, whose header stands elsewhere, holds the schema only.) */
int cell_count(const struct image *image, const uint8_t *page, int kind)
{
    uint32_t count = u16(page + 3);

    return page[0] == kind && 8 + 2 * count <= image->usable_bytes ? (int)count : 0;
}

bool cell_read(const struct image *image, const uint8_t *page, int64_t place, int kind, int n, struct cell *out_cell)
{
    uint32_t offset = u16(page + 8 + 2 * n);
    const uint8_t *end = page + image->usable_bytes, *at = page + offset;
    uint64_t bytes = 0, rowid = 0;
    int len;

    if (offset < 8 || offset >= image->usable_bytes)
        return false;
    len = varint(at, end, &bytes);
    if (len == 0)
        return false;
    at += len;
    if (kind == LEAF_OF_TABLE) {
        len = varint(at, end, &rowid);
        if (len == 0 || rowid > INT64_MAX)
            return false;
        at += len;
    }
    *out_cell = (struct cell){place, offset, (int64_t)rowid, bytes, (uint32_t)(at - page)};
    return true;
}

/* How much of a payload lies in the page itself. */
static uint64_t local_bytes(const struct image *image, int kind, uint64_t payload)
{
    uint64_t usable = image->usable_bytes, min = (usable - 12) * 32 / 255 - 23, some;
    uint64_t max = kind == LEAF_OF_TABLE ? usable - 35 : (usable - 12) * 64 / 255 - 23;

    if (payload <= max)
        return payload;
    some = min + (payload - min) % (usable - 4);
    return some <= max ? some : min;
}

static void note_page(int64_t place, int64_t out_pages[SALVAGE_PAGES_MAX], int *out_count)
{
    if (out_pages && *out_count < SALVAGE_PAGES_MAX)
        out_pages[(*out_count)++] = place;
}

bool cell_payload(const struct image *image, const uint8_t *page, const struct cell *cell, enum copy copy,
                  uint8_t *out_payload, int64_t out_pages[SALVAGE_PAGES_MAX], int *out_page_count)
{
    static _Thread_local uint8_t next_page[PAGE_MAX];
    uint64_t local = local_bytes(image, page[0], cell->payload_bytes), have = local;
    uint32_t next;

    note_page(cell->place, out_pages, out_page_count);
    if (cell->header_at + local + (local < cell->payload_bytes ? 4 : 0) > image->usable_bytes)
        return false;
    memcpy(out_payload, page + cell->header_at, local);
    if (have == cell->payload_bytes)
        return true;
    next = u32(page + cell->header_at + local);
    while (have < cell->payload_bytes) { /* each page brings bytes, so a circle ends */
        uint64_t some = cell->payload_bytes - have;
        int64_t place = image_place(image, next, copy);

        if (some > image->usable_bytes - 4)
            some = image->usable_bytes - 4;
        if (!image_read(image, place, next_page))
            return false;
        note_page(place, out_pages, out_page_count);
        memcpy(out_payload + have, next_page + 4, some);
        have += some;
        next = u32(next_page);
    }
    return true;
}

/* ---- columns ---- */

static uint64_t serial_bytes(uint64_t serial)
{
    static const uint8_t fixed[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};

    return serial < sizeof fixed ? fixed[serial] : (serial - 12) / 2;
}

bool columns_read(const uint8_t *payload, uint64_t len, int count, struct column *out_columns)
{
    const uint8_t *at = payload, *end = payload + len, *value;
    uint64_t header = 0;
    int used = varint(at, end, &header);

    if (used == 0 || header > len)
        return false;
    at += used;
    value = payload + header;
    for (int i = 0; i < count; i++) {
        struct column *column = &out_columns[i];

        used = varint(at, payload + header, &column->serial);
        if (used == 0 || serial_bytes(column->serial) > (uint64_t)(end - value))
            return false;
        at += used;
        column->bytes = value;
        column->len = (size_t)serial_bytes(column->serial);
        value += column->len;
    }
    return at == payload + header && value == end;
}

bool column_is_text(const struct column *column)
{
    return column->serial >= 13 && column->serial % 2 == 1;
}

bool column_is_blob(const struct column *column)
{
    return column->serial >= 12 && column->serial % 2 == 0;
}
