/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A `best` layer: which promotions may play, which parts of the basket are independent, and what the search of each
 * part found (search.h).
 *
 * A promotion ties the lines it selects together only when its gain on one depends on another: sets, limits per sale,
 * caps, baskets, groups, costs. A plain percent off every line leaves each line a part of its own, so the usual
 * basket falls into many small searches.
 *
 * Decision: the node budget (search_nodes) is for one layer of one sale; the parts use it up in the order of their
 * first lines.
 */
#include "agent/engine/best.h"
#include "agent/engine/sort.h"

struct reference { /* one offer of one player */
    uint32_t root, player, offer;
};

static bool is_separable(const struct promotion *promotion)
{
    const struct reward *reward = &promotion->reward;

    if (promotion->cap_minor || promotion->per_sale || promotion->group != NONE || promotion->cost_currency != NONE)
        return false;
    return (reward->kind == REWARD_PERCENT_OFF && promotion->round != ROUND_PER_SALE) ||
           ((reward->kind == REWARD_AMOUNT_OFF || reward->kind == REWARD_FIXED_PRICE) && reward->per != PER_BASKET);
}

static uint32_t root_of(struct best_layer *b, uint32_t line)
{
    while (b->parent[line] != line)
        line = b->parent[line] = b->parent[b->parent[line]];
    return line;
}

static void join(struct best_layer *b, uint32_t x, uint32_t y)
{
    x = root_of(b, x);
    y = root_of(b, y);
    if (x < y)
        b->parent[y] = x;
    else
        b->parent[x] = y;
}

/* Whether two promotions may not both be as they like. */
static bool entangled(const struct promotion *x, const struct promotion *y)
{
    return (x->group != NONE && x->group == y->group) ||
           (x->cost_currency != NONE && x->cost_currency == y->cost_currency);
}

/* A percent may take a unit without giving it anything (rounded), when it gives something elsewhere. */
static bool takes_for_nothing(const struct player *player)
{
    for (size_t i = 0; player->promotion->reward.kind == REWARD_PERCENT_OFF && i < player->offers.count; i++) {
        if (player->offers.items[i].room > 0 &&
            reward_unit_gain(&player->promotion->reward, &player->offers.items[i]) == 0)
            return true;
    }
    return false;
}

/* Whether it may give more, or as much on fewer units, when one of its units goes to another; a final one that takes
 * units for nothing gives as much without them, and then later layers have them. */
static bool gains_by_losing(const struct player *player)
{
    const struct promotion *promotion = player->promotion;

    return !player->monotone || promotion->cap_minor ||
           (promotion->reward.kind == REWARD_AMOUNT_OFF && promotion->reward.per != PER_UNIT) ||
           (promotion->final && takes_for_nothing(player));
}

bool best_any_gains_by_losing(const struct best_layer *b)
{
    for (uint32_t p = 0; p < b->player_count; p++) {
        if (gains_by_losing(&b->players[p]))
            return true;
    }
    return false;
}

/* Then what a percent that takes units for nothing gives elsewhere decides about the units here, and its lines belong
 * together. */
static void parts_unite(struct best_layer *b)
{
    bool any = best_any_gains_by_losing(b);

    for (uint32_t p = 0; p < b->player_count && any; p++)
        b->players[p].separable = b->players[p].separable && !takes_for_nothing(&b->players[p]);
}

static void parts_make(struct best_layer *b)
{
    for (uint32_t l = 0; l < b->e->line_count; l++)
        b->parent[l] = l;
    for (uint32_t p = 0; p < b->player_count; p++) {
        const struct player *player = &b->players[p];

        for (size_t i = 1; !player->separable && i < player->offers.count; i++)
            join(b, player->offers.items[0].line, player->offers.items[i].line);
        for (uint32_t q = 0; q < p; q++) {
            if (entangled(b->players[q].promotion, player->promotion))
                join(b, b->players[q].offers.items[0].line, player->offers.items[0].line);
        }
    }
}

void best_player_add(struct best_layer *b, const struct player *player)
{
    if (b->player_count < b->player_cap ||
        vec_more(&b->e->arena, &b->players, b->player_count, &b->player_cap, sizeof *b->players))
        b->players[b->player_count++] = *player;
}

/* Units, and what it would give alone. */
static void player_offer(struct best_layer *b, struct candidate *candidate, struct player *player)
{
    struct engine *e = b->e;
    struct outcome outcome = {0};
    struct seat seat;

    player->times = reward_times(e, player->promotion);
    if (player->promotion->reward.kind == REWARD_MIX && player->offers.count > 0)
        player->table = mix_table_make(&e->arena, player->promotion, player->offers.items, player->offers.count);
    seat = (struct seat){.promotion = player->promotion,
                         .offers = player->offers.items,
                         .count = player->offers.count,
                         .times = player->times,
                         .table = player->table};
    seat_compute(&e->arena, &seat, &outcome);
    outcome_unproven(e, &outcome);
    player->alone = outcome.gain;
    seat.unproven = player->unproven = outcome.unproven > 0;
    /* What a final one takes for nothing is taken all the same, wherever it gives something elsewhere. */
    player->separable = is_separable(player->promotion) && !(player->promotion->final && takes_for_nothing(player));
    player->monotone = bounds_monotone(&seat);
    if (outcome.gain == 0) {
        int64_t lacks = set_lacks_milli(player->promotion, &player->offers);

        if (lacks > 0)
            candidate->verdict = (struct verdict){"nothing", ENGINE_MISSING_QTY_MILLI, lacks, 1};
        /* Alone it gives nothing, and most give no more with less to choose from. */
        if (player->offers.count == 0 || player->monotone)
            return;
    } else {
        candidate->verdict.reason = "outbid"; /* unless it is applied */
    }
    best_player_add(b, player);
}

