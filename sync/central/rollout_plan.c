/* SPDX-License-Identifier: Apache-2.0 */
/* What the office plans, and which ring a till is in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/bytes.h"
#include "agent/base/json.h"
#include "agent/base/sha256.h"
#include "sync/central/rollout_internal.h"

enum {
    SHARE_ALL_BP = 10000,
    TIMEOUT_MIN_S = 60,
    TIMEOUT_MAX_S = 14 * 86400,
    TIMEOUT_S = 4 * 3600,
    FAILURES_BP = 500
};

static enum status check_stores(const struct cJSON *ring, struct errmsg *err)
{
    const struct cJSON *stores = NULL, *one;
    enum status st = json_optional(json_array(ring, "stores", &stores, err));

    if (st != ST_OK || !stores)
        return st;
    if (cJSON_GetArraySize(stores) > ROLLOUT_STORES_MAX) {
        errmsg_set(err, "a ring names at most %d stores", ROLLOUT_STORES_MAX);
        return ST_INVALID;
    }
    cJSON_ArrayForEach(one, stores)
    {
        if (!cJSON_IsString(one) || !id_is_valid(one->valuestring)) {
            errmsg_set(err, "stores of a ring are names of stores");
            return ST_INVALID;
        }
    }
    return ST_OK;
}

/* Each ring is named and holds at least the one before; the last holds every till, or the chain would stay divided.
 */
static enum status check_rings(const struct cJSON *rings, struct errmsg *err)
{
    int64_t before = 0, share = 0;
    int count = cJSON_GetArraySize(rings);
    const struct cJSON *ring;

    if (count < 1 || count > ROLLOUT_RINGS_MAX) {
        errmsg_set(err, "a roll-out has 1 to %d rings, not %d", ROLLOUT_RINGS_MAX, count);
        return ST_INVALID;
    }
    cJSON_ArrayForEach(ring, rings)
    {
        const char *name;
        enum status st = json_text(ring, "name", ID_LEN_MAX, &name, err);

        if (st == ST_OK)
            st = json_int(ring, "share_bp", 0, SHARE_ALL_BP, &share, err);
        if (st == ST_OK)
            st = check_stores(ring, err);
        if (st == ST_OK && (!id_is_valid(name) || share < before)) {
            errmsg_set(err, "ring \"%.64s\": it wants a name, and at least the share of the ring before", name);
            st = ST_INVALID;
        }
        if (st != ST_OK)
            return st == ST_NOT_FOUND ? ST_INVALID : st;
        before = share;
    }
    if (share == SHARE_ALL_BP)
        return ST_OK;
    errmsg_set(err, "the last ring must be every till, a share of 100%%");
    return ST_INVALID;
}

static enum status read_band(const struct cJSON *json, struct rollout_plan *plan, struct errmsg *err)
{
    const struct cJSON *band = NULL, *low, *high;
    enum status st = json_optional(json_array(json, "band_bp", &band, err));

    if (st != ST_OK || !band)
        return st;
    low = cJSON_GetArrayItem(band, 0);
    high = cJSON_GetArrayItem(band, 1);
    if (cJSON_GetArraySize(band) == 2 && cJSON_IsNumber(low) && cJSON_IsNumber(high) && low->valueint >= 0 &&
        low->valueint <= high->valueint && high->valueint <= SHARE_ALL_BP) {
        plan->band_low_bp = low->valueint;
        plan->band_high_bp = high->valueint;
        return ST_OK;
    }
    errmsg_set(err, "the band is the least and the most of the discount's share, 0 to 100 percent");
    return ST_INVALID;
}

enum status rollout_plan_read(const struct cJSON *json, struct rollout_plan *out_plan, struct errmsg *err)
{
    struct rollout_plan plan = {
        .timeout_s = TIMEOUT_S, .failures_bp = FAILURES_BP, .band_low_bp = 0, .band_high_bp = SHARE_ALL_BP};
    const struct cJSON *rings;
    enum status st = json_array(json, "rings", &rings, err);

    if (st == ST_OK)
        st = check_rings(rings, err);
    if (st == ST_OK)
        st = json_optional(json_int(json, "timeout_s", TIMEOUT_MIN_S, TIMEOUT_MAX_S, &plan.timeout_s, err));
    if (st == ST_OK)
        st = json_optional(json_int(json, "failures_bp", 0, SHARE_ALL_BP, &plan.failures_bp, err));
    if (st == ST_OK)
        st = read_band(json, &plan, err);
    if (st == ST_OK && !(plan.rings = cJSON_PrintUnformatted(rings)))
        st = ST_NOMEM;
    if (st == ST_OK)
        *out_plan = plan;
    else
        errmsg_wrap(err, "roll-out");
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

void rollout_plan_clear(struct rollout_plan *plan)
{
    cJSON_free(plan->rings);
    plan->rings = NULL;
}

/* 0 to 9,999 by the till's name alone: the same till is early each time, wherever it stands. */
static int64_t place_of(const char *dev)
{
    uint8_t digest[SHA256_BYTES];

    sha256_of(dev, strlen(dev), digest);
    return (int64_t)(bytes_get_u64(digest) % SHARE_ALL_BP);
}

static bool is_in(const struct cJSON *ring, const char *store, int64_t place)
{
    const struct cJSON *stores = NULL, *one;
    int64_t share = 0;

    (void)json_int(ring, "share_bp", 0, SHARE_ALL_BP, &share, NULL);
    (void)json_array(ring, "stores", &stores, NULL);
    cJSON_ArrayForEach(one, stores)
    {
        if (cJSON_IsString(one) && strcmp(one->valuestring, store) == 0)
            return true;
    }
    return place < share;
}

int rollout_ring_at(const char *rings_text, const char *store, const char *dev, char out_name[ID_BYTES])
{
    struct cJSON *rings = cJSON_Parse(rings_text);
    int64_t place = place_of(dev);
    const struct cJSON *ring;
    int at = 0, found = -1;

    out_name[0] = '\0';
    cJSON_ArrayForEach(ring, rings)
    {
        const char *name = "";

        if (found < 0 && is_in(ring, store, place)) {
            (void)json_text(ring, "name", ID_LEN_MAX, &name, NULL);
            (void)snprintf(out_name, ID_BYTES, "%s", name);
            found = at;
        }
        at++;
    }
    cJSON_Delete(rings);
    return found;
}

int rollout_ring_count(const char *rings_text)
{
    struct cJSON *rings = cJSON_Parse(rings_text);
    int count = cJSON_GetArraySize(rings);

    cJSON_Delete(rings);
    return count;
}
