/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON to a bundle. A file of ten thousand promotions as one tree takes ten times its size, so its promotions are
 * left out of the tree and read one by one, in memory that is used again; the rest may name each other in any order.
 */
#include "agent/engine/compile.h"

#include "agent/base/json.h"
#include "agent/base/plural.h"

#include <stdlib.h>

#define BUNDLE_NAMES                                                                                                 \
    "format id version currency minor_digits created_at expires_at layers item_sets price_lists coupon_series "      \
    "point_currencies redemption guards search_nodes promotions codes receipts offline texts"

static void compile_root(struct compiler *c, const cJSON *root)
{
    if (!rd_names(&c->rd, root, BUNDLE_NAMES))
        return;
    digest_begin(&c->digest, &c->scratch, root);
    compile_header(c, root);
    compile_guards(c, root);
    compile_layers(c, root);
    compile_currencies(c, root);
    compile_series(c, root);
    compile_sets(c, root);
    compile_price_lists(c, root);
    compile_redemption(c, root);
    compile_code_grammar(c, root);
    compile_carried(c, root);
    if (c->bundle->arena.st == ST_OK && c->scratch.st == ST_OK)
        compile_promotions(c, root);
    if (c->bundle->arena.st == ST_OK && c->scratch.st == ST_OK && c->syntax_st == ST_OK) {
        compile_gates(c);
        compile_index(c);
    }
    c->digest_st = digest_end(&c->digest, c->bundle->digest);
    if (c->digest_st != ST_OK && c->digest_st != ST_NOMEM)
        rd_fault(&c->rd, NULL, "holds a number that is no integer, or is too large to digest");
}

static enum status first_fault(const struct bundle_report *report, struct errmsg *err)
{
    for (size_t i = 0; i < report->note_count; i++) {
        if (!report->notes[i].warning) {
            errmsg_set(err, "bundle: %s: %s%s", report->notes[i].at, report->notes[i].text,
                       report->fault_count > 1 ? " (and more faults)" : "");
            return ST_INVALID;
        }
    }
    errmsg_set(err, "bundle: %zu %s", report->fault_count, plural((int64_t)report->fault_count, "fault", "faults"));
    return ST_INVALID;
}

/* A text that is no JSON has this one fault: what was found before it counts for nothing. */
static enum status syntax_fault(const struct compiler *c, const struct errmsg *found, struct bundle_report *report,
                                struct errmsg *err)
{
    struct reader rd = {.report = report};
    struct errmsg fault = *found;

    /* Where the first one is: the parts were not read in the order of the text. */
    (void)json_check(c->text, c->len, &fault);
    report->fault_count = report->warning_count = report->note_count = 0;
    rd_note(&rd, false, NULL, fault.text);
    errmsg_set(err, "bundle: %s", fault.text);
    return ST_INVALID;
}

static enum status finish(struct compiler *c, struct bundle_report *report, struct errmsg *err)
{
    enum status st = c->bundle->arena.st != ST_OK ? c->bundle->arena.st : c->scratch.st;

    st = st != ST_OK ? st : c->temp.st;
    st = st != ST_OK || c->digest_st != ST_NOMEM ? st : c->digest_st;
    if (st == ST_OK)
        st = c->syntax_st == ST_INVALID ? ST_OK : c->syntax_st;
    if (st != ST_OK)
        errmsg_set(err, "bundle: %s", status_text(st));
    else if (c->syntax_st != ST_OK)
        st = syntax_fault(c, &c->syntax, report, err);
    else if (report->fault_count > 0)
        st = first_fault(report, err);
    return st;
}

static enum status compile_tree(struct compiler *c, const cJSON *root, struct bundle **out_bundle, struct errmsg *err)
{
    struct bundle *bundle = calloc(1, sizeof *bundle);
    enum status st;

    if (!bundle) {
        errmsg_set(err, "bundle: out of memory");
        return ST_NOMEM;
    }
    bundle->arena = (struct arena)ARENA_INIT(32 * 1024, 0);
    c->scratch = (struct arena)ARENA_INIT(32 * 1024, 0);
    c->bundle = bundle;
    c->temp = (struct arena)ARENA_INIT(32 * 1024, 0);
    c->sharing = (struct sharing){.kept = &bundle->arena, .scratch = &c->scratch};
    c->rd.arena = &bundle->arena;
    c->rd.temp = &c->temp;
    c->rd.sharing = &c->sharing;
    c->rd.orders = arena_array(&c->scratch, RD_KINDS, sizeof *c->rd.orders);
    compile_root(c, root);
    st = finish(c, c->rd.report, err);
    arena_free(&c->scratch);
    arena_free(&c->temp);
    if (st != ST_OK) {
        bundle_destroy(bundle);
        return st;
    }
    *out_bundle = bundle;
    return ST_OK;
}

enum status bundle_compile(const char *text, size_t len, struct bundle **out_bundle, struct bundle_report *report,
                           struct errmsg *err)
{
    struct bundle_report *own = report ? NULL : calloc(1, sizeof *own);
    struct bundle_report *notes = report ? report : own;
    struct compiler c = {.rd = {.report = notes}, .text = text, .len = len};
    struct json_pool pool = JSON_POOL_INIT;
    struct errmsg fault = ERRMSG_INIT;
    const cJSON *root = NULL;
    enum status st;

    if (!notes) {
        errmsg_set(err, "bundle: out of memory");
        return ST_NOMEM;
    }
    notes->fault_count = notes->warning_count = notes->note_count = 0;
    st = json_pool_parse_without(&pool, text, len, BUNDLE_BYTES_MAX, "promotions", &root, &c.promotions_text, &fault);
    if (st == ST_OK)
        st = compile_tree(&c, root, out_bundle, err);
    else if (st == ST_INVALID)
        st = syntax_fault(&c, &fault, notes, err);
    else
        errmsg_set(err, "bundle: %s", fault.text);
    json_pool_free(&pool);
    free(own);
    return st;
}
