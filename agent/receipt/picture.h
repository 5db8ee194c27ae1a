/* SPDX-License-Identifier: Apache-2.0 */
/*
 * picture - a logo or the like from a file: PNG (grey, palette or colour, not interlaced) or PBM, made black and
 * white.
 *
 * A dot is black when it is nearer to black than to white; a transparent one is white. Pure.
 */
#ifndef LOYALD_RECEIPT_PICTURE_H
#define LOYALD_RECEIPT_PICTURE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/receipt/bitmap.h"

enum { PICTURE_FILE_BYTES_MAX = 512 * 1024 };

/* ST_INVALID or ST_UNSUPPORTED say in words what is wrong; the bounds are BITMAP_WIDTH_MAX and BITMAP_HEIGHT_MAX. */
enum status picture_load(const uint8_t *bytes, size_t len, struct bitmap *out_bitmap, struct errmsg *err);

#endif
