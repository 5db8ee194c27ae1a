/* SPDX-License-Identifier: Apache-2.0 */
#include "world_points.h"

#include "agent/base/json.h"
#include "agent/till/sale.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

static struct world world;

static void begin(void)
{
    world_begin_in_folder(&world);
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(restart, .init = begin, .fini = end);

Test(restart, keeps_rules_sales_and_balances)
{
    world_rules(&world, WORLD_EARNING, 1);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},", 0);
    cr_expect_eq(world_shown_balance(&world, "s1"), 50);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    world_restart(&world, false);
    cr_expect_eq(rule_edition_version(rulebook_active(world.rulebook)), 1);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_expect_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_SALE_COMMITTED, "its number is used up");
    cr_expect_eq(world_shown_balance(&world, "s2"), 150);
    cr_expect_eq(world_count(&world, "print"), 1, "a print that ended is not settled again");
}

Test(restart, without_the_cache_shows_the_same_balance)
{
    world_rules(&world, WORLD_EARNING, 1);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},", 0);
    cr_expect_eq(world_shown_balance(&world, "s1"), 50);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    world_restart(&world, true);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},",
                 0); /* the central's row again: it counts none of ours */
    cr_expect_eq(world_shown_balance(&world, "s2"), 150);
    cr_expect_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_SALE_COMMITTED);
}

Test(restart, in_mid_print_ends_as_unknown_and_prints_nothing)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world.prints, 1);
    world_restart(&world, false);
    cr_expect_eq(world.prints, 1, "never a second original");
    cr_expect_eq(world_count(&world, "print"), 1);
    {
        struct cJSON *view = NULL;
        const char *state = "";

        cr_assert_eq(world_do(&world, "get", "s1", NULL, &view), PROBLEM_NONE);
        (void)json_text(view, "state", 32, &state, NULL);
        cr_expect_str_eq(state, "print_unknown");
        json_free(view);
    }
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "print"), 1, "settled once");
}

Test(restart, keeps_the_version_ratchet)
{
    char *manifest, *signatures;

    world_rules(&world, WORLD_EARNING, 1);
    world_restart(&world, false);
    world_sign(&world, "demo", WORLD_EARNING, 1, world.office, &manifest, &signatures);
    rulebook_offer(world.rulebook, manifest, strlen(manifest), signatures, strlen(signatures));
    cr_expect_str_eq(world.refused, "", "the same rules again are no news");
    cr_expect_eq(world.fetches, 1);
    free(manifest);
    free(signatures);
}

Test(restart, copy_of_a_sale_of_before)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    world_restart(&world, false);
    cr_expect_eq(world_do(&world, "copy", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_str_eq(world.job_id, "s1#1");
    cr_expect_eq(world_do(&world, "copy", "s9", NULL, NULL), PROBLEM_NO_SALE);
}

/* ---- the matrix: a restart after every move that the machine has, by whatever way it is reached ---- */

enum { PATHS_MAX = 64, PATH_MOVES_MAX = 8, EVENTS = SALE_NOT_PRINTED + 1, STATES = SALE_VOIDED + 1 };

struct path {
    enum sale_event moves[PATH_MOVES_MAX];
    int count;
    enum sale_state to;
};

/* The shortest way to each state, and on by each event that leads anywhere from there: found by sale_move itself. */
static int every_path(struct path out_paths[PATHS_MAX])
{
    struct path ways[STATES] = {{.moves = {SALE_PUT}, .count = 1, .to = SALE_OPEN}};
    bool known[STATES] = {[SALE_OPEN] = true};
    int way_count = 1, count = 0;

    out_paths[count++] = ways[0];
    for (int i = 0; i < way_count; i++) {
        for (int event = 0; event < EVENTS; event++) {
            struct sale sale = {.state = ways[i].to};
            struct path path = ways[i];

            if (!sale_move(&sale, (enum sale_event)event))
                continue;
            cr_assert(path.count < PATH_MOVES_MAX && count < PATHS_MAX);
            path.moves[path.count++] = (enum sale_event)event;
            path.to = sale.state;
            out_paths[count++] = path;
            if (!known[sale.state])
                ways[way_count++] = path;
            known[sale.state] = true;
        }
    }
    cr_expect_eq(way_count, STATES, "there is a way to each state");
    return count;
}

static void answer_print(enum till_print state, const char *id)
{
    if (world.job_id[0] == '\0') /* the original was answered for: this one is of a copy */
        cr_assert_eq(world_do(&world, "copy", id, NULL, NULL), PROBLEM_NONE);
    world.printed(world.printed_context, world.job_id, state, "");
    world.job_id[0] = '\0'; /* another answer is another print's */
}

/* What the world does to bring the event about. */
static void make_move(enum sale_event event, const char *id)
{
    enum problem problem = PROBLEM_NONE;

    switch (event) {
    case SALE_PUT:
        problem = world_do(&world, "put", id, WORLD_ONE_LINE, NULL);
        break;
    case SALE_TENDER:
        problem = world_do(&world, "tender", id, "{}", NULL);
        break;
    case SALE_COMMIT:
        problem = world_do(&world, "commit", id, "{}", NULL);
        break;
    case SALE_VOID:
        problem = world_do(&world, "void", id, "{}", NULL);
        break;
    case SALE_CONFIRMED:
        answer_print(TILL_PRINT_CONFIRMED, id);
        break;
    case SALE_NO_ANSWER:
        answer_print(TILL_PRINT_UNKNOWN, id);
        break;
    case SALE_NOT_PRINTED:
        answer_print(TILL_PRINT_FAILED, id);
        break;
    }
    cr_assert_eq(problem, PROBLEM_NONE, "%s: event %d: %s", id, event, problem_spec(problem)->name);
}

/* "" when the till does not know the sale. */
static void state_of(const char *id, char out_state[32])
{
    struct cJSON *view = NULL;
    const char *state = "";

    if (world_do(&world, "get", id, NULL, &view) == PROBLEM_NONE)
        (void)json_text(view, "state", 31, &state, NULL);
    (void)snprintf(out_state, 32, "%s", state);
    json_free(view);
}

/* Where a restart leads to from each state: only what is on disk survives, and a print that nobody answered for is
 * unknown. */
static const char *place_after(enum sale_state state)
{
    switch (state) {
    case SALE_OPEN:
    case SALE_TENDERING:
    case SALE_VOIDED:
        return "";
    case SALE_COMMITTED:
        return sale_state_name(SALE_PRINT_UNKNOWN);
    case SALE_PRINTED:
    case SALE_PRINT_UNKNOWN:
    case SALE_PRINT_FAILED:
        return sale_state_name(state);
    }
    return "?";
}

Test(restart, after_every_move_of_the_machine_leads_to_a_defined_place)
{
    static struct path paths[PATHS_MAX];
    int count = every_path(paths);

    for (int i = 0; i < count; i++) {
        char id[32], state[32];
        int64_t records;

        (void)snprintf(id, sizeof id, "m%d", i);
        for (int move = 0; move < paths[i].count; move++)
            make_move(paths[i].moves[move], id);
        state_of(id, state);
        cr_expect_str_eq(state, sale_state_name(paths[i].to), "path %d: %s", i, state);
        world_restart(&world, false);
        state_of(id, state);
        cr_expect_str_eq(state, place_after(paths[i].to), "path %d, %s: after the restart \"%s\"", i,
                         sale_state_name(paths[i].to), state);
        records = world_records(&world);
        world_restart(&world, false);
        cr_expect_eq(world_records(&world), records, "path %d: a second restart settles nothing", i);
    }
    cr_log_info("%d paths", count);
}
