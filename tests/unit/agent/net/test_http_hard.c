/* SPDX-License-Identifier: Apache-2.0 */
/* What clients do that they should not, and what the network does to honest ones. Many of them at once, and those
 * that wait: test_http_limits.c; streams: test_http_streams.c. */
#include "http_unix.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <zlib.h>

TestSuite(http_hard, .init = unix_begin, .fini = unix_end);

static size_t gzip_bytes(const void *bytes, size_t len, unsigned char *out, size_t max)
{
    z_stream stream = {0};
    size_t packed;

    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)len;
    stream.next_out = out;
    stream.avail_out = (unsigned)max;
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed = max - stream.avail_out;
    deflateEnd(&stream);
    return packed;
}

static void expect_gzip(const void *packed, size_t len, long status, size_t answer_len)
{
    struct call call = {.unix_path = fixture.socket_path,
                        .url = "http://localhost/echo",
                        .headers = {"Content-Encoding: gzip"},
                        .body = packed,
                        .body_len = len};

    run_call(&fixture, &call);
    cr_expect_eq(call.status, status, "%zu bytes: %ld: %s", len, call.status, strbuf_text(&call.answer));
    if (status == 200)
        cr_expect_eq(call.answer.len, answer_len);
    call_free(&call);
}

Test(http_hard, gzip_is_unpacked_within_the_bound)
{
    enum { BOMB_BYTES = 32 * 1024 * 1024, PACKED_MAX = 64 * 1024 };
    char *zeros = calloc(1, BOMB_BYTES);
    unsigned char *packed = malloc(PACKED_MAX);
    struct call unknown = {.unix_path = fixture.socket_path,
                           .url = "http://localhost/echo",
                           .headers = {"Content-Encoding: br"},
                           .body = "x",
                           .body_len = 1};
    size_t len;

    fixture_start(&fixture, &options);
    len = gzip_bytes(zeros, ECHO_BYTES_MAX, packed, PACKED_MAX);
    expect_gzip(packed, len, 200, ECHO_BYTES_MAX);
    expect_gzip(packed, len - 1, 400, 0); /* cut short */
    packed[len] = 'x';
    expect_gzip(packed, len + 1, 400, 0); /* something behind it */
    packed[len - 6] ^= 0x55;              /* in its check sum */
    expect_gzip(packed, len, 400, 0);     /* damaged */
    expect_gzip("plain text", 10, 400, 0);
    expect_gzip("", 0, 400, 0);
    len = gzip_bytes(zeros, ECHO_BYTES_MAX + 1, packed, PACKED_MAX);
    expect_gzip(packed, len, 413, 0);
    len = gzip_bytes(zeros, BOMB_BYTES, packed, PACKED_MAX);
    expect_gzip(packed, len, 413, 0);
    len = gzip_bytes("", 0, packed, PACKED_MAX);
    expect_gzip(packed, len, 200, 0);
    run_call(&fixture, &unknown);
    cr_expect_eq(unknown.status, 415);
    call_free(&unknown);
    free(zeros);
    free(packed);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

Test(http_hard, pipelined_requests_are_answered_in_order)
{
    struct raw raw = {
        .unix_path = fixture.socket_path,
        .send = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
                "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
                "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    };
    const char *text;

    fixture_start(&fixture, &options);
    run_client(&fixture, raw_perform, &raw);
    text = strbuf_text(&raw.answer);
    cr_expect(raw.ended);
    cr_expect_eq(count_of(text, "HTTP/1.1 200 OK"), 4, "%s", text);
    cr_expect_eq(count_of(text, "HTTP/1.1 404 "), 1);
    cr_expect_lt(strstr(text, "one"), strstr(text, "two"));
    strbuf_free(&raw.answer);
}

struct bad_case {
    const char *name;
    const char *send;
    const char *want; /* start of the answer; "" for none at all */
};

Test(http_hard, malformed_requests_are_refused_and_the_server_lives)
{
    static const struct bad_case cases[] = {
        {"no HTTP", "\x16\x03\x01\x02\x05\r\n\r\n", ""},
        {"no host", "GET /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
        {"version", "GET /hello HTTP/9.1\r\nHost: a\r\n\r\n", "HTTP/1.1 505"},
        {"length no number", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3x\r\n\r\nabc", "HTTP/1.1 400"},
        {"length negative", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"},
        {"length beyond 64 bits", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
         "HTTP/1.1 4"},
        {"length of 2^63", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n",
         "HTTP/1.1 413"},
        {"chunk no number", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
         "HTTP/1.1 400"},
        {"method unknown", "BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405"},
        {"method long", "GETGETGETGETGETGETGETGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405"},
        {"only line ends", "\r\n\r\n\r\n\r\n", ""},
    };
    size_t i;

    options.idle_timeout_s = 1; /* what is no request at all is closed by that */
    fixture_start(&fixture, &options);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct raw raw = {.unix_path = fixture.socket_path, .send = cases[i].send, .half_close = true};

        run_client(&fixture, raw_perform, &raw);
        cr_expect(raw.ended, "%s: not closed", cases[i].name);
        cr_expect(strncmp(strbuf_text(&raw.answer), cases[i].want, strlen(cases[i].want)) == 0, "%s: %s",
                  cases[i].name, strbuf_text(&raw.answer));
        strbuf_free(&raw.answer);
    }
    cr_expect_eq(fixture.handled, 0);
}

Test(http_hard, a_half_closed_client_still_gets_an_answer_that_does_not_wait)
{
    struct raw raw = {.unix_path = fixture.socket_path,
                      .send = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhalf",
                      .half_close = true};

    fixture_start(&fixture, &options);
    run_client(&fixture, raw_perform, &raw);
    cr_expect(strstr(strbuf_text(&raw.answer), "half"), "%s", strbuf_text(&raw.answer));
    strbuf_free(&raw.answer);
}

Test(http_hard, headers_longer_than_the_connection_keeps_are_refused)
{
    enum { HEAD_BYTES = 64 * 1024 };
    char *text = malloc(HEAD_BYTES + 64);
    struct raw raw = {.unix_path = fixture.socket_path};
    int len;

    fixture_start(&fixture, &options);
    len = sprintf(text, "GET /hello HTTP/1.1\r\nHost: a\r\nX-Long: ");
    memset(text + len, 'x', HEAD_BYTES - (size_t)len);
    strcpy(text + HEAD_BYTES, "\r\n\r\n");
    raw.send = text;
    run_client(&fixture, raw_perform, &raw);
    cr_expect_eq(fixture.handled, 0);
    /* The rest of the headers is unread when it closes, so the answer (431) may or may not arrive. */
    cr_expect(raw.answer.len == 0 || strncmp(strbuf_text(&raw.answer), "HTTP/1.1 431", 12) == 0);
    strbuf_free(&raw.answer);
    free(text);
}

/* Sends one byte of a header with each turn of its poll: never idle, never done. */
static void dribble(void *context)
{
    static const char head[] = "GET /hello HTTP/1.1\r\nHost: a\r\nX: ";
    bool *cut = context;
    int fd = raw_connect(fixture.socket_path), i;
    struct pollfd closed = {.fd = fd, .events = POLLIN};

    (void)!send(fd, head, sizeof head - 1, MSG_NOSIGNAL);
    for (i = 0; i < 200 && !*cut; i++) {
        if (poll(&closed, 1, 50) > 0 || send(fd, "x", 1, MSG_NOSIGNAL) < 0)
            *cut = true;
    }
    close(fd);
}

Test(http_hard, a_client_that_never_finishes_its_request_is_cut)
{
    bool cut = false;

    options.idle_timeout_s = 1;
    fixture_start(&fixture, &options);
    run_client(&fixture, dribble, &cut);
    cr_expect(cut);
}

Test(http_hard, an_idle_connection_is_closed)
{
    struct raw raw = {.unix_path = fixture.socket_path, .send = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"};

    options.idle_timeout_s = 1;
    fixture_start(&fixture, &options);
    run_client(&fixture, raw_perform, &raw);
    cr_expect(raw.ended);
    cr_expect(strstr(strbuf_text(&raw.answer), "hello"));
    strbuf_free(&raw.answer);
}
