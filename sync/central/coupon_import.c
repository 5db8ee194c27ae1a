/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/coupon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/civil_time.h"
#include "sync/central/import_file.h"
#include "sync/central/office.h"

enum column {
    COLUMN_CODE,
    COLUMN_MEMBER,
    COLUMN_PROMOTION,
    COLUMN_USES_MAX,
    COLUMN_FROM,
    COLUMN_UNTIL,
    COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = {"code", "member", "promotion", "uses_max", "from", "until"};

static enum status refuse_column(struct import_file *file, int column, struct errmsg *err)
{
    errmsg_set(err, "column %d: \"%.64s\" is none of code, member, promotion, uses_max, from, until", column + 1,
               file->names[column]);
    return ST_INVALID;
}

static const char *field(const struct import_file *file, enum column column)
{
    const char *text = import_field(file, column);

    return text ? text : "";
}

static enum status check_name(const char *what, const char *name, struct errmsg *err)
{
    if (!name[0] || id_is_valid(name))
        return ST_OK;
    errmsg_set(err, "%s \"%.64s\" cannot be a name", what, name);
    return ST_INVALID;
}

static enum status check_date(const char *what, const char *date, struct errmsg *err)
{
    int32_t day;

    if (!date[0] || (strlen(date) == 10 && civil_parse_date(date, &day) == ST_OK))
        return ST_OK;
    errmsg_set(err, "%s \"%.20s\": wanted is YYYY-MM-DD", what, date);
    return ST_INVALID;
}

static enum status put_row(struct import_file *file, struct errmsg *err)
{
    const char *uses = field(file, COLUMN_USES_MAX);
    char code[COUPON_CODE_BYTES];
    int64_t change, uses_max = 1;
    enum status st = check_name("member", field(file, COLUMN_MEMBER), err);

    if (st == ST_OK)
        st = check_name("promotion", field(file, COLUMN_PROMOTION), err);
    if (st == ST_OK)
        st = check_date("from", field(file, COLUMN_FROM), err);
    if (st == ST_OK)
        st = check_date("until", field(file, COLUMN_UNTIL), err);
    if (st == ST_OK &&
        (!coupon_fold(field(file, COLUMN_CODE), code) || strspn(code, "abcdefghijklmnopqrstuvwxyz"
                                                                      "0123456789._:/") != strlen(code))) {
        errmsg_set(err, "a code is at most %d letters and digits", COUPON_CODE_BYTES - 1);
        st = ST_INVALID;
    }
    if (st == ST_OK && uses[0]) {
        uses_max = strspn(uses, "0123456789") == strlen(uses) && strlen(uses) < 10 ? strtol(uses, NULL, 10) : -1;
        if (uses_max < 0) {
            errmsg_set(err, "uses_max \"%.20s\": a number, 0 takes the coupon back", uses);
            st = ST_INVALID;
        }
    }
    if (st == ST_OK)
        st = store_next_change(file->central->store, &change, err);
    if (st != ST_OK)
        return st;
    return STORE_RUN(file->central->store, STATEMENT_COUPON_PUT, err, V_TEXT(file->chain), V_TEXT(code),
                     V_INT(change), V_TEXT(field(file, COLUMN_MEMBER)), V_TEXT(field(file, COLUMN_PROMOTION)),
                     V_INT(uses_max), V_TEXT(field(file, COLUMN_FROM)), V_TEXT(field(file, COLUMN_UNTIL)));
}

enum status coupon_import(struct central *central, const char *chain, char *text, size_t len, int first_line,
                          struct json_writer *w, struct errmsg *err)
{
    static const struct import_kind kind = {
        "code,member,until", column_names, COLUMN_COUNT, refuse_column, put_row, NULL, NULL,
    };
    enum status st = office_need_chain(central, chain, err);

    if (st != ST_OK)
        return st;
    return import_file(central, chain, &kind, NULL, &(struct import_text){text, len, first_line}, w, err);
}
