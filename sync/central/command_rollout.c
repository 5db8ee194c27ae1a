/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that reach tills ring by ring: how they go, and what the office does about it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/ids.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "agent/base/signers.h"
#include "sync/central/admin_client.h"
#include "sync/central/command_ask.h"
#include "sync/central/rollout.h"

/* The tills that failed, and why: what the office looks at first. */
static void print_failures(const struct cJSON *rollout)
{
    static const struct table_column columns[] = {{"store", "store", TABLE_TEXT},
                                                  {"till", "till", TABLE_TEXT},
                                                  {"dev", "dev", TABLE_TEXT},
                                                  {"state", "state", TABLE_TEXT},
                                                  {"when (UTC)", "at_us", TABLE_TIME},
                                                  {"why", "reason", TABLE_TEXT},
                                                  {0}};
    const struct cJSON *failures = cJSON_GetObjectItemCaseSensitive(rollout, "failures");
    const char *chain = "";

    if (cJSON_GetArraySize(failures) == 0)
        return;
    (void)json_text(rollout, "chain", ID_LEN_MAX, &chain, NULL);
    printf("\nfailed with rules %lld of %s:\n", (long long)command_number(rollout, "version"), chain);
    table_print(stdout, failures, columns);
}

/* Which ring it is at, by its name as the office gave it. */
static void print_ring(const struct cJSON *rollout)
{
    const struct cJSON *rings = cJSON_GetObjectItemCaseSensitive(rollout, "rings");
    const struct cJSON *ring = cJSON_GetArrayItem(rings, (int)command_number(rollout, "ring") - 1);
    const char *chain = "", *state = "", *name = "";

    (void)json_text(rollout, "chain", ID_LEN_MAX, &chain, NULL);
    (void)json_text(rollout, "state", 32, &state, NULL);
    (void)json_text(ring, "name", ID_LEN_MAX, &name, NULL);
    if (strcmp(state, "running") == 0 || strcmp(state, "halted") == 0)
        printf("rules %lld of %s: ring %s, stores named: %d, share of all tills: %lld.%02lld %%\n",
               (long long)command_number(rollout, "version"), chain, name,
               cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(ring, "stores")),
               (long long)command_number(ring, "share_bp") / 100, (long long)command_number(ring, "share_bp") % 100);
}

static enum status print_rollouts(const struct cJSON *root, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"chain", "chain", TABLE_TEXT},
        {"version", "version", TABLE_NUMBER},
        {"state", "state", TABLE_TEXT},
        {"ring", "ring", TABLE_NUMBER},
        {"of", "of_rings", TABLE_NUMBER},
        {"told", "told", TABLE_NUMBER},
        {"active", "activated", TABLE_NUMBER},
        {"healthy", "healthy", TABLE_NUMBER},
        {"failed", "failed", TABLE_NUMBER},
        {"sales", "sales", TABLE_NUMBER},
        {"discount bp", "discount_bp", TABLE_NUMBER},
        {"back", "back_version", TABLE_NUMBER},
        {"started (UTC)", "started_us", TABLE_TIME},
        {"why", "reason", TABLE_TEXT},
        {0},
    };

    const struct cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "rollouts"), *one;

    (void)err;
    table_print(stdout, list, columns);
    cJSON_ArrayForEach(one, list) print_ring(one);
    cJSON_ArrayForEach(one, list) print_failures(one);
    return ST_OK;
}

enum status command_rollout_status(const struct command_call *call, struct errmsg *err)
{
    return command_show(call, "/admin/rollouts", print_rollouts, err);
}

static enum status order(const struct command_call *call, const char *word, const char *key_id, const char *signature,
                         const char *said, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    char path[COMMAND_PATH_BYTES];
    enum status st = command_check_name("the chain", call->words[0], err);

    if (st != ST_OK)
        return st;
    jw_object_begin(&w);
    jw_field_text(&w, "do", word);
    jw_field_text(&w, "reason", call->reason ? call->reason : "");
    jw_field_bool(&w, "force", call->force);
    jw_field_text(&w, "key", key_id);
    jw_field_text(&w, "signature", signature);
    jw_object_end(&w);
    (void)snprintf(path, sizeof(path), "/admin/chains/%s/rollout", call->words[0]);
    st = command_post(call, path, &body, &(struct command_done){NULL, said, ""}, err);
    strbuf_free(&body);
    return st;
}

enum status command_rollout_advance(const struct command_call *call, struct errmsg *err)
{
    return order(call, "advance", "", "", "on its way to the next ring", err);
}

enum status command_rollout_halt(const struct command_call *call, struct errmsg *err)
{
    return order(call, "halt", "", "", "halted: no further till gets it", err);
}

enum status command_rollout_resume(const struct command_call *call, struct errmsg *err)
{
    return order(call, "resume", "", "", "goes on", err);
}

enum status command_rollout_back(const struct command_call *call, struct errmsg *err)
{
    return order(call, "back", "", "", "taken back: each till sells by the rules of before as soon as it asks", err);
}

static enum status sign_approval(const struct command_call *call, int64_t version, const char *pem,
                                 struct signature *out_signature, struct errmsg *err)
{
    struct pk *key = NULL;
    char text[160];
    enum status st = pk_from_private_pem(pem, &key, err);

    rollout_approval(call->words[0], version, text);
    if (st == ST_OK)
        st = signers_sign(key, text, strlen(text), out_signature, err);
    pk_destroy(key);
    return st;
}

/* Which version is meant is asked of the server: who approves sees it, and it is what is signed. */
static enum status find_version(const struct command_call *call, int64_t *out_version, struct errmsg *err)
{
    struct admin_reply reply;
    const struct cJSON *one;
    const char *chain, *state;
    enum status st = admin_ask(call->state_dir, "GET", "/admin/rollouts", NULL, 0, &reply, err);

    if (st != ST_OK)
        return st;
    *out_version = 0;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(reply.root, "rollouts"))
    {
        if (*out_version == 0 && json_text(one, "chain", ID_LEN_MAX, &chain, NULL) == ST_OK &&
            json_text(one, "state", 16, &state, NULL) == ST_OK && strcmp(chain, call->words[0]) == 0 &&
            strcmp(state, "running") == 0)
            *out_version = command_number(one, "version");
    }
    admin_reply_clear(&reply);
    if (*out_version > 0)
        return ST_OK;
    errmsg_set(err, "chain %.64s has no roll-out that is running", call->words[0]);
    return ST_NOT_FOUND;
}

enum status command_rollout_approve(const struct command_call *call, struct errmsg *err)
{
    struct signature signature;
    char *pem = NULL;
    int64_t version = 0;
    size_t len = 0;
    enum status st = call->key ? file_read(call->key, PK_PEM_BYTES_MAX, &pem, &len, err) : ST_INVALID;

    if (!call->key)
        errmsg_set(err, "approving wants a key that may sign rules: --key office.pem");
    if (st == ST_OK)
        st = find_version(call, &version, err);
    if (st == ST_OK)
        st = sign_approval(call, version, pem, &signature, err);
    if (st == ST_OK)
        st = order(call, "approve", signature.key_id, signature.hex,
                   "approved: it reaches all rings at once when a second key has approved it too", err);
    if (pem)
        crypto_wipe(pem, len);
    free(pem);
    return st;
}
