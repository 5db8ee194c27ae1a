/* SPDX-License-Identifier: Apache-2.0 */
/* A shop's day, step by step. */
#include "tests/powercut/life.h"

#include "agent/db/journal.h"
#include "tests/powercut/calls.h"

#include <stdio.h>

/* A record is at least one page of the log, and 128 pages are moved. */
enum { LONG_LOG_RECORDS = 100 };

static void pass_time(struct shop *shop, struct dice *dice)
{
    int64_t ms = 1 + dice_below(dice, 5000);

    if (dice_one_in(dice, 40)) /* the shop was shut; what is old may be removed */
        ms += 15 * INT64_C(86400000);
    shop->time.wall_ms += ms;
    shop->time.mono_ms += ms;
}

/* What the answer to a PUT shows must be what the journal and the central say, even while selling. */
static void check_shown(struct shop *shop, const struct told_sale *sale, int64_t shown)
{
    int64_t expected;

    if (sale->member < 0 || shop_is_dead(shop) || shop->failing)
        return;
    if (shop->active_version == 0) /* without rules there is no currency to show */
        return;
    expected = history_balance(shop->history, sale->member);
    if (shown != expected)
        history_wrong(shop->history, "sale %s shows %lld points, they are %lld", sale->id, (long long)shown,
                      (long long)expected);
}

static enum problem put(struct shop *shop, struct told_sale *sale)
{
    int64_t shown = -1;
    enum problem problem = shop_put(shop, sale, &shown);

    if (problem == PROBLEM_NONE)
        check_shown(shop, sale, shown);
    return problem;
}

static void commit(struct shop *shop, struct told_sale *sale, struct life_totals *totals)
{
    if (shop_commit(shop, sale) != PROBLEM_NONE || shop_is_dead(shop))
        return;
    totals->answered += sale->found == 0;
    sale->found += sale->found == 0; /* counted from now on */
}

static struct told_sale *new_sale(struct shop *shop, struct dice *dice, struct life_totals *totals)
{
    struct told_sale *sale = history_new_sale(shop->history);

    sale->member = (int)dice_below(dice, HISTORY_MEMBERS + 1) - 1;
    sale->total_minor = 100 * (2 + dice_below(dice, 500));
    totals->sales++;
    return sale;
}

static void sell(struct shop *shop, struct dice *dice, struct life_totals *totals)
{
    struct told_sale *sale = new_sale(shop, dice, totals), *parked = NULL;

    if (put(shop, sale) != PROBLEM_NONE)
        return;
    if (dice_one_in(dice, 2))
        (void)put(shop, sale); /* the same basket again */
    if (dice_one_in(dice, 6)) {
        parked = new_sale(shop, dice, totals);
        if (put(shop, parked) != PROBLEM_NONE)
            parked = NULL;
    }
    if (!dice_one_in(dice, 3))
        (void)shop_do(shop, "tender", sale->id, "{\"tenders\":[\"card\"]}", NULL);
    if (dice_one_in(dice, 10)) {
        sale->void_asked = true;
        if (shop_do(shop, "void", sale->id, "{\"reason\":\"left\"}", NULL) == PROBLEM_NONE)
            sale->voided = true;
    } else {
        commit(shop, sale, totals);
    }
    if (dice_one_in(dice, 8) && !sale->voided)
        commit(shop, sale, totals); /* asked twice */
    if (parked)
        commit(shop, parked, totals);
    if (dice_one_in(dice, 3))
        shop_answer_print(shop, dice_one_in(dice, 8) ? TILL_PRINT_FAILED : TILL_PRINT_CONFIRMED);
}

/* Not among the old ones that were removed, or were about to be when the power went: the cache forgets them first. */
static bool is_there(const struct shop *shop, int sale)
{
    for (int64_t at = shop->history->old_until + 1; at <= shop->history->last_position; at++) {
        const struct attempt *attempt = &shop->history->attempts[at];

        if (attempt->returned && attempt->tries[0].sale == sale)
            return true;
    }
    return false;
}

static void copy_some(struct shop *shop, struct dice *dice)
{
    struct history *history = shop->history;
    int sale = (int)dice_below(dice, history->sale_count + 1);

    if (sale < history->sale_count && history->sales[sale].answered && is_there(shop, sale))
        (void)shop_do(shop, "copy", history->sales[sale].id, NULL, NULL);
}

/* The central offers the next rules, or by mistake the ones before: what is good is taken, whatever a cut left behind
 * of an earlier try, and what is older never is. */
static void offer(struct shop *shop, struct dice *dice)
{
    int64_t before = shop->active_version, version = before < 1 || dice_one_in(dice, 3) ? 1 : 2;

    shop_offer(shop, version);
    if (shop_is_dead(shop) || shop->failing)
        return;
    if (version > before && shop->active_version != version && till_is_idle(shop->till))
        history_wrong(shop->history, "rules of version %lld were offered, %lld stay: %s", (long long)version,
                      (long long)shop->active_version, calls_last_log());
    if (shop->active_version < before)
        history_wrong(shop->history, "rules of version %lld took the place of %lld", (long long)shop->active_version,
                      (long long)before);
}

/* An idle moment; when the log is long enough to be moved into the file, the power likes to go just then. */
static void be_idle(struct shop *shop, struct dice *dice, struct life_totals *totals)
{
    bool long_log = shop->history->last_position - shop->first_position >= LONG_LOG_RECORDS;
    int64_t old = 0;

    if (long_log && !shop->failing && dice_one_in(dice, 2))
        disk_cut_at(shop->disk, 1 + dice_below(dice, 140));
    if (journal_prunable(shop->journal, &old, NULL) == ST_OK && old > 0)
        shop->history->old_until = shop->history->counted;
    till_upkeep(shop->till, 1 + (int)dice_below(dice, 3));
    journal_checkpoint(shop->journal);
    if (long_log) {
        totals->checkpoints++;
        shop->first_position = shop->history->last_position;
    }
}

void script_step(struct shop *shop, struct dice *dice, struct life_totals *totals)
{
    pass_time(shop, dice);
    switch (dice_below(dice, 16)) {
    case 0:
    case 1:
        shop_answer_print(shop, TILL_PRINT_CONFIRMED);
        break;
    case 2:
    case 3:
        be_idle(shop, dice, totals);
        break;
    case 4:
    case 5:
        central_pull(shop);
        break;
    case 6:
        copy_some(shop, dice);
        break;
    case 7:
        if (dice_one_in(dice, 3))
            offer(shop, dice);
        break;
    default:
        sell(shop, dice, totals);
        break;
    }
}

void script_retry(struct shop *shop, struct life_totals *totals)
{
    for (int i = 0; i < shop->history->sale_count && !shop_is_dead(shop); i++) {
        struct told_sale *sale = &shop->history->sales[i];
        enum problem problem;

        if (!sale->tried || sale->answered || sale->voided)
            continue;
        totals->retries++;
        problem = put(shop, sale);
        if (problem == PROBLEM_NONE || problem == PROBLEM_SALE_COMMITTED)
            commit(shop, sale, totals);
    }
}
