/* SPDX-License-Identifier: Apache-2.0 */
/* Leases, holds and claims in the end: what a sale spent was set aside for it, what was set aside is free again, and
 * the till said so (T1, T2, T4 of points offline). */
#include "agent/base/json.h"
#include "agent/till/tree.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>

#include <stdio.h>
#include <string.h>

/* ---- what was spent ---- */

/* Given up for lost; or forgotten by a central that granted anew before each till had said what it holds, or that
 * never hears it, since the till lost it with its disk. */
static bool is_without_cover(const struct sim_world *world, sqlite3 *db, const struct sim_till *till, const char *id)
{
    return check_number(db, "SELECT count(*) FROM write_off WHERE id = ?1", id, NULL) > 0 ||
           (rights_is_forgotten(world, id) && (world->unheard || till->split_position >= 0));
}

static bool look_at_hold(struct sim_world *world, sqlite3 *db, const struct sim_till *till, const char *id)
{
    /* Carried, and of an epoch that was given up: written off there, and posted with what the next epoch brought. */
    if (!rights_is_forgotten(world, id) &&
        check_number(db,
                     "SELECT count(*) FROM hold WHERE id = ?1 AND amount >= 1"
                     " AND (state = 'posted' OR (state = 'written_off' AND epoch <> (SELECT epoch FROM device d"
                     " WHERE d.dev = hold.dev)))",
                     id, NULL) < 1)
        sim_wrong(world, "a sale is of hold %s, which the central did not grant", id);
    return is_without_cover(world, db, till, id);
}

static void add_use(struct check_totals *totals, const struct sim_till *till, const char *id, int member,
                    int64_t used)
{
    for (int i = 0; i < totals->lease_count; i++) {
        if (strcmp(totals->leases[i].id, id) == 0) {
            totals->leases[i].used += used;
            return;
        }
    }
    must(totals->lease_count < CHECKED_LEASES_MAX, "fewer leases that were spent of");
    totals->leases[totals->lease_count] = (struct sim_use){.member = member, .till = till->place - 1, .used = used};
    (void)snprintf(totals->leases[totals->lease_count++].id, sizeof totals->leases[0].id, "%s", id);
}

int64_t check_spent(struct sim_world *world, struct sqlite3 *db, const struct sim_till *till,
                    const struct cJSON *body, int member, int64_t spent, struct check_totals *totals)
{
    const struct cJSON *one;
    bool uncovered = false;
    int known = 0;

    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(body, "holds"))
    {
        known++;
        world->by_hold += spent;
        uncovered |= look_at_hold(world, db, till, one->valuestring);
    }
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(body, "leases"))
    {
        int64_t used = 0;

        (void)json_int(one, "used", 0, JSON_INT_MAX, &used, NULL);
        known++;
        world->by_lease += spent;
        add_use(totals, till, tree_text(one, "id"), member, used);
        uncovered |= is_without_cover(world, db, till, tree_text(one, "id"));
    }
    if (strcmp(tree_text(body, "spending"), "floor") == 0) {
        world->by_floor += spent;
        return spent;
    }
    if (known == 0 && spent > 0)
        sim_wrong(world, "a sale spent %lld points by no right", (long long)spent);
    world->written_off += uncovered ? spent : 0;
    return uncovered ? spent : 0;
}

/* Only both lives of a till may have spent more of a lease than it held, and neither of them alone (T4). */
void check_lease_uses(struct sim_world *world, struct sqlite3 *db, struct check_totals *totals)
{
    for (int i = 0; i < totals->lease_count; i++) {
        const struct sim_use *use = &totals->leases[i];
        const struct sim_till *till = &world->tills[use->till];
        int64_t granted = check_number(db, "SELECT granted FROM lease WHERE id = ?1", use->id, NULL);
        int64_t new = promises_lease_used(till, use->id, false), old = promises_lease_used(till, use->id, true);

        if (rights_is_forgotten(world, use->id))
            continue;
        if (granted < 0)
            sim_wrong(world, "a sale is of lease %s, which the central did not grant", use->id);
        if (new > granted || old > granted || (use->used > granted && till->split_position < 0))
            sim_wrong(world, "till %d spent %lld and %lld of lease %s, which held %lld", use->till, (long long)new,
                      (long long)old, use->id, (long long)granted);
        if (use->used > granted)
            totals->risked[use->member] += use->used - granted;
    }
}

