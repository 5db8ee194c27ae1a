/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/json_writer.h"

#include "agent/base/hex.h"
#include "agent/base/json_bytes.h"
#include "agent/base/utf8.h"

#include <string.h>

/* What stands before every value or name: a comma, unless it is the first or follows its name. */
static void separate(struct json_writer *w)
{
    if (w->comma)
        strbuf_putc(w->out, ',');
    w->comma = true;
}

static void begin(struct json_writer *w, char bracket)
{
    char *at = strbuf_extend(w->out, w->comma ? 2 : 1);

    if (at && w->comma)
        *at++ = ',';
    if (at)
        *at = bracket;
    w->comma = false;
}

static void end(struct json_writer *w, char bracket)
{
    strbuf_putc(w->out, bracket);
    w->comma = true;
}

void jw_object_begin(struct json_writer *w)
{
    begin(w, '{');
}

void jw_object_end(struct json_writer *w)
{
    end(w, '}');
}

void jw_array_begin(struct json_writer *w)
{
    begin(w, '[');
}

void jw_array_end(struct json_writer *w)
{
    end(w, ']');
}

static void put_escape(struct strbuf *out, char c)
{
    static const char codes[] = "\b\f\n\r\t\"\\";
    static const char letters[] = "bfnrt\"\\";
    const char *found = strchr(codes, c);

    strbuf_putc(out, '\\');
    if (found)
        strbuf_putc(out, letters[found - codes]);
    else
        strbuf_printf(out, "u%04x", (unsigned)(unsigned char)c);
}

/* Writes what begins at text and returns its length: a character that must not stand as it is, else 0. NUL becomes
 * U+FFFD as invalid bytes do, because json_parse refuses it and a C string would end there. */
static size_t put_special(struct strbuf *out, const char *text, size_t len)
{
    static const char replacement[] = "\xef\xbf\xbd";
    bool valid = true;
    uint32_t code = 0;
    size_t step = utf8_next(text, len, &code, &valid);

    if (!valid || code == 0) {
        strbuf_puts(out, replacement);
        return step;
    }
    put_escape(out, text[0]);
    return step;
}

static bool stands_as_is(const char *text, size_t len, size_t *out_step)
{
    bool valid = true;
    uint32_t code = 0;

    *out_step = utf8_next(text, len, &code, &valid);
    return valid && code >= 0x20 && code != '"' && code != '\\';
}

static void put_quoted(struct strbuf *out, const char *text, size_t len)
{
    size_t run = 0, at = json_plain_length(text, len), step;

    strbuf_putc(out, '"');
    while (at < len) {
        if (stands_as_is(text + at, len - at, &step)) {
            at += step;
            continue;
        }
        strbuf_add(out, text + run, at - run);
        at += put_special(out, text + at, len - at);
        run = at;
    }
    strbuf_add(out, text + run, at - run);
    strbuf_putc(out, '"');
}

/* The text between quotes, with a comma before and a colon behind where they are wanted; in one piece where nothing
 * has to be escaped, as nearly always. */
static void put_text(struct strbuf *out, bool comma, const char *text, size_t len, bool colon)
{
    char *at;

    if (json_plain_length(text, len) < len) {
        if (comma)
            strbuf_putc(out, ',');
        put_quoted(out, text, len);
        if (colon)
            strbuf_putc(out, ':');
        return;
    }
    at = strbuf_extend(out, len + 2 + comma + colon);
    if (!at)
        return;
    if (comma)
        *at++ = ',';
    *at++ = '"';
    if (len > 0)
        memcpy(at, text, len);
    at[len] = '"';
    if (colon)
        at[len + 1] = ':';
}

void json_put_text(struct strbuf *out, const char *text)
{
    put_text(out, false, text, strlen(text), false);
}

void jw_name(struct json_writer *w, const char *name)
{
    put_text(w->out, w->comma, name, strlen(name), true);
    w->comma = false;
}

void jw_int(struct json_writer *w, int64_t value)
{
    separate(w);
    strbuf_put_int(w->out, value);
}

void jw_bool(struct json_writer *w, bool value)
{
    separate(w);
    strbuf_puts(w->out, value ? "true" : "false");
}

void jw_null(struct json_writer *w)
{
    separate(w);
    strbuf_puts(w->out, "null");
}

void jw_text(struct json_writer *w, const char *text)
{
    if (text)
        jw_text_n(w, text, strlen(text));
    else
        jw_null(w);
}

void jw_text_n(struct json_writer *w, const char *text, size_t len)
{
    put_text(w->out, w->comma, text, len, false);
    w->comma = true;
}

void jw_hex(struct json_writer *w, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    char pair[3];

    separate(w);
    strbuf_putc(w->out, '"');
    for (size_t i = 0; i < len; i++) {
        hex_encode(from + i, 1, pair);
        strbuf_add(w->out, pair, 2);
    }
    strbuf_putc(w->out, '"');
}

void jw_raw(struct json_writer *w, const char *json, size_t len)
{
    separate(w);
    strbuf_add(w->out, json, len);
}

void jw_field_int(struct json_writer *w, const char *name, int64_t value)
{
    jw_name(w, name);
    jw_int(w, value);
}

void jw_field_bool(struct json_writer *w, const char *name, bool value)
{
    jw_name(w, name);
    jw_bool(w, value);
}

void jw_field_text(struct json_writer *w, const char *name, const char *text)
{
    jw_name(w, name);
    jw_text(w, text);
}

void jw_field_hex(struct json_writer *w, const char *name, const void *bytes, size_t len)
{
    jw_name(w, name);
    jw_hex(w, bytes, len);
}

void jw_field_raw(struct json_writer *w, const char *name, const char *json, size_t len)
{
    jw_name(w, name);
    jw_raw(w, json, len);
}
