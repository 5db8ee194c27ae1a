/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/forms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/sealed_box.h"
#include "agent/base/utf8.h"
#include "sync/central/due.h"
#include "sync/central/import.h"
#include "sync/central/member.h"
#include "sync/central/office.h"
#include "sync/protocol/record.h"

enum { BOX_BYTES_MAX = 8 * 1024, BOX_BYTES_MIN = SEALED_BOX_OVERHEAD + 2 };

/* ---- consent ---- */

static enum status check_consent(const char *language, const char *version, const char *text, struct errmsg *err)
{
    size_t len = strlen(text);

    if (strlen(language) != 2 || strspn(language, "abcdefghijklmnopqrstuvwxyz") != 2)
        errmsg_set(err, "language \"%.20s\": wanted are two letters a to z", language);
    else if (!id_is_valid(version))
        errmsg_set(err, "version \"%.80s\": a name is 1 to %d of A-Z a-z 0-9 . _ : -", version, ID_LEN_MAX);
    else if (len == 0 || len > FORMS_CONSENT_TEXT_MAX || !utf8_is_valid(text, len))
        errmsg_set(err, "a text of consent is 1 to %d bytes of UTF-8", FORMS_CONSENT_TEXT_MAX);
    else
        return ST_OK;
    return ST_INVALID;
}

enum status forms_consent_set(struct central *central, const char *chain, const char *language, const char *version,
                              const char *text, struct errmsg *err)
{
    enum status st = office_need_chain(central, chain, err);

    if (st == ST_OK)
        st = check_consent(language, version, text, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_CONSENT_INSERT, err, V_TEXT(chain), V_TEXT(language),
                       V_TEXT(version), V_TEXT(text), V_INT(central_now_us(central)));
    if (st == ST_CONFLICT)
        errmsg_set(err,
                   "version %s of %s is there already: a version keeps its text, give the new one a name of its own",
                   version, language);
    return st;
}

enum status forms_write_terms(struct central *central, const char *chain, struct json_writer *w, struct errmsg *err)
{
    uint8_t point[PK_POINT_BYTES];
    struct rows *rows;
    enum status st = pk_point(central->forms_key, point);

    if (st == ST_OK)
        st = STORE_SELECT(central->store, STATEMENT_CONSENT_LIST, &rows, err, V_TEXT(chain));
    if (st != ST_OK)
        return st;
    jw_name(w, "enrolment");
    jw_object_begin(w);
    jw_field_hex(w, "key", point, sizeof(point));
    jw_name(w, "consents");
    jw_array_begin(w);
    while (rows_next(rows)) {
        jw_object_begin(w);
        jw_field_text(w, "language", rows_text(rows, 0));
        jw_field_text(w, "version", rows_text(rows, 1));
        jw_field_text(w, "text", rows_text(rows, 2));
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_object_end(w);
    return rows_end(rows, err);
}

/* ---- a form ---- */

/* Views of the record's body and of the form. */
struct form {
    const char *hash, *consent, *sealed;
    const char *name, *phone, *email, *birthday;
};

static enum status read_record(const struct cJSON *body, struct form *form, struct errmsg *err)
{
    uint8_t hash[(IDENTIFIER_HASH_TEXT - 1) / 2];
    enum status st = json_hex(body, "identifier", sizeof(hash), hash, err);

