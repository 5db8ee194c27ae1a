/* SPDX-License-Identifier: Apache-2.0 */
/* What a till with a good certificate, or whoever has taken its place, may send over real TLS: bodies, paths and JSON
 * out of all bounds are refused, and the central serves on. */
#include "till_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <criterion/criterion.h>

#include "sync/central/counting.h"
#include "sync/central/hold.h"
#include "sync/protocol/record.h"

static const struct operation_args none;

static void expect_served(struct wire *s)
{
    struct wire_request r = {0};
    struct operation_args args = {.values = {"", "0"}};

    cr_expect_eq(wire_run(s, &r, OP_UPDATES, &args), 200);
    wire_drop(s, &r);
}

/* Sends that body under that encoding; all else is as it should be. */
static void expect_body(struct wire *s, enum operation op, const void *bytes, size_t len, const char *encoding,
                        long wanted)
{
    struct wire_request r = {.body = STRBUF_INIT(WIRE_TEXT_MAX)};

    strbuf_add(&r.body, bytes, len);
    if (encoding)
        wire_add_header(&r, "Content-Encoding", encoding);
    wire_begin_operation(s, &r, op, &none);
    wire_finish(s, &r);
    cr_expect_eq(r.status, wanted, "%s, %zu bytes: %ld %s", operation_spec(op)->name, len, r.status,
                 strbuf_text(&r.answer));
    wire_drop(s, &r);
}

Test(central_hostile, bodies_beyond_their_bounds_are_refused_packed_or_not)
{
    enum { BOMB_BYTES = 64 * 1024 * 1024, PACKED_MAX = 128 * 1024, PLAIN_BYTES = 1024 * 1024 + 1 };
    static const enum operation posts[] = {OP_JOURNAL, OP_HOLD, OP_HOLD_VOID, OP_CLAIM, OP_STATUS};
    char *zeros = calloc(1, BOMB_BYTES);
    unsigned char *packed = malloc(PACKED_MAX);
    z_stream stream = {
        .next_in = (unsigned char *)zeros, .avail_in = BOMB_BYTES, .next_out = packed, .avail_out = PACKED_MAX};
    struct wire s;

    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    wire_open(&s);
    expect_body(&s, OP_JOURNAL, packed, PACKED_MAX - stream.avail_out, "gzip", 413);
    expect_body(&s, OP_JOURNAL, packed, 100, "gzip", 400);
    expect_body(&s, OP_JOURNAL, packed, 100, "br", 415);
    for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++)
        expect_body(&s, posts[i], zeros, PLAIN_BYTES, NULL, 413);
    expect_served(&s);
    deflateEnd(&stream);
    free(packed);
    free(zeros);
    wire_close(&s);
}

Test(central_hostile, json_without_a_bottom_is_refused_or_put_aside)
{
    enum { DEEP = 900 * 1024 };
    char *deep = malloc(DEEP);
    struct errmsg err = ERRMSG_INIT;
    struct wire s;
    struct wire_request r = {.body = STRBUF_INIT(WIRE_TEXT_MAX)};

    memset(deep, '[', DEEP);
    deep[DEEP - 1] = '\0';
    wire_open(&s);
    expect_body(&s, OP_HOLD, deep, HOLD_BODY_MAX, NULL, 400);
    expect_body(&s, OP_CLAIM, deep, HOLD_BODY_MAX, NULL, 400);
    expect_body(&s, OP_STATUS, deep, 16 * 1024, NULL, 400);
    /* In a record only the envelope is looked at; what cannot be booked is put aside and what follows is not. */
    memcpy(deep, "{\"sale\":", 8);
    deep[DEEP - 2] = '}';
    till_record(&s.till, "sale", deep, &r.body);
    till_record(&s.till, "void", "{\"sale_id\":\"a\"}", &r.body);
    cr_expect_eq(wire_run(&s, &r, OP_JOURNAL, &none), 200, "%s", strbuf_text(&r.answer));
    cr_expect_eq(answer_int(&r.answer, "acked"), 2);
    wire_drop(&s, &r);
    cr_assert_eq(counting_run(s.fixture.central, &err), ST_OK, "%s", err.text);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 1);
    cr_expect_eq(total(&s.fixture, "voids"), 1);
    expect_served(&s);
    free(deep);
    wire_close(&s);
}

