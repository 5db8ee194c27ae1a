/* SPDX-License-Identifier: Apache-2.0 */
/* Roots by file: looked at, off line; published, listed. Made they are by command_root_make.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/civil_time.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "sync/central/admin_client.h"
#include "sync/central/central.h"
#include "sync/central/command_ask.h"
#include "sync/central/signed_root.h"
#include "sync/central/trust.h"

#define DAY_MS INT64_C(86400000)

/* ---- looking ---- */

static void print_role(const struct root *root, enum root_role role)
{
    const struct signers *signers = &root->roles[role];

    printf("%-9s %" PRId64 " of %d:", root_role_name(role), signers->threshold, signers->count);
    for (int i = 0; i < signers->count; i++)
        printf(" %s", signers->list[i].id);
    printf("\n");
}

static enum status check_by(const struct signed_root *it, const struct signers *signers, const char *whose,
                            struct errmsg *err)
{
    enum status st = signers_check(signers, it->text, strlen(it->text), it->signatures, err);

    if (st == ST_OK) {
        printf("signed by enough of %s\n", whose);
        *err = (struct errmsg)ERRMSG_INIT;
    } else {
        errmsg_wrap(err, "%s", whose);
    }
    return st;
}

enum status command_root_check(const struct command_call *call, struct errmsg *err)
{
    struct signed_root *it = NULL, *old = NULL;
    char until[11];
    enum status st = signed_root_read(call->words[0], &it, err);

    if (st == ST_OK && call->after)
        st = signed_root_read(call->after, &old, err);
    if (st == ST_OK) {
        civil_format_date((int32_t)(it->root.expires_unix_ms / DAY_MS), until);
        printf("root %" PRId64 " of chain %s, until %s, timestamps hold %" PRId64 " days\n", it->root.version,
               it->root.chain, until, it->root.timestamp_days);
        for (int role = 0; role < ROOT_ROLE_COUNT; role++)
            print_role(&it->root, (enum root_role)role);
        st = check_by(it, &it->root.roles[ROOT_ROLE_ROOT], "its own root keys", err);
    }
    if (st == ST_OK && old)
        st = check_by(it, &old->root.roles[ROOT_ROLE_ROOT], "the root keys of the one before", err);
    signed_root_destroy(it);
    signed_root_destroy(old);
    return st;
}

/* ---- publishing ---- */

enum status command_root_publish(const struct command_call *call, struct errmsg *err)
{
    struct signed_root *it = NULL;
    struct admin_reply reply;
    char path[COMMAND_PATH_BYTES], *body = NULL;
    bool withdrawn = false;
    enum status st = signed_root_read(call->words[0], &it, err);

    if (st == ST_OK)
        st = command_check_name("chain", it->root.chain, err);
    if (st == ST_OK && !(body = cJSON_PrintUnformatted(it->tree)))
        st = ST_NOMEM;
    if (st == ST_OK) {
        (void)snprintf(path, sizeof(path), "/admin/chains/%s/roots", it->root.chain);
        st = admin_ask(call->state_dir, "POST", path, body, strlen(body), &reply, err);
    }
    if (st == ST_OK) {
        (void)json_bool(reply.root, "withdrawn", &withdrawn, NULL);
        if (call->json)
            printf("%s\n", strbuf_text(&reply.body));
        else
            printf("root %" PRId64 " of chain %s is published\n%s", it->root.version, it->root.chain,
                   withdrawn
                       ? "the rules published before were signed by a key that is not good any more: tills go on "
                         "with what they have; sign the rules again and publish them\n"
                       : "");
        admin_reply_clear(&reply);
    }
    cJSON_free(body);
    signed_root_destroy(it);
    return st;
}

enum status command_root_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"chain", "chain", TABLE_TEXT},
        {"root", "version", TABLE_NUMBER},
        {"published (UTC)", "published_us", TABLE_TIME},
        {"expires", "expires_us", TABLE_TIME},
        {"root keys", "root", TABLE_TEXT},
        {"rules keys", "rules", TABLE_TEXT},
        {"timestamp keys", "timestamp", TABLE_TEXT},
        {"timestamp until", "timestamp_expires_us", TABLE_TIME},
        {"newest rules", "newest_rules", TABLE_NUMBER},
        {0},
    };

    return command_list(call, "/admin/roots", "roots", columns, err);
}

enum status command_timestamp_rotate(const struct command_call *call, struct errmsg *err)
{
    struct central *central = NULL;
    char path[4096];
    enum status st =
        central_open(&(struct central_place){call->state_dir, call->database}, clock_system(), &central, err);

    if (st == ST_OK)
        st = trust_key_rotate(central, call->state_dir, path, err);
    if (st == ST_OK)
        printf("a new timestamp key waits for a root that names it: %s\n", path);
    central_close(central);
    return st;
}
