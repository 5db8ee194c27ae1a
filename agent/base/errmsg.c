/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/errmsg.h"

#include "agent/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text is formatted into a few bytes more than are kept: only so is it known whether the last character is whole.
 */
enum { SLACK_BYTES = 4 };

struct long_text {
    char text[ERRMSG_BYTES_MAX + SLACK_BYTES];
};

__attribute__((format(printf, 2, 0))) static void format_text(struct long_text *out, const char *format, va_list args)
{
    if (vsnprintf(out->text, sizeof out->text, format, args) < 0)
        (void)snprintf(out->text, sizeof out->text, "(message cannot be formatted)");
}

static void keep(struct errmsg *err, const struct long_text *from)
{
    size_t len = utf8_cut(from->text, strlen(from->text), ERRMSG_BYTES_MAX - 1);

    memcpy(err->text, from->text, len);
    err->text[len] = '\0';
}

void errmsg_set(struct errmsg *err, const char *format, ...)
{
    struct long_text fresh;
    va_list args;

    if (!err)
        return;
    /* Through a text of its own, since an argument may be err->text itself. */
    va_start(args, format);
    format_text(&fresh, format, args);
    va_end(args);
    keep(err, &fresh);
}

void errmsg_wrap(struct errmsg *err, const char *format, ...)
{
    struct long_text outer;
    size_t len;
    va_list args;

    if (!err)
        return;
    va_start(args, format);
    format_text(&outer, format, args);
    va_end(args);
    len = strlen(outer.text);
    if (err->text[0])
        (void)snprintf(outer.text + len, sizeof outer.text - len, ": %s", err->text);
    keep(err, &outer);
}
