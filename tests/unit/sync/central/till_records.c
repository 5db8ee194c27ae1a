/* SPDX-License-Identifier: Apache-2.0 */
#include "till_records.h"

#include <criterion/criterion.h>
#include <string.h>

#include "agent/base/json_writer.h"
#include "agent/base/sealed_box.h"
#include "sync/protocol/origin.h"

enum { TEXT_MAX = 256 * 1024 };

void till_carry(struct fake_till *to, const struct strbuf *records, struct strbuf *out)
{
    const char *at = records->data, *end;

    for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        struct strbuf one = STRBUF_INIT(TEXT_MAX);
        struct record_head head = {.dev = to->dev, .epoch = to->epoch, .seq = ++to->seq};
        struct errmsg err = ERRMSG_INIT;

        memcpy(head.prev, to->head, sizeof head.prev);
        cr_assert_eq(origin_carry(&head, at, (size_t)(end - at), &one, &err), ST_OK, "%s", err.text);
        record_hash(to->head, one.data, one.len, to->head);
        strbuf_add(out, one.data, one.len);
        strbuf_putc(out, '\n');
        strbuf_free(&one);
    }
}

void till_form(struct fake_till *till, const char *card, const struct pk *key, const char *sealed_for,
               const char *text, bool flip, struct strbuf *out)
{
    struct strbuf place = STRBUF_INIT(256), body = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    uint8_t point[PK_POINT_BYTES], box[4096];
    struct errmsg err = ERRMSG_INIT;

    record_form_place(till->dev_hex, sealed_for, "2026-1", &place);
    cr_assert_eq(pk_point(key, point), ST_OK);
    cr_assert_eq(sealed_box_close(point, RECORD_FORM_INFO, strbuf_text(&place), text, strlen(text), box, &err),
                 ST_OK);
    box[100] ^= flip;
    jw_object_begin(&w);
    jw_field_text(&w, "identifier", card);
    jw_field_text(&w, "consent", "2026-1");
    jw_field_hex(&w, "form", box, strlen(text) + SEALED_BOX_OVERHEAD);
    jw_object_end(&w);
    till_record(till, "enrolment", body.data, out);
    strbuf_free(&place);
    strbuf_free(&body);
}
