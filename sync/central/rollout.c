/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/rollout.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/int_math.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/base/plural.h"
#include "sync/central/member.h"
#include "sync/central/rollout_internal.h"
#include "sync/central/steps.h"

enum { BP = 10000, OPEN_MAX = 64 /* roll-outs under way, one a chain, looked at in one turn */ };

/* ---- begin and end ---- */

enum status rollout_supersede(struct central *central, const char *chain, struct errmsg *err)
{
    return STORE_RUN(central->store, STATEMENT_ROLLOUT_OVER, err, V_TEXT(chain));
}

/* A ring of a store that nobody made would wait for nobody for ever. */
static enum status need_stores(struct central *central, const char *chain, const struct rollout_plan *plan,
                               struct errmsg *err)
{
    struct cJSON *rings = NULL;
    const struct cJSON *ring, *one;
    enum status st = json_parse(plan->rings, strlen(plan->rings), strlen(plan->rings), &rings, err);

    cJSON_ArrayForEach(ring, rings)
    {
        cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(ring, "stores"))
        {
            int64_t found;

            if (st == ST_OK)
                st = STORE_NUMBER(central->store, STATEMENT_STORE_EXISTS, &found, err, V_TEXT(chain),
                                  V_TEXT(cJSON_GetStringValue(one)));
            if (st == ST_NOT_FOUND) {
                errmsg_set(err, "roll-out: store \"%.64s\" of a ring is not known: see \"loyal-central store list\"",
                           cJSON_GetStringValue(one));
                st = ST_INVALID;
            }
        }
    }
    json_free(rings);
    return st;
}

enum status rollout_insert(struct central *central, const char *chain, int64_t version,
                           const struct rollout_plan *plan, const struct rollout_back *back, struct errmsg *err)
{
    struct rows *rows;
    int64_t open = 0;
    enum status st = STORE_SELECT(central->store, STATEMENT_ROLLOUT_LAST, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    if (rows_next(rows) && strcmp(rows_text(rows, 1), "done") != 0)
        open = rows_int(rows, 0);
    st = rows_end(rows, err);
    if (st == ST_OK && open > 0) {
        errmsg_set(err,
                   "version %" PRId64 " is being rolled out: take it back (rollout back) or let it reach every till "
                   "(rollout advance) first",
                   open);
        st = ST_CONFLICT;
    }
    if (st == ST_OK)
        st = need_stores(central, chain, plan, err);
    if (st == ST_OK)
        st = rollout_supersede(central, chain, err);
    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_ROLLOUT_INSERT, err, V_TEXT(chain), V_INT(version),
                     V_TEXT(plan->rings), V_INT(plan->timeout_s), V_INT(plan->failures_bp), V_INT(plan->band_low_bp),
                     V_INT(plan->band_high_bp), V_INT(back->version), V_TEXT(back->text), V_TEXT(back->signatures),
                     V_TEXT(back->bundle_sha256), V_INT(central_now_us(central)));
}

enum status rollout_set_state(struct central *central, const char *chain, int64_t version, const char *state,
                              const char *reason, struct errmsg *err)
{
    char text[ROLLOUT_REASON_MAX + 128];
    enum status st = STORE_RUN(central->store, STATEMENT_ROLLOUT_STATE, err, V_TEXT(chain), V_INT(version),
                               V_TEXT(state), V_TEXT(reason));

    (void)snprintf(text, sizeof(text), "roll-out of rules %" PRId64 " is %s: %s", version, state, reason);
    if (st == ST_OK)
        st = notice_put(central, chain, "", text, err);
    if (st == ST_OK)
        log_warn("rollout-01", "%s chain=%s", text, chain);
    return st;
}

/* ---- a till ---- */

bool rollout_is_for(const struct rows *rows, const struct device *device)
{
    const char *state = rows_text(rows, 4);
    bool told = rows_int(rows, 7) > 0;
    char name[ID_BYTES];
    int ring;

    if (!state[0] || strcmp(state, "done") == 0)
        return true;
    if (strcmp(state, "back") == 0)
        return false;
    if (told || strcmp(state, "running") != 0)
        return told;
    ring = rollout_ring_at(rows_text(rows, 5), device->store, device->dev, name);
    return ring >= 0 && ring <= rows_int(rows, 6);
}

