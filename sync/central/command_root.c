/* SPDX-License-Identifier: Apache-2.0 */
/* Roots by file, off line: made from public keys, signed one key after the other, looked at; then published. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "agent/base/civil_time.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "sync/central/admin_client.h"
#include "sync/central/central.h"
#include "sync/central/command_ask.h"
#include "sync/central/command_expires.h"
#include "sync/central/trust.h"

#define ROOT_DAYS "365"
#define DAY_MS INT64_C(86400000)

struct signed_root {
    struct root root;
    struct cJSON *tree; /* owned */
    const char *text;   /* views of it */
    const struct cJSON *signatures;
};

static void clear(struct signed_root *signed_root)
{
    if (signed_root)
        json_free(signed_root->tree);
    free(signed_root);
}

/* Returns owned what the file holds. */
static enum status read_signed(const char *path, struct signed_root **out_root, struct errmsg *err)
{
    struct signed_root *read = calloc(1, sizeof(*read));
    char *bytes = NULL;
    size_t len = 0;
    enum status st = read ? file_read(path, TRUST_SIGNED_BYTES_MAX, &bytes, &len, err) : ST_NOMEM;

    if (st == ST_OK)
        st = json_parse(bytes, len, TRUST_SIGNED_BYTES_MAX, &read->tree, err);
    if (st == ST_OK)
        st = json_text(read->tree, "text", ROOT_BYTES_MAX, &read->text, err);
    if (st == ST_OK)
        st = json_array(read->tree, "signatures", &read->signatures, err);
    if (st == ST_OK)
        st = root_parse(read->text, strlen(read->text), &read->root, err);
    free(bytes);
    if (st == ST_OK) {
        *out_root = read;
        return st;
    }
    errmsg_wrap(err, "%s", path);
    clear(read);
    return st;
}

/* ---- making ---- */

static enum status add_key(struct root *root, enum root_role role, const char *path, struct errmsg *err)
{
    struct signers *signers = &root->roles[role];
    struct signer *signer = &signers->list[signers->count];
    struct pk *key = NULL;
    char *file = NULL, pem[PK_PEM_BYTES_MAX];
    size_t len = 0;
    enum status st = file_read(path, PK_PEM_BYTES_MAX - 1, &file, &len, err);

    if (st == ST_OK && strstr(file, "PRIVATE KEY")) {
        errmsg_set(err, "%s is a private key, which stays where it is: give the public one (.pub.pem)", path);
        st = ST_INVALID;
    }
    if (st == ST_OK && signers->count == SIGNERS_MAX) {
        errmsg_set(err, "role %s has %d keys, no more can be", root_role_name(role), SIGNERS_MAX);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = pk_from_public_pem(file, &key, err);
    if (st == ST_OK)
        st = pk_id(key, signer->id);
    if (st == ST_OK)
        st = pk_public_pem(key, pem, err);
    if (st == ST_OK && strlen(pem) <= SIGNER_PEM_MAX) {
        memcpy(signer->pem, pem, strlen(pem) + 1);
        signers->count++;
    }
    pk_destroy(key);
    free(file);
    return st;
}

static enum status drop_key(struct root *root, enum root_role role, const char *id, struct errmsg *err)
{
    struct signers *signers = &root->roles[role];

    for (int i = 0; i < signers->count; i++) {
        if (strcmp(signers->list[i].id, id) != 0)
            continue;
        memmove(&signers->list[i], &signers->list[i + 1],
                (size_t)(signers->count - i - 1) * sizeof(signers->list[0]));
        signers->count--;
        return ST_OK;
    }
    errmsg_set(err, "role %s has no key %.40s: see \"loyal-central root check\"", root_role_name(role), id);
    return ST_INVALID;
}

/* "rules+=office.pub.pem", "rules-=0123456789abcdef" */
static enum status change(struct root *root, const char *word, struct errmsg *err)
{
    const char *equals = strchr(word, '=');
    enum root_role role;
    char name[16];

    if (equals && equals - word >= 2 && equals - word <= (int)sizeof(name) &&
        (equals[-1] == '+' || equals[-1] == '-')) {
        (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - word - 1), word);
        if (root_role_by_name(name, &role) == ST_OK)
            return equals[-1] == '+' ? add_key(root, role, equals + 1, err) : drop_key(root, role, equals + 1, err);
    }
    errmsg_set(err, "\"%.80s\": it is root+=FILE.pub.pem, rules+=, timestamp+=, or with a key's id: rules-=ID", word);
    return ST_INVALID;
}

static enum status read_number(const char *option, const char *text, int64_t max, int64_t *out_number,
                               struct errmsg *err)
{
    if (!text)
        return ST_OK;
    if (text[0] && strlen(text) <= 5 && strspn(text, "0123456789") == strlen(text) && strtoll(text, NULL, 10) >= 1 &&
        strtoll(text, NULL, 10) <= max) {
        *out_number = strtoll(text, NULL, 10);
        return ST_OK;
    }
    errmsg_set(err, "%s \"%.20s\": a number from 1 to %" PRId64, option, text, max);
    return ST_INVALID;
}

