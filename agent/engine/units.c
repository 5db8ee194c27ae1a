/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The units of a sale. A line's amount lies on its units, the odd minor units on the first. A weighed line is one
 * unit whatever it weighs; its floor is for each 1.000, half up.
 */
#include "agent/engine/sort.h"
#include "agent/engine/spread.h"
#include "agent/base/wide.h"
#include "agent/engine/work.h"

enum { RUNS_AT_FIRST = 2 }; /* room for; most lines need no more */

static void line_begin(struct work_line *line, struct run *runs)
{
    const struct sale_line *sold = line->line;
    int64_t each = sold->gross_minor, odd = 0;

    line->units = 1;
    line->floor = sold->floor_price_minor;
    if (sold->weight && line->floor > 0)
        line->floor = (int64_t)wide_half_up((uint64_t)line->floor, (uint64_t)sold->qty_milli, 1000);
    if (!sold->weight && sold->qty_milli != 1000) {
        line->units = sold->qty_milli / 1000;
        each = sold->gross_minor / line->units;
        odd = sold->gross_minor % line->units;
    }
    line->items = runs;
    line->cap = RUNS_AT_FIRST;
    if (odd > 0)
        line->items[line->count++] = (struct run){.count = odd, .gross = each + 1, .price = each + 1};
    line->items[line->count++] = (struct run){.start = odd, .count = line->units - odd, .gross = each, .price = each};
}

void units_begin(struct engine *e)
{
    struct run *runs = arena_raw(&e->arena, e->sale->line_count + 1u, RUNS_AT_FIRST * sizeof *runs);

    e->lines =
        arena_array(&e->arena, e->sale->line_count + 1u, sizeof *e->lines); /* zeroed at once, not by the line */
    if (!e->lines) /* nor without runs: what was refused once stays so */
        return;
    e->line_count = e->sale->line_count;
    for (uint32_t i = 0; i < e->line_count; i++) {
        uint32_t index = e->sale->canonical[i];

        e->lines[i].line = &e->sale->lines[index];
        e->lines[i].index = index;
        line_begin(&e->lines[i], &runs[RUNS_AT_FIRST * (size_t)i]);
        e->gross += e->lines[i].line->gross_minor;
    }
}

/* Makes a run begin at that unit. Answers its place. */
static size_t cut_at(struct engine *e, struct work_line *line, int64_t start)
{
    size_t i = 0;

    while (i < line->count && line->items[i].start + line->items[i].count <= start)
        i++;
    if (i == line->count || line->items[i].start == start)
        return i;
    if (line->count == line->cap && !vec_more(&e->arena, &line->items, line->count, &line->cap, sizeof *line->items))
        return line->count;
    for (size_t k = line->count++; k > i; k--)
        line->items[k] = line->items[k - 1];
    line->items[i].count = start - line->items[i].start;
    line->items[i + 1].start = start;
    line->items[i + 1].count -= line->items[i].count;
    return i + 1;
}

/* The runs of some units, from *out_first up to the answer. */
static size_t cut(struct engine *e, struct work_line *line, int64_t start, int64_t count, size_t *out_first)
{
    *out_first = 0;
    if (start == 0 && line->count == 1 && line->items[0].count == count) /* all, as most often */
        return 1;
    *out_first = cut_at(e, line, start);
    return cut_at(e, line, start + count);
}

void units_move(struct engine *e, const struct move *move, bool counting)
{
    struct work_line *line = &e->lines[move->line];
    size_t first, end = cut(e, line, move->start, move->count, &first);
    const struct promotion *promotion = &e->bundle->promotions[move->promotion];
    bool left = move->bought && promotion->reward.reuse_buys; /* to rewards that do not count */
    struct move *slot = VEC_ADD(&e->arena, &e->moves);

    if (slot) {
        *slot = *move;
        slot->price = first < end ? line->items[first].price : 0;
    }
    for (size_t i = first; i < end; i++) {
        struct run *run = &line->items[i];

        run->price -= move->amount;
        run->taken = run->taken || !left;
        run->counted = run->counted || counting;
        run->final_next = run->final_next || promotion->final;
    }
    e->discount += move->amount * move->count;
}

void units_pay(struct engine *e, uint32_t number, int64_t start, int64_t count, int64_t amount)
{
    struct work_line *line = &e->lines[number];
    size_t first, end = cut(e, line, start, count, &first);

    for (size_t i = first; i < end; i++)
        line->items[i].paid += amount;
}

/* Whether runs differ in nothing that outlives a layer. Nothing is paid with points before the last one is over. */
static bool alike(const struct run *a, const struct run *b)
{
    return a->gross == b->gross && a->price == b->price && a->final == b->final;
}

/* Forgets what belongs to one layer and joins runs that are alike again. */
void units_layer_begin(struct engine *e)
{
    e->moves.count = 0;
    for (uint32_t l = 0; l < e->line_count; l++) {
        struct work_line *line = &e->lines[l];
        size_t kept = 1;

        line->items[0].layer_price = line->items[0].price;
        line->items[0].taken = line->items[0].counted = line->items[0].final_next = false;
        for (size_t i = 1; i < line->count; i++) {
            struct run *run = &line->items[i];

            run->layer_price = run->price;
            run->taken = run->counted = run->final_next = false;
            if (alike(&line->items[kept - 1], run))
                line->items[kept - 1].count += run->count;
            else
                line->items[kept++] = *run;
        }
        line->count = kept;
    }
}

