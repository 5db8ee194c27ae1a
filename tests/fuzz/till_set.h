/* SPDX-License-Identifier: Apache-2.0 */
/*
 * till_set - a till's key and certificates for the fuzz targets of loyald-sync, made when a run begins, and a state
 * directory. Where a target's input holds one of the bytes below, which no JSON and no PEM holds, the text it stands
 * for is put in: so that a seed can be a good answer without a key being kept anywhere.
 */
#ifndef LOYALD_FUZZ_TILL_SET_H
#define LOYALD_FUZZ_TILL_SET_H

#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TILL_SET_DEV "00112233445566aa"

enum till_set_piece {
    PIECE_KEY = 1,       /* the key of the request */
    PIECE_CERT,          /* its certificate */
    PIECE_CA,            /* the authority */
    PIECE_TWO_CA,        /* and another one before it */
    PIECE_OTHER_CERT,    /* of another key */
    PIECE_STRANGER_CERT, /* of the key, for another till */
    PIECE_OLD_KEY,       /* of the set in use */
    PIECE_OLD_CERT,
    PIECE_END = 14, /* tab and line ends of PEM are no pieces */
};

/* Aborts when not: what a target asserts. */
void must(bool holds);
/* Begins: keys, certificates, the folder. */
void till_set_begin(void);
/* The state directory, of a till that has a set in use. */
const char *till_set_dir(void);
/* The text of a piece. */
const char *till_set_text(enum till_set_piece piece);
/* Puts the files of the set in use there, and nothing else. */
void till_set_lay_out(void);
void till_set_write(const char *name, const void *bytes, size_t len);
/* Owned; NULL when it is not there. */
char *till_set_read(const char *name);
/* The input with its pieces put in; in_json: as they stand inside a JSON text. */
void till_set_expand(const uint8_t *data, size_t size, bool in_json, struct strbuf *out);
/* A digest of all files and their names. */
uint64_t till_set_digest(void);

#endif
