/* SPDX-License-Identifier: Apache-2.0 */
/* code_ids - the letters that makers put before a code, as the AIM identifiers they stand for. Inside
 * drivers/scanner. */
#ifndef LOYALD_SCANNER_CODE_IDS_H
#define LOYALD_SCANNER_CODE_IDS_H

#include "agent/base/errmsg.h"
#include "drivers/scanner/scanner.h"

#include <stdbool.h>

enum { CODE_ID_BYTES_MAX = 3, CODE_IDS_MAX = 48 };

struct code_id {
    char letters[CODE_ID_BYTES_MAX + 1];
    char symbology[4]; /* "]E" is any of EAN and UPC, told by its length */
};

struct code_id_table {
    struct code_id ids[CODE_IDS_MAX];
    size_t count;
};

/* Returns a view of a maker's table; NULL for those without letters and for custom. */
const struct code_id_table *code_ids_of(enum scanner_code_ids scheme);
/* Reads a custom one: "d=]E0,j=]C0". ST_INVALID in words. */
enum status code_ids_parse(const char *text, struct code_id_table *out_table, struct errmsg *err);

struct code_id_text {
    char symbology[4];
    const char *text; /* view, of what was given or of upc */
    size_t len;
    char upc[14];
};
/* Takes the identifier off. The EAN and UPC family is brought to the form that AIM's identifiers have: ]E0 with 12 or
 * 13 digits, a UPC-E expanded to 13, ]E4 with 8. */
void code_ids_take(const struct code_id_table *table, const char *text, size_t len, struct code_id_text *out_text);
/* The last part of it alone, for a text whose family is known otherwise. upc_e: it is one, whatever its length. */
void code_ids_settle_ean(const char *text, size_t len, bool upc_e, struct code_id_text *out_text);

#endif
