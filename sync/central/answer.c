/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "agent/base/json_writer.h"
#include "sync/central/central.h"

void answer_error(struct answer *answer, int status, const char *code, const char *format, ...)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);
    char message[ERRMSG_BYTES_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    strbuf_clear(&answer->body);
    answer->status = status;
    answer->binary = false;
    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    jw_field_text(&w, "message", message);
    jw_object_end(&w);
}

void answer_status(struct answer *answer, enum status st, const struct errmsg *err)
{
    const char *text = err->text[0] ? err->text : status_text(st);

    switch (st) {
    case ST_OK:
        return;
    case ST_INVALID:
    case ST_RANGE:
    case ST_UNSUPPORTED:
        answer_error(answer, 400, "bad_request", "%s", text);
        return;
    case ST_NOT_FOUND:
        answer_error(answer, 404, "not_found", "%s", text);
        return;
    case ST_CONFLICT:
        answer_error(answer, 409, "conflict", "%s", text);
        return;
    case ST_DENIED:
        answer_error(answer, 403, "denied", "%s", text);
        return;
    case ST_FULL:
        answer_error(answer, 413, "too_large", "%s", text);
        return;
    case ST_TIMEOUT:
    case ST_OFFLINE:
    case ST_AGAIN:
    case ST_IO:
    case ST_CORRUPT:
    case ST_NOMEM:
    case ST_INTERNAL:
        answer_error(answer, 503, "unavailable", "%s", text);
        answer->retry_after_s = 5;
        return;
    }
}
