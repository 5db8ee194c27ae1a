/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait, and more connections than there may be. */
#include "http_unix.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

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
    fixture.on_handled = unix_stop_loop;
    fd = unix_ask("/park");
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
    fixture.on_handled = unix_stop_loop;
    for (i = 0; i < COUNT; i++) {
        fds[i] = unix_ask("/park");
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
    fixture.on_handled = unix_stop_loop;
    first = unix_ask("/park");
    loop_run(fixture.loop);
    second = unix_ask("/park");
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
    fixture.on_handled = unix_stop_loop;
    parked = unix_ask("/park");
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

Test(http_hard, at_the_limit_of_those_who_wait_for_us_none_goes)
{
    int parked[2];

    options.connections_max = 2;
    fixture_start(&fixture, &options);
    fixture.on_handled = unix_stop_loop;
    for (int i = 0; i < 2; i++) {
        parked[i] = unix_ask("/park");
        loop_run(fixture.loop);
    }
    fixture.on_handled = NULL;
    expect_hello(); /* in the room that is kept beyond the limit */
    for (int i = 0; i < 2; i++)
        cr_expect_not(is_cut(parked[i]));
    cr_expect_eq(fixture.gone, 0);
    for (int i = 0; i < 2; i++)
        close(parked[i]);
    while (fixture.gone < 2)
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
