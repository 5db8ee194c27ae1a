/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/record.h"

#include "agent/base/hex.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct record_head sample_head(void)
{
    struct record_head head = {.dev = 0x0123456789abcdef,
                               .epoch = 0xfedcba9876543210,
                               .seq = 42,
                               .hlc = 0x019a000000000001,
                               .type_version = 1};

    memcpy(head.type, "sale", 5);
    memset(head.prev, 0xab, sizeof head.prev);
    return head;
}

static const char SAMPLE_BODY[] = "{\"sale\":{\"id\":\"S1\"},\"shown_minor\":1290}";

/* In memory of exactly its size, so that the sanitizers see a read past its end. */
static enum status parse_exact(const char *bytes, size_t len, struct record_head *out_head)
{
    char *copy = malloc(len ? len : 1);
    const char *body = NULL;
    size_t body_len = 0;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    memcpy(copy, bytes, len);
    st = record_parse(copy, len, out_head, &body, &body_len, &err);
    if (st == ST_OK) {
        cr_expect(body > copy && body + body_len < copy + len);
        cr_expect(body[0] == '{' && body[body_len - 1] == '}');
    } else {
        cr_expect(err.text[0] != '\0', "a refusal without words");
    }
    free(copy);
    return st;
}

static void encode_sample(struct strbuf *out)
{
    struct record_head head = sample_head();

    cr_assert_eq(record_encode(&head, SAMPLE_BODY, sizeof SAMPLE_BODY - 1, out, NULL), ST_OK);
}

Test(record, is_written_to_the_letter)
{
    struct strbuf out = STRBUF_INIT(4096);

    encode_sample(&out);
    cr_expect_str_eq(
        out.data,
        "{\"dev\":\"0123456789abcdef\",\"epoch\":\"fedcba9876543210\",\"seq\":42,\"hlc\":\"019a000000000001\","
        "\"type\":\"sale\",\"tv\":1,\"prev\":"
        "\"abababababababababababababababababababababababababababababababab\",\"body\":"
        "{\"sale\":{\"id\":\"S1\"},\"shown_minor\":1290}}");
    strbuf_free(&out);
}

Test(record, comes_back_as_it_was)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct record_head head = sample_head(), back;
    const char *body;
    size_t body_len;

    encode_sample(&out);
    cr_assert_eq(record_parse(out.data, out.len, &back, &body, &body_len, NULL), ST_OK);
    cr_expect_eq(back.dev, head.dev);
    cr_expect_eq(back.epoch, head.epoch);
    cr_expect_eq(back.seq, head.seq);
    cr_expect_eq(back.hlc, head.hlc);
    cr_expect_eq(back.type_version, head.type_version);
    cr_expect_str_eq(back.type, head.type);
    cr_expect_arr_eq(back.prev, head.prev, SHA256_BYTES);
    cr_expect_eq(body_len, sizeof SAMPLE_BODY - 1);
    cr_expect_arr_eq(body, SAMPLE_BODY, body_len);
    strbuf_free(&out);
}

Test(record, every_cut_is_refused_and_leaves_the_output)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct record_head back = {.seq = -5};

    encode_sample(&out);
    cr_expect_eq(parse_exact(out.data, out.len, &(struct record_head){0}), ST_OK);
    for (size_t cut = 0; cut < out.len; cut++) {
        cr_expect_eq(parse_exact(out.data, cut, &back), ST_INVALID, "cut at %zu", cut);
        cr_expect_eq(back.seq, -5);
    }
    strbuf_free(&out);
}

/* The envelope is fixed: no byte of it but the digits may be another. */
Test(record, every_byte_of_the_envelope_counts)
{
    struct strbuf out = STRBUF_INIT(4096);
    size_t envelope;

    encode_sample(&out);
    envelope = (size_t)(strstr(out.data, SAMPLE_BODY) - out.data) + 1;
    for (size_t at = 0; at < envelope; at++) {
        char kept = out.data[at];

        out.data[at] = '~';
        cr_expect_eq(parse_exact(out.data, out.len, &(struct record_head){0}), ST_INVALID, "byte %zu", at);
        out.data[at] = kept;
    }
    strbuf_free(&out);
}

