/* SPDX-License-Identifier: Apache-2.0 */
/* base64 - RFC 4648. Strict: one text for the same bytes, so no blanks, no bits left over. */
#ifndef LOYALD_BASE_BASE64_H
#define LOYALD_BASE_BASE64_H

#include "agent/base/status.h"

#include <stddef.h>

/* The strings include the NUL. */
#define BASE64_BYTES(len) (4 * (((len) + 2) / 3) + 1)
void base64_encode(const void *bytes, size_t len, char *out_text);
/* ST_INVALID when it is none, ST_FULL when it holds more than out_max bytes: 3 * strlen(text) / 4 are always enough. */
enum status base64_decode(const char *text, void *out_bytes, size_t out_max, size_t *out_len);
/* The form for addresses, without padding, as JOSE has it. */
enum status base64url_decode(const char *text, size_t len, void *out_bytes, size_t out_max, size_t *out_len);

#endif
