/* SPDX-License-Identifier: Apache-2.0 */
/* The tills' routes over real TLS: certificates, MACs of both directions, polls that wait. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "agent/net/loop.h"
#include "fixture.h"
#include "sync/central/admin_server.h"
#include "sync/central/member.h"
#include "sync/central/till_server.h"
#include "sync/protocol/message_mac.h"

enum { TEXT_MAX = 4 * 1024 * 1024, TURNS_MAX = 20000 };

struct scene {
    struct fixture fixture;
    struct fake_till till;
    struct loop *loop;
    struct till_server *server;
    CURLM *multi;
};

/* A request under way, and its answer. */
struct request {
    CURL *curl;
    struct curl_slist *headers;
    struct strbuf url, body, answer;
    char certificate[X509_PEM_BYTES_MAX], key[PK_PEM_BYTES_MAX], mac[80], protocol[8], retry_after[16], caching[16];
    long status;
    bool over;
    CURLcode result;
};

static void scene_open(struct scene *s)
{
    struct errmsg err = ERRMSG_INIT;
    struct till_server_options options = {.listen_host = "127.0.0.1", .connections_max = 200};

    fixture_open(&s->fixture);
    s->fixture.now.wall_ms = clock_wall_ms(clock_system()); /* certificates are judged by the real clock */
    fixture_publish(&s->fixture, 1);
    till_enrol_fresh(&s->fixture, &s->till, 0xd1);
    cr_assert_eq(loop_create(&s->loop, &err), ST_OK);
    options.loop = s->loop;
    options.central = s->fixture.central;
    cr_assert_eq(till_server_create(&options, &s->server, &err), ST_OK, "%s", err.text);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    s->multi = curl_multi_init();
}

static void scene_close(struct scene *s)
{
    curl_multi_cleanup(s->multi);
    till_server_destroy(s->server);
    loop_destroy(s->loop);
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    strbuf_add(context, bytes, size * count);
    return size * count;
}

static void take_header(const char *line, const char *name, char *out, size_t out_max)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
        snprintf(out, out_max, "%s", line + len + 2);
        out[strcspn(out, "\r\n")] = '\0';
    }
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct request *request = context;
    char text[256];

    snprintf(text, sizeof(text), "%.*s", (int)(size * count), line);
    take_header(text, "Loyald-Mac", request->mac, sizeof(request->mac));
    take_header(text, "Loyald-Protocol", request->protocol, sizeof(request->protocol));
    take_header(text, "Cache-Control", request->caching, sizeof(request->caching));
    take_header(text, "Retry-After", request->retry_after, sizeof(request->retry_after));
    return size * count;
}

static void add_header(struct request *request, const char *name, const char *value)
{
    char line[256];

    snprintf(line, sizeof(line), "%s: %s", name, value);
    request->headers = curl_slist_append(request->headers, line);
}

/* Begins a request; with_certificate shows the till's. Headers must have been added. */
static void begin(struct scene *s, struct request *r, const char *method, const char *path, bool with_certificate)
{
    struct curl_blob ca = {s->fixture.central->ca_pem, strlen(s->fixture.central->ca_pem), CURL_BLOB_COPY};

    r->curl = curl_easy_init();
    r->answer = (struct strbuf)STRBUF_INIT(TEXT_MAX);
    r->url = (struct strbuf)STRBUF_INIT(TEXT_MAX);
    strbuf_printf(&r->url, "https://localhost:%u%s", till_server_port(s->server), path);
    curl_easy_setopt(r->curl, CURLOPT_URL, r->url.data);
    curl_easy_setopt(r->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(r->curl, CURLOPT_CAINFO_BLOB, &ca);
    curl_easy_setopt(r->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &r->answer);
    curl_easy_setopt(r->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(r->curl, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(r->curl, CURLOPT_PRIVATE, r);
    if (strcmp(method, "POST") == 0) {
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDSIZE, (long)r->body.len);
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, strbuf_text(&r->body));
    }
    if (with_certificate) {
        struct curl_blob certificate = {s->till.certificate, strlen(s->till.certificate), CURL_BLOB_COPY}, key;

        cr_assert_eq(pk_private_pem(s->till.tls_key, r->key, NULL), ST_OK);
        key = (struct curl_blob){r->key, strlen(r->key), CURL_BLOB_COPY};
        curl_easy_setopt(r->curl, CURLOPT_SSLCERT_BLOB, &certificate);
        curl_easy_setopt(r->curl, CURLOPT_SSLKEY_BLOB, &key);
    }
    curl_multi_add_handle(s->multi, r->curl);
}

/* One turn of both sides. */
static void turn(struct scene *s)
{
    CURLMsg *message;
    int running, left;

    loop_step(s->loop, 1);
    curl_multi_perform(s->multi, &running);
    while ((message = curl_multi_info_read(s->multi, &left))) {
        struct request *r = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &r->status);
        r->result = message->data.result;
        r->over = true;
    }
}

