/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand where a central should: portals, proxies, strangers, hanging and dying ones. */
#include "peers.h"
#include "sync/client/http_carrier.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

static struct loop *loop;
static struct party ca, central, expired, other_ca, other, till;
static struct http_server *server;
static struct http_carrier *carrier;
static struct http_stream *stream;
static int handled;

/* A copy of what done was given. */
static struct {
    bool done;
    enum carrier_result result;
    char text[512];
    int status;
    int64_t retry_after_ms;
    size_t body_len;
} got;

static void on_done(void *context, const struct carrier_answer *answer)
{
    (void)context;
    got.done = true;
    got.result = answer->result;
    got.status = answer->status;
    got.retry_after_ms = answer->retry_after_ms;
    got.body_len = answer->body_len;
    snprintf(got.text, sizeof got.text, "%s", answer->text);
}

static void handle_portal(void *context, struct http_request *request)
{
    (void)context;
    handled++;
    http_answer(request, 200, "text/html", "<html>Please log in</html>", 26);
}

static void handle_redirect(void *context, struct http_request *request)
{
    (void)context;
    http_add_header(request, "Location", "/v1/good");
    http_answer(request, 302, "text/html", "", 0);
}

static void handle_good(void *context, struct http_request *request)
{
    (void)context;
    handled++;
    http_add_header(request, "Loyald-Protocol", "1");
    http_answer(request, 200, "application/json", "{}", 2);
}

static void handle_busy(void *context, struct http_request *request)
{
    (void)context;
    http_add_header(request, "Retry-After", "9");
    http_answer(request, 503, "text/plain", "", 0); /* as a reverse proxy whose central is away */
}

static void on_gone(void *context)
{
    (void)context;
}

static void handle_hang(void *context, struct http_request *request)
{
    (void)context;
    handled++;
    http_park(request, on_gone, NULL);
}

static void on_closed(void *context)
{
    (void)context;
    stream = NULL;
}

static void handle_cut(void *context, struct http_request *request)
{
    char too_much[2048] = "";

    (void)context;
    http_add_header(request, "Loyald-Protocol", "1");
    stream = http_stream_begin(request, 1024, on_closed, NULL);
    cr_expect_eq(http_stream_write(stream, "{\"half\":", 8), ST_OK);
    (void)http_stream_write(stream, too_much, sizeof too_much); /* cuts the connection */
}

static void handle_long(void *context, struct http_request *request)
{
    char *body = calloc(1, CARRIER_ANSWER_BYTES_MAX + 1);

    (void)context;
    http_add_header(request, "Loyald-Protocol", "1");
    http_answer(request, 200, "application/json", body, CARRIER_ANSWER_BYTES_MAX + 1);
    free(body);
}

static void handle_longest(void *context, struct http_request *request)
{
    char *body = calloc(1, CARRIER_ANSWER_BYTES_MAX);

    (void)context;
    http_add_header(request, "Loyald-Protocol", "1");
    http_answer(request, 200, "application/json", body, CARRIER_ANSWER_BYTES_MAX);
    free(body);
}

static const struct http_route routes[] = {
    {"GET", "/v1/portal", HTTP_AUTH_NONE, handle_portal, 0},
    {"GET", "/v1/redirect", HTTP_AUTH_NONE, handle_redirect, 0},
    {"GET", "/v1/good", HTTP_AUTH_NONE, handle_good, 0},
    {"GET", "/v1/busy", HTTP_AUTH_NONE, handle_busy, 0},
    {"GET", "/v1/hang", HTTP_AUTH_NONE, handle_hang, 0},
    {"GET", "/v1/cut", HTTP_AUTH_NONE, handle_cut, 0},
    {"GET", "/v1/long", HTTP_AUTH_NONE, handle_long, 0},
    {"GET", "/v1/longest", HTTP_AUTH_NONE, handle_longest, 0},
    {NULL, NULL, 0, NULL, 0},
};

static int serve(const struct party *who)
{
    const struct http_server_options options = {.loop = loop,
                                                .routes = routes,
                                                .tcp_host = "127.0.0.1",
                                                .certificate_pem = who ? who->pem : NULL,
                                                .key_pem = who ? who->key_pem : NULL,
                                                .client_ca_pem = who ? ca.pem : NULL};

    cr_assert_eq(http_server_create(&options, &server, NULL), ST_OK);
    return http_server_port(server);
}

static void carry_to_host(const char *host, int port, const char *proxy)
{
    char url[128];
    struct carrier_options options = {.loop = loop, .url = url, .proxy = proxy, .connect_timeout_ms = 2000};
    struct errmsg err = ERRMSG_INIT;

    snprintf(url, sizeof url, "https://%s:%d", host, port);
    http_carrier_destroy(carrier);
    carrier = NULL;
    cr_assert_eq(http_carrier_create(&options, &carrier, &err), ST_OK, "%s", err.text);
}

