/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powercut/hour.h"

#include "tests/powercut/must.h"

#include <sqlite3.h>

#include <inttypes.h>
#include <stdlib.h>

enum { STEPS_A_HALF = 22, STEPS_WHEN_BRIEF = 3, OPEN_TRIES = 4 };

void hour_begin(struct hour *hour)
{
    *hour = (struct hour){0};
    calls_install();
    disk_install();
    hour->disk = disk_create();
    hour->history = must_alloc(sizeof *hour->history);
    hour->image = disk_create();
    hour->image_history = must_alloc(sizeof *hour->image_history);
    office_begin(&hour->office, NULL);
    make_image(&hour->office, hour->image, hour->image_history);
    disk_mount(hour->disk);
    calls_watch(hour->history);
}

void hour_end(struct hour *hour)
{
    office_end(&hour->office);
    disk_destroy(hour->disk);
    disk_destroy(hour->image);
    free(hour->history);
    free(hour->image_history);
}

/* The agent starts, at the latest when the failure is over: it happens once, or until somebody has made room. */
static bool start(struct hour *hour)
{
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i < OPEN_TRIES; i++) {
        if (i == OPEN_TRIES - 2)
            disk_ask(hour->disk, NULL, NULL);
        if (shop_open(&hour->shop, &err) == ST_OK)
            return true;
        if (err.text[0] == '\0')
            history_wrong(hour->history, "the agent did not start and did not say why");
    }
    history_wrong(hour->history, "the agent does not start after the failure: %s", err.text);
    return false;
}

/* What systemd does when a commit could not be answered for. */
static bool restart_if_asked(struct hour *hour)
{
    if (!hour->shop.restart_asked)
        return true;
    shop_close(&hour->shop);
    hour->shop.restart_asked = false;
    return start(hour);
}

static bool half_an_hour(struct hour *hour, struct dice *dice)
{
    int brief_steps = 0;

    if (!start(hour))
        return false;
    central_send_rows(&hour->shop);
    if (hour->shop.active_version == 0)
        shop_offer(&hour->shop, 1);
    for (int i = 0; i < STEPS_A_HALF && brief_steps < STEPS_WHEN_BRIEF; i++) {
        script_step(&hour->shop, dice, &hour->totals);
        brief_steps += hour->brief;
        if (!restart_if_asked(hour))
            return false;
    }
    central_pull(&hour->shop);
    script_retry(&hour->shop, &hour->totals);
    return restart_if_asked(hour);
}

/* One failure must not stop the shop: the next sale goes through, after a restart at the latest. */
static void sell_on(struct hour *hour)
{
    struct told_sale *sale = history_new_sale(hour->history);
    enum problem problem = PROBLEM_NONE;
    int64_t shown;

    sale->member = -1;
    sale->total_minor = 4200;
    for (int i = 0; i < 2; i++) {
        problem = shop_put(&hour->shop, sale, &shown);
        if (problem == PROBLEM_NONE || problem == PROBLEM_SALE_COMMITTED)
            problem = shop_commit(&hour->shop, sale);
        if (!hour->shop.restart_asked || !restart_if_asked(hour))
            break;
    }
    if (problem != PROBLEM_NONE)
        history_wrong(hour->history, "after the failure a sale is still refused: %s (log: %s)",
                      problem_spec(problem)->name, calls_last_log());
}

/* The power goes, and all promises are checked by an agent that nothing fails for. */
static void check(struct hour *hour)
{
    struct errmsg err = ERRMSG_INIT;

    disk_cut(hour->disk);
    shop_close(&hour->shop);
    disk_power_on(hour->disk);
    hour->shop.failing = false;
    if (shop_open(&hour->shop, &err) != ST_OK) {
        history_wrong(hour->history, "the agent does not start: %s", err.text);
        return;
    }
    shop_check(&hour->shop);
    central_send_rows(&hour->shop);
    shop_check_balances(&hour->shop);
    shop_close(&hour->shop);
}

/* In good order, or by a power cut. */
static void stop(struct hour *hour, bool in_order)
{
    if (!in_order)
        disk_cut(hour->disk);
    shop_close(&hour->shop);
    if (!in_order)
        disk_power_on(hour->disk);
}

static void set_up(struct hour *hour, bool first_start, uint64_t seed)
{
    if (first_start) {
        disk_wipe(hour->disk);
        history_begin(hour->history);
    } else {
        disk_copy(hour->disk, hour->image);
        *hour->history = *hour->image_history;
    }
    disk_seed(hour->disk, seed);
    sqlite3_randomness(0, NULL);
    shop_begin(&hour->shop, &hour->office, DISK_FOLDER, hour->disk, hour->history);
    hour->shop.failing = hour->shop.points_of_records = true;
}

static void ask(struct hour *hour, bool somebody)
{
    calls_ask(somebody ? hour->ask_call : NULL, hour->context);
    disk_ask(hour->disk, somebody ? hour->ask_disk : NULL, hour->context);
}

static void check_memory(struct hour *hour)
{
    const void *caller;
    int64_t held = calls_held(&caller);

    if (held != 0)
        history_wrong(hour->history, "%" PRId64 " pieces of memory are not freed, one asked for at %p", held, caller);
}

const char *hour_live(struct hour *hour, bool first_start, uint64_t seed)
{
    struct dice dice = {seed};

    hour->brief = false;
    set_up(hour, first_start, seed);
    calls_hold();
    ask(hour, true);
    if (half_an_hour(hour, &dice)) {
        stop(hour, first_start && !hour->brief);
        if (half_an_hour(hour, &dice)) {
            ask(hour, false);
            sell_on(hour);
        }
    }
    ask(hour, false);
    check(hour);
    check_memory(hour);
    return hour->history->wrong_count > 0 ? hour->history->wrong : NULL;
}
