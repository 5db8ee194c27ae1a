/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/renewal.h"

#include <string.h>

#include "agent/base/hex.h"

void renewal_digest(const char *dev, const char *csr, uint8_t out_digest[SHA256_BYTES])
{
    static const char word[] = "loyald-renew-1";
    struct sha256 hash;

    sha256_init(&hash);
    sha256_add(&hash, word, sizeof word); /* each part with its zero byte */
    sha256_add(&hash, dev, strlen(dev) + 1);
    sha256_add(&hash, csr, strlen(csr));
    sha256_end(&hash, out_digest);
}

void renewal_ca_id(const char *ca_pem, char out_id[RENEWAL_CA_TEXT])
{
    uint8_t digest[SHA256_BYTES];

    sha256_of(ca_pem, strlen(ca_pem), digest);
    hex_encode(digest, (RENEWAL_CA_TEXT - 1) / 2, out_id);
}
