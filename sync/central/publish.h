/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish - bundles on their way to the tills: checked here as a till would, then kept with the manifest that was
 * signed.
 *
 * Nothing gets past these checks: a key of the chain, the chain, a version above the last, the very bytes the
 * manifest names, a bundle that compiles, its templates of receipts too, and whose own
 * version is the manifest's.
 */
#ifndef LOYALD_CENTRAL_PUBLISH_H
#define LOYALD_CENTRAL_PUBLISH_H

#include "agent/base/json_writer.h"
#include "sync/central/device.h"
#include "sync/protocol/manifest.h"

enum {
    SIGNED_BYTES_MAX = 2 * MANIFEST_BYTES_MAX + 16 * 1024, /* of {"text","signatures"}: the text is escaped in it */
    PARCEL_BYTES_MAX = 2 * SIGNED_BYTES_MAX + 64 * 1024,   /* with a plan, and the way back */
    BLOB_RANGE_MAX = 1024 * 1024, /* bytes of one answer */
};

/* signed_json is {"text":"<manifest>","signatures":[{"key","signature"}]} as "bundle sign" writes it: every till's at
 * once. With "rollout" (rollout.h) it reaches them ring by ring; then "back" may be {"text","signatures","bytes"},
 * the way back, whose file of so many bytes ends the bundle. *out_version is what was published. ST_DENIED,
 * ST_CONFLICT, ST_INVALID say in words what was refused. */
enum status publish_bundle(struct central *central, const char *signed_json, size_t signed_len, const char *bundle,
                           size_t bundle_len, int64_t *out_version, struct errmsg *err);
/* ST_OK when that is a signature by that key of the chain over the text; ST_DENIED or ST_INVALID says why not. */
enum status publish_check_signature(struct central *central, const char *chain, const char *id, const char *hex,
                                    const char *text, struct errmsg *err);
/* {"bundles":[...]}, newest first. */
enum status publish_list(struct central *central, struct json_writer *w, struct errmsg *err);
/* Answers 206 with bytes from..to, both included, of a blob of the till's own chain. */
void publish_blob(struct central *central, const struct device *device, const struct operation_args *args,
                  struct answer *answer);

#endif
