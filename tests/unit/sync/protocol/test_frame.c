/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/frame.h"

#include "agent/base/bytes.h"
#include "agent/base/json.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* One frame as it is on the wire, unlike frame_write without a care for the rules. */
static void raw_frame(struct strbuf *out, const char *header, const char *payload, size_t payload_len)
{
    uint8_t prefix[FRAME_PREFIX_BYTES];

    bytes_put_u32(prefix, (uint32_t)strlen(header));
    bytes_put_u32(prefix + 4, (uint32_t)payload_len);
    strbuf_add(out, prefix, sizeof prefix);
    strbuf_puts(out, header);
    strbuf_add(out, payload, payload_len);
}

static char *make_payload(size_t len)
{
    char *payload = malloc(len + 1);

    for (size_t i = 0; i < len; i++)
        payload[i] = (char)(i * 31 + i / 251);
    payload[len] = '\0';
    return payload;
}

static int64_t id_of(const struct message *message)
{
    int64_t id = -1;

    (void)json_int(message->header, "id", 0, JSON_INT_MAX, &id, NULL);
    return id;
}

/* Feeds a whole wire at once and expects that status of the first call of next. */
static void expect_next(const struct strbuf *wire, enum status expected, const char *words)
{
    struct frame_reader reader;
    struct message message;
    struct errmsg err = ERRMSG_INIT;

    frame_reader_init(&reader);
    cr_assert_eq(frame_reader_feed(&reader, wire->data, wire->len), ST_OK);
    cr_expect_eq(frame_reader_next(&reader, &message, &err), expected, "%s", err.text);
    if (words)
        cr_expect(strstr(err.text, words), "\"%s\" has no \"%s\"", err.text, words);
    frame_reader_clear(&reader);
}

Test(frame, one_message_byte_by_byte)
{
    struct strbuf wire = STRBUF_INIT(1024);
    struct frame_reader reader;
    struct message message;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(frame_write("{\"id\":7,\"op\":\"updates\"}", 23, 7, "body", 4, &wire), ST_OK);
    frame_reader_init(&reader);
    for (size_t i = 0; i < wire.len; i++) {
        cr_assert_eq(frame_reader_next(&reader, &message, &err), ST_AGAIN, "before byte %zu", i);
        cr_assert_eq(frame_reader_feed(&reader, wire.data + i, 1), ST_OK);
    }
    cr_assert_eq(frame_reader_next(&reader, &message, &err), ST_OK, "%s", err.text);
    cr_expect_eq(id_of(&message), 7);
    cr_expect_eq(message.payload_len, 4);
    cr_expect_arr_eq(message.payload, "body", 4);
    cr_expect_eq(frame_reader_next(&reader, &message, &err), ST_AGAIN);
    frame_reader_clear(&reader);
    strbuf_free(&wire);
}

Test(frame, a_message_without_id_or_payload_is_one)
{
    struct strbuf wire = STRBUF_INIT(1024);
    struct frame_reader reader;
    struct message message;

    cr_assert_eq(frame_write("{\"notice\":\"link\"}", 17, -1, NULL, 0, &wire), ST_OK);
    cr_assert_eq(frame_write("{}", 2, -1, "x", 1, &wire), ST_OK);
    frame_reader_init(&reader);
    cr_assert_eq(frame_reader_feed(&reader, wire.data, wire.len), ST_OK);
    cr_assert_eq(frame_reader_next(&reader, &message, NULL), ST_OK);
    cr_expect_eq(message.payload_len, 0);
    cr_expect_str_eq(message.payload, "");
    cr_assert_eq(frame_reader_next(&reader, &message, NULL), ST_OK);
    cr_expect_eq(message.payload_len, 1);
    cr_expect_eq(frame_reader_next(&reader, &message, NULL), ST_AGAIN);
    frame_reader_clear(&reader);
    strbuf_free(&wire);
}

