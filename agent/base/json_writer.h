/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_writer - writes JSON straight into a strbuf, without a tree: commas and quotes by itself, integers plain, only
 * the escapes JSON demands, no white space. Names are written in the order given; canonical output is the caller's
 * order.
 *
 * Errors are the strbuf's own (strbuf_status).
 */
#ifndef LOYALD_BASE_JSON_WRITER_H
#define LOYALD_BASE_JSON_WRITER_H

#include "agent/base/strbuf.h"

#include <stdbool.h>

struct json_writer {
    struct strbuf *out;
    bool comma; /* the next value or name needs one before it */
};

#define JSON_WRITER_INIT(buf)                                                                                        \
    {                                                                                                                \
        .out = (buf)                                                                                                 \
    }

void jw_object_begin(struct json_writer *w);
void jw_object_end(struct json_writer *w);
void jw_array_begin(struct json_writer *w);
void jw_array_end(struct json_writer *w);
void jw_name(struct json_writer *w, const char *name);
void jw_int(struct json_writer *w, int64_t value);
void jw_bool(struct json_writer *w, bool value);
void jw_null(struct json_writer *w);
void jw_text(struct json_writer *w, const char *text); /* NULL writes null; invalid UTF-8 and NUL become U+FFFD */
void jw_text_n(struct json_writer *w, const char *text, size_t len);
void jw_hex(struct json_writer *w, const void *bytes, size_t len);
void jw_raw(struct json_writer *w, const char *json, size_t len); /* a value already written as JSON */
/* Name and value in one. */
void jw_field_int(struct json_writer *w, const char *name, int64_t value);
void jw_field_bool(struct json_writer *w, const char *name, bool value);
void jw_field_text(struct json_writer *w, const char *name, const char *text);
void jw_field_hex(struct json_writer *w, const char *name, const void *bytes, size_t len);
void jw_field_raw(struct json_writer *w, const char *name, const char *json, size_t len);
/* A text with its quotes and escapes, for those who write commas and names themselves. */
void json_put_text(struct strbuf *out, const char *text);

#endif