enum status rollout_offered(struct central *central, const struct device *device, int64_t version, struct errmsg *err)
{
    return STORE_RUN(central->store, STATEMENT_ROLLOUT_TILL_OFFER, err, V_TEXT(device->chain), V_INT(version),
                     V_TEXT(device->dev), V_INT(central_now_us(central)));
}

enum status rollout_heard(struct central *central, const struct device *device, int64_t version, const char *state,
                          const char *reason, struct errmsg *err)
{
    return STORE_RUN(central->store, STATEMENT_ROLLOUT_TILL_HEARD, err, V_TEXT(device->chain), V_INT(version),
                     V_TEXT(device->dev), V_TEXT(state), V_TEXT(reason), V_INT(central_now_us(central)));
}

/* ---- watching ---- */

enum status rollout_count(struct central *central, const char *chain, int64_t version, const char *bundle,
                          struct rollout_counts *out_counts, struct errmsg *err)
{
    struct rollout_counts counts = {0};
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_ROLLOUT_COUNTS, &rows, err, V_TEXT(chain), V_INT(version));

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        counts.told = rows_int(rows, 0);
        counts.activated = rows_int(rows, 1);
        counts.healthy = rows_int(rows, 2);
        counts.failed = rows_int(rows, 3);
    }
    st = rows_end(rows, err);
    if (st == ST_OK)
        st = STORE_SELECT(central->store, STATEMENT_ROLLOUT_SALES, &rows, err, V_TEXT(chain), V_TEXT(bundle));
    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        counts.sales = rows_int(rows, 0);
        counts.gross_minor = rows_int(rows, 1);
        counts.discount_minor = rows_int(rows, 2);
    }
    st = rows_end(rows, err);
    if (st == ST_OK)
        *out_counts = counts;
    return st;
}

int64_t rollout_discount_bp(const struct rollout_counts *counts)
{
    int64_t share;

    if (counts->gross_minor <= 0)
        return 0;
    if (int_mul_div(counts->discount_minor, BP, counts->gross_minor, ROUND_DOWN, &share) != ST_OK)
        return counts->discount_minor < 0 ? INT64_MIN : INT64_MAX; /* out of every band */
    return share;
}

/* A roll-out under way, as it is judged. */
struct watched {
    char chain[ID_BYTES], bundle[SHA256_TEXT];
    int64_t version, ring, rings, timeout_s, failures_bp, low_bp, high_bp, ring_us;
};

static void judge(const struct watched *one, const struct rollout_counts *counts, int64_t now_us, const char **state,
                  char reason[ROLLOUT_REASON_MAX])
{
    int64_t share_bp = rollout_discount_bp(counts);

    if (counts->failed * BP > one->failures_bp * counts->told) {
        *state = "halted";
        (void)snprintf(reason, ROLLOUT_REASON_MAX,
                       "%" PRId64 " of %" PRId64 " %s failed (refused, rolled back or without a word in time)",
                       counts->failed, counts->told, plural(counts->told, "till", "tills"));
    } else if (counts->sales >= ROLLOUT_JUDGED_SALES && (share_bp < one->low_bp || share_bp > one->high_bp)) {
        *state = "halted";
        (void)snprintf(reason, ROLLOUT_REASON_MAX,
                       "discounts are %" PRId64 ".%02" PRId64 "%% of %" PRId64 " sales, the band is %" PRId64
                       ".%02" PRId64 "%% to %" PRId64 ".%02" PRId64 "%%",
                       share_bp / 100, share_bp % 100, counts->sales, one->low_bp / 100, one->low_bp % 100,
                       one->high_bp / 100, one->high_bp % 100);
    } else if (one->ring == one->rings - 1 && now_us - one->ring_us >= one->timeout_s * 1000000) {
        *state = "done";
        (void)snprintf(reason, ROLLOUT_REASON_MAX, "every till that was there has it");
    }
}

