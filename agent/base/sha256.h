/* SPDX-License-Identifier: Apache-2.0 */
/* sha256 - SHA-256 of bytes as they come; pure, so the engine may digest its result. */
#ifndef LOYALD_BASE_SHA256_H
#define LOYALD_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_TEXT = 65 };

struct sha256 {
    uint32_t state[8];
    uint64_t total;
    uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t len);
void sha256_end(struct sha256 *hash, uint8_t out_digest[SHA256_BYTES]);
void sha256_of(const void *bytes, size_t len, uint8_t out_digest[SHA256_BYTES]);

#endif
