/* SPDX-License-Identifier: Apache-2.0 */
/* code_pages - single-byte code pages as printers have them; needs no locale and no iconv. */
#ifndef LOYALD_CHARSET_CODE_PAGES_H
#define LOYALD_CHARSET_CODE_PAGES_H

#include <stdint.h>

struct code_page {
    uint16_t number; /* 866, 28592 (ISO 8859-2); 0 ends the table */
    uint16_t codes[128];
};

extern const struct code_page code_pages[];

/* Returns a view, NULL for a page we have no table of. */
const struct code_page *code_page_find(uint16_t number);
/* "CP866", "ISO-8859-2", "RK1048": as iconv and most manuals call it. out_name holds 16 bytes; returns it. */
const char *code_page_name(uint16_t number, char out_name[16]);
/* The byte of a character in a page; 0 when the page lacks it. */
uint8_t code_page_byte(const struct code_page *page, uint32_t code);

#endif
