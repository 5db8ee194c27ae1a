/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escpos_render - a page as ESC/POS bytes for one profile.
 *
 * Each job sets all it relies on and trusts nothing left over: ESC @, Chinese mode off (FS .), international set USA
 * (ESC R 0), code page. The page of each character is chosen by what the profile has: the current one while it
 * serves, else the first that does; a character in none is transliterated, else '?'. Bytes that a printer acts on in
 * real time (DLE EOT, DLE ENQ, DLE DC4) are never written inside data.
 */
#ifndef LOYALD_PRINTER_ESCPOS_RENDER_H
#define LOYALD_PRINTER_ESCPOS_RENDER_H

#include "agent/base/errmsg.h"
#include "agent/base/strbuf.h"

#include <stdint.h>

struct page;
struct profile;

enum {
    ESCPOS_JOB_BYTES_MAX = 512 * 1024, /* ST_FULL beyond: a page at its bounds stays well below */
    /* The most data one command of ours waits for: what must follow a broken job before the next can be heard. */
    ESCPOS_COMMAND_BYTES_MAX = 2048,
};

/* Appends the job. out_ends (may be NULL) gets, as uint32_t one after another, the offsets at which a row ends:
 * between two rows no command is open, so that a question may be put there. out_substituted (may be NULL) counts
 * characters printed otherwise. ST_FULL, ST_NOMEM, or the page's fault, in words. */
enum status escpos_render(const struct profile *profile, const struct page *page, struct strbuf *out,
                          struct strbuf *out_ends, uint64_t *out_substituted, struct errmsg *err);

#endif
