/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powercut/life.h"

#include "agent/db/journal.h"
#include "tests/powercut/calls.h"
#include "tests/powercut/must.h"

#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_A_LIFE = 220, OPEN_TRIES = 40, BRANCHES_MAX = 12 };

/* A moment of a day at which the power might have gone as well: what was on the disk and what the world had seen. */
struct branch {
    struct disk *disk;
    struct history *history;
    struct virtual_clock time;
};

struct bench {
    struct office office;
    struct disk *disk, *image; /* image: a till that is set up and has rules, switched off */
    struct history *history;   /* of disk */
    struct history *image_history;
    struct branch branches[BRANCHES_MAX];
    int branch_count;
    const struct shop *day; /* whose moments they are; borrowed while it lasts */
    struct dice branch_dice;
    int64_t branch_every; /* about so many events */
};

void make_image(const struct office *office, struct disk *image, struct history *history)
{
    struct shop shop;
    struct errmsg err = ERRMSG_INIT;

    disk_mount(image);
    history_begin(history);
    calls_watch(history);
    shop_begin(&shop, office, DISK_FOLDER, image, history);
    must(shop_open(&shop, &err) == ST_OK, err.text);
    shop_offer(&shop, 1);
    must(shop.active_version == 1, calls_last_log());
    central_pull(&shop);
    disk_cut(image); /* so that the write-ahead logs are there at their size */
    shop_close(&shop);
    disk_power_on(image);
    must(shop_open(&shop, &err) == ST_OK, err.text);
    shop_check(&shop);
    shop_check_balances(&shop);
    must(history->wrong_count == 0, history->wrong);
    disk_cut(image);
    shop_close(&shop);
    disk_power_on(image);
}

struct bench *bench_create(void)
{
    struct bench *bench = must_alloc(sizeof *bench);

    bench->history = must_alloc(sizeof *bench->history);
    bench->image_history = must_alloc(sizeof *bench->image_history);
    bench->disk = disk_create();
    bench->image = disk_create();
    for (int i = 0; i < BRANCHES_MAX; i++) {
        bench->branches[i].disk = disk_create();
        bench->branches[i].history = must_alloc(sizeof *bench->history);
    }
    office_begin(&bench->office, NULL);
    make_image(&bench->office, bench->image, bench->image_history);
    return bench;
}

void bench_destroy(struct bench *bench)
{
    office_end(&bench->office);
    for (int i = 0; i < BRANCHES_MAX; i++) {
        disk_destroy(bench->branches[i].disk);
        free(bench->branches[i].history);
    }
    disk_destroy(bench->disk);
    disk_destroy(bench->image);
    free(bench->history);
    free(bench->image_history);
    free(bench);
}

/* When the power goes: soon, in mid sale, or after a good while. */
static int64_t draw_cut(struct dice *dice, bool first_start)
{
    if (first_start)
        return 1 + dice_below(dice, dice_one_in(dice, 2) ? 60 : 3000);
    if (dice_one_in(dice, 24)) /* so long that the log is moved into the file on the way */
        return 600 + dice_below(dice, 2400);
    switch (dice_below(dice, 4)) {
    case 0:
        return 1 + dice_below(dice, 20);
    case 1:
        return 1 + dice_below(dice, 400);
    default:
        return 1 + dice_below(dice, 90);
    }
}

/* Now and then only the process dies, at any write or sync. */
static void lose_power(struct shop *shop, struct dice *dice, struct life_totals *totals)
{
    bool killed = dice_one_in(dice, 10);

    shop_close(shop);
    if (killed)
        disk_revive(shop->disk);
    else
        disk_power_on(shop->disk);
    totals->kills += killed;
    totals->cuts += !killed;
}

/* Starts the agent; now and then the power goes while it does. False when it cannot be started: then that is wrong.
 */
static bool start(struct shop *shop, struct dice *dice, bool first_start, struct life_totals *totals)
{
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i < OPEN_TRIES; i++) {
        bool cuts = first_start ? i < 4 : i == 0 && dice_one_in(dice, 3);

        if (cuts)
            disk_cut_at(shop->disk, first_start ? draw_cut(dice, true) : 1 + dice_below(dice, 12));
        if (shop_open(shop, &err) == ST_OK) {
            if (!disk_is_off(shop->disk)) {
                disk_cut_at(shop->disk, 0);
                return true;
            }
        } else if (!disk_is_off(shop->disk)) {
            history_wrong(shop->history, "the agent does not start: %s", err.text);
            return false;
        }
        totals->cuts_opening++;
        lose_power(shop, dice, totals);
    }
    return false;
}

/* The cache is disposable: without it the same must be shown. */
static void lose_cache(struct shop *shop, struct dice *dice)
{
    if (!dice_one_in(dice, 12))
        return;
    (void)disk_unlink(shop->disk, DISK_FOLDER "/cache.db");
    (void)disk_unlink(shop->disk, DISK_FOLDER "/cache.db-wal");
    (void)disk_sync(shop->disk, DISK_FOLDER_HANDLE);
}

