/* SPDX-License-Identifier: Apache-2.0 */
/* sha256_blocks - the inner loop of SHA-256 (internal to base): in plain C, and by the instructions that many x86
 * processors have for it, about ten times as fast. Both do the same to the byte. */
#ifndef LOYALD_BASE_SHA256_BLOCKS_H
#define LOYALD_BASE_SHA256_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK_BYTES = 64, SHA256_ROUNDS = 64 };

extern const uint32_t sha256_round_constants[SHA256_ROUNDS];

void sha256_blocks_plain(uint32_t state[8], const uint8_t *from, size_t blocks);
/* Whether this processor has the instructions; sha256_blocks_x86 may be called only then. */
bool sha256_x86_there(void);
void sha256_blocks_x86(uint32_t state[8], const uint8_t *from, size_t blocks);

#endif
