/* SPDX-License-Identifier: Apache-2.0 */
/* T1 (points offline): at each grant, hold or lease, what is posted covers all that is promised, and the grant; and a
 * central that was put back knows all that is promised: each till has said what it holds. */
#include "sync/central/lease.h"
#include "sync/central/lot.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <string.h>

static bool granted; /* a lease, since it was looked at last */

/* Not the wrapped one: a mutant must not look for itself. */
enum status __real_lot_sum(struct central *central, const char *chain, const char *member, const char *currency,
                           struct lot_sums *out_sums, struct errmsg *err);
enum status __real_lease_after_sale(struct central *central, const struct device *device, const char *member,
                                    struct errmsg *err);
enum status __wrap_lease_after_sale(struct central *central, const struct device *device, const char *member,
                                    struct errmsg *err);

enum status __real_restore_waiting(struct central *central, const char *chain, int64_t *out_tills,
                                   struct errmsg *err);

static void look(struct sim_world *world, const char *chain, const char *member, const char *what)
{
    struct lot_sums sums = {0};
    int64_t waiting = 0;

    must(__real_restore_waiting(world->central, chain, &waiting, NULL) == ST_OK, "who is waited for");
    if (waiting > 0)
        sim_wrong(world, "%s for %s, while %lld tills have not said what they hold", what, member,
                  (long long)waiting);

    must(__real_lot_sum(world->central, chain, member, SHOP_CURRENCY, &sums, NULL) == ST_OK, "sums of points");
    world->grants++;
    if (sums.active - sums.leased - sums.held < 0)
        sim_wrong(world, "after %s for %s there are %lld points, %lld set aside at tills and %lld held", what, member,
                  (long long)sums.active, (long long)sums.leased, (long long)sums.held);
}

/* T2: whatever ends a hold, the till has written it down before, in one of its lives. */
static void look_at_end(struct sim_world *world, const char *dev, const char *id, bool posted)
{
    const struct sim_till *till = NULL;

    for (int i = 0; i < TILLS; i++)
        till = strcmp(world->tills[i].dev, dev) == 0 ? &world->tills[i] : till;
    if (!till)
        return;
    for (int i = 0; i < till->hold_count; i++) {
        const struct sim_hold *hold = &till->holds[i];

        if (strcmp(hold->id, id) == 0 &&
            (posted ? hold->used_by > 0 || hold->gone_used : hold->voided_by > 0 || hold->gone_voided))
            return;
    }
    sim_wrong(world, "a hold of till %d was %s at the central, and it never said so", till->place - 1,
              posted ? "posted" : "set free");
}

/* A code is not promised more often than it is good for. */
static void look_at_claim(struct sim_world *world, const char *chain, const char *code)
{
    struct store *store = world->central->store;
    int64_t live = 0, uses = 0;
    char name[64];

    (void)snprintf(name, sizeof name, "coupon:%s", code);
    must(STORE_NUMBER(store, STATEMENT_CLAIM_LIVE, &live, NULL, V_TEXT(chain), V_TEXT(code)) == ST_OK, "claims");
    (void)STORE_NUMBER(store, STATEMENT_USAGE_GET, &uses, NULL, V_TEXT(chain), V_TEXT(name));
    world->claims++;
    if (live + uses > 1)
        sim_wrong(world, "coupon %s is good once, was used %lld times and is promised %lld times", code,
                  (long long)uses, (long long)live);
}

void grants_note(struct sim_world *world, enum statement statement, const struct store_value *values)
{
    granted |= statement == STATEMENT_LEASE_PUT || (statement == STATEMENT_LEASE_FILL && values[1].number > 0);
    if (statement == STATEMENT_HOLD_PUT && strcmp(values[7].bytes, "granted") == 0)
        look(world, values[3].bytes, values[4].bytes, "a hold");
    if (statement == STATEMENT_CLAIM_PUT && strcmp(values[5].bytes, "granted") == 0)
        look_at_claim(world, values[4].bytes, values[3].bytes);
    if (statement == STATEMENT_HOLD_END)
        look_at_end(world, values[0].bytes, values[2].bytes, strcmp(values[4].bytes, "posted") == 0);
}

enum status __wrap_lease_after_sale(struct central *central, const struct device *device, const char *member,
                                    struct errmsg *err)
{
    enum status st;

    granted = false;
    st = __real_lease_after_sale(central, device, member, err);
    if (st == ST_OK && granted)
        look(sim_world(), device->chain, member, "a lease");
    return st;
}
