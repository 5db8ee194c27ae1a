/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/client_renew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/bytes.h"
#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/base/x509.h"
#include "agent/net/loop.h"
#include "sync/client/client_internal.h"
#include "sync/client/renew_internal.h"

enum {
    CHECK_MS = 3600 * 1000, /* how often the date is looked at; also the longest wait between two tries */
    RETRY_FIRST_MS = 15 * 1000,
    LOOK_SPREAD_MS = 60 * 1000,
    DEADLINE_MS = 30 * 1000,
    BODY_BYTES_MAX = 16 * 1024,
};

static int64_t now_s(const struct renewal *renewal)
{
    return clock_wall_ms(renewal->client->clock) / 1000;
}

int64_t renewal_due_s(const struct identity *identity)
{
    int64_t span_s = identity->not_after_unix_s - identity->not_before_unix_s, life_s = span_s > 0 ? span_s : 0;
    uint8_t digest[SHA256_BYTES];

    sha256_of(identity->cert_pem, strlen(identity->cert_pem), digest);
    return identity->not_before_unix_s + life_s / 3 + (int64_t)(bytes_get_u64(digest) % (uint64_t)(life_s / 9 + 1));
}

/* Evenly in [0, max]. */
static int64_t random_ms(int64_t max_ms)
{
    uint64_t dice;

    crypto_random(&dice, sizeof dice);
    return (int64_t)(dice % (uint64_t)(max_ms + 1));
}

