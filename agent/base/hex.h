/* SPDX-License-Identifier: Apache-2.0 */
/* hex - lower-case hexadecimal. */
#ifndef LOYALD_BASE_HEX_H
#define LOYALD_BASE_HEX_H

#include "agent/base/status.h"

#include <stddef.h>
#include <stdint.h>

/* out_text holds 2 * len + 1 bytes. */
void hex_encode(const void *bytes, size_t len, char *out_text);
/* Takes a C string of exactly 2 * len digits, either case; ST_INVALID otherwise. */
enum status hex_decode(const char *text, size_t len, void *out_bytes);
/* 16 digits, leading zeros kept, in both directions. */
void hex_from_u64(uint64_t value, char out_text[17]);
enum status hex_to_u64(const char *text, uint64_t *out_value);

#endif
