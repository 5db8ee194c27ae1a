/* SPDX-License-Identifier: Apache-2.0 */
/* What clients do that they should not, and what the network does to honest ones. */
#include "http_fixture.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <zlib.h>

static struct fixture fixture;
static struct http_server_options options;

static void setup(void)
{
    fixture_init(&fixture, &options);
    options.unix_path = fixture.socket_path;
}

static void teardown(void)
{
    fixture_free(&fixture);
}

TestSuite(http_hard, .init = setup, .fini = teardown);

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

static void stop_loop(struct fixture *f)
{
    loop_stop(f->loop);
}

static int ask(const char *path)
{
    char text[256];
    int fd = raw_connect(fixture.socket_path);
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);

    cr_assert_geq(fd, 0);
    cr_assert_eq(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
    return fd;
}

static void answer_now(struct http_request *request)
{
    http_answer(request, 200, "text/plain", "done", 4);
}

Test(http_hard, a_parked_request_outlives_the_idle_time_out)
{
    struct raw idle = {.unix_path = fixture.socket_path, .send = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"};
    char text[512] = "";
    int fd;

    options.idle_timeout_s = 1;
    fixture_start(&fixture, &options);
    fixture.on_handled = stop_loop;
    fd = ask("/park");
    loop_run(fixture.loop);
    /* Others come and are closed for idleness, twice over; the sweep for slow ones has passed as well. */
    run_client(&fixture, raw_perform, &idle);
    strbuf_free(&idle.answer);
    run_client(&fixture, raw_perform, &idle);
    strbuf_free(&idle.answer);
    run_client(&fixture, raw_perform, &idle);
    strbuf_free(&idle.answer);
    cr_assert_not_null(fixture.parked);
    answer_now(fixture.parked);
    while (recv(fd, text, sizeof text - 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
        loop_step(fixture.loop, 100);
    cr_expect(strstr(text, "done"), "%s", text);
    cr_expect_eq(fixture.gone, 0);
    close(fd);
}

Test(http_hard, many_parked_requests_some_leaving_some_answered)
{
    enum { COUNT = 200 };
    struct http_request *parked[COUNT];
    int fds[COUNT], i, left = 0;
    char text[512];

    options.connections_max = COUNT;
    fixture_start(&fixture, &options);
    fixture.on_handled = stop_loop;
    for (i = 0; i < COUNT; i++) {
        fds[i] = ask("/park");
        loop_run(fixture.loop);
        parked[i] = fixture.parked;
    }
    for (i = 0; i < COUNT; i += 3, left++)
        close(fds[i]);
    while (fixture.gone < left)
        loop_step(fixture.loop, 1000);
    for (i = 0; i < COUNT; i++)
        if (i % 3 == 1)
            answer_now(parked[i]);
    for (i = 0; i < COUNT; i++) {
        if (i % 3 != 1)
            continue;
        memset(text, 0, sizeof text);
        while (recv(fds[i], text, sizeof text - 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
            loop_step(fixture.loop, 1000);
        cr_expect(strstr(text, "done"));
        close(fds[i]);
    }
    cr_expect_eq(fixture.gone, left);
    http_server_destroy(fixture.server); /* the last third gets 503 */
    fixture.server = NULL;
    cr_expect_eq(fixture.gone, left + COUNT / 3);
    for (i = 2; i < COUNT; i += 3) {
        memset(text, 0, sizeof text);
        cr_expect_gt(recv(fds[i], text, sizeof text - 1, MSG_DONTWAIT), 0);
        cr_expect(strncmp(text, "HTTP/1.1 503", 12) == 0, "%s", text);
        close(fds[i]);
    }
}

Test(http_hard, connections_beyond_the_limit_wait_their_turn)
{
    struct raw raw = {
        .unix_path = fixture.socket_path, .send = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", .until = "hello"};
    int first, second;

    options.connections_max = 2;
    fixture_start(&fixture, &options);
    fixture.on_handled = stop_loop;
    first = ask("/park");
    loop_run(fixture.loop);
    second = ask("/park");
    loop_run(fixture.loop);
    cr_expect_eq(fixture.handled, 2);
    fixture.on_handled = NULL;
    close(first); /* room for the third, which run_client brings */
    run_client(&fixture, raw_perform, &raw);
    cr_expect(strstr(strbuf_text(&raw.answer), "hello"));
    strbuf_free(&raw.answer);
    close(second);
    while (fixture.gone < 2)
        loop_step(fixture.loop, 1000);
}

static int open_and_send(const char *text)
{
    int fd = raw_connect(fixture.socket_path);

    cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    return fd;
}

static bool is_cut(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void expect_hello(void)
{
    struct raw raw = {
        .unix_path = fixture.socket_path, .send = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", .until = "hello"};

    run_client(&fixture, raw_perform, &raw);
    cr_expect(strstr(strbuf_text(&raw.answer), "hello"));
    strbuf_free(&raw.answer);
}

Test(http_hard, at_the_limit_the_one_longest_without_a_request_goes_and_nobody_who_waits_for_us)
{
    enum { SLOW = 100 };
    int parked, slow[SLOW], i, left = 0;

    options.connections_max = 8;
    fixture_start(&fixture, &options);
    fixture.on_handled = stop_loop;
    parked = ask("/park");
    loop_run(fixture.loop);
    fixture.on_handled = NULL;
    for (i = 0; i < SLOW; i++) {
        slow[i] = open_and_send("GET /hello HTTP/1.1\r\nHo");
        for (int turn = 0; turn < 4; turn++)
            loop_step(fixture.loop, 0);
    }
    expect_hello();
    while (!is_cut(slow[SLOW - 8]))
        loop_step(fixture.loop, 1000);
    for (i = 0; i < SLOW; i++)
        left += !is_cut(slow[i]);
    cr_expect_leq(left, 7, "%d are left", left);
    cr_expect_not(is_cut(slow[SLOW - 1]));
    cr_expect_not(is_cut(parked));
    cr_expect_eq(fixture.gone, 0);
    for (i = 0; i < SLOW; i++)
        close(slow[i]);
    close(parked);
    while (fixture.gone < 1)
        loop_step(fixture.loop, 1000);
}

Test(http_hard, a_client_with_too_many_connections_loses_its_own)
{
    int fds[6], i, left = 0;

    options.connections_max = 20;
    options.per_peer_max = 4;
    fixture_start(&fixture, &options);
    for (i = 0; i < 6; i++)
        fds[i] = open_and_send("GET /hello HTTP/1.1\r\nHo");
    while (!is_cut(fds[0]) || !is_cut(fds[1]))
        loop_step(fixture.loop, 1000);
    for (i = 0; i < 6; i++)
        left += !is_cut(fds[i]);
    cr_expect_eq(left, 4);
    expect_hello();
    for (i = 0; i < 6; i++)
        close(fds[i]);
}

/* Streams. */

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
    fixture.on_handled = stop_loop;
    fixture.on_gone = stop_loop;
    fd = ask("/stream");
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
    fixture.on_handled = stop_loop;
    fixture.on_gone = stop_loop;
    fd = ask("/stream");
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
