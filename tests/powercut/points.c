/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powercut/points.h"

#include "tests/powercut/must.h"

#include <sqlite3.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    POINTS_A_LINE = 5000,
    BROKEN_MAX = 50,
    CHILD_CPU_S = 120,
    WHOLE_HOUR_EVERY = 16,
    WHOLE_HOUR_EVERY_OF_DISK = 4
};

const struct kind kinds[KINDS] = {
    {"memory", ASKED_MEMORY, 1, DISK_NO_FAULT, false, false},
    {"sqlite-nomem", ASKED_SQLITE, SQLITE_NOMEM, DISK_NO_FAULT, false, false},
    {"sqlite-ioerr", ASKED_SQLITE, SQLITE_IOERR_WRITE, DISK_NO_FAULT, false, false},
    {"sqlite-full", ASKED_SQLITE, SQLITE_FULL, DISK_NO_FAULT, false, false},
    {"sqlite-corrupt", ASKED_SQLITE, SQLITE_CORRUPT, DISK_NO_FAULT, false, false},
    {"sqlite-busy", ASKED_SQLITE, SQLITE_BUSY, DISK_NO_FAULT, false, false},
    {"read", ASKED_READ, 0, DISK_READ_ERROR, false, false},
    {"write", ASKED_WRITE, 0, DISK_WRITE_ERROR, false, false},
    {"full", ASKED_WRITE, 0, DISK_FULL, false, false},
    {"full-stays", ASKED_WRITE, 0, DISK_FULL, true, false},
    {"sync", ASKED_SYNC, 0, DISK_SYNC_ERROR, false, false},
    {"sync-stays", ASKED_SYNC, 0, DISK_SYNC_ERROR, true, false},
    {"first-memory", ASKED_MEMORY, 1, DISK_NO_FAULT, false, true},
    {"first-sqlite", ASKED_SQLITE, SQLITE_IOERR_WRITE, DISK_NO_FAULT, false, true},
    {"first-write", ASKED_WRITE, 0, DISK_WRITE_ERROR, false, true},
    {"first-full", ASKED_WRITE, 0, DISK_FULL, true, true},
    {"first-sync", ASKED_SYNC, 0, DISK_SYNC_ERROR, false, true},
};

/* What a child leaves behind. */
struct verdict {
    bool ended;
    char wrong[400];
};

