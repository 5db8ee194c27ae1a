/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/enrol_internal.h"

#include "agent/base/civil_time.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/sealed_box.h"
#include "agent/base/utf8.h"
#include "agent/codes/phone.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 8 * 1024 };

/* ---- the form ---- */

struct form {
    const char *card, *consent, *name, *email, *cashier, *phone_text, *birthday_text; /* views of the body */
    char phone[PHONE_TEXT];
    char birthday[11];
};

/* 1990-05-17, or 17.05.1990 as it is said. */
static bool read_birthday(const char *text, char out_birthday[11])
{
    char iso[11];
    int32_t day;

    if (strlen(text) != 10)
        return false;
    if (text[2] == '.' && text[5] == '.')
        (void)snprintf(iso, sizeof iso, "%.4s-%.2s-%.2s", text + 6, text + 3, text);
    else
        (void)snprintf(iso, sizeof iso, "%s", text);
    if (civil_parse_date(iso, &day) != ST_OK || strcmp(iso, "1900-01-01") < 0)
        return false;
    memcpy(out_birthday, iso, sizeof iso);
    return true;
}

static bool is_text(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ')
            return false;
    return utf8_is_valid(text, strlen(text));
}

/* What is wrong is named by its field, never by what was typed. */
static const char *check_form(const struct till *till, struct form *form)
{
    if (form->name[0] == '\0' || !is_text(form->name))
        return "/name: 1 to 200 bytes";
    if (!till_read_phone(till, form->phone_text, form->phone) &&
        !phone_canonical(form->phone_text, strlen(form->phone_text), "7", form->phone))
        return "/phone: a number with its country's code, such as +7 999 123-45-67";
    if (form->email[0] != '\0' && (!is_text(form->email) || strchr(form->email, ' ') || !strchr(form->email, '@') ||
                                   strchr(form->email, '@') != strrchr(form->email, '@') || form->email[0] == '@' ||
                                   strchr(form->email, '@')[1] == '\0'))
        return "/email: such as name@example.org, or empty";
    if (form->birthday_text[0] != '\0' && !read_birthday(form->birthday_text, form->birthday))
        return "/birthday: such as 1990-05-17 or 17.05.1990, or empty";
    return NULL;
}

static enum problem read_form(const struct till *till, const struct cJSON *root, struct form *form,
                              struct errmsg *err)
{
    const struct {
        const char *name, **view;
        size_t max;
    } fields[] = {{"card", &form->card, CODE_NUMBER_MAX},      {"consent", &form->consent, ID_LEN_MAX},
                  {"name", &form->name, ENROL_TEXT_MAX},       {"phone", &form->phone_text, 40},
                  {"email", &form->email, ENROL_TEXT_MAX},     {"birthday", &form->birthday_text, 10},
                  {"cashier", &form->cashier, BASKET_TEXT_MAX}};
    const char *wrong;

    *form = (struct form){0};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        *fields[i].view = "";
        if (json_optional(json_text(root, fields[i].name, fields[i].max, fields[i].view, NULL)) == ST_OK)
            continue;
        errmsg_set(err, "/%s: a text of at most %zu bytes", fields[i].name, fields[i].max);
        return PROBLEM_BAD_FIELD;
    }
    wrong = check_form(till, form);
    if (!wrong)
        return PROBLEM_NONE;
    errmsg_set(err, "%s", wrong);
    return PROBLEM_BAD_FIELD;
}

/* ---- the card ---- */

struct issued {
    uint8_t hash[IDENTITY_HASH_BYTES];
    char shown[SALE_CARD_TEXT_MAX + 1];
};

static enum problem take_number(struct till *till, const char *number, struct issued *card, struct errmsg *err)
{
    struct code_match match;
    enum problem problem = PROBLEM_NONE;
    size_t len;

    till_classify(till, "", number, true, &match);
    if (match.misread) {
        problem = PROBLEM_CARD_CHECK_DIGIT;
    } else if (match.kind != CODE_MEMBER) {
        errmsg_set(err, "/card: not the number of a member's card");
        problem = PROBLEM_BAD_FIELD;
    } else {
        len = strlen(match.number);
        identity_hash(till->options.identity, "card", match.number, card->hash);
        (void)snprintf(card->shown, sizeof card->shown, "***%s", len > 4 ? match.number + len - 4 : "");
    }
    crypto_wipe(match.number, sizeof match.number);
    return problem;
}

static enum problem find_card(struct till *till, const char *number, struct issued *card, struct errmsg *err)
{
    const struct sale *sale = till->current;
    struct till_member member = {0};
    enum problem problem = PROBLEM_NONE;

    if (number[0] != '\0') {
        problem = take_number(till, number, card, err);
    } else if (sale && sale_is_open(sale) && sale->has_card && !sale->by_phone) {
        memcpy(card->hash, sale->card_hash, sizeof card->hash);
        (void)snprintf(card->shown, sizeof card->shown, "%s", sale->card);
    } else if (till->waiting.there && !till->waiting.shown.phone) {
        problem = take_number(till, till->waiting.text, card, err);
    } else {
        errmsg_set(err, "/card: its number; no card is on the sale");
        problem = PROBLEM_BAD_FIELD;
    }
    if (problem != PROBLEM_NONE)
        return problem;
    if (till_member_find(till->options.cache, till->options.journal, card->hash, &member, NULL) == ST_OK) {
        till_member_clear(&member);
        return PROBLEM_CARD_TAKEN;
    }
    return PROBLEM_NONE;
}