Test(record, a_line_end_is_refused_everywhere)
{
    struct strbuf out = STRBUF_INIT(4096);

    encode_sample(&out);
    for (size_t at = 0; at < out.len; at++) {
        char kept = out.data[at];

        out.data[at] = '\n';
        cr_expect_eq(parse_exact(out.data, out.len, &(struct record_head){0}), ST_INVALID, "byte %zu", at);
        out.data[at] = kept;
    }
    strbuf_putc(&out, '\n');
    cr_expect_eq(parse_exact(out.data, out.len, &(struct record_head){0}), ST_INVALID);
    strbuf_free(&out);
}

struct text_case {
    const char *from, *to;
    enum status expected;
};

Test(record, numbers_digits_and_types_have_one_spelling)
{
    static const struct text_case cases[] = {
        {"\"seq\":42", "\"seq\":999999999999999", ST_OK},
        {"\"seq\":42", "\"seq\":1000000000000000", ST_INVALID},
        {"\"seq\":42", "\"seq\":99999999999999999999999", ST_INVALID},
        {"\"seq\":42", "\"seq\":18446744073709551617", ST_INVALID},
        {"\"seq\":42", "\"seq\":0", ST_INVALID},
        {"\"seq\":42", "\"seq\":042", ST_INVALID},
        {"\"seq\":42", "\"seq\":-42", ST_INVALID},
        {"\"seq\":42", "\"seq\":", ST_INVALID},
        {"\"seq\":42", "\"seq\": 42", ST_INVALID},
        {"\"seq\":42", "\"seq\":4.2", ST_INVALID},
        {"\"tv\":1", "\"tv\":0", ST_INVALID},
        {"\"tv\":1", "\"tv\":2", ST_OK},
        {"abababab\",\"body", "ABABABAB\",\"body", ST_INVALID},
        {"0123456789abcdef", "0123456789ABCDEF", ST_INVALID},
        {"0123456789abcdef", "0123456789abcde", ST_INVALID},
        {"\"sale\",", "\"\",", ST_INVALID},
        {"\"sale\",", "\"Sale\",", ST_INVALID},
        {"\"sale\",", "\"a2345678901234567890123456789012\",", ST_OK},
        {"\"sale\",", "\"a23456789012345678901234567890123\",", ST_INVALID},
        {"\"sale\",", "\"what_comes_later_9\",", ST_OK},
        {"\"body\":{", "\"body\":[", ST_INVALID},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf out = STRBUF_INIT(4096), changed = STRBUF_INIT(4096);
        char *at;

        encode_sample(&out);
        at = strstr(out.data, cases[i].from);
        cr_assert_not_null(at, "%s", cases[i].from);
        strbuf_add(&changed, out.data, (size_t)(at - out.data));
        strbuf_puts(&changed, cases[i].to);
        strbuf_puts(&changed, at + strlen(cases[i].from));
        cr_expect_eq(parse_exact(changed.data, changed.len, &(struct record_head){0}), cases[i].expected, "%s",
                     cases[i].to);
        strbuf_free(&out);
        strbuf_free(&changed);
    }
}

static enum status encode_with(int64_t seq, int64_t version, const char *type, const char *body)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct record_head head = sample_head();
    enum status st;

    head.seq = seq;
    head.type_version = version;
    (void)strncpy(head.type, type, RECORD_TYPE_MAX);
    st = record_encode(&head, body, strlen(body), &out, NULL);
    strbuf_free(&out);
    return st;
}

Test(record, what_could_not_be_read_is_not_written)
{
    cr_expect_eq(encode_with(1, 1, "sale", "{}"), ST_OK);
    cr_expect_eq(encode_with(0, 1, "sale", "{}"), ST_INVALID);
    cr_expect_eq(encode_with(-1, 1, "sale", "{}"), ST_INVALID);
    cr_expect_eq(encode_with(INT64_C(1000000000000000), 1, "sale", "{}"), ST_INVALID);
    cr_expect_eq(encode_with(INT64_MAX, 1, "sale", "{}"), ST_INVALID);
    cr_expect_eq(encode_with(1, 0, "sale", "{}"), ST_INVALID);
    cr_expect_eq(encode_with(1, 1, "a\"b", "{}"), ST_INVALID);
    cr_expect_eq(encode_with(1, 1, "sale", ""), ST_INVALID);
    cr_expect_eq(encode_with(1, 1, "sale", "{"), ST_INVALID);
    cr_expect_eq(encode_with(1, 1, "sale", "[]"), ST_INVALID);
    cr_expect_eq(encode_with(1, 1, "sale", "{\n}"), ST_INVALID);
    cr_expect_eq(encode_with(1, 1, "sale", "{}\n"), ST_INVALID);
}