static double now_s(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* ---- choosing ---- */

/* Of the calls of its kind, share are chosen, evenly spread. */
static bool is_among(int64_t nth, int64_t share, int64_t calls)
{
    return calls > 0 && nth * share / calls != (nth - 1) * share / calls;
}

static bool is_chosen(struct points *points, int kind, int64_t nth)
{
    if (!is_among(nth, points->shares[kind], points->calls[kind]))
        return false;
    points->number++;
    return points->number >= points->from && points->number % points->parts == points->part % points->parts &&
           points->broken < BROKEN_MAX;
}

/* ---- a point ---- */

static void tell_broken(struct points *points, const struct kind *kind, int64_t nth, int status)
{
    points->broken++;
    (void)printf("%-14s BROKEN: ", kind->name);
    if (WIFSIGNALED(status))
        (void)printf("it crashed, by signal %d\n", WTERMSIG(status));
    else if (!points->verdict->ended)
        (void)printf("it ended in mid hour, with %d\n", WEXITSTATUS(status));
    else
        (void)printf("%s\n", points->verdict->wrong);
    (void)printf("  again: test_failing_calls --kind %s --nth %" PRId64 " --seed %" PRIu64 "\n", kind->name, nth,
                 points->seed);
}

static void tell_progress(const struct points *points)
{
    if (points->done % POINTS_A_LINE != 0)
        return;
    (void)printf("  %" PRId64 " failed, %.0f s; from here on: --from %" PRId64 "\n", points->done,
                 now_s() - points->began_s, points->number + 1);
    (void)fflush(stdout);
}

/* What follows is the same in a child and when a point is tried again alone. */
static void fail_first(struct points *points)
{
    enum asked asked = points->failing->asked;
    int whole_every = asked == ASKED_MEMORY || asked == ASKED_SQLITE ? WHOLE_HOUR_EVERY : WHOLE_HOUR_EVERY_OF_DISK;

    disk_seed(points->hour->disk, points->seed + (uint64_t)points->nth);
    points->hour->brief = points->nth % whole_every != 0;
}

/* The child of a point is that point's from here on: the call under way fails. */
static void be_child(struct points *points, const struct kind *kind, int64_t nth)
{
    const struct rlimit cpu = {CHILD_CPU_S, CHILD_CPU_S};

    (void)setrlimit(RLIMIT_CPU, &cpu); /* one that comes to no end is killed, and told as that */
    points->failing = kind;
    points->nth = nth;
}

/* True in the child. */
static bool branch(struct points *points, const struct kind *kind, int64_t nth)
{
    int status = 0;
    pid_t child;

    *points->verdict = (struct verdict){0};
    (void)fflush(stdout);
    child = fork();
    must(child >= 0, "no process can be made");
    if (child == 0) {
        be_child(points, kind, nth);
        return true;
    }
    must(waitpid(child, &status, 0) == child, "the child is gone");
    points->done++;
    points->done_of[kind - kinds]++;
    if (!points->verdict->ended || status != 0 || points->verdict->wrong[0] != '\0')
        tell_broken(points, kind, nth, status);
    tell_progress(points);
    return false;
}

static void end_child(struct points *points, const char *wrong)
{
    (void)snprintf(points->verdict->wrong, sizeof points->verdict->wrong, "%s", wrong ? wrong : "");
    points->verdict->ended = true;
    _exit(0);
}

/* ---- what becomes of a call ---- */

static const struct kind *fate_of(struct points *points, enum asked asked)
{
    int64_t nth = ++points->counts[asked];

    for (int i = 0; i < KINDS && !points->failing; i++) {
        if (kinds[i].asked == asked && kinds[i].first == points->first && is_chosen(points, i, nth))
            (void)branch(points, &kinds[i], nth);
    }
    if (!points->failing || points->failing->asked != asked)
        return NULL;
    if (nth == points->nth)
        fail_first(points);
    return nth == points->nth || (nth > points->nth && points->failing->stays) ? points->failing : NULL;
}

static int ask_call(void *context, enum call_kind kind)
{
    const struct kind *fate = fate_of(context, kind == CALL_MEMORY ? ASKED_MEMORY : ASKED_SQLITE);

    return fate ? fate->code : 0;
}

static enum disk_fault ask_disk(void *context, enum disk_fault kind)
{
    const struct kind *fate = fate_of(context, kind == DISK_READ_ERROR   ? ASKED_READ
                                               : kind == DISK_SYNC_ERROR ? ASKED_SYNC
                                                                         : ASKED_WRITE);

    return fate ? fate->fault : DISK_NO_FAULT;
}

static const char *live(struct points *points, bool first)
{
    struct hour *hour = points->hour;

    points->first = first;
    memset(points->counts, 0, sizeof points->counts);
    hour->ask_call = ask_call;
    hour->ask_disk = ask_disk;
    hour->context = points;
    return hour_live(hour, first, points->seed);
}

/* ---- the hours ---- */

bool points_count(struct points *points)
{
    memset(points->shares, 0, sizeof points->shares);
    for (int first = 0; first <= 1; first++) {
        const char *wrong = live(points, first);

        if (wrong) {
            (void)printf("BROKEN without a failure%s: %s\n", first ? ", first start" : "", wrong);
            return false;
        }
        for (int i = 0; i < KINDS; i++) {
            if (kinds[i].first == (bool)first)
                points->calls[i] = points->counts[kinds[i].asked];
        }
    }
    return true;
}

void points_try(struct points *points)
{
    points->verdict = mmap(NULL, sizeof *points->verdict, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(points->verdict != MAP_FAILED, "no memory can be shared");
    points->began_s = now_s();
    points->number = 0;
    for (int first = 0; first <= 1; first++) {
        const char *wrong = live(points, first);

        if (points->failing)
            end_child(points, wrong);
        must(!wrong, "the hour goes wrong for the parent of the points");
    }
    (void)munmap(points->verdict, sizeof *points->verdict);
}

const char *points_try_one(struct points *points, const struct kind *kind, int64_t nth)
{
    points->failing = kind;
    points->nth = nth;
    return live(points, kind->first);
}
