/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/lots.h"

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/base/money.h"
#include "agent/db/cache.h"
#include "agent/till/member.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOTS_TOLD_MAX = 2 };

struct cJSON *lots_load(struct cache *cache, const char *member)
{
    struct cJSON *lots = NULL;
    char *body = NULL;
    uint64_t epoch;
    int64_t seq;

    if (cache_read_part(cache, CACHE_LOTS, member, &body, &epoch, &seq, NULL) == ST_OK)
        (void)json_parse(body, strlen(body), CACHE_PROFILE_MAX, &lots, NULL);
    free(body);
    return lots;
}

/* A day of a lot; 0 when it names none. */
static int32_t day_of(const cJSON *lot, const char *name)
{
    int32_t day = 0;

    (void)civil_parse_date(tree_text(lot, name), &day);
    return day;
}

static bool is_pending(const cJSON *lot, int32_t today)
{
    return day_of(lot, "from") > today;
}

static bool has_expired(const cJSON *lot, int32_t today)
{
    int32_t until = day_of(lot, "until");

    return until > 0 && until <= today;
}

/* What own sales spent before a day, more than they earned; the central's row does not count them yet. */
static int64_t spent_before(const struct till_member *member, struct cache *cache, const char *currency, int32_t day)
{
    int64_t moved = 0;

    if (cache_count_uses(cache, member->id, EFFECT_POINTS, currency, member->counted_position, 0, day - 1, &moved,
                         NULL) != ST_OK)
        return 0;
    return moved < 0 ? -moved : 0;
}

/* What own sales earned too lately to be spent: the central's row does not count it yet, and waits as long with it.
 */
static int64_t earned_lately(const struct till_member *member, struct cache *cache, const char *currency,
                             int64_t activation_days, int32_t today)
{
    int64_t earned = 0;

    if (activation_days <= 0 || activation_days > LOTS_ACTIVATION_MAX ||
        cache_sum_earned(cache, member->id, currency, member->counted_position, today - (int32_t)activation_days + 1,
                         &earned, NULL) != ST_OK)
        return 0;
    return earned;
}

int64_t lots_idle(const struct till_member *member, struct cache *cache, const char *currency, int32_t today)
{
    int64_t idle = 0, taken = 0;
    const cJSON *lot;

    cJSON_ArrayForEach(lot, member->lots) /* the first to expire comes first, and is spent first */
    {
        int64_t amount = tree_int(lot, "amount"), spent;

        if (strcmp(tree_text(lot, "currency"), currency) != 0)
            continue;
        idle += earned_lately(member, cache, currency, tree_int(lot, "activation_days"), today);
        if (is_pending(lot, today)) {
            idle += amount;
        } else if (has_expired(lot, today)) {
            spent = spent_before(member, cache, currency, day_of(lot, "until")) - taken;
            spent = spent < 0 ? 0 : spent < amount ? spent : amount;
            taken += spent;
            idle += amount - spent;
        }
    }
    return idle;
}

static const char *const dates[] = {[LOTS_PENDING] = "from", [LOTS_EXPIRING] = "until"};

static bool is_shown(const cJSON *lot, enum lots_what what, int32_t today)
{
    int32_t day = day_of(lot, dates[what]);

    if (day <= today || tree_int(lot, "amount") <= 0)
        return false;
    return what == LOTS_PENDING || (day - today <= LOTS_SOON_DAYS && !is_pending(lot, today));
}

static void write_some(const struct till_member *member, enum lots_what what, int32_t today, const char *name,
                       struct json_writer *w)
{
    const cJSON *lot;
    int count = 0;

    cJSON_ArrayForEach(lot, member->lots)
    {
        if (!is_shown(lot, what, today) || count == LOTS_SHOWN_MAX)
            continue;
        if (count++ == 0) {
            jw_name(w, name);
            jw_array_begin(w);
        }
        jw_object_begin(w);
        jw_field_text(w, "currency", tree_text(lot, "currency"));
        jw_field_int(w, "amount", tree_int(lot, "amount"));
        jw_field_text(w, dates[what], tree_text(lot, dates[what]));
        jw_object_end(w);
    }
    if (count > 0)
        jw_array_end(w);
}

void lots_write(const struct till_member *member, int32_t today, struct json_writer *w)
{
    write_some(member, LOTS_PENDING, today, "pending", w);
    write_some(member, LOTS_EXPIRING, today, "expiring", w);
}

void lots_describe(const struct till_member *member, enum lots_what what, int32_t today, char comma,
                   lots_digits_fn *digits_of, void *context, char *out_text, size_t size)
{
    const cJSON *lot;
    size_t used = 0;
    int count = 0;

    out_text[0] = '\0';
    cJSON_ArrayForEach(lot, member->lots)
    {
        const char *date = tree_text(lot, dates[what]);
        char amount[32];

        if (!is_shown(lot, what, today) || count++ >= LOTS_TOLD_MAX || used >= size)
            continue;
        money_format((money){tree_int(lot, "amount")}, digits_of(context, tree_text(lot, "currency")), comma, amount);
        used += (size_t)snprintf(out_text + used, size - used, "%s%s - %.2s.%.2s.%.4s", used > 0 ? "; " : "", amount,
                                 date + 8, date + 5, date); /* a date that was parsed has ten characters */
    }
}
