/* SPDX-License-Identifier: Apache-2.0 */
/*
 * language - what printers of one kind are sent, and say: a row of functions for each.
 *
 * A function that is NULL stands for something the language cannot say; render.c then does without: it pads a line
 * instead of aligning it, draws a code instead of naming it, prints its characters instead of drawing it. What a row
 * writes is one command or a few, whole: between two calls a question may be put.
 */
#ifndef LOYALD_PRINTER_LANGUAGE_H
#define LOYALD_PRINTER_LANGUAGE_H

#include "agent/base/strbuf.h"
#include "agent/receipt/page.h"
#include "drivers/printer/escpos_status.h"
#include "drivers/printer/profile.h"

#include <stdbool.h>
#include <stdint.h>

struct bitmap;

enum { LANGUAGE_QUESTION_BYTES_MAX = 4 };

struct language {
    const char *newline;
    void (*begin)(struct strbuf *out); /* sets all that is relied on: nothing left over is trusted */
    void (*end)(struct strbuf *out);   /* leaves nothing to the next program's job */
    void (*select_page)(struct strbuf *out, uint8_t n);
    void (*set_align)(struct strbuf *out, enum page_align align); /* at the start of a line */
    void (*set_look)(struct strbuf *out, struct page_look was, struct page_look now);
    void (*feed)(struct strbuf *out, uint8_t lines);
    void (*cut)(struct strbuf *out, enum profile_cut cut);
    /* False, and nothing written, when it is wider than the paper's dots. */
    bool (*put_barcode)(struct strbuf *out, const struct page_code_options *options, const char *code, int dots);
    void (*put_qr)(struct strbuf *out, const char *text, int module_dots, char level);
    /* In bands; out_ends (may be NULL) gets where each ends, as render.h has it. */
    void (*put_raster)(struct strbuf *out, struct strbuf *out_ends, const struct bitmap *bitmap);
    void (*open_drawer)(struct strbuf *out);

    /* What can be asked at any time, in how many questions; 0: nothing. Answers carry no number. */
    int question_count;
    size_t (*ask)(int n, uint8_t out[LANGUAGE_QUESTION_BYTES_MAX]); /* n from 1 */
    /* Takes one byte of what it says; escpos_reader_push. */
    enum escpos_packet_kind (*push)(struct escpos_reader *reader, uint8_t byte, struct escpos_packet *out_packet);
    enum escpos_packet_kind answer; /* the packet that answers a question */
    /* Reads an answer to question n, or what it tells by itself. */
    void (*learn)(struct escpos_condition *condition, int n, const struct escpos_packet *packet);
    const char *automatic; /* asks it to tell by itself; NULL: cannot be asked, or need not */
};

extern const struct language escpos_language, star_language, text_language;
/* Returns a view. */
const struct language *language_of(const struct profile *profile);

void put_bytes2(struct strbuf *out, uint8_t a, uint8_t b);
void put_bytes3(struct strbuf *out, uint8_t a, uint8_t b, uint8_t c);

#endif
