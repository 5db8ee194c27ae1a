/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printer_faults - a receipt printer to which everything happens: paper low and out, cover, cutter, stall, slow line,
 * slow mechanism, power off and on, noise in both directions, cable, agent restarted; one at a time and two at once,
 * at an exact byte of a slip or between slips, for moments and for minutes, repaired in time or not.
 *
 *   printer_faults [FAULTS] [SEED] [FIRST]     default: 300 faults, seed 1, all of them; FIRST prints each from there
 * on
 *
 * The driver, its print-once states and its port are the real ones, the simulated printer sits at the far end of a
 * pty, and time is virtual. What is on the paper decides. For every slip: it is told of once; "confirmed" means that
 * all of it is on the paper, once, on a piece of its own; "failed" that not a byte of it is, and "unknown" that it
 * was sent; whatever happens, it is never sent or there twice, and not sent at all to a printer that has said for
 * seconds that it cannot print. For every fault: all slips come to an end in time, the next one after the repair is
 * printed, and the loop is not woken more often than the bytes and the seconds explain.
 *
 * By turns they happen to a printer that tells by itself and names its markers, one that counts, one that does
 * neither, and the first with a notice of each start. What must be found is in printer_mutants.txt.
 */
#include "tests/devices/fault_script.h"
#include "tests/devices/virtual_loop.h"

#include "agent/base/log.h"
#include "drivers/printer/printer_watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    JOBS_AT_ONCE_MAX = 3,
    TRIES = 3,
    SHARE = 25,           /* of the faults, then it is the next printer's turn */
    LONG_LINES = 500,     /* more than a line takes without being read */
    WAKES_A_SECOND = 120, /* two rounds of four questions, each heard and answered, and a slow line's ticks */
    WAKES_FREE = 2000,
};

struct torture {
    struct bench bench;
    struct script script;
    int cycles_asked, cycle, first_shown, switched_off;
    unsigned seed_asked;
    bool noisy_cycle;
};

static void look(void *context)
{
    script_look(&((struct torture *)context)->script);
}

static void excuse(void *context)
{
    struct torture *torture = context;

    (void)printf("; fault %d ", torture->cycle);
    script_say(&torture->script);
    (void)printf("; to see it: printer_faults %d %u %d\n", torture->cycles_asked, torture->seed_asked,
                 torture->cycle);
}

/* One more slip, by a cashier who does as he is told: after a few tries the printer is switched off and on. */
static void until_printed(struct torture *torture)
{
    struct bench *bench = &torture->bench;

    for (int tries = 0; tries < 2 * TRIES; tries++) {
        if (tries == TRIES) {
            torture->switched_off++;
            fault_printer_power_cycle(&bench->far_end, FAULT_START_MS, FAULT_START_CLEAN);
            bench_until_ready(bench);
        }
        bench_print(bench, 5);
        bench_until_told(bench, bench->next_job);
        if (paper_job(&bench->paper, bench->next_job - 1)->confirmed)
            return;
    }
    bench_fail(bench, "stuck: nothing is printed after the repair");
}

/* When all is over: what comes out late must not be a second one, nor one that failed. */
static void judge(struct torture *torture, int job)
{
    struct bench *bench = &torture->bench;
    const struct paper_job *found = paper_job(&bench->paper, job);

    if (found->begun > 1 || found->sent > 1 || (found->failed && found->begun > 0))
        bench_fail(bench, "slip %d is on the paper %d times, and was sent %d times", job, found->begun, found->sent);
    if (found->sent != (found->confirmed || found->unknown))
        bench_fail(bench, "slip %d was sent %d times and %s", job, found->sent, found->failed ? "failed" : "not");
    if (found->confirmed && !torture->noisy_cycle && found->whole != 1)
        bench_fail(bench, "slip %d was confirmed and is not on the paper", job);
}

static void run_steps(struct torture *torture, int64_t ms)
{
    struct bench *bench = &torture->bench;
    int64_t end_ms = loop_now_ms(bench->loop) + ms;

    while (loop_now_ms(bench->loop) < end_ms) {
        look(torture);
        bench_step(bench);
    }
}

/* Some begin with a printer that was switched on a while ago, some with one that has been in trouble for a while. */
static void ask_for_slips(struct torture *torture)
{
    struct bench *bench = &torture->bench;
    struct script *script = &torture->script;

    if (script_pick(script, 4) == 0) {
        fault_printer_power_cycle(&bench->far_end, FAULT_START_MS, FAULT_START_CLEAN);
        run_steps(torture, 2 * FAULT_START_MS + WATCH_IDLE_MS);
        bench_until_ready(bench);
    }
    script_plan(script);
    if (script_pick(script, 5) == 0) {
        script_begin(script);
        run_steps(torture, WATCH_IDLE_MS + 2 * WATCH_ANSWER_MS);
    }
    for (unsigned i = 0, n = 1 + script_pick(script, JOBS_AT_ONCE_MAX); i < n; i++)
        bench_print(bench, script_pick(script, 10) == 0 ? LONG_LINES : 3 + (int)script_pick(script, 30));
}