static void carry_to(int port)
{
    carry_to_host("localhost", port, "");
}

static void get_within(const char *path, int64_t deadline_ms)
{
    const struct carrier_ask ask = {.method = "GET",
                                    .path = path,
                                    .headers = {"Loyald-Protocol: 1"},
                                    .ca_pem = ca.pem,
                                    .cert_pem = till.pem,
                                    .key_pem = till.key_pem,
                                    .deadline_ms = deadline_ms};
    struct carrier_call *call;
    struct errmsg err = ERRMSG_INIT;

    memset(&got, 0, sizeof got);
    cr_assert_eq(http_carrier_start(carrier, &ask, on_done, NULL, &call, &err), ST_OK, "%s", err.text);
    while (!got.done)
        loop_step(loop, 1000);
}

static void get(const char *path)
{
    get_within(path, 20000);
}

static void expect(enum carrier_result result, const char *text)
{
    cr_expect_eq(got.result, result, "%d: %s", got.result, got.text);
    cr_expect(strstr(got.text, text), "\"%s\" is not in: %s", text, got.text);
}

static void setup(void)
{
    cr_assert_eq(loop_create(&loop, NULL), ST_OK);
    party_make(&ca, "Test CA", NULL, false, -3600, 86400);
    party_make(&central, "central", &ca, true, -3600, 86400);
    party_make(&expired, "central", &ca, true, -7200, -3600);
    party_make(&other_ca, "Test CA", NULL, false, -3600, 86400);
    party_make(&other, "central", &other_ca, true, -3600, 86400);
    party_make(&till, TEST_DEV, &ca, false, -3600, 86400);
}

static void teardown(void)
{
    struct party *all[] = {&ca, &central, &expired, &other_ca, &other, &till};
    size_t i;

    http_carrier_destroy(carrier);
    http_server_destroy(server);
    loop_destroy(loop);
    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        party_free(all[i]);
}

TestSuite(carrier_faults, .init = setup, .fini = teardown);

Test(carrier_faults, only_what_says_to_be_a_central_is_believed)
{
    carry_to(serve(&central));
    get("/v1/good");
    cr_expect_eq(got.result, CARRIER_ANSWERED, "%s", got.text);
    cr_expect_eq(got.status, 200);
    get("/v1/portal");
    expect(CARRIER_OFFLINE, "answered 200, but not as a central does");
    handled = 0;
    get("/v1/redirect");
    expect(CARRIER_OFFLINE, "answered 302");
    cr_expect_eq(handled, 0, "a redirect was followed");
    get("/v1/busy");
    expect(CARRIER_OFFLINE, "answered 503");
    cr_expect_eq(got.retry_after_ms, 9000);
}

Test(carrier_faults, a_hanging_central_costs_the_deadline_and_no_more)
{
    carry_to(serve(&central));
    get_within("/v1/hang", 300);
    expect(CARRIER_DEADLINE, "did not answer within 300 ms");
    get("/v1/good");
    cr_expect_eq(got.result, CARRIER_ANSWERED, "%s", got.text);
}

Test(carrier_faults, an_answer_cut_short_is_no_answer)
{
    carry_to(serve(&central));
    get("/v1/cut");
    cr_expect_eq(got.result, CARRIER_OFFLINE, "%d %s", got.result, got.text);
    cr_expect_eq(got.body_len, 0);
}

Test(carrier_faults, an_answer_at_its_bound_passes_and_one_byte_more_does_not)
{
    carry_to(serve(&central));
    get("/v1/longest");
    cr_expect_eq(got.result, CARRIER_ANSWERED, "%s", got.text);
    cr_expect_eq(got.body_len, CARRIER_ANSWER_BYTES_MAX);
    get("/v1/long");
    expect(CARRIER_OFFLINE, "longer than");
}

Test(carrier_faults, a_central_of_another_ca_is_refused)
{
    carry_to(serve(&other));
    get("/v1/good");
    expect(CARRIER_TLS, "certificate");
    cr_expect_eq(handled, 0);
}

Test(carrier_faults, an_expired_central_is_refused)
{
    carry_to(serve(&expired));
    get("/v1/good");
    expect(CARRIER_TLS, "expired");
}

Test(carrier_faults, a_central_of_another_name_is_refused)
{
    carry_to_host("127.0.0.2", serve(&central), "");
    http_server_destroy(server);
    {
        const struct http_server_options options = {.loop = loop,
                                                    .routes = routes,
                                                    .tcp_host = "127.0.0.2",
                                                    .certificate_pem = central.pem,
                                                    .key_pem = central.key_pem,
                                                    .client_ca_pem = ca.pem};

        cr_assert_eq(http_server_create(&options, &server, NULL), ST_OK);
    }
    carry_to_host("127.0.0.2", http_server_port(server), "");
    get("/v1/good");
    expect(CARRIER_TLS, "127.0.0.2");
}

