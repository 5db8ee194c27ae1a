/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/member.h"

#include "agent/base/civil_time.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/till/lots.h"
#include "agent/till/member_rows.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {"active", "inactive", "blocked", "expired"};

void till_member_clear(struct till_member *member)
{
    cJSON_Delete(member->profile);
    cJSON_Delete(member->lots);
    *member = (struct till_member){0};
}

static enum member_state read_state(const cJSON *profile)
{
    const char *text;

    if (json_text(profile, "state", 16, &text, NULL) != ST_OK)
        return MEMBER_ACTIVE;
    for (int state = 0; state < 4; state++) {
        if (strcmp(text, state_names[state]) == 0)
            return (enum member_state)state;
    }
    return MEMBER_BLOCKED; /* a state of a later version: the careful reading */
}

enum status till_member_find(struct cache *cache, const struct journal *journal, const uint8_t hash[16],
                             struct till_member *out_member, struct errmsg *err)
{
    struct cache_member row = {0};
    struct till_member member = {.known = true};
    const char *display;
    enum status st = cache_find_member(cache, hash, &row, err);

    if (st != ST_OK)
        return st;
    st = json_parse(row.profile, strlen(row.profile), CACHE_PROFILE_MAX, &member.profile, err);
    if (st == ST_OK) {
        (void)snprintf(member.id, sizeof member.id, "%s", row.id);
        member.state = read_state(member.profile);
        if (json_text(member.profile, "display", MEMBER_DISPLAY_MAX, &display, NULL) == ST_OK)
            (void)snprintf(member.display, sizeof member.display, "%s", display);
        if (journal_position(journal, row.epoch, row.seq, &member.counted_position) != ST_OK)
            member.counted_position = 0; /* the row counts nothing of this journal yet */
        member.lots = lots_load(cache, row.id);
        till_member_clear(out_member);
        *out_member = member;
    }
    cache_member_clear(&row);
    return st;
}

/* ---- the row with own later records added ---- */

struct additions {
    cJSON *balances, *usage; /* of the copy being made */
    int64_t purchases;
};

static void set_number(cJSON *object, const char *name, int64_t value)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    if (item)
        cJSON_SetNumberValue(item, (double)value);
    else
        (void)cJSON_AddNumberToObject(object, name, (double)value);
}

static bool add_effect(void *context, const struct cache_sum *sum)
{
    struct additions *add = context;
    cJSON *use;

    if (sum->kind == EFFECT_POINTS) {
        set_number(add->balances, sum->name, tree_int(add->balances, sum->name) + sum->amount);
    } else if (sum->kind == EFFECT_MEMBER_USE && sum->name[0] == '\0') {
        add->purchases += sum->amount;
    } else if (sum->kind == EFFECT_MEMBER_USE) {
        use = cJSON_GetObjectItemCaseSensitive(add->usage, sum->name);
        if (!use)
            use = cJSON_AddObjectToObject(add->usage, sum->name);
        set_number(use, "count", tree_int(use, "count") + sum->amount);
    }
    return true;
}

/* First business day of the week or month that a day lies in. */
static int32_t week_start(int32_t day)
{
    return day - civil_weekday(day);
}

static int32_t month_start(int32_t day)
{
    int year, month, day_of_month;

    civil_from_day(day, &year, &month, &day_of_month);
    return day - (day_of_month - 1);
}

/* The row's counts of day, week and month are those of the date it names; on a later date they begin at zero. */
static void settle_periods(cJSON *use, const char *promotion, const struct till_member *member, struct cache *cache,
                           int32_t today)
{
    const char *names[] = {"day", "week", "month"};
    const int32_t from[] = {today, week_start(today), month_start(today)};
    const char *date;
    int32_t counted_day = today;

    if (json_text(use, "date", 10, &date, NULL) == ST_OK)
        (void)civil_parse_date(date, &counted_day);
    for (int i = 0; i < 3; i++) {
        int64_t own = 0;
        int64_t told = counted_day >= from[i] ? tree_int(use, names[i]) : 0;

        (void)cache_count_uses(cache, member->id, EFFECT_MEMBER_USE, promotion, member->counted_position, from[i],
                               INT32_MAX, &own, NULL);
        set_number(use, names[i], told + own);
    }
}

static void take_reservations(const struct reservations *reserved, const char *sale_id,
                              const struct till_member *member, struct additions *add)
{
    for (int i = 0; i < reserved->count; i++) {
        const struct reservation *one = &reserved->items[i];
        struct cache_sum sum = {.kind = one->kind, .name = one->name, .amount = one->amount};

        /* Points another sale will earn are not there yet; those it will spend are gone. */
        if (strcmp(one->subject, member->id) != 0 || strcmp(one->sale_id, sale_id) == 0 ||
            (one->kind == EFFECT_POINTS && one->amount > 0))
            continue;
        (void)add_effect(add, &sum);
        if (one->kind == EFFECT_MEMBER_USE && one->name[0] != '\0') {
            cJSON *use = cJSON_GetObjectItemCaseSensitive(add->usage, one->name);

            set_number(use, "day", tree_int(use, "day") + one->amount);
            set_number(use, "week", tree_int(use, "week") + one->amount);
            set_number(use, "month", tree_int(use, "month") + one->amount);
        }
    }
}

/* The engine gives no more than what may be spent. */
static void take_idle(const struct till_member *member, struct cache *cache, int32_t today, cJSON *balances)
{
    cJSON *balance;

    if (!member->lots)
        return;
    cJSON_ArrayForEach(balance, balances)
    {
        int64_t left = tree_int(balances, balance->string) - lots_idle(member, cache, balance->string, today);

        cJSON_SetNumberValue(balance, (double)left);
    }
}

