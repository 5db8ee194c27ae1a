/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The best layer against brute force: small random baskets, every way to share the units out among the promotions is
 * tried with a plain evaluator of its own. Without limits rewards here never give less for more units, so the best of
 * all ways is the best of those the contract calls a solution; with limits only those are compared. Compared are the
 * total and what each promotion gives (the tie-break).
 *
 * LOYALD_SEED=n repeats a run, LOYALD_CASES=n makes it longer.
 */
#include "agent/engine/engine.h"
#include "best_world.h"
#include "tests/support/dice.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_ENOUGH = 10000000 };

struct proof { /* what the engine says of its answer */
    bool optimal;
    int64_t bound;
};

static void engine_answer(struct engine *engine, const char *bundle_text, const char *sale_text, struct answer *out,
                          struct proof *out_proof)
{
    const struct engine_result *result;
    struct engine_fault fault;
    struct engine_sale *sale;
    struct bundle *bundle;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(bundle_compile(bundle_text, strlen(bundle_text), &bundle, NULL, &err), ST_OK, "%s", err.text);
    cr_assert_eq(engine_sale_parse(sale_text, strlen(sale_text), &sale, &fault), ST_OK, "%s", fault.message);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, &err), ST_OK, "%s", err.text);
    *out = (struct answer){.total = result->discount_minor};
    *out_proof = (struct proof){result->optimal, result->bound_minor};
    for (size_t i = 0; i < result->line_count; i++) {
        const struct engine_result_line *line = &result->lines[i];

        for (size_t k = 0; k < line->adjustment_count; k++)
            out->gain[line->adjustments[k].promotion[1] - '0'] += line->adjustments[k].amount_minor;
    }
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
}

Test(best_layer, is_what_brute_force_finds)
{
    long count = dice_cases(3000);
    struct engine *engine;

    best_begin();
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (long i = 0; i < count; i++) {
        struct strbuf bundle = STRBUF_INIT(1 << 16), sale = STRBUF_INIT(1 << 16);
        struct answer best, got;
        struct proof proof;
        struct world w;

        best_make_world(&w);
        best_by_force(&w, &best);
        best_write_bundle(&bundle, &w, NODES_ENOUGH);
        best_write_sale(&sale, &w);
        engine_answer(engine, strbuf_text(&bundle), strbuf_text(&sale), &got, &proof);
        cr_assert(proof.optimal);
        cr_assert(memcmp(&best, &got, sizeof best) == 0,
                  "case %ld: brute force %" PRId64 " (%" PRId64 " %" PRId64 " %" PRId64 "), engine %" PRId64
                  " (%" PRId64 " %" PRId64 " %" PRId64 ")\n%s\n%s",
                  i, best.total, best.gain[0], best.gain[1], best.gain[2], got.total, got.gain[0], got.gain[1],
                  got.gain[2], strbuf_text(&bundle), strbuf_text(&sale));
        strbuf_free(&bundle);
        strbuf_free(&sale);
    }
    engine_destroy(engine);
}

/* A budget of so many nodes, and how far the engine says it may be from the best. */
static void check_proof(struct engine *engine, const struct world *w, const char *sale, const struct answer *best,
                        int nodes)
{
    struct strbuf bundle = STRBUF_INIT(1 << 16);
    struct proof proof;
    struct answer got;

    best_write_bundle(&bundle, w, nodes);
    engine_answer(engine, strbuf_text(&bundle), sale, &got, &proof);
    cr_assert_leq(got.total, best->total);
    cr_assert_geq(got.total + proof.bound, best->total,
                  "%d nodes: %" PRId64 " + %" PRId64 " is below %" PRId64 "\n%s\n%s", nodes, got.total, proof.bound,
                  best->total, strbuf_text(&bundle), sale);
    cr_assert(!proof.optimal || (proof.bound == 0 && got.total == best->total), "%d nodes: not optimal\n%s\n%s",
              nodes, strbuf_text(&bundle), sale);
    strbuf_free(&bundle);
}

Test(best_layer, a_short_search_tells_the_truth)
{
    long count = dice_cases(3000);
    struct engine *engine;

    best_begin();
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (long i = 0; i < count; i++) {
        struct strbuf bundle = STRBUF_INIT(1 << 16), sale = STRBUF_INIT(1 << 16);
        struct answer best;
        struct proof proof;
        struct world w;

        best_make_world(&w);
        best_write_bundle(&bundle, &w, NODES_ENOUGH);
        best_write_sale(&sale, &w);
        engine_answer(engine, strbuf_text(&bundle), strbuf_text(&sale), &best, &proof);
        cr_assert(proof.optimal);
        for (int nodes = 1; nodes <= 64; nodes *= 4)
            check_proof(engine, &w, strbuf_text(&sale), &best, nodes);
        strbuf_free(&bundle);
        strbuf_free(&sale);
    }
    engine_destroy(engine);
}