static int64_t shorter(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void renewal_end_call(struct renewal *renewal)
{
    renewal->call = NULL;
    renewal->step = RENEWAL_IDLE;
}

static void check_again(struct renewal *renewal)
{
    loop_timer_set(renewal->timer, renewal->client->renew_check_ms, 0);
}

void renewal_failed(struct renewal *renewal, const char *doing, const char *why, int64_t at_least_ms)
{
    int64_t top_ms = RETRY_FIRST_MS;

    crypto_wipe(renewal->key_pem, sizeof renewal->key_pem); /* the next try makes one of its own */
    for (int i = 0; i < renewal->failures && top_ms < CHECK_MS; i++)
        top_ms *= 2;
    renewal->failures++;
    if (strcmp(renewal->said, why) != 0)
        log_warn("identity-02", "%s: %s; the certificate we have stays, tried again", doing, why);
    (void)snprintf(renewal->said, sizeof renewal->said, "%s", why);
    top_ms = shorter(top_ms, renewal->client->renew_check_ms);
    loop_timer_set(renewal->timer, at_least_ms + random_ms(top_ms), 0);
}

void renewal_succeeded(struct renewal *renewal)
{
    renewal->failures = 0;
    renewal->said[0] = '\0';
    loop_timer_set(renewal->timer, 0, 0);
}

/* ---- what is to be done ---- */

static bool is_of_newest(const struct identity *identity)
{
    return x509_check_issuer(identity->cert_pem, identity->ca_pem, true, NULL) == ST_OK;
}

static bool is_due(struct renewal *renewal)
{
    const struct identity *identity = &renewal->client->identity;

    return now_s(renewal) >= renewal_due_s(identity) || !is_of_newest(identity);
}

static bool wants_look(const struct renewal *renewal)
{
    /* Our own set is told once by each process, and again when either side's changes. */
    return strcmp(renewal->asked_ca, renewal->client->identity.ca_id) != 0 ||
           (renewal->told_ca[0] && strcmp(renewal->told_ca, renewal->client->identity.ca_id) != 0);
}

static void act(struct renewal *renewal);

static void on_timer(void *context)
{
    act(context);
}

/* ---- asking ---- */

static void start(struct renewal *renewal, enum renewal_step step, struct carrier_ask *ask,
                  void (*done)(void *context, const struct carrier_answer *answer))
{
    struct errmsg err = ERRMSG_INIT;

    ask->headers[0] = "Loyald-Protocol: 1";
    ask->deadline_ms = DEADLINE_MS;
    renewal->step = step;
    if (http_carrier_start(renewal->client->carrier, ask, done, renewal, &renewal->call, &err) == ST_OK)
        return;
    renewal->step = RENEWAL_IDLE;
    renewal_failed(renewal, "asking the central", err.text, 0);
}

/* The present key vouches for the next one. */
static enum status write_wish(struct renewal *renewal, struct strbuf *out, struct errmsg *err)
{
    const struct identity *identity = &renewal->client->identity;
    struct json_writer w = JSON_WRITER_INIT(out);
    char csr[X509_PEM_BYTES_MAX];
    uint8_t digest[SHA256_BYTES], signature[PK_SIGNATURE_BYTES_MAX];
    size_t signature_len = 0;
    struct pk *next = NULL, *present = NULL;
    enum status st = pk_generate(&next, err);

    if (st == ST_OK)
        st = pk_private_pem(next, renewal->key_pem, err);
    if (st == ST_OK)
        st = x509_request(next, identity->dev, csr, err);
    if (st == ST_OK)
        st = pk_from_private_pem(identity->key_pem, &present, err);
    if (st == ST_OK) {
        renewal_digest(identity->dev, csr, digest);
        st = pk_sign(present, digest, signature, &signature_len, err);
    }
    if (st == ST_OK) {
        jw_object_begin(&w);
        jw_field_text(&w, "dev", identity->dev);
        jw_field_text(&w, "certificate", identity->cert_pem);
        jw_field_text(&w, "csr", csr);
        jw_field_hex(&w, "signature", signature, signature_len);
        jw_object_end(&w);
        st = strbuf_status(out);
    }
    pk_destroy(present);
    pk_destroy(next);
    return st;
}

static void ask_for_next(struct renewal *renewal)
{
    const struct identity *identity = &renewal->client->identity;
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    /* Without our certificate: it may have expired, and is in the body. */
    struct carrier_ask ask = {.method = "POST", .path = RENEWAL_PATH, .ca_pem = identity->ca_pem};
    enum status st = write_wish(renewal, &body, &err);

    if (st == ST_OK) {
        ask.body = strbuf_text(&body);
        ask.body_len = body.len;
        start(renewal, RENEWAL_ASKING, &ask, renewal_asked);
    } else {
        renewal_failed(renewal, "making a key", err.text, 0);
    }
    strbuf_free(&body);
}

static void ask_identity(struct renewal *renewal, bool next)
{
    const struct identity *identity = &renewal->client->identity;
    char path[64];
    struct carrier_ask ask = {.method = "GET",
                              .path = path,
                              .ca_pem = identity->ca_pem,
                              .cert_pem = next ? identity->next_cert_pem : identity->cert_pem,
                              .key_pem = next ? identity->next_key_pem : identity->key_pem};

    (void)snprintf(path, sizeof path, RENEWAL_IDENTITY_PATH "?ca=%s", next ? identity->next_ca_id : identity->ca_id);
    start(renewal, next ? RENEWAL_PROVING : RENEWAL_LOOKING, &ask, next ? renewal_proved : renewal_looked);
}

static void act(struct renewal *renewal)
{
    struct client *client = renewal->client;

    if (renewal->step != RENEWAL_IDLE || !client->carrier)
        return;
    if (!identity_is_enrolled(&client->identity))
        check_again(renewal);
    else if (client->identity.next_cert_pem)
        ask_identity(renewal, true);
    else if (now_s(renewal) > client->identity.not_after_unix_s)
        ask_for_next(renewal); /* before all else: nothing else would be answered */
    else if (wants_look(renewal))
        ask_identity(renewal, false);
    else if (is_due(renewal))
        ask_for_next(renewal);
    else
        check_again(renewal);
}

/* ---- life ---- */

enum status renewal_create(struct client *client, struct renewal **out_renewal, struct errmsg *err)
{
    struct renewal *renewal = calloc(1, sizeof *renewal);
    enum status st = renewal ? ST_OK : ST_NOMEM;

    if (st == ST_OK) {
        renewal->client = client;
        st = loop_timer_create(client->loop, on_timer, renewal, &renewal->timer);
    }
    if (st != ST_OK) {
        errmsg_set(err, "renewal of the certificate: %s", status_text(st));
        free(renewal);
        return st;
    }
    loop_timer_set(renewal->timer, random_ms(shorter(client->renew_spread_ms, LOOK_SPREAD_MS)), 0);
    *out_renewal = renewal;
    return ST_OK;
}

void renewal_destroy(struct renewal *renewal)
{
    if (!renewal)
        return;
    if (renewal->call)
        http_carrier_cancel(renewal->call);
    loop_timer_destroy(renewal->timer);
    crypto_wipe(renewal->key_pem, sizeof renewal->key_pem);
    free(renewal);
}

void renewal_heard(struct renewal *renewal, const char *ca_id)
{
    if (strlen(ca_id) != RENEWAL_CA_TEXT - 1 || strcmp(renewal->told_ca, ca_id) == 0)
        return;
    memcpy(renewal->told_ca, ca_id, sizeof renewal->told_ca);
    if (renewal->step == RENEWAL_IDLE && wants_look(renewal) && renewal->failures == 0)
        loop_timer_set(renewal->timer, random_ms(renewal->client->renew_spread_ms), 0);
}

void renewal_begin_anew(struct renewal *renewal)
{
    if (renewal->call)
        http_carrier_cancel(renewal->call);
    renewal_end_call(renewal);
    crypto_wipe(renewal->key_pem, sizeof renewal->key_pem);
    renewal->failures = 0;
    renewal->asked_ca[0] = renewal->told_ca[0] = '\0';
    loop_timer_set(renewal->timer, random_ms(shorter(renewal->client->renew_spread_ms, LOOK_SPREAD_MS)), 0);
}
