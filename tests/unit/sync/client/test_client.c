/* SPDX-License-Identifier: Apache-2.0 */
/* The courier between a loyald and a central that speaks real mutual TLS. */
#include "peers.h"
#include "sync/client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "agent/base/json.h"
#include "agent/base/strbuf.h"

#include <cjson/cJSON.h>

#define MAC "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ASK(id, op, more)                                                                                            \
    "{\"id\":" id ",\"op\":\"" op "\",\"n\":\"00000000000000ff\",\"epoch\":\"" TEST_EPOCH "\"," more                 \
    "\"deadline_ms\":20000}"

static struct scratch scratch;
static struct loop *loop;
static struct daemon_peer peer;
static struct party ca, server_party, till;
static struct http_server *server;
static struct client *client;
static char url[64];

/* What the central last saw. */
static struct strbuf seen;
static struct http_request *parked;
static int gone, port_now;

static void note(struct http_request *request)
{
    size_t len;

    (void)http_body(request, &len);
    strbuf_clear(&seen);
    strbuf_printf(
        &seen,
        "%s %s peer=%s protocol=%s dev=%s epoch=%s n=%s mac=%s range=%s cursor=%s wait=%s enc=%s type=%s len=%zu",
        http_method(request), http_path(request), http_peer_name(request), http_header(request, "Loyald-Protocol"),
        http_header(request, "Loyald-Dev"), http_header(request, "Loyald-Epoch"), http_header(request, "Loyald-N"),
        http_header(request, "Loyald-Mac"), http_header(request, "Range"), http_query(request, "cursor"),
        http_query(request, "wait"), http_header(request, "Content-Encoding"), http_header(request, "Content-Type"),
        len);
}

static void answer(struct http_request *request, int status, const char *body, size_t len)
{
    http_add_header(request, "Loyald-Mac", MAC);
    http_answer(request, status, "application/json", body, len);
}

static void handle_journal(void *context, struct http_request *request)
{
    size_t len;
    const char *body = http_body(request, &len);

    (void)context;
    note(request);
    answer(request, 200, body, len); /* back as it came */
}

static void on_gone(void *context)
{
    (void)context;
    gone++;
    parked = NULL;
}

static void handle_updates(void *context, struct http_request *request)
{
    (void)context;
    note(request);
    if (strcmp(http_query(request, "wait"), "0") == 0) {
        answer(request, 200, "{\"cursor\":\"c2\"}", 15);
        return;
    }
    parked = request;
    http_park(request, on_gone, NULL);
}

static void handle_member(void *context, struct http_request *request)
{
    (void)context;
    note(request);
    answer(request, 404, "{\"code\":\"not_found\"}", 20);
}

static void handle_blob(void *context, struct http_request *request)
{
    static const char bytes[] = {0, 1, 2, '\n', 0, (char)0xff};

    (void)context;
    note(request);
    answer(request, 206, bytes, sizeof bytes);
}

static void handle_status(void *context, struct http_request *request)
{
    (void)context;
    note(request);
    http_add_header(request, "Retry-After", "7");
    answer(request, 503, "{}", 2);
}

static struct party issued;

