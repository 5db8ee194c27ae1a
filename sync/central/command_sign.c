/* SPDX-License-Identifier: Apache-2.0 */
/* What the office does with a private key, off line: making one, signing rules with it, adding a second signature. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/money.h"
#include "agent/base/pk.h"
#include "agent/base/signers.h"
#include "agent/engine/engine.h"
#include "sync/central/admin_client.h"
#include "sync/central/command_ask.h"
#include "sync/central/command_expires.h"
#include "sync/central/evaluator.h"
#include "sync/central/publish.h"

enum { FILE_PATH_MAX = 4096 };

static enum status refuse_existing(const char *path, struct errmsg *err)
{
    if (access(path, F_OK) != 0)
        return ST_OK;
    errmsg_set(err, "%s is there already: nothing was written over it", path);
    return ST_CONFLICT;
}

/* office.pem -> office.pub.pem */
static void public_path(const char *path, char out_path[FILE_PATH_MAX])
{
    size_t len = strlen(path);

    if (len > 4 && strcmp(path + len - 4, ".pem") == 0)
        len -= 4;
    (void)snprintf(out_path, FILE_PATH_MAX, "%.*s.pub.pem", (int)len, path);
}

enum status command_key_create(const struct command_call *call, struct errmsg *err)
{
    char pem[PK_PEM_BYTES_MAX], public_pem[PK_PEM_BYTES_MAX], path[FILE_PATH_MAX], id[17];
    struct pk *key = NULL;
    enum status st;

    if (!call->out || strlen(call->out) > FILE_PATH_MAX - 16) {
        errmsg_set(err, "say where the key goes: --out office.pem");
        return ST_INVALID;
    }
    public_path(call->out, path);
    st = refuse_existing(call->out, err);
    if (st == ST_OK)
        st = refuse_existing(path, err);
    if (st == ST_OK)
        st = pk_generate(&key, err);
    if (st == ST_OK)
        st = pk_private_pem(key, pem, err);
    if (st == ST_OK)
        st = pk_public_pem(key, public_pem, err);
    if (st == ST_OK)
        st = pk_id(key, id);
    if (st == ST_OK)
        st = file_write(call->out, pem, strlen(pem), 0600, err);
    if (st == ST_OK)
        st = file_write(path, public_pem, strlen(public_pem), 0644, err);
    crypto_wipe(pem, sizeof(pem));
    pk_destroy(key);
    if (st == ST_OK && call->json)
        printf("{\"key\":\"%s\"}\n", id);
    else if (st == ST_OK)
        printf("key %s: private in %s (keep it), public in %s\n", id, call->out, path);
    return st;
}

static void format_utc(int64_t unix_s, char out_text[MANIFEST_TEXT_MAX + 1])
{
    struct civil_time time = {.day = (int32_t)(unix_s / 86400), .second = (int32_t)(unix_s % 86400)};
    char text[26];

    civil_format_time(&time, text);
    (void)snprintf(out_text, MANIFEST_TEXT_MAX + 1, "%.19sZ", text);
}

/* One signature of the key over the text, as an element of "signatures". */
static enum status write_signature(const char *text, size_t len, const char *key_pem, struct json_writer *w,
                                   struct errmsg *err)
{
    struct signature signature;
    struct pk *key = NULL;
    enum status st = pk_from_private_pem(key_pem, &key, err);

    if (st == ST_OK)
        st = signers_sign(key, text, len, &signature, err);
    if (st == ST_OK)
        signers_write(&signature, w);
    pk_destroy(key);
    return st;
}

/* {"text","signatures"}: those there were before, if any (a JSON array), and one by this key. */
static enum status sign_text(const char *text, size_t len, const struct cJSON *before, const char *key_pem,
                             struct strbuf *out, struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    const struct cJSON *one;
    enum status st = ST_OK;

    jw_object_begin(&w);
    jw_field_text(&w, "text", text);
    jw_name(&w, "signatures");
    jw_array_begin(&w);
    cJSON_ArrayForEach(one, before)
    {
        char *kept = cJSON_PrintUnformatted(one);

        if (!kept)
            return ST_NOMEM;
        jw_raw(&w, kept, strlen(kept));
        cJSON_free(kept);
    }
    st = write_signature(text, len, key_pem, &w, err);
    jw_array_end(&w);
    jw_object_end(&w);
    strbuf_putc(out, '\n');
    return st == ST_OK ? strbuf_status(out) : st;
}

