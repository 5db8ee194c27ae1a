/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulation - a chain under everything that may happen to it, by seeds.
 *
 *   test_simulation [--seeds N] [--seconds S] [--first X] [--seed X] [--show] [--no-mutants]
 *
 * --seed runs that one twice and compares what happened, event by event. Ends with 1 when a promise was broken, and
 * prints the seed.
 */
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/link/link.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "sync/central/device.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)
enum { STEPS_MIN = 20, STEPS_MAX = 70, QUIET_MS = 6 * 3600 * 1000, YEARS_10_MS_K = 315360000 };

static struct stage *the_stage; /* held until the end of the program */
static struct sim_world *the_world;
static struct dice randomness;

struct sim_world *sim_world(void)
{
    return the_world;
}

/* ---- what must not come from outside ---- */

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);
int64_t __wrap_clock_measure_ns(void);
void __wrap_log_error(const char *area, const char *format, ...);
void __wrap_log_warn(const char *area, const char *format, ...);
void __wrap_log_info(const char *area, const char *format, ...);

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)dice_bits(&randomness);
    return (ssize_t)len;
}

int64_t __wrap_clock_measure_ns(void)
{
    return the_world->now_ms * 1000000;
}

__attribute__((format(printf, 2, 0))) static void show(const char *area, const char *format, va_list args)
{
    if (!the_world->show)
        return;
    (void)fprintf(stderr, "%10" PRId64 " %s: ", the_world->now_ms, area);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
}

#define LOG_BY(name)                                                                                                 \
    __attribute__((format(printf, 2, 3))) void __wrap_##name(const char *area, const char *format, ...)              \
    {                                                                                                                \
        va_list args;                                                                                                \
        va_start(args, format);                                                                                      \
        show(area, format, args);                                                                                    \
        va_end(args);                                                                                                \
    }
LOG_BY(log_error)
LOG_BY(log_warn)
LOG_BY(log_info)

void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "simulation: cannot go on without: %s\n", what);
    abort();
}

void *must_alloc(size_t size)
{
    void *memory = calloc(1, size);

    must(memory != NULL, "memory");
    return memory;
}

void *must_grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size);

    must(grown != NULL, "memory");
    return grown;
}

/* ---- events ---- */

struct sim_event {
    struct sim_event *next;
    int64_t due_ms;
    void (*fn)(struct sim_world *world, void *context);
    void *context;
};

uint64_t sim_digest(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ len;

    for (size_t i = 0; i < len; i++)
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    return sum;
}

