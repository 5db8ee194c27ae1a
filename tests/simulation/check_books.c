/* SPDX-License-Identifier: Apache-2.0 */
/* The books in the end: what the records say, what the ledger says, what each till shows; what was promised, and what
 * was risked (T1, T2, T3 of points offline). */
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/till/identity.h"
#include "agent/till/member.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

int64_t check_number(struct sqlite3 *db, const char *sql, const char *text, const char *more)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;

    must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, sqlite3_errmsg(db));
    if (text)
        (void)sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
    if (more)
        (void)sqlite3_bind_text(stmt, 2, more, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

/* ---- records ---- */

/* Who that id stands for now; -1: nobody. */
static int member_of(const struct sim_world *world, const char *id)
{
    int member = id[0] == 'M' && isdigit((unsigned char)id[1]) ? id[1] - '0' : -1;

    return member == 2 && world->deeds.merged ? 1 : member;
}

static void count_coupons(const struct cJSON *body, struct check_totals *totals)
{
    const struct cJSON *one;

    cJSON_ArrayForEach(one,
                       cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(body, "result"), "coupons"))
    {
        const char *code = tree_text(one, "code");

        if (strcmp(tree_text(one, "state"), "applied") == 0 && tolower((unsigned char)code[0]) == 'c')
            totals->coupons[code[1] - '0']++;
    }
}

void check_record(struct sim_world *world, struct sqlite3 *db, const struct sim_till *till, const char *type,
                  const char *bytes, size_t len, struct check_totals *totals)
{
    bool sale = strcmp(type, "sale") == 0;
    struct record_head head;
    struct cJSON *tree = NULL;
    struct sim_points points;
    const char *body, *id;
    size_t body_len;
    int member;

    if (!sale && strcmp(type, "return") != 0)
        return;
    must(record_parse(bytes, len, &head, &body, &body_len, NULL) == ST_OK &&
             json_parse(body, body_len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK,
         "a record that can be read");
    id = sale ? tree_text(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(tree, "sale"), "member"),
                          "id")
              : tree_text(tree, "member");
    member = member_of(world, id);
    points = promises_points(tree);
    totals->returns += !sale;
    if (sale)
        count_coupons(tree, totals);
    if (member >= 0) {
        totals->earned[member] += points.earned + points.given;
        totals->balance[member] += points.earned - points.spent + points.given - points.taken;
        totals->risked[member] +=
            points.taken + (sale ? check_spent(world, db, till, tree, member, points.spent, totals) : 0);
    } else if (points.spent > 0) {
        sim_wrong(world, "points of nobody are spent");
    }
    json_free(tree);
}

/* ---- members ---- */

static int64_t booked_of(sqlite3 *db, int member)
{
    char id[8];

    (void)snprintf(id, sizeof id, "M%d", member);
    return check_number(
        db, "SELECT COALESCE(SUM(balance), 0) FROM ledger_account WHERE kind = 'member' AND owner = ?1", id, NULL);
}

/* Earned by sales whose till did not know the card: worked out by the central. */
static int64_t later_of(sqlite3 *db, int member)
{
    char id[8];

    (void)snprintf(id, sizeof id, "M%d", member);
    return check_number(
        db,
        "SELECT COALESCE(SUM(e.amount), 0) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account"
        " WHERE a.kind = 'member' AND a.owner = ?1 AND e.posting IN (SELECT o.posting FROM ledger_entry o"
        " JOIN ledger_account i ON i.id = o.other WHERE i.kind = 'issued_later')",
        id, NULL);
}

/* What expired of his, as the ledger has it. */
static int64_t expired_of(sqlite3 *db, int member)
{
    char id[8];

    (void)snprintf(id, sizeof id, "M%d", member);
    return -check_number(
        db,
        "SELECT COALESCE(SUM(e.amount), 0) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account"
        " JOIN posting p ON p.id = e.posting WHERE p.kind = 'expiry' AND a.kind = 'member'"
        " AND a.owner = ?1",
        id, NULL);
}

/* Only what was earned expires, and all of it that is over, but for what is promised. */
static void check_expired(struct sim_world *world, sqlite3 *db, int member, int64_t expired, int64_t earned)
{
    char id[8], today[16];
    int64_t over, promised;

    (void)snprintf(id, sizeof id, "M%d", member);
    (void)snprintf(today, sizeof today, "%lld", (long long)(clock_wall_ms(&world->central_clock) / DAY_MS));
    world->expired += expired;
    if (expired < 0 || expired > (world->life_days > 0 ? earned : 0))
        sim_wrong(world, "%lld points of M%d expired, %lld were earned", (long long)expired, member,
                  (long long)earned);
    over = check_number(
        db, "SELECT COALESCE(SUM(amount), 0) FROM lot WHERE member = ?1 AND until_day > 0 AND until_day <= ?2", id,
        today);
    promised = check_number(db,
                            "SELECT (SELECT COALESCE(SUM(granted - used), 0) FROM lease WHERE member = ?1 AND state ="
                            " 'live') + (SELECT COALESCE(SUM(amount), 0) FROM hold WHERE member = ?1 AND state ="
                            " 'granted')",
                            id, NULL);
    if (over > promised)
        sim_wrong(world, "%lld points of M%d are over and there, and %lld are promised", (long long)over, member,
                  (long long)promised);
}

