/* SPDX-License-Identifier: Apache-2.0 */
#include "http_unix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

TestSuite(http, .init = unix_begin, .fini = unix_end);

static struct call get(const char *path)
{
    static char url[512];

    snprintf(url, sizeof url, "http://localhost%s", path);
    return (struct call){.unix_path = fixture.socket_path, .url = url};
}

static void expect_error(struct call *call, long status, const char *code)
{
    run_call(&fixture, call);
    cr_expect_eq(call->status, status, "status %ld of %s", call->status, call->url);
    cr_expect(strstr(strbuf_text(&call->answer), code), "%s", strbuf_text(&call->answer));
    call_free(call);
}

Test(http, answers_over_a_unix_socket_of_the_mode_asked_for)
{
    struct call call = get("/hello");
    struct stat st;

    fixture_start(&fixture, &options);
    cr_assert_eq(stat(fixture.socket_path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 200);
    cr_expect_str_eq(strbuf_text(&call.answer), "hello");
    cr_expect(strstr(strbuf_text(&call.answer_headers), "X-Test: yes\r\n"));
    call_free(&call);
    http_server_destroy(fixture.server);
    fixture.server = NULL;
    cr_expect_neq(stat(fixture.socket_path, &st), 0, "the socket goes with its server");
}

Test(http, takes_over_a_stale_socket_but_no_file)
{
    struct errmsg err = ERRMSG_INIT;
    FILE *file;

    fixture_start(&fixture, &options);
    /* A second server on the path, as after a kill; the first must not remove the second's socket when it goes. */
    {
        struct http_server *first = fixture.server;
        struct call call = get("/hello");

        fixture_start(&fixture, &options);
        http_server_destroy(first);
        run_call(&fixture, &call);
        cr_expect_eq(call.status, 200);
        call_free(&call);
    }
    http_server_destroy(fixture.server);
    fixture.server = NULL;

    file = fopen(fixture.socket_path, "w");
    cr_assert_not_null(file);
    fclose(file);
    cr_expect_eq(http_server_create(&options, &fixture.server, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, fixture.socket_path), "%s", err.text);
    unlink(fixture.socket_path);
}

Test(http, knows_path_parts_query_and_method)
{
    struct call call = get("/parts/one%20two/x/3?q=a%26b");

    fixture_start(&fixture, &options);
    run_call(&fixture, &call);
    cr_expect_str_eq(strbuf_text(&call.answer), "GET|/parts/one two/x/3|one two|3||a&b");
    call_free(&call);

    call = get("/parts//x/3");
    expect_error(&call, 404, "not_found");
    call = get("/parts/1/x/3/4");
    expect_error(&call, 404, "not_found");
    call = get("/parts/1/x/");
    expect_error(&call, 404, "not_found");
    call = get("/hello%00x");
    expect_error(&call, 404, "not_found");
}

Test(http, refuses_unknown_paths_and_methods_in_json)
{
    struct call call = get("/nowhere");

    fixture_start(&fixture, &options);
    expect_error(&call, 404, "\"code\":\"not_found\"");
    call = get("/echo");
    call.method = "DELETE";
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 405);
    cr_expect(strstr(strbuf_text(&call.answer_headers), "Allow: POST, PUT\r\n"), "%s",
              strbuf_text(&call.answer_headers));
    cr_expect(strstr(strbuf_text(&call.answer_headers), "application/json"));
    call_free(&call);
    cr_expect_eq(fixture.handled, 0);
}

static void write_error(void *context, int status, const char *code, const char *message, char *out, size_t max)
{
    cr_expect_eq(context, &fixture);
    snprintf(out, max, "{\"mine\":%d,\"%s\":\"%s\"}", status, code, message);
}

Test(http, errors_of_its_own_are_written_by_the_user_with_the_header_of_all_answers)
{
    struct call call = get("/nowhere");

    options.write_error = write_error;
    options.answer_header = "Loyald-Protocol: 1";
    fixture_start(&fixture, &options);
    run_call(&fixture, &call);
    cr_expect(strstr(strbuf_text(&call.answer), "{\"mine\":404,"));
    cr_expect(strstr(strbuf_text(&call.answer_headers), "Loyald-Protocol: 1\r\n"));
    call_free(&call);
}

