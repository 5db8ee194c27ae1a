/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's bytes on their way to a till, range by range. */
#include "sync/central/publish.h"

#include <stdlib.h>
#include <string.h>

static bool read_offset(const char *text, int64_t *out_offset)
{
    size_t len = strlen(text);

    if (len == 0 || len > 12 || strspn(text, "0123456789") != len)
        return false;
    *out_offset = strtoll(text, NULL, 10);
    return true;
}

void publish_blob(struct central *central, const struct device *device, const struct operation_args *args,
                  struct answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct rows *rows;
    int64_t from, to;
    bool found = false;
    enum status st;

    if (!read_offset(args->values[1], &from) || !read_offset(args->values[2], &to) || to < from ||
        to - from >= BLOB_RANGE_MAX) {
        answer_error(answer, 400, "bad_request", "a range of 1 to %d bytes is wanted: Range: bytes=a-b",
                     BLOB_RANGE_MAX);
        return;
    }
    st = STORE_SELECT(central->store, STATEMENT_BLOB_RANGE, &rows, &err, V_TEXT(device->chain),
                      V_TEXT(args->values[0]), V_INT(from + 1), V_INT(to - from + 1));
    if (st == ST_OK) {
        found = rows_next(rows);
        if (found) {
            size_t len;
            const void *bytes = rows_blob(rows, 0, &len);

            found = len > 0;
            strbuf_add(&answer->body, bytes, len);
        }
        st = rows_end(rows, &err);
    }
    if (st != ST_OK) {
        answer_status(answer, st, &err);
    } else if (!found) {
        answer_error(answer, 404, "not_found", "no such bytes here");
    } else {
        answer->status = 206;
        answer->binary = true;
    }
}
