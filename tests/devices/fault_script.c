/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/fault_script.h"

#include "tests/devices/virtual_loop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *fault_text(enum fault_kind kind)
{
    static const char *const texts[] = {"nothing",        "paper low",        "paper out",  "cover",  "cutter",
                                        "stall",          "slow line",        "slow paper", "power",  "reset",
                                        "noise to agent", "noise to printer", "unplug",     "restart"};

    return texts[kind];
}

void script_say(const struct script *script)
{
    (void)printf("(");
    for (int i = 0; i < script->fault_count; i++) {
        const struct fault *fault = &script->faults[i];

        (void)printf("%s%s at byte %" PRId64 " or %" PRId64 " ms for %" PRId64 " ms", i ? ", " : "",
                     fault_text(fault->kind), fault->at_byte, fault->at_ms, fault->repair_ms);
    }
    (void)printf(")");
}

unsigned script_pick(struct script *script, unsigned below)
{
    return (unsigned)rand_r(&script->seed) % below;
}

static void make_noise(struct script *script, bool to_agent)
{
    struct bench *bench = script->bench;
    uint8_t bytes[40];
    size_t len = 1 + script_pick(script, sizeof bytes);

    bench->noisy = bench->noisy || !to_agent; /* what is on the paper is what was heard */
    bench->misled = bench->misled || to_agent;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)rand_r(&script->seed);
    fault_printer_noise(&bench->far_end, to_agent, bytes, len);
}

static void switch_off_and_on(struct script *script, int64_t start_ms)
{
    fault_printer_power_cycle(&script->bench->far_end, start_ms, script_pick(script, 4));
}

static void happen(struct script *script, struct fault *fault)
{
    struct bench *bench = script->bench;
    struct fault_printer *far_end = &bench->far_end;

    fault->happened = true;
    fault->repair_due_ms = fault->repair_ms > 0 ? loop_now_ms(bench->loop) + fault->repair_ms : INT64_MAX;
    if (bench->shown)
        (void)printf("  %" PRId64 " ms: %s\n", loop_now_ms(bench->loop), fault_text(fault->kind));
    switch (fault->kind) {
    case FAULT_NOTHING:
    case FAULT_KINDS:
        return;
    case FAULT_PAPER_LOW:
        sim_escpos_paper(&far_end->inside, SIM_PAPER_LOW, -1);
        return;
    case FAULT_PAPER_OUT:
        if (script_pick(script, 2))
            sim_escpos_paper(&far_end->inside, SIM_PAPER_OUT, 0);
        else
            sim_escpos_paper(&far_end->inside, SIM_PAPER_LOW, 1 + (int)script_pick(script, 30));
        return;
    case FAULT_COVER:
        sim_escpos_cover(&far_end->inside, true);
        return;
    case FAULT_CUTTER:
        fault_printer_jam(far_end, true);
        return;
    case FAULT_STALL:
        fault_printer_stall(far_end, true);
        return;
    case FAULT_SLOW_LINE:
        fault_printer_rate(far_end, 1 + (int)script_pick(script, 10));
        return;
    case FAULT_SLOW_PAPER:
        sim_escpos_busy(&far_end->inside, true);
        return;
    case FAULT_POWER:
        switch_off_and_on(script, FAULT_START_MS + script_pick(script, FAULT_START_MS));
        return;
    case FAULT_RESET:
        switch_off_and_on(script, 1 + script_pick(script, 900));
        return;
    case FAULT_NOISE_TO_AGENT:
    case FAULT_NOISE_TO_PRINTER:
        make_noise(script, fault->kind == FAULT_NOISE_TO_AGENT);
        return;
    case FAULT_UNPLUG:
        fault_printer_unplug(far_end);
        return;
    case FAULT_RESTART:
        bench->restart_asked = true;
        return;
    }
}

