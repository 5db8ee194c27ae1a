/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failing_calls - a shop's hour in which the nth call of one kind fails: an allocation, a call of SQLite, a read,
 * write or sync of the disk. Then the power goes, and what was promised must be there; nothing may crash or leak
 * (sanitizers say).
 *
 *   test_failing_calls --seconds S | --points N | --all 1   [--seed X] [--part 1|2]
 *   test_failing_calls --kind KIND --nth N                  again, with the log
 *
 * The hour is the same each time: sales, prints, acks, rules, and a start in the middle. Kinds whose name begins with
 * "first-" begin with the very first start of a till and stop in good order; the others find a till that is set up,
 * and lose their power.
 */
#include "tests/powercut/calls.h"
#include "tests/powercut/life.h"
#include "tests/powercut/must.h"

#include <sqlite3.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEPS_A_HALF = 22, OPEN_TRIES = 4 };

struct kind {
    const char *name;
    enum call_kind call; /* CALL_NONE: the disk's */
    int code;
    enum disk_fault fault;
    bool stays; /* until the agent is started anew */
    bool first; /* the till's first start */
};

static const struct kind kinds[] = {
    {"memory", CALL_MALLOC, 0, DISK_NO_FAULT, false, false},
    {"sqlite-nomem", CALL_SQLITE, SQLITE_NOMEM, DISK_NO_FAULT, false, false},
    {"sqlite-ioerr", CALL_SQLITE, SQLITE_IOERR_WRITE, DISK_NO_FAULT, false, false},
    {"sqlite-full", CALL_SQLITE, SQLITE_FULL, DISK_NO_FAULT, false, false},
    {"sqlite-corrupt", CALL_SQLITE, SQLITE_CORRUPT, DISK_NO_FAULT, false, false},
    {"sqlite-busy", CALL_SQLITE, SQLITE_BUSY, DISK_NO_FAULT, false, false},
    {"read", CALL_NONE, 0, DISK_READ_ERROR, false, false},
    {"write", CALL_NONE, 0, DISK_WRITE_ERROR, false, false},
    {"full", CALL_NONE, 0, DISK_FULL, false, false},
    {"full-stays", CALL_NONE, 0, DISK_FULL, true, false},
    {"sync", CALL_NONE, 0, DISK_SYNC_ERROR, false, false},
    {"sync-stays", CALL_NONE, 0, DISK_SYNC_ERROR, true, false},
    {"first-memory", CALL_MALLOC, 0, DISK_NO_FAULT, false, true},
    {"first-sqlite", CALL_SQLITE, SQLITE_IOERR_WRITE, DISK_NO_FAULT, false, true},
    {"first-write", CALL_NONE, 0, DISK_WRITE_ERROR, false, true},
    {"first-full", CALL_NONE, 0, DISK_FULL, true, true},
    {"first-sync", CALL_NONE, 0, DISK_SYNC_ERROR, false, true},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

struct hour {
    struct office office;
    struct disk *disk, *image;
    struct history *history, *image_history;
    struct shop shop;
    struct life_totals totals;
};

static void arm(struct hour *hour, const struct kind *kind, int64_t nth)
{
    calls_fail(kind->call, kind->call == CALL_NONE ? 0 : nth, kind->code);
    disk_fail(hour->disk, kind->fault, kind->call == CALL_NONE ? nth : 0, kind->stays);
}

static int64_t calls_made(const struct hour *hour, const struct kind *kind)
{
    return kind->call != CALL_NONE ? calls_count(kind->call) : disk_calls(hour->disk, kind->fault);
}

static void disarm(struct hour *hour)
{
    static const struct kind none = {.call = CALL_NONE};

    arm(hour, &none, 0);
}

/* The agent starts, at the latest when the failure is over: it happens once, or until somebody has made room. */
static bool start(struct hour *hour)
{
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i < OPEN_TRIES; i++) {
        if (i == OPEN_TRIES - 2)
            disk_fail(hour->disk, DISK_NO_FAULT, 0, false);
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
    if (!start(hour))
        return false;
    central_send_rows(&hour->shop);
    if (hour->shop.active_version == 0)
        shop_offer(&hour->shop, 1);
    for (int i = 0; i < STEPS_A_HALF; i++) {
        script_step(&hour->shop, dice, &hour->totals);
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
static void stop(struct hour *hour, const struct kind *kind)
{
    if (!kind->first)
        disk_cut(hour->disk);
    shop_close(&hour->shop);
    if (!kind->first)
        disk_power_on(hour->disk);
}

/* The hour with the nth call failing; 0: none. *out_calls: how many there were. NULL when all is well. */
static const char *live(struct hour *hour, const struct kind *kind, int64_t nth, uint64_t seed, int64_t *out_calls)
{
    struct dice dice = {seed};

    if (kind->first) {
        disk_wipe(hour->disk);
        history_begin(hour->history);
    } else {
        disk_copy(hour->disk, hour->image);
        *hour->history = *hour->image_history;
    }
    disk_seed(hour->disk, seed + (uint64_t)nth);
    shop_begin(&hour->shop, &hour->office, DISK_FOLDER, hour->disk, hour->history);
    hour->shop.failing = hour->shop.points_of_records = nth > 0;
    sqlite3_randomness(0, NULL);
    arm(hour, kind, nth);
    if (half_an_hour(hour, &dice)) {
        stop(hour, kind);
        if (half_an_hour(hour, &dice)) {
            *out_calls = calls_made(hour, kind);
            disarm(hour);
            sell_on(hour);
        }
    }
    disarm(hour);
    check(hour);
    return hour->history->wrong_count > 0 ? hour->history->wrong : NULL;
}

static double now_s(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

struct options {
    double seconds;
    int64_t points, nth;
    int part; /* 1 or 2: every other kind; 0: all */
    uint64_t seed;
    const char *kind;
};

/* points of one kind, evenly spread over all its calls, or as many as fit until. False when one went wrong. */
static bool torture(struct hour *hour, const struct kind *kind, const struct options *options, int64_t points,
                    double until, int64_t *out_done)
{
    int64_t calls = 0, done = 0, unused;
    const char *wrong = live(hour, kind, 0, options->seed, &calls);
    uint64_t stride = (uint64_t)calls * 618 / 1000 | 1, at = 0;
    bool good = wrong == NULL;

    while (good && done < calls && done < points && now_s() < until) {
        int64_t nth;

        /* A stride without a common divisor visits every place once, spread out from the first on. */
        at = (at + stride) % (uint64_t)calls;
        nth = points >= calls ? done + 1 : (int64_t)at + 1;
        wrong = live(hour, kind, nth, options->seed, &unused);
        done++;
        if (wrong) {
            (void)printf("%-14s BROKEN: %s\n  again: test_failing_calls --kind %s --nth %" PRId64 " --seed %" PRIu64
                         "\n",
                         kind->name, wrong, kind->name, nth, options->seed);
            good = false;
        }
    }
    if (wrong && done == 0)
        (void)printf("%-14s BROKEN without a failure: %s\n", kind->name, wrong);
    (void)printf("%-14s %" PRId64 " of %" PRId64 " calls failed, one at a time\n", kind->name, done, calls);
    (void)fflush(stdout);
    *out_done += done;
    return good;
}

static bool torture_all(struct hour *hour, const struct options *options)
{
    double began = now_s();
    int64_t done = 0, kinds_left = options->part > 0 ? KINDS / 2 + (KINDS % 2 && options->part == 1) : KINDS;
    int64_t share = options->points > 0 ? (options->points + kinds_left - 1) / kinds_left : INT64_MAX;
    bool good = true;

    for (int i = 0; i < KINDS; i++) {
        int64_t before = done;

        if (options->part > 0 && i % 2 != options->part - 1)
            continue;
        /* Each kind gets the same share of what time is left. */
        double until =
            options->seconds > 0 ? now_s() + (began + options->seconds - now_s()) / (double)kinds_left : 1e18;

        good = torture(hour, &kinds[i], options, share, until, &done) && good;
        kinds_left--;
        /* A kind with fewer calls than its share leaves the rest to the others. */
        if (options->points > 0 && kinds_left > 0)
            share += (share - (done - before)) / kinds_left;
    }
    (void)printf("seed %" PRIu64 ": %" PRId64 " failing calls in %.0f s: %s\n", options->seed, done, now_s() - began,
                 good ? "no crash, no confirmed sale lost, the shop sold on" : "see above");
    return good;
}

static bool torture_one(struct hour *hour, const struct options *options)
{
    for (int i = 0; i < KINDS; i++) {
        int64_t calls = 0;
        const char *wrong;

        if (strcmp(kinds[i].name, options->kind) != 0)
            continue;
        calls_show_log(true);
        wrong = live(hour, &kinds[i], options->nth, options->seed, &calls);
        (void)printf("%s\n", wrong ? wrong : "all is well");
        return wrong == NULL;
    }
    (void)fprintf(stderr, "no kind %s\n", options->kind);
    return false;
}

static bool read_options(int argc, char **argv, struct options *out)
{
    bool any = false;

    *out = (struct options){.seed = 20260101};
    for (int i = 1; i + 1 < argc; i += 2) {
        any = any || strcmp(argv[i], "--seed") != 0;
        if (strcmp(argv[i], "--seconds") == 0)
            out->seconds = (double)strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--points") == 0)
            out->points = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            out->seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--part") == 0)
            out->part = (int)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--kind") == 0)
            out->kind = argv[i + 1];
        else if (strcmp(argv[i], "--nth") == 0)
            out->nth = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--all") != 0)
            return false;
    }
    return argc % 2 == 1 && any;
}

int main(int argc, char **argv)
{
    struct options options;
    struct hour hour = {0};
    bool good;

    if (!read_options(argc, argv, &options)) {
        (void)fprintf(
            stderr,
            "usage: test_failing_calls --seconds S | --points N | --all 1 | --kind KIND --nth N [--seed X]\n");
        return 2;
    }
    calls_install();
    disk_install();
    hour.disk = disk_create();
    hour.history = must_alloc(sizeof *hour.history);
    hour.image = disk_create();
    hour.image_history = must_alloc(sizeof *hour.image_history);
    office_begin(&hour.office, NULL);
    make_image(&hour.office, hour.image, hour.image_history);
    disk_mount(hour.disk);
    calls_watch(hour.history);
    good = options.kind ? torture_one(&hour, &options) : torture_all(&hour, &options);
    office_end(&hour.office);
    disk_destroy(hour.disk);
    disk_destroy(hour.image);
    free(hour.history);
    free(hour.image_history);
    return good ? 0 : 1;
}
