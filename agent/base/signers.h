/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signers - those who may sign something, and how many of them must. Tills count here, and both ends for roots and
 * timestamps; what an office publishes is counted by the chain's table of keys (sync/central/publish.c).
 *
 * A signature counts once, by a key of the set that it is good by; a key that signs twice is one. What is signed is
 * the SHA-256 of the very bytes of the text, which name their own format: so nothing signed for one purpose serves
 * another.
 */
#ifndef LOYALD_BASE_SIGNERS_H
#define LOYALD_BASE_SIGNERS_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum {
    SIGNERS_MAX = 8,                         /* of one set */
    SIGNER_PEM_MAX = 256,                    /* a public P-256 key has 178 */
    SIGNATURES_BYTES_MAX = 16 * 1024,        /* of a list as JSON */
    SIGNATURES_LOOKED_MAX = 4 * SIGNERS_MAX, /* of one list; two sets sign a change of keys */
};

struct signer {
    char id[17]; /* as pk_id names the key; one that is named otherwise never counts */
    char pem[SIGNER_PEM_MAX + 1];
};

struct signers {
    struct signer list[SIGNERS_MAX];
    int count;
    int64_t threshold; /* so many of them must sign, 1 at least */
};

bool signers_have(const struct signers *signers, const char *id);
/* signatures is [{"key","signature"}]. ST_OK when enough have signed; ST_DENIED with the reason: too few, none of
 * this set, or not over this text. About 3 ms a signature. */
enum status signers_check(const struct signers *signers, const char *text, size_t len, const struct cJSON *signatures,
                          struct errmsg *err);

#endif
