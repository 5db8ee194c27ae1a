/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a till's certificate, between the real courier and the real central over real TLS. TLS judges by the
 * true time, so the past is made: the central's clock stands days back when the till is enrolled, then goes on to
 * now.
 */
#include "peers.h"
#include "sync/central/authority.h"
#include "sync/central/renew.h"
#include "sync/central/till_server.h"
#include "sync/client/client.h"
#include "sync/client/client_internal.h"
#include "sync/client/renew_internal.h"
#include "sync/client/identity.h"
#include "tests/unit/sync/central/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "agent/base/hex.h"
#include "agent/base/log.h"

enum { TURNS_MAX = 20000 };

#define DAY_MS (INT64_C(86400) * 1000)

static struct fixture fixture;
static struct fake_till till;
static struct till_server *server;
static struct scratch scratch;
static struct loop *loop;
static struct daemon_peer peer;
static struct client *client;
static struct virtual_clock client_time;
static struct clock_source client_clock;
static char url[64];
static uint16_t port;

static void start_central(void)
{
    struct till_server_options options = {
        .listen_host = "127.0.0.1", .loop = loop, .central = fixture.central, .listen_port = port};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(till_server_create(&options, &server, &err), ST_OK, "%s", err.text);
    port = till_server_port(server);
    snprintf(url, sizeof url, "https://localhost:%u", port);
}

static void start_client(void)
{
    const struct client_options options = {.loop = loop,
                                           .url = url,
                                           .ca_file = "",
                                           .proxy = "",
                                           .connect_timeout_ms = 3000,
                                           .socket_path = scratch.socket,
                                           .state_dir = scratch.state,
                                           .clock = &client_clock,
                                           .renew_check_ms = 5};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(client_create(&options, &client, &err), ST_OK, "%s", err.text);
    daemon_greet(&peer);
}

static void put_identity(void)
{
    char key[PK_PEM_BYTES_MAX];

    cr_assert_eq(pk_private_pem(till.tls_key, key, NULL), ST_OK);
    write_text(scratch.state, "key.pem", key);
    write_text(scratch.state, "cert.pem", till.certificate);
    write_text(scratch.state, "ca.pem", fixture.central->ca_bundle);
}

static void setup(void)
{
    port = 0;
    fixture_open(&fixture);
    fixture.now.wall_ms = clock_wall_ms(clock_system());
    client_time = (struct virtual_clock){.wall_ms = fixture.now.wall_ms};
    client_clock = clock_virtual(&client_time);
    scratch_make(&scratch);
    cr_assert_eq(loop_create(&loop, NULL), ST_OK);
    daemon_listen(&peer, loop, scratch.socket);
    start_central();
}

static void teardown(void)
{
    client_destroy(client);
    daemon_unlisten(&peer);
    till_server_destroy(server);
    loop_destroy(loop);
    till_clear(&till);
    fixture_close(&fixture);
    scratch_remove(&scratch);
}

TestSuite(renewal, .init = setup, .fini = teardown, .timeout = 60);

/* A till whose certificate is so old. */
static void enrol_days_ago(int days)
{
    fixture.now.wall_ms -= days * DAY_MS;
    till_enrol_fresh(&fixture, &till, UINT64_C(0x00112233445566aa));
    fixture.now.wall_ms += days * DAY_MS;
    put_identity();
}

static struct device device_now(void)
{
    struct device device;

    cr_assert_eq(device_load(fixture.central, till.dev_hex, &device, NULL), ST_OK);
    return device;
}

static bool cert_is_new(void)
{
    char *text = read_text(scratch.state, "cert.pem");
    bool is_new = text && strcmp(text, till.certificate) != 0;

    free(text);
    return is_new;
}