static void handle_enroll(void *context, struct http_request *request)
{
    struct cJSON *root = NULL, *out;
    const char *csr = NULL, *code = NULL;
    char name[X509_NAME_BYTES_MAX], *text;
    struct pk *key = NULL;
    size_t len;
    const char *body = http_body(request, &len);
    struct errmsg err = ERRMSG_INIT;
    struct x509_issue issue = {
        .issuer_key = ca.key, .issuer_pem = ca.pem, .not_before_unix_s = 1700000000, .not_after_unix_s = INT32_MAX};

    (void)context;
    note(request);
    cr_assert_eq(json_parse(body, len, 65536, &root, &err), ST_OK, "%s: %s", err.text, body);
    cr_assert_eq(json_text(root, "csr", 65536, &csr, &err), ST_OK, "%s", err.text);
    cr_assert_eq(json_text(root, "code", 64, &code, &err), ST_OK, "%s", err.text);
    if (strcmp(code, "GOOD") != 0) {
        http_answer(request, 403, "application/json", "{\"code\":\"bad_code\"}", 19);
        json_free(root);
        return;
    }
    cr_assert_eq(x509_read_request(csr, name, &key, &err), ST_OK, "%s", err.text);
    issue.subject_key = key;
    issue.common_name = name;
    cr_assert_eq(x509_certificate(&issue, issued.pem, &err), ST_OK, "%s", err.text);
    out = cJSON_CreateObject();
    cJSON_AddStringToObject(out, "certificate", issued.pem);
    cJSON_AddStringToObject(out, "ca", ca.pem);
    text = cJSON_PrintUnformatted(out);
    answer(request, 200, text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(out);
    json_free(root);
    pk_destroy(key);
}

static const struct http_route routes[] = {
    {"POST", "/v1/enroll", HTTP_AUTH_NONE, handle_enroll, 65536},
    {"POST", "/v1/journal", HTTP_AUTH_CERTIFICATE, handle_journal, MESSAGE_PAYLOAD_MAX},
    {"GET", "/v1/updates", HTTP_AUTH_CERTIFICATE, handle_updates, 0},
    {"GET", "/v1/members/{id}", HTTP_AUTH_CERTIFICATE, handle_member, 0},
    {"GET", "/v1/blob/{id}", HTTP_AUTH_CERTIFICATE, handle_blob, 0},
    {"POST", "/v1/status", HTTP_AUTH_CERTIFICATE, handle_status, 65536},
    {NULL, NULL, 0, NULL, 0},
};

static void start_central(void)
{
    const struct http_server_options options = {.loop = loop,
                                                .routes = routes,
                                                .tcp_host = "127.0.0.1",
                                                .tcp_port = (uint16_t)port_now,
                                                .certificate_pem = server_party.pem,
                                                .key_pem = server_party.key_pem,
                                                .client_ca_pem = ca.pem,
                                                .answer_header = "Loyald-Protocol: 1"};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(http_server_create(&options, &server, &err), ST_OK, "%s", err.text);
    port_now = http_server_port(server);
    snprintf(url, sizeof url, "https://localhost:%d", port_now);
}

static void make_client(const char *ca_file)
{
    const struct client_options options = {.loop = loop,
                                           .url = url,
                                           .ca_file = ca_file,
                                           .proxy = "",
                                           .connect_timeout_ms = 3000,
                                           .socket_path = scratch.socket,
                                           .state_dir = scratch.state};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(client_create(&options, &client, &err), ST_OK, "%s", err.text);
}

static void start_client(const char *ca_file)
{
    make_client(ca_file);
    daemon_greet(&peer);
}

static void setup(void)
{
    port_now = 0;
    seen = (struct strbuf)STRBUF_INIT(4096);
    scratch_make(&scratch);
    cr_assert_eq(loop_create(&loop, NULL), ST_OK);
    party_make(&ca, "Test CA", NULL, false, -3600, 86400);
    party_make(&server_party, "central", &ca, true, -3600, 86400);
    party_make(&till, TEST_DEV, &ca, false, -3600, 86400);
    daemon_listen(&peer, loop, scratch.socket);
    start_central();
    /* Whatever the environment says, the way is the one configured. */
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
}

static void teardown(void)
{
    client_destroy(client);
    daemon_unlisten(&peer);
    http_server_destroy(server);
    loop_destroy(loop);
    party_free(&ca);
    party_free(&server_party);
    party_free(&till);
    strbuf_free(&seen);
    scratch_remove(&scratch);
}

TestSuite(client, .init = setup, .fini = teardown);

static struct message reply;

static void ask(const char *header, int64_t id, const void *payload, size_t len)
{
    daemon_send(&peer, header, id, payload, len);
    cr_assert(daemon_next_answer(&peer, &reply));
    cr_assert_eq(field_int(&reply, "id"), id);
}

static void expect_seen(const char *part)
{
    cr_expect(strstr(strbuf_text(&seen), part), "\"%s\" is not in: %s", part, strbuf_text(&seen));
}

Test(client, carries_each_operation_as_the_table_says)
{
    scratch_enrol(&scratch, &till, &ca);
    start_client("");
    ask(ASK("1", "journal", "\"mac\":\"" MAC "\","), 1, "{}\n", 3);
    cr_expect_eq(field_int(&reply, "status"), 200);
    cr_expect_str_eq(field_text(&reply, "mac"), MAC);
    cr_expect_eq(reply.payload_len, 3);
    expect_seen("POST /v1/journal peer=" TEST_DEV " protocol=1 dev=" TEST_DEV " epoch=" TEST_EPOCH
                " n=00000000000000ff mac=" MAC " ");
    expect_seen(" type=application/json len=3");

    ask(ASK("2", "updates", "\"arg\":{\"cursor\":\"c-1:x\",\"wait\":\"0\"},"), 2, NULL, 0);
    cr_expect_eq(field_int(&reply, "status"), 200);
    expect_seen("GET /v1/updates");
    expect_seen("cursor=c-1:x wait=0 ");

    ask(ASK("3", "updates", "\"arg\":{\"wait\":\"0\"},"), 3, NULL, 0);
    expect_seen("cursor= wait=0 ");

    ask(ASK("4", "member", "\"arg\":{\"identifier\":\"00ff00ff00ff00ff00ff00ff00ff00ff\"},"), 4, NULL, 0);
    cr_expect_eq(field_int(&reply, "status"), 404);
    cr_expect_eq(reply.payload_len, 20);
    expect_seen("GET /v1/members/00ff00ff00ff00ff00ff00ff00ff00ff ");

    ask(ASK("5", "blob", "\"arg\":{\"sha256\":\"abcd\",\"from\":\"0\",\"to\":\"65535\"},"), 5, NULL, 0);
    cr_expect_eq(field_int(&reply, "status"), 206);
    cr_expect_eq(reply.payload_len, 6);
    cr_expect_eq(memcmp(reply.payload, "\0\1\2\n\0\xff", 6), 0);
    expect_seen("range=bytes=0-65535");

    ask(ASK("6", "status", ""), 6, "{}", 2);
    cr_expect_eq(field_int(&reply, "status"), 503);
    cr_expect_eq(field_int(&reply, "retry_after_ms"), 7000);
}

Test(client, great_bodies_go_packed_and_come_back_unchanged)
{
    char *body = malloc(MESSAGE_PAYLOAD_MAX);
    uint32_t random = 12345;
    size_t i;

    scratch_enrol(&scratch, &till, &ca);
    start_client("");
    for (i = 0; i < MESSAGE_PAYLOAD_MAX; i++)
        body[i] = "0123456789abcdef{}\":,\n"[(i * 7 + i / 97) % 22];
    ask(ASK("1", "journal", ""), 1, body, MESSAGE_PAYLOAD_MAX);
    cr_expect_eq(field_int(&reply, "status"), 200);
    cr_assert_eq(reply.payload_len, MESSAGE_PAYLOAD_MAX);
    cr_expect_eq(memcmp(reply.payload, body, MESSAGE_PAYLOAD_MAX), 0);
    expect_seen("enc=gzip");
    /* What does not pack goes plain. */
    for (i = 0; i < 8192; i++) {
        random = random * 1664525u + 1013904223u;
        body[i] = (char)(random >> 24);
    }
    ask(ASK("2", "journal", ""), 2, body, 8192);
    cr_expect_eq(reply.payload_len, 8192);
    cr_expect_eq(memcmp(reply.payload, body, 8192), 0);
    expect_seen("enc= ");
    free(body);
}

Test(client, answers_come_in_any_order_and_the_ninth_request_is_busy)
{
    char header[256];
    int i, busy = 0, answered = 0;
    struct message message;

    scratch_enrol(&scratch, &till, &ca);
    start_client("");
    for (i = 0; i < CLIENT_AT_ONCE_MAX + 1; i++) {
        snprintf(header, sizeof header,
                 "{\"id\":%d,\"op\":\"updates\",\"n\":\"%016x\",\"epoch\":\"" TEST_EPOCH
                 "\",\"arg\":{\"wait\":\"25\"},\"deadline_ms\":%d}",
                 i, (unsigned)i, i == 0 ? 20000 : 1500);
        daemon_send(&peer, header, i, NULL, 0);
        if (i == 0) /* the first is parked alone, so that it is ours to answer */
            while (!parked)
                loop_step(loop, 20);
    }
    cr_assert(daemon_next_answer(&peer, &message));
    cr_expect_eq(field_int(&message, "id"), CLIENT_AT_ONCE_MAX);
    cr_expect_str_eq(field_text(&message, "error"), "busy");
    busy++;
    for (i = 1; i < CLIENT_AT_ONCE_MAX; i++) {
        cr_assert(daemon_next_answer(&peer, &message));
        cr_expect_str_eq(field_text(&message, "error"), "deadline", "%s", field_text(&message, "text"));
        answered++;
    }
    cr_expect_eq(busy + answered, CLIENT_AT_ONCE_MAX);
    /* A place is free again. */
    ask(ASK("50", "member", "\"arg\":{\"identifier\":\"ab\"},"), 50, NULL, 0);
    cr_expect_eq(field_int(&reply, "status"), 404);
}

Test(client, requests_of_a_loyald_that_leaves_are_given_up)
{
    scratch_enrol(&scratch, &till, &ca);
    start_client("");
    daemon_send(&peer, ASK("1", "updates", "\"arg\":{\"wait\":\"25\"},"), 1, NULL, 0);
    while (!parked)
        loop_step(loop, 20);
    daemon_hang_up(&peer);
    while (!gone)
        loop_step(loop, 20);
    daemon_greet(&peer);
    ask(ASK("1", "member", "\"arg\":{\"identifier\":\"ab\"},"), 1, NULL, 0);
    cr_expect_eq(field_int(&reply, "status"), 404);
}

Test(client, bad_requests_are_said_and_worse_ones_close)
{
    static const struct {
        const char *header;
        const char *text;
    } cases[] = {
        {ASK("1", "sell", ""), "not known"},
        {ASK("1", "member", ""), "identifier"},
        {ASK("1", "member", "\"arg\":{\"identifier\":\"a\\r\\nX: y\"},"), "characters"},
        {ASK("1", "member", "\"arg\":{\"identifier\":\"../journal\"},"), "characters"},
        {ASK("1", "journal", "\"mac\":\"zz\","), "hex"},
        {"{\"id\":1,\"op\":\"journal\",\"n\":\"x\",\"epoch\":\"" TEST_EPOCH "\"}", "hex"},
        {"{\"id\":1,\"op\":\"journal\",\"epoch\":\"" TEST_EPOCH "\"}", "n"},
        {"{\"id\":1,\"op\":\"journal\",\"n\":\"00000000000000ff\",\"epoch\":\"" TEST_EPOCH "\",\"deadline_ms\":0}",
         "deadline_ms"},
    };
    struct message message;
    size_t i;

    scratch_enrol(&scratch, &till, &ca);
    start_client("");
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ask(cases[i].header, 1, NULL, 0);
        cr_expect_str_eq(field_text(&reply, "error"), "bad_request", "%s", cases[i].header);
        cr_expect(strstr(field_text(&reply, "text"), cases[i].text), "%s", field_text(&reply, "text"));
    }
    daemon_send(&peer, "{\"op\":\"journal\"}", 0, NULL, 0); /* without an id nobody can be answered */
    cr_expect_not(daemon_next_answer(&peer, &message));
    daemon_hang_up(&peer);
    daemon_greet(&peer);
    daemon_send(&peer, ASK("1", "updates", "\"arg\":{\"wait\":\"25\"},"), 1, NULL, 0);
    daemon_send(&peer, ASK("1", "updates", "\"arg\":{\"wait\":\"25\"},"), 1, NULL, 0);
    cr_expect_not(daemon_next_answer(&peer, &message));
}

