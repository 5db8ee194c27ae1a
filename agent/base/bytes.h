/* SPDX-License-Identifier: Apache-2.0 */
/* bytes - big-endian integers in byte arrays. */
#ifndef LOYALD_BASE_BYTES_H
#define LOYALD_BASE_BYTES_H

#include <stdint.h>

void bytes_put_u32(uint8_t out[4], uint32_t value);
void bytes_put_u64(uint8_t out[8], uint64_t value);
uint32_t bytes_get_u32(const uint8_t in[4]);
uint64_t bytes_get_u64(const uint8_t in[8]);

#endif
