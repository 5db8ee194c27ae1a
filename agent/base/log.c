/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/utf8.h"

enum { LOG_TEXT_BYTES_MAX = 2048, LOG_LINE_BYTES_MAX = 4 * LOG_TEXT_BYTES_MAX }; /* every byte may become \xNN */

static const char *const level_words[] = {"error", "warn", "info", "debug"};

static _Atomic int current_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&current_level, (int)level);
}

enum status log_level_parse(const char *text, enum log_level *out_level)
{
    size_t i;

    for (i = 0; i < sizeof level_words / sizeof *level_words; i++) {
        if (strcmp(text, level_words[i]) == 0) {
            *out_level = (enum log_level)i;
            return ST_OK;
        }
    }
    return ST_INVALID;
}

/* systemd names the socket it gave as standard error in JOURNAL_STREAM ("device:inode", systemd.exec(5)); only then
 * is
 * "<3>" read as a priority instead of shown. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat at;

    if (!stream || fstat(STDERR_FILENO, &at) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)at.st_dev, (uintmax_t)at.st_ino);
    return strcmp(stream, own) == 0;
}

/* What a device or a stranger sent must neither forge a second line nor steer the terminal. */
static size_t put_escaped(char *out, const char *text, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0, out_len = 0;

    while (at < len) {
        bool valid = true;
        uint32_t code;
        size_t i, step = utf8_next(text + at, len - at, &code, &valid);

        if (valid && code >= 0x20 && (code < 0x7f || code > 0x9f)) {
            memcpy(out + out_len, text + at, step);
            out_len += step;
        } else {
            for (i = 0; i < step; i++) {
                unsigned char byte = (unsigned char)text[at + i];

                out[out_len++] = '\\';
                out[out_len++] = 'x';
                out[out_len++] = digits[byte >> 4];
                out[out_len++] = digits[byte & 15];
            }
        }
        at += step;
    }
    return out_len;
}

__attribute__((format(printf, 3, 0))) static void log_line(enum log_level level, const char *area, const char *format,
                                                           va_list args)
{
    static const char *const journal_words[] = {"<3>", "<4>", "<6>", "<7>"};
    static const char *const terminal_words[] = {"error: ", "warn: ", "", ""};
    char text[LOG_TEXT_BYTES_MAX];
    char line[sizeof "<3>" + sizeof "error: " + LOG_LINE_BYTES_MAX];
    int saved_errno = errno; /* a line of diagnosis must not change what the caller diagnoses */
    size_t len, text_len, done = 0;
    int head, body;

    if ((int)level > atomic_load(&current_level))
        return;
    head = snprintf(text, sizeof text, "%.100s: ", area);
    body = vsnprintf(text + head, sizeof text - (size_t)head, format, args);
    text_len = strnlen(text, sizeof text - 1);
    if (body >= (int)sizeof text - head)
        text_len = utf8_cut(text, text_len, text_len - 1); /* the last character may be half there */

    len = (size_t)snprintf(line, sizeof line, "%s", is_journal() ? journal_words[level] : terminal_words[level]);
    len += put_escaped(line + len, text, text_len);
    line[len++] = '\n';
    while (done < len) { /* one call as a rule, so that lines of two processes do not mix */
        ssize_t wrote = write(STDERR_FILENO, line + done, len - done);

        if (wrote > 0)
            done += (size_t)wrote;
        else if (wrote == 0 || errno != EINTR)
            break; /* nobody reads: a till does not wait for its log */
    }
    errno = saved_errno;
}

void log_error(const char *area, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line(LOG_LEVEL_ERROR, area, format, args);
    va_end(args);
}

void log_warn(const char *area, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line(LOG_LEVEL_WARN, area, format, args);
    va_end(args);
}

void log_info(const char *area, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line(LOG_LEVEL_INFO, area, format, args);
    va_end(args);
}

void log_debug(const char *area, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line(LOG_LEVEL_DEBUG, area, format, args);
    va_end(args);
}