#define ENROL(code) "{\"code\":\"" code "\",\"dev\":\"" TEST_DEV "\",\"epoch\":\"" TEST_EPOCH "\"}"

Test(client, enrols_with_a_key_of_its_own_and_works_at_once_and_after_a_restart)
{
    struct message message;
    char *key, *again;

    write_text(scratch.dir, "ca-first.pem", ca.pem);
    start_client(scratch.ca_file);
    ask(ASK("1", "journal", ""), 1, "{}", 2);
    cr_expect_str_eq(field_text(&reply, "error"), "not_enrolled");
    ask(ASK("2", "enrol", ""), 2, ENROL("WRONG"), strlen(ENROL("WRONG")));
    cr_expect_eq(field_int(&reply, "status"), 403);
    cr_expect_null(read_text(scratch.state, "key.pem"));

    ask(ASK("3", "enrol", ""), 3, ENROL("GOOD"), strlen(ENROL("GOOD")));
    cr_expect_eq(field_int(&reply, "status"), 200);
    cr_expect_str_eq(field_text(&reply, "mac"), MAC);
    cr_expect(strstr(reply.payload, "BEGIN CERTIFICATE"));
    ask(ASK("4", "journal", ""), 4, "{}", 2);
    cr_expect_eq(field_int(&reply, "status"), 200);
    expect_seen("peer=" TEST_DEV);
    key = read_text(scratch.state, "key.pem");
    cr_assert_not_null(key);

    /* A wrong code later costs nothing, a good one replaces key and certificate; connections of the old are not used
     * again. */
    ask(ASK("5", "enrol", ""), 5, ENROL("WRONG"), strlen(ENROL("WRONG")));
    ask(ASK("6", "journal", ""), 6, "{}", 2);
    cr_expect_eq(field_int(&reply, "status"), 200);
    ask(ASK("7", "enrol", ""), 7, ENROL("GOOD"), strlen(ENROL("GOOD")));
    again = read_text(scratch.state, "key.pem");
    cr_expect_str_neq(key, again);
    ask(ASK("8", "journal", ""), 8, "{}", 2);
    cr_expect_eq(field_int(&reply, "status"), 200);
    free(key);
    free(again);

    client_destroy(client);
    client = NULL;
    daemon_hang_up(&peer);
    make_client("");
    daemon_accept(&peer);
    cr_assert(daemon_next(&peer, &message));
    cr_expect_str_eq(field_text(&message, "dev"), TEST_DEV);
    cr_expect_eq(field_int(&message, "cert_not_after"), INT32_MAX);
}