Test(carrier_faults, a_till_shown_as_central_is_refused)
{
    carry_to(serve(&till));
    get("/v1/good");
    expect(CARRIER_TLS, "certificate");
}

Test(carrier_faults, something_without_tls_is_no_central)
{
    carry_to(serve(NULL));
    get("/v1/good");
    cr_expect_eq(got.result, CARRIER_OFFLINE, "%d %s", got.result, got.text);
}

/* A socket that listens and never answers a byte, on a port of its own. */
static int open_silent(int *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 1), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

Test(carrier_faults, a_silent_address_ends_with_the_time_for_connecting)
{
    int port, fd = open_silent(&port);
    char first[sizeof got.text];

    carry_to(port);
    get("/v1/good");
    expect(CARRIER_OFFLINE, "within 2000 ms");
    memcpy(first, got.text, sizeof first);
    get("/v1/good");
    cr_expect_str_eq(got.text, first, "or each try of a night is a line of the log");
    close(fd);
    carry_to(port);
    get("/v1/good");
    expect(CARRIER_OFFLINE, "Connection refused");
}

Test(carrier_faults, the_proxy_configured_is_used_and_its_refusal_is_said)
{
    char proxy[64];

    /* A server that knows no CONNECT stands for a proxy that says no. */
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", serve(NULL));
    carry_to_host("localhost", 1, proxy);
    get("/v1/good");
    cr_expect_eq(got.result, CARRIER_OFFLINE, "%d %s", got.result, got.text);
    cr_expect(strstr(got.text, "CONNECT") || strstr(got.text, "roxy"), "%s", got.text);
}

Test(carrier_faults, a_central_that_restarts_is_met_again)
{
    int i, port = serve(&central);

    carry_to(port);
    for (i = 0; i < 3; i++) {
        const struct http_server_options options = {.loop = loop,
                                                    .routes = routes,
                                                    .tcp_host = "127.0.0.1",
                                                    .tcp_port = (uint16_t)port,
                                                    .certificate_pem = central.pem,
                                                    .key_pem = central.key_pem,
                                                    .client_ca_pem = ca.pem};

        get("/v1/good");
        cr_expect_eq(got.result, CARRIER_ANSWERED, "%s", got.text);
        http_server_destroy(server);
        server = NULL;
        if (i == 1) {
            get("/v1/good");
            expect(CARRIER_OFFLINE, "");
        }
        cr_assert_eq(http_server_create(&options, &server, NULL), ST_OK);
    }
    get("/v1/good");
    cr_expect_eq(got.result, CARRIER_ANSWERED, "%s", got.text);
}

Test(carrier_faults, calls_may_be_cancelled_at_any_time)
{
    const struct carrier_ask ask = {.method = "GET",
                                    .path = "/v1/hang",
                                    .ca_pem = ca.pem,
                                    .cert_pem = till.pem,
                                    .key_pem = till.key_pem,
                                    .deadline_ms = 20000};
    struct carrier_call *call;
    int turns, i;

    carry_to(serve(&central));
    memset(&got, 0, sizeof got);
    for (turns = 0; turns < 20; turns++) {
        cr_assert_eq(http_carrier_start(carrier, &ask, on_done, NULL, &call, NULL), ST_OK);
        for (i = 0; i < turns; i++)
            loop_step(loop, 2);
        http_carrier_cancel(call);
    }
    cr_assert_eq(http_carrier_start(carrier, &ask, on_done, NULL, &call, NULL), ST_OK);
    while (handled == 0)
        loop_step(loop, 20);
    http_carrier_destroy(carrier); /* with a call under way */
    carrier = NULL;
    cr_expect_not(got.done);
}

Test(carrier_faults, addresses_that_are_none_are_refused_in_words)
{
    static const char *const urls[] = {
        "http://localhost:1", "localhost:1",      "https://",       "https://a b",    "ftp://x",   "https://x:99999",
        "https://u:p@x:1",    "https://x:1/path", "https://x:1/?q", "https://x:1/#f", "https:///x"};
    size_t i;

    for (i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct carrier_options options = {.loop = loop, .url = urls[i], .proxy = "", .connect_timeout_ms = 1000};
        struct errmsg err = ERRMSG_INIT;

        cr_expect_eq(http_carrier_create(&options, &carrier, &err), ST_INVALID, "%s", urls[i]);
        cr_expect(strstr(err.text, "https://host:port"), "%s", err.text);
    }
}
