/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture - what a device sent, as text: how it was set up, its bytes, its silences, and what is to be made of them.
 *
 *     ! family=ssi code_ids=none          how the device is configured (the keys of [scanner] in loyald.conf)
 *     12 f3 00 00 0b 34 30                bytes in hexadecimal
 *     gap                                 a silence longer than the pause inside a code
 *     > 04 d0 04 00 ff 28                 what it was sent; said for the reader, not replayed
 *     = scan ]E0 4006381333931            what comes of it, a line each: scan ID TEXT, fault CODE, card
 *     # to the end of the line            a comment
 *
 * loyalctl devices record writes such files, tests/devices replays them.
 */
#ifndef LOYALD_SCANNER_CAPTURE_H
#define LOYALD_SCANNER_CAPTURE_H

#include "agent/base/strbuf.h"
#include "drivers/scanner/family.h"

enum {
    CAPTURE_BYTES_MAX = 64 * 1024,
    CAPTURE_GAPS_MAX = 1024,
    CAPTURE_TEXT_MAX = 64 * 1024,
    CAPTURE_LINE_MAX = 16 * 1024
};

struct capture {
    struct reader_settings settings; /* its code_id_table is the one below: do not copy the struct */
    enum scanner_framing framing;
    struct code_id_table code_id_table;
    uint8_t bytes[CAPTURE_BYTES_MAX];
    size_t len;
    size_t gaps[CAPTURE_GAPS_MAX]; /* a silence follows the first so many bytes */
    size_t gap_count;
    char expected[CAPTURE_TEXT_MAX]; /* a line each; "" when it says nothing */
};

/* ST_INVALID names the line; *out_capture may be half filled then. */
enum status capture_parse(const char *text, size_t len, struct capture *out_capture, struct errmsg *err);
/* Appends the line of one result, as it stands behind "= ". SYMBOLOGY_NOTHING writes none. */
void capture_write_result(enum symbology_verdict verdict, const struct scan *scan, struct strbuf *out);
void capture_write_fault(enum scanner_fault fault, struct strbuf *out);
/* Appends a line of bytes in hexadecimal. */
void capture_write_bytes(const uint8_t *bytes, size_t len, struct strbuf *out);

#endif
