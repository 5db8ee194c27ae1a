/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status - what every fallible call of ours answers.
 *
 * One enum with its texts in one table (status.c). The caller branches on the status; what a person reads is in the
 * errmsg beside it.
 */
#ifndef LOYALD_BASE_STATUS_H
#define LOYALD_BASE_STATUS_H

enum status {
    ST_OK = 0,
    ST_INVALID,     /* the input is wrong: says what, where and what to do */
    ST_RANGE,       /* a number leaves its range, or would overflow */
    ST_NOT_FOUND,
    ST_CONFLICT,    /* the state does not allow it now: another version, another holder */
    ST_FULL,        /* a stated bound is reached */
    ST_DENIED,      /* authentication, signature or permission */
    ST_TIMEOUT,
    ST_OFFLINE,     /* the other side cannot be reached */
    ST_AGAIN,       /* nothing now, try later */
    ST_IO,          /* the operating system or a device refused */
    ST_CORRUPT,     /* stored bytes are not what was written */
    ST_UNSUPPORTED, /* legal, but not known to this version */
    ST_NOMEM,
    ST_INTERNAL,    /* our own mistake, met where asserting would stop a till */
};

/* Returns a view of a static text in lower case, such as "not found". */
const char *status_text(enum status st);

#endif