/* ---- tills, one after the other ---- */

struct marking {
    struct central *central;
    const char *chain;
    int64_t version, until_us;
    bool late; /* else forgiven */
    char dev[HEX64_TEXT];
};

static enum status mark_next(void *context, bool *out_found, struct errmsg *err)
{
    struct marking *at = context;
    struct store *store = at->central->store;
    struct rows *rows;
    enum status st =
        STORE_SELECT(store, at->late ? STATEMENT_ROLLOUT_LATE_NEXT : STATEMENT_ROLLOUT_FAILED_NEXT, &rows, err,
                     V_TEXT(at->chain), V_INT(at->version), V_INT(at->until_us), V_TEXT(at->dev));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found)
        (void)snprintf(at->dev, sizeof(at->dev), "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    if (st != ST_OK || !*out_found)
        return st;
    return at->late ? STORE_RUN(store, STATEMENT_ROLLOUT_LATE, err, V_TEXT(at->chain), V_INT(at->version),
                                V_TEXT(at->dev), V_INT(central_now_us(at->central)))
                    : STORE_RUN(store, STATEMENT_ROLLOUT_FORGIVE, err, V_TEXT(at->chain), V_INT(at->version),
                                V_TEXT(at->dev));
}

enum status rollout_mark_late(struct central *central, const char *chain, int64_t version, int64_t until_us,
                              struct errmsg *err)
{
    struct marking at = {central, chain, version, until_us, true, ""};

    return steps_run(central, INT_MAX, mark_next, &at, NULL, err);
}

enum status rollout_forgive(struct central *central, const char *chain, int64_t version, int64_t until_us,
                            struct errmsg *err)
{
    struct marking at = {central, chain, version, until_us, false, ""};

    return steps_run(central, INT_MAX, mark_next, &at, NULL, err);
}

/* ---- watching them all ---- */

static enum status watch_one(struct central *central, const struct watched *one, struct errmsg *err)
{
    struct rollout_counts counts;
    char reason[ROLLOUT_REASON_MAX] = "";
    const char *state = NULL;
    int64_t now_us = central_now_us(central);
    enum status st = rollout_mark_late(central, one->chain, one->version, now_us - one->timeout_s * 1000000, err);

    if (st == ST_OK)
        st = store_begin(central->store, err);
    if (st == ST_OK)
        st = rollout_count(central, one->chain, one->version, one->bundle, &counts, err);
    if (st == ST_OK)
        judge(one, &counts, now_us, &state, reason);
    if (st == ST_OK && state)
        st = rollout_set_state(central, one->chain, one->version, state, reason, err);
    st = store_end(central->store, st, err);
    if (st == ST_OK && state)
        central_tell_changed(central);
    return st;
}

enum status rollout_watch(struct central *central, struct errmsg *err)
{
    struct watched open[OPEN_MAX];
    struct rows *rows;
    int count = 0;
    enum status st = STORE_SELECT(central->store, STATEMENT_ROLLOUT_RUNNING, &rows, err, V_INT(OPEN_MAX));

    if (st != ST_OK)
        return st;
    while (rows_next(rows) && count < OPEN_MAX) {
        struct watched *one = &open[count++];

        *one = (struct watched){.version = rows_int(rows, 1),
                                .ring = rows_int(rows, 3),
                                .rings = rollout_ring_count(rows_text(rows, 2)),
                                .timeout_s = rows_int(rows, 4),
                                .failures_bp = rows_int(rows, 5),
                                .low_bp = rows_int(rows, 6),
                                .high_bp = rows_int(rows, 7),
                                .ring_us = rows_int(rows, 8)};
        (void)snprintf(one->chain, sizeof(one->chain), "%s", rows_text(rows, 0));
        (void)snprintf(one->bundle, sizeof(one->bundle), "%s", rows_text(rows, 9));
    }
    st = rows_end(rows, err);
    for (int i = 0; st == ST_OK && i < count; i++)
        st = watch_one(central, &open[i], err);
    return st;
}
