/* SPDX-License-Identifier: Apache-2.0 */
/* A root that the office signed off line is checked as a till would, then taken. */
#include "sync/central/trust_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "sync/central/office.h"
#include "sync/central/rollout.h"
#include "sync/central/signed_root.h"

/* ---- checking a root as a till would ---- */

static enum status check_signed(struct central *central, const struct signed_root *it, const struct root *old,
                                struct errmsg *err)
{
    struct signers before = {.count = 0};
    enum status st = old ? ST_OK : trust_load_chain_keys(central, it->root.chain, &before, err);

    if (old)
        before = old->roles[ROOT_ROLE_ROOT];
    if (st == ST_OK && before.count > 0) {
        st = signers_check(&before, it->text, strlen(it->text), it->signatures, err);
        if (st != ST_OK)
            errmsg_wrap(err, old ? "the keys of the root before"
                                 : "the keys that tills were told when they were enrolled, which sign root 1 too");
    }
    if (st == ST_OK) {
        st = signers_check(&it->root.roles[ROOT_ROLE_ROOT], it->text, strlen(it->text), it->signatures, err);
        if (st != ST_OK)
            errmsg_wrap(err, "its own keys of the root");
    }
    return st;
}

static enum status check_root(struct central *central, const struct signed_root *it, const struct root *old,
                              struct errmsg *err)
{
    const struct root *root = &it->root;
    int64_t wanted = old ? old->version + 1 : 1;

    if (root->version != wanted) {
        errmsg_set(err, "it is root %" PRId64 ", the next one of chain %s is %" PRId64, root->version, root->chain,
                   wanted);
        return ST_CONFLICT;
    }
    if (root->expires_unix_ms <= central_now_us(central) / 1000) {
        errmsg_set(err, "it has expired already");
        return ST_INVALID;
    }
    if (!trust_stamp_key(central, root)) {
        errmsg_set(err, "it names no timestamp key of this central, so no till would take rules any more: make it "
                        "again with timestamp.pub.pem of the state directory");
        return ST_INVALID;
    }
    return check_signed(central, it, old, err);
}

/* ---- taking it ---- */

static enum status put_keys(struct central *central, const struct root *root, struct errmsg *err)
{
    const struct signers *rules = &root->roles[ROOT_ROLE_RULES];
    enum status st = STORE_RUN(central->store, STATEMENT_CHAIN_KEYS_FORGET, err, V_TEXT(root->chain));

    for (int i = 0; st == ST_OK && i < rules->count; i++)
        st = STORE_RUN(central->store, STATEMENT_CHAIN_KEY_INSERT, err, V_TEXT(root->chain),
                       V_TEXT(rules->list[i].id), V_TEXT(rules->list[i].pem), V_INT(central_now_us(central)));
    return st == ST_OK ? STORE_RUN(central->store, STATEMENT_CHAIN_THRESHOLD_SET, err, V_TEXT(root->chain),
                                   V_INT(rules->threshold))
                       : st;
}

/* Whether the newest rules published are signed by keys that are still good; none are. */
static enum status newest_is_good(struct central *central, const struct root *root, bool *out_good,
                                  struct errmsg *err)
{
    struct cJSON *signatures = NULL;
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_MANIFEST_IN_FORCE, &rows, err, V_TEXT(root->chain), V_INT(1));

    *out_good = true;
    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        const char *text = rows_text(rows, 1), *list = rows_text(rows, 2);

        *out_good = json_parse(list, strlen(list), SIGNATURES_BYTES_MAX, &signatures, NULL) == ST_OK &&
                    signers_check(&root->roles[ROOT_ROLE_RULES], text, strlen(text), signatures, NULL) == ST_OK;
    }
    json_free(signatures);
    return rows_end(rows, err);
}

/* Older rules that a good key signed do not come back by themselves when the newest were signed by one that is not.
 */
static enum status withdraw(struct central *central, const char *chain, struct errmsg *err)
{
    enum status st = rollout_supersede(central, chain, err);

    return st == ST_OK ? STORE_RUN(central->store, STATEMENT_MANIFEST_WITHDRAW, err, V_TEXT(chain)) : st;
}

static enum status take(struct central *central, const struct signed_root *it, struct trust_published *published,
                        struct errmsg *err)
{
    const struct root *root = &it->root;
    char *signatures = cJSON_PrintUnformatted(it->signatures);
    bool good = true;
    enum status st =
        signatures ? STORE_RUN(central->store, STATEMENT_ROOT_INSERT, err, V_TEXT(root->chain), V_INT(root->version),
                               V_TEXT(it->text), V_TEXT(signatures), V_INT(central_now_us(central)))
                   : ST_NOMEM;

    cJSON_free(signatures);
    if (st == ST_OK)
        st = put_keys(central, root, err);
    if (st == ST_OK)
        st = newest_is_good(central, root, &good, err);
    if (st == ST_OK && !good)
        st = withdraw(central, root->chain, err);
    if (st == ST_OK)
        st = trust_refresh(central, root->chain, err);
    *published = (struct trust_published){root->version, !good};
    return st;
}

static enum status publish(struct central *central, const struct signed_root *it, struct trust_published *published,
                           struct errmsg *err)
{
    struct root *old = NULL;
    enum status st = store_begin(central->store, err);

    if (st != ST_OK)
        return st;
    st = office_need_chain(central, it->root.chain, err);
    if (st == ST_OK)
        st = trust_load_root(central, it->root.chain, &old, err);
    if (st == ST_OK)
        st = check_root(central, it, old, err);
    if (st == ST_OK)
        st = take(central, it, published, err);
    free(old);
    return central_end(central, st, err);
}

enum status trust_publish(struct central *central, const char *chain, const char *signed_json, size_t len,
                          struct trust_published *out_published, struct errmsg *err)
{
    struct signed_root *it = NULL;
    enum status st = signed_root_parse(signed_json, len, &it, err);

    if (st == ST_OK && strcmp(it->root.chain, chain) != 0) {
        errmsg_set(err, "it is the root of chain %s, not of %.64s", it->root.chain, chain);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = publish(central, it, out_published, err);
    if (st == ST_OK)
        log_info("trust-05", "root published chain=%s version=%" PRId64 "%s", it->root.chain, out_published->version,
                 out_published->withdrawn ? ", rules are withdrawn" : "");
    signed_root_destroy(it);
    return st;
}