static bool file_is_there(const char *dir, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

static bool is_there(const char *name)
{
    return file_is_there(scratch.state, name);
}

static bool is_waiting_for_proof(void)
{
    return is_there("unproven.json");
}

static bool is_settled(void)
{
    return cert_is_new() && !is_there("unproven.json") && !device_now().next_key[0];
}

static int64_t behind(void)
{
    int64_t tills = -1;

    cr_assert_eq(authority_behind(fixture.central, &tills, NULL), ST_OK);
    return tills;
}

static bool none_is_behind(void)
{
    return behind() == 0;
}

static void until(bool (*done)(void), const char *what)
{
    for (int i = 0; i < TURNS_MAX; i++) {
        if (done())
            return;
        loop_step(loop, 1);
    }
    cr_assert_fail("never came: %s", what);
}

/* The name of the key in use, by the certificate on disk. */
static void key_on_disk(char out_id[17])
{
    char *pem = read_text(scratch.state, "cert.pem");
    struct pk *key = NULL;

    cr_assert_eq(x509_public_key(pem, &key, NULL), ST_OK);
    cr_assert_eq(pk_id(key, out_id), ST_OK);
    pk_destroy(key);
    free(pem);
}

static void expect_in_use(void)
{
    char id[17];

    key_on_disk(id);
    cr_expect_str_eq(device_now().cert_key, id);
    cr_expect_str_eq(device_now().next_key, "");
}

/* Any question of loyald's; the MAC is nobody's, so the central refuses it, but only after the certificate was good.
 */
static void ask_anything(struct message *reply, int id)
{
    char header[256];

    snprintf(header, sizeof header,
             "{\"id\":%d,\"op\":\"status\",\"n\":\"00000000000000ff\",\"epoch\":\"" TEST_EPOCH
             "\",\"mac\":\"%064d\",\"deadline_ms\":20000}",
             id, 0);
    daemon_send(&peer, header, id, "{}", 2);
    cr_assert(daemon_next_answer(&peer, reply));
    cr_assert_eq(field_int(reply, "id"), id);
}

static bool trust_is_told(void)
{
    return behind() == 0;
}

Test(renewal, nothing_is_asked_in_the_first_third_of_its_life)
{
    enrol_days_ago(29);
    start_client();
    until(trust_is_told, "that the till said whom it trusts");
    for (int i = 0; i < 50; i++)
        loop_step(loop, 2);
    cr_expect_not(cert_is_new());
    cr_expect_str_eq(device_now().next_key, "");
}

Test(renewal, comes_between_day_30_and_day_40_by_the_clock)
{
    struct identity identity;
    int64_t from_s = client_time.wall_ms / 1000;

    enrol_days_ago(0);
    cr_assert_eq(identity_open(&identity, scratch.state, "", NULL), ST_OK);
    cr_expect_geq(renewal_due_s(&identity), from_s + 30 * 86400 - 3600);
    cr_expect_leq(renewal_due_s(&identity), from_s + 40 * 86400 + 3600);
    start_client();
    until(trust_is_told, "that the till said whom it trusts");
    client_time.wall_ms = (renewal_due_s(&identity) - 1) * 1000;
    for (int i = 0; i < 20; i++)
        loop_step(loop, 5);
    cr_expect_not(cert_is_new());
    client_time.wall_ms += 1000;
    until(is_settled, "the renewal");
    expect_in_use();
    identity_close(&identity);
}

/* Whatever a certificate says of itself. */
Test(renewal, is_due_at_once_for_a_life_that_is_none)
{
    struct identity identity = {.cert_pem = (char[]){"any"}, .not_before_unix_s = 1000};

    for (int64_t life_s = -40; life_s <= 0; life_s++) {
        identity.not_after_unix_s = 1000 + life_s;
        cr_expect_eq(renewal_due_s(&identity), 1000, "%d s", (int)life_s);
    }
}

Test(renewal, the_one_before_is_over_once_the_next_was_used_and_loyald_is_told)
{
    struct message message;
    struct device device;
    char id[17];

    enrol_days_ago(45);
    start_client();
    until(is_settled, "the renewal");
    expect_in_use();
    while (daemon_next(&peer, &message) && strcmp(field_text(&message, "notice"), "identity") != 0)
        ;
    cr_expect_gt(field_int(&message, "cert_not_after"), client_time.wall_ms / 1000 + 89 * 86400);
    ask_anything(&message, 1);
    cr_expect_eq(field_int(&message, "status"), 403, "bad MAC, but a good certificate");
    cr_assert_eq(pk_id(till.tls_key, id), ST_OK);
    device = device_now();
    cr_expect_not(device_has_key(&device, id), "a copy of the old key opens nothing");
}

Test(renewal, a_store_closed_for_120_days_comes_back_unaided)
{
    struct message reply;

    enrol_days_ago(120);
    start_client();
    until(is_settled, "the renewal");
    expect_in_use();
    ask_anything(&reply, 1);
    cr_expect_eq(field_int(&reply, "status"), 403, "it is let in, only its MAC is wrong: %s",
                 field_text(&reply, "text"));
}

static bool is_idle(void)
{
    return client->renewal->step == RENEWAL_IDLE;
}

static size_t zeros_of(const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && bytes[i] == 0)
        i++;
    return i;
}

