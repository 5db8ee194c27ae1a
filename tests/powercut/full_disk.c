/* SPDX-License-Identifier: Apache-2.0 */
/*
 * full_disk FOLDER - sells on a real, small file system until it is full, in every place that can be, and then on.
 *
 * FOLDER is empty and alone on its file system. Round by round a filler leaves other room, down to nothing: the agent
 * starts and sells; a full disk is said as such (L-602 or not at all: the cache may go without), never a crash, never
 * a confirmed sale lost; with room again it sells on by itself, without a restart.
 */
#include "tests/powercut/calls.h"
#include "tests/powercut/life.h"
#include "tests/powercut/must.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SALES_A_ROUND = 7, FILL_BYTES = 1024, BALLAST_OF_TEST = 1 << 20 };

struct tally {
    int rounds, started, refused_start, sold, refused;
    int given_up; /* rounds in which the ballast went before a sale was refused */
};

static int64_t room_in(const char *folder)
{
    struct statvfs info;

    must(statvfs(folder, &info) == 0, "the folder cannot be asked for its room");
    return (int64_t)info.f_bavail * (int64_t)info.f_frsize;
}

/* Fills the file system but for about leave bytes. */
static void fill(const char *folder, const char *filler, int64_t leave)
{
    static const char bytes[FILL_BYTES];
    int fd = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    must(fd >= 0 || errno == ENOSPC, "the filler cannot be made");
    while (fd >= 0 && room_in(folder) > leave) {
        if (write(fd, bytes, sizeof bytes) < 0)
            break;
    }
    if (fd >= 0)
        (void)close(fd);
}

static void empty(const char *filler)
{
    must(unlink(filler) == 0 || errno == ENOENT, "the filler cannot be deleted");
}

/* Puts and commits; with room it must work, without it may be refused for want of room and nothing else. */
static void sell(struct shop *shop, bool has_room, struct tally *tally)
{
    struct told_sale *sale = history_new_sale(shop->history);
    enum problem problem;
    int64_t shown;

    sale->member = -1;
    sale->total_minor = 5000;
    problem = shop_put(shop, sale, &shown);
    if (problem == PROBLEM_NONE)
        problem = shop_commit(shop, sale);
    shop_answer_print(shop, TILL_PRINT_CONFIRMED);
    tally->sold += problem == PROBLEM_NONE;
    tally->refused += problem != PROBLEM_NONE;
    if (problem != PROBLEM_NONE && (has_room || problem != PROBLEM_DISK_FULL))
        history_wrong(shop->history, "%s room a sale is refused: %s (log: %s)", has_room ? "with" : "without",
                      problem_spec(problem)->name, calls_last_log());
}

static void sell_some(struct shop *shop, bool has_room, struct tally *tally)
{
    bool had_ballast = shop->ballast.there;
    int refused = tally->refused;

    for (int i = 0; i < SALES_A_ROUND; i++)
        sell(shop, has_room, tally);
    /* A ballast of 1 MiB is more than these sales need. */
    if (had_ballast && tally->refused > refused)
        history_wrong(shop->history, "a sale was refused though there was a ballast to give up");
    if (had_ballast && !shop->ballast.there) {
        tally->given_up++;
        if (shop->ballast.room != ROOM_SHORT)
            history_wrong(shop->history, "the ballast is gone and the room is said to be %s",
                          room_name(shop->ballast.room));
    }
}

static void one_round(struct shop *shop, const char *filler, int64_t leave, bool full_at_start, struct tally *tally)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    tally->rounds++;
    if (full_at_start)
        fill(shop->folder, filler, leave);
    st = shop_open(shop, &err);
    if (st != ST_OK && (!full_at_start || st != ST_FULL))
        history_wrong(shop->history, "the agent does not start: %s: %s", status_text(st), err.text);
    tally->started += st == ST_OK;
    tally->refused_start += st != ST_OK;
    if (st == ST_OK) {
        fill(shop->folder, filler, leave);
        sell_some(shop, false, tally);
    }
    empty(filler);
    ballast_look(&shop->ballast); /* as the daemon does when it is idle */
    if (shop->ballast.room == ROOM_SHORT)
        history_wrong(shop->history, "with room again the ballast is not made again");
    if (st != ST_OK)
        must(shop_open(shop, &err) == ST_OK, err.text);
    sell_some(shop, true, tally);
    shop_close(shop);
    must(shop_open(shop, &err) == ST_OK, err.text);
    shop_check(shop);
    shop_close(shop);
}

/* Rounds with a ballast to give up, then without one. */
static void all_rounds(struct shop *shop, const char *filler, struct tally *tally)
{
    static const int64_t rooms[] = {4 << 20,  1 << 20, 256 << 10, 64 << 10, 32 << 10,
                                    16 << 10, 8 << 10, 4 << 10,   1 << 10,  0};

    ballast_init(&shop->ballast, shop->folder, BALLAST_OF_TEST);
    must(shop->ballast.there && shop->ballast.room == ROOM_GOOD, "no ballast can be made");
    for (int with = 1; with >= 0; with--) {
        if (!with) {
            empty(shop->ballast.path);
            ballast_init(&shop->ballast, shop->folder, 0);
        }
        for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
            one_round(shop, filler, rooms[i], false, tally);
            one_round(shop, filler, rooms[i], true, tally);
        }
    }
}

static void report(const struct tally *tally, const struct history *history)
{
    (void)printf(
        "%d rounds: %d starts, %d refused for want of room; %d sales sold, %d refused for want of room; the ballast "
        "given up in %d; %" PRId64 " records: %s\n",
        tally->rounds, tally->started, tally->refused_start, tally->sold, tally->refused, tally->given_up,
        history->last_position, history->wrong_count == 0 ? "none lost" : history->wrong);
}

int main(int argc, char **argv)
{
    struct history *history = must_alloc(sizeof *history);
    struct tally tally = {0};
    struct office office;
    struct shop shop;
    char filler[300];
    bool good;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: test_full_disk FOLDER\n");
        return 2;
    }
    office_begin(&office, NULL);
    history_begin(history);
    calls_watch(history);
    (void)snprintf(filler, sizeof filler, "%s/filler", argv[1]);
    shop_begin(&shop, &office, argv[1], NULL, history);
    shop.failing = true; /* what is refused is judged here */
    all_rounds(&shop, filler, &tally);
    report(&tally, history);
    good = history->wrong_count == 0;
    office_end(&office);
    free(history);
    return good ? 0 : 1;
}