void sim_wrong(struct sim_world *world, const char *format, ...)
{
    va_list args;

    if (world->wrong[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(world->wrong, sizeof world->wrong, format, args);
    va_end(args);
}

void sim_note(struct sim_world *world, const char *format, ...)
{
    char text[256];
    va_list args;
    int len = snprintf(text, sizeof text, "%" PRId64 " ", world->now_ms);

    va_start(args, format);
    (void)vsnprintf(text + len, sizeof text - (size_t)len, format, args);
    va_end(args);
    world->digest = (world->digest ^ sim_digest(text, strlen(text))) * UINT64_C(0x100000001b3);
    world->happened++;
    if (world->show)
        (void)fprintf(stderr, "%s\n", text);
}

void sim_after(struct sim_world *world, int64_t after_ms, void (*fn)(struct sim_world *world, void *context),
               void *context)
{
    struct sim_event *event = must_alloc(sizeof *event), **at = &world->events;

    *event = (struct sim_event){NULL, world->now_ms + after_ms, fn, context};
    while (*at && (*at)->due_ms <= event->due_ms)
        at = &(*at)->next;
    event->next = *at;
    *at = event;
}

void sim_forget_events(struct sim_world *world)
{
    world->ended = true;
    while (world->events) {
        struct sim_event *event = world->events;

        world->events = event->next;
        event->fn(world, event->context);
        free(event);
    }
}

static struct sim_till *next_till(struct sim_world *world, int64_t *out_ms)
{
    struct sim_till *next = NULL;

    for (int i = 0; i < TILLS; i++) {
        int64_t due = world->tills[i].up ? loop_next_ms(world->tills[i].loop) : INT64_MAX;

        if (due < *out_ms) {
            *out_ms = due;
            next = &world->tills[i];
        }
    }
    return next;
}

static void look_after(struct sim_world *world)
{
    for (int i = 0; i < TILLS; i++)
        till_after(world, &world->tills[i]);
}

void sim_run(struct sim_world *world, int64_t until_ms)
{
    for (;;) {
        int64_t due = world->events && world->events->due_ms < until_ms ? world->events->due_ms : until_ms;
        struct sim_till *till = next_till(world, &due);

        if (due > world->now_ms)
            world->now_ms = due;
        if (till) {
            loop_run_one(till->loop);
        } else if (world->events && world->events->due_ms <= world->now_ms && due < until_ms) {
            struct sim_event *event = world->events;

            world->events = event->next;
            event->fn(world, event->context);
            free(event);
        } else {
            return;
        }
        look_after(world);
    }
}

/* ---- a chain that is set up: what each seed begins with ---- */

struct stage {
    struct sim_world world;
    struct office office;
    struct disk *scratch, *disks[TILLS], *images[TILLS], *central, *backup;
    struct disk *first[TILLS], *first_central;
    struct sim_till begun[TILLS]; /* what the set-up wrote, and who they are */
};

static void told(void *context, enum problem problem, const char *detail)
{
    (void)context;
    must(problem == PROBLEM_NONE, detail);
}

static void mount(struct stage *stage)
{
    struct sim_world *world = &stage->world;

    disk_mount(stage->scratch);
    for (int i = 0; i < TILLS; i++) {
        struct sim_till *till = &world->tills[i];

        till->place = i + 1;
        till->disk = stage->disks[i];
        till->image = stage->images[i];
        till->image_position = till->split_position = -1;
        wire_drop(till);
        disk_mount_at(till->disk, till->place);
    }
    world->central_disk = stage->central;
    world->backup = stage->backup;
    disk_mount_at(world->central_disk, CENTRAL_PLACE);
}

static void close_world(struct sim_world *world)
{
    for (int i = 0; i < TILLS; i++) {
        till_down(world, &world->tills[i], true);
        strbuf_free(&world->tills[i].to_till);
        frame_reader_clear(&world->tills[i].reader);
    }
    if (world->central)
        office_stop(world, true);
}

static void set_up(struct stage *stage)
{
    struct sim_world *world = &stage->world;
    char codes[TILLS][16];

    the_world = world;
    randomness.state = 1;
    disk_randomness(1);
    world->calm = true;
    stage->scratch = disk_create();
    for (int i = 0; i < TILLS; i++) {
        stage->disks[i] = disk_create();
        stage->images[i] = disk_create();
        stage->first[i] = disk_create();
    }
    stage->central = disk_create();
    stage->backup = disk_create();
    stage->first_central = disk_create();
    office_begin(&stage->office);
    mount(stage);
    office_init(world, &stage->office, codes);
    for (int i = 0; i < TILLS; i++)
        till_up(world, &world->tills[i]);
    sim_run(world, world->now_ms + 10000);
    for (int i = 0; i < TILLS; i++)
        link_enrol(world->tills[i].link, codes[i], told, NULL);
    sim_run(world, world->now_ms + 61000);
    for (int i = 0; i < TILLS; i++)
        must(world->tills[i].rules_version == 1, "rules at each till");
    must(world->wrong[0] == '\0', world->wrong);
    sim_forget_events(world);
    close_world(world);
    for (int i = 0; i < TILLS; i++)
        disk_copy(stage->first[i], stage->disks[i]);
    disk_copy(stage->first_central, stage->central);
    memcpy(stage->begun, world->tills, sizeof stage->begun);
}

/* ---- what happens ---- */

/* Its disk becomes the one it was: what the till wrote since is of another life. */
static void put_back(struct sim_world *world, struct sim_till *till)
{
    till_down(world, till, true);
    disk_copy(till->disk, till->image);
    till->split_position = till->image_position;
    till->old_head = till->head;
    for (int64_t at = till->image_position + 1; at <= RECORDS_MAX; at++) {
        till->old_life[at] = till->records[at].confirmed ? till->records[at].tries[0] : 0;
        till->records[at] = (struct sim_record){0};
    }
    till->rules_version = 0;
    till_up(world, till);
}

static void copy_disk(struct sim_world *world, struct sim_till *till)
{
    till_down(world, till, true);
    disk_copy(till->image, till->disk);
    till->image_position = till->head;
    till_up(world, till);
}

static void back_up(struct sim_world *world)
{
    struct device device;

    if (!world->central)
        return;
    for (int i = 0; i < TILLS; i++)
        world->backup_acked[i] =
            device_load(world->central, world->tills[i].dev, &device, NULL) == ST_OK ? device.acked : 0;
    office_stop(world, true);
    disk_copy(world->backup, world->central_disk);
    world->have_backup = true;
    world->backup_ms = world->now_ms + world->days_ms;
    office_open(world);
}

/* A week's holiday: everything is switched off, and only the clocks go on. */
static void days_pass(struct sim_world *world)
{
    if (!world->central)
        return;
    office_stop(world, true);
    world->days_ms += DAY_MS * (1 + dice_below(&world->dice, 7));
    sim_note(world, "days passed, in all %" PRId64, world->days_ms / DAY_MS);
    office_open(world);
}

/* Only to a backup younger than what tills keep for it, and then nothing may be missing. */
static void restore(struct sim_world *world)
{
    struct errmsg err = ERRMSG_INIT;

    if (!world->have_backup || !world->central ||
        world->now_ms + world->days_ms - world->backup_ms >= JOURNAL_KEPT_DAYS * DAY_MS)
        return;
    for (int i = 0; i < TILLS; i++) {
        if (world->tills[i].split_position >= 0)
            return;
    }
    sim_note(world, "central put back");
    office_stop(world, true);
    disk_copy(world->central_disk, world->backup);
    memcpy(world->told_acked, world->backup_acked, sizeof world->told_acked);
    office_open(world);
    if (world->central && central_restored(world->central, &err) != ST_OK)
        sim_wrong(world, "the restored central: %s", err.text);
}

static void happen(struct sim_world *world)
{
    struct dice *dice = &world->dice;
    struct sim_till *till = &world->tills[dice_below(dice, TILLS)];
    int64_t years = INT64_C(1000) * YEARS_10_MS_K;

    switch (dice_below(dice, 26)) {
    case 0:
        if (till->up)
            disk_cut_at(till->disk, 1 + dice_below(dice, 60));
        break;
    case 1:
        if (world->central)
            disk_cut_at(world->central_disk, 1 + dice_below(dice, 80));
        break;
    case 2:
        till->cut_off_until_ms = world->now_ms + dice_below(dice, 1800 * 1000);
        break;
    case 3: /* the clock's battery, or a hand */
        till->clock_off_ms = dice_one_in(dice, 3) ? 0 : dice_one_in(dice, 2) ? years : -years;
        break;
    case 4:
        if (till->up && till->image_position < 0)
            copy_disk(world, till);
        break;
    case 5:
        if (till->up && till->image_position >= 0 && till->split_position < 0 && dice_one_in(dice, 3))
            put_back(world, till);
        break;
    case 6:
        if (dice_one_in(dice, 3))
            back_up(world);
        break;
    case 7:
        if (dice_one_in(dice, 3))
            restore(world);
        break;
    case 8: /* loyald-sync dies and comes again */
        if (till->up && till->open) {
            till->hung_up = true;
            till->to_till.len = 0;
            loop_tell(till->loop, WIRE_OPEN + till->place - 1);
            wire_drop(till);
            wire_knock(world, till, dice_below(dice, 20000));
        }
        break;
    case 9:
    case 10:
    case 11:
        if (till->up)
            till_idle(world, till);
        break;
    case 12:
        days_pass(world);
        break;
    default:
        for (int64_t n = 1 + dice_below(dice, 3); n > 0 && till->up; n--)
            till_sell(world, till);
        break;
    }
}

/* Nobody sells any more: what is missing must arrive by itself. */
static void calm_down(struct sim_world *world)
{
    char why[160] = "a till or the central is down";
    int64_t until;

    world->calm = true;
    for (int i = 0; i < TILLS; i++) {
        disk_cut_at(world->tills[i].disk, 0);
        world->tills[i].cut_off_until_ms = 0;
    }
    disk_cut_at(world->central_disk, 0);
    sim_run(world, world->now_ms + 61000);
    for (int i = 0; i < TILLS && world->wrong[0] == '\0'; i++) {
        if (!world->tills[i].up)
            sim_wrong(world, "till %d stays down", i);
    }
    for (until = world->now_ms + QUIET_MS;
         world->wrong[0] == '\0' && world->now_ms < until && !check_is_quiet(world, why, sizeof why);)
        sim_run(world, world->now_ms + 10000);
    if (world->wrong[0] == '\0' && !check_is_quiet(world, why, sizeof why))
        sim_wrong(world, "six hours of peace later %s", why);
}

/* The whole of one seed; what happened is in the world. */
static void live(struct stage *stage, uint64_t seed, enum sim_mutant mutant, bool show_it)
{
    struct sim_world *world = &stage->world;
    int64_t steps;

    for (int i = 0; i < TILLS; i++) {
        disk_copy(stage->disks[i], stage->first[i]);
        disk_seed(stage->disks[i], seed + (uint64_t)i);
    }
    disk_copy(stage->central, stage->first_central);
    disk_seed(stage->central, seed + TILLS);
    *world = (struct sim_world){.dice = {seed}, .mutant = mutant, .show = show_it, .now_ms = 200000};
    randomness.state = ~seed;
    disk_randomness(seed);
    mount(stage);
    office_open(world);
    for (int i = 0; i < TILLS; i++) {
        memcpy(world->tills[i].dev, stage->begun[i].dev, 17);
        memcpy(world->tills[i].cert_key, stage->begun[i].cert_key, 17);
        memcpy(world->tills[i].records, stage->begun[i].records, sizeof world->tills[i].records);
        world->tills[i].head = stage->begun[i].head;
        world->tills[i].counted = stage->begun[i].counted;
    }
    for (int i = 0; i < TILLS; i++)
        till_up(world, &world->tills[i]);
    steps = STEPS_MIN + dice_below(&world->dice, STEPS_MAX - STEPS_MIN + 1);
    for (int step = 0; step < steps && world->wrong[0] == '\0'; step++) {
        happen(world);
        sim_run(world, world->now_ms + (dice_one_in(&world->dice, 6) ? dice_below(&world->dice, 600000)
                                                                     : dice_below(&world->dice, 5000)));
    }
    if (world->wrong[0] == '\0')
        calm_down(world);
    if (world->wrong[0] == '\0')
        check_all(world);
    sim_forget_events(world);
    close_world(world);
}

/* ---- the program ---- */

static double now_s(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static bool prove(struct stage *stage)
{
    static const char *const names[SIM_MUTANTS] = {"", "no deduplication", "ack before store",
                                                   "pruned before counted", "balance applied twice"};
    bool all = true;

    for (int mutant = 1; mutant < SIM_MUTANTS; mutant++) {
        uint64_t seed = 0;

        do
            live(stage, ++seed, (enum sim_mutant)mutant, false);
        while (stage->world.wrong[0] == '\0' && seed < 400);
        all = all && stage->world.wrong[0] != '\0';
        (void)printf("mutant %-24s %s seed %" PRIu64 ": %s\n", names[mutant],
                     stage->world.wrong[0] ? "found with" : "NOT FOUND up to", seed, stage->world.wrong);
        (void)fflush(stdout);
    }
    return all;
}

int main(int argc, char **argv)
{
    struct stage *stage = must_alloc(sizeof *stage);
    int64_t seeds = 2000, faults = 0, cuts = 0, answered = 0, happened = 0;
    uint64_t first = 1, seed;
    double seconds = 1e9, began;
    bool one = false, mutants = true, show_it = false, good = true;

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";

        if (strcmp(argv[i], "--seeds") == 0)
            seeds = strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = (double)strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--first") == 0 || strcmp(argv[i], "--seed") == 0)
            first = strtoull(value, NULL, 10);
        one = one || strcmp(argv[i], "--seed") == 0;
        show_it = show_it || strcmp(argv[i], "--show") == 0;
        mutants = mutants && strcmp(argv[i], "--no-mutants") != 0;
    }
    the_stage = stage;
    disk_install();
    set_up(the_stage);
    if (one) {
        uint64_t digest;

        live(stage, first, SIM_REAL, show_it);
        digest = stage->world.digest;
        live(stage, first, SIM_REAL, false);
        good = stage->world.wrong[0] == '\0' && digest == stage->world.digest;
        (void)printf("seed %" PRIu64 ": %" PRId64 " events, digest %016" PRIx64 ", again %016" PRIx64 ": %s\n", first,
                     stage->world.happened, digest, stage->world.digest,
                     stage->world.wrong[0] ? stage->world.wrong : "every promise held");
        return good ? 0 : 1;
    }
    good = !mutants || prove(stage);
    began = now_s();
    for (seed = first; seed < first + (uint64_t)seeds && now_s() - began < seconds; seed++) {
        live(stage, seed, SIM_REAL, false);
        faults += stage->world.faults;
        cuts += stage->world.cuts;
        answered += stage->world.answered;
        happened += stage->world.happened;
        if (stage->world.wrong[0] != '\0') {
            (void)printf("BROKEN: %s\n  again: test_simulation --seed %" PRIu64 "\n", stage->world.wrong, seed);
            return 1;
        }
        if ((seed - first + 1) % 1000 == 0) {
            (void)printf("%" PRIu64 " seeds, %.0f s\n", seed - first + 1, now_s() - began);
            (void)fflush(stdout);
        }
    }
    (void)printf("%" PRIu64 " seeds from %" PRIu64 " on in %.0f s: %" PRId64 " sales answered, %" PRId64
                 " network faults, %" PRId64 " power cuts, %" PRId64 " events; every promise held\n",
                 seed - first, first, now_s() - began, answered, faults, cuts, happened);
    return good ? 0 : 1;
}