/* How many tills the chain has: as told, or as its server says. */
static enum status count_tills(const struct command_call *call, int64_t *out_tills, struct errmsg *err)
{
    struct admin_reply reply;
    const struct cJSON *chain;
    const char *id;
    enum status st;

    if (call->tills) {
        if (!call->tills[0] || strlen(call->tills) > 9 || strspn(call->tills, "0123456789") != strlen(call->tills)) {
            errmsg_set(err, "--tills \"%.20s\": a whole number is wanted", call->tills);
            return ST_INVALID;
        }
        *out_tills = strtoll(call->tills, NULL, 10);
        return ST_OK;
    }
    st = admin_ask(call->state_dir, "GET", "/admin/exposure", NULL, 0, &reply, err);
    if (st != ST_OK) {
        errmsg_set(err, "the bundle lets tills spend points without a link, and no server runs here to say how many "
                        "tills there are: say --tills N");
        return ST_INVALID;
    }
    *out_tills = -1;
    cJSON_ArrayForEach(chain, cJSON_GetObjectItemCaseSensitive(reply.root, "chains"))
    {
        if (json_text(chain, "chain", ID_LEN_MAX, &id, NULL) == ST_OK && strcmp(id, call->chain) == 0)
            (void)json_int(chain, "tills", 0, JSON_INT_MAX, out_tills, NULL);
    }
    admin_reply_clear(&reply);
    if (*out_tills >= 0)
        return ST_OK;
    errmsg_set(err, "the server here has no chain %.64s: say --tills N", call->chain);
    return ST_INVALID;
}

static int64_t accepted(const struct command_call *call)
{
    const char *text = call->accept_exposure;

    if (!text || !text[0] || strlen(text) > 15 || strspn(text, "0123456789") != strlen(text))
        return -1;
    return strtoll(text, NULL, 10);
}

/* Whoever signs limits for spending without a link sees first what it can come to. */
static enum status check_exposure(const struct command_call *call, const char *bytes, size_t len, struct errmsg *err)
{
    struct bundle *bundle = NULL;
    struct exposure exposure = {0};
    char each[32], member[32], worst[32];
    int64_t tills = 0;
    enum status st = bundle_compile(bytes, len, &bundle, NULL, err);

    if (st == ST_OK)
        st = exposure_of(bundle, 0, &exposure, err);
    if (st == ST_OK && exposure.till_minor > 0)
        st = count_tills(call, &tills, err);
    if (st == ST_OK && exposure.till_minor > 0 && tills == 0) {
        errmsg_set(err, "not signed: \"offline\" lets tills spend without a link, and no till is enrolled yet to reckon "
                        "with: say how many there will be, --tills N");
        st = ST_INVALID;
    }
    if (st == ST_OK && exposure.till_minor > 0)
        st = exposure_of(bundle, tills, &exposure, err);
    if (st != ST_OK || exposure.till_minor == 0) {
        bundle_destroy(bundle);
        return st;
    }
    money_format((money){exposure.till_minor}, exposure.minor_digits, '.', each);
    money_format((money){exposure.member_minor}, exposure.minor_digits, '.', member);
    money_format((money){exposure.worst_minor}, exposure.minor_digits, '.', worst);
    fprintf(stderr,
            "without a link each till may spend %s %s of points beyond what is known, one member %s at each till; "
            "%lld tills at once: at worst %s %s\n",
            each, bundle_currency(bundle), member, (long long)tills, worst, bundle_currency(bundle));
    if (accepted(call) < exposure.worst_minor) {
        errmsg_set(err,
                   "not signed: to take that risk say --accept-exposure %lld (minor units), or lower the limits in "
                   "\"offline\"",
                   (long long)exposure.worst_minor);
        st = ST_DENIED;
    }
    bundle_destroy(bundle);
    return st;
}