static int refused(void)
{
    return throttle_failures(&fixture.central->refused, "renewal", clock_mono_ms(fixture.central->clock));
}

Test(renewal, a_revoked_till_gets_none_however_old_its_certificate)
{
    enrol_days_ago(120);
    cr_assert_eq(device_revoke(fixture.central, till.dev_hex, NULL), ST_OK);
    start_client();
    for (int i = 0; i < TURNS_MAX && refused() == 0; i++)
        loop_step(loop, 1);
    cr_expect_gt(refused(), 0);
    until(is_idle, "that the refusal is here");
    cr_expect_eq(zeros_of(client->renewal->key_pem, sizeof client->renewal->key_pem),
                 sizeof client->renewal->key_pem, "the key that nothing came of is wiped");
    cr_expect_not(cert_is_new());
    cr_expect_str_eq(device_now().next_key, "");
    cr_expect_not(is_waiting_for_proof());
}

/* A renewed set is on disk when the power goes. */
static void cut_before_the_proof(void)
{
    enrol_days_ago(45);
    start_client();
    until(is_waiting_for_proof, "the renewed set on disk");
    cr_expect_not(cert_is_new(), "the old one stays until the proof");
    client_destroy(client);
    daemon_hang_up(&peer);
}

Test(renewal, power_cut_before_the_proof_is_made_good_at_the_next_start)
{
    cut_before_the_proof();
    start_client();
    until(is_settled, "the renewal");
    expect_in_use();
}

/* The central has gone over to the next key, the till has not heard: the set on disk is what saves it. */
Test(renewal, power_cut_after_the_proof_at_the_central_is_made_good_at_the_next_start)
{
    struct device device;

    cut_before_the_proof();
    device = device_now();
    cr_assert_neq(device.next_key[0], '\0');
    cr_assert_eq(device_use_key(fixture.central, &device, device.next_key, false, NULL), ST_OK);
    start_client();
    until(is_settled, "the renewal");
    expect_in_use();
}

Test(renewal, a_lost_answer_costs_nothing)
{
    struct device device;
    char lost[17];

    cut_before_the_proof();
    device = device_now();
    memcpy(lost, device.next_key, sizeof lost);
    /* As if the answer had never come. */
    {
        char path[256];

        snprintf(path, sizeof path, "%s/unproven.json", scratch.state);
        cr_assert_eq(unlink(path), 0);
    }
    start_client();
    until(is_settled, "the renewal");
    expect_in_use();
    cr_expect_str_neq(device_now().cert_key, lost);
}

Test(renewal, what_the_central_refuses_is_dropped_and_the_old_one_stays_in_use)
{
    struct party stranger, other_ca;
    struct strbuf text = STRBUF_INIT(65536);
    struct json_writer w = JSON_WRITER_INIT(&text);

    enrol_days_ago(10);
    party_make(&other_ca, "another", NULL, false, -3600, 86400);
    party_make(&stranger, till.dev_hex, &other_ca, false, -3600, 86400);
    jw_object_begin(&w);
    jw_field_text(&w, "key", stranger.key_pem);
    jw_field_text(&w, "certificate", stranger.pem);
    jw_field_text(&w, "ca", fixture.central->ca_bundle);
    jw_object_end(&w);
    write_text(scratch.state, "unproven.json", strbuf_text(&text));
    start_client();
    for (int i = 0; i < TURNS_MAX && is_waiting_for_proof(); i++)
        loop_step(loop, 1);
    cr_expect_not(is_waiting_for_proof());
    cr_expect_not(cert_is_new());
    until(trust_is_told, "that the old one is in use");
    party_free(&stranger);
    party_free(&other_ca);
    strbuf_free(&text);
}

/* ---- two authorities ---- */

static void restart_central(void)
{
    till_server_destroy(server);
    fixture_reopen(&fixture);
    start_central();
}

static void rotate(void)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(authority_rotate(fixture.central, fixture.dir, &err), ST_OK, "%s", err.text);
    restart_central();
}