Test(http, body_at_the_bound_passes_and_one_byte_more_does_not)
{
    char *body = calloc(1, ECHO_BYTES_MAX + 1);
    struct call call = get("/echo");

    cr_assert_not_null(body);
    memset(body, 'b', ECHO_BYTES_MAX + 1);
    fixture_start(&fixture, &options);
    call.body = body;
    call.body_len = ECHO_BYTES_MAX;
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 200);
    cr_expect_eq(call.answer.len, ECHO_BYTES_MAX);
    call_free(&call);

    call = get("/echo");
    call.body = body;
    call.body_len = ECHO_BYTES_MAX + 1;
    expect_error(&call, 413, "too_large");
    /* In chunks, the length is not known before. */
    call = get("/echo");
    call.body = body;
    call.body_len = ECHO_BYTES_MAX + 1;
    call.headers[0] = "Transfer-Encoding: chunked";
    expect_error(&call, 413, "too_large");
    /* A path that takes no body at all. */
    call = get("/hello");
    call.method = "GET";
    call.body = "x";
    call.body_len = 1;
    expect_error(&call, 413, "too_large");
    cr_expect_eq(fixture.handled, 1);
    free(body);
}

Test(http, a_refused_upload_far_too_long_is_answered_before_it_is_sent)
{
    enum { HUGE_BYTES = 32 * 1024 * 1024 };
    char *body = calloc(1, HUGE_BYTES);
    struct call call = get("/echo");

    cr_assert_not_null(body);
    fixture_start(&fixture, &options);
    call.body = body;
    call.body_len = HUGE_BYTES; /* so long that libcurl asks first, with Expect */
    expect_error(&call, 413, "too_large");
    free(body);
}

Test(http, tcp_gives_its_port_and_demands_token_and_loopback_host)
{
    char url[64];
    struct call call = {.url = url};
    struct call with_token;

    options.unix_path = NULL;
    options.tcp_host = "127.0.0.1";
    options.bearer_token = "secret-of-this-till";
    fixture_start(&fixture, &options);
    cr_assert_neq(http_server_port(fixture.server), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/who", http_server_port(fixture.server));
    expect_error(&call, 401, "no_token");
    call.headers[0] = "Authorization: Bearer secret-of-this-tilx";
    expect_error(&call, 401, "no_token");
    call.headers[0] = "Authorization: Bearer ";
    expect_error(&call, 401, "no_token");

    call.headers[0] = "Authorization: Bearer secret-of-this-till";
    with_token = call;
    run_call(&fixture, &with_token);
    cr_expect_str_eq(strbuf_text(&with_token.answer), "|0|0");
    call_free(&with_token);
    call.headers[1] = "Host: till.example:8473";
    expect_error(&call, 403, "bad_host");
    call.headers[1] = "Host: localhost.example";
    expect_error(&call, 403, "bad_host");
    call.headers[1] = "Origin: http://evil.example";
    expect_error(&call, 403, "bad_host");
    call.headers[1] = "Origin: http://localhost:8473";
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 200);
    call_free(&call);
}

Test(http, without_a_token_configured_tcp_lets_nobody_in)
{
    char url[64];
    struct call call = {.url = url};

    options.unix_path = NULL;
    options.tcp_host = "127.0.0.1";
    fixture_start(&fixture, &options);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/who", http_server_port(fixture.server));
    call.headers[0] = "Authorization: Bearer ";
    expect_error(&call, 401, "no_token");
}

Test(http, knows_the_peer_of_a_unix_socket_and_wants_certificates_over_tls_only)
{
    struct call call = get("/who");
    char want[32];

    fixture_start(&fixture, &options);
    run_call(&fixture, &call);
    snprintf(want, sizeof want, "|1|%u", (unsigned)getuid());
    cr_expect_str_eq(strbuf_text(&call.answer), want);
    call_free(&call);
    call = get("/cert");
    expect_error(&call, 401, "no_certificate");
}

Test(http, a_handler_that_does_not_answer_is_answered_for)
{
    struct call call = get("/forget");

    fixture_start(&fixture, &options);
    expect_error(&call, 500, "internal");
}