static enum status make_manifest(const struct command_call *call, const char *bundle, size_t len, struct strbuf *out,
                                 struct errmsg *err)
{
    struct manifest manifest = {.bundle_bytes = (int64_t)len};
    int64_t now_s = clock_wall_ms(clock_system()) / 1000, expires_s = 0;
    enum status st = evaluator_check(bundle, len, &manifest.version, NULL, err);

    if (st != ST_OK) {
        errmsg_wrap(err, "the bundle does not compile (see \"loyal-central bundle check\")");
        return st;
    }
    if (call->expires)
        st = command_expires(call->expires, now_s, &expires_s, err);
    if (st != ST_OK)
        return st;
    if (call->expires)
        format_utc(expires_s, manifest.expires_at);
    (void)snprintf(manifest.chain, sizeof(manifest.chain), "%s", call->chain);
    format_utc(now_s, manifest.created_at);
    sha256_of(bundle, len, manifest.bundle_sha256);
    manifest_write(&manifest, out);
    return strbuf_status(out);
}

enum status command_bundle_sign(const struct command_call *call, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(MANIFEST_BYTES_MAX), signed_json = STRBUF_INIT(SIGNED_BYTES_MAX);
    char *bundle = NULL, *key = NULL;
    size_t len = 0, key_len = 0;
    enum status st;

    if (!call->key || !call->chain || strlen(call->chain) > MANIFEST_TEXT_MAX) {
        errmsg_set(err, "signing wants --key office.pem and --chain ID");
        return ST_INVALID;
    }
    st = file_read(call->words[0], (size_t)MANIFEST_FILE_BYTES_MAX, &bundle, &len, err);
    if (st == ST_OK)
        st = file_read(call->key, PK_PEM_BYTES_MAX, &key, &key_len, err);
    if (st == ST_OK)
        st = make_manifest(call, bundle, len, &text, err);
    if (st == ST_OK)
        st = check_exposure(call, bundle, len, err);
    if (st == ST_OK)
        st = sign_text(text.data, text.len, NULL, key, &signed_json, err);
    if (st == ST_OK && call->out)
        st = file_write(call->out, signed_json.data, signed_json.len, 0644, err);
    if (st == ST_OK && call->out && !call->json)
        printf("signed for chain %s: %s\n", call->chain, call->out);
    else if (st == ST_OK)
        fputs(strbuf_text(&signed_json), stdout);
    if (key)
        crypto_wipe(key, key_len);
    free(key);
    free(bundle);
    strbuf_free(&text);
    strbuf_free(&signed_json);
    return st;
}

enum status command_bundle_cosign(const struct command_call *call, struct errmsg *err)
{
    struct strbuf signed_json = STRBUF_INIT(SIGNED_BYTES_MAX);
    const struct cJSON *signatures = NULL;
    struct cJSON *root = NULL;
    const char *path = call->out ? call->out : call->words[0], *text = "";
    char *file = NULL, *key = NULL;
    size_t len = 0, key_len = 0;
    enum status st = call->key ? file_read(call->words[0], SIGNED_BYTES_MAX, &file, &len, err) : ST_INVALID;

    if (!call->key)
        errmsg_set(err, "cosigning wants --key second.pem");
    if (st == ST_OK)
        st = json_parse(file, len, SIGNED_BYTES_MAX, &root, err);
    if (st == ST_OK)
        st = json_text(root, "text", MANIFEST_BYTES_MAX, &text, err);
    if (st == ST_OK)
        st = json_array(root, "signatures", &signatures, err);
    if (st == ST_OK)
        st = file_read(call->key, PK_PEM_BYTES_MAX, &key, &key_len, err);
    if (st == ST_OK)
        st = sign_text(text, strlen(text), signatures, key, &signed_json, err);
    if (st == ST_OK)
        st = file_write(path, signed_json.data, signed_json.len, 0644, err);
    if (st == ST_OK)
        printf("signed by one more: %s\n", path);
    if (key)
        crypto_wipe(key, key_len);
    free(key);
    free(file);
    json_free(root);
    strbuf_free(&signed_json);
    return st;
}