static void repair(struct script *script, struct fault *fault)
{
    struct fault_printer *far_end = &script->bench->far_end;

    fault->happened = fault->repaired = true; /* one that has not come yet stays away */
    if (script->bench->shown)
        (void)printf("  %" PRId64 " ms: %s is over\n", loop_now_ms(script->bench->loop), fault_text(fault->kind));
    sim_escpos_paper(&far_end->inside, SIM_PAPER_OK, -1);
    sim_escpos_cover(&far_end->inside, false);
    fault_printer_jam(far_end, false);
    sim_escpos_busy(&far_end->inside, false);
    fault_printer_stall(far_end, false);
    fault_printer_rate(far_end, 0);
    bench_plug(script->bench);
}

void script_repair(struct script *script)
{
    for (int i = 0; i < script->fault_count; i++)
        repair(script, &script->faults[i]);
    script->bench->far_end.trip_after = -1;
}

static void on_trip(void *context)
{
    struct script *script = context;

    for (int i = 0; i < script->fault_count; i++)
        if (!script->faults[i].happened && script->faults[i].at_byte >= 0)
            happen(script, &script->faults[i]);
}

void script_begin(struct script *script)
{
    happen(script, &script->faults[0]);
}

void script_look(struct script *script)
{
    int64_t now_ms = loop_now_ms(script->bench->loop);

    for (int i = 0; i < script->fault_count; i++) {
        struct fault *fault = &script->faults[i];

        if (!fault->happened && fault->due_ms <= now_ms)
            happen(script, fault);
        fault_printer_look(&script->bench->far_end);
        if (fault->happened && !fault->repaired && fault->repair_due_ms <= now_ms)
            repair(script, fault);
    }
}

/* That the power was off is told by answers that do not come, for which noise may pass: together nobody could find
 * them out. */
static bool hides(enum fault_kind a, enum fault_kind b)
{
    return (a == FAULT_POWER || a == FAULT_RESET || a == FAULT_NOISE_TO_AGENT) &&
           (b == FAULT_POWER || b == FAULT_RESET || b == FAULT_NOISE_TO_AGENT);
}

static enum fault_kind pick_kind(struct script *script, int index)
{
    enum fault_kind kind = (enum fault_kind)script_pick(script, FAULT_KINDS);

    /* What only some can tell is tried more often on those. */
    if (kind == FAULT_RESET && !fault_printer_tells_of_start(&script->bench->far_end))
        kind = FAULT_POWER;
    else if (kind == FAULT_NOTHING && fault_printer_tells_of_start(&script->bench->far_end))
        kind = FAULT_RESET;
    return index > 0 && hides(kind, script->faults[0].kind) ? FAULT_NOTHING : kind;
}

void script_plan(struct script *script)
{
    static const int64_t durations_ms[] = {0, 30, 300, 900, 1100, 3000, 12000, 40000, 400000};
    struct fault_printer *far_end = &script->bench->far_end;
    int64_t now_ms = loop_now_ms(script->bench->loop);

    script->fault_count = 1 + (script_pick(script, 4) == 0);
    far_end->trip = on_trip;
    far_end->trip_context = script;
    far_end->trip_after = -1;
    for (int i = 0; i < script->fault_count; i++) {
        struct fault *fault = &script->faults[i];

        *fault = (struct fault){.kind = pick_kind(script, i), .at_byte = -1};
        fault->repair_ms = durations_ms[script_pick(script, sizeof durations_ms / sizeof durations_ms[0])];
        if (script_pick(script, 4) > 0 && far_end->trip_after < 0) {
            fault->at_byte = far_end->trip_after =
                (int64_t)(script_pick(script, 4) ? script_pick(script, 1600) : script_pick(script, 24 * 1024));
            fault->due_ms = now_ms + 20000; /* should nothing go out */
        } else {
            fault->at_ms = (int64_t)script_pick(script, 3000);
            fault->due_ms = now_ms + fault->at_ms;
        }
        script->counts[fault->kind]++;
    }
}
