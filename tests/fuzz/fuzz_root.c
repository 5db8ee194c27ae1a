/* SPDX-License-Identifier: Apache-2.0 */
/* A root that is taken, written by us and taken again, says the same; its roles can be met. */
#include "sync/protocol/root.h"

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
    static struct root one, two;
    struct strbuf text = STRBUF_INIT(2 * ROOT_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum status st = root_parse((const char *)data, size, &one, &err);

    if (st != ST_OK) {
        must((st == ST_INVALID || st == ST_UNSUPPORTED) && strncmp(err.text, "root: ", 6) == 0);
        return 0;
    }
    must(one.version > 0 && one.timestamp_days > 0 && one.timestamp_days <= ROOT_TIMESTAMP_DAYS_MAX);
    for (int role = 0; role < ROOT_ROLE_COUNT; role++)
        must(one.roles[role].threshold >= 1 && one.roles[role].threshold <= one.roles[role].count &&
             one.roles[role].count <= SIGNERS_MAX);
    root_write(&one, &text);
    must(strbuf_status(&text) == ST_OK);
    if (text.len <= ROOT_BYTES_MAX) { /* an escape may be longer as we write it */
        must(root_parse(text.data, text.len, &two, &err) == ST_OK);
        must(memcmp(&one, &two, sizeof one) == 0);
    }
    strbuf_free(&text);
    return 0;
}
