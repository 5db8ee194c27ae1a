/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digital_link - a GS1 Digital Link: a web address that holds a GS1 key, as QR codes on goods and cards carry it.
 * "https://id.example/01/09506000134352/10/AB?17=261231" says (01)09506000134352 (10)AB (17)261231.
 */
#ifndef LOYALD_CODES_DIGITAL_LINK_H
#define LOYALD_CODES_DIGITAL_LINK_H

#include "agent/codes/gs1.h"

/* Whether the text is an uncompressed Digital Link. The key is the rightmost one whose qualifiers are in order; a
 * GTIN of 8, 12 or 13 digits is padded to 14; names of the query that are no AI are passed over. False for any other
 * text, web addresses included; *out_why then says what is missing, without the content. */
bool digital_link_parse(const char *text, size_t len, struct gs1_message *out_message, const char **out_why);

#endif
