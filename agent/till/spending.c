/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/spending.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/engine/engine.h"
#include "agent/till/floor.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"
#include "agent/till/trust.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

static bool asks(const struct basket *basket)
{
    return cJSON_GetArraySize(basket->redeem) > 0 || cJSON_GetArraySize(basket->rewards) > 0;
}

bool spending_link_is_up(const struct till *till, int64_t *out_since_unix_ms)
{
    const struct till_central *central = &till->options.central;

    *out_since_unix_ms = 0;
    return central->is_up && central->is_up(central->link, out_since_unix_ms);
}

int64_t spending_of(const char *result_json, size_t len, const char *currency)
{
    struct cJSON *tree = NULL;
    const cJSON *item;
    int64_t sum = 0;

    if (len == 0 || json_parse(result_json, len, RECORD_BYTES_MAX, &tree, NULL) != ST_OK)
        return 0;
    cJSON_ArrayForEach(item, tree_child(tree, "points"))
    {
        if (strcmp(tree_text(item, "currency"), currency) == 0)
            sum += tree_int(item, "redeemed") + tree_int(item, "cost");
    }
    json_free(tree);
    return sum;
}

/* ---- from a lease ---- */

struct lease_search {
    struct till *till;
    const struct sale *sale;
    const char *currency;
    int64_t now_ms;
    int64_t best;
    char id[ID_LEN_MAX + 1];
};

/* Own uses that the central has not counted are in used already; those of sales in tender are reserved. */
static bool look_at_lease(void *context, const struct cache_lease *lease)
{
    struct lease_search *search = context;
    int64_t left = lease->granted - lease->used -
                   reservations_sum(&search->till->reserved, search->sale->id, EFFECT_LEASE, "", lease->id);

    if (strcmp(lease->currency, search->currency) == 0 && left > search->best && strlen(lease->id) <= ID_LEN_MAX &&
        lease->expires_unix_ms > search->now_ms) {
        search->best = left;
        (void)snprintf(search->id, sizeof search->id, "%s", lease->id);
    }
    return true;
}

int64_t till_position_of(void *context, uint64_t epoch, int64_t seq)
{
    int64_t position = 0;

    return journal_position(context, epoch, seq, &position) == ST_OK ? position : 0;
}

void spending_add_part(struct spending *spending, const char *currency, int64_t amount, const char *id)
{
    struct spending_part *part = &spending->parts[spending->count++];

    (void)snprintf(part->currency, sizeof part->currency, "%s", currency);
    (void)snprintf(part->id, sizeof part->id, "%s", id);
    part->amount = amount;
}

/* One lease serves a currency: two small ones do not add up, the smaller is used another time. While nobody knows
 * what time it is, none is used. */
static bool by_lease(struct till *till, struct sale *sale)
{
    const struct trust *trust = rulebook_trust(till->options.rulebook);
    const cJSON *asked;

    if (!trust_knows_time(trust))
        return false;
    cJSON_ArrayForEach(asked, sale->basket.redeem)
    {
        struct lease_search search = {
            .till = till, .sale = sale, .currency = asked->string, .now_ms = trust_now_ms(trust)};

        (void)cache_each_lease(till->options.cache, sale->member.id, till_position_of, till->options.journal,
                               look_at_lease, &search, NULL);
        if (search.best > 0 && sale->spending.count < SPENDING_PARTS_MAX)
            spending_add_part(&sale->spending, asked->string, search.best, search.id);
    }
    return sale->spending.count > 0;
}

/* ---- which ways there are ---- */

bool spending_without_link(struct till *till)
{
    const struct rule_edition *edition = rulebook_active(till->options.rulebook);
    const struct bundle_offline *limits = bundle_offline(rule_edition_bundle(edition));
    const struct trust *trust = rulebook_trust(till->options.rulebook);

    return (limits->sales_max > 0 && limits->hours_max > 0 && limits->f_sale > 0 && limits->f_member > 0 &&
            limits->e_device > 0) ||
           (trust_knows_time(trust) && cache_lease_lives(till->options.cache, trust_now_ms(trust), NULL) == ST_OK);
}

/* ---- which way ---- */

static void say(struct sale *sale, enum problem problem, const char *detail)
{
    static const enum problem said[] = {PROBLEM_POINTS_OFFLINE, PROBLEM_POINTS_REFUSED,  PROBLEM_POINTS_LATE,
                                        PROBLEM_POINTS_BOUNDED, PROBLEM_POINTS_BY_PHONE, PROBLEM_POINTS_BEHIND,
                                        PROBLEM_POINTS_UNSURE};

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        sale_drop_notice(sale, said[i]);
    if (problem != PROBLEM_NONE)
        sale_notice(sale, problem, detail);
}

