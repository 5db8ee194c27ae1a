/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool realloc_fails;

void *__wrap_realloc(void *memory, size_t size)
{
    return realloc_fails ? NULL : __real_realloc(memory, size);
}

Test(strbuf, is_empty_text_before_the_first_append)
{
    struct strbuf buf = STRBUF_INIT(10);
    size_t len = 7;

    cr_expect_str_eq(strbuf_text(&buf), "");
    strbuf_puts(&buf, "");
    strbuf_consume(&buf, 3);
    strbuf_clear(&buf);
    cr_expect_eq(strbuf_status(&buf), ST_OK);
    cr_expect_null(strbuf_detach(&buf, &len));
    cr_expect_eq(len, 0);
    strbuf_free(&buf);
}

Test(strbuf, appends_each_kind)
{
    struct strbuf buf = STRBUF_INIT(1000);

    strbuf_puts(&buf, "sum ");
    strbuf_put_int(&buf, INT64_MIN);
    strbuf_putc(&buf, ' ');
    strbuf_put_int(&buf, INT64_MAX);
    strbuf_printf(&buf, " %s=%d", "x", 5);
    strbuf_printf(&buf, "%s", "");
    strbuf_add(&buf, "\0z", 2);
    cr_expect_eq(buf.len, strlen("sum -9223372036854775808 9223372036854775807 x=5") + 2);
    cr_expect_str_eq(strbuf_text(&buf), "sum -9223372036854775808 9223372036854775807 x=5");
    cr_expect_eq(buf.data[buf.len], '\0');
    strbuf_free(&buf);
}

Test(strbuf, holds_exactly_its_ceiling_for_every_ceiling)
{
    for (size_t max = 0; max < 300; max++) {
        struct strbuf buf = STRBUF_INIT(max);

        for (size_t i = 0; i < max; i++)
            strbuf_putc(&buf, (char)('a' + i % 26));
        cr_assert_eq(strbuf_status(&buf), ST_OK);
        cr_assert_eq(buf.len, max);
        cr_assert_leq(buf.cap, max + 1);
        strbuf_putc(&buf, '!');
        cr_assert_eq(strbuf_status(&buf), ST_FULL);
        cr_assert_eq(strlen(strbuf_text(&buf)), max);
        strbuf_free(&buf);
    }
}

Test(strbuf, past_the_ceiling_appends_nothing_and_remembers)
{
    struct strbuf buf = STRBUF_INIT(8);

    strbuf_puts(&buf, "12345");
    strbuf_puts(&buf, "6789");
    cr_expect_eq(strbuf_status(&buf), ST_FULL);
    strbuf_puts(&buf, "6");
    strbuf_printf(&buf, "%d", 6);
    cr_expect_str_eq(strbuf_text(&buf), "12345");
    strbuf_clear(&buf);
    strbuf_printf(&buf, "%s", "abcdefgh");
    cr_expect_eq(strbuf_status(&buf), ST_OK);
    strbuf_clear(&buf);
    strbuf_printf(&buf, "%s", "abcdefghi");
    cr_expect_eq(strbuf_status(&buf), ST_FULL);
    cr_expect_str_eq(strbuf_text(&buf), "");
    strbuf_free(&buf);
}

Test(strbuf, a_length_that_would_wrap_is_refused)
{
    struct strbuf buf = STRBUF_INIT(SIZE_MAX);
    volatile size_t absurd = SIZE_MAX;

    strbuf_puts(&buf, "ab");
    strbuf_add(&buf, "x", absurd - 2);
    cr_expect_eq(strbuf_status(&buf), ST_FULL);
    cr_expect_str_eq(strbuf_text(&buf), "ab");
    strbuf_free(&buf);
}

Test(strbuf, out_of_memory_keeps_what_was_there)
{
    struct strbuf buf = STRBUF_INIT(10000);
    char many[500];

    memset(many, 'm', sizeof many);
    strbuf_puts(&buf, "kept");
    realloc_fails = true;
    strbuf_add(&buf, many, sizeof many);
    realloc_fails = false;
    cr_expect_eq(strbuf_status(&buf), ST_NOMEM);
    strbuf_puts(&buf, "!");
    cr_expect_str_eq(strbuf_text(&buf), "kept");
    strbuf_clear(&buf);
    strbuf_add(&buf, many, sizeof many);
    cr_expect_eq(strbuf_status(&buf), ST_OK);
    cr_expect_eq(buf.len, sizeof many);
    strbuf_free(&buf);
}

Test(strbuf, consumes_from_the_front)
{
    struct strbuf buf = STRBUF_INIT(100);

    strbuf_puts(&buf, "headbody");
    strbuf_consume(&buf, 4);
    cr_expect_str_eq(strbuf_text(&buf), "body");
    strbuf_consume(&buf, 0);
    cr_expect_eq(buf.len, 4);
    strbuf_consume(&buf, 99);
    cr_expect_eq(buf.len, 0);
    cr_expect_str_eq(strbuf_text(&buf), "");
    strbuf_free(&buf);
}

Test(strbuf, detaches_its_bytes)
{
    struct strbuf buf = STRBUF_INIT(100);
    size_t len = 0;
    char *text;

    strbuf_puts(&buf, "mine");
    text = strbuf_detach(&buf, &len);
    cr_expect_str_eq(text, "mine");
    cr_expect_eq(len, 4);
    cr_expect_str_eq(strbuf_text(&buf), "");
    strbuf_puts(&buf, "next");
    cr_expect_str_eq(strbuf_text(&buf), "next");
    free(text);
    text = strbuf_detach(&buf, NULL);
    cr_expect_str_eq(text, "next");
    free(text);
    strbuf_free(&buf);
}
