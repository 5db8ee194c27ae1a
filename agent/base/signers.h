/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signers - those who may sign something, and how many of them must: signing, and counting who has signed. Both ends
 * count here, for manifests, roots and timestamps.
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
struct json_writer;
struct pk;

enum {
    SIGNERS_MAX = 8,                         /* of one set */
    SIGNER_PEM_MAX = 256,                    /* a public P-256 key has 178 */
    SIGNATURE_TEXT = 2 * 80 + 1,             /* of the longest one as hex */
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

/* signatures is [{"key","signature"}]: by how many keys of the set the text is signed. err says why the last one that
 * did not count did not, or that none is by a key of the set. About 3 ms a signature. */
int signers_count(const struct signers *signers, const char *text, size_t len, const struct cJSON *signatures,
                  struct errmsg *err);
/* ST_OK when enough have signed; ST_DENIED with the reason: too few, none of this set, or not over this text. */
enum status signers_check(const struct signers *signers, const char *text, size_t len, const struct cJSON *signatures,
                          struct errmsg *err);
/* One signature, by the key of that id. ST_NOT_FOUND: the set has none; ST_INVALID: it is not hex; ST_DENIED: it is
 * not over this text. */
enum status signers_check_one(const struct signers *signers, const char *text, const char *id, const char *hex,
                              struct errmsg *err);

struct signature {
    char key_id[17];
    char hex[SIGNATURE_TEXT];
};
/* Signs the text, which is not kept. */
enum status signers_sign(const struct pk *key, const char *text, size_t len, struct signature *out_signature,
                         struct errmsg *err);
/* {"key","signature"}: an element of a list of signatures. */
void signers_write(const struct signature *signature, struct json_writer *w);

#endif
