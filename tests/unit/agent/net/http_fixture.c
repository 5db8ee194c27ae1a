/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <criterion/criterion.h>

static void handled(struct fixture *fixture)
{
    fixture->handled++;
    if (fixture->on_handled)
        fixture->on_handled(fixture);
}

static void handle_hello(void *context, struct http_request *request)
{
    http_add_header(request, "X-Test", "yes");
    http_answer(request, 200, "text/plain", "hello", 5);
    handled(context);
}

static void handle_echo(void *context, struct http_request *request)
{
    size_t len;
    const char *body = http_body(request, &len);

    cr_expect_eq(body[len], '\0');
    http_answer(request, 200, "application/octet-stream", body, len);
    handled(context);
}

static void handle_big(void *context, struct http_request *request)
{
    char *body = malloc(BIG_BYTES);
    size_t i;

    cr_assert_not_null(body);
    for (i = 0; i < BIG_BYTES; i++)
        body[i] = (char)(i * 7 + i / 4096);
    http_answer(request, 200, "application/octet-stream", body, BIG_BYTES);
    free(body);
    handled(context);
}

static void handle_parts(void *context, struct http_request *request)
{
    char text[256];
    int len = snprintf(text, sizeof text, "%s|%s|%s|%s|%s|%s", http_method(request), http_path(request),
                       http_path_part(request, 0), http_path_part(request, 1), http_path_part(request, 2),
                       http_query(request, "q"));

    http_answer(request, 200, "text/plain", text, (size_t)len);
    handled(context);
}

static void handle_who(void *context, struct http_request *request)
{
    char text[160];
    uid_t uid = 0;
    bool known = http_peer_uid(request, &uid);
    int len = snprintf(text, sizeof text, "%s|%d|%u", http_peer_name(request), known, (unsigned)uid);

    http_answer(request, 200, "text/plain", text, (size_t)len);
    handled(context);
}

static void parked_gone(void *context)
{
    struct fixture *fixture = context;

    fixture->gone++;
    fixture->parked = NULL;
    if (fixture->on_gone)
        fixture->on_gone(fixture);
}

static void handle_park(void *context, struct http_request *request)
{
    struct fixture *fixture = context;

    fixture->parked = request;
    http_park(request, parked_gone, fixture);
    handled(fixture);
}

static void stream_closed(void *context)
{
    struct fixture *fixture = context;

    fixture->closed++;
    fixture->stream = NULL;
    if (fixture->on_gone)
        fixture->on_gone(fixture);
}

static void handle_stream(void *context, struct http_request *request)
{
    struct fixture *fixture = context;

    fixture->stream = http_stream_begin(request, STREAM_BYTES_MAX, stream_closed, fixture);
    handled(fixture);
}

static void handle_forget(void *context, struct http_request *request)
{
    (void)request;
    handled(context);
}

const struct http_route fixture_routes[] = {
    {"GET", "/hello", HTTP_AUTH_NONE, handle_hello, 0},
    {"POST", "/echo", HTTP_AUTH_NONE, handle_echo, ECHO_BYTES_MAX},
    {"PUT", "/echo", HTTP_AUTH_NONE, handle_echo, ECHO_BYTES_MAX},
    {"POST", "/echo-big", HTTP_AUTH_NONE, handle_echo, BIG_BYTES},
    {"GET", "/big", HTTP_AUTH_NONE, handle_big, 0},
    {"GET", "/parts/{a}/x/{b}", HTTP_AUTH_NONE, handle_parts, 0},
    {"GET", "/who", HTTP_AUTH_PEER, handle_who, 0},
    {"GET", "/cert", HTTP_AUTH_CERTIFICATE, handle_who, 0},
    {"GET", "/park", HTTP_AUTH_NONE, handle_park, 0},
    {"GET", "/stream", HTTP_AUTH_NONE, handle_stream, 0},
    {"GET", "/forget", HTTP_AUTH_NONE, handle_forget, 0},
    {NULL, NULL, 0, NULL, 0},
};

