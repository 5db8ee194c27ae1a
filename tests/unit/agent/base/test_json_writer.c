/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/json_writer.h"

#include "agent/base/json.h"

#include <string.h>

#include <criterion/criterion.h>

Test(json_writer, puts_commas_and_names_by_itself)
{
    struct strbuf out = STRBUF_INIT(1000);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_field_int(&w, "a", -1);
    jw_name(&w, "lines");
    jw_array_begin(&w);
    jw_object_begin(&w);
    jw_object_end(&w);
    jw_array_begin(&w);
    jw_array_end(&w);
    jw_int(&w, INT64_MIN);
    jw_bool(&w, false);
    jw_null(&w);
    jw_text(&w, "t");
    jw_hex(&w, "\x01\xff", 2);
    jw_raw(&w, "{\"r\":1}", 7);
    jw_array_end(&w);
    jw_field_bool(&w, "b", true);
    jw_field_text(&w, "c", NULL);
    jw_field_text(&w, "d", "");
    jw_field_hex(&w, "e", "\xab", 1);
    jw_field_raw(&w, "f", "[0]", 3);
    jw_object_end(&w);
    cr_expect_eq(strbuf_status(&out), ST_OK);
    cr_expect_str_eq(strbuf_text(&out), "{\"a\":-1,\"lines\":[{},[],-9223372036854775808,false,null,\"t\",\"01ff\","
                                        "{\"r\":1}],\"b\":true,\"c\":null,\"d\":\"\",\"e\":\"ab\",\"f\":[0]}");
    strbuf_free(&out);
}

static void expect_text(const char *text, size_t len, const char *wanted)
{
    struct strbuf out = STRBUF_INIT(1000);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_text_n(&w, text, len);
    cr_expect_str_eq(strbuf_text(&out), wanted, "%s", strbuf_text(&out));
    strbuf_free(&out);
}

Test(json_writer, escapes_only_what_it_must)
{
    expect_text("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
    expect_text("\b\f\n\r\t\x01\x1f\x7f", 8, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    expect_text("\xd0\x96\xf0\x9f\x98\x80", 6, "\"\xd0\x96\xf0\x9f\x98\x80\"");
    expect_text("", 0, "\"\"");
}

Test(json_writer, replaces_what_its_reader_would_refuse)
{
    expect_text("a\xffz", 3, "\"a\xef\xbf\xbdz\"");
    expect_text("\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    expect_text("a\0b", 3,
                "\"a\xef\xbf\xbd"
                "b\"");
}

Test(json_writer, escapes_names_too)
{
    struct strbuf out = STRBUF_INIT(100);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_field_int(&w, "a\"\n", 1);
    jw_object_end(&w);
    cr_expect_str_eq(strbuf_text(&out), "{\"a\\\"\\n\":1}");
    strbuf_free(&out);
}

Test(json_writer, every_byte_is_read_back)
{
    for (int byte = 1; byte < 256; byte++) {
        struct strbuf out = STRBUF_INIT(100);
        struct json_writer w = JSON_WRITER_INIT(&out);
        struct cJSON *root = NULL;
        const char *view = NULL;
        char text[3] = {'x', (char)byte, '\0'};

        jw_object_begin(&w);
        jw_field_text(&w, "t", text);
        jw_object_end(&w);
        cr_assert_eq(json_parse(out.data, out.len, 100, &root, NULL), ST_OK, "byte %d", byte);
        cr_assert_eq(json_text(root, "t", 10, &view, NULL), ST_OK);
        cr_assert_str_eq(view, byte < 0x80 ? text : "x\xef\xbf\xbd", "byte %d", byte);
        json_free(root);
        strbuf_free(&out);
    }
}

Test(json_writer, full_buffer_is_told_once_at_the_end)
{
    struct strbuf out = STRBUF_INIT(10);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_array_begin(&w);
    for (int i = 0; i < 10; i++)
        jw_int(&w, 1000);
    jw_array_end(&w);
    cr_expect_eq(strbuf_status(&out), ST_FULL);
    strbuf_free(&out);
}
