/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import - members from a file of the office's: profile, identifiers, opening balances.
 *
 * Columns by name, in any order: member (its id, required), card, phone, state, tier, segments, birthday (MM-DD),
 * display, personal, store (where he is at home), attr:NAME; every other column is a currency of points and holds a
 * balance. Several cards, phones, segments or personal offers in one field are parted by | or blanks. A column that
 * is not there leaves what is known. Cards and phones are kept as keyed hashes only.
 */
#ifndef LOYALD_CENTRAL_IMPORT_H
#define LOYALD_CENTRAL_IMPORT_H

#include "agent/base/json_writer.h"
#include "sync/central/central.h"

enum { IMPORT_CHUNK_MAX = 1024 * 1024, IMPORT_ERRORS_MAX = 100 };

/* Row by row (import_file.h). text is a header and rows; it is cut up. Rows that cannot be taken are told by line and
 * leave nothing behind, the others are taken:
 * {"rows","imported","attached_sales","error_count","errors":[{"line","message"}]}. */
enum status import_members(struct central *central, const char *chain, char *text, size_t len, int first_line,
                           struct json_writer *w, struct errmsg *err);

/* Text as the value of an attribute: whole numbers, true and false as they read, all else as text. */
void import_write_scalar(struct json_writer *w, const char *text);

/* The keyed hash that stands for an identifier such as "card:2900000012345". */
void identifier_hash(const uint8_t id_key[32], const char *canonical, char out_hash[IDENTIFIER_HASH_TEXT]);

#endif
