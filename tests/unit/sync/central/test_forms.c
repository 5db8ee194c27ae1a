/* SPDX-License-Identifier: Apache-2.0 */
/* A form filled in at a till: unsealed here and only here, from that till and for that card only. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json_writer.h"
#include "agent/base/sealed_box.h"
#include "till_records.h"
#include "sync/central/forms.h"
#include "sync/central/import.h"
#include "sync/central/member.h"
#include "sync/central/report.h"
#include "sync/central/updates.h"
#include "sync/protocol/record.h"

enum { TEXT_MAX = 64 * 1024 };

static struct fixture f;
static struct fake_till till;
static char card[IDENTIFIER_HASH_TEXT];

static void open_central(void)
{
    fixture_open(&f);
    till_enrol_fresh(&f, &till, 0x3f6c1d20a4b5e677);
    identifier_hash(till.id_key, "card:2900000000018", card);
}

static void close_central(void)
{
    till_clear(&till);
    fixture_close(&f);
}

TestSuite(central_forms, .init = open_central, .fini = close_central);

#define FORM                                                                                                         \
    "{\"name\":\"Anna "                                                                                              \
    "Karenina\",\"phone\":\"+79990000000\",\"email\":\"anna@example.org\",\"birthday\":\"1990-05-17\"}"

/* Why the records that could not be understood could not. */
static const char *reasons(struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(report_dead_letters(f.central, &w, &err), ST_OK);
    return strbuf_text(out);
}

static void post(const struct strbuf *batch)
{
    struct strbuf answer = STRBUF_INIT(TEXT_MAX);

    cr_assert_eq(till_post(&f, &till, batch, &answer), 200, "%s", strbuf_text(&answer));
    strbuf_free(&answer);
}

static void stored(const char *member, char out_text[512])
{
    struct rows *rows;
    struct errmsg err = ERRMSG_INIT;

    out_text[0] = '\0';
    cr_assert_eq(
        STORE_SELECT(f.central->store, STATEMENT_FORM_LIST, &rows, &err, V_TEXT("demo"), V_TEXT(member), V_INT(1)),
        ST_OK);
    while (rows_next(rows))
        (void)snprintf(out_text, 512, "%s|%s|%s|%s|%s", rows_text(rows, 0), rows_text(rows, 1), rows_text(rows, 2),
                       rows_text(rows, 3), rows_text(rows, 4));
    cr_assert_eq(rows_end(rows, &err), ST_OK);
}

Test(central_forms, a_form_makes_a_member_with_the_card)
{
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), why = STRBUF_INIT(TEXT_MAX);
    struct errmsg err = ERRMSG_INIT;
    char member[ID_BYTES], by_phone[ID_BYTES], hash[IDENTIFIER_HASH_TEXT], text[512];

    till_sale(&f, &till, "S-1", NULL, card, 10000, &batch);
    till_form(&till, card, f.central->forms_key, card, FORM, false, &batch);
    post(&batch);
    cr_expect_eq(total(&f, "dead_letters"), 0, "%s", reasons(&why));
    cr_assert_eq(member_by_identifier(f.central, "demo", card, member, &err), ST_OK, "%s", err.text);
    identifier_hash(till.id_key, "phone:+79990000000", hash);
    cr_assert_eq(member_by_identifier(f.central, "demo", hash, by_phone, &err), ST_OK);
    cr_expect_str_eq(by_phone, member);
    stored(member, text);
    cr_expect_str_eq(text, "2026-1|Anna Karenina|+79990000000|anna@example.org|1990-05-17");
    cr_expect(ledger_is_ok(&f));
    strbuf_free(&batch);
    strbuf_free(&why);
}

Test(central_forms, the_same_card_again_is_the_same_member)
{
    struct strbuf batch = STRBUF_INIT(TEXT_MAX);
    struct errmsg err = ERRMSG_INIT;
    char member[ID_BYTES], again[ID_BYTES], text[512];

    till_form(&till, card, f.central->forms_key, card, FORM, false, &batch);
    post(&batch);
    cr_assert_eq(member_by_identifier(f.central, "demo", card, member, &err), ST_OK);
    strbuf_clear(&batch);
    till_form(&till, card, f.central->forms_key, card, "{\"name\":\"Anna Vronskaya\"}", false, &batch);
    post(&batch);
    cr_assert_eq(member_by_identifier(f.central, "demo", card, again, &err), ST_OK);
    cr_expect_str_eq(again, member);
    cr_expect_eq(total(&f, "members"), 1);
    stored(member, text);
    cr_expect_str_eq(text, "2026-1|Anna Vronskaya|||");
    strbuf_free(&batch);
}

