/* SPDX-License-Identifier: Apache-2.0 */
/* The tills' routes over real TLS: certificates, MACs of both directions. */
#include "till_wire.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "sync/central/admin_server.h"
#include "sync/central/till_server.h"

Test(central_tills, every_route_declares_its_way_and_none_opens_without_a_certificate)
{
    struct wire s;
    int open = 0;

    wire_open(&s);
    for (const struct http_route *route = till_server_routes(); route->method; route++) {
        struct wire_request r = {0};
        struct operation_args args = {.values = {"00112233445566778899aabbccddeeff", "0", "9"}};
        char path[256];
        const char *brace = strchr(route->path, '{');

        cr_assert(route->auth == HTTP_AUTH_NONE || route->auth == HTTP_AUTH_CERTIFICATE);
        if (route->auth == HTTP_AUTH_NONE) {
            open++;
            cr_expect(strcmp(route->path, operation_spec(OP_ENROL)->path) == 0 ||
                      strcmp(route->path, RENEWAL_PATH) == 0);
            continue;
        }
        snprintf(path, sizeof(path), "%.*s%s", brace ? (int)(brace - route->path) : 200, route->path,
                 brace ? args.values[0] : "");
        wire_sign(&s.till, &r, OP_JOURNAL, &args); /* all else is as it should be */
        wire_begin(&s, &r, route->method, path, false);
        wire_finish(&s, &r);
        cr_expect_eq(r.status, 401, "%s %s answered %ld", route->method, path, r.status);
        cr_expect(has_text(&r.answer, "no_certificate"));
        wire_drop(&s, &r);
    }
    cr_expect_eq(open, 2);
    for (const struct http_route *route = admin_server_routes(); route->method; route++)
        cr_expect_eq(route->auth, HTTP_AUTH_PEER);
    wire_close(&s);
}

/* Shows every route of a till this certificate, all else as it should be, and expects that status of each. */
static void walk_all(struct wire *s, struct fake_till *as, long wanted, const char *who)
{
    struct fake_till truth = s->till;

    s->till.tls_key = as->tls_key;
    memcpy(s->till.certificate, as->certificate, sizeof(s->till.certificate));
    for (const struct http_route *route = till_server_routes(); route->method; route++) {
        struct wire_request r = {0};
        struct operation_args args = {.values = {"00112233445566778899aabbccddeeff", "0", "9"}};
        const char *brace = strchr(route->path, '{');
        char path[256];

        if (route->auth == HTTP_AUTH_NONE)
            continue;
        snprintf(path, sizeof(path), "%.*s%s", brace ? (int)(brace - route->path) : 200, route->path,
                 brace ? args.values[0] : "");
        wire_sign(&s->till, &r, OP_JOURNAL, &args);
        wire_begin(s, &r, route->method, path, true);
        wire_finish(s, &r);
        /* The other till's certificate does name a till, which may ask whom it is to trust: itself, as itself. */
        if (wanted != 401 || strcmp(route->path, RENEWAL_IDENTITY_PATH) != 0 || as->dev == truth.dev)
            cr_expect_eq(r.status, wanted, "%s: %s %s answered %ld", who, route->method, path, r.status);
        wire_drop(s, &r);
    }
    truth.n = s->till.n;
    s->till = truth;
}

Test(central_tills, no_route_opens_to_a_foreign_authority_another_till_an_old_key_or_a_revoked_one)
{
    struct wire s;
    struct fake_till other, forged = {0}, older;
    struct pk *ca_key = NULL;
    char ca_pem[X509_PEM_BYTES_MAX];
    int64_t now_s = clock_wall_ms(clock_system()) / 1000;
    struct x509_issue issue = {.not_before_unix_s = now_s - 3600, .not_after_unix_s = now_s + 86400};

    wire_open(&s);
    /* The same name, another authority. */
    cr_assert_eq(pk_generate(&ca_key, NULL), ST_OK);
    cr_assert_eq(pk_generate(&forged.tls_key, NULL), ST_OK);
    issue.subject_key = issue.issuer_key = ca_key;
    issue.common_name = "loyal-central authority";
    issue.is_ca = true;
    cr_assert_eq(x509_certificate(&issue, ca_pem, NULL), ST_OK);
    issue.subject_key = forged.tls_key;
    issue.common_name = s.till.dev_hex;
    issue.issuer_pem = ca_pem;
    issue.is_ca = false;
    cr_assert_eq(x509_certificate(&issue, forged.certificate, NULL), ST_OK);
    forged.dev = s.till.dev;
    walk_all(&s, &forged, 401, "a foreign authority");
    /* A till's own, good certificate, in the name of its neighbour. */
    till_enrol_fresh(&s.fixture, &other, 0xd2);
    walk_all(&s, &other, 401, "another till");
    /* The right name and authority, a key that was followed by another. */
    older = s.till;
    cr_assert_eq(STORE_RUN(s.fixture.central->store, STATEMENT_DEVICE_ADOPT_KEY, NULL, V_TEXT(s.till.dev_hex),
                           V_TEXT("0011223344556677")),
                 ST_OK);
    walk_all(&s, &older, 401, "an older key");
    cr_assert_eq(device_revoke(s.fixture.central, s.till.dev_hex, NULL), ST_OK);
    walk_all(&s, &older, 403, "a revoked till");
    pk_destroy(ca_key);
    pk_destroy(forged.tls_key);
    till_clear(&other);
    wire_close(&s);
}

