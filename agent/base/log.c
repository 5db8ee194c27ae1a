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

#include "agent/base/log_journal.h"
#include "agent/base/utf8.h"

enum {
    LOG_AREA_BYTES_MAX = 64,
    LOG_TEXT_BYTES_MAX = 2048,
    LOG_LINE_BYTES_MAX = 4 * LOG_TEXT_BYTES_MAX + LOG_AREA_BYTES_MAX + 4 /* every byte may become \xNN; " [code]" */
};

static _Atomic int current_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&current_level, (int)level);
}

/* systemd names the socket it gave as standard error in JOURNAL_STREAM ("device:inode", systemd.exec(5)); only
 * then is "<3>" read as a priority instead of shown. */
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

/* "link: down key=value [link-07]"; out holds LOG_LINE_BYTES_MAX. Answers its length without the NUL. */
__attribute__((format(printf, 2, 0))) static size_t make_line(const char *area, const char *format, va_list args,
                                                              char *out)
{
    size_t area_len = strcspn(area, "-");
    char text[LOG_TEXT_BYTES_MAX];
    int shown = area_len < LOG_AREA_BYTES_MAX ? (int)area_len : LOG_AREA_BYTES_MAX;
    int head = snprintf(text, sizeof text, "%.*s: ", shown, area);
    int body = vsnprintf(text + head, sizeof text - (size_t)head, format, args);
    size_t len = strnlen(text, sizeof text - 1);

    if (body >= (int)sizeof text - head)
        len = utf8_cut(text, len, len - 1); /* the last character may be half there */
    len = put_escaped(out, text, len);
    if (strchr(area, '-'))
        len += (size_t)snprintf(out + len, LOG_LINE_BYTES_MAX - len, " [%.*s]", LOG_AREA_BYTES_MAX, area);
    out[len] = '\0';
    return len;
}

static void write_line(enum log_level level, bool journal, const struct log_entry *entry)
{
    static const char *const journal_words[] = {"<3>", "<4>", "<6>", "<7>"};
    static const char *const terminal_words[] = {"error: ", "warn: ", "", ""};
    char whole[sizeof "error: " + LOG_LINE_BYTES_MAX + 1];
    size_t len, done = 0;

    len = (size_t)snprintf(whole, sizeof whole, "%s%s\n", journal ? journal_words[level] : terminal_words[level],
                           entry->line);
    while (done < len) { /* one call as a rule, so that lines of two processes do not mix */
        ssize_t wrote = write(STDERR_FILENO, whole + done, len - done);

        if (wrote > 0)
            done += (size_t)wrote;
        else if (wrote == 0 || errno != EINTR)
            break; /* nobody reads: a till does not wait for its log */
    }
}

__attribute__((format(printf, 3, 0))) static void log_line(enum log_level level, const char *area, const char *format,
                                                           va_list args)
{
    static const int priorities[] = {3, 4, 6, 7};
    struct log_entry entry = {.priority = priorities[level], .area = area, .format = format};
    char line[LOG_LINE_BYTES_MAX];
    int saved_errno = errno; /* a line of diagnosis must not change what the caller diagnoses */
    bool journal;

    if ((int)level > atomic_load(&current_level))
        return;
    entry.line = line;
    entry.len = make_line(area, format, args, line);
    journal = is_journal();
    if (!journal || !log_journal_send(LOG_JOURNAL_SOCKET, &entry))
        write_line(level, journal, &entry);
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