Test(renewal, a_new_authority_is_taken_up_unaided_and_the_old_one_dropped)
{
    struct message reply;
    struct errmsg err = ERRMSG_INIT;
    char *trusted;

    enrol_days_ago(1);
    start_client();
    until(trust_is_told, "the till");
    rotate();
    cr_expect_eq(behind(), 1);
    cr_expect_eq(authority_rotate(fixture.central, fixture.dir, &err), ST_CONFLICT);
    cr_expect_eq(authority_drop(fixture.central, fixture.dir, false, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "1 till does"), "%s", err.text);
    ask_anything(&reply, 1); /* any answer names the authorities */
    until(none_is_behind, "that the till has both, and a certificate of the newer");
    until(is_settled, "the renewal"); /* the central knows before the answer is here */
    expect_in_use();
    trusted = read_text(scratch.state, "ca.pem");
    cr_expect_str_eq(trusted, fixture.central->ca_bundle);
    free(trusted);
    err = (struct errmsg)ERRMSG_INIT;
    cr_assert_eq(authority_drop(fixture.central, fixture.dir, false, &err), ST_OK, "%s", err.text);
    restart_central();
    cr_expect_str_eq(fixture.central->ca_bundle, fixture.central->ca_pem);
    ask_anything(&reply, 2);
    cr_expect_eq(field_int(&reply, "status"), 403, "%s", field_text(&reply, "text"));
    until(none_is_behind, "that the till trusts the newer one alone");
    trusted = read_text(scratch.state, "ca.pem");
    cr_expect_str_eq(trusted, fixture.central->ca_pem);
    free(trusted);
}

Test(renewal, a_till_closed_through_a_rotation_comes_back_while_both_are_trusted)
{
    struct message reply;

    enrol_days_ago(120);
    rotate();
    start_client();
    until(none_is_behind, "the renewal under the new authority");
    until(is_settled, "the renewal");
    expect_in_use();
    ask_anything(&reply, 1);
    cr_expect_eq(field_int(&reply, "status"), 403);
}

/* A rotation cut short anywhere leaves the old authority, or the new one beside the old. */
Test(renewal, a_rotation_cut_short_leaves_one_or_the_other)
{
    static const char *const steps[] = {"ca-new.key", "ca-new.pem", "ca-old.pem"};
    char old_id[17];

    till_server_destroy(server); /* it serves the central that is reopened below */
    server = NULL;
    memcpy(old_id, fixture.central->ca_key_id, sizeof old_id);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        /* What stands there after each of the first steps: the new pair, then the copy of the old certificate. */
        struct party made;

        party_make(&made, "loyal-central authority cut", NULL, false, -3600, 86400);
        write_text(fixture.dir, "ca-new.key", made.key_pem);
        if (i >= 1)
            write_text(fixture.dir, "ca-new.pem", made.pem);
        if (i >= 2)
            write_text(fixture.dir, "ca-old.pem", fixture.central->ca_pem);
        fixture_reopen(&fixture);
        cr_expect_str_eq(fixture.central->ca_key_id, old_id, "%s", steps[i]);
        cr_expect_str_eq(fixture.central->ca_bundle, fixture.central->ca_pem, "%s", steps[i]);
        party_free(&made);
    }
    {
        struct party made;
        char id[17];

        party_make(&made, "loyal-central authority cut", NULL, false, -3600, 86400);
        cr_assert_eq(pk_id(made.key, id), ST_OK);
        write_text(fixture.dir, "ca-old.pem", fixture.central->ca_pem);
        write_text(fixture.dir, "ca-new.pem", made.pem);
        write_text(fixture.dir, "ca.key", made.key_pem); /* renamed, the certificate not yet */
        fixture_reopen(&fixture);
        cr_expect_str_eq(fixture.central->ca_key_id, id);
        cr_expect_neq(fixture.central->ca_old_pem[0], '\0');
        cr_expect_not(file_is_there(fixture.dir, "ca-new.pem"));
        party_free(&made);
    }
}

/* A central put back from a backup may know an older key than the till has. */
Test(renewal, after_a_restored_backup_the_first_good_mac_tells_the_key)
{
    struct device device;
    char id[17];

    enrol_days_ago(45);
    start_client();
    until(is_settled, "the renewal");
    key_on_disk(id);
    cr_assert_eq(central_restored(fixture.central, NULL), ST_OK);
    device = device_now();
    cr_expect_str_eq(device.cert_key, "");
    cr_expect(device_has_key(&device, id));
    cr_assert_eq(device_use_key(fixture.central, &device, id, false, NULL), ST_OK);
    cr_expect_str_eq(device_now().cert_key, "", "not without a MAC");
    cr_assert_eq(device_use_key(fixture.central, &device, id, true, NULL), ST_OK);
    cr_expect_str_eq(device_now().cert_key, id);
}

