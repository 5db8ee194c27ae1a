/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbology - what a frame means: the code family, the text, whether its digits add up, whether it may be looked at
 * at all. Knows no lines and no time.
 */
#ifndef LOYALD_SCANNER_SYMBOLOGY_H
#define LOYALD_SCANNER_SYMBOLOGY_H

#include "agent/base/status.h"
#include "drivers/scanner/scanner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum symbology_verdict {
    SYMBOLOGY_SCAN,
    SYMBOLOGY_GARBAGE,
    SYMBOLOGY_CHECK_DIGIT,
    SYMBOLOGY_PAYMENT_CARD,
    SYMBOLOGY_BROKEN,  /* a packet that was damaged again and again */
    SYMBOLOGY_NOTHING, /* a reply, an acknowledgement, a card that still lies there: nothing to tell */
};

/* Takes a text of a known symbology ("": unknown); out_scan gets symbology, text and len, and only when the answer is
 * SYMBOLOGY_SCAN. enclosed texts may hold CR, LF and TAB (framing.h). out_why, otherwise, is a static text in words
 * without the content. */
enum symbology_verdict symbology_take(const char *symbology, const char *text, size_t len, bool enclosed,
                                      struct scan *out_scan, const char **out_why);
/* Reads a frame of text, taking off the identifier that stands before it. table is that of code_ids.h, NULL for none
 * and for AIM's. */
struct code_id_table;
enum symbology_verdict symbology_read(const uint8_t *bytes, size_t len, enum scanner_code_ids code_ids,
                                      const struct code_id_table *table, bool enclosed, struct scan *out_scan,
                                      const char **out_why);

#endif
