/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

/* Appends records 1 to count of one till and epoch, each after the one before; the closing line's facts are in *out_end. */
static void write_records(int count, struct strbuf *out, struct export_end *out_end)
{
    struct record_head head = {.dev = 0x5f, .epoch = 0x8d, .type = "sale", .type_version = 1};
    struct errmsg err = ERRMSG_INIT;

    for (head.seq = 1; head.seq <= count; head.seq++) {
        size_t at = out->len;

        head.hlc = (uint64_t)head.seq << 16;
        cr_assert_eq(record_encode(&head, "{\"x\":7}", 7, out, &err), ST_OK, "%s", err.text);
        record_hash(head.prev, out->data + at, out->len - at, head.prev);
        strbuf_putc(out, '\n');
    }
    *out_end = (struct export_end){.dev = head.dev, .epoch = head.epoch, .records = count, .seq = count, .has_mac = true, .mac = {1, 2, 3}};
    memcpy(out_end->hash, head.prev, sizeof out_end->hash);
}

static void write_file(int count, struct strbuf *out)
{
    struct export_end end;

    write_records(count, out, &end);
    export_end_write(&end, out);
}

static void refuses(const struct strbuf *text, enum status status, const char *words)
{
    struct export_end end;
    struct errmsg err = ERRMSG_INIT;
    size_t len;

    cr_expect_eq(export_check(text->data, text->len, &end, &len, &err), status, "%s", strbuf_text(text));
    cr_expect_not_null(strstr(err.text, words), "%s", err.text);
}

static void takes(const struct strbuf *text)
{
    struct export_end end;
    struct errmsg err = ERRMSG_INIT;
    size_t len;

    cr_expect_eq(export_check(text->data, text->len, &end, &len, &err), ST_OK, "%s", err.text);
}

Test(export, takes_what_was_written_whole)
{
    struct strbuf text = STRBUF_INIT(8192);
    struct export_end wanted, end;
    struct errmsg err = ERRMSG_INIT;
    size_t records_len, len;

    write_records(3, &text, &wanted);
    records_len = text.len;
    export_end_write(&wanted, &text);
    cr_assert_eq(export_check(text.data, text.len, &end, &len, &err), ST_OK, "%s", err.text);
    cr_expect_eq(len, records_len);
    cr_expect_eq(memcmp(&end, &wanted, sizeof end), 0);
    strbuf_free(&text);
}

Test(export, sees_each_byte_that_was_altered)
{
    struct strbuf text = STRBUF_INIT(8192);
    struct export_end end, wanted;
    size_t len;

    write_records(3, &text, &wanted);
    export_end_write(&wanted, &text);
    for (size_t i = 0; i < text.len; i++) {
        enum status st;

        text.data[i] ^= 1;
        st = export_check(text.data, text.len, &end, &len, NULL);
        /* The MAC alone is the caller's to look at. */
        cr_expect(st != ST_OK || memcmp(&end.mac, &wanted.mac, sizeof end.mac) != 0, "byte %zu", i);
        text.data[i] ^= 1;
    }
    strbuf_free(&text);
}

Test(export, sees_that_an_end_was_cut_off)
{
    struct strbuf text = STRBUF_INIT(8192);
    struct export_end end;
    size_t len;

    write_file(3, &text);
    for (size_t cut = 0; cut + 1 < text.len; cut++) /* all but its last newline */
        cr_expect_neq(export_check(text.data, cut, &end, &len, NULL), ST_OK, "cut to %zu", cut);
    strbuf_free(&text);
}

Test(export, says_what_is_wrong)
{
    struct strbuf text = STRBUF_INIT(8192), records = STRBUF_INIT(8192);
    struct export_end end;

    write_records(3, &records, &end);
    refuses(&records, ST_NOT_FOUND, "no closing line");
    strbuf_add(&text, records.data, records.len);
    end.seq = 2;
    export_end_write(&end, &text);
    refuses(&text, ST_INVALID, "line 4: the last record is not the one");
    strbuf_clear(&text);
    write_file(3, &text);
    strbuf_puts(&text, "more\n");
    refuses(&text, ST_INVALID, "line 4: something stands after");
    strbuf_clear(&text);
    export_end_write(&end, &text); /* all its records were cut out */
    refuses(&text, ST_INVALID, "line 1: the last record is not the one");
    strbuf_clear(&text);
    end.records = 0;
    export_end_write(&end, &text); /* it had none */
    takes(&text);
    strbuf_free(&text);
    strbuf_free(&records);
}

Test(export, mac_covers_every_field)
{
    struct export_end one = {.dev = 1, .epoch = 2, .records = 5, .seq = 3, .hash = {4}};
    struct strbuf covered = STRBUF_INIT(EXPORT_END_BYTES_MAX);

    export_end_cover(&one, &covered);
    cr_expect_str_eq(strbuf_text(&covered), "loyald export 1 0000000000000001 0000000000000002 5 3 "
                                            "0400000000000000000000000000000000000000000000000000000000000000");
    strbuf_free(&covered);
}