static enum status read_options(const struct command_call *call, struct root *root, struct errmsg *err)
{
    int64_t expires_s = 0;
    enum status st;

    root->created_unix_ms = clock_wall_ms(clock_system());
    st = command_expires(call->expires ? call->expires : ROOT_DAYS, root->created_unix_ms / 1000, &expires_s, err);
    root->expires_unix_ms = expires_s * 1000;
    if (st == ST_OK)
        st = read_number("--root-threshold", call->root_threshold, SIGNERS_MAX,
                         &root->roles[ROOT_ROLE_ROOT].threshold, err);
    if (st == ST_OK)
        st = read_number("--rules-threshold", call->rules_threshold, SIGNERS_MAX,
                         &root->roles[ROOT_ROLE_RULES].threshold, err);
    return st == ST_OK ? read_number("--timestamp-days", call->timestamp_days, ROOT_TIMESTAMP_DAYS_MAX,
                                     &root->timestamp_days, err)
                       : st;
}

/* What the one before says, or the least that makes a root. */
static enum status begin(const struct command_call *call, struct root *root, struct errmsg *err)
{
    struct signed_root *old = NULL;
    enum status st;

    if (!call->after) {
        *root = (struct root){.version = 1, .timestamp_days = ROOT_TIMESTAMP_DAYS};
        (void)snprintf(root->chain, sizeof(root->chain), "%s", call->words[0]);
        root->roles[ROOT_ROLE_ROOT].threshold = 2; /* one key that is lost or stolen decides nothing */
        root->roles[ROOT_ROLE_RULES].threshold = root->roles[ROOT_ROLE_TIMESTAMP].threshold = 1;
        return ST_OK;
    }
    st = read_signed(call->after, &old, err);
    if (st == ST_OK && strcmp(old->root.chain, call->words[0]) != 0) {
        errmsg_set(err, "%s is the root of chain %s", call->after, old->root.chain);
        st = ST_INVALID;
    }
    if (st == ST_OK) {
        *root = old->root;
        root->version++;
    }
    clear(old);
    return st;
}

static enum status write_unsigned(const struct command_call *call, const struct root *root, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(ROOT_BYTES_MAX), out = STRBUF_INIT(TRUST_SIGNED_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct root *again = calloc(1, sizeof(*again));
    enum status st;

    root_write(root, &text);
    st = again ? strbuf_status(&text) : ST_NOMEM;
    if (st == ST_OK) /* what no till would read is not made */
        st = root_parse(text.data, text.len, again, err);
    jw_object_begin(&w);
    jw_field_text(&w, "text", strbuf_text(&text));
    jw_name(&w, "signatures");
    jw_array_begin(&w);
    jw_array_end(&w);
    jw_object_end(&w);
    strbuf_putc(&out, '\n');
    if (st == ST_OK)
        st = strbuf_status(&out);
    if (st == ST_OK)
        st = file_write(call->out, out.data, out.len, 0644, err);
    free(again);
    strbuf_free(&text);
    strbuf_free(&out);
    return st;
}

enum status command_root_create(const struct command_call *call, struct errmsg *err)
{
    struct root *root = calloc(1, sizeof(*root));
    enum status st = root ? command_check_name("chain", call->words[0], err) : ST_NOMEM;

    if (st == ST_OK && !call->out) {
        errmsg_set(err, "say where the root goes: --out root-1.json");
        st = ST_INVALID;
    } else if (st == ST_OK && access(call->out, F_OK) == 0) {
        errmsg_set(err, "%s is there already: nothing was written over it", call->out);
        st = ST_CONFLICT;
    }
    if (st == ST_OK)
        st = begin(call, root, err);
    for (int i = 1; st == ST_OK && i < call->word_count; i++)
        st = change(root, call->words[i], err);
    if (st == ST_OK)
        st = read_options(call, root, err);
    if (st == ST_OK)
        st = write_unsigned(call, root, err);
    if (st == ST_OK)
        printf("root %" PRId64 " of chain %s, not signed yet: %s\n", root->version, root->chain, call->out);
    free(root);
    return st;
}

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
    enum status st = read_signed(call->words[0], &it, err);

    if (st == ST_OK && call->after)
        st = read_signed(call->after, &old, err);
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
    clear(it);
    clear(old);
    return st;
}

/* ---- publishing ---- */

enum status command_root_publish(const struct command_call *call, struct errmsg *err)
{
    struct signed_root *it = NULL;
    struct admin_reply reply;
    char path[COMMAND_PATH_BYTES], *body = NULL;
    bool withdrawn = false;
    enum status st = read_signed(call->words[0], &it, err);

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
    clear(it);
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
