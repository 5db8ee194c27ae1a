/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loyald-sync reads of the central's answers: the rest it carries. The first byte says to what: 'e' an
 * enrolment, 'n' a request for the next certificate, 'p' the proof of one, 'l' the question whom to trust, 'd' any
 * other; and the second, but for 'e', with which status. 'b' is loyald's own wish to be enrolled, before it is
 * carried. What is refused changes nothing, in memory or on disk; what is taken is found again by the next start; no
 * key of a request that is over stays in memory.
 */
#include "agent/base/json.h"
#include "agent/base/x509.h"
#include "agent/net/loop.h"
#include "sync/client/client_internal.h"
#include "sync/client/renew_internal.h"
#include "tests/fuzz/till_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_BYTES_MAX = 32 * 1024, EXPANDED_BYTES_MAX = 128 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;

static void end(void)
{
    loop_destroy(loop);
}

static struct client *open_client(void)
{
    char socket_path[100];
    struct client_options options = {.loop = loop,
                                     .url = "https://localhost:1",
                                     .connect_timeout_ms = 100,
                                     .ca_file = "",
                                     .proxy = "",
                                     .state_dir = till_set_dir(),
                                     .socket_path = socket_path};
    struct client *client = NULL;

    (void)snprintf(socket_path, sizeof socket_path, "%s/nobody.sock", till_set_dir());
    must(client_create(&options, &client, NULL) == ST_OK);
    return client;
}

static bool uses(const struct client *client, enum till_set_piece key, enum till_set_piece cert)
{
    return strcmp(client->identity.key_pem, till_set_text(key)) == 0 &&
           strcmp(client->identity.cert_pem, till_set_text(cert)) == 0;
}

/* ---- an enrolment ---- */

static void take_enrolment(struct client *client, const char *body, size_t len)
{
    struct client_request request = {.client = client, .op = OP_ENROL};
    struct errmsg err = ERRMSG_INIT;
    uint64_t before = till_set_digest();
    enum status st;

    memcpy(request.enrol_key_pem, till_set_text(PIECE_KEY), strlen(till_set_text(PIECE_KEY)) + 1);
    memcpy(request.enrol_dev, TILL_SET_DEV, sizeof TILL_SET_DEV);
    st = client_enrol_keep(&request, body, len, &err);
    if (st != ST_OK)
        must(err.text[0] && till_set_digest() == before && uses(client, PIECE_OLD_KEY, PIECE_OLD_CERT));
    else
        must(uses(client, PIECE_KEY, PIECE_CERT));
}