    if (st == ST_OK)
        st = json_text(body, "identifier", IDENTIFIER_HASH_TEXT - 1, &form->hash, err);
    if (st == ST_OK)
        st = json_text(body, "consent", ID_LEN_MAX, &form->consent, err);
    if (st == ST_OK)
        st = json_text(body, "form", (size_t)2 * BOX_BYTES_MAX, &form->sealed, err);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static enum status read_plain(const struct cJSON *root, struct form *form, struct errmsg *err)
{
    const struct {
        const char *name, **view;
    } fields[] = {
        {"name", &form->name}, {"phone", &form->phone}, {"email", &form->email}, {"birthday", &form->birthday}};
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof(fields) / sizeof(fields[0]); i++) {
        *fields[i].view = "";
        st = json_optional(json_text(root, fields[i].name, FORMS_TEXT_MAX, fields[i].view, err));
    }
    return st;
}

/* Returns owned the form's tree (json_free). */
static enum status unseal(const struct central *central, const struct interpret_record *record,
                          const struct form *form, struct cJSON **out_root, struct errmsg *err)
{
    struct strbuf place = STRBUF_INIT(256);
    uint8_t box[BOX_BYTES_MAX], plain[BOX_BYTES_MAX];
    size_t len = strlen(form->sealed) / 2;
    enum status st = ST_OK;

    if (len < BOX_BYTES_MIN || len > BOX_BYTES_MAX || strlen(form->sealed) % 2 != 0 ||
        hex_decode(form->sealed, len, box) != ST_OK) {
        errmsg_set(err, "form: not the hex of a sealed form");
        return ST_INVALID;
    }
    record_form_place(record->first_dev, form->hash, form->consent, &place);
    st = strbuf_status(&place);
    if (st == ST_OK)
        st = sealed_box_open(central->forms_key, RECORD_FORM_INFO, strbuf_text(&place), box, len, plain, err);
    if (st == ST_OK &&
        json_parse((const char *)plain, len - SEALED_BOX_OVERHEAD, BOX_BYTES_MAX, out_root, NULL) != ST_OK) {
        errmsg_set(err, "form: what was sealed is no JSON"); /* not in the parser's words: they may quote it */
        st = ST_INVALID;
    }
    crypto_wipe(plain, sizeof(plain));
    strbuf_free(&place);
    return st;
}

/* A card that nobody has gets a member of its own, named by the card: the same card again is the same member. */
static enum status find_member(struct central *central, const char *chain, const struct form *form,
                               char out_member[ID_BYTES], bool *out_new, struct errmsg *err)
{
    enum status st = member_by_identifier(central, chain, form->hash, out_member, err);

    *out_new = st == ST_NOT_FOUND;
    if (st != ST_NOT_FOUND)
        return st;
    (void)snprintf(out_member, ID_BYTES, "C%.16s", form->hash);
    st = member_make(central, chain, out_member, err);
    if (st == ST_OK && strlen(form->birthday) == 10)
        st = STORE_RUN(central->store, STATEMENT_MEMBER_BIRTHDAY, err, V_TEXT(chain), V_TEXT(out_member),
                       V_TEXT(form->birthday + 5));
    return st;
}

static enum status attach(struct central *central, const char *chain, const char *hash, const char *member,
                          struct errmsg *err)
{
    int64_t posted = 0;
    enum status st =
        STORE_RUN(central->store, STATEMENT_IDENTIFIER_PUT, err, V_TEXT(chain), V_TEXT(hash), V_TEXT(member));

    return st == ST_OK ? due_attach(central, chain, hash, &posted, err) : st;
}

/* A phone that another member has stays with that one: who types a number at a till has not shown that it is theirs.
 */
static enum status attach_phone(struct central *central, const char *chain, const struct form *form,
                                const char *member, struct errmsg *err)
{
    uint8_t id_key[CRYPTO_KEY_BYTES];
    char canonical[FORMS_TEXT_MAX + 8], hash[IDENTIFIER_HASH_TEXT], owner[ID_BYTES], text[2 * ID_BYTES + 128];
    enum status st;

    if (!form->phone[0])
        return ST_OK;
    st = office_id_key(central, chain, id_key, err);
    if (st != ST_OK)
        return st;
    (void)snprintf(canonical, sizeof(canonical), "phone:%s", form->phone);
    identifier_hash(id_key, canonical, hash);
    crypto_wipe(id_key, sizeof(id_key));
    crypto_wipe(canonical, sizeof(canonical));
    st = member_by_identifier(central, chain, hash, owner, err);
    if (st == ST_NOT_FOUND)
        return attach(central, chain, hash, member, err);
    if (st != ST_OK || strcmp(owner, member) == 0)
        return st;
    (void)snprintf(text, sizeof(text), "the form of member %s names the phone of member %s: are they one?", member,
                   owner);
    return notice_put(central, chain, "", text, err);
}

static enum status store_form(struct central *central, const struct interpret_record *record, const struct form *form,
                              const char *member, struct errmsg *err)
{
    return STORE_RUN(central->store, STATEMENT_FORM_INSERT, err, V_TEXT(record->device->dev),
                     V_TEXT(record->device->epoch), V_INT(record->seq), V_TEXT(record->device->chain), V_TEXT(member),
                     V_TEXT(form->consent), V_TEXT(form->name), V_TEXT(form->phone), V_TEXT(form->email),
                     V_TEXT(form->birthday), V_INT(central_now_us(central)));
}

enum status forms_note(struct central *central, const struct interpret_record *record, const struct cJSON *body,
                       struct errmsg *err)
{
    const char *chain = record->device->chain;
    struct form form = {0};
    struct cJSON *root = NULL;
    char member[ID_BYTES];
    bool is_new = false;
    enum status st = read_record(body, &form, err);

    if (st == ST_OK)
        st = unseal(central, record, &form, &root, err);
    if (st == ST_OK)
        st = read_plain(root, &form, err);
    if (st == ST_OK)
        st = find_member(central, chain, &form, member, &is_new, err);
    if (st == ST_OK && is_new)
        st = attach(central, chain, form.hash, member, err);
    if (st == ST_OK)
        st = attach_phone(central, chain, &form, member, err);
    if (st == ST_OK)
        st = store_form(central, record, &form, member, err);
    if (st == ST_OK)
        st = member_touch(central, chain, member, err);
    json_free(root);
    return st;
}
