/* SPDX-License-Identifier: Apache-2.0 */
/* The root that a till begins with: of the answer to its enrolment, whose MAC was checked. */
#include "agent/till/trust.h"

#include "agent/base/json.h"
#include "agent/db/journal.h"
#include "agent/till/identity.h"
#include "sync/protocol/root.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

static enum status check_root(const char *text, const char *chain, const struct cJSON *signatures,
                              struct root *out_root, struct errmsg *err)
{
    enum status st = root_parse(text, strlen(text), out_root, err);

    if (st == ST_OK && strcmp(out_root->chain, chain) != 0) {
        errmsg_set(err, "it is of chain \"%s\"", out_root->chain);
        st = ST_DENIED;
    }
    return st == ST_OK ? signers_check(&out_root->roles[ROOT_ROLE_ROOT], text, strlen(text), signatures, err) : st;
}

/* The version of the root kept in the journal; 0: none. */
static int64_t root_version(struct journal *journal)
{
    struct root *root = calloc(1, sizeof *root);
    char *text = NULL;
    size_t len = 0;
    int64_t version = 0;

    if (root && journal_get_state(journal, IDENTITY_TRUST_ROOT, &text, &len, NULL) == ST_OK &&
        root_parse(text, len, root, NULL) == ST_OK)
        version = root->version;
    free(text);
    free(root);
    return version;
}

enum status trust_pin(struct journal *journal, const struct cJSON *answer, const char *chain, bool same_chain,
                      char **out_text, struct errmsg *err)
{
    const cJSON *object = NULL, *signatures;
    const char *text;
    struct root *root;
    enum status st = json_object(answer, "root", &object, NULL);

    if (st == ST_NOT_FOUND)
        return ST_OK;
    root = calloc(1, sizeof *root);
    if (!root)
        return ST_NOMEM;
    st = json_text(object, "text", ROOT_BYTES_MAX, &text, err);
    if (st == ST_OK)
        st = json_array(object, "signatures", &signatures, err);
    if (st == ST_OK)
        st = check_root(text, chain, signatures, root, err);
    if (st != ST_OK)
        errmsg_wrap(err, "root");
    else if (!same_chain || root->version > root_version(journal))
        st = (*out_text = strdup(text)) ? ST_OK : ST_NOMEM;
    free(root);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}