/* ---- what is over, and what is not ---- */

/* In one of its lives; what a life that is gone wrote may be gone with it, and the central was told by a question. */
static bool has_said(const struct sim_till *till, const char *id, bool posted)
{
    for (int i = 0; i < till->hold_count; i++) {
        const struct sim_hold *hold = &till->holds[i];

        if (strcmp(hold->id, id) == 0)
            return posted ? hold->used_by > 0 || hold->gone_used : hold->voided_by > 0 || hold->gone_voided;
    }
    return false;
}

/* T2: no clock of the central's ends what a till holds, only the till's own word. */
static void check_ends(struct sim_world *world, sqlite3 *db, const struct sim_till *till)
{
    sqlite3_stmt *stmt = NULL;

    if (check_number(
            db,
            "SELECT count(*) FROM lease l WHERE l.dev = ?1 AND l.state = 'closed' AND NOT EXISTS (SELECT 1 FROM"
            " journal j WHERE j.dev = l.dev AND j.type = 'lease_close' AND instr(CAST(j.bytes AS TEXT), l.id))",
            till->dev, NULL) != 0)
        sim_wrong(world, "a lease of till %d is over, and it never said so", till->place - 1);
    must(sqlite3_prepare_v2(
             db,
             "SELECT h.id, h.state FROM hold h WHERE h.dev = ?1 AND h.state IN ('voided', 'posted') AND NOT EXISTS"
             " (SELECT 1 FROM journal j WHERE j.dev = h.dev AND j.type = CASE h.state WHEN 'posted' THEN 'sale'"
             " ELSE 'hold_voided' END AND instr(CAST(j.bytes AS TEXT), h.id))",
             -1, &stmt, NULL) == SQLITE_OK,
         sqlite3_errmsg(db));
    (void)sqlite3_bind_text(stmt, 1, till->dev, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(stmt, 0),
                   *state = (const char *)sqlite3_column_text(stmt, 1);

        if (till->split_position < 0 || !has_said(till, id, strcmp(state, "posted") == 0))
            sim_wrong(world, "hold %s of till %d is %s, and it never said so", id, till->place - 1, state);
    }
    sqlite3_finalize(stmt);
}

/* Asked for in a life that is gone with its disk, and in no other. */
static bool is_of_a_life_gone(const struct sim_hold *asked, int count, const char *id)
{
    bool gone = false;

    for (int i = 0; i < count; i++) {
        if (strcmp(asked[i].id, id) != 0)
            continue;
        if (!asked[i].gone)
            return false;
        gone = true;
    }
    return gone;
}

/* No right stays when nobody shops any more, but of a life that is gone with its disk, until it is written off. */
static void check_stuck(struct sim_world *world, sqlite3 *db, const struct sim_till *till, const char *sql,
                        const struct sim_hold *asked, int count)
{
    sqlite3_stmt *stmt = NULL;

    must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, sqlite3_errmsg(db));
    (void)sqlite3_bind_text(stmt, 1, till->dev, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(stmt, 0);

        if (!is_of_a_life_gone(asked, count, id))
            sim_wrong(world, "%s, which till %d asked for, stays for ever", id, till->place - 1);
    }
    sqlite3_finalize(stmt);
}

void check_rights(struct sim_world *world, struct sqlite3 *db, const struct sim_till *till)
{
    check_ends(world, db, till);
    check_stuck(world, db, till, "SELECT id FROM hold WHERE dev = ?1 AND state = 'granted'", till->holds,
                till->hold_count);
    check_stuck(world, db, till,
                "SELECT code || ' of ' || sale_id FROM coupon_claim WHERE dev = ?1 AND state = 'granted'",
                till->claims, till->claim_count);
}
