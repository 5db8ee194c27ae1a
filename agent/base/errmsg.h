/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errmsg - a message that grows as it travels outward: "receipt R-1042: printer: paper out".
 *
 * Plain value, no allocation; a text that does not fit is cut at a character border. Every function that takes one
 * accepts NULL for a caller that does not care.
 */
#ifndef LOYALD_BASE_ERRMSG_H
#define LOYALD_BASE_ERRMSG_H

enum { ERRMSG_BYTES_MAX = 512 };

struct errmsg {
    char text[ERRMSG_BYTES_MAX];
};

#define ERRMSG_INIT { "" }

__attribute__((format(printf, 2, 3))) void errmsg_set(struct errmsg *err, const char *format, ...);
/* Puts the formatted text and ": " before what is there. */
__attribute__((format(printf, 2, 3))) void errmsg_wrap(struct errmsg *err, const char *format, ...);

#endif