Test(central_forms, a_phone_that_is_anothers_stays_there)
{
    struct strbuf batch = STRBUF_INIT(TEXT_MAX);
    struct errmsg err = ERRMSG_INIT;
    char member[ID_BYTES], owner[ID_BYTES], hash[IDENTIFIER_HASH_TEXT];

    fixture_import(&f, "member,phone\nM1,+79990000000\n");
    till_form(&till, card, f.central->forms_key, card, FORM, false, &batch);
    post(&batch);
    identifier_hash(till.id_key, "phone:+79990000000", hash);
    cr_assert_eq(member_by_identifier(f.central, "demo", hash, owner, &err), ST_OK);
    cr_expect_str_eq(owner, "M1");
    cr_assert_eq(member_by_identifier(f.central, "demo", card, member, &err), ST_OK);
    cr_expect_str_neq(member, "M1");
    strbuf_free(&batch);
}

static void expect_dead(const struct pk *key, const char *sealed_for, const char *text, bool flip)
{
    struct strbuf batch = STRBUF_INIT(TEXT_MAX);
    struct errmsg err = ERRMSG_INIT;
    char member[ID_BYTES];
    int64_t before = total(&f, "dead_letters");

    till_form(&till, card, key, sealed_for, text, flip, &batch);
    post(&batch);
    cr_expect_eq(total(&f, "dead_letters"), before + 1);
    cr_expect_eq(member_by_identifier(f.central, "demo", card, member, &err), ST_NOT_FOUND, "nothing half done");
    strbuf_free(&batch);
}

Test(central_forms, what_cannot_be_unsealed_is_kept_sealed)
{
    struct pk *other = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(pk_generate(&other, &err), ST_OK);
    expect_dead(other, card, FORM, false);
    expect_dead(f.central->forms_key, "00000000000000000000000000000000", FORM, false);
    expect_dead(f.central->forms_key, card, FORM, true);
    expect_dead(f.central->forms_key, card, "no form", false);
    expect_dead(f.central->forms_key, card, "{\"name\":7}", false);
    pk_destroy(other);
}

Test(central_forms, tills_are_told_the_key_and_the_latest_consents)
{
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(forms_consent_set(f.central, "demo", "ru", "1", "Old", &err), ST_OK, "%s", err.text);
    cr_expect_eq(forms_consent_set(f.central, "demo", "ru", "2", "New", &err), ST_OK);
    cr_expect_eq(forms_consent_set(f.central, "demo", "en", "2", "English", &err), ST_OK);
    cr_expect_eq(forms_consent_set(f.central, "demo", "ru", "2", "Other", &err), ST_CONFLICT,
                 "a version keeps its text");
    cr_expect_eq(forms_consent_set(f.central, "demo", "Ru", "3", "x", &err), ST_INVALID);
    cr_expect_eq(forms_consent_set(f.central, "demo", "ru", "3", "", &err), ST_INVALID);
    cr_expect_neq(forms_consent_set(f.central, "none", "ru", "3", "x", &err), ST_OK);
    jw_object_begin(&w);
    cr_assert_eq(forms_write_terms(f.central, "demo", &w, &err), ST_OK);
    jw_object_end(&w);
    cr_expect(has_text(&out, "[{\"language\":\"en\",\"version\":\"2\",\"text\":\"English\"},{\"language\":\"ru\","
                             "\"version\":\"2\",\"text\":\"New\"}]"),
              "%s", strbuf_text(&out));
    strbuf_free(&out);
}

Test(central_forms, the_key_outlives_a_restart)
{
    uint8_t before[PK_POINT_BYTES], after[PK_POINT_BYTES];

    cr_assert_eq(pk_point(f.central->forms_key, before), ST_OK);
    fixture_reopen(&f);
    cr_assert_eq(pk_point(f.central->forms_key, after), ST_OK);
    cr_expect_arr_eq(before, after, sizeof before);
}
