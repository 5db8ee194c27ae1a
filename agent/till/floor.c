/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/floor.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/engine/engine.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"
#include "agent/till/trust.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

enum { HOUR_MS = 60 * 60 * 1000 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What sales in tender may still come to, as if they were closed. */
static int64_t floor_in_tender(const struct till *till, const struct sale *but, const char *member,
                               int64_t *out_count)
{
    int64_t minor = 0;

    for (int i = 0; i < TILL_SALES_MAX; i++) {
        const struct sale *sale = till->sales[i];

        if (!sale || sale == but || sale->state != SALE_TENDERING || sale->spending.way != SPENDING_FLOOR)
            continue;
        ++*out_count;
        if (!member || strcmp(sale->member.id, member) == 0)
            minor += sale->evaluation.redeemed_minor;
    }
    return minor;
}

/* How long the central has not been heard, at least; a restart does not begin the hours anew. INT64_MAX: nobody
 * knows. */
static int64_t silent_ms(const struct till *till)
{
    const struct trust *trust = rulebook_trust(till->options.rulebook);
    int64_t oldest = till->floor_uses.oldest_unix_ms, now = trust_now_ms(trust), since, silent = 0;

    (void)spending_link_is_up(till, &since);
    if (since > 0)
        silent = clock_wall_ms(till->options.clock) - since;
    if (oldest > 0 && (!trust_knows_time(trust) || oldest > now + HOUR_MS))
        return INT64_MAX;
    return oldest > 0 && now - oldest > silent ? now - oldest : silent;
}

/* Money's worth that the five limits leave to this sale. */
static int64_t floor_left(struct till *till, const struct sale *sale)
{
    const struct bundle_offline *limits = bundle_offline(rule_edition_bundle(sale->edition));
    const struct floor_uses *uses = &till->floor_uses;
    int64_t acked = journal_acked_position(till->options.journal);
    int64_t device = 0, member = 0, count = 0, ignored = 0;

    if (limits->sales_max == 0 || silent_ms(till) > limits->hours_max * HOUR_MS)
        return 0;
    for (int i = 0; i < uses->count; i++) {
        if (uses->uses[i].position <= acked)
            continue;
        count++;
        device += uses->uses[i].minor;
        member += strcmp(uses->uses[i].member, sale->member.id) == 0 ? uses->uses[i].minor : 0;
    }
    device += floor_in_tender(till, sale, NULL, &count);
    member += floor_in_tender(till, sale, sale->member.id, &ignored);
    if (count >= limits->sales_max ||
        count >= FLOOR_USES_MAX - TILL_SALES_MAX) /* what is not counted is not bounded */
        return 0;
    return least(limits->f_sale, least(limits->f_member - member, limits->e_device - device));
}

bool floor_may_spend(struct till *till, struct sale *sale)
{
    const struct bundle *bundle = rule_edition_bundle(sale->edition);
    const cJSON *asked = sale->basket.redeem ? sale->basket.redeem->child : NULL;
    int64_t minor = floor_left(till, sale), value, points;

    if (!asked || minor <= 0)
        return false;
    for (size_t i = 0; i < bundle_currency_count(bundle); i++) {
        if (strcmp(bundle_currency_id(bundle, i), asked->string) != 0)
            continue;
        value = bundle_currency_value_minor(bundle, i);
        points = value > 0 && minor <= INT64_MAX / 1000000 ? minor : 0;
        for (int digit = 0; digit < bundle_currency_digits(bundle, i); digit++)
            points *= 10;
        points = value > 0 ? points / value : 0;
        if (points > 0)
            spending_add_part(&sale->spending, asked->string, points, "");
        return points > 0;
    }
    return false;
}

void floor_count(struct till *till, const char *type, const char *body, size_t len, int64_t position)
{
    struct floor_uses *uses = &till->floor_uses;
    struct cJSON *tree = NULL;

    if (strcmp(type, "sale") != 0 || !memmem(body, len, "\"spending\":\"floor\"", 18) ||
        json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) != ST_OK)
        return;
    /* One that was acknowledged is at risk again when the central is put back from a backup: it goes for want of room
     * only. */
    if (uses->count == FLOOR_USES_MAX && uses->uses[0].position <= journal_acked_position(till->options.journal))
        memmove(uses->uses, uses->uses + 1, (size_t)--uses->count * sizeof uses->uses[0]);
    if (uses->count < FLOOR_USES_MAX && strcmp(tree_text(tree, "spending"), "floor") == 0) {
        struct floor_use *use = &uses->uses[uses->count++];

        use->position = position;
        use->minor = tree_int(tree_child(tree, "result"), "redeemed_minor");
        (void)snprintf(use->member, sizeof use->member, "%s",
                       tree_text(tree_child(tree_child(tree, "sale"), "member"), "id"));
    }
    json_free(tree);
}
