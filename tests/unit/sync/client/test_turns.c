/* SPDX-License-Identifier: Apache-2.0 */
/* Journal requests that wait for the one before them: one with the central at a time, in order, none behind a
 * refusal. */
#include "peers.h"
#include "sync/client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

enum { BODY_BYTES = 3000 };

static struct scratch scratch;
static struct loop *loop;
static struct daemon_peer peer;
static struct party ca, server_party, till;
static struct http_server *server;
static struct client *client;

/* With the central: one request, by the number in its body. */
static struct http_request *parked;
static int parked_number, most_at_once, seen_count, gone_count;
static int seen[16];

static void on_gone(void *context)
{
    (void)context;
    gone_count++;
    parked = NULL;
}

static void handle_journal(void *context, struct http_request *request)
{
    size_t len;
    const char *body = http_body(request, &len);

    (void)context;
    most_at_once += parked != NULL;
    cr_expect_eq(len, (size_t)BODY_BYTES);
    cr_expect_str_eq(http_header(request, "Content-Encoding"), "gzip", "made ready before its turn");
    parked = request;
    parked_number = atoi(body);
    seen[seen_count++ % 16] = parked_number;
    http_park(request, on_gone, NULL);
}

static void handle_member(void *context, struct http_request *request)
{
    (void)context;
    http_answer(request, 404, "application/json", "{}", 2);
}

static const struct http_route routes[] = {
    {"POST", "/v1/journal", HTTP_AUTH_CERTIFICATE, handle_journal, MESSAGE_PAYLOAD_MAX},
    {"GET", "/v1/members/{id}", HTTP_AUTH_CERTIFICATE, handle_member, 0},
    {NULL, NULL, 0, NULL, 0},
};

static void setup(void)
{
    struct http_server_options central = {
        .routes = routes, .tcp_host = "127.0.0.1", .answer_header = "Loyald-Protocol: 1"};
    struct client_options courier = {.ca_file = "", .proxy = "", .connect_timeout_ms = 3000};
    struct errmsg err = ERRMSG_INIT;
    char url[64];

    scratch_make(&scratch);
    cr_assert_eq(loop_create(&loop, NULL), ST_OK);
    party_make(&ca, "Test CA", NULL, false, -3600, 86400);
    party_make(&server_party, "central", &ca, true, -3600, 86400);
    party_make(&till, TEST_DEV, &ca, false, -3600, 86400);
    scratch_enrol(&scratch, &till, &ca);
    daemon_listen(&peer, loop, scratch.socket);
    central.loop = courier.loop = loop;
    central.certificate_pem = server_party.pem;
    central.key_pem = server_party.key_pem;
    central.client_ca_pem = ca.pem;
    cr_assert_eq(http_server_create(&central, &server, &err), ST_OK, "%s", err.text);
    (void)snprintf(url, sizeof url, "https://localhost:%d", http_server_port(server));
    courier.url = url;
    courier.socket_path = scratch.socket;
    courier.state_dir = scratch.state;
    cr_assert_eq(client_create(&courier, &client, &err), ST_OK, "%s", err.text);
    daemon_greet(&peer);
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
    scratch_remove(&scratch);
}

TestSuite(turns, .init = setup, .fini = teardown, .timeout = 60);

static void put(int id, int after)
{
    char header[256], behind[24] = "", body[BODY_BYTES];

    memset(body, 'x', sizeof body);
    if (after > 0)
        (void)snprintf(behind, sizeof behind, ",\"after\":%d", after);
    (void)snprintf(body, sizeof body, "%d\n", id);
    (void)snprintf(header, sizeof header,
                   "{\"id\":%d,\"op\":\"journal\",\"n\":\"%016x\",\"epoch\":\"" TEST_EPOCH
                   "\",\"deadline_ms\":20000%s}",
                   id, (unsigned)id, behind);
    daemon_send(&peer, header, id, body, sizeof body);
}

static void until_parked(int id)
{
    while (!parked || parked_number != id)
        loop_step(loop, 20);
}

static void answer(int status)
{
    struct http_request *request = parked;

    parked = NULL;
    http_answer(request, status, "application/json", "{}", 2);
}

