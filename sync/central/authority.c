/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/authority.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/plural.h"
#include "sync/central/central.h"
#include "sync/central/key_file.h"

enum { PATH_BYTES_MAX = 4096 };

#define DAY_S INT64_C(86400)

static void path_in(const char *state_dir, const char *name, char out_path[PATH_BYTES_MAX])
{
    (void)snprintf(out_path, PATH_BYTES_MAX, "%s/%s", state_dir, name);
}

static enum status write_text(const char *state_dir, const char *name, const char *text, mode_t mode,
                              struct errmsg *err)
{
    char path[PATH_BYTES_MAX];

    path_in(state_dir, name, path);
    return file_write(path, text, strlen(text), mode, err);
}

static enum status read_text(const char *state_dir, const char *name, char *out_text, size_t text_max,
                             struct errmsg *err)
{
    char path[PATH_BYTES_MAX], *bytes = NULL;
    size_t len = 0;
    enum status st;

    path_in(state_dir, name, path);
    st = file_read(path, text_max - 1, &bytes, &len, err);
    if (st != ST_OK)
        return st;
    memcpy(out_text, bytes, len + 1);
    crypto_wipe(bytes, len);
    free(bytes);
    return ST_OK;
}

static enum status remove_file(const char *state_dir, const char *name, struct errmsg *err)
{
    char path[PATH_BYTES_MAX];

    path_in(state_dir, name, path);
    if (unlink(path) == 0 || errno == ENOENT)
        return ST_OK;
    errmsg_set(err, "removing %s: %m", path);
    return ST_IO;
}

static enum status rename_file(const char *state_dir, const char *from, const char *to, struct errmsg *err)
{
    char old[PATH_BYTES_MAX], new[PATH_BYTES_MAX];

    path_in(state_dir, from, old);
    path_in(state_dir, to, new);
    if (rename(old, new) == 0)
        return ST_OK;
    errmsg_set(err, "renaming %s: %m", old);
    return ST_IO;
}

/* ---- making ---- */

/* Every authority has a name of its own: where two are trusted, the name says which of them to ask. */
static enum status make_authority(int64_t now_s, struct pk **out_key, char out_pem[X509_PEM_BYTES_MAX],
                                  struct errmsg *err)
{
    char id[17], name[64];
    struct x509_issue issue = {.not_before_unix_s = now_s - DAY_S,
                               .not_after_unix_s = now_s + DAY_S * SERVER_CERTIFICATE_DAYS,
                               .common_name = name,
                               .is_ca = true};
    struct pk *key = NULL;
    enum status st = pk_generate(&key, err);

    if (st == ST_OK)
        st = pk_id(key, id);
    if (st == ST_OK) {
        (void)snprintf(name, sizeof(name), "loyal-central authority %.8s", id);
        issue.subject_key = issue.issuer_key = key;
        st = x509_certificate(&issue, out_pem, err);
    }
    if (st != ST_OK) {
        pk_destroy(key);
        return st;
    }
    *out_key = key;
    return ST_OK;
}

static enum status make_server(const char *host, const struct pk *server_key, const struct pk *ca_key,
                               const char *ca_pem, int64_t now_s, char out_pem[X509_PEM_BYTES_MAX],
                               struct errmsg *err)
{
    struct x509_issue issue = {.subject_key = server_key,
                               .common_name = host,
                               .dns_name = host,
                               .issuer_key = ca_key,
                               .issuer_pem = ca_pem,
                               .not_before_unix_s = now_s - DAY_S,
                               .not_after_unix_s = now_s + DAY_S * SERVER_CERTIFICATE_DAYS,
                               .is_server = true};

    return x509_certificate(&issue, out_pem, err);
}

enum status authority_make(const char *state_dir, const char *host, int64_t now_s, struct errmsg *err)
{
    struct pk *ca_key = NULL, *server_key = NULL;
    char ca_pem[X509_PEM_BYTES_MAX], server_pem[X509_PEM_BYTES_MAX];
    enum status st = make_authority(now_s, &ca_key, ca_pem, err);

    if (st == ST_OK)
        st = pk_generate(&server_key, err);
    if (st == ST_OK)
        st = make_server(host[0] ? host : "localhost", server_key, ca_key, ca_pem, now_s, server_pem, err);
    if (st == ST_OK)
        st = key_file_write(state_dir, "ca.key", ca_key, err);
    if (st == ST_OK)
        st = write_text(state_dir, "ca.pem", ca_pem, 0644, err);
    if (st == ST_OK)
        st = key_file_write(state_dir, "server.key", server_key, err);
    if (st == ST_OK)
        st = write_text(state_dir, "server.pem", server_pem, 0644, err);
    pk_destroy(server_key);
    pk_destroy(ca_key);
    return st;
}

/* ---- reading ---- */

static bool is_pair(const struct pk *key, const char *pem)
{
    struct pk *certified = NULL;
    char own[17], other[17];
    bool same = x509_public_key(pem, &certified, NULL) == ST_OK && pk_id(key, own) == ST_OK &&
                pk_id(certified, other) == ST_OK && strcmp(own, other) == 0;

    pk_destroy(certified);
    return same;
}

/* A rotation that was cut short: the key of the new authority is in place, or it is not; the rest follows it. */
static enum status settle(struct central *central, const char *state_dir, struct errmsg *err)
{
    char made[X509_PEM_BYTES_MAX];
    enum status st = read_text(state_dir, "ca-new.pem", made, sizeof(made), NULL);