static cJSON *object_in(cJSON *parent, const char *name)
{
    cJSON *child = cJSON_GetObjectItemCaseSensitive(parent, name);

    if (cJSON_IsObject(child))
        return child;
    cJSON_DeleteItemFromObjectCaseSensitive(parent, name);
    return cJSON_AddObjectToObject(parent, name);
}

enum status till_member_write(const struct till_member *member, struct cache *cache,
                              const struct reservations *reserved, const char *sale_id, int32_t business_day,
                              struct json_writer *w, struct errmsg *err)
{
    /* What the engine takes; the rest of a row (state, display, identifiers) stays out of records and results. */
    static const char *const taken[] = {"tier",     "segments", "birthday", "attrs",
                                        "balances", "usage",    "personal", "lists"};
    struct additions add = {0};
    cJSON *copy = cJSON_Duplicate(member->profile, true), *attrs, *use;
    enum status st;

    if (!copy)
        return ST_NOMEM;
    add.balances = object_in(copy, "balances");
    add.usage = object_in(copy, "usage");
    attrs = object_in(copy, "attrs");
    st = cache_each_effect(cache, member->id, member->counted_position, add_effect, &add, err);
    if (st == ST_OK)
        st = member_rows_add(cache, member->id, copy);
    cJSON_ArrayForEach(use, add.usage) settle_periods(use, use->string, member, cache, business_day);
    take_idle(member, cache, business_day, add.balances);
    take_reservations(reserved, sale_id, member, &add);
    set_number(attrs, "purchases", tree_int(attrs, "purchases") + add.purchases);

    jw_object_begin(w);
    jw_field_text(w, "id", member->id);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        const cJSON *part = cJSON_GetObjectItemCaseSensitive(copy, taken[i]);
        char *text = part && !cJSON_IsNull(part) ? cJSON_PrintUnformatted(part) : NULL;

        if (text)
            jw_field_raw(w, taken[i], text, strlen(text));
        cJSON_free(text);
    }
    jw_object_end(w);
    cJSON_Delete(copy);
    return st;
}

struct balance_question {
    const char *currency;
    int64_t sum;
};

static bool sum_points(void *context, const struct cache_sum *sum)
{
    struct balance_question *question = context;

    if (sum->kind == EFFECT_POINTS && strcmp(sum->name, question->currency) == 0)
        question->sum += sum->amount;
    return true;
}

int64_t till_member_balance(const struct till_member *member, struct cache *cache,
                            const struct reservations *reserved, const char *sale_id, const char *currency)
{
    struct balance_question question = {.currency = currency};
    const cJSON *balances = NULL;

    if (!member->known)
        return 0;
    (void)json_object(member->profile, "balances", &balances, NULL);
    (void)cache_each_effect(cache, member->id, member->counted_position, sum_points, &question, NULL);
    return (balances ? tree_int(balances, currency) : 0) + question.sum +
           reservations_sum(reserved, sale_id, EFFECT_POINTS, member->id, currency);
}

int64_t till_member_available(const struct till_member *member, struct cache *cache,
                              const struct reservations *reserved, const char *sale_id, const char *currency,
                              int32_t today)
{
    return till_member_balance(member, cache, reserved, sale_id, currency) -
           lots_idle(member, cache, currency, today);
}

/* ---- the central's row ---- */

enum status member_store_text(struct cache *cache, const struct cJSON *row, const char *text, struct errmsg *err)
{
    uint8_t identifiers[MEMBER_IDENTIFIERS_MAX][IDENTIFIER_HASH_BYTES];
    const cJSON *list = NULL, *item;
    const char *id, *epoch_text = NULL;
    uint64_t epoch = 0;
    int64_t seq = 0;
    size_t count = 0;
    enum status st = json_text(row, "id", CACHE_ID_MAX, &id, err);

    if (st == ST_OK)
        st = json_optional(json_array(row, "identifiers", &list, err));
    if (st == ST_OK)
        st = json_optional(json_int(row, "seq", 0, JSON_INT_MAX, &seq, err));
    if (st == ST_OK && json_text(row, "epoch", 16, &epoch_text, NULL) == ST_OK)
        st = hex_to_u64(epoch_text, &epoch);
    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_INVALID : st;
    cJSON_ArrayForEach(item, list)
    {
        if (count == MEMBER_IDENTIFIERS_MAX || !cJSON_IsString(item) ||
            strlen(item->valuestring) != 2 * IDENTIFIER_HASH_BYTES ||
            hex_decode(item->valuestring, IDENTIFIER_HASH_BYTES, identifiers[count]) != ST_OK) {
            errmsg_set(err, "member %s: identifiers are at most %d hashes of %d digits", id, MEMBER_IDENTIFIERS_MAX,
                       2 * IDENTIFIER_HASH_BYTES);
            return ST_INVALID;
        }
        count++;
    }
    return cache_put_member(cache, id, text, (const uint8_t(*)[IDENTIFIER_HASH_BYTES])identifiers, count, epoch, seq,
                            err);
}

enum status member_store(struct cache *cache, const struct cJSON *row, struct errmsg *err)
{
    char *text = cJSON_PrintUnformatted(row);
    enum status st = text ? member_store_text(cache, row, text, err) : ST_NOMEM;

    cJSON_free(text);
    return st;
}
