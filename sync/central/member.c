/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/member.h"

#include <stdio.h>
#include <string.h>

#include "sync/central/device.h"
#include "sync/central/ledger.h"
#include "sync/central/sheet.h"

/* Whom that id was merged into, "" for nobody. Within a transaction his rows are wanted soon as well. */
static enum status next_of(struct central *central, const char *chain, const char *id, char out_into[ID_BYTES],
                           struct errmsg *err)
{
    struct rows *rows;
    bool found;
    enum status st;

    if (store_in_transaction(central->store))
        return sheet_merged(central, chain, id, out_into, err);
    st = STORE_SELECT(central->store, STATEMENT_MEMBER_MERGED, &rows, err, V_TEXT(chain), V_TEXT(id));
    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    if (found)
        (void)snprintf(out_into, ID_BYTES, "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    if (st == ST_OK && !found)
        errmsg_set(err, "member %.64s is not known", id);
    return st == ST_OK && !found ? ST_NOT_FOUND : st;
}

enum status member_resolve(struct central *central, const char *chain, const char *id, char out_id[ID_BYTES],
                           struct errmsg *err)
{
    char at[ID_BYTES];

    (void)snprintf(at, sizeof(at), "%s", id);
    for (int i = 0; i <= MEMBER_MERGES_MAX; i++) {
        char next[ID_BYTES];
        enum status st = next_of(central, chain, at, next, err);

        if (st != ST_OK)
            return st;
        if (!next[0]) {
            memcpy(out_id, at, sizeof(at));
            return ST_OK;
        }
        memcpy(at, next, sizeof(at));
    }
    errmsg_set(err, "member %s was merged more than %d times over", id, MEMBER_MERGES_MAX);
    return ST_INVALID;
}

enum status member_by_identifier(struct central *central, const char *chain, const char *hash, char out_id[ID_BYTES],
                                 struct errmsg *err)
{
    struct rows *rows;
    char id[ID_BYTES] = "";
    enum status st = STORE_SELECT(central->store, STATEMENT_IDENTIFIER_GET, &rows, err, V_TEXT(chain), V_TEXT(hash));

    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        (void)snprintf(id, sizeof(id), "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    if (st != ST_OK)
        return st;
    if (!id[0]) {
        errmsg_set(err, "no member has this identifier");
        return ST_NOT_FOUND;
    }
    return member_resolve(central, chain, id, out_id, err);
}

/* {"purchases":n, ...the office's own attributes} */
static void write_attrs(const char *attrs, int64_t purchases, struct json_writer *w)
{
    struct strbuf text = STRBUF_INIT(1024 * 1024);

    strbuf_printf(&text, "{\"purchases\":%lld%s%s", (long long)purchases, attrs[1] == '}' ? "" : ",", attrs + 1);
    jw_field_raw(w, "attrs", strbuf_text(&text), text.len);
    strbuf_free(&text);
}

static enum status write_usage(struct central *central, const char *chain, const char *id, struct json_writer *w,
                               struct errmsg *err)
{
    struct rows *rows;
    char date[11];
    enum status st = STORE_SELECT(central->store, STATEMENT_MEMBER_USAGE_LIST, &rows, err, V_TEXT(chain), V_TEXT(id));

    if (st != ST_OK)
        return st;
    jw_name(w, "usage");
    jw_object_begin(w);
    while (rows_next(rows)) {
        jw_name(w, rows_text(rows, 0));
        jw_object_begin(w);
        jw_field_int(w, "count", rows_int(rows, 1));
        jw_field_int(w, "day", rows_int(rows, 3));
        jw_field_int(w, "week", rows_int(rows, 4));
        jw_field_int(w, "month", rows_int(rows, 5));
        /* Of which day, week and month those three are: another day has had none yet. */
        civil_format_date((int32_t)rows_int(rows, 2), date);
        jw_field_text(w, "date", date);
        jw_object_end(w);
    }
    jw_object_end(w);
    return rows_end(rows, err);
}

static enum status write_identifiers(struct central *central, const char *chain, const char *id,
                                     struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_IDENTIFIER_LIST, &rows, err, V_TEXT(chain), V_TEXT(id));

    if (st != ST_OK)
        return st;
    jw_name(w, "identifiers");
    jw_array_begin(w);
    while (rows_next(rows))
        jw_text(w, rows_text(rows, 0));
    jw_array_end(w);
    return rows_end(rows, err);
}

static void write_optional(struct json_writer *w, const char *name, const char *text)
{
    if (text[0])
        jw_field_text(w, name, text);
}

static void write_profile(const struct rows *rows, struct json_writer *w)
{
    jw_field_text(w, "state", rows_text(rows, 0));
    write_optional(w, "tier", rows_text(rows, 1));
    write_optional(w, "birthday", rows_text(rows, 2));
    jw_field_raw(w, "segments", rows_text(rows, 3), strlen(rows_text(rows, 3)));
    write_attrs(rows_text(rows, 4), rows_int(rows, 8), w);
    jw_field_raw(w, "personal", rows_text(rows, 5), strlen(rows_text(rows, 5)));
    jw_field_raw(w, "lists", rows_text(rows, 6), strlen(rows_text(rows, 6)));
    write_optional(w, "display", rows_text(rows, 7));
    if (rows_int(rows, 9))
        jw_field_bool(w, "overdrawn", true);
}

enum status member_write(struct central *central, const char *chain, const char *id, const struct device *device,
                         struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_MEMBER_GET, &rows, err, V_TEXT(chain), V_TEXT(id)), end;