/* A body that makes the record exactly len bytes long. */
static char *body_for(size_t len)
{
    struct strbuf empty = STRBUF_INIT(4096);
    struct record_head head = sample_head();
    size_t body_len;
    char *body;

    cr_assert_eq(record_encode(&head, "{}", 2, &empty, NULL), ST_OK);
    body_len = len - empty.len + 2;
    body = malloc(body_len + 1);
    memset(body, ' ', body_len);
    body[0] = '{';
    body[body_len - 1] = '}';
    body[body_len] = '\0';
    strbuf_free(&empty);
    return body;
}

Test(record, the_longest_is_a_mebibyte_wherever_it_stands_in_a_buffer)
{
    struct record_head head = sample_head();

    for (size_t more = 0; more < 2; more++) {
        struct strbuf out = STRBUF_INIT(2 * RECORD_BYTES_MAX);
        char *body = body_for(RECORD_BYTES_MAX + more);

        strbuf_puts(&out, "something before it");
        cr_expect_eq(record_encode(&head, body, strlen(body), &out, NULL), more ? ST_FULL : ST_OK);
        cr_expect_eq(parse_exact(out.data + 19, out.len - 19, &(struct record_head){0}), more ? ST_FULL : ST_OK);
        free(body);
        strbuf_free(&out);
    }
}

Test(record, a_buffer_that_is_too_small_is_said)
{
    struct strbuf out = STRBUF_INIT(100);
    struct record_head head = sample_head();
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(record_encode(&head, "{}", 2, &out, &err), ST_FULL);
    cr_expect_str_eq(err.text, "record: full");
    strbuf_free(&out);
}

Test(record, hash_chains_the_bytes_to_what_was_before)
{
    uint8_t prev[SHA256_BYTES] = {0}, hash[SHA256_BYTES], other[SHA256_BYTES], expected[SHA256_BYTES];
    uint8_t joined[SHA256_BYTES + 3] = {0};

    memcpy(joined + SHA256_BYTES, "abc", 3);
    sha256_of(joined, sizeof joined, expected);
    record_hash(prev, "abc", 3, hash);
    cr_expect_arr_eq(hash, expected, SHA256_BYTES);
    prev[31] = 1;
    record_hash(prev, "abc", 3, other);
    cr_expect_arr_neq(hash, other, SHA256_BYTES);
    record_hash(prev, "abd", 3, hash);
    cr_expect_arr_neq(hash, other, SHA256_BYTES);
    record_hash(prev, "", 0, hash);
    sha256_of(prev, SHA256_BYTES, expected);
    cr_expect_arr_eq(hash, expected, SHA256_BYTES);
}

Test(hlc, never_goes_back_whatever_the_clock_does)
{
    static const int64_t walls[] = {1790000000000, 1790000000000, 1789999999000, 0, -5, INT64_MIN,
                                    1790000000001, INT64_MAX,     1790000000002};
    uint64_t last = 0;

    for (size_t i = 0; i < sizeof walls / sizeof walls[0]; i++) {
        uint64_t next = record_next_hlc(last, walls[i]);

        cr_expect_gt(next, last, "step %zu", i);
        last = next;
    }
    cr_expect_eq(record_next_hlc(0, 1790000000000), UINT64_C(1790000000000) << 16);
    cr_expect_eq(record_next_hlc(UINT64_C(1790000000000) << 16, 1790000000000), (UINT64_C(1790000000000) << 16) + 1);
    cr_expect_eq(record_next_hlc(0, 0), 1);
    cr_expect_eq(record_next_hlc(UINT64_MAX, 5), UINT64_MAX, "the end of time");
    cr_expect_eq(record_next_hlc(UINT64_MAX - 1, 5), UINT64_MAX);
    cr_expect_eq(record_next_hlc(5, INT64_MAX), UINT64_MAX << 16);
}

/* More than 65,536 records in one millisecond run into the next one's numbers, and on. */
Test(hlc, the_counter_carries_into_the_time)
{
    uint64_t last = UINT64_C(1790000000000) << 16 | 0xffff, next = record_next_hlc(last, 1790000000000);

    cr_expect_eq(next, UINT64_C(1790000000001) << 16);
    cr_expect_gt(record_next_hlc(next, 1790000000001), next);
}
