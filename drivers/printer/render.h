/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render - a page as the bytes of one printer: the walk over its lines, in whichever language its profile names.
 *
 * Each job sets all it relies on and trusts nothing left over. The code page of each character is chosen by what the
 * profile has: the current one while it serves, else the first that does; a character in none is transliterated, else
 * drawn when there is a font for it (its whole line then is a picture), else '?'. Bytes that a printer acts on in
 * real time are never written inside data.
 */
#ifndef LOYALD_PRINTER_RENDER_H
#define LOYALD_PRINTER_RENDER_H

#include "agent/base/errmsg.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct font;
struct page;
struct pictures;
struct profile;

enum {
    RENDER_JOB_BYTES_MAX = 512 * 1024, /* ST_FULL beyond: a page at its bounds stays well below */
    /* The most data one command of ours waits for: what must follow a broken job before the next can be heard. */
    RENDER_COMMAND_BYTES_MAX = 2048,
};

struct render_counts {
    uint64_t substituted; /* characters spelt otherwise, or '?' */
    uint64_t drawn;       /* lines that are pictures, for a character that no code page has */
};

struct render_options {
    const struct profile *profile;
    const struct font *font;         /* NULL: none */
    const struct pictures *pictures; /* NULL: none */
    bool open_drawer;                /* first of all */
};

/* Appends the job. out_ends (may be NULL) gets, as uint32_t one after another, the offsets at which a row ends:
 * between two rows no command is open, so that a question may be put there. out_counts may be NULL. ST_FULL,
 * ST_NOMEM, or the page's fault, in words. */
enum status render_page(const struct render_options *options, const struct page *page, struct strbuf *out,
                        struct strbuf *out_ends, struct render_counts *out_counts, struct errmsg *err);

#endif
