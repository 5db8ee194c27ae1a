/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/runs.h"

#include "tests/powercut/must.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TELL_EVERY = 1000 };

/* What there is a sum of: where it is in a world, and its name. */
static const struct {
    size_t at;
    const char *name;
} counted[] = {{offsetof(struct sim_world, answered), "sales answered"},
               {offsetof(struct sim_world, returned), "returns"},
               {offsetof(struct sim_world, grants), "grants"},
               {offsetof(struct sim_world, claims), "claims"},
               {offsetof(struct sim_world, faults), "network faults"},
               {offsetof(struct sim_world, cuts), "power cuts"},
               {offsetof(struct sim_world, happened), "events"},
               {offsetof(struct sim_world, forks), "histories split"},
               {offsetof(struct sim_world, carried), "records carried"},
               {offsetof(struct sim_world, both), "of them in both lives"},
               {offsetof(struct sim_world, behind), "batches sent behind another"},
               {offsetof(struct sim_world, restores), "times the central was put back"},
               {offsetof(struct sim_world, behind_epoch), "tills whose epoch it did not know then"},
               {offsetof(struct sim_world, carried_again), "epochs begun to bring it what it lacked"},
               {offsetof(struct sim_world, by_hold), "points spent by hold"},
               {offsetof(struct sim_world, by_lease), "by lease"},
               {offsetof(struct sim_world, by_floor), "up to the floor"},
               {offsetof(struct sim_world, written_off), "of what was written off"},
               {offsetof(struct sim_world, expired), "points expired"}};

enum { COUNTED = sizeof counted / sizeof counted[0] };

/* Between the processes. */
struct share {
    _Atomic int64_t begun, done;
    _Atomic bool broken;
    _Atomic int64_t sums[COUNTED];
    double began_s;
};

static double now_s(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void tell(const struct runs_options *options, const struct share *share, int64_t done)
{
    double passed = now_s() - share->began_s;

    (void)printf("%" PRId64 " of %" PRId64 " seeds, %.0f s, %.0f ms each, %.0f min to go\n", done, options->seeds,
                 passed, 1000 * passed / (double)done, passed / (double)done * (double)(options->seeds - done) / 60);
    (void)fflush(stdout);
}

static void add(struct share *share, const struct sim_world *world)
{
    for (size_t i = 0; i < COUNTED; i++)
        atomic_fetch_add(&share->sums[i], *(const int64_t *)((const char *)world + counted[i].at));
}

/* One process's part. */
static void run(struct stage *stage, const struct runs_options *options, struct share *share)
{
    while (!share->broken && now_s() - share->began_s < options->seconds) {
        int64_t number = atomic_fetch_add(&share->begun, 1), done;
        uint64_t seed = options->first + (uint64_t)number;

        if (number >= options->seeds)
            return;
        stage_live(stage, seed, SIM_REAL, false);
        if (stage->world.wrong[0] != '\0') {
            share->broken = true;
            (void)printf("BROKEN: %s\n  again: test_simulation --seed %" PRIu64 " --show\n", stage->world.wrong,
                         seed);
            (void)fflush(stdout);
            return;
        }
        add(share, &stage->world);
        done = atomic_fetch_add(&share->done, 1) + 1;
        if (done % TELL_EVERY == 0)
            tell(options, share, done);
    }
}

/* The set-up is each one's own from here on. */
static void run_jobs(struct stage *stage, const struct runs_options *options, struct share *share)
{
    int status;

    (void)fflush(stdout);
    for (int i = 0; i < options->jobs; i++) {
        pid_t pid = fork();

        must(pid >= 0, "a process");
        if (pid == 0) {
            run(stage, options, share);
            _exit(0);
        }
    }
    for (int i = 0; i < options->jobs; i++) {
        must(wait(&status) > 0, "a process to wait for");
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            share->broken = true;
            (void)printf("BROKEN: a process ended by status %d, at one of the seeds before %" PRIu64 "\n", status,
                         options->first + (uint64_t)share->begun);
        }
    }
}

bool runs_all(struct stage *stage, const struct runs_options *options)
{
    struct share *share = mmap(NULL, sizeof *share, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool good;

    must(share != MAP_FAILED, "memory");
    share->began_s = now_s();
    if (options->jobs > 1)
        run_jobs(stage, options, share);
    else
        run(stage, options, share);
    (void)printf("%" PRId64 " seeds from %" PRIu64 " on in %.0f s", (int64_t)share->done, options->first,
                 now_s() - share->began_s);
    for (size_t i = 0; i < COUNTED; i++)
        (void)printf("%s %" PRId64 " %s", i == 0 ? ":" : ",", (int64_t)share->sums[i], counted[i].name);
    good = !share->broken;
    (void)printf("; %s\n", good ? "every promise held" : "a promise was BROKEN");
    (void)munmap(share, sizeof *share);
    return good;
}
