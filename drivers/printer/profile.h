/* SPDX-License-Identifier: Apache-2.0 */
/* profile - what a model of printer can do: columns, code pages by their numbers, cutter, codes, answers. */
#ifndef LOYALD_PRINTER_PROFILE_H
#define LOYALD_PRINTER_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROFILE_PAGES_MAX = 16 };

enum profile_cut { PROFILE_CUT_NONE, PROFILE_CUT_FULL, PROFILE_CUT_PARTIAL };

struct profile_page {
    uint16_t number; /* of code_pages.h */
    uint8_t n;       /* of ESC t */
};

struct profile {
    const char *name;
    int columns; /* of font A */
    int dots;    /* across the paper */
    enum profile_cut cut;
    bool barcode;                                 /* GS k, second form */
    bool qr;                                      /* GS ( k */
    bool marker;                                  /* answers GS r, so a print can be confirmed */
    bool asb;                                     /* tells of changes by itself (GS a) */
    struct profile_page pages[PROFILE_PAGES_MAX]; /* in order of preference, ended by number 0 */
};

/* Return views; NULL when there is none. The first profile is the default. */
const struct profile *profile_find(const char *name);
const struct profile *profile_at(size_t index);

#endif