/* ---- what the open route refuses ---- */

static int renew_by(const char *dev, const char *certificate, const struct pk *signer, const char *csr_name)
{
    struct strbuf body = STRBUF_INIT(65536);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct answer answer = ANSWER_INIT;
    struct pk *next = NULL;
    char csr[X509_PEM_BYTES_MAX];
    uint8_t digest[SHA256_BYTES], signature[PK_SIGNATURE_BYTES_MAX];
    size_t len = 0;

    cr_assert_eq(pk_generate(&next, NULL), ST_OK);
    cr_assert_eq(x509_request(next, csr_name, csr, NULL), ST_OK);
    renewal_digest(dev, csr, digest);
    cr_assert_eq(pk_sign(signer, digest, signature, &len, NULL), ST_OK);
    jw_object_begin(&w);
    jw_field_text(&w, "dev", dev);
    jw_field_text(&w, "certificate", certificate);
    jw_field_text(&w, "csr", csr);
    jw_field_hex(&w, "signature", signature, len);
    jw_object_end(&w);
    renew_certificate(fixture.central, body.data, body.len, &answer);
    strbuf_free(&answer.body);
    strbuf_free(&body);
    pk_destroy(next);
    return answer.status;
}

Test(renewal, only_the_key_of_the_certificate_vouches_for_the_next)
{
    struct party forged_ca, forged;
    struct fake_till other;

    enrol_days_ago(45);
    till_enrol_fresh(&fixture, &other, 0xb2);
    party_make(&forged_ca, "forged", NULL, false, -3600, 86400);
    party_make(&forged, till.dev_hex, &forged_ca, false, -3600, 86400);
    cr_expect_eq(renew_by(till.dev_hex, till.certificate, other.tls_key, till.dev_hex), 403, "signed by another");
    cr_expect_eq(renew_by(till.dev_hex, other.certificate, other.tls_key, till.dev_hex), 403, "of another till");
    cr_expect_eq(renew_by(till.dev_hex, forged.pem, forged.key, till.dev_hex), 403, "of another authority");
    cr_expect_eq(renew_by("00000000000000ff", till.certificate, till.tls_key, "00000000000000ff"), 403, "not known");
    cr_expect_eq(renew_by(till.dev_hex, till.certificate, till.tls_key, other.dev_hex), 400, "for another name");
    cr_expect_eq(renew_by(till.dev_hex, "no certificate", till.tls_key, till.dev_hex), 400);
    cr_expect_str_eq(device_now().next_key, "");
    cr_expect_eq(renew_by(till.dev_hex, till.certificate, till.tls_key, till.dev_hex), 200);
    till_clear(&other);
    party_free(&forged);
    party_free(&forged_ca);
}

Test(renewal, who_tries_again_and_again_makes_nobody_wait_but_the_till_whose_certificate_he_shows)
{
    struct fake_till other;

    enrol_days_ago(45);
    till_enrol_fresh(&fixture, &other, 0xb2);
    for (int i = 0; i < 3 * RENEW_FAILURES_MAX; i++)
        cr_assert_eq(renew_by(till.dev_hex, other.certificate, other.tls_key, till.dev_hex), 403, "costs nothing");
    cr_expect_eq(renew_by(till.dev_hex, till.certificate, till.tls_key, till.dev_hex), 200);
    for (int i = 0; i < RENEW_FAILURES_MAX; i++)
        cr_assert_eq(renew_by(till.dev_hex, till.certificate, other.tls_key, till.dev_hex), 403);
    cr_expect_eq(renew_by(till.dev_hex, till.certificate, till.tls_key, till.dev_hex), 429);
    cr_expect_eq(renew_by(other.dev_hex, other.certificate, other.tls_key, other.dev_hex), 200, "another till");
    fixture.now.mono_ms += 60000;
    cr_expect_eq(renew_by(till.dev_hex, till.certificate, till.tls_key, till.dev_hex), 200);
    till_clear(&other);
}