static void expect_status(int id, int status)
{
    struct message message;

    cr_assert(daemon_next_answer(&peer, &message));
    cr_expect_eq(field_int(&message, "id"), id);
    cr_expect_eq(field_int(&message, "status"), status, "%d: %s", id, field_text(&message, "text"));
}

static void expect_error(int id, const char *error)
{
    struct message message;

    cr_assert(daemon_next_answer(&peer, &message));
    cr_expect_eq(field_int(&message, "id"), id);
    cr_expect_str_eq(field_text(&message, "error"), error, "%d", id);
}

Test(turns, one_at_a_time_each_when_the_one_before_was_taken)
{
    put(1, 0);
    put(2, 1);
    put(3, 2);
    for (int id = 1; id <= 3; id++) {
        until_parked(id);
        answer(200);
        expect_status(id, 200);
    }
    cr_expect_eq(most_at_once, 0);
    cr_expect_eq(seen_count, 3);
}

Test(turns, none_behind_a_refusal_is_carried)
{
    put(1, 0);
    put(2, 1);
    put(3, 2);
    until_parked(1);
    answer(409);
    expect_status(1, 409);
    expect_error(2, "busy");
    expect_error(3, "busy");
    put(4, 0); /* on its own again */
    until_parked(4);
    answer(200);
    expect_status(4, 200);
    cr_expect_eq(seen_count, 2);
}

Test(turns, none_behind_a_broken_line_is_carried)
{
    put(1, 0);
    put(2, 1);
    until_parked(1);
    http_server_destroy(server); /* answers what is parked with 503, and closes */
    server = NULL;
    parked = NULL;
    expect_status(1, 503);
    expect_error(2, "busy");
    cr_expect_eq(seen_count, 1);
}

/* The answer was on its way to loyald when it asked for the next. */
Test(turns, behind_one_that_was_taken_meanwhile_it_goes_at_once)
{
    put(1, 0);
    until_parked(1);
    answer(200);
    expect_status(1, 200);
    put(2, 1);
    until_parked(2);
    answer(403);
    expect_status(2, 403);
    put(3, 2);
    expect_error(3, "busy");
    put(4, 1); /* not the last one */
    expect_error(4, "busy");
    cr_expect_eq(seen_count, 2);
}

Test(turns, as_many_wait_as_was_said_in_the_hello)
{
    put(1, 0);
    until_parked(1);
    for (int id = 2; id <= 1 + CLIENT_BEHIND_MAX; id++)
        put(id, id - 1);
    put(9, 1 + CLIENT_BEHIND_MAX);
    expect_error(9, "busy");
    answer(200);
    expect_status(1, 200);
}

Test(turns, two_behind_the_same_are_one_too_many)
{
    put(1, 0);
    put(2, 1);
    put(3, 1);
    expect_error(3, "busy");
    until_parked(1);
    answer(200);
    expect_status(1, 200);
    until_parked(2);
    answer(200);
    expect_status(2, 200);
    cr_expect_eq(most_at_once, 0);
}

Test(turns, only_journal_requests_wait_and_only_behind_such)
{
    daemon_send(&peer,
                "{\"id\":1,\"op\":\"member\",\"n\":\"0000000000000001\",\"epoch\":\"" TEST_EPOCH
                "\",\"arg\":{\"identifier\":\"ab\"},\"after\":7}",
                1, NULL, 0);
    expect_error(1, "bad_request");
    put(2, 7);
    expect_error(2, "busy");
    cr_expect_eq(seen_count, 0);
}

Test(turns, a_loyald_that_leaves_takes_what_waits_with_it)
{
    put(1, 0);
    put(2, 1);
    until_parked(1);
    daemon_hang_up(&peer);
    while (gone_count == 0)
        loop_step(loop, 20);
    daemon_greet(&peer);
    put(2, 1); /* ids of another loyald */
    expect_error(2, "busy");
    put(3, 0);
    until_parked(3);
    answer(200);
    expect_status(3, 200);
    cr_expect_eq(seen_count, 2);
}
