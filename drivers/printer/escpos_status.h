/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escpos_status - what a printer says, taken apart: bytes to packets.
 *
 * Everything a printer sends is told apart by the fixed bits of its first byte (the table in Citizen's ESC/POS
 * manual, and Epson's reference on DLE EOT, GS a, GS r, GS I), never by counting questions. What the bits mean is
 * read by escpos_condition_read.
 */
#ifndef LOYALD_PRINTER_ESCPOS_STATUS_H
#define LOYALD_PRINTER_ESCPOS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ESCPOS_BLOCK_BYTES_MAX = 80 }; /* of an answer up to its NUL: dropped and counted as ignored beyond */

enum escpos_packet_kind {
    ESCPOS_NOTHING, /* more bytes are needed, or the byte means nothing */
    ESCPOS_XON,
    ESCPOS_XOFF,
    ESCPOS_REALTIME, /* answer to DLE EOT: bytes[0] */
    ESCPOS_ASB,      /* status sent by itself: bytes[0..3] */
    ESCPOS_MARKER,   /* answer to GS r, or a one-byte GS I: bytes[0] */
    ESCPOS_STAR,     /* a status of Star's (star_status.h): bytes[0..len-1] */
    ESCPOS_BLOCK,    /* a text answer, such as GS I or GS ( H: bytes[0..len-1], without its NUL */
};

struct escpos_packet {
    enum escpos_packet_kind kind;
    uint8_t bytes[ESCPOS_BLOCK_BYTES_MAX];
    size_t len;
};

struct escpos_reader {
    struct escpos_packet partial; /* kind ASB or BLOCK while one is coming in */
    uint64_t ignored_bytes;
};

/* Forgets a packet half read: the line was opened anew, or an answer has timed out. */
void escpos_reader_reset(struct escpos_reader *reader);
/* Takes one byte; *out_packet is written when a packet is whole, and its kind returned. */
enum escpos_packet_kind escpos_reader_push(struct escpos_reader *reader, uint8_t byte,
                                           struct escpos_packet *out_packet);

/* What has been learnt, from whichever source. */
struct escpos_condition {
    bool offline;
    bool cover_open;
    bool paper_end;
    bool paper_low;
    bool feeding; /* by its button */
    bool cutter_error;
    bool fatal_error;   /* needs power off and on */
    bool passing_error; /* goes away by itself: head too hot */
    bool error;
};

/* The answer to DLE EOT n, 1 to 4. */
void escpos_condition_realtime(struct escpos_condition *condition, int n, uint8_t byte);
void escpos_condition_asb(struct escpos_condition *condition, const uint8_t bytes[4]);
/* Returns a view: what is wrong and what to do, in words; NULL when it can print. */
const char *escpos_condition_trouble(const struct escpos_condition *condition);

#endif