static void finish(struct scene *s, struct request *r)
{
    for (int i = 0; i < TURNS_MAX && !r->over; i++)
        turn(s);
    cr_assert(r->over, "no answer");
    cr_assert_eq(r->result, CURLE_OK, "%s", curl_easy_strerror(r->result));
}

static void drop(struct scene *s, struct request *r)
{
    curl_multi_remove_handle(s->multi, r->curl);
    curl_easy_cleanup(r->curl);
    curl_slist_free_all(r->headers);
    strbuf_free(&r->url);
    strbuf_free(&r->body);
    strbuf_free(&r->answer);
    memset(r, 0, sizeof(*r));
}

/* Adds the headers of a till's request, as loyald would make them. */
static void sign(struct fake_till *till, struct request *r, enum operation op, const struct operation_args *args)
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char n[17], hex[65];

    hex_from_u64(++till->n, n);
    message_mac_request(till->dev, till->epoch, till->n, op, args, &prefix);
    crypto_hmac(till->mac_key, (const struct crypto_part[]){{prefix.data, prefix.len}, {r->body.data, r->body.len}},
                2, mac);
    hex_encode(mac, sizeof(mac), hex);
    add_header(r, "Loyald-Protocol", "1");
    add_header(r, "Loyald-Dev", till->dev_hex);
    add_header(r, "Loyald-Epoch", till->epoch_hex);
    add_header(r, "Loyald-N", n);
    add_header(r, "Loyald-Mac", hex);
    if (op == OP_BLOB) {
        char range[64];

        snprintf(range, sizeof(range), "bytes=%.20s-%.20s", args->values[1], args->values[2]);
        add_header(r, "Range", range);
    }
    strbuf_free(&prefix);
}

static void begin_operation(struct scene *s, struct request *r, enum operation op, const struct operation_args *args)
{
    struct strbuf path = STRBUF_INIT(TEXT_MAX);

    operation_url(op, args, &path);
    sign(&s->till, r, op, args);
    begin(s, r, operation_spec(op)->method, path.data, true);
    strbuf_free(&path);
}

static bool answer_mac_is_good(const struct fake_till *till, const struct request *r, enum operation op)
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char hex[65];

    message_mac_answer(till->dev, till->epoch, till->n, op, (int)r->status, &prefix);
    crypto_hmac(till->mac_key,
                (const struct crypto_part[]){{prefix.data, prefix.len}, {r->answer.data, r->answer.len}}, 2, mac);
    hex_encode(mac, sizeof(mac), hex);
    strbuf_free(&prefix);
    return strcmp(hex, r->mac) == 0;
}

static long run(struct scene *s, struct request *r, enum operation op, const struct operation_args *args)
{
    begin_operation(s, r, op, args);
    finish(s, r);
    cr_expect_str_eq(r->protocol, "1");
    cr_expect_str_eq(r->caching, "no-store", "a proxy in between keeps no answer for another question");
    return r->status;
}