Test(central_tills, each_operation_of_the_protocol_has_its_route)
{
    for (int op = 0; op < OP_COUNT; op++) {
        const struct operation_spec *spec = operation_spec((enum operation)op);
        const struct http_route *route = till_server_routes();

        while (route->method && (strcmp(route->path, spec->path) != 0 || strcmp(route->method, spec->method) != 0))
            route++;
        cr_assert_not_null(route->method, "%s", spec->name);
        cr_expect_eq(route->auth == HTTP_AUTH_CERTIFICATE, spec->certificate);
    }
}

Test(central_tills, books_hands_out_and_signs_its_answers)
{
    struct wire s;
    struct wire_request r = {.body = STRBUF_INIT(WIRE_TEXT_MAX)};
    struct operation_args none = {0}, blob = {.values = {"", "0", "9"}};

    wire_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", NULL, "", 10000, &r.body);
    cr_expect_eq(wire_run(&s, &r, OP_JOURNAL, &none), 200);
    cr_expect(wire_mac_is_good(&s.till, &r, OP_JOURNAL));
    cr_expect_eq(answer_int(&r.answer, "acked"), 1);
    wire_drop(&s, &r);
    strcpy(blob.values[0], s.fixture.bundle_sha256);
    cr_expect_eq(wire_run(&s, &r, OP_BLOB, &blob), 206, "%s", r.answer.data);
    cr_expect(wire_mac_is_good(&s.till, &r, OP_BLOB));
    cr_expect_eq(r.answer.len, 10);
    wire_drop(&s, &r);
    r.body = (struct strbuf)STRBUF_INIT(WIRE_TEXT_MAX);
    strbuf_puts(&r.body, "{\"version\":\"0.1.0\",\"head\":5,\"acked\":1,\"bundle_version\":1,\"refused\":[]}");
    cr_expect_eq(wire_run(&s, &r, OP_STATUS, &none), 200);
    cr_expect_str_eq(r.answer.data, "{}");
    wire_drop(&s, &r);
    wire_close(&s);
}

Test(central_tills, refuses_a_wrong_mac_another_till_s_name_and_an_old_epoch)
{
    struct wire s;
    struct wire_request r = {0};
    struct operation_args args = {.values = {"", "0"}};
    struct fake_till truth;

    wire_open(&s);
    truth = s.till;
    s.till.mac_key[0] ^= 1;
    cr_expect_eq(wire_run(&s, &r, OP_UPDATES, &args), 403);
    cr_expect(has_text(&r.answer, "bad_mac"));
    wire_drop(&s, &r);
    s.till = truth;
    strcpy(s.till.dev_hex, "00000000000000d2");
    s.till.dev = 0xd2;
    cr_expect_eq(wire_run(&s, &r, OP_UPDATES, &args), 401);
    wire_drop(&s, &r);
    s.till = truth;
    s.till.epoch = 5;
    hex_from_u64(5, s.till.epoch_hex);
    cr_expect_eq(wire_run(&s, &r, OP_UPDATES, &args), 409);
    wire_drop(&s, &r);
    s.till = truth;
    cr_expect_eq(wire_run(&s, &r, OP_UPDATES, &args), 200);
    wire_drop(&s, &r);
    wire_close(&s);
}

Test(central_tills, enrols_over_the_wire_and_signs_with_the_new_key)
{
    struct wire s;
    struct wire_request r = {.body = STRBUF_INIT(WIRE_TEXT_MAX)};
    struct operation_args none = {0};
    struct fake_till fresh;
    struct pk *own;
    char code[16], n[17];

    wire_open(&s);
    till_init(&fresh, 0xf1, 0xf2);
    fixture_code(&s.fixture, "5", code);
    till_enrol_body(&fresh, code, &own, &r.body);
    fresh.n = 77;
    hex_from_u64(fresh.n, n);
    wire_add_header(&r, "Loyald-Dev", fresh.dev_hex);
    wire_add_header(&r, "Loyald-Epoch", fresh.epoch_hex);
    wire_add_header(&r, "Loyald-N", n);
    wire_begin(&s, &r, "POST", "/v1/enroll", false);
    wire_finish(&s, &r);
    cr_assert_eq(r.status, 200, "%s", r.answer.data);
    till_enrol_finish(&fresh, code, own, r.answer.data, r.answer.len);
    cr_expect(wire_mac_is_good(&fresh, &r, OP_ENROL));
    wire_drop(&s, &r);
    till_clear(&s.till);
    s.till = fresh;
    cr_expect_eq(wire_run(&s, &r, OP_UPDATES, &none), 200);
    wire_drop(&s, &r);
    pk_destroy(own);
    wire_close(&s);
}