/* Messages of all sizes around the bounds, in chunks of random length. */
Test(frame, random_messages_in_random_chunks)
{
    static const size_t sizes[] = {0,
                                   1,
                                   FRAME_PAYLOAD_MAX - 1,
                                   FRAME_PAYLOAD_MAX,
                                   FRAME_PAYLOAD_MAX + 1,
                                   2 * FRAME_PAYLOAD_MAX,
                                   3 * FRAME_PAYLOAD_MAX + 17,
                                   MESSAGE_PAYLOAD_MAX};
    enum { COUNT = 40 };
    const char *given = getenv("LOYALD_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL), at_start = seed;
    struct strbuf wire = STRBUF_INIT(64 * 1024 * 1024);
    char *payload = make_payload(MESSAGE_PAYLOAD_MAX);
    size_t lens[COUNT], fed = 0;
    struct frame_reader reader;
    struct message message;
    int got = 0;

    (void)fprintf(stderr, "# seed %llu (LOYALD_TEST_SEED)\n", (unsigned long long)at_start);
    for (int i = 0; i < COUNT; i++) {
        char header[64];
        int len = snprintf(header, sizeof header, "{\"id\":%d,\"status\":200}", i);

        lens[i] = i < 8 ? sizes[i] : next_random(&seed) % (3 * FRAME_PAYLOAD_MAX);
        cr_assert_eq(frame_write(header, (size_t)len, i, payload, lens[i], &wire), ST_OK);
    }
    frame_reader_init(&reader);
    while (got < COUNT) {
        enum status st = frame_reader_next(&reader, &message, NULL);

        if (st == ST_AGAIN) {
            size_t chunk = 1 + next_random(&seed) % (next_random(&seed) % 4 ? 70000 : 40);

            if (chunk > wire.len - fed)
                chunk = wire.len - fed;
            cr_assert_gt(chunk, 0, "seed %llu: %d messages of %d", (unsigned long long)at_start, got, COUNT);
            cr_assert_eq(frame_reader_feed(&reader, wire.data + fed, chunk), ST_OK);
            fed += chunk;
            continue;
        }
        cr_assert_eq(st, ST_OK, "seed %llu", (unsigned long long)at_start);
        cr_assert_eq(id_of(&message), got);
        cr_assert_eq(message.payload_len, lens[got]);
        cr_assert_eq(memcmp(message.payload, payload, lens[got]), 0, "seed %llu", (unsigned long long)at_start);
        got++;
    }
    cr_expect_eq(fed, wire.len);
    frame_reader_clear(&reader);
    strbuf_free(&wire);
    free(payload);
}

Test(frame, writer_keeps_the_bounds)
{
    struct strbuf out = STRBUF_INIT(4 * MESSAGE_PAYLOAD_MAX);
    char header[FRAME_HEADER_MAX + 2], *payload = make_payload(MESSAGE_PAYLOAD_MAX + 1);

    memset(header, ' ', sizeof header);
    memcpy(header, "{\"id\":1", 7);
    header[FRAME_HEADER_MAX - 1] = '}';
    cr_expect_eq(frame_write(header, FRAME_HEADER_MAX, 1, "x", 1, &out), ST_OK, "4,096 bytes are allowed");
    expect_next(&out, ST_OK, NULL);
    cr_expect_eq(frame_write(header, FRAME_HEADER_MAX, 1, payload, FRAME_PAYLOAD_MAX + 1, &out), ST_FULL,
                 "no room for \"more\"");
    header[FRAME_HEADER_MAX] = '}';
    cr_expect_eq(frame_write(header, FRAME_HEADER_MAX + 1, 1, "x", 1, &out), ST_FULL);
    cr_expect_eq(frame_write("{\"id\":1}", 8, 1, payload, MESSAGE_PAYLOAD_MAX + 1, &out), ST_FULL);
    cr_expect_eq(frame_write("", 0, 1, "x", 1, &out), ST_INVALID);
    cr_expect_eq(frame_write("[]", 2, 1, "x", 1, &out), ST_INVALID);
    cr_expect_eq(frame_write("{\"id\":1}", 8, -1, payload, FRAME_PAYLOAD_MAX + 1, &out), ST_INVALID);
    strbuf_free(&out);
    out = (struct strbuf)STRBUF_INIT(100);
    cr_expect_eq(frame_write("{\"id\":1}", 8, 1, payload, 200, &out), ST_FULL);
    strbuf_free(&out);
    free(payload);
}

Test(frame, what_breaks_the_rules_is_refused)
{
    static const struct {
        const char *header, *words;
    } cases[] = {{"[1]", ""},
                 {"7", ""},
                 {"null", ""},
                 {"{\"id\":1", ""},
                 {"{\"id\":1}x", ""},
                 {"{\"id\":-1}", "id"},
                 {"{\"id\":1.5}", "id"},
                 {"{\"id\":9007199254740993}", "id"},
                 {"{\"id\":\"1\"}", "id"},
                 {"{\"id\":1,\"more\":1}", "more"},
                 {"{\"id\":1,\"id\":2}", ""},
                 {"{\"more\":true}", "needs an id"},
                 {"\xff", ""}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf wire = STRBUF_INIT(8192);

        raw_frame(&wire, cases[i].header, "p", 1);
        expect_next(&wire, ST_INVALID, cases[i].words);
        strbuf_free(&wire);
    }
}

Test(frame, lengths_out_of_bounds_are_refused_from_the_prefix_alone)
{
    static const uint32_t cases[][2] = {
        {0, 1}, {FRAME_HEADER_MAX + 1, 0}, {2, FRAME_PAYLOAD_MAX + 1}, {UINT32_MAX, UINT32_MAX}, {0, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t prefix[FRAME_PREFIX_BYTES];
        struct strbuf wire = STRBUF_INIT(64);

        bytes_put_u32(prefix, cases[i][0]);
        bytes_put_u32(prefix + 4, cases[i][1]);
        strbuf_add(&wire, prefix, sizeof prefix);
        expect_next(&wire, ST_INVALID, "out of bounds");
        strbuf_free(&wire);
    }
}

Test(frame, frames_out_of_turn_are_refused)
{
    static const char *const seconds[] = {"{\"id\":2}", "{}", "{\"id\":2,\"more\":true}", "{\"notice\":\"link\"}"};

    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        struct strbuf wire = STRBUF_INIT(1024);

        raw_frame(&wire, "{\"id\":1,\"more\":true}", "a", 1);
        raw_frame(&wire, seconds[i], "b", 1);
        expect_next(&wire, ST_INVALID, "inside message 1");
        strbuf_free(&wire);
    }
}

Test(frame, a_message_may_not_go_on_for_ever)
{
    struct strbuf wire = STRBUF_INIT(4 * MESSAGE_PAYLOAD_MAX), empty = STRBUF_INIT(1024);
    char *payload = make_payload(FRAME_PAYLOAD_MAX);
    struct frame_reader reader;
    struct message message;
    enum status st = ST_AGAIN;
    size_t at = 0;

    raw_frame(&empty, "{\"id\":1,\"more\":true}", "", 0);
    expect_next(&empty, ST_INVALID, "carries nothing");
    for (int i = 0; i < 16; i++)
        raw_frame(&wire, "{\"id\":1,\"more\":true}", payload, FRAME_PAYLOAD_MAX);
    raw_frame(&wire, "{\"id\":1}", "x", 1);
    frame_reader_init(&reader);
    while (st == ST_AGAIN && at < wire.len) {
        size_t chunk = wire.len - at < 10000 ? wire.len - at : 10000;

        cr_assert_eq(frame_reader_feed(&reader, wire.data + at, chunk), ST_OK);
        at += chunk;
        st = frame_reader_next(&reader, &message, NULL);
    }
    cr_expect_eq(st, ST_INVALID, "one byte past a mebibyte");
    cr_expect_eq(at, wire.len);
    frame_reader_clear(&reader);
    strbuf_free(&wire);
    strbuf_free(&empty);
    free(payload);
}

Test(frame, feeding_without_reading_is_bounded)
{
    static char chunk[65536];
    struct frame_reader reader;
    enum status st = ST_OK;
    int fed = 0;

    frame_reader_init(&reader);
    for (; fed < 100 && st == ST_OK; fed++)
        st = frame_reader_feed(&reader, chunk, sizeof chunk);
    cr_expect_eq(st, ST_FULL);
    cr_expect_lt(fed, 10);
    /* A refused feed spoils nothing: after clearing the reader is as new. */
    frame_reader_clear(&reader);
    cr_expect_eq(frame_reader_feed(&reader, "x", 1), ST_OK);
    frame_reader_clear(&reader);
}

Test(frame, header_of_the_first_frame_is_kept)
{
    struct strbuf wire = STRBUF_INIT(1024);
    struct frame_reader reader;
    struct message message;
    const char *op = "";

    raw_frame(&wire, "{\"id\":1,\"op\":\"first\",\"more\":true}", "ab", 2);
    raw_frame(&wire, "{\"id\":1,\"op\":\"second\",\"more\":true}", "cd", 2);
    raw_frame(&wire, "{\"id\":1,\"op\":\"third\"}", "", 0);
    frame_reader_init(&reader);
    cr_assert_eq(frame_reader_feed(&reader, wire.data, wire.len), ST_OK);
    cr_assert_eq(frame_reader_next(&reader, &message, NULL), ST_OK);
    cr_expect_eq(json_text(message.header, "op", 20, &op, NULL), ST_OK);
    cr_expect_str_eq(op, "first");
    cr_expect_eq(message.payload_len, 4);
    cr_expect_arr_eq(message.payload, "abcd", 4);
    frame_reader_clear(&reader);
    strbuf_free(&wire);
}
