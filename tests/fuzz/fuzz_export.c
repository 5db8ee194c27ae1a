/* SPDX-License-Identifier: Apache-2.0 */
/* A file of records that is taken ends as its closing line says; a closing line that is taken, written by us again, is the same. */
#include "sync/protocol/export.h"

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
    struct strbuf line = STRBUF_INIT(EXPORT_END_BYTES_MAX);
    const char *text = (const char *)data;
    struct export_end end, again;
    struct errmsg err = ERRMSG_INIT;
    size_t len = 0;
    enum status st = export_check(text, size, &end, &len, &err);

    must(st == ST_OK || st == ST_INVALID || st == ST_NOT_FOUND);
    if (st != ST_OK) {
        must(err.text[0] != '\0');
        return 0;
    }
    must(len < size && export_is_end(text + len, size - len));
    export_end_write(&end, &line);
    must(strbuf_status(&line) == ST_OK && size - len + 1 >= line.len && memcmp(line.data, text + len, size - len) == 0);
    must(export_end_read(line.data, line.len, &again, &err) == ST_OK && memcmp(&end, &again, sizeof end) == 0);
    strbuf_free(&line);
    return 0;
}
