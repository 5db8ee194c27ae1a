/* SPDX-License-Identifier: Apache-2.0 */
/* What each record may say, seen as it is written: never both hold and lease, no hold that was given up, the floor
 * limits kept (T3: a till never risks more than the rules say), no discount above the basket (I6). */
#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t number(const struct cJSON *object, const char *name)
{
    int64_t value = 0;

    (void)json_int(object, name, -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    return value;
}

struct sim_points promises_points(const struct cJSON *body)
{
    const struct cJSON *result = cJSON_GetObjectItemCaseSensitive(body, "result"), *one;
    struct sim_points points = {0};

    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(result, "points"))
    {
        points.earned += number(one, "earned");
        points.spent += number(one, "redeemed") + number(one, "cost");
        points.taken += number(one, "taken_back");
        points.given += number(one, "given_back");
    }
    return points;
}

static struct sim_hold *find_hold(struct sim_till *till, const char *id)
{
    for (int i = 0; i < till->hold_count; i++) {
        if (!till->holds[i].gone && strcmp(till->holds[i].id, id) == 0)
            return &till->holds[i];
    }
    return NULL;
}

static void look_at_holds(struct sim_world *world, struct sim_till *till, int64_t position, const struct cJSON *body)
{
    const struct cJSON *holds = cJSON_GetObjectItemCaseSensitive(body, "holds"), *one;
    bool leases = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(body, "leases")) > 0;

    if (cJSON_GetArraySize(holds) > 0 && leases)
        sim_wrong(world, "a sale at till %d is of a hold and of a lease", till->place - 1);
    cJSON_ArrayForEach(one, holds)
    {
        struct sim_hold *hold = find_hold(till, one->valuestring);

        if (!hold || hold->voided_by || hold->used_by)
            sim_wrong(world, "a sale at till %d names hold %s that is %s", till->place - 1, one->valuestring,
                      !hold             ? "not asked for"
                      : hold->voided_by ? "given up"
                                        : "another sale's");
        else
            hold->used_by = position;
    }
}

static struct sim_lease *find_lease(struct sim_till *till, const char *id)
{
    for (int i = 0; i < till->told_leases; i++)
        if (strcmp(till->leases[i].id, id) == 0)
            return &till->leases[i];
    return NULL;
}

void promises_lease_told(struct sim_till *till, const char *lease, int64_t until_ms)
{
    struct sim_lease *known = find_lease(till, lease);

    if (!known) {
        must(till->told_leases < LEASES_MAX, "fewer leases");
        known = &till->leases[till->told_leases++];
        *known = (struct sim_lease){.until_ms = 0};
        (void)snprintf(known->id, sizeof known->id, "%s", lease);
    }
    if (until_ms > known->until_ms)
        known->until_ms = until_ms;
}

/* T2: whatever the till's clock was set to. */
static void look_at_end(struct sim_world *world, struct sim_till *till, const char *id)
{
    const struct sim_lease *known = find_lease(till, id);
    int64_t now_ms = clock_wall_ms(&world->central_clock);

    if (known && now_ms > known->until_ms)
        sim_wrong(world, "till %d spent of lease %s, which was over %lld s before", till->place - 1, id,
                  (long long)(now_ms - known->until_ms) / 1000);
}

static void look_at_leases(struct sim_world *world, struct sim_till *till, int64_t position, const struct cJSON *body,
                           bool found)
{
    const struct cJSON *one;

    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(body, "leases"))
    {
        struct sim_lease_use *use = &till->lease_uses[till->lease_count];

        must(till->lease_count < LEASE_USES_MAX, "fewer sales from leases");
        *use = (struct sim_lease_use){.position = position, .used = number(one, "used")};
        (void)snprintf(use->id, sizeof use->id, "%s", tree_text(one, "id"));
        till->lease_count++;
        if (!found)
            look_at_end(world, till, use->id);
    }
}

int64_t promises_lease_used(const struct sim_till *till, const char *lease, bool old_life)
{
    int64_t used = 0;

    for (int i = 0; i < till->lease_count; i++) {
        const struct sim_lease_use *use = &till->lease_uses[i];
        bool shared = use->position <= till->split_position;

        if (strcmp(use->id, lease) == 0 && (shared || use->old_life == old_life))
            used += use->used;
    }
    return used;
}

static const struct sim_floor_use *add_floor_use(struct sim_till *till, int64_t position, const struct cJSON *body)
{
    const struct cJSON *sale = cJSON_GetObjectItemCaseSensitive(body, "sale");
    struct sim_floor_use *use = &till->floor_uses[till->floor_count];

    must(till->floor_count < FLOOR_USES_MAX, "fewer sales by the floor limits");
    *use = (struct sim_floor_use){position,
                                  number(cJSON_GetObjectItemCaseSensitive(body, "result"), "redeemed_minor"), ""};
    (void)snprintf(use->member, sizeof use->member, "%s",
                   tree_text(cJSON_GetObjectItemCaseSensitive(sale, "member"), "id"));
    till->floor_count++;
    return use;
}

/* What is not acknowledged is at risk: of this sale, of this member, of the till. */
static void look_at_floor(struct sim_world *world, const struct sim_till *till, const struct sim_floor_use *use)
{
    int64_t acked = journal_acked_position(till->journal), device = 0, member = 0, sales = 0;

    for (int i = 0; i < till->floor_count; i++) {
        const struct sim_floor_use *one = &till->floor_uses[i];

        if (one->position <= acked)
            continue;
        sales++;
        device += one->minor;
        member += strcmp(one->member, use->member) == 0 ? one->minor : 0;
    }
    if (use->minor > FLOOR_SALE || member > FLOOR_MEMBER || device > FLOOR_DEVICE || sales > FLOOR_SALES)
        sim_wrong(world, "till %d risks %lld in a sale, %lld of a member, %lld in %lld sales", till->place - 1,
                  (long long)use->minor, (long long)member, (long long)device, (long long)sales);
}

