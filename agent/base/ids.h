/* SPDX-License-Identifier: Apache-2.0 */
/* ids - identifiers we give (UUID version 7, RFC 9562) and those we accept. */
#ifndef LOYALD_BASE_IDS_H
#define LOYALD_BASE_IDS_H

#include <stdbool.h>
#include <stdint.h>

enum { ID_TEXT_BYTES = 37, ID_LEN_MAX = 64 };

/* "018f6c2e-...": sorts by the time given. */
void id_new(int64_t unix_ms, char out_text[ID_TEXT_BYTES]);
/* 1 to ID_LEN_MAX of A-Z a-z 0-9 . _ : - : what a POS, an office or a central may call a thing. */
bool id_is_valid(const char *text);

#endif