/* ---- branches: one day is sold once, and cut at many of its moments ---- */

static void take_branch(void *context)
{
    struct bench *bench = context;
    struct branch *branch = &bench->branches[bench->branch_count++];

    disk_copy(branch->disk, bench->disk);
    history_copy(branch->history, bench->history);
    branch->time = bench->day->time;
    if (bench->branch_count < BRANCHES_MAX)
        disk_tap_at(bench->disk, 1 + dice_below(&bench->branch_dice, 2 * bench->branch_every), take_branch, bench);
}

/* Moments spread over a day that lasts until its nth event. */
static void expect_branches(struct bench *bench, const struct shop *shop, struct dice *dice, int64_t nth)
{
    bench->day = shop;
    bench->branch_count = 0;
    bench->branch_dice.state = dice_bits(dice);
    bench->branch_every = 1 + nth / BRANCHES_MAX;
    disk_tap_at(bench->disk, 1 + dice_below(&bench->branch_dice, 2 * bench->branch_every), take_branch, bench);
}

/* The power goes at that moment: the till starts, everything is checked, now and then what was open is asked again.
 */
static void live_branch(struct bench *bench, struct branch *branch, struct dice *dice, struct life_totals *totals)
{
    struct shop shop;

    disk_mount(branch->disk);
    calls_watch(branch->history);
    shop_begin(&shop, &bench->office, DISK_FOLDER, branch->disk, branch->history);
    shop.time = branch->time;
    disk_seed(branch->disk, dice_bits(dice));
    totals->branches++;
    lose_power(&shop, dice, totals);
    lose_cache(&shop, dice);
    if (start(&shop, dice, false, totals)) {
        shop_check(&shop);
        central_send_rows(&shop);
        shop_check_balances(&shop);
        if (dice_one_in(dice, 4)) {
            script_retry(&shop, totals);
            shop_check(&shop);
        }
        disk_cut(branch->disk);
    }
    totals->rebuilds += shop.rebuilds;
    shop_close(&shop);
    if (branch->history->wrong_count > 0)
        history_wrong(bench->history, "%s", branch->history->wrong);
}

static void live_branches(struct bench *bench, struct dice *dice, struct life_totals *totals)
{
    for (int i = 0; i < bench->branch_count && bench->history->wrong_count == 0; i++)
        live_branch(bench, &bench->branches[i], dice, totals);
    bench->branch_count = 0;
    disk_mount(bench->disk);
    calls_watch(bench->history);
}

static int64_t last_position(const struct shop *shop)
{
    struct journal_head head;

    journal_head(shop->journal, &head);
    return head.position;
}

/* From a start to the next cut, or to a stop in good order. */
static void one_day(struct bench *bench, struct shop *shop, struct dice *dice, struct life_totals *totals)
{
    bool stops = dice_one_in(dice, 30);
    int64_t cut;

    shop_check(shop);
    if (dice_one_in(dice, 4))
        disk_cut_at(shop->disk, 1 + dice_below(dice, 40));
    central_send_rows(shop);
    if (!disk_is_off(shop->disk))
        shop_check_balances(shop);
    if (shop->history->wrong_count > 0 || disk_is_off(shop->disk))
        return;
    cut = draw_cut(dice, false);
    disk_cut_at(shop->disk, cut);
    expect_branches(bench, shop, dice, cut);
    script_retry(shop, totals);
    for (int steps = 0; !disk_is_off(shop->disk) && !(stops && steps > 6); steps++)
        script_step(shop, dice, totals);
    disk_tap_at(shop->disk, 0, NULL, NULL);
}

static void set_up(struct bench *bench, struct shop *shop, bool first_start)
{
    disk_mount(bench->disk);
    calls_watch(bench->history);
    if (first_start) {
        disk_wipe(bench->disk);
        history_begin(bench->history);
    } else {
        disk_copy(bench->disk, bench->image);
        *bench->history = *bench->image_history;
    }
    shop_begin(shop, &bench->office, DISK_FOLDER, bench->disk, bench->history);
}

const char *bench_live(struct bench *bench, uint64_t seed, int64_t cuts_max, struct life_totals *totals)
{
    struct dice dice = {seed};
    struct shop shop;
    bool first_start = dice_one_in(&dice, 6);
    int64_t until = totals->cuts + cuts_max;

    set_up(bench, &shop, first_start);
    disk_seed(bench->disk, dice_bits(&dice));
    sqlite3_randomness(0, NULL);
    totals->lives++;
    while (totals->cuts < until && start(&shop, &dice, first_start, totals)) {
        first_start = false;
        one_day(bench, &shop, &dice, totals);
        if (bench->history->wrong_count > 0 || last_position(&shop) > RECORDS_A_LIFE)
            break;
        lose_power(&shop, &dice, totals);
        lose_cache(&shop, &dice);
        live_branches(bench, &dice, totals);
    }
    totals->records += bench->history->last_position;
    totals->rebuilds += shop.rebuilds;
    shop_close(&shop);
    disk_power_on(bench->disk);
    return bench->history->wrong_count > 0 ? bench->history->wrong : NULL;
}
