/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timestamp - what the central vouches for with a key of its own, anew each day: which manifests are in force, by
 * version and hash, and which root is the newest. So a till knows that it is not kept on old rules.
 *
 * More than one manifest is in force while rules go out ring by ring. Pure: reads and writes the text.
 */
#ifndef LOYALD_PROTOCOL_TIMESTAMP_H
#define LOYALD_PROTOCOL_TIMESTAMP_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMESTAMP_FORMAT "loyald-timestamp/1"
enum { TIMESTAMP_BYTES_MAX = 4 * 1024, TIMESTAMP_CHAIN_MAX = 64, TIMESTAMP_MANIFESTS_MAX = 8 };

struct timestamp_manifest {
    int64_t version;
    uint8_t sha256[SHA256_BYTES]; /* of the manifest's text */
};

struct timestamp {
    char chain[TIMESTAMP_CHAIN_MAX + 1];
    int64_t version; /* one more each time */
    int64_t root;    /* version of the newest */
    int64_t signed_unix_ms, expires_unix_ms;
    struct timestamp_manifest manifests[TIMESTAMP_MANIFESTS_MAX]; /* the newest first */
    int manifest_count;
};

void timestamp_write(const struct timestamp *timestamp, struct strbuf *out);
enum status timestamp_parse(const char *text, size_t len, struct timestamp *out_timestamp, struct errmsg *err);
/* Whether it names that very manifest. */
bool timestamp_names(const struct timestamp *timestamp, int64_t version, const uint8_t sha256[SHA256_BYTES]);
/* Of the newest manifest; 0: none is in force. */
int64_t timestamp_newest(const struct timestamp *timestamp);

#endif
