/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer tells of rules: the manifest, and the timestamp that vouches for it. Both are kept in the cache, so
 * that a start offers them again. */
#include "agent/link/link_internal.h"

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/till/rulebook.h"
#include "sync/protocol/manifest.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

enum { TOLD_COUNT = 2 };
static const char *const told[TOLD_COUNT] = {"timestamp",
                                             "manifest"}; /* in this order: the one waits for the other */

/* Returns owned what was told as it is kept (cJSON_free); NULL when it is none, or out of bounds: then it is said and
 * left out, as a row would be, and must not hold back the cursor. */
static char *told_to_keep(const char *name, const struct cJSON *object)
{
    const struct cJSON *signatures;
    struct errmsg err = ERRMSG_INIT;
    const char *text;
    enum status st = json_text(object, "text", MANIFEST_BYTES_MAX, &text, &err);
    char *kept = NULL;

    if (st == ST_OK)
        st = json_array(object, "signatures", &signatures, &err);
    if (st == ST_OK)
        kept = cJSON_PrintUnformatted(object);
    if (kept && strlen(kept) > MANIFEST_BYTES_MAX) {
        errmsg_set(&err, "with its signatures it is longer than %d bytes", MANIFEST_BYTES_MAX);
        cJSON_free(kept);
        kept = NULL;
    }
    if (!kept)
        log_error("link-22", "a %s was left out: %s", name, err.text[0] ? err.text : status_text(ST_NOMEM));
    return kept;
}

/* It was looked at before it was kept. */
static void offer(struct updates *updates, const char *name, const struct cJSON *object)
{
    struct rulebook *book = updates->link->options.rulebook;
    const struct cJSON *signatures;
    const char *text;
    char *list;

    if (json_text(object, "text", MANIFEST_BYTES_MAX, &text, NULL) != ST_OK ||
        json_array(object, "signatures", &signatures, NULL) != ST_OK)
        return;
    list = cJSON_PrintUnformatted(signatures);
    if (list && strcmp(name, "manifest") == 0)
        rulebook_offer(book, text, strlen(text), list, strlen(list));
    else if (list)
        rulebook_vouch(book, text, strlen(text), list, strlen(list));
    cJSON_free(list);
}

static void offer_kept(struct updates *updates, const char *name)
{
    char *text = malloc(MANIFEST_BYTES_MAX + 1);
    struct cJSON *object = NULL;

    if (text && cache_get_state(updates->link->options.cache, name, text, MANIFEST_BYTES_MAX + 1, NULL) == ST_OK &&
        json_parse(text, strlen(text), MANIFEST_BYTES_MAX, &object, NULL) == ST_OK)
        offer(updates, name, object);
    json_free(object);
    free(text);
}

void updates_offer_again(struct updates *updates)
{
    for (int i = 0; i < TOLD_COUNT; i++)
        offer_kept(updates, told[i]);
}

/* What the answer being put brings of them. A timestamp may name rules that were told, and refused, before it. */
void updates_offer_told(struct updates *updates)
{
    const struct cJSON *object[TOLD_COUNT] = {NULL};

    for (int i = 0; i < TOLD_COUNT; i++) {
        if (json_object(updates->tree, told[i], &object[i], NULL) == ST_OK)
            offer(updates, told[i], object[i]);
        else if (i > 0 && object[0])
            offer_kept(updates, told[i]);
    }
}

enum status updates_keep_told(struct updates *updates, struct errmsg *err)
{
    const struct cJSON *object = NULL;
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < TOLD_COUNT; i++) {
        char *text =
            json_object(updates->tree, told[i], &object, NULL) == ST_OK ? told_to_keep(told[i], object) : NULL;

        if (text)
            st = cache_put_state(updates->link->options.cache, told[i], text, err);
        cJSON_free(text);
    }
    return st;
}

enum status updates_forget_told(struct updates *updates, struct errmsg *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < TOLD_COUNT; i++)
        st = cache_put_state(updates->link->options.cache, told[i], "", err);
    return st;
}

bool updates_tells_rules(const struct updates *updates)
{
    bool tells = false;

    for (int i = 0; i < TOLD_COUNT; i++)
        tells |= cJSON_HasObjectItem(updates->tree, told[i]);
    return tells;
}