Test(http, keeps_connections_alive)
{
    struct call call = get("/hello");
    int i;

    fixture_start(&fixture, &options);
    call.handle = curl_easy_init();
    for (i = 0; i < 20; i++) {
        run_call(&fixture, &call);
        cr_expect_eq(call.status, 200);
        cr_expect_eq(call.connects, i == 0, "call %d", i);
    }
    curl_easy_cleanup(call.handle);
    call_free(&call);
}

static void answer_parked(void *context)
{
    (void)context;
    http_add_header(fixture.parked, "X-Late", "1");
    http_answer(fixture.parked, 202, "text/plain", "later", 5);
    fixture.parked = NULL;
}

static struct loop_timer *later;

static void answer_soon(struct fixture *f)
{
    (void)f;
    loop_timer_set(later, 0, 0);
}

Test(http, a_parked_request_is_answered_later)
{
    struct call call = get("/park");
    int i;

    fixture_start(&fixture, &options);
    loop_timer_create(fixture.loop, answer_parked, NULL, &later);
    fixture.on_handled = answer_soon;
    call.handle = curl_easy_init();
    for (i = 0; i < 5; i++) {
        run_call(&fixture, &call);
        cr_expect_eq(call.status, 202);
        cr_expect_str_eq(strbuf_text(&call.answer), "later");
        cr_expect(strstr(strbuf_text(&call.answer_headers), "X-Late: 1"));
    }
    cr_expect_eq(fixture.gone, 0);
    curl_easy_cleanup(call.handle);
    call_free(&call);
    loop_timer_destroy(later);
}

static void answer_inside(struct fixture *f)
{
    if (f->parked)
        answer_parked(NULL);
}

Test(http, a_request_parked_and_answered_in_one_breath)
{
    struct call call = get("/park");

    fixture_start(&fixture, &options);
    fixture.on_handled = answer_inside;
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 202);
    call_free(&call);
}

static void stop_loop(struct fixture *f)
{
    loop_stop(f->loop);
}

Test(http, a_client_that_leaves_while_parked_is_told_of)
{
    int fd;

    fixture_start(&fixture, &options);
    fixture.on_handled = stop_loop;
    fixture.on_gone = stop_loop;
    fd = raw_connect(fixture.socket_path);
    cr_assert_geq(fd, 0);
    cr_assert_gt(send(fd, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n", 31, 0), 0);
    loop_run(fixture.loop);
    cr_assert_not_null(fixture.parked);
    close(fd);
    loop_run(fixture.loop);
    cr_expect_eq(fixture.gone, 1);
    cr_expect_null(fixture.parked);
}

Test(http, destroy_answers_what_is_parked_and_ends_streams)
{
    struct raw park = {.unix_path = fixture.socket_path, .send = "GET /park HTTP/1.1\r\nHost: a\r\n\r\n"};
    int parked_fd, stream_fd;
    char text[4096] = "";
    ssize_t n, len = 0;

    (void)park;
    fixture_start(&fixture, &options);
    fixture.on_handled = stop_loop;
    parked_fd = raw_connect(fixture.socket_path);
    stream_fd = raw_connect(fixture.socket_path);
    cr_assert_gt(send(parked_fd, park.send, strlen(park.send), 0), 0);
    loop_run(fixture.loop);
    cr_assert_gt(send(stream_fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n", 33, 0), 0);
    loop_run(fixture.loop);
    cr_assert_not_null(fixture.stream);
    cr_expect_eq(http_stream_write(fixture.stream, "data: last\n\n", 12), ST_OK);
    http_server_destroy(fixture.server);
    fixture.server = NULL;
    cr_expect_eq(fixture.gone, 1);
    cr_expect_eq(fixture.closed, 1);
    while ((n = recv(parked_fd, text + len, sizeof text - 1 - (size_t)len, 0)) > 0)
        len += n;
    cr_expect(strncmp(text, "HTTP/1.1 503 ", 13) == 0, "%s", text);
    memset(text, 0, sizeof text);
    len = 0;
    while ((n = recv(stream_fd, text + len, sizeof text - 1 - (size_t)len, 0)) > 0)
        len += n;
    cr_expect(strstr(text, "text/event-stream"), "%s", text);
    cr_expect(strstr(text, "data: last\n\n"), "%s", text);
    close(parked_fd);
    close(stream_fd);
}