Test(client, enrolling_without_a_ca_to_trust_is_refused)
{
    start_client("");
    ask(ASK("1", "enrol", ""), 1, ENROL("GOOD"), strlen(ENROL("GOOD")));
    cr_expect_str_eq(field_text(&reply, "error"), "not_enrolled");
    cr_expect(strstr(field_text(&reply, "text"), "ca_file"));
}

Test(client, an_enrolment_that_is_none_is_a_bad_request)
{
    static const char *const bodies[] = {"",
                                         "[]",
                                         "{}",
                                         "{\"dev\":\"x\"}",
                                         "{\"dev\":\"" TEST_DEV "\",\"csr\":\"mine\"}",
                                         "{\"dev\":\"" TEST_DEV "\"} "};
    size_t i;

    write_text(scratch.dir, "ca-first.pem", ca.pem);
    start_client(scratch.ca_file);
    for (i = 0; i < 5; i++) {
        ask(ASK("1", "enrol", ""), 1, bodies[i], strlen(bodies[i]));
        cr_expect_str_eq(field_text(&reply, "error"), "bad_request", "%s", bodies[i]);
    }
}

static void next_notice(bool up)
{
    struct message message;
    bool value = !up;

    do {
        cr_assert(daemon_next(&peer, &message));
    } while (!field_text(&message, "notice")[0]);
    cr_expect_eq(json_bool(message.header, "up", &value, NULL), ST_OK);
    cr_expect_eq(value, up, "%s", field_text(&message, "text"));
}

