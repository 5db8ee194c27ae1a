/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "agent/base/x509.h"

static struct fixture fixture;
static struct http_server_options options;
static char url[128];

struct identity {
    struct pk *key;
    char key_pem[PK_PEM_BYTES_MAX];
    char pem[X509_PEM_BYTES_MAX];
};

static struct identity ca, server, client, expired, early, stranger_ca, stranger, server_like;

/* Validity is from now plus the two numbers of seconds. */
static void make(struct identity *out, const char *name, const struct identity *issuer, bool is_server,
                 int64_t from_s, int64_t to_s)
{
    struct errmsg err = ERRMSG_INIT;
    struct x509_issue issue = {.common_name = name,
                               .dns_name = is_server ? "localhost" : NULL,
                               .issuer_pem = issuer ? issuer->pem : NULL,
                               .not_before_unix_s = time(NULL) + from_s,
                               .not_after_unix_s = time(NULL) + to_s,
                               .is_ca = !issuer,
                               .is_server = is_server};

    cr_assert_eq(pk_generate(&out->key, &err), ST_OK, "%s", err.text);
    cr_assert_eq(pk_private_pem(out->key, out->key_pem, &err), ST_OK, "%s", err.text);
    issue.subject_key = out->key;
    issue.issuer_key = issuer ? issuer->key : out->key;
    cr_assert_eq(x509_certificate(&issue, out->pem, &err), ST_OK, "%s", err.text);
}

static void setup(void)
{
    fixture_init(&fixture, &options);
    make(&ca, "Test CA", NULL, false, -3600, 86400);
    make(&server, "central", &ca, true, -3600, 86400);
    make(&client, "0123456789abcdef", &ca, false, -3600, 86400);
    make(&expired, "0123456789abcdef", &ca, false, -7200, -3600);
    make(&early, "0123456789abcdef", &ca, false, 3600, 86400);
    make(&stranger_ca, "Test CA", NULL, false, -3600, 86400);
    make(&stranger, "0123456789abcdef", &stranger_ca, false, -3600, 86400);
    make(&server_like, "0123456789abcdef", &ca, true, -3600, 86400);
    options.tcp_host = "127.0.0.1";
    options.certificate_pem = server.pem;
    options.key_pem = server.key_pem;
    options.client_ca_pem = ca.pem;
}

static void teardown(void)
{
    struct identity *all[] = {&ca, &server, &client, &expired, &early, &stranger_ca, &stranger, &server_like};
    size_t i;

    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        pk_destroy(all[i]->key);
    fixture_free(&fixture);
}

TestSuite(http_tls, .init = setup, .fini = teardown);

static struct call call_to(const char *path, const struct identity *who)
{
    snprintf(url, sizeof url, "https://localhost:%u%s", http_server_port(fixture.server), path);
    return (struct call){
        .url = url, .ca_pem = ca.pem, .cert_pem = who ? who->pem : NULL, .key_pem = who ? who->key_pem : NULL};
}

Test(http_tls, a_good_certificate_gives_its_name)
{
    struct call call;

    fixture_start(&fixture, &options);
    call = call_to("/cert", &client);
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 200);
    cr_expect_str_eq(strbuf_text(&call.answer), "0123456789abcdef|0|0");
    call_free(&call);
}

Test(http_tls, every_bad_certificate_is_refused_in_words)
{
    static const struct {
        const char *word;
        const struct identity *who;
    } cases[] = {{"wants a client certificate", NULL},
                 {"expired", &expired},
                 {"not valid yet", &early},
                 {"not of this central", &stranger},
                 {"no client certificate", &server_like}};
    size_t i;

    fixture_start(&fixture, &options);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call call = call_to("/cert", cases[i].who);

        run_client(&fixture, call_perform, &call);
        cr_expect_eq(call.rc, CURLE_OK, "%s: %s", cases[i].word, curl_easy_strerror(call.rc));
        cr_expect_eq(call.status, 401, "%s: %ld", cases[i].word, call.status);
        cr_expect(strstr(strbuf_text(&call.answer), "\"code\":\"no_certificate\""));
        cr_expect(strstr(strbuf_text(&call.answer), cases[i].word), "%s", strbuf_text(&call.answer));
        call_free(&call);
    }
    cr_expect_eq(fixture.handled, 0);
}

Test(http_tls, an_open_route_needs_none_and_knows_no_name_of_a_bad_one)
{
    struct call call;

    fixture_start(&fixture, &options);
    call = call_to("/hello", NULL);
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 200);
    call_free(&call);
    call = call_to("/hello", &expired);
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 200);
    call_free(&call);
}

static void perform_old_tls(void *context)
{
    struct call *call = context;
    CURL *handle = curl_easy_init();

    curl_easy_setopt(handle, CURLOPT_URL, call->url);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_0 | CURL_SSLVERSION_MAX_TLSv1_1);
    call->rc = curl_easy_perform(handle);
    curl_easy_cleanup(handle);
}

Test(http_tls, tls_before_1_2_is_refused)
{
    struct call call;

    fixture_start(&fixture, &options);
    call = call_to("/hello", NULL);
    run_client(&fixture, perform_old_tls, &call);
    cr_expect_eq(call.rc, CURLE_SSL_CONNECT_ERROR, "%s", curl_easy_strerror(call.rc));
}