Test(central_tills, every_route_declares_its_way_and_none_opens_without_a_certificate)
{
    struct scene s;
    int open = 0;

    scene_open(&s);
    for (const struct http_route *route = till_server_routes(); route->method; route++) {
        struct request r = {0};
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
        sign(&s.till, &r, OP_JOURNAL, &args); /* all else is as it should be */
        begin(&s, &r, route->method, path, false);
        finish(&s, &r);
        cr_expect_eq(r.status, 401, "%s %s answered %ld", route->method, path, r.status);
        cr_expect(has_text(&r.answer, "no_certificate"));
        drop(&s, &r);
    }
    cr_expect_eq(open, 2);
    for (const struct http_route *route = admin_server_routes(); route->method; route++)
        cr_expect_eq(route->auth, HTTP_AUTH_PEER);
    scene_close(&s);
}

/* Shows every route of a till this certificate, all else as it should be, and expects that status of each. */
static void walk_all(struct scene *s, struct fake_till *as, long wanted, const char *who)
{
    struct fake_till truth = s->till;

    s->till.tls_key = as->tls_key;
    memcpy(s->till.certificate, as->certificate, sizeof(s->till.certificate));
    for (const struct http_route *route = till_server_routes(); route->method; route++) {
        struct request r = {0};
        struct operation_args args = {.values = {"00112233445566778899aabbccddeeff", "0", "9"}};
        const char *brace = strchr(route->path, '{');
        char path[256];

        if (route->auth == HTTP_AUTH_NONE)
            continue;
        snprintf(path, sizeof(path), "%.*s%s", brace ? (int)(brace - route->path) : 200, route->path,
                 brace ? args.values[0] : "");
        sign(&s->till, &r, OP_JOURNAL, &args);
        begin(s, &r, route->method, path, true);
        finish(s, &r);
        /* The other till's certificate does name a till, which may ask whom it is to trust: itself, as itself. */
        if (wanted != 401 || strcmp(route->path, RENEWAL_IDENTITY_PATH) != 0 || as->dev == truth.dev)
            cr_expect_eq(r.status, wanted, "%s: %s %s answered %ld", who, route->method, path, r.status);
        drop(s, &r);
    }
    truth.n = s->till.n;
    s->till = truth;
}

Test(central_tills, no_route_opens_to_a_foreign_authority_another_till_an_old_key_or_a_revoked_one)
{
    struct scene s;
    struct fake_till other, forged = {0}, older;
    struct pk *ca_key = NULL;
    char ca_pem[X509_PEM_BYTES_MAX];
    int64_t now_s = clock_wall_ms(clock_system()) / 1000;
    struct x509_issue issue = {.not_before_unix_s = now_s - 3600, .not_after_unix_s = now_s + 86400};

    scene_open(&s);
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
    scene_close(&s);
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
    struct scene s;
    struct request r = {.body = STRBUF_INIT(TEXT_MAX)};
    struct operation_args none = {0}, blob = {.values = {"", "0", "9"}};

    scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", NULL, "", 10000, &r.body);
    cr_expect_eq(run(&s, &r, OP_JOURNAL, &none), 200);
    cr_expect(answer_mac_is_good(&s.till, &r, OP_JOURNAL));
    cr_expect_eq(answer_int(&r.answer, "acked"), 1);
    drop(&s, &r);
    strcpy(blob.values[0], s.fixture.bundle_sha256);
    cr_expect_eq(run(&s, &r, OP_BLOB, &blob), 206, "%s", r.answer.data);
    cr_expect(answer_mac_is_good(&s.till, &r, OP_BLOB));
    cr_expect_eq(r.answer.len, 10);
    drop(&s, &r);
    r.body = (struct strbuf)STRBUF_INIT(TEXT_MAX);
    strbuf_puts(&r.body, "{\"version\":\"0.1.0\",\"head\":5,\"acked\":1,\"bundle_version\":1,\"refused\":[]}");
    cr_expect_eq(run(&s, &r, OP_STATUS, &none), 200);
    cr_expect_str_eq(r.answer.data, "{}");
    drop(&s, &r);
    scene_close(&s);
}

