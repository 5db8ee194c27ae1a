/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest - what the office signs: which files make the rules of a chain, by hash, under a version that only rises.
 *
 * Pure: reads and writes the text. Checking its signatures is the caller's (agent/base/pk.h over the SHA-256 of the
 * text).
 */
#ifndef LOYALD_PROTOCOL_MANIFEST_H
#define LOYALD_PROTOCOL_MANIFEST_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdint.h>

#define MANIFEST_FORMAT      "loyald-manifest/1"
#define MANIFEST_BUNDLE_NAME "main"
enum { MANIFEST_BYTES_MAX = 64 * 1024, MANIFEST_TEXT_MAX = 64 };
#define MANIFEST_FILE_BYTES_MAX INT64_C(67108864) /* 64 MiB: ten times the largest bundle known */

/* Version 1 of the format carries one file, the bundle, under the name "main". */
struct manifest {
    char chain[MANIFEST_TEXT_MAX + 1];
    int64_t version;
    char created_at[MANIFEST_TEXT_MAX + 1];
    char expires_at[MANIFEST_TEXT_MAX + 1]; /* "" when it never does */
    uint8_t bundle_sha256[SHA256_BYTES];
    int64_t bundle_bytes;
};

void manifest_write(const struct manifest *manifest, struct strbuf *out);
enum status manifest_parse(const char *text, size_t len, struct manifest *out_manifest, struct errmsg *err);

#endif
