/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/message_mac.h"

#include <criterion/criterion.h>

#include <string.h>

Test(message_mac, request_is_laid_out_to_the_letter)
{
    static const char expected[] = "loyald-request-1\0"
                                   "0000000000000001\0"
                                   "0000000000000002\0"
                                   "00000000000000ff\0"
                                   "blob\0"
                                   "abc 0 65535\0";
    struct operation_args args = {.values = {"abc", "0", "65535"}};
    struct strbuf out = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);

    message_mac_request(1, 2, 255, OP_BLOB, &args, &out);
    cr_assert_eq(strbuf_status(&out), ST_OK);
    cr_assert_eq(out.len, sizeof expected - 1);
    cr_expect_arr_eq(out.data, expected, out.len);
    strbuf_free(&out);
}

Test(message_mac, answer_is_laid_out_to_the_letter)
{
    static const char expected[] = "loyald-answer-1\0"
                                   "ffffffffffffffff\0"
                                   "0000000000000000\0"
                                   "0000000000000003\0"
                                   "journal\0"
                                   "409\0";
    struct strbuf out = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);

    message_mac_answer(UINT64_MAX, 0, 3, OP_JOURNAL, 409, &out);
    cr_assert_eq(out.len, sizeof expected - 1);
    cr_expect_arr_eq(out.data, expected, out.len);
    strbuf_free(&out);
}

Test(message_mac, absent_arguments_are_empty_and_the_longest_fit)
{
    struct operation_args args = {.values = {"", "25"}};
    struct strbuf out = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);

    message_mac_request(1, 2, 3, OP_UPDATES, &args, &out);
    cr_expect_eq(memcmp(out.data + out.len - 12, "updates\0 25\0", 12), 0);
    strbuf_clear(&out);
    message_mac_request(1, 2, 3, OP_STATUS, &args, &out);
    cr_expect_eq(memcmp(out.data + out.len - 8, "status\0\0", 8), 0);
    strbuf_clear(&out);
    for (int i = 0; i < OPERATION_ARG_MAX; i++)
        memset(args.values[i], 'a', OPERATION_ARG_BYTES_MAX);
    message_mac_request(1, 2, 3, OP_BLOB, &args, &out);
    cr_expect_eq(strbuf_status(&out), ST_OK);
    strbuf_free(&out);
}

enum { BODIES = 4, VARIANTS = 400 };

struct laid_out {
    char bytes[256];
    size_t len;
};

static void keep(struct laid_out *all, int *count, struct strbuf *out, const char *body, size_t body_len)
{
    cr_assert_lt(*count, VARIANTS);
    strbuf_add(out, body, body_len);
    cr_assert(strbuf_status(out) == ST_OK && out->len <= sizeof all[0].bytes);
    memcpy(all[*count].bytes, out->data, out->len);
    all[(*count)++].len = out->len;
    strbuf_clear(out);
}

/* Every way of moving bytes between the parts, the neighbours and the body, in either direction. */
Test(message_mac, no_two_messages_have_the_same_bytes)
{
    static struct laid_out all[VARIANTS];
    static const struct {
        const char *bytes;
        size_t len;
    } bodies[BODIES] = {{"", 0}, {"\0", 1}, {"200\0", 4}, {"a b\0", 4}};
    static const struct operation_args args[] = {{.values = {"", "", ""}},   {.values = {"a", "", ""}},
                                                 {.values = {"", "a", ""}},  {.values = {"", "", "a"}},
                                                 {.values = {"a", "b", ""}}, {.values = {"ab", "", ""}}};
    struct strbuf out = STRBUF_INIT(512);
    int count = 0;

    for (int op = 0; op < OP_COUNT; op++) {
        for (int b = 0; b < BODIES; b++) {
            int arg_count = 0, variants;

            while (arg_count < OPERATION_ARG_MAX && operation_spec((enum operation)op)->args[arg_count])
                arg_count++;
            /* Arguments an operation does not have are not covered: only those that differ in what it has. */
            variants = arg_count == 0 ? 1 : arg_count == 1 ? 2 : arg_count == 2 ? 3 : 6;
            for (int a = 0; a < variants; a++) {
                message_mac_request(1, 2, 3, (enum operation)op, &args[a], &out);
                keep(all, &count, &out, bodies[b].bytes, bodies[b].len);
            }
            for (int status = 200; status <= 204; status += 4) {
                message_mac_answer(1, 2, 3, (enum operation)op, status, &out);
                keep(all, &count, &out, bodies[b].bytes, bodies[b].len);
            }
        }
    }
    for (int n = 1; n <= 3; n++) {
        message_mac_request(n == 1 ? 9 : 1, n == 2 ? 9 : 2, n == 3 ? 9 : 3, OP_STATUS, &args[0], &out);
        keep(all, &count, &out, "", 0);
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            cr_expect(all[i].len != all[j].len || memcmp(all[i].bytes, all[j].bytes, all[i].len) != 0, "%d and %d", i,
                      j);
    cr_expect_gt(count, 100);
    strbuf_free(&out);
}
