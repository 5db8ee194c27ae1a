/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

static struct lines lines;
static struct strbuf line;
static int waits;

static void count_wait(void)
{
    waits++;
}

static void give(const char *bytes, size_t len)
{
    char path[] = "/tmp/lines-test-XXXXXX";

    memset(&lines, 0, sizeof lines);
    lines.fd = mkstemp(path);
    cr_assert_geq(lines.fd, 0);
    unlink(path);
    cr_assert_eq(write(lines.fd, bytes, len), (ssize_t)len);
    lseek(lines.fd, 0, SEEK_SET);
}

static void begin(void)
{
    line = (struct strbuf)STRBUF_INIT(100000);
}

static void end(void)
{
    strbuf_free(&line);
}

TestSuite(tools_lines, .init = begin, .fini = end);

static void expect(enum line kind, const char *text)
{
    cr_expect_eq(lines_next(&lines, &line, count_wait), kind);
    cr_expect_str_eq(strbuf_text(&line), text);
}

Test(tools_lines, ends_of_lines)
{
    give("a\r\n\nb\n\r\nc", 10);
    expect(LINE_READ, "a");
    expect(LINE_READ, "");
    expect(LINE_READ, "b");
    expect(LINE_READ, "");
    expect(LINE_READ, "c");
    expect(LINE_END, "");
    expect(LINE_END, "");
    close(lines.fd);
}

Test(tools_lines, longer_than_a_block_and_longer_than_the_bound)
{
    size_t len = 4 * LINES_BLOCK_BYTES;
    char *text = malloc(len);

    cr_assert_not_null(text);
    memset(text, 'x', len);
    text[99999] = '\n';              /* 99,999 bytes: across a block */
    text[99999 + 1 + 100001] = '\n'; /* one past the bound */
    give(text, 99999 + 1 + 100001 + 1 + 3);
    cr_expect_eq(lines_next(&lines, &line, count_wait), LINE_READ);
    cr_expect_eq(line.len, 99999);
    cr_expect_eq(lines_next(&lines, &line, count_wait), LINE_TOO_LONG);
    expect(LINE_READ, "xxx");
    expect(LINE_END, "");
    close(lines.fd);
    free(text);
}

Test(tools_lines, says_before_it_waits)
{
    int fds[2];

    cr_assert_eq(pipe(fds), 0);
    memset(&lines, 0, sizeof lines);
    lines.fd = fds[0];
    cr_assert_eq(write(fds[1], "a\nb\n", 4), 4);
    expect(LINE_READ, "a");
    expect(LINE_READ, "b");
    cr_expect_eq(waits, 1, "what is there already needs no wait");
    close(fds[1]);
    expect(LINE_END, "");
    cr_expect_eq(waits, 2);
    close(fds[0]);
}

Test(tools_lines, a_descriptor_that_fails)
{
    memset(&lines, 0, sizeof lines);
    lines.fd = -1;
    expect(LINE_FAILED, "");
    cr_expect_eq(errno, EBADF);
}