/* Loyald's words stay as they are, and a request for its name is added. */
static void carry_wish(struct client *client, const char *body, size_t len)
{
    struct client_request request = {.client = client, .op = OP_ENROL};
    struct strbuf out = STRBUF_INIT(2 * EXPANDED_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *csr, *dev;

    if (client_enrol_begin(&request, body, len, &out, &err) == ST_OK) {
        must(json_parse(strbuf_text(&out), out.len, 2 * EXPANDED_BYTES_MAX, &root, NULL) == ST_OK);
        must(json_text(root, "csr", X509_PEM_BYTES_MAX, &csr, NULL) == ST_OK);
        must(json_text(root, "dev", 16, &dev, NULL) == ST_OK && strcmp(dev, request.enrol_dev) == 0);
        must(strncmp(strbuf_text(&out), body, strcspn(body, "}")) == 0);
    } else {
        must(err.text[0] && !request.enrol_key_pem[0]);
    }
    json_free(root);
    strbuf_free(&out);
}

/* Whatever else was asked: the place is free again. */
static void end_request(struct client *client, const struct carrier_answer *answer)
{
    struct client_request *request = &client->requests[0];

    *request = (struct client_request){.client = client, .id = 1, .op = OP_STATUS};
    client_request_done(request, answer);
    must(!request->client && uses(client, PIECE_OLD_KEY, PIECE_OLD_CERT));
}

/* ---- a renewal ---- */

static int status_of(uint8_t byte)
{
    static const int statuses[] = {200, 401, 403, 404, 409, 429, 500};

    return statuses[byte % (sizeof statuses / sizeof statuses[0])];
}

static bool is_wiped(const struct renewal *renewal)
{
    for (size_t i = 0; i < sizeof renewal->key_pem; i++)
        if (renewal->key_pem[i] != 0)
            return false;
    return true;
}

static void take_next(struct client *client, const struct carrier_answer *answer)
{
    struct renewal *renewal = client->renewal;
    uint64_t before = till_set_digest();

    memcpy(renewal->key_pem, till_set_text(PIECE_KEY), strlen(till_set_text(PIECE_KEY)) + 1);
    renewal->step = RENEWAL_ASKING;
    renewal_asked(renewal, answer);
    must(is_wiped(renewal) && uses(client, PIECE_OLD_KEY, PIECE_OLD_CERT));
    must((client->identity.next_cert_pem != NULL) == (till_set_digest() != before));
    must(!client->identity.next_cert_pem || answer->status == 200);
}

static void prove_next(struct client *client, const struct carrier_answer *answer)
{
    must(identity_keep_next(&client->identity, till_set_text(PIECE_KEY), till_set_text(PIECE_CERT),
                            till_set_text(PIECE_TWO_CA), NULL) == ST_OK);
    client->renewal->step = RENEWAL_PROVING;
    renewal_proved(client->renewal, answer);
    if (answer->status == 200)
        must(uses(client, PIECE_KEY, PIECE_CERT) && !client->identity.next_cert_pem);
    else
        must(uses(client, PIECE_OLD_KEY, PIECE_OLD_CERT));
}

static void take_authorities(struct client *client, const struct carrier_answer *answer)
{
    uint64_t before = till_set_digest();
    char ca_id[RENEWAL_CA_TEXT];

    memcpy(ca_id, client->identity.ca_id, sizeof ca_id);
    client->renewal->step = RENEWAL_LOOKING;
    renewal_looked(client->renewal, answer);
    must(uses(client, PIECE_OLD_KEY, PIECE_OLD_CERT));
    must((strcmp(client->identity.ca_id, ca_id) == 0) == (till_set_digest() == before));
    must(answer->status == 200 || till_set_digest() == before);
}

static void take(struct client *client, char what, uint8_t status, const char *body, size_t len)
{
    const struct carrier_answer answer = {.result = CARRIER_ANSWERED,
                                          .status = status_of(status),
                                          .text = "",
                                          .mac = "",
                                          .ca_id = "",
                                          .body = body,
                                          .body_len = len,
                                          .connected = true};

    if (what == 'e')
        take_enrolment(client, body, len);
    else if (what == 'n')
        take_next(client, &answer);
    else if (what == 'p')
        prove_next(client, &answer);
    else if (what == 'l')
        take_authorities(client, &answer);
    else if (what == 'd')
        end_request(client, &answer);
    else if (what == 'b')
        carry_wish(client, body, len);
    must(client->renewal->step == RENEWAL_IDLE && !client->renewal->call);
}

/* The next start has what this one had in the end. */
static void restart(struct client *client)
{
    struct client *next = open_client();

    must(strcmp(next->identity.cert_pem, client->identity.cert_pem) == 0);
    must(strcmp(next->identity.key_pem, client->identity.key_pem) == 0);
    must(strcmp(next->identity.ca_id, client->identity.ca_id) == 0);
    must(!next->identity.next_cert_pem == !client->identity.next_cert_pem);
    client_destroy(next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf body = STRBUF_INIT(EXPANDED_BYTES_MAX);
    struct client *client;

    if (!loop) {
        till_set_begin();
        must(loop_create(&loop, NULL) == ST_OK && atexit(end) == 0);
    }
    if (size < 2 || size > INPUT_BYTES_MAX)
        return 0;
    till_set_expand(data + 2, size - 2, true, &body);
    if (strbuf_status(&body) == ST_OK) {
        till_set_lay_out();
        client = open_client();
        take(client, (char)data[0], data[1], strbuf_text(&body), body.len);
        restart(client);
        client_destroy(client);
        loop_step(loop, 0);
    }
    strbuf_free(&body);
    return 0;
}
