/* SPDX-License-Identifier: Apache-2.0 */
/* pictures - the pictures of a till, by their names: the PNG and PBM files of a folder. */
#ifndef LOYALD_PRINTER_PICTURES_H
#define LOYALD_PRINTER_PICTURES_H

#include "agent/receipt/picture.h"

struct pictures; /* opaque */

enum { PICTURES_MAX = 16 }; /* in a folder: ST_FULL beyond */

/* ST_INVALID names the file that is none, or is wider than the paper; other files are passed over. */
enum status pictures_load(const char *folder, int dots, struct pictures **out_pictures, struct errmsg *err);
void pictures_destroy(struct pictures *pictures); /* accepts NULL */
/* Returns a view; NULL when there is none of that name. */
const struct bitmap *pictures_find(const struct pictures *pictures, const char *name);

#endif
