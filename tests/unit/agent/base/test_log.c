/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/log.h"
#include "agent/base/log_journal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

Test(log, a_line_with_a_number_ends_with_its_code)
{
    struct capture capture;

    unsetenv("JOURNAL_STREAM");
    capture_begin(&capture);
    log_warn("link-07", "down: %s", "no answer");
    cr_expect_str_eq(capture_end(&capture), "warn: link: down: no answer [link-07]\n");
}

/* ---- systemd's journal: a socket of ours stands for journald's ---- */

static char journal_dir[] = "/tmp/loyald-log-XXXXXX", journal_path[64];
static int journal;

static void open_journal(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    cr_assert_not_null(mkdtemp(journal_dir));
    snprintf(journal_path, sizeof journal_path, "%s/socket", journal_dir);
    strcpy(address.sun_path, journal_path);
    journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(journal, (const struct sockaddr *)&address, sizeof address), 0);
}

static void close_journal(void)
{
    close(journal);
    unlink(journal_path);
    rmdir(journal_dir);
}

TestSuite(log_journal, .init = open_journal, .fini = close_journal);

static const char *heard(void)
{
    static char text[16384];
    ssize_t len = recv(journal, text, sizeof text - 1, 0);

    cr_assert_geq(len, 0, "nothing was sent");
    text[len] = '\0';
    return text;
}

static bool say(const char *area, const char *format, const char *line)
{
    struct log_entry entry = {.priority = 4, .area = area, .format = format, .line = line, .len = strlen(line)};

    return log_journal_send(journal_path, &entry);
}

Test(log_journal, a_line_has_its_fields)
{
    const char *text;

    cr_assert(say("link-07", "records were not taken status=%d code=%s: %s", "link: records were not taken status=409 code=fork: away seq=5 [link-07]"));
    text = heard();
    cr_expect_eq(strncmp(text, "PRIORITY=4\nSYSLOG_IDENTIFIER=", 29), 0, "%s", text);
    cr_expect_not_null(strstr(text, "\nLOYALD_AREA=link\nLOYALD_CODE=link-07\nMESSAGE_ID=858c5960b0e64d199ee442cac866b5c7\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\nMESSAGE=link: records were not taken status=409 code=fork: away seq=5 [link-07]\nLOYALD_STATUS=409\nLOYALD_CODE=fork\n"), "%s", text);
    cr_expect_null(strstr(text, "LOYALD_SEQ"), "what came from elsewhere is no field");
}

Test(log_journal, a_free_text_makes_no_field)
{
    const char *text;

    cr_assert(say("port", "%s is lost seq=%d", "port: x seq=1 y is lost seq=2"));
    text = heard();
    cr_expect_null(strstr(text, "LOYALD_SEQ"), "%s", text);
    cr_expect_null(strstr(text, "LOYALD_CODE"), "no number, no code: %s", text);
    cr_expect_eq(text[strlen(text) - 1], '\n');
}

Test(log_journal, without_a_journal_the_line_is_ours_to_write)
{
    unlink(journal_path);
    cr_expect_not(say("link-07", "x", "link: x"));
}

/* A journal that does not read: nobody waits, and what was lost is told of. */
Test(log_journal, a_journal_that_stands_still_is_not_waited_for)
{
    int sent = 0, lost = 0;
    const char *text;

    while (sent < 2000 && say("link-07", "x", "link: x"))
        sent++;
    cr_expect_eq(sent, 2000, "each is taken or counted, none is refused");
    while (recv(journal, (char[64]){0}, 64, 0) >= 0)
        lost++;
    cr_assert_lt(lost, sent, "the queue has an end");
    lost = sent - lost;
    cr_assert(say("link-07", "x", "link: x"));
    text = heard();
    cr_expect_not_null(strstr(text, "LOYALD_CODE=log-01\n"), "%s", text);
    cr_expect_eq(atoi(strstr(text, "count=") + strlen("count=")), lost, "%s", text);
    cr_expect_not_null(strstr(heard(), "MESSAGE=link: x\n"));
}