Test(client, tells_of_the_link_when_the_central_goes_and_comes)
{
    scratch_enrol(&scratch, &till, &ca);
    start_client("");
    daemon_send(&peer, ASK("1", "member", "\"arg\":{\"identifier\":\"ab\"},"), 1, NULL, 0);
    next_notice(true);
    cr_assert(daemon_next_answer(&peer, &reply));
    http_server_destroy(server);
    server = NULL;
    daemon_send(&peer, ASK("2", "member", "\"arg\":{\"identifier\":\"ab\"},"), 2, NULL, 0);
    next_notice(false);
    cr_assert(daemon_next_answer(&peer, &reply));
    cr_expect_str_eq(field_text(&reply, "error"), "offline");
    cr_expect(strstr(field_text(&reply, "text"), "could not connect to localhost:"), "%s",
              field_text(&reply, "text"));
    cr_expect(strstr(field_text(&reply, "text"), "Connection refused"), "%s", field_text(&reply, "text"));
    /* One who connects now is told at once. */
    daemon_hang_up(&peer);
    daemon_greet(&peer);
    next_notice(false);
    start_central();
    daemon_send(&peer, ASK("3", "member", "\"arg\":{\"identifier\":\"ab\"},"), 3, NULL, 0);
    next_notice(true);
    cr_assert(daemon_next_answer(&peer, &reply));
    cr_expect_eq(field_int(&reply, "status"), 404);
}
