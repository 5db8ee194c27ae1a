/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of events. */
#include "http_unix.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

static void read_until(int fd, struct strbuf *text, const char *until)
{
    char piece[4096];
    ssize_t n;

    while (!strstr(strbuf_text(text), until)) {
        n = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
        if (n > 0)
            strbuf_add(text, piece, (size_t)n);
        else if (n == 0)
            return;
        else
            loop_step(fixture.loop, 1000);
    }
}

Test(http_hard, stream_sends_its_head_at_once_and_each_event_when_written)
{
    struct strbuf text = STRBUF_INIT(65536);
    int fd, i;
    char event[64];

    fixture_start(&fixture, &options);
    fixture.on_handled = unix_stop_loop;
    fixture.on_gone = unix_stop_loop;
    fd = unix_ask("/stream");
    loop_run(fixture.loop);
    read_until(fd, &text, "\r\n\r\n");
    cr_expect(strstr(strbuf_text(&text), "text/event-stream"));
    cr_expect(strstr(strbuf_text(&text), "no-store"));
    for (i = 0; i < 50; i++) {
        snprintf(event, sizeof event, "data: event-%d\n\n", i);
        cr_assert_eq(http_stream_write(fixture.stream, event, strlen(event)), ST_OK);
        read_until(fd, &text, event);
        cr_expect(strstr(strbuf_text(&text), event));
    }
    close(fd);
    loop_run(fixture.loop);
    cr_expect_eq(fixture.closed, 1);
    strbuf_free(&text);
}

Test(http_hard, stream_that_falls_behind_is_cut)
{
    char block[4096];
    int fd, writes = 0;
    enum status st = ST_OK;

    memset(block, 'e', sizeof block);
    fixture_start(&fixture, &options);
    fixture.on_handled = unix_stop_loop;
    fixture.on_gone = unix_stop_loop;
    fd = unix_ask("/stream");
    loop_run(fixture.loop);
    /* The client reads nothing: the socket's buffers fill, then ours. */
    while (st == ST_OK && writes < 10000) {
        st = http_stream_write(fixture.stream, block, sizeof block);
        writes++;
        loop_step(fixture.loop, 0);
    }
    cr_expect_eq(st, ST_FULL, "%d writes", writes);
    cr_expect_gt(writes * (int)sizeof block, STREAM_BYTES_MAX);
    if (fixture.stream) {
        cr_expect_eq(http_stream_write(fixture.stream, block, 1), ST_FULL, "still safe until closed is told");
        while (!fixture.closed)
            loop_step(fixture.loop, 1000);
    }
    cr_expect_eq(fixture.closed, 1);
    close(fd);
}