static void run_cycle(struct torture *torture)
{
    struct bench *bench = &torture->bench;
    struct script *script = &torture->script;
    int64_t began_ms = loop_now_ms(bench->loop), wakes = virtual_loop_wakes(bench->loop), allowed;
    uint64_t taken = bench->paper.bytes;
    int jobs = bench->next_job;

    bench->shown = torture->cycle >= torture->first_shown;
    if (bench->shown)
        (void)printf("fault %d, seed %u, %s\n", torture->cycle, script->seed, bench->profile);
    bench->noisy = bench->misled = bench->garbled = false;
    script->fault_count = 0;
    ask_for_slips(torture);
    bench_until_told(bench, bench->next_job);
    script_repair(script);
    bench_until_ready(bench);
    torture->noisy_cycle = bench->garbled = bench->noisy;
    bench->misled = false;
    /* A driver that was started meanwhile knows nothing of what the noise made the printer wait for. */
    bench->noisy = bench->noisy && script->faults[script->fault_count - 1].kind == FAULT_RESTART;
    until_printed(torture);
    for (int i = 0; i < 50; i++)
        bench_step(bench);
    for (int job = jobs; job < bench->next_job; job++)
        judge(torture, job);
    allowed = WAKES_FREE + (loop_now_ms(bench->loop) - began_ms) / 1000 * WAKES_A_SECOND +
              (int64_t)(bench->paper.bytes - taken);
    if (virtual_loop_wakes(bench->loop) - wakes > allowed)
        bench_fail(bench, "the loop was woken %" PRId64 " times in %" PRId64 " ms, more than %" PRId64,
                   virtual_loop_wakes(bench->loop) - wakes, loop_now_ms(bench->loop) - began_ms, allowed);
}

enum { MODELS = 4 };
static const struct model {
    const char *profile;
    bool gives_notice;
} models[MODELS] = {
    {"epson-tm-t20iii", false}, {"star-tsp600", false}, {"rongta-rp326", false}, {"epson-tm-t20iii", true}};

static void run(struct torture *torture, const struct model *model, int cycles_left)
{
    bench_open(&torture->bench, model->profile);
    torture->bench.far_end.gives_notice = model->gives_notice;
    for (int i = 0; i < SHARE && i < cycles_left; i++) {
        torture->cycle++;
        run_cycle(torture);
    }
    bench_close(&torture->bench);
}

static void say_sums(const struct torture *torture)
{
    const struct bench *bench = &torture->bench;

    for (int i = 0; i < FAULT_KINDS; i++)
        (void)printf("%s: %d\n", fault_text((enum fault_kind)i), torture->script.counts[i]);
    (void)printf("%d faults, %d slips: %d confirmed, %d unknown, %d failed; %" PRId64 " wake-ups in %" PRId64 " s\n",
                 torture->cycle, bench->next_job, bench->ends[PRINT_CONFIRMED], bench->ends[PRINT_UNKNOWN],
                 bench->ends[PRINT_FAILED], virtual_loop_wakes(bench->loop), loop_now_ms(bench->loop) / 1000);
    (void)printf("switched off and on %d times\n", torture->switched_off);
}

int main(int argc, char **argv)
{
    static struct torture torture;
    static char folder[] = "/tmp/loyald-faults-XXXXXX", link_path[64];
    struct bench *bench = &torture.bench;
    int cycles = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 300;

    torture.seed_asked = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    torture.cycles_asked = cycles;
    torture.first_shown = argc > 3 ? (int)strtol(argv[3], NULL, 10) : cycles + 1;
    torture.script = (struct script){.bench = bench, .seed = torture.seed_asked};
    *bench = (struct bench){.link_path = link_path, .look = look, .excuse = excuse, .context = &torture};
    log_set_level(LOG_LEVEL_ERROR);
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    (void)printf("seed %u\n", torture.seed_asked);
    if (!mkdtemp(folder) || loop_create(&bench->loop, NULL) != ST_OK ||
        !paper_begin(&bench->paper, (cycles + 2) * (JOBS_AT_ONCE_MAX + 2 * TRIES)))
        return 1;
    (void)snprintf(link_path, sizeof link_path, "%s/printer", folder);
    for (int turn = 0; torture.cycle < cycles; turn++)
        run(&torture, &models[turn % MODELS], cycles - torture.cycle);
    say_sums(&torture);
    paper_end(&bench->paper);
    loop_destroy(bench->loop);
    return rmdir(folder) == 0 ? 0 : 1;
}