/* By line, then promotion, then the dearest unit: so the guard serves equal fractions, and so the result has them. */
static int move_cmp(const void *a, const void *b)
{
    const struct move *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->promotion != y->promotion)
        return x->promotion < y->promotion ? -1 : 1;
    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->count < y->count ? -1 : x->count > y->count;
}

/* The end of the moves of one promotion on one line. */
static size_t group_end(const struct moves *moves, size_t from)
{
    size_t end = from + 1;

    while (end < moves->count && moves->items[end].promotion == moves->items[from].promotion &&
           moves->items[end].line == moves->items[from].line)
        end++;
    return end;
}

static struct share group_share(const struct moves *moves, size_t from, size_t end)
{
    struct share share = {.count = 1};

    for (size_t i = from; i < end; i++)
        share.cap += moves->items[i].amount * moves->items[i].count;
    share.weight = (uint64_t)share.cap;
    return share;
}

/* The shrunk moves of one group, each unit in proportion to what it had. */
static void group_shrink(struct engine *e, const struct moves *old, size_t from, size_t end, int64_t amount)
{
    struct share *units = arena_array(&e->arena, end - from, sizeof *units);

    if (!units)
        return;
    for (size_t i = from; i < end; i++)
        units[i - from] = (struct share){
            .weight = (uint64_t)old->items[i].amount, .cap = old->items[i].amount, .count = old->items[i].count};
    spread_amount(&e->arena, units, end - from, amount);
    for (size_t i = from; i < end; i++) {
        const struct share *unit = &units[i - from];
        struct move move = old->items[i];

        move.amount = unit->low + 1;
        move.count = unit->extra;
        if (move.count > 0)
            units_move(e, &move, false);
        move.start += unit->extra;
        move.amount = unit->low;
        move.count = old->items[i].count - unit->extra;
        if (move.count > 0)
            units_move(e, &move, false);
    }
}

/* The guard: what each promotion took off each line shrinks in proportion, so that the layer leaves the discount at
 * the share of gross it may reach, rounded down. */
static void guard(struct engine *e, int64_t allowed)
{
    struct moves old = e->moves;
    struct share *shares = arena_array(&e->arena, old.count + 1, sizeof *shares);
    size_t groups = 0, g = 0;

    if (!shares)
        return;
    for (size_t i = 0; i < old.count; i = group_end(&old, i))
        shares[groups++] = group_share(&old, i, group_end(&old, i));
    spread_amount(&e->arena, shares, groups, allowed);
    e->moves = (struct moves){0};
    for (size_t i = 0; i < old.count; i++)
        e->discount -= old.items[i].amount * old.items[i].count;
    for (uint32_t l = 0; l < e->line_count; l++) {
        for (size_t i = 0; i < e->lines[l].count; i++)
            e->lines[l].items[i].price = e->lines[l].items[i].layer_price;
    }
    for (size_t i = 0; i < old.count; i = group_end(&old, i), g++)
        group_shrink(e, &old, i, group_end(&old, i), shares[g].low + shares[g].extra);
}

static void adjustments_book(struct engine *e)
{
    for (size_t i = 0, end; i < e->moves.count; i = end) {
        struct adjustment sum = {.promotion = e->moves.items[i].promotion, .line = e->moves.items[i].line};
        const struct work_line *line = &e->lines[sum.line];
        struct adjustment *slot;

        end = group_end(&e->moves, i);
        for (size_t k = i; k < end; k++) {
            const struct move *move = &e->moves.items[k];

            sum.amount += move->amount * move->count;
            if (move->amount > 0)
                sum.qty_milli += line_weighed(line) ? line->line->qty_milli : move->count * 1000;
        }
        if (sum.amount > 0 && (slot = VEC_ADD(&e->arena, &e->adjustments)) != NULL)
            *slot = sum;
    }
}

void units_layer_end(struct engine *e)
{
    int64_t layer = 0, allowed;

    if (e->moves.count == 0)
        return;
    sort_items(e->moves.items, e->moves.count, sizeof *e->moves.items, move_cmp);
    for (size_t i = 0; i < e->moves.count; i++)
        layer += e->moves.items[i].amount * e->moves.items[i].count;
    if (e->bundle->guard_bp < 10000) {
        allowed =
            (int64_t)wide_down((uint64_t)e->gross, (uint64_t)e->bundle->guard_bp, 10000) - (e->discount - layer);
        if (layer > 0 && layer > allowed)
            guard(e, allowed > 0 ? allowed : 0);
    }
    adjustments_book(e);
    for (uint32_t l = 0; l < e->line_count; l++) {
        for (size_t i = 0; i < e->lines[l].count; i++)
            e->lines[l].items[i].final = e->lines[l].items[i].final || e->lines[l].items[i].final_next;
    }
}
