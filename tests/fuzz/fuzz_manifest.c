/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest that is taken, written by us and taken again, says the same. */
#include "sync/protocol/manifest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf text = STRBUF_INIT(MANIFEST_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct manifest one, two;
    enum status st = manifest_parse((const char *)data, size, &one, &err);

    if (st != ST_OK) {
        must((st == ST_INVALID || st == ST_UNSUPPORTED) && strncmp(err.text, "manifest: ", 10) == 0);
        return 0;
    }
    must(one.version > 0 && one.bundle_bytes > 1 && one.bundle_bytes <= MANIFEST_FILE_BYTES_MAX);
    manifest_write(&one, &text);
    must(strbuf_status(&text) == ST_OK);
    must(manifest_parse(text.data, text.len, &two, &err) == ST_OK);
    must(strcmp(one.chain, two.chain) == 0 && one.version == two.version);
    must(strcmp(one.created_at, two.created_at) == 0 && strcmp(one.expires_at, two.expires_at) == 0);
    must(memcmp(one.bundle_sha256, two.bundle_sha256, SHA256_BYTES) == 0 && one.bundle_bytes == two.bundle_bytes);
    strbuf_free(&text);
    return 0;
}
