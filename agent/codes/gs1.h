/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gs1 - the element strings of GS1 codes: application identifiers (AIs), each with its value.
 *
 * Which AIs there are, how long their values may be and what stands in them is a table of facts (gs1_table.c).
 * Checked are lengths, characters, check digits and dates; which AIs belong together is not, since one symbol of a
 * parcel need not say all.
 */
#ifndef LOYALD_CODES_GS1_H
#define LOYALD_CODES_GS1_H

#include <stdbool.h>
#include <stddef.h>

enum { GS1_ELEMENTS_MAX = 32, GS1_AI_TEXT = 5, GS1_LINK_BYTES_MAX = 2048 };

struct gs1_element {
    char ai[GS1_AI_TEXT];
    const char *value; /* view, not NUL-terminated */
    size_t len;
};

struct gs1_message {
    struct gs1_element elements[GS1_ELEMENTS_MAX];
    size_t count;
    char decoded[GS1_LINK_BYTES_MAX]; /* of a Digital Link: where its values are; do not copy the struct then */
    size_t decoded_len;
};

/* Whether the AIM identifier announces an element string: FNC1 stood first. */
bool gs1_is_announced(const char *symbology);
/* Reads an element string; GS (1D) ends a variable value. A leading GS and one after a value of fixed length are
 * passed over, since readers send them, and after a value of one length only it may be missing. On false *out_why is
 * a static text without the content and *out_at the byte where it went wrong; the message holds what came before. Its
 * values are views into text. */
bool gs1_parse(const char *text, size_t len, struct gs1_message *out_message, const char **out_why, size_t *out_at);
/* Returns a view of the first element with that AI, NULL when there is none. */
const struct gs1_element *gs1_find(const struct gs1_message *message, const char *ai);
/* Adds an element after checking its value; NULL, or why not. */
const char *gs1_add(struct gs1_message *message, const char *ai, size_t ai_len, const char *value, size_t len);

#endif
