/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard error, caught in memory. */
struct capture {
    int saved, memory;
    char text[32768];
};

static void capture_begin(struct capture *capture)
{
    capture->saved = dup(STDERR_FILENO);
    capture->memory = memfd_create("stderr", 0);
    dup2(capture->memory, STDERR_FILENO);
}

static const char *capture_end(struct capture *capture)
{
    ssize_t len = pread(capture->memory, capture->text, sizeof capture->text - 1, 0);

    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    close(capture->memory);
    capture->text[len > 0 ? len : 0] = '\0';
    return capture->text;
}

Test(log, levels_let_through_what_is_as_grave)
{
    struct capture capture;

    unsetenv("JOURNAL_STREAM");
    capture_begin(&capture);
    log_debug("till", "not said at first");
    log_info("till", "open id=%d", 7);
    log_set_level(LOG_LEVEL_WARN);
    log_info("till", "not said");
    log_warn("printer", "paper low");
    log_set_level(LOG_LEVEL_ERROR);
    log_warn("printer", "not said");
    log_error("db", "disk full");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("loop", "tick");
    cr_expect_str_eq(capture_end(&capture), "till: open id=7\nwarn: printer: paper low\nerror: db: disk full\n"
                                            "loop: tick\n");
}

Test(log, level_words_are_read)
{
    enum log_level level = LOG_LEVEL_INFO;

    cr_expect_eq(log_level_parse("error", &level), ST_OK);
    cr_expect_eq(level, LOG_LEVEL_ERROR);
    cr_expect_eq(log_level_parse("debug", &level), ST_OK);
    cr_expect_eq(level, LOG_LEVEL_DEBUG);
    cr_expect_eq(log_level_parse("loud", &level), ST_INVALID);
    cr_expect_eq(log_level_parse("", &level), ST_INVALID);
    cr_expect_eq(level, LOG_LEVEL_DEBUG);
}

Test(log, a_line_stays_one_line_and_steers_no_terminal)
{
    struct capture capture;

    unsetenv("JOURNAL_STREAM");
    capture_begin(&capture);
    log_info("scan", "got \"%s\"", "a\nerror: db: forged\x1b[2J\x7f\t\xc2\x9b\xff Молоко");
    cr_expect_str_eq(capture_end(&capture),
                     "scan: got \"a\\x0aerror: db: forged\\x1b[2J\\x7f\\x09\\xc2\\x9b\\xff Молоко\"\n");
}

Test(log, a_long_text_is_cut_at_a_character)
{
    static char text[10001];
    struct capture capture;
    const char *line;
    size_t i;

    unsetenv("JOURNAL_STREAM");
    for (i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xd0\x96", 2); /* two bytes each, at an odd and at an even place */
    for (i = 0; i < 2; i++) {
        capture_begin(&capture);
        log_info(i ? "ab" : "a", "%s", text);
        line = capture_end(&capture);
        cr_expect_geq(strlen(line), 2040);
        cr_expect_leq(strlen(line), 2048);
        cr_expect_null(strstr(line, "\\x"), "no half character");
        cr_expect_eq(strchr(line, '\n'), line + strlen(line) - 1);
    }
    capture_begin(&capture); /* the widest: every byte is written as four */
    memset(text, 1, sizeof text - 1);
    log_error("a", "%s", text);
    line = capture_end(&capture);
    cr_expect_gt(strlen(line), 8000);
    cr_expect_leq(strlen(line), 8 + 4 * 2048);
}

Test(log, journald_is_told_the_priority)
{
    struct capture capture;
    struct stat at;
    char stream[64];

    capture_begin(&capture);
    fstat(STDERR_FILENO, &at);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)at.st_dev, (uintmax_t)at.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_error("db", "disk full");
    log_info("till", "open");
    setenv("JOURNAL_STREAM", "1:1", 1); /* that of a parent, standard error went elsewhere */
    log_info("till", "open");
    cr_expect_str_eq(capture_end(&capture), "<3>db: disk full\n<6>till: open\ntill: open\n");
}

Test(log, logging_changes_no_errno_and_survives_a_closed_stream)
{
    int saved = dup(STDERR_FILENO);

    errno = ENOSPC;
    close(STDERR_FILENO);
    log_error("db", "nobody hears it");
    cr_expect_eq(errno, ENOSPC);
    dup2(saved, STDERR_FILENO);
    close(saved);
}
