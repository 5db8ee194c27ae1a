/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile - what a model of printer can do: language, columns, code pages by their numbers, cutter, codes, answers.
 *
 * Those that we know stand in profile_table.c; a store's own come from a file (profile_load), each usually as
 * another model with a difference.
 */
#ifndef LOYALD_PRINTER_PROFILE_H
#define LOYALD_PRINTER_PROFILE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROFILE_PAGES_MAX = 32, /* of one model */
    PROFILE_NAME_BYTES_MAX = 32,
    PROFILE_TITLE_BYTES_MAX = 64,
    PROFILES_MAX = 64, /* in a file: ST_FULL beyond */
    PROFILES_FILE_BYTES_MAX = 64 * 1024,
    PROFILE_COLUMNS_MIN = 24,
    PROFILE_COLUMNS_MAX = 96,
    PROFILE_DOTS_MIN = 200,
    PROFILE_DOTS_MAX = 1024,
};

enum profile_language { PROFILE_ESCPOS, PROFILE_STAR, PROFILE_TEXT };
enum profile_cut { PROFILE_CUT_NONE, PROFILE_CUT_FULL, PROFILE_CUT_PARTIAL };
/* How it says that all before has been printed. */
enum profile_marker {
    PROFILE_MARKER_NONE,
    PROFILE_MARKER_GS_R, /* a status in turn, without a name */
    PROFILE_MARKER_GS_H, /* GS ( H: an id comes back when what is before it is on the paper */
    PROFILE_MARKER_ETB,  /* Star: a counter in the automatic status */
};
/* What its serial line is best set to; a matter of its switches. */
enum profile_flow { PROFILE_FLOW_UNKNOWN, PROFILE_FLOW_RTSCTS, PROFILE_FLOW_XONXOFF };

/* The words of the files, in the order of the enums, parted by |. */
#define PROFILE_LANGUAGE_CHOICES "escpos|star|text"
#define PROFILE_CUT_CHOICES      "none|full|partial"
#define PROFILE_MARKER_CHOICES   "none|gs_r|gs_h|etb"
#define PROFILE_FLOW_CHOICES     "unknown|rtscts|xonxoff"

struct profile_page {
    uint16_t number; /* of code_pages.h */
    uint8_t n;       /* of ESC t, or ESC GS t */
};

struct profile {
    const char *name;
    const char *title; /* for people */
    enum profile_language language;
    int columns; /* of font A */
    int dots;    /* across the paper */
    enum profile_cut cut;
    bool barcode; /* of its own: GS k, second form; ESC b */
    bool qr;      /* likewise: GS ( k 49; ESC GS y S */
    bool pdf417;  /* likewise: GS ( k 48; ESC GS x S */
    bool raster;  /* GS v 0; ESC GS S */
    bool drawer;  /* ESC p; BEL */
    enum profile_marker marker;
    bool asb; /* tells of changes by itself (GS a, ESC RS a) */
    enum profile_flow flow;
    int buffer_bytes;                 /* what it takes before it says stop; 0: not known */
    const struct profile_page *pages; /* in order of preference, ended by number 0; at least one */
};

extern const struct profile profile_table[]; /* ended by a NULL name; the first is the default */

/* Return views of what we know; NULL when there is none. */
const struct profile *profile_find(const char *name);
const struct profile *profile_at(size_t index);

struct profiles; /* of a file; opaque */

/*
 * Reads profiles as
 *
 *     [our-own-name]
 *     like = epson-tm-t88v      everything else as there; a model of ours, or one further up in the file
 *     columns = 42
 *     pages = 866:17 1251:46    code page and its number, in order of preference
 *     marker = gs_r
 *
 * with the other keys named as the fields of struct profile (buffer for buffer_bytes). Blank lines and lines that
 * begin with # or ; are passed over. ST_INVALID names the line, the key, and what would be right.
 */
enum status profiles_load(const char *text, size_t len, struct profiles **out_profiles, struct errmsg *err);
enum status profiles_load_file(const char *path, struct profiles **out_profiles, struct errmsg *err);
void profiles_destroy(struct profiles *profiles); /* accepts NULL */
/* Return views, valid as long as profiles; NULL when there is none. profiles may be NULL. */
const struct profile *profiles_at(const struct profiles *profiles, size_t index);
/* That of the file, else ours. */
const struct profile *profiles_find(const struct profiles *profiles, const char *name);

/* The word of an enum's value, of one of the CHOICES; returns out_word, which holds 16 bytes. */
const char *profile_word(const char *choices, int value, char out_word[16]);

#endif
