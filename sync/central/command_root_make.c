/* SPDX-License-Identifier: Apache-2.0 */
/* A root made off line, from public keys and the root before it. Signed it is by command_sign.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/civil_time.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "sync/central/command_ask.h"
#include "sync/central/command_expires.h"
#include "sync/central/signed_root.h"

#define ROOT_DAYS "365"

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
    st = signed_root_read(call->after, &old, err);
    if (st == ST_OK && strcmp(old->root.chain, call->words[0]) != 0) {
        errmsg_set(err, "%s is the root of chain %s", call->after, old->root.chain);
        st = ST_INVALID;
    }
    if (st == ST_OK) {
        *root = old->root;
        root->version++;
    }
    signed_root_destroy(old);
    return st;
}

static enum status write_unsigned(const struct command_call *call, const struct root *root, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(ROOT_BYTES_MAX), out = STRBUF_INIT(SIGNED_ROOT_BYTES_MAX);
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