void fixture_init(struct fixture *fixture, struct http_server_options *out_options)
{
    struct errmsg err = ERRMSG_INIT;

    *fixture = (struct fixture){0};
    cr_assert_eq(loop_create(&fixture->loop, &err), ST_OK, "%s", err.text);
    snprintf(fixture->dir, sizeof fixture->dir, "/tmp/net-http-XXXXXX");
    cr_assert_not_null(mkdtemp(fixture->dir));
    snprintf(fixture->socket_path, sizeof fixture->socket_path, "%s/api.sock", fixture->dir);
    *out_options = (struct http_server_options){
        .loop = fixture->loop, .routes = fixture_routes, .context = fixture, .unix_mode = 0600};
}

void fixture_start(struct fixture *fixture, const struct http_server_options *options)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(http_server_create(options, &fixture->server, &err), ST_OK, "%s", err.text);
}

void fixture_free(struct fixture *fixture)
{
    http_server_destroy(fixture->server);
    loop_destroy(fixture->loop);
    rmdir(fixture->dir);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
    strbuf_add(context, bytes, size * count);
    return size * count;
}

static void set_blob(CURL *handle, CURLoption option, const char *pem)
{
    struct curl_blob blob = {(void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_COPY};

    curl_easy_setopt(handle, option, &blob);
}

void call_perform(void *context)
{
    struct call *call = context;
    CURL *handle = call->handle ? call->handle : curl_easy_init();
    struct curl_slist *headers = NULL;
    int i;

    call->answer.len_max = call->answer_headers.len_max = 16 * 1024 * 1024;
    strbuf_clear(&call->answer);
    strbuf_clear(&call->answer_headers);
    curl_easy_reset(handle);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(handle, CURLOPT_URL, call->url);
    if (call->unix_path)
        curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, call->unix_path);
    for (i = 0; i < 8 && call->headers[i]; i++)
        headers = curl_slist_append(headers, call->headers[i]);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    if (call->body) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, call->body);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)call->body_len);
    }
    if (call->method)
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, call->method);
    if (call->ca_pem)
        set_blob(handle, CURLOPT_CAINFO_BLOB, call->ca_pem);
    if (call->cert_pem)
        set_blob(handle, CURLOPT_SSLCERT_BLOB, call->cert_pem);
    if (call->key_pem)
        set_blob(handle, CURLOPT_SSLKEY_BLOB, call->key_pem);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &call->answer);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_bytes);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &call->answer_headers);
    call->rc = curl_easy_perform(handle);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &call->status);
    curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &call->connects);
    curl_slist_free_all(headers);
    if (!call->handle)
        curl_easy_cleanup(handle);
}

void call_free(struct call *call)
{
    strbuf_free(&call->answer);
    strbuf_free(&call->answer_headers);
}

struct client_run {
    struct loop *loop;
    void (*work)(void *context);
    void *context;
    bool done;
};

static void client_work(void *context)
{
    struct client_run *run = context;

    run->work(run->context);
}

static void client_done(void *context)
{
    struct client_run *run = context;

    run->done = true;
}

void run_client(struct fixture *fixture, void (*work)(void *context), void *context)
{
    struct client_run run = {fixture->loop, work, context, false};

    cr_assert_eq(loop_work(fixture->loop, client_work, client_done, &run), ST_OK);
    while (!run.done)
        loop_step(fixture->loop, 1000);
}

void run_call(struct fixture *fixture, struct call *call)
{
    run_client(fixture, call_perform, call);
    cr_expect_eq(call->rc, CURLE_OK, "%s", curl_easy_strerror(call->rc));
}

int raw_connect(const char *unix_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {20, 0};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", unix_path);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void raw_perform(void *context)
{
    struct raw *raw = context;
    int fd = raw_connect(raw->unix_path);
    char piece[4096];
    ssize_t n;

    raw->answer.len_max = 1024 * 1024;
    if (fd < 0)
        return;
    if (send(fd, raw->send, strlen(raw->send), MSG_NOSIGNAL) < 0)
        raw->ended = true;
    if (raw->half_close)
        shutdown(fd, SHUT_WR);
    while (!raw->ended && !(raw->until && strstr(strbuf_text(&raw->answer), raw->until))) {
        n = recv(fd, piece, sizeof piece, 0);
        if (n > 0)
            strbuf_add(&raw->answer, piece, (size_t)n);
        else if (n == 0)
            raw->ended = true;
        else
            break;
    }
    close(fd);
}