Test(central_tills, refuses_a_wrong_mac_another_till_s_name_and_an_old_epoch)
{
    struct scene s;
    struct request r = {0};
    struct operation_args args = {.values = {"", "0"}};
    struct fake_till truth;

    scene_open(&s);
    truth = s.till;
    s.till.mac_key[0] ^= 1;
    cr_expect_eq(run(&s, &r, OP_UPDATES, &args), 403);
    cr_expect(has_text(&r.answer, "bad_mac"));
    drop(&s, &r);
    s.till = truth;
    strcpy(s.till.dev_hex, "00000000000000d2");
    s.till.dev = 0xd2;
    cr_expect_eq(run(&s, &r, OP_UPDATES, &args), 401);
    drop(&s, &r);
    s.till = truth;
    s.till.epoch = 5;
    hex_from_u64(5, s.till.epoch_hex);
    cr_expect_eq(run(&s, &r, OP_UPDATES, &args), 409);
    drop(&s, &r);
    s.till = truth;
    cr_expect_eq(run(&s, &r, OP_UPDATES, &args), 200);
    drop(&s, &r);
    scene_close(&s);
}

/* Asks for what comes after all that there is; the answer waits for that many seconds. */
static void begin_poll(struct scene *s, struct request *poll, struct operation_args *args, const char *wait_s)
{
    int64_t last;

    cr_assert_eq(store_last_change(s->fixture.central->store, &last, NULL), ST_OK);
    memset(args, 0, sizeof(*args));
    snprintf(args->values[0], sizeof(args->values[0]), "%s.%lld", s->fixture.central->incarnation, (long long)last);
    snprintf(args->values[1], sizeof(args->values[1]), "%s", wait_s);
    begin_operation(s, poll, OP_UPDATES, args);
}

Test(central_tills, refuses_a_revoked_till_at_once)
{
    struct scene s;
    struct request poll = {0}, r = {0};
    struct operation_args args = {.values = {"", "0"}};
    uint64_t n;

    scene_open(&s);
    snprintf(args.values[0], sizeof(args.values[0]), "%s.99999", s.fixture.central->incarnation);
    cr_expect_eq(run(&s, &r, OP_UPDATES, &args), 200);
    drop(&s, &r);
    /* One is waiting while it is revoked. */
    begin_poll(&s, &poll, &args, "50");
    n = s.till.n;
    for (int i = 0; i < 200; i++)
        turn(&s);
    cr_assert_not(poll.over);
    cr_assert_eq(device_revoke(s.fixture.central, s.till.dev_hex, NULL), ST_OK);
    central_tell_changed(s.fixture.central);
    finish(&s, &poll);
    cr_expect_eq(poll.status, 403);
    s.till.n = n;
    cr_expect(answer_mac_is_good(&s.till, &poll, OP_UPDATES));
    cr_expect_eq(run(&s, &r, OP_UPDATES, &args), 403);
    cr_expect(has_text(&r.answer, "revoked"));
    drop(&s, &poll);
    drop(&s, &r);
    scene_close(&s);
}

Test(central_tills, a_poll_waits_and_wakes_when_there_is_something)
{
    struct scene s;
    struct request poll = {0};
    struct operation_args args;

    scene_open(&s);
    begin_poll(&s, &poll, &args, "50");
    for (int i = 0; i < 200; i++)
        turn(&s);
    cr_assert_not(poll.over);
    fixture_import(&s.fixture, "member,card\nM1,1\n");
    finish(&s, &poll);
    cr_expect_eq(poll.status, 200);
    cr_expect(has_text(&poll.answer, "\"M1\""));
    cr_expect(answer_mac_is_good(&s.till, &poll, OP_UPDATES));
    drop(&s, &poll);
    scene_close(&s);
}

