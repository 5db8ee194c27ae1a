/* SPDX-License-Identifier: Apache-2.0 */
/* A timestamp that is taken, written by us and taken again, says the same; what it names goes down. */
#include "sync/protocol/timestamp.h"

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
    struct strbuf text = STRBUF_INIT(TIMESTAMP_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct timestamp one, two;
    enum status st = timestamp_parse((const char *)data, size, &one, &err);

    if (st != ST_OK) {
        must((st == ST_INVALID || st == ST_UNSUPPORTED) && strncmp(err.text, "timestamp: ", 11) == 0);
        return 0;
    }
    must(one.version > 0 && one.root > 0 && one.signed_unix_ms <= one.expires_unix_ms);
    must(one.manifest_count >= 0 && one.manifest_count <= TIMESTAMP_MANIFESTS_MAX);
    for (int i = 0; i < one.manifest_count; i++) {
        must(one.manifests[i].version <= timestamp_newest(&one));
        must(i == 0 || one.manifests[i].version < one.manifests[i - 1].version);
        must(timestamp_names(&one, one.manifests[i].version, one.manifests[i].sha256));
    }
    timestamp_write(&one, &text);
    must(strbuf_status(&text) == ST_OK);
    must(timestamp_parse(text.data, text.len, &two, &err) == ST_OK);
    must(memcmp(&one, &two, sizeof one) == 0);
    strbuf_free(&text);
    return 0;
}
