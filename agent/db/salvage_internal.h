/* SPDX-License-Identifier: Apache-2.0 */
/* salvage_internal - pages of a damaged database file, as they lie there. Nobody else includes it. */
#ifndef LOYALD_DB_SALVAGE_INTERNAL_H
#define LOYALD_DB_SALVAGE_INTERNAL_H

#include "agent/db/salvage.h"

enum { PAGE_MAX = 65536, LEAF_OF_TABLE = 0x0d, LEAF_OF_INDEX = 0x0a };

/* The file and its write-ahead log. A page may lie in both, and in the log several times. */
struct image {
    int file, log; /* log: -1 when there is none */
    uint32_t page_bytes, usable_bytes;
    int64_t page_count, frame_count;
    uint32_t *latest;     /* by page: the frame that a reader of the database would take, 1 the first; 0: the file */
    uint32_t *last;       /* by page: the last frame of it at all, sealed or not */
    uint32_t *page_of;    /* by frame, from 1: the page it is one of */
    int64_t mapped_pages; /* length of latest and last */
};
/* Which of the copies of a page is meant. */
enum copy { COPY_CURRENT, COPY_OF_FILE, COPY_LAST_OF_LOG, COPIES };

enum status image_open(const char *path, struct image *out_image, struct errmsg *err);
void image_close(struct image *image);
/* False when there is no such page. A page's place: its number, or -frame. */
bool image_read(const struct image *image, int64_t place, uint8_t out_page[PAGE_MAX]);
int64_t image_place(const struct image *image, uint32_t page, enum copy copy);

/* A cell of a leaf. */
struct cell {
    int64_t place;
    uint32_t offset;
    int64_t rowid; /* of a table's */
    uint64_t payload_bytes;
    uint32_t header_at; /* where its payload begins in the page */
};
/* The nth cell of a page of that kind; false when it is none or lies outside the page. */
bool cell_read(const struct image *image, const uint8_t *page, int64_t place, int kind, int n, struct cell *out_cell);
int cell_count(const struct image *image, const uint8_t *page, int kind); /* 0 when the page is of another kind */
/* Copies the cell's payload, following its overflow pages in the copies that are wanted. False when that is cut. */
bool cell_payload(const struct image *image, const uint8_t *page, const struct cell *cell, enum copy copy,
                  uint8_t *out_payload, int64_t out_pages[SALVAGE_PAGES_MAX], int *out_page_count);

/* Columns of a payload. */
enum { COLUMNS_MAX = 8 };
struct column {
    uint64_t serial;
    const uint8_t *bytes;
    size_t len;
};
bool columns_read(const uint8_t *payload, uint64_t len, int count, struct column *out_columns);
bool column_is_text(const struct column *column);
bool column_is_blob(const struct column *column);

#endif