    if (st != ST_OK)
        return st;
    if (!rows_next(rows)) {
        end = rows_end(rows, err);
        if (end == ST_OK)
            errmsg_set(err, "member %.64s is not known", id);
        return end == ST_OK ? ST_NOT_FOUND : end;
    }
    jw_object_begin(w);
    jw_field_text(w, "id", id);
    write_profile(rows, w);
    end = rows_end(rows, err);
    if (end != ST_OK)
        return end;
    jw_name(w, "balances");
    st = ledger_write_balances(central, chain, id, w, err);
    if (st == ST_OK)
        st = write_usage(central, chain, id, w, err);
    if (st == ST_OK)
        st = write_identifiers(central, chain, id, w, err);
    if (device) {
        jw_field_text(w, "epoch", device->epoch);
        jw_field_int(w, "seq", device->counted);
    }
    jw_object_end(w);
    return st;
}

enum status member_make(struct central *central, const char *chain, const char *id, struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_MEMBER_PUT, err, V_TEXT(chain), V_TEXT(id), V_INT(change),
                     V_TEXT("active"), V_TEXT(""), V_TEXT(""), V_TEXT("[]"), V_TEXT("{}"), V_TEXT("[]"), V_TEXT("{}"),
                     V_TEXT(""), V_INT(central_now_us(central)));
}

enum status member_named(struct central *central, const char *chain, const char *named, char out_id[ID_BYTES],
                         struct errmsg *err)
{
    enum status st = member_resolve(central, chain, named, out_id, err);

    if (st != ST_NOT_FOUND)
        return st;
    st = member_make(central, chain, named, err);
    if (st == ST_OK)
        (void)snprintf(out_id, ID_BYTES, "%s", named);
    return st;
}

enum status member_touch(struct central *central, const char *chain, const char *id, struct errmsg *err)
{
    return sheet_touch(central, chain, id, 0, err);
}

enum status member_count_purchase(struct central *central, const char *chain, const char *id, struct errmsg *err)
{
    return sheet_touch(central, chain, id, 1, err);
}

static int32_t week_of(int32_t day)
{
    return day - civil_weekday(day);
}

static int32_t month_of(int32_t day)
{
    int year, month, day_of_month;

    civil_from_day(day, &year, &month, &day_of_month);
    return year * 12 + month;
}

void member_use_add(struct member_use *use, int32_t day)
{
    use->uses++;
    if (day > use->last_day) {
        use->day = 0;
        if (week_of(day) != week_of(use->last_day))
            use->week = 0;
        if (month_of(day) != month_of(use->last_day))
            use->month = 0;
        use->last_day = day;
    }
    use->day += day == use->last_day;
    use->week += week_of(day) == week_of(use->last_day);
    use->month += month_of(day) == month_of(use->last_day);
}

void member_use_merge(struct member_use *use, const struct member_use *other)
{
    const struct member_use *later = use->last_day >= other->last_day ? use : other;
    const struct member_use *earlier = later == use ? other : use;
    struct member_use sum = *later;

    sum.uses += earlier->uses;
    if (earlier->last_day == later->last_day)
        sum.day += earlier->day;
    if (week_of(earlier->last_day) == week_of(later->last_day))
        sum.week += earlier->week;
    if (month_of(earlier->last_day) == month_of(later->last_day))
        sum.month += earlier->month;
    *use = sum;
}

void member_use_read(const struct rows *rows, struct member_use *out_use)
{
    *out_use = (struct member_use){.uses = rows_int(rows, 0),
                                   .last_day = (int32_t)rows_int(rows, 1),
                                   .day = rows_int(rows, 2),
                                   .week = rows_int(rows, 3),
                                   .month = rows_int(rows, 4)};
}

enum status member_count_use(struct central *central, const char *chain, const char *id, const char *promotion,
                             int32_t day, struct errmsg *err)
{
    struct member_use *use;
    enum status st = sheet_use(central, chain, id, promotion, day, &use, err);

    if (st == ST_OK)
        member_use_add(use, day);
    return st;
}

enum status usage_count(struct central *central, const char *chain, const char *name, struct errmsg *err)
{
    return sheet_chain_use(central, chain, name, err);
}

enum status usage_release(struct central *central, const char *chain, const char *name, struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_USAGE_RELEASE, err, V_TEXT(chain), V_TEXT(name), V_INT(change));
}

enum status notice_put(struct central *central, const char *chain, const char *dev, const char *text,
                       struct errmsg *err)
{
    int64_t change;
    enum status st = store_next_change(central->store, &change, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_NOTICE_INSERT, err, V_TEXT(chain), V_INT(change), V_TEXT(dev),
                     V_TEXT(text), V_INT(central_now_us(central)));
}
