/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/utf8.h"
#include "sync/central/circle.h"
#include "sync/central/due.h"
#include "sync/central/import_members.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"
#include "sync/central/office.h"

enum { LIST_JSON_MAX = 16 * 1024 };

static const char *const column_names[COLUMN_KNOWN] = {"member",   "card",     "phone",   "state",    "tier",
                                                       "segments", "birthday", "display", "personal", "store"};

static enum status take_column(struct import_file *file, int column, struct errmsg *err)
{
    struct members *members = file->context;
    const char *name = file->names[column];

    members->kinds[column] = COLUMN_POINTS;
    if (strncmp(name, "attr:", 5) == 0) {
        members->kinds[column] = COLUMN_ATTR;
        file->names[column] = name + 5;
    }
    if (id_is_valid(file->names[column]))
        return ST_OK;
    errmsg_set(err, "column %d: \"%.64s\" cannot be the name of a column", column + 1, name);
    return ST_INVALID;
}

static enum status write_list(const char *text, struct strbuf *out, struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    char value[ID_BYTES + 1];

    jw_array_begin(&w);
    while (text && import_next_value(&text, value, sizeof(value))) {
        if (!id_is_valid(value)) {
            errmsg_set(err, "\"%.64s\" cannot be a name", value);
            return ST_INVALID;
        }
        jw_text(&w, value);
    }
    jw_array_end(&w);
    return strbuf_status(out);
}

void import_write_scalar(struct json_writer *w, const char *text)
{
    size_t digits = strspn(text + (text[0] == '-'), "0123456789");

    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        jw_bool(w, text[0] == 't');
    else if (digits > 0 && digits <= 15 && text[(text[0] == '-') + digits] == '\0')
        jw_int(w, strtoll(text, NULL, 10));
    else
        jw_text(w, text);
}

/* The attributes as one object; NULL in *out when the file has none. */
static bool write_attrs(const struct import_file *file, struct strbuf *out)
{
    const struct members *members = file->context;
    struct json_writer w = JSON_WRITER_INIT(out);
    bool any = false;

    jw_object_begin(&w);
    for (int i = 0; i < file->columns; i++) {
        if (members->kinds[i] != COLUMN_ATTR)
            continue;
        any = true;
        if (file->csv.fields[i][0]) {
            jw_name(&w, file->names[i]);
            import_write_scalar(&w, file->csv.fields[i]);
        }
    }
    jw_object_end(&w);
    return any;
}

static enum status check_birthday(const char *text, struct errmsg *err)
{
    char date[16];
    int32_t day;

    if (!text || !text[0])
        return ST_OK;
    (void)snprintf(date, sizeof(date), "2024-%.8s", text); /* a leap year: 29 February is a birthday */
    if (strlen(text) == 5 && civil_parse_date(date, &day) == ST_OK)
        return ST_OK;
    errmsg_set(err, "birthday \"%.20s\": wanted is MM-DD", text);
    return ST_INVALID;
}

static enum status check_row(const struct import_file *file, struct errmsg *err)
{
    static const char *const states[] = {"active", "inactive", "blocked", "expired", ""};
    const char *state = import_field(file, COLUMN_STATE), *tier = import_field(file, COLUMN_TIER);
    bool known = !state;

    for (int i = 0; i < file->columns; i++)
        if (!utf8_is_valid(file->csv.fields[i], strlen(file->csv.fields[i])) ||
            strlen(file->csv.fields[i]) > LIST_JSON_MAX / 2) {
            errmsg_set(err, "column %s: not UTF-8, or longer than %d bytes", file->names[i], LIST_JSON_MAX / 2);
            return ST_INVALID;
        }
    if (!id_is_valid(import_field(file, COLUMN_MEMBER))) {
        errmsg_set(err, "member \"%.64s\": an id is 1 to %d of A-Z a-z 0-9 . _ : -",
                   import_field(file, COLUMN_MEMBER), ID_LEN_MAX);
        return ST_INVALID;
    }
    for (int i = 0; !known && i < 5; i++)
        known = strcmp(state, states[i]) == 0;
    if (!known) {
        errmsg_set(err, "state \"%.20s\": wanted is active, inactive, blocked or expired", state);
        return ST_INVALID;
    }
    if (tier && tier[0] && !id_is_valid(tier)) {
        errmsg_set(err, "tier \"%.64s\" cannot be a name", tier);
        return ST_INVALID;
    }
    return check_birthday(import_field(file, COLUMN_BIRTHDAY), err);
}

static struct store_value optional(const char *text)
{
    return text ? V_TEXT(text) : V_NULL;
}

static enum status put_member(const struct import_file *file, struct errmsg *err)
{
    struct strbuf segments = STRBUF_INIT(LIST_JSON_MAX), personal = STRBUF_INIT(LIST_JSON_MAX);
    struct strbuf attrs = STRBUF_INIT(2 * IMPORT_CHUNK_MAX);
    const char *state = import_field(file, COLUMN_STATE);
    bool has_attrs = write_attrs(file, &attrs);
    int64_t change = 0;
    enum status st = write_list(import_field(file, COLUMN_SEGMENTS), &segments, err);

