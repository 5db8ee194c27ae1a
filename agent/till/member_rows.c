/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/member_rows.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

static const struct {
    enum cache_part part;
    const char *name; /* in the member as the engine takes it */
} lists[] = {{CACHE_SEGMENTS, "segments"}, {CACHE_OFFERS, "personal"}};

static bool has_text(const struct cJSON *list, const char *text)
{
    const struct cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

static enum status add_texts(struct cJSON *profile, const char *name, const struct cJSON *texts)
{
    struct cJSON *list = cJSON_GetObjectItemCaseSensitive(profile, name);
    const struct cJSON *item;

    if (!cJSON_IsArray(list)) {
        cJSON_DeleteItemFromObjectCaseSensitive(profile, name);
        list = cJSON_AddArrayToObject(profile, name);
    }
    cJSON_ArrayForEach(item, texts)
    {
        if (cJSON_IsString(item) && !has_text(list, item->valuestring) &&
            !cJSON_AddItemToArray(list, cJSON_CreateString(item->valuestring)))
            return ST_NOMEM;
    }
    return list ? ST_OK : ST_NOMEM;
}

enum status member_rows_add(struct cache *cache, const char *member, struct cJSON *profile)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof lists / sizeof lists[0]; i++) {
        struct cJSON *tree = NULL;
        char *body = NULL;
        uint64_t epoch;
        int64_t seq;

        if (cache_read_part(cache, lists[i].part, member, &body, &epoch, &seq, NULL) != ST_OK)
            continue;
        if (json_parse(body, strlen(body), CACHE_PROFILE_MAX, &tree, NULL) == ST_OK)
            st = add_texts(profile, lists[i].name, tree);
        json_free(tree);
        free(body);
    }
    return st;
}