static void look_at_sale(struct sim_world *world, struct sim_till *till, int64_t position, const struct cJSON *body,
                         bool found)
{
    const struct cJSON *result = cJSON_GetObjectItemCaseSensitive(body, "result");
    const struct sim_floor_use *use;
    int64_t gross = number(result, "gross_minor"), discount = number(result, "discount_minor"),
            redeemed = number(result, "redeemed_minor");

    if (discount < 0 || redeemed < 0 || gross - discount - redeemed != number(result, "total_minor") ||
        number(result, "total_minor") < 0)
        sim_wrong(world, "a sale at till %d of %lld comes down by %lld and %lld to %lld", till->place - 1,
                  (long long)gross, (long long)discount, (long long)redeemed,
                  (long long)number(result, "total_minor"));
    look_at_holds(world, till, position, body);
    look_at_leases(world, till, position, body, found);
    if (strcmp(tree_text(body, "spending"), "floor") != 0)
        return;
    use = add_floor_use(till, position, body);
    /* A power cut may take the last ack with it: what is at risk is judged as the till knew it when it wrote. */
    if (!found)
        look_at_floor(world, till, use);
}

static void take_hold(struct sim_world *world, struct sim_till *till, int64_t position, const struct cJSON *body)
{
    struct sim_hold *hold = &till->holds[till->hold_count];

    must(till->hold_count < HOLDS_MAX, "fewer holds");
    if (find_hold(till, tree_text(body, "hold")))
        sim_wrong(world, "till %d asks for hold %s again", till->place - 1, tree_text(body, "hold"));
    *hold = (struct sim_hold){.position = position};
    (void)snprintf(hold->id, sizeof hold->id, "%s", tree_text(body, "hold"));
    till->hold_count++;
}

void promises_of_record(struct sim_world *world, struct sim_till *till, int64_t position, const char *type,
                        const char *bytes, size_t len, bool found)
{
    struct record_head head;
    struct cJSON *tree = NULL;
    struct sim_hold *hold;
    const char *body;
    size_t body_len;

    if (strcmp(type, "sale") != 0 && strncmp(type, "hold_", 5) != 0 && strcmp(type, "claim_asked") != 0)
        return;
    must(record_parse(bytes, len, &head, &body, &body_len, NULL) == ST_OK &&
             json_parse(body, body_len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK,
         "a record that can be read");
    if (strcmp(type, "sale") == 0) {
        look_at_sale(world, till, position, tree, found);
    } else if (strcmp(type, "hold_asked") == 0) {
        take_hold(world, till, position, tree);
    } else if (strcmp(type, "claim_asked") == 0) {
        must(till->claim_count < HOLDS_MAX, "fewer claims");
        till->claims[till->claim_count] = (struct sim_hold){.position = position};
        (void)snprintf(till->claims[till->claim_count++].id, sizeof till->claims[0].id, "%s of %s",
                       tree_text(tree, "code"), tree_text(tree, "sale_id"));
    } else {
        hold = find_hold(till, tree_text(tree, "hold"));
        if (hold && hold->used_by)
            sim_wrong(world, "till %d gives hold %s up that a sale has used", till->place - 1, hold->id);
        if (hold)
            hold->voided_by = position;
    }
    json_free(tree);
}

static void forget_leases(struct sim_till *till, int64_t position)
{
    int kept = 0;

    for (int i = 0; i < till->lease_count; i++) {
        if (till->lease_uses[i].old_life || till->lease_uses[i].position <= position)
            till->lease_uses[kept++] = till->lease_uses[i];
    }
    till->lease_count = kept;
}

/* What it asked for, and what it ended, beyond that position. */
static void leave_life(struct sim_hold *asked, int count, int64_t position)
{
    for (int i = 0; i < count; i++) {
        asked[i].gone = asked[i].position > position;
        asked[i].gone_used = asked[i].used_by > position;
        asked[i].gone_voided = asked[i].voided_by > position;
    }
}

void promises_put_back(struct sim_till *till, int64_t position)
{
    for (int i = 0; i < till->lease_count; i++)
        till->lease_uses[i].old_life = till->lease_uses[i].position > position;
    leave_life(till->holds, till->hold_count, position);
    leave_life(till->claims, till->claim_count, position);
    promises_forget(till, position);
}

static int forget_asked(struct sim_hold *asked, int count, int64_t position)
{
    int kept = 0;

    for (int i = 0; i < count; i++) {
        struct sim_hold one = asked[i];

        if (!one.gone && one.position > position)
            continue;
        if (!one.gone) {
            one.used_by = one.used_by > position ? 0 : one.used_by;
            one.voided_by = one.voided_by > position ? 0 : one.voided_by;
        }
        asked[kept++] = one;
    }
    return kept;
}

void promises_forget(struct sim_till *till, int64_t position)
{
    forget_leases(till, position);
    till->hold_count = forget_asked(till->holds, till->hold_count, position);
    till->claim_count = forget_asked(till->claims, till->claim_count, position);
    while (till->floor_count > 0 && till->floor_uses[till->floor_count - 1].position > position)
        till->floor_count--;
}