    if (st == ST_OK && is_pair(central->ca_key, made)) {
        st = rename_file(state_dir, "ca-new.pem", "ca.pem", err);
        if (st == ST_OK)
            st = read_text(state_dir, "ca.pem", central->ca_pem, sizeof(central->ca_pem), err);
        return st;
    }
    st = remove_file(state_dir, "ca-new.pem", err);
    return st == ST_OK ? remove_file(state_dir, "ca-new.key", err) : st;
}

/* What tills are to trust: the newest first. */
static enum status gather(struct central *central, const char *state_dir, struct errmsg *err)
{
    enum status st = read_text(state_dir, "ca-old.pem", central->ca_old_pem, sizeof(central->ca_old_pem), err);

    if (st == ST_OK && strcmp(central->ca_old_pem, central->ca_pem) == 0) {
        central->ca_old_pem[0] = '\0'; /* cut short before the new one was in place */
        st = remove_file(state_dir, "ca-old.pem", err);
    } else if (st == ST_NOT_FOUND) {
        central->ca_old_pem[0] = '\0';
        st = ST_OK;
    }
    (void)snprintf(central->ca_bundle, sizeof(central->ca_bundle), "%s%s", central->ca_pem, central->ca_old_pem);
    renewal_ca_id(central->ca_bundle, central->ca_bundle_id);
    return st == ST_OK ? pk_id(central->ca_key, central->ca_key_id) : st;
}

enum status authority_load(struct central *central, const char *state_dir, struct errmsg *err)
{
    enum status st = read_text(state_dir, "ca.pem", central->ca_pem, sizeof(central->ca_pem), err);

    if (st == ST_OK)
        st = read_text(state_dir, "server.pem", central->server_pem, sizeof(central->server_pem), err);
    if (st == ST_OK)
        st = read_text(state_dir, "server.key", central->server_key_pem, sizeof(central->server_key_pem), err);
    if (st == ST_OK)
        st = key_file_read(state_dir, "ca.key", &central->ca_key, err);
    if (st == ST_OK)
        st = settle(central, state_dir, err);
    if (st == ST_OK && !is_pair(central->ca_key, central->ca_pem)) {
        errmsg_set(err, "%s: ca.key and ca.pem are not of one another: put both back from a backup", state_dir);
        st = ST_CORRUPT;
    }
    return st == ST_OK ? gather(central, state_dir, err) : st;
}

/* ---- one after the other ---- */

enum status authority_rotate(struct central *central, const char *state_dir, struct errmsg *err)
{
    struct pk *key = NULL;
    char pem[X509_PEM_BYTES_MAX];
    enum status st;

    if (central->ca_old_pem[0]) {
        errmsg_set(err, "two authorities overlap already: let the older one go with \"loyal-central ca drop\" first");
        return ST_CONFLICT;
    }
    st = make_authority(central_now_us(central) / 1000000, &key, pem, err);
    if (st == ST_OK)
        st = key_file_write(state_dir, "ca-new.key", key, err);
    if (st == ST_OK)
        st = write_text(state_dir, "ca-new.pem", pem, 0644, err);
    if (st == ST_OK)
        st = write_text(state_dir, "ca-old.pem", central->ca_pem, 0644, err);
    if (st == ST_OK)
        st = rename_file(state_dir, "ca-new.key", "ca.key", err);
    if (st != ST_OK) {
        pk_destroy(key);
        return st;
    }
    pk_destroy(central->ca_key);
    central->ca_key = key;
    st = settle(central, state_dir, err);
    return st == ST_OK ? gather(central, state_dir, err) : st;
}

enum status authority_behind(struct central *central, int64_t *out_tills, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_DEVICE_BEHIND, &rows, err, V_TEXT(central->ca_bundle_id),
                                  V_TEXT(central->ca_key_id));

    if (st != ST_OK)
        return st;
    *out_tills = rows_next(rows) ? rows_int(rows, 0) : 0;
    return rows_end(rows, err);
}

static enum status certify_server(struct central *central, const char *state_dir, struct errmsg *err)
{
    struct pk *key = NULL;
    char host[X509_NAME_BYTES_MAX], pem[X509_PEM_BYTES_MAX];
    int64_t until;
    enum status st = x509_read(central->server_pem, host, &until, err);

    if (st == ST_OK)
        st = pk_from_private_pem(central->server_key_pem, &key, err);
    if (st == ST_OK)
        st = make_server(host, key, central->ca_key, central->ca_pem, central_now_us(central) / 1000000, pem, err);
    if (st == ST_OK)
        st = write_text(state_dir, "server.pem", pem, 0644, err);
    pk_destroy(key);
    return st;
}

enum status authority_drop(struct central *central, const char *state_dir, bool force, struct errmsg *err)
{
    int64_t behind = 0;
    enum status st;

    if (!central->ca_old_pem[0]) {
        errmsg_set(err, "there is one authority only: a new one is made by \"loyal-central ca rotate\"");
        return ST_CONFLICT;
    }
    st = authority_behind(central, &behind, err);
    if (st == ST_OK && behind > 0 && !force) {
        errmsg_set(
            err,
            "%lld %s not trust the new authority yet or %s no certificate of it, and would be shut out: "
            "wait until \"loyal-central fleet\" names none, or revoke them; --force shuts them out",
            (long long)behind, plural(behind, "till does", "tills do"), plural(behind, "has", "have"));
        return ST_CONFLICT;
    }
    if (st == ST_OK)
        st = certify_server(central, state_dir, err);
    if (st == ST_OK)
        st = remove_file(state_dir, "ca-old.pem", err);
    return st == ST_OK ? gather(central, state_dir, err) : st;
}