static void player_try(struct best_layer *b, uint32_t number)
{
    struct engine *e = b->e;
    struct candidate *candidate = &e->candidates[number];
    const struct promotion *promotion = &e->bundle->promotions[candidate->promotion];
    const struct gate *gate = &e->bundle->gates[candidate->promotion];
    bool open = !e->trace && !(gate->flags & GATE_ALWAYS); /* else it would not be looked at */
    struct player player;

    /* An open gate has looked at it all, for most. */
    if (!gate->whole || !open)
        candidate->verdict = conditions_hold(e, promotion);
    if (!candidate->verdict.reason && ((gate->flags & GATE_GROUP) || !gate->whole_basket || !open))
        candidate->verdict = conditions_group_threshold(e, promotion);
    if (candidate->verdict.reason)
        return;
    candidate->verdict.reason = "nothing";
    if (best_simple_offer(b, number))
        return;
    player = (struct player){.candidate = number, .promotion = promotion_now(e, promotion)};
    if (player.promotion && offers_make(e, player.promotion, &player.offers))
        player_offer(b, candidate, &player);
}

static int reference_cmp(const void *a, const void *b)
{
    const struct reference *x = a, *y = b;

    if (x->root != y->root)
        return x->root < y->root ? -1 : 1;
    if (x->player != y->player)
        return x->player < y->player ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

/* ---- a part */

struct cell_key {
    int64_t price;
    uint32_t line, number;
    int64_t start;
};

static int cell_key_cmp(const void *a, const void *b)
{
    const struct cell_key *x = a, *y = b;

    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

static bool cells_rank(struct engine *e, struct part *part)
{
    struct cell_key *keys = arena_array(&e->arena, part->cell_count + 1, sizeof *keys);

    if (!keys)
        return false;
    for (size_t i = 0; i < part->cell_count; i++)
        keys[i] = (struct cell_key){part->cells[i].price, part->cells[i].line, (uint32_t)i, part->cells[i].start};
    sort_items(keys, part->cell_count, sizeof *keys, cell_key_cmp);
    for (size_t i = 0; i < part->cell_count; i++)
        part->cells[keys[i].number].rank = (uint32_t)i;
    return true;
}

/* The seats and cells of the references from..end, which are of one part. cell_of is by global run number. */
static bool part_make(struct best_layer *b, const struct reference *refs, size_t count, uint32_t *cell_of,
                      struct part *out)
{
    struct engine *e = b->e;

    out->seats = arena_array(&e->arena, count, sizeof *out->seats);
    out->cells = arena_array(&e->arena, count, sizeof *out->cells);
    if (!out->seats || !out->cells)
        return false;
    for (size_t i = 0, end; i < count; i = end) {
        const struct player *player = &b->players[refs[i].player];
        struct seat *seat = &out->seats[out->seat_count++];

        for (end = i; end < count && refs[end].player == refs[i].player; end++)
            ;
        seat->candidate = player->candidate;
        seat->promotion = player->promotion;
        seat->times = player->times;
        seat->alone = player->alone;
        seat->table = player->table;
        seat->unproven = player->unproven;
        seat->is_switch = player->promotion->group != NONE || player->promotion->cost_currency != NONE;
        seat->counts = reward_counts(&player->promotion->reward);
        seat->reuses = player->promotion->reward.reuse_buys && refs[0].player != refs[count - 1].player;
        seat->offers = arena_array(&e->arena, 2 * (end - i), sizeof *seat->offers);
        seat->offered = arena_array(&e->arena, 2 * (end - i), sizeof *seat->offered);
        seat->worth = arena_array(&e->arena, 2 * (end - i), sizeof *seat->worth);
        if (!seat->offers || !seat->offered || !seat->worth)
            return false;
        for (size_t k = i; k < end; k++) {
            struct offer *offer = &seat->offers[seat->count++];
            uint32_t *cell;

            *offer = player->offers.items[refs[k].offer];
            cell = &cell_of[b->cell_base[offer->line] + offer->cell];
            if (*cell == 0) {
                out->cells[out->cell_count++] = (struct cell){
                    .line = offer->line, .start = offer->start, .count = offer->count, .price = offer->price};
                *cell = (uint32_t)out->cell_count;
            }
            offer->cell = *cell - 1;
            if (seat->reuses && offer->buy) {
                seat->offers[seat->count] = *offer;
                seat->offers[seat->count++].held = true;
            }
        }
    }
    return cells_rank(e, out);
}

/* What seats that count (or those that do not) took; used: units of each cell that are gone. */
static void takes_apply(struct engine *e, const struct part *part, const struct solution *solution, bool counting,
                        int64_t *used, int64_t *held)
{
    for (size_t i = 0; i < solution->count; i++) {
        const struct part_take *take = &solution->takes[i];
        const struct seat *seat = &part->seats[take->seat];
        const struct cell *cell = &part->cells[take->cell];
        int64_t *gone = take->held ? &held[take->cell] : &used[take->cell];
        struct move move = {.promotion = e->candidates[seat->candidate].promotion,
                            .line = cell->line,
                            .start = cell->start + *gone,
                            .count = take->count,
                            .amount = take->amount,
                            .bought = take->bought};

        if (reward_counts(&seat->promotion->reward) != counting)
            continue;
        *gone += take->count;
        units_move(e, &move, counting);
        e->candidates[seat->candidate].units += move.bought ? 0 : move.count;
    }
}

static void solution_apply(struct engine *e, const struct part *part, const struct solution *solution)
{
    int64_t *used = arena_array(&e->arena, part->cell_count + 1, sizeof *used);
    int64_t *held = arena_array(&e->arena, part->cell_count + 1, sizeof *held);

    if (!used || !held)
        return;
    /* Held units are among the first of their cell: those that rewards that do not count have taken. */
    takes_apply(e, part, solution, false, used, held);
    takes_apply(e, part, solution, true, used, held);
    for (size_t i = 0; i < part->seat_count; i++) {
        struct candidate *candidate = &e->candidates[part->seats[i].candidate];

        if (solution->gains[i] > 0 && !candidate->applied) /* a separable one gives in several parts */
            candidate_applied(e, candidate);
    }
}

static void part_solve(struct best_layer *b, struct part *part)
{
    struct engine *e = b->e;
    struct solution solution = {0};

    if (part->seat_count == 1) { /* nothing to choose */
        struct outcome outcome;

        seat_compute(&e->arena, &part->seats[0], &outcome);
        if (outcome.gain == 0)
            return;
        outcome_apply(e, &e->candidates[part->seats[0].candidate], part->seats[0].offers, &outcome);
        if (!e->candidates[part->seats[0].candidate].applied)
            candidate_applied(e, &e->candidates[part->seats[0].candidate]);
        return;
    }
    for (size_t i = 0; i < part->seat_count; i++)
        bounds_make(&e->arena, &part->seats[i]);
    search_part(e, part, &solution);
    if (e->arena.st == ST_OK)
        solution_apply(e, part, &solution);
}

static void solve(struct best_layer *b)
{
    struct engine *e = b->e;
    struct reference *refs;
    uint32_t *cell_of, cells = 0;
    size_t total = 0, n = 0;

    b->cell_base = arena_array(&e->arena, e->line_count + 1u, sizeof *b->cell_base);
    for (uint32_t l = 0; b->cell_base && l < e->line_count; l++) {
        b->cell_base[l] = cells;
        cells += (uint32_t)e->lines[l].count;
    }
    for (uint32_t p = 0; p < b->player_count; p++)
        total += b->players[p].offers.count;
    refs = arena_array(&e->arena, total + 1, sizeof *refs);
    cell_of = arena_array(&e->arena, cells + 1u, sizeof *cell_of);
    if (!b->cell_base || !refs || !cell_of)
        return;
    for (uint32_t p = 0; p < b->player_count; p++) {
        for (size_t i = 0; i < b->players[p].offers.count; i++)
            refs[n++] = (struct reference){root_of(b, b->players[p].offers.items[i].line), p, (uint32_t)i};
    }
    sort_items(refs, n, sizeof *refs, reference_cmp);
    for (size_t i = 0, end; i < n && e->arena.st == ST_OK; i = end) {
        struct part part = {0};

        for (end = i; end < n && refs[end].root == refs[i].root; end++)
            ;
        if (part_make(b, &refs[i], end - i, cell_of, &part))
            part_solve(b, &part);
    }
}

static int player_cmp(const void *a, const void *b)
{
    const struct player *x = a, *y = b;

    return x->candidate < y->candidate ? -1 : x->candidate > y->candidate;
}

void layer_best(struct engine *e, uint32_t first, uint32_t end)
{
    struct best_layer b = {.e = e};

    e->nodes_left = e->bundle->search_nodes;
    best_simple_begin(&b);
    for (uint32_t i = first; i < end; i++) {
        if (e->bundle->gates[e->candidates[i].promotion].flags & GATE_DISCOUNT)
            player_try(&b, i);
    }
    best_simple_choose(&b);
    if (b.player_count == 0)
        return;
    b.parent = arena_array(&e->arena, e->line_count + 1u, sizeof *b.parent);
    if (!b.parent)
        return;
    sort_items(b.players, b.player_count, sizeof *b.players, player_cmp);
    parts_unite(&b);
    parts_make(&b);
    solve(&b);
}
