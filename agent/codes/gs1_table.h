/* SPDX-License-Identifier: Apache-2.0 */
/* gs1_table - the application identifiers of GS1, as facts. Inside agent/codes, and for the test that compares it. */
#ifndef LOYALD_CODES_GS1_TABLE_H
#define LOYALD_CODES_GS1_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    GS1_FIXED = 1,     /* predefined length: no GS follows */
    GS1_ATTRIBUTE = 2, /* may stand in the query of a Digital Link */
    GS1_KEY = 4,       /* may be the primary key of one */
};

struct gs1_ai {
    const char *first, *last; /* a range whose last digits differ; equal for one */
    unsigned flags;
    /* Parts in turn, one in [] may be absent: type (N digits, X the 82 characters of ISO/IEC 646, Y the 39 of Code
     * 39, Z base64url), length ("3" or "..20"), and letters for what is checked: c check digit, d date, D date whose
     * day may be 00, E date with century, h hours and minutes, b 0 or 1. */
    const char *parts;
    const char *qualifiers; /* of a key: in the order they may stand, alternatives parted by | */
};

extern const struct gs1_ai gs1_table[];
extern const size_t gs1_table_count;

/* Returns a view of the entry whose AI begins the text, NULL when none does; *out_len is the AI's length. */
const struct gs1_ai *gs1_table_find(const char *text, size_t len, size_t *out_len);

#endif
