/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_charset - the simulated printer's code pages, through the C library's iconv: on purpose another source than the
 * tables of the driver it is there to test.
 */
#ifndef LOYALD_SIM_SIM_CHARSET_H
#define LOYALD_SIM_SIM_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_profile {
    const char *name;
    const char *model; /* as GS I tells it */
    int columns;
    bool star;              /* speaks Star's Line Mode */
    bool chinese;           /* comes up in Chinese mode: bytes from 80 on go in pairs until FS . */
    const char *pages[256]; /* iconv's name for n of ESC t; NULL: we have none */
};

/* Return views; NULL when there is none. */
const struct sim_profile *sim_profile_find(const char *name);
const struct sim_profile *sim_profile_at(size_t index);

/* One character of a page's byte 80..FF; false when the page or the byte is unknown. */
bool sim_charset_decode(const struct sim_profile *profile, uint8_t n, uint8_t byte, uint32_t *out_code);
/* The same of a page by iconv's name. */
bool sim_charset_decode_named(const char *charset, uint8_t byte, uint32_t *out_code);
/* A pair of bytes in Chinese mode. */
bool sim_charset_decode_pair(uint8_t first, uint8_t second, uint32_t *out_code);

#endif
