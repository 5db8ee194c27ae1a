/* SPDX-License-Identifier: Apache-2.0 */
/* A record that was carried over into another epoch, and the bytes that were first written. */
#include "sync/protocol/origin.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct record_head first_head(void)
{
    struct record_head head = {.dev = 0x1111, .epoch = 0x2222, .seq = 41, .hlc = 0x777, .type_version = 1};

    strcpy(head.type, "sale");
    memset(head.prev, 0xab, sizeof head.prev);
    return head;
}

static const struct record_head to = {.dev = 0x3333, .epoch = 0x4444, .seq = 1};

/* The record of first_head with this body, carried over. */
static void carry(const char *body, struct strbuf *first, struct strbuf *out)
{
    struct record_head head = first_head();
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(record_encode(&head, body, strlen(body), first, &err), ST_OK, "%s", err.text);
    cr_assert_eq(origin_carry(&to, first->data, first->len, out, &err), ST_OK, "%s", err.text);
}

static enum status read_origin(const struct strbuf *record, struct record_head *head, struct origin *origin)
{
    const char *body;
    size_t body_len;

    cr_assert_eq(record_parse(record->data, record->len, head, &body, &body_len, NULL), ST_OK);
    return origin_read(head, body, body_len, origin, NULL);
}

static void expect_first(const struct strbuf *carried, const struct strbuf *first)
{
    struct record_head head, was = first_head();
    struct origin origin = {0};
    uint8_t hash[SHA256_BYTES];

    cr_assert_eq(read_origin(carried, &head, &origin), ST_OK, "%s", carried->data);
    record_hash(was.prev, first->data, first->len, hash);
    cr_expect_eq(origin.dev, was.dev);
    cr_expect_eq(origin.epoch, was.epoch);
    cr_expect_eq(origin.seq, was.seq);
    cr_expect_arr_eq(origin.hash, hash, SHA256_BYTES, "the bytes first written can be made again");
}

static void expect_carried(const char *body)
{
    struct strbuf first = STRBUF_INIT(4096), out = STRBUF_INIT(4096), again = STRBUF_INIT(4096);
    struct record_head head, next = {.dev = 0x5555, .epoch = 0x6666, .seq = 9};
    struct origin origin;

    carry(body, &first, &out);
    expect_first(&out, &first);
    cr_assert_eq(read_origin(&out, &head, &origin), ST_OK);
    cr_expect_eq(head.dev, to.dev);
    cr_expect_eq(head.epoch, to.epoch);
    cr_expect_eq(head.seq, to.seq);
    cr_expect_eq(head.hlc, first_head().hlc);
    cr_assert_eq(origin_carry(&next, out.data, out.len, &again, NULL), ST_OK);
    expect_first(&again, &first); /* carried twice, it is still the first record */
    strbuf_free(&first);
    strbuf_free(&out);
    strbuf_free(&again);
}

Test(origin, is_kept_and_the_first_bytes_can_be_made_again)
{
    expect_carried("{\"sale_id\":\"S1\",\"lines\":[1,2]}");
    expect_carried("{}");
    expect_carried("{\"origin\":\"a text\"}");
    expect_carried("{\"a\":\"\\\"origin\\\":{\\\"dev\\\":\\\"\"}");
}

Test(origin, of_an_ordinary_record_there_is_none)
{
    static const char *const bodies[] = {
        "{}", "{\"sale_id\":\"S1\"}", "{\"origin\":{\"dev\":\"1111111111111111\",\"epoch\":\"2222222222222222\"}}"};

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct record_head head = first_head();
        struct origin origin;

        cr_expect_eq(origin_read(&head, bodies[i], strlen(bodies[i]), &origin, NULL), ST_NOT_FOUND, "%s", bodies[i]);
    }
}

/* A digit of it changed is another origin, and nothing else changed leaves one. */
Test(origin, every_byte_of_it_counts)
{
    struct strbuf first = STRBUF_INIT(4096), out = STRBUF_INIT(4096);
    struct record_head head;
    struct origin whole, other;
    char *at, *end;

    carry("{\"sale_id\":\"S1\"}", &first, &out);
    cr_assert_eq(read_origin(&out, &head, &whole), ST_OK);
    at = strstr(out.data, ",\"origin\"");
    end = out.data + out.len - 2;
    for (; at < end; at++) {
        char was = *at;

        *at = '~';
        if (read_origin(&out, &head, &other) == ST_OK)
            cr_expect_neq(memcmp(&other, &whole, sizeof other), 0, "at %td", at - out.data);
        *at = was;
    }
    strbuf_free(&first);
    strbuf_free(&out);
}

Test(origin, of_a_body_that_was_changed_is_another)
{
    struct strbuf first = STRBUF_INIT(4096), out = STRBUF_INIT(4096);
    struct record_head head;
    struct origin whole, other;

    carry("{\"sale_id\":\"S1\"}", &first, &out);
    cr_assert_eq(read_origin(&out, &head, &whole), ST_OK);
    *strstr(out.data, "S1") = 'T';
    cr_assert_eq(read_origin(&out, &head, &other), ST_OK);
    cr_expect_neq(memcmp(other.hash, whole.hash, sizeof whole.hash), 0);
    strbuf_free(&first);
    strbuf_free(&out);
}

Test(origin, a_record_without_room_goes_without)
{
    struct strbuf first = STRBUF_INIT(RECORD_BYTES_MAX + 1), out = STRBUF_INIT(RECORD_BYTES_MAX + 1);
    char *body = malloc(RECORD_BYTES_MAX);
    size_t len = RECORD_BYTES_MAX - 260;
    struct record_head head;
    struct origin origin;

    memset(body, 'x', len);
    memcpy(body, "{\"a\":\"", 6);
    memcpy(body + len - 2, "\"}", 3);
    carry(body, &first, &out);
    cr_expect_eq(read_origin(&out, &head, &origin), ST_NOT_FOUND);
    cr_expect_eq(head.epoch, to.epoch);
    free(body);
    strbuf_free(&first);
    strbuf_free(&out);
}
