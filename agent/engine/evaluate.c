/* SPDX-License-Identifier: Apache-2.0 */
/* One evaluation: the stages in the order of the contract. */
#include "agent/engine/layer.h"

#include <stdlib.h>
#include <string.h>

enum status engine_create(struct engine **out_engine, struct errmsg *err)
{
    struct engine *engine = calloc(1, sizeof *engine);

    if (!engine) {
        errmsg_set(err, "engine: out of memory");
        return ST_NOMEM;
    }
    engine->arena = (struct arena)ARENA_INIT(64 * 1024, ENGINE_SCRATCH_BYTES_MAX);
    *out_engine = engine;
    return ST_OK;
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    arena_free(&engine->arena);
    strbuf_free(&engine->text);
    free(engine->selections);
    free(engine);
}

void engine_set_verify(struct engine *engine, engine_verify *verify, void *user)
{
    engine->verify = verify;
    engine->verify_user = user;
}

/* Everything of the last sale goes; what is kept is memory. */
static void begin(struct engine *engine, const struct bundle *bundle, const struct engine_sale *sale, bool trace)
{
    size_t kept = offsetof(struct engine, bundle);

    arena_reset(&engine->arena);
    memset((char *)engine + kept, 0, sizeof *engine - kept);
    engine->bundle = bundle;
    engine->sale = sale;
    engine->trace = trace;
    engine->nodes_left = bundle->search_nodes;
    engine->optimal = true;
}

/* The stamps make old entries void; they are cleared only when they run out. */
static bool selections_ready(struct engine *e)
{
    if (e->selection_cap < e->bundle->selection_count) {
        struct selection_state *more = realloc(e->selections, e->bundle->selection_count * sizeof *more);

        if (!more)
            return false;
        memset(more, 0, e->bundle->selection_count * sizeof *more);
        e->selections = more;
        e->selection_cap = e->bundle->selection_count;
        e->stamp = 0;
    }
    if (e->stamp == UINT32_MAX) {
        memset(e->selections, 0, e->selection_cap * sizeof *e->selections);
        e->stamp = 0;
    }
    e->stamp++;
    return true;
}

static bool prepare(struct engine *e)
{
    units_begin(e);
    if (!selections_ready(e))
        return false;
    e->group_used = arena_array(&e->arena, e->bundle->group_count + 1u, sizeof *e->group_used);
    e->points = arena_array(&e->arena, e->bundle->currency_count + 1u, sizeof *e->points);
    coupons_begin(e);
    if (e->arena.st != ST_OK)
        return true; /* evaluate sees it */
    gate_begin(e);
    items_match(e);
    contenders_begin(e);
    return true;
}

enum status engine_evaluate(struct engine *e, const struct bundle *bundle, const struct engine_sale *sale,
                            const struct engine_options *options, const struct engine_result **out_result,
                            struct errmsg *err)
{
    void (*const stages[])(struct engine *) = {layers_run, redeem_run, points_run, result_make};
    bool memory;

    begin(e, bundle, sale, options && options->trace);
    memory = prepare(e);
    for (size_t i = 0; memory && e->arena.st == ST_OK && i < sizeof stages / sizeof *stages; i++)
        stages[i](e);
    if (!memory || e->arena.st == ST_NOMEM ||
        (e->arena.st == ST_OK && !(options && options->skip_digest) && !result_digest(&e->result, &e->text))) {
        errmsg_set(err, "engine: out of memory");
        return ST_NOMEM;
    }
    if (e->arena.st != ST_OK) {
        errmsg_set(err, "engine: the sale needs more than %d MB to work out", ENGINE_SCRATCH_BYTES_MAX >> 20);
        return e->arena.st;
    }
    *out_result = &e->result;
    return ST_OK;
}