    if (st == ST_OK)
        st = write_list(import_field(file, COLUMN_PERSONAL), &personal, err);
    if (st == ST_OK)
        st = strbuf_status(&attrs);
    if (st == ST_OK)
        st = store_next_change(file->central->store, &change, err);
    if (st == ST_OK)
        st = STORE_RUN(file->central->store, STATEMENT_MEMBER_PUT, err, V_TEXT(file->chain),
                       V_TEXT(import_field(file, COLUMN_MEMBER)), V_INT(change),
                       optional(state && !state[0] ? "active" : state), optional(import_field(file, COLUMN_TIER)),
                       optional(import_field(file, COLUMN_BIRTHDAY)),
                       import_field(file, COLUMN_SEGMENTS) ? V_TEXT(strbuf_text(&segments)) : V_NULL,
                       has_attrs ? V_TEXT(strbuf_text(&attrs)) : V_NULL,
                       import_field(file, COLUMN_PERSONAL) ? V_TEXT(strbuf_text(&personal)) : V_NULL, V_NULL,
                       optional(import_field(file, COLUMN_DISPLAY)), V_INT(central_now_us(file->central)));
    strbuf_free(&attrs);
    strbuf_free(&personal);
    strbuf_free(&segments);
    return st;
}

static enum status read_points(const char *text, int64_t *out_points)
{
    size_t digits = strspn(text + (text[0] == '-'), "0123456789");

    if (digits == 0 || digits > 15 || text[(text[0] == '-') + digits] != '\0')
        return ST_INVALID;
    *out_points = strtoll(text, NULL, 10);
    return ST_OK;
}

static enum status put_points(struct import_file *file, struct errmsg *err)
{
    const struct members *members = file->context;
    const char *member = import_field(file, COLUMN_MEMBER);
    struct ledger_posting posting = ledger_begin_kind(file->central, file->chain, member, "opening");
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < file->columns; i++) {
        const char *text = file->csv.fields[i];
        int64_t points;

        if (members->kinds[i] != COLUMN_POINTS || !text[0])
            continue;
        if (read_points(text, &points) != ST_OK) {
            errmsg_set(err, "column %s: \"%.20s\" is not a whole number of points", file->names[i], text);
            return ST_INVALID;
        }
        st = ledger_opening(file->central, &posting, file->names[i], points, err);
    }
    return st;
}

/* Points and cards given to an id that became another would be lost to everybody. */
static enum status check_merged(const struct import_file *file, struct errmsg *err)
{
    char id[ID_BYTES] = "";
    const char *member = import_field(file, COLUMN_MEMBER);
    enum status st = json_optional(member_resolve(file->central, file->chain, member, id, err));

    if (st != ST_OK || !id[0] || strcmp(id, member) == 0)
        return st;
    errmsg_set(err, "member %.64s was merged into %.64s: name that one", member, id);
    return ST_INVALID;
}

/* The member's row is written before and touched after what hangs on it, so that its change covers all. */
static enum status put_row(struct import_file *file, struct errmsg *err)
{
    enum status st = check_row(file, err);

    if (st == ST_OK)
        st = check_merged(file, err);
    if (st == ST_OK)
        st = put_member(file, err);
    if (st == ST_OK)
        st = put_points(file, err);
    if (st == ST_OK)
        st = import_put_identifiers(file, "card", COLUMN_CARD, err);
    if (st == ST_OK)
        st = import_put_identifiers(file, "phone", COLUMN_PHONE, err);
    if (st == ST_OK && import_field(file, COLUMN_STORE) && import_field(file, COLUMN_STORE)[0])
        st = circle_home(file->central, file->chain, import_field(file, COLUMN_STORE),
                         import_field(file, COLUMN_MEMBER), err);
    return st == ST_OK ? member_touch(file->central, file->chain, import_field(file, COLUMN_MEMBER), err) : st;
}

/* What the row left for other members, and sales of any till, where it may not do it itself (due.h). */
static enum status put_rest(struct import_file *file, bool *out_found, struct errmsg *err)
{
    struct members *members = file->context;

    return due_step(file->central, &members->attached, out_found, err);
}

static void write_attached(const struct import_file *file, struct json_writer *w)
{
    const struct members *members = file->context;

    jw_field_int(w, "attached_sales", members->attached);
}

enum status import_members(struct central *central, const char *chain, char *text, size_t len, int first_line,
                           struct json_writer *w, struct errmsg *err)
{
    static const struct import_kind kind = {
        "member,card,tier,bonus", column_names, COLUMN_KNOWN, take_column, put_row, put_rest, write_attached,
    };
    struct members members = {.attached = 0};
    enum status st = office_id_key(central, chain, members.id_key, err);

    if (st == ST_OK)
        st = import_file(central, chain, &kind, &members, &(struct import_text){text, len, first_line}, w, err);
    crypto_wipe(members.id_key, sizeof(members.id_key));
    return st;
}