/* ---- the record ---- */

struct box {
    uint8_t bytes[ENROL_FORM_MAX + SEALED_BOX_OVERHEAD];
    size_t len;
};

/* As long as every other form of its step: how long a name is stays in the box. */
static enum status write_plain(const struct form *form, char out_bytes[ENROL_FORM_MAX], size_t *out_len)
{
    struct strbuf plain = STRBUF_INIT(ENROL_FORM_MAX);
    struct json_writer w = JSON_WRITER_INIT(&plain);
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "name", form->name);
    jw_field_text(&w, "phone", form->phone);
    jw_field_text(&w, "email", form->email);
    jw_field_text(&w, "birthday", form->birthday);
    jw_object_end(&w);
    st = strbuf_status(&plain);
    if (st == ST_OK) {
        *out_len = (plain.len + ENROL_FORM_STEP - 1) / ENROL_FORM_STEP * ENROL_FORM_STEP;
        memset(out_bytes, ' ', *out_len);
        memcpy(out_bytes, plain.data, plain.len);
    }
    if (plain.data)
        crypto_wipe(plain.data, plain.len);
    strbuf_free(&plain);
    return st;
}

static enum status seal_form(const struct till *till, const struct form *form, const struct issued *card,
                             const struct cJSON *terms, struct box *out_box, struct errmsg *err)
{
    char bytes[ENROL_FORM_MAX]; /* wiped below */
    size_t len = 0;
    uint8_t point[PK_POINT_BYTES];
    struct strbuf place = STRBUF_INIT(256);
    char dev[17], hash[2 * IDENTITY_HASH_BYTES + 1];
    enum status st = write_plain(form, bytes, &len);

    hex_from_u64(till->options.identity->dev, dev);
    hex_encode(card->hash, sizeof card->hash, hash);
    record_form_place(dev, hash, form->consent, &place);
    if (st == ST_OK)
        st = strbuf_status(&place);
    if (st == ST_OK)
        st = enrol_read_key(terms, point, err);
    if (st == ST_OK) {
        st = sealed_box_close(point, RECORD_FORM_INFO, strbuf_text(&place), bytes, len, out_box->bytes, err);
        out_box->len = len + SEALED_BOX_OVERHEAD;
    }
    crypto_wipe(bytes, sizeof bytes);
    strbuf_free(&place);
    return st;
}

static enum problem journal_it(struct till *till, const struct form *form, const struct issued *card,
                               const struct box *box, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(BODY_MAX + 2 * (ENROL_FORM_MAX + SEALED_BOX_OVERHEAD));
    struct json_writer w = JSON_WRITER_INIT(&body);
    enum problem problem;

    jw_object_begin(&w);
    jw_field_hex(&w, "identifier", card->hash, sizeof card->hash);
    jw_field_text(&w, "consent", form->consent);
    if (form->cashier[0] != '\0')
        jw_field_text(&w, "cashier", form->cashier);
    jw_field_hex(&w, "form", box->bytes, box->len);
    jw_object_end(&w);
    problem = till_append_command(till, "enrolment", &body, err);
    strbuf_free(&body);
    return problem;
}

/* The trees of bodies are not wiped by who frees them; this one held a form. */
static void wipe_texts(struct cJSON *root)
{
    struct cJSON *child;

    cJSON_ArrayForEach(child, root) if (cJSON_IsString(child))
        crypto_wipe(child->valuestring, strlen(child->valuestring));
}

static enum problem enrol(struct till *till, const struct cJSON *root, struct issued *card, struct form *form,
                          struct errmsg *err)
{
    struct cJSON *terms = enrol_load_terms(till);
    const struct cJSON *consent = enrol_consent(till, terms);
    struct box box;
    enum problem problem = consent ? read_form(till, root, form, err) : PROBLEM_NO_CONSENT;

    if (problem == PROBLEM_NONE && strcmp(form->consent, tree_text(consent, "version")) != 0)
        problem = PROBLEM_CONSENT_DIFFERS;
    if (problem == PROBLEM_NONE)
        problem = find_card(till, form->card, card, err);
    if (problem == PROBLEM_NONE && seal_form(till, form, card, terms, &box, err) != ST_OK)
        problem = PROBLEM_INTERNAL;
    if (problem == PROBLEM_NONE)
        problem = journal_it(till, form, card, &box, err);
    json_free(terms);
    return problem;
}

enum problem till_enrol_member(struct till *till, const char *body, size_t len, struct strbuf *out,
                               struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    struct cJSON *root = NULL;
    struct issued card = {0};
    struct form form;
    enum problem problem;

    if (till->stopping)
        return PROBLEM_JOURNAL_FAILED;
    if (json_parse(body, len, BODY_MAX, &root, err) != ST_OK) {
        errmsg_set(err, "not a form: JSON of at most %d bytes", BODY_MAX); /* the parser's words may quote it */
        return PROBLEM_BAD_JSON;
    }
    problem = till->options.identity->enrolled ? enrol(till, root, &card, &form, err) : PROBLEM_NO_CONSENT;
    if (problem == PROBLEM_NONE) {
        jw_object_begin(&w);
        jw_field_text(&w, "card", card.shown);
        jw_field_text(&w, "consent", form.consent);
        jw_object_end(&w);
    }
    crypto_wipe(form.phone, sizeof form.phone);
    crypto_wipe(form.birthday, sizeof form.birthday);
    wipe_texts(root);
    json_free(root);
    return problem;
}