/* Why nothing at all may be spent in this sale, whatever is asked for; PROBLEM_NONE: it may be. */
static enum problem forbidden(struct till *till, const struct sale *sale)
{
    if (sale->by_phone)
        return PROBLEM_POINTS_BY_PHONE;
    if (upkeep_behind(till) > UPKEEP_CATCH_UP)
        return PROBLEM_POINTS_BEHIND;
    return trust_is_stale(rulebook_trust(till->options.rulebook)) ? PROBLEM_POINTS_UNSURE : PROBLEM_NONE;
}

void spending_judge(struct till *till, struct sale *sale, bool at_tender)
{
    struct spending *spending = &sale->spending;
    bool late = spending->late, overdrawn = false;
    enum problem why = forbidden(till, sale);
    int64_t since;

    if (asks(&sale->basket) && sale->member.known && why != PROBLEM_NONE) {
        spending_release(till, sale, "void");
        *spending = (struct spending){.way = SPENDING_NONE};
        say(sale, why, NULL);
        return;
    }
    if (!asks(&sale->basket) || !sale->member.known || !till->options.central.ask_hold) {
        *spending = (struct spending){.way = SPENDING_FREE};
        say(sale, PROBLEM_NONE, NULL);
        return;
    }
    if (spending->way == SPENDING_HOLD || spending->refused)
        return; /* held, or the central said no: it was told then */
    if (json_bool(sale->member.profile, "overdrawn", &overdrawn, NULL) == ST_OK && overdrawn) {
        *spending = (struct spending){.way = SPENDING_NONE, .late = late};
        say(sale, PROBLEM_POINTS_REFUSED, "more was spent than there was, or is set aside: earn it back first");
        return;
    }
    if (spending_link_is_up(till, &since) && !late && !at_tender) {
        *spending = (struct spending){.way = SPENDING_WANTED};
        say(sale, PROBLEM_NONE, NULL);
        return;
    }
    *spending = (struct spending){.way = SPENDING_NONE, .late = late};
    if (by_lease(till, sale))
        spending->way = SPENDING_LEASE;
    else if (floor_may_spend(till, sale))
        spending->way = SPENDING_FLOOR;
    if (spending->way != SPENDING_NONE)
        say(sale, PROBLEM_POINTS_BOUNDED, NULL);
    else
        say(sale, late || spending_link_is_up(till, &since) ? PROBLEM_POINTS_LATE : PROBLEM_POINTS_OFFLINE, NULL);
}

/* ---- what is written ---- */

static int64_t bound_of(const struct spending *spending, const char *currency)
{
    for (int i = 0; i < spending->count; i++) {
        if (strcmp(spending->parts[i].currency, currency) == 0)
            return spending->parts[i].amount;
    }
    return 0;
}

void spending_write_asked(const struct spending *spending, const struct basket *basket, struct json_writer *w)
{
    const cJSON *asked;

    if (spending->way == SPENDING_FREE || spending->way == SPENDING_WANTED) {
        tree_write(w, "rewards", basket->rewards);
        tree_write(w, "redeem", basket->redeem);
        return;
    }
    if (spending->way == SPENDING_HOLD) /* their price is in the bundle, so only a hold can have counted it */
        tree_write(w, "rewards", basket->rewards);
    jw_name(w, "redeem");
    jw_object_begin(w);
    cJSON_ArrayForEach(asked, basket->redeem)
    {
        int64_t bound = bound_of(spending, asked->string), wanted = bound;

        if (bound > 0 && (!cJSON_IsNumber(asked) || json_value_int(asked, 0, JSON_INT_MAX, &wanted) == ST_OK))
            jw_field_int(w, asked->string, wanted < bound ? wanted : bound);
    }
    jw_object_end(w);
}

void spending_write_used(const struct spending *spending, const char *result_json, size_t len, struct json_writer *w)
{
    if (spending->way == SPENDING_FLOOR)
        jw_field_text(w, "spending", "floor");
    if (spending->way != SPENDING_HOLD && spending->way != SPENDING_LEASE)
        return;
    jw_name(w, spending->way == SPENDING_HOLD ? "holds" : "leases");
    jw_array_begin(w);
    for (int i = 0; i < spending->count; i++) {
        const struct spending_part *part = &spending->parts[i];

        if (spending->way == SPENDING_HOLD) {
            jw_text(w, part->id);
            continue;
        }
        jw_object_begin(w);
        jw_field_text(w, "id", part->id);
        jw_field_int(w, "used", spending_of(result_json, len, part->currency));
        jw_object_end(w);
    }
    jw_array_end(w);
}