/* One byte of a greeting with each turn of its poll: never silent, never done, and no request yet to be slow with. */
static void dribble_hello(void *context)
{
    static const char head[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(fixture.server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool *cut = context;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), i;
    struct pollfd closed = {.fd = fd, .events = POLLIN};

    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        (void)!send(fd, head, sizeof head - 1, MSG_NOSIGNAL);
    for (i = 0; i < 200 && !*cut; i++) {
        if (poll(&closed, 1, 50) > 0 || send(fd, "x", 1, MSG_NOSIGNAL) < 0)
            *cut = true;
    }
    close(fd);
}

Test(http_tls, a_client_that_never_finishes_its_handshake_is_cut)
{
    struct call call;
    bool cut = false;

    options.idle_timeout_s = 1;
    fixture_start(&fixture, &options);
    run_client(&fixture, dribble_hello, &cut);
    cr_expect(cut);
    call = call_to("/cert", &client);
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 200, "and others are served");
    call_free(&call);
}

Test(http_tls, five_mebibytes_both_ways)
{
    char *body = malloc(BIG_BYTES);
    struct call call;
    size_t i;
    int turn;

    cr_assert_not_null(body);
    for (i = 0; i < BIG_BYTES; i++)
        body[i] = (char)(i * 7 + i / 4096);
    fixture_start(&fixture, &options);
    for (turn = 0; turn < 3; turn++) {
        call = call_to("/big", &client);
        run_call(&fixture, &call);
        cr_assert_eq(call.answer.len, BIG_BYTES);
        cr_expect_eq(memcmp(call.answer.data, body, BIG_BYTES), 0);
        call_free(&call);
    }
    call = call_to("/echo-big", &client);
    call.body = body;
    call.body_len = BIG_BYTES;
    run_call(&fixture, &call);
    cr_expect_eq(call.status, 200);
    cr_assert_eq(call.answer.len, BIG_BYTES);
    cr_expect_eq(memcmp(call.answer.data, body, BIG_BYTES), 0);
    call_free(&call);
    free(body);
}

static struct loop_timer *later;

static void answer_parked(void *context)
{
    (void)context;
    http_answer(fixture.parked, 200, "text/plain", "later", 5);
    fixture.parked = NULL;
}

static void answer_soon(struct fixture *f)
{
    (void)f;
    loop_timer_set(later, 1, 0);
}

Test(http_tls, parked_and_answered_over_one_connection)
{
    CURL *handle = curl_easy_init();
    struct call call;
    int i;

    fixture_start(&fixture, &options);
    loop_timer_create(fixture.loop, answer_parked, NULL, &later);
    fixture.on_handled = answer_soon;
    for (i = 0; i < 5; i++) {
        call = call_to("/park", &client);
        call.handle = handle;
        run_call(&fixture, &call);
        cr_expect_str_eq(strbuf_text(&call.answer), "later");
        cr_expect_eq(call.connects, i == 0);
        call_free(&call);
    }
    curl_easy_cleanup(handle);
    loop_timer_destroy(later);
}

static void perform_impatient(void *context)
{
    struct call *call = context;
    CURL *handle = curl_easy_init();
    struct curl_blob trust = {(void *)(uintptr_t)ca.pem, strlen(ca.pem), CURL_BLOB_COPY};

    curl_easy_setopt(handle, CURLOPT_URL, call->url);
    curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &trust);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 200L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    call->rc = curl_easy_perform(handle);
    curl_easy_cleanup(handle);
}

Test(http_tls, a_client_that_gives_up_waiting_is_told_of)
{
    struct call call;

    fixture_start(&fixture, &options);
    call = call_to("/park", NULL);
    run_client(&fixture, perform_impatient, &call);
    cr_expect_eq(call.rc, CURLE_OPERATION_TIMEDOUT, "%s", curl_easy_strerror(call.rc));
    while (fixture.gone == 0)
        loop_step(fixture.loop, 1000);
    cr_expect_eq(fixture.gone, 1);
}

Test(http_tls, options_that_contradict_are_refused_in_words)
{
    struct errmsg err = ERRMSG_INIT;
    const struct http_route no_auth[] = {{"GET", "/x", 0, fixture_routes[0].handler, 0}, {NULL, NULL, 0, NULL, 0}};
    struct http_server_options bad = options;

    bad.key_pem = NULL;
    cr_expect_eq(http_server_create(&bad, &fixture.server, &err), ST_INVALID);
    bad = options;
    bad.key_pem = client.key_pem;
    cr_expect_eq(http_server_create(&bad, &fixture.server, &err), ST_INVALID, "a key of another certificate");
    bad = options;
    bad.certificate_pem = "no certificate";
    cr_expect_eq(http_server_create(&bad, &fixture.server, &err), ST_INVALID);
    bad = options;
    bad.unix_path = fixture.socket_path;
    cr_expect_eq(http_server_create(&bad, &fixture.server, &err), ST_INVALID);
    bad = options;
    bad.tcp_host = "localhost";
    cr_expect_eq(http_server_create(&bad, &fixture.server, &err), ST_INVALID);
    cr_expect(strstr(err.text, "numeric"), "%s", err.text);
    bad = options;
    bad.routes = no_auth;
    cr_expect_eq(http_server_create(&bad, &fixture.server, &err), ST_INVALID);
    cr_expect(strstr(err.text, "/x"), "%s", err.text);
    cr_expect_null(fixture.server);
}