/* The MAC is over the name that the path comes to, so that each of these is a till's own question. */
static void expect_path(struct wire *s, enum operation op, const char *path, const char *name, long wanted,
                        const char *text)
{
    struct wire_request r = {0};
    struct operation_args args = {0};

    snprintf(args.values[0], sizeof(args.values[0]), "%s", name);
    wire_sign(&s->till, &r, op, &args);
    wire_begin(s, &r, "GET", path, true);
    wire_finish(s, &r);
    cr_expect_eq(r.status, wanted, "%s: %ld %s", path, r.status, strbuf_text(&r.answer));
    cr_expect(has_text(&r.answer, text), "%s: %s", path, strbuf_text(&r.answer));
    wire_drop(s, &r);
}

Test(central_hostile, no_path_leads_elsewhere)
{
    struct wire s;
    struct wire_request r = {.body = STRBUF_INIT(WIRE_TEXT_MAX)};
    char path[2000] = "/v1/sales/";

    wire_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", NULL, "", 10000, &r.body);
    cr_expect_eq(wire_run(&s, &r, OP_JOURNAL, &none), 200);
    wire_drop(&s, &r);
    expect_path(&s, OP_SALE, "/v1/sales/sale-1", "sale-1", 200, "\"body\":");
    expect_path(&s, OP_SALE, "/v1/sales/..", "..", 200, "{\"sale\":null}");
    expect_path(&s, OP_SALE, "/v1/sales/%2e%2e", "..", 200, "{\"sale\":null}");
    expect_path(&s, OP_SALE, "/v1/sales/x/../sale-1", "sale-1", 404, "not_found");
    expect_path(&s, OP_SALE, "//v1/sales/sale-1", "sale-1", 404, "not_found");
    expect_path(&s, OP_SALE, "/v1/sales/sale-1/", "sale-1", 404, "not_found");
    expect_path(&s, OP_SALE, "/v1/sales/", "", 404, "not_found");
    expect_path(&s, OP_SALE, "/v1/sales/'%20OR%201=1--", "' OR 1=1--", 400, "bad_request");
    expect_path(&s, OP_SALE, "/v1/sales/%ff%fe", "\xff\xfe", 400, "bad_request");
    expect_path(&s, OP_MEMBER, "/v1/members/%25", "%", 400, "bad_request");
    expect_path(&s, OP_ROOT, "/v1/roots/-1", "-1", 404, "not_found");
    expect_path(&s, OP_ROOT, "/v1/roots/99999999999999999999", "99999999999999999999", 404, "not_found");
    memset(path + strlen(path), 'a', sizeof(path) - strlen(path) - 1);
    path[sizeof(path) - 1] = '\0';
    expect_path(&s, OP_SALE, path, "a", 400, "bad_request");
    path[strlen("/v1/sales/") + OPERATION_ARG_BYTES_MAX] = '\0'; /* the longest there is */
    expect_path(&s, OP_SALE, path, path + strlen("/v1/sales/"), 200, "{\"sale\":null}");
    expect_served(&s);
    wire_close(&s);
}

/* A courier may say again what loyald said once: it is the same question, and the same answer. */
Test(central_hostile, a_request_said_again_does_nothing_twice)
{
    struct wire s;
    struct fake_till before;

    wire_open(&s);
    fixture_import(&s.fixture, "member,card,bonus\nM1,1,1000\n");
    before = s.till;
    for (int i = 0; i < 3; i++) {
        struct wire_request r = {.body = STRBUF_INIT(WIRE_TEXT_MAX)};

        s.till.n = before.n; /* byte for byte, the number used once too */
        strbuf_puts(&r.body,
                    "{\"hold\":\"h\",\"sale_id\":\"a\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":600}");
        cr_expect_eq(wire_run(&s, &r, OP_HOLD, &none), 200);
        cr_expect(has_text(&r.answer, "\"granted\""), "%s", strbuf_text(&r.answer));
        wire_drop(&s, &r);
    }
    for (int i = 0; i < 2; i++) {
        struct wire_request r = {.body = STRBUF_INIT(WIRE_TEXT_MAX)};

        s.till = before;
        till_sale(&s.fixture, &s.till, "sale-1", "{\"id\":\"M1\"}", "", 10000, &r.body);
        cr_expect_eq(wire_run(&s, &r, OP_JOURNAL, &none), 200);
        cr_expect_eq(answer_int(&r.answer, "acked"), 1);
        wire_drop(&s, &r);
    }
    cr_assert_eq(counting_run(s.fixture.central, NULL), ST_OK);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    cr_expect_eq(total_points(&s.fixture, "earned"), 90);
    expect_served(&s);
    wire_close(&s);
}