static void check_member(struct sim_world *world, sqlite3 *db, int member, const struct check_totals *totals)
{
    bool both = member == 1 && world->deeds.merged;
    int64_t later = later_of(db, member) + (both ? later_of(db, 2) : 0);
    int64_t expired = expired_of(db, member) + (both ? expired_of(db, 2) : 0);
    int64_t booked = booked_of(db, member),
            said = BALANCE_BEGUN * (both ? 2 : 1) + totals->balance[member] + later - expired;

    check_expired(world, db, member, expired, totals->earned[member] + later);
    if (booked != said)
        sim_wrong(world, "the central says %lld points of M%d, its records %lld", (long long)booked, member,
                  (long long)said);
    if (booked < 0 && -booked > totals->risked[member])
        sim_wrong(world, "M%d is at %lld points, and only %lld were risked", member, (long long)booked,
                  (long long)totals->risked[member]);
}

static void check_shown(struct sim_world *world, sqlite3 *db, const struct sim_till *till, int card)
{
    static const struct reservations nothing;
    struct till_member found = {0};
    uint8_t hash[IDENTITY_HASH_BYTES];
    int64_t shown, booked;

    identity_hash(till->identity, "card", sim_card(card), hash);
    if (till_member_find(till->cache, till->journal, hash, &found, NULL) != ST_OK) {
        sim_wrong(world, "till %d does not know card %d", till->place - 1, card);
        return;
    }
    shown = till_member_balance(&found, till->cache, &nothing, "", SHOP_CURRENCY);
    booked = booked_of(db, member_of(world, found.id));
    if (shown != booked)
        sim_wrong(world, "till %d shows %lld points of %s, the central has %lld", till->place - 1, (long long)shown,
                  found.id, (long long)booked);
    till_member_clear(&found);
}

/* ---- all ---- */

static void check_coupon(struct sim_world *world, sqlite3 *db, int coupon, const struct check_totals *totals)
{
    char name[16], notice[40];
    int64_t uses;

    (void)snprintf(name, sizeof name, "coupon:c%d", coupon);
    uses = check_number(db, "SELECT COALESCE(SUM(uses), 0) FROM usage WHERE name = ?1", name, NULL);
    if (uses > totals->coupons[coupon] || uses < totals->coupons[coupon] - totals->returns)
        sim_wrong(world, "the central counts %lld uses of coupon %d, its records %lld", (long long)uses, coupon,
                  (long long)totals->coupons[coupon]);
    (void)snprintf(notice, sizeof notice, "duplicate_coupon: c%d %%", coupon);
    if (uses > 1 && check_number(db, "SELECT count(*) FROM notice WHERE text LIKE ?1", notice, NULL) == 0)
        sim_wrong(world, "coupon %d was used %lld times, and nobody was told", coupon, (long long)uses);
}

void check_books(struct sim_world *world, struct sqlite3 *db, struct check_totals *totals)
{
    check_lease_uses(world, db, totals);
    for (int member = 0; member < MEMBERS - (world->deeds.merged ? 1 : 0); member++)
        check_member(world, db, member, totals);
    for (int i = 0; i < TILLS; i++) {
        const struct sim_till *till = &world->tills[i];

        if (till->left_forked) /* it may have sold what the central will never take */
            continue;
        for (int card = 0; card < MEMBERS; card++)
            check_shown(world, db, till, card);
        check_rights(world, db, till);
    }
    for (int coupon = 0; coupon < COUPONS; coupon++)
        check_coupon(world, db, coupon, totals);
    if (check_number(db,
                     "SELECT count(*) FROM ledger_account a WHERE a.kind = 'member' AND a.balance <> (SELECT"
                     " COALESCE(SUM(l.amount), 0) FROM lot l WHERE l.member = a.owner AND l.currency = a.currency)",
                     NULL, NULL) != 0)
        sim_wrong(world, "the lots of a member's points do not add up to his balance");
    if (check_number(db,
                     "SELECT count(*) FROM ledger_entry e LEFT JOIN ledger_account a ON a.id = e.account LEFT JOIN"
                     " ledger_account o ON o.id = e.other WHERE a.kind IS NOT 'member' OR o.kind IS 'member' OR"
                     " o.currency IS NOT a.currency",
                     NULL, NULL) != 0)
        sim_wrong(world, "a posting of the ledger does not come to zero");
}