/* What is for one till. */
static void tell_till(struct scene *s, const struct fake_till *till)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(store_begin(s->fixture.central->store, &err), ST_OK);
    cr_assert_eq(notice_put(s->fixture.central, "demo", till->dev_hex, "hear this", &err), ST_OK);
    cr_assert_eq(central_end(s->fixture.central, ST_OK, &err), ST_OK, "%s", err.text);
}

/* More than are gone through in one turn of the loop. In the midst of it something changes for one who had nothing to
 * hear when it was his turn: he is not forgotten, and neither are those behind him. */
Test(central_tills, many_polls_are_woken_in_parts_and_nobody_is_left_out, .timeout = 120)
{
    enum { POLLS = 120 };
    struct scene s;
    struct request *polls = calloc(POLLS + 1, sizeof(*polls));
    struct fake_till first;
    struct operation_args args;

    scene_open(&s);
    for (int i = 0; i < POLLS; i++)
        begin_poll(&s, &polls[i], &args, "50");
    for (int i = 0; i < 10 * POLLS; i++)
        turn(&s);
    first = s.till;
    till_enrol_fresh(&s.fixture, &s.till, 0xd2);
    begin_poll(&s, &polls[POLLS], &args, "50"); /* the last to come stands in front */
    for (int i = 0; i < 400; i++)
        turn(&s);
    tell_till(&s, &first);
    loop_step(s.loop, 100);
    tell_till(&s, &s.till);
    for (int i = 0; i <= POLLS; i++)
        finish(&s, &polls[i]);
    for (int i = 0; i <= POLLS; i++) {
        cr_expect_eq(polls[i].status, 200);
        cr_expect(has_text(&polls[i].answer, "hear this"));
        drop(&s, &polls[i]);
    }
    till_clear(&first);
    free(polls);
    scene_close(&s);
}

Test(central_tills, a_poll_ends_when_its_wait_is_over)
{
    struct scene s;
    struct request poll = {0};
    struct operation_args args;

    scene_open(&s);
    begin_poll(&s, &poll, &args, "1");
    finish(&s, &poll);
    cr_expect_eq(poll.status, 200);
    cr_expect(has_text(&poll.answer, "\"members\":[]"));
    drop(&s, &poll);
    scene_close(&s);
}

Test(central_tills, parked_polls_end_with_the_server)
{
    struct scene s;
    struct request poll = {0};
    struct operation_args args;

    scene_open(&s);
    begin_poll(&s, &poll, &args, "50");
    for (int i = 0; i < 200; i++)
        turn(&s);
    till_server_destroy(s.server);
    s.server = NULL;
    drop(&s, &poll);
    scene_close(&s);
}

Test(central_tills, enrols_over_the_wire_and_signs_with_the_new_key)
{
    struct scene s;
    struct request r = {.body = STRBUF_INIT(TEXT_MAX)};
    struct operation_args none = {0};
    struct fake_till fresh;
    struct pk *own;
    char code[16], n[17];

    scene_open(&s);
    till_init(&fresh, 0xf1, 0xf2);
    fixture_code(&s.fixture, "5", code);
    till_enrol_body(&fresh, code, &own, &r.body);
    fresh.n = 77;
    hex_from_u64(fresh.n, n);
    add_header(&r, "Loyald-Dev", fresh.dev_hex);
    add_header(&r, "Loyald-Epoch", fresh.epoch_hex);
    add_header(&r, "Loyald-N", n);
    begin(&s, &r, "POST", "/v1/enroll", false);
    finish(&s, &r);
    cr_assert_eq(r.status, 200, "%s", r.answer.data);
    till_enrol_finish(&fresh, code, own, r.answer.data, r.answer.len);
    cr_expect(answer_mac_is_good(&fresh, &r, OP_ENROL));
    drop(&s, &r);
    till_clear(&s.till);
    s.till = fresh;
    cr_expect_eq(run(&s, &r, OP_UPDATES, &none), 200);
    drop(&s, &r);
    pk_destroy(own);
    scene_close(&s);
}
