/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/central.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "sync/central/evaluator.h"

enum { PATH_BYTES_MAX = 4096 };

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

static enum status write_key(const char *state_dir, const char *name, const struct pk *key, struct errmsg *err)
{
    char pem[PK_PEM_BYTES_MAX];
    enum status st = pk_private_pem(key, pem, err);

    if (st == ST_OK)
        st = write_text(state_dir, name, pem, 0600, err);
    crypto_wipe(pem, sizeof(pem));
    return st;
}

/* The authority and the certificate it gives this server. */
static enum status make_certificates(const char *state_dir, const char *host, int64_t now_s, struct errmsg *err)
{
    struct pk *ca_key = NULL, *server_key = NULL;
    char ca_pem[X509_PEM_BYTES_MAX], server_pem[X509_PEM_BYTES_MAX];
    struct x509_issue ca = {.common_name = "loyal-central authority",
                            .not_before_unix_s = now_s - 86400,
                            .not_after_unix_s = now_s + INT64_C(86400) * SERVER_CERTIFICATE_DAYS,
                            .is_ca = true};
    struct x509_issue server = ca;
    enum status st = pk_generate(&ca_key, err);

    if (st == ST_OK)
        st = pk_generate(&server_key, err);
    if (st != ST_OK)
        goto out;
    ca.subject_key = ca.issuer_key = ca_key;
    st = x509_certificate(&ca, ca_pem, err);
    if (st != ST_OK)
        goto out;
    server.common_name = host[0] ? host : "localhost";
    server.dns_name = server.common_name;
    server.subject_key = server_key;
    server.issuer_key = ca_key;
    server.issuer_pem = ca_pem;
    server.is_ca = false;
    server.is_server = true;
    st = x509_certificate(&server, server_pem, err);
    if (st == ST_OK)
        st = write_key(state_dir, "ca.key", ca_key, err);
    if (st == ST_OK)
        st = write_text(state_dir, "ca.pem", ca_pem, 0644, err);
    if (st == ST_OK)
        st = write_key(state_dir, "server.key", server_key, err);
    if (st == ST_OK)
        st = write_text(state_dir, "server.pem", server_pem, 0644, err);
out:
    pk_destroy(server_key);
    pk_destroy(ca_key);
    return st;
}

static enum status new_incarnation(struct store *store, struct errmsg *err)
{
    uint8_t random[8];
    char incarnation[HEX64_TEXT];

    crypto_random(random, sizeof(random));
    hex_encode(random, sizeof(random), incarnation);
    return STORE_RUN(store, STATEMENT_META_SET, err, V_TEXT("incarnation"), V_TEXT(incarnation));
}

static enum status make_database(const char *path, struct errmsg *err)
{
    struct store *store = NULL;
    enum status st = store_open(path, &store, err);

    if (st == ST_OK)
        st = new_incarnation(store, err);
    store_close(store);
    return st;
}

enum status central_init(const char *state_dir, const char *host, const struct clock_source *clock,
                         struct errmsg *err)
{
    char path[PATH_BYTES_MAX], making[PATH_BYTES_MAX];
    int lock_fd = -1;
    enum status st = file_mkdir(state_dir, 0700, err);

    if (st == ST_OK)
        st = file_lock_dir(state_dir, "loyal-central", &lock_fd, err);
    if (st != ST_OK)
        return st;
    path_in(state_dir, "central.db", path);
    path_in(state_dir, "central.db.new", making);
    if (access(path, F_OK) == 0) {
        errmsg_set(err, "%s is there already: this central was made before, start it with \"loyal-central serve\"",
                   path);
        st = ST_CONFLICT;
        goto out;
    }
    (void)unlink(making); /* of an init that was cut short */
    st = make_certificates(state_dir, host, clock_wall_ms(clock) / 1000, err);
    if (st == ST_OK)
        st = make_database(making, err);
    /* The database gets its name last: with it the central is made, without it init may run again. */
    if (st == ST_OK && rename(making, path) != 0) {
        errmsg_set(err, "cannot rename %s: %m", making);
        st = ST_IO;
    }
out:
    (void)close(lock_fd);
    return st;
}

static enum status read_meta(struct central *central, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_META_GET, &rows, err, V_TEXT("incarnation"));

    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        (void)snprintf(central->incarnation, sizeof(central->incarnation), "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    if (st == ST_OK && strlen(central->incarnation) != HEX64_TEXT - 1) {
        errmsg_set(err, "the database has no incarnation: it was not made by \"loyal-central init\"");
        st = ST_CORRUPT;
    }
    return st;
}

static enum status read_keys(struct central *central, const char *state_dir, struct errmsg *err)
{
    char pem[PK_PEM_BYTES_MAX];
    enum status st = read_text(state_dir, "ca.pem", central->ca_pem, sizeof(central->ca_pem), err);

    if (st == ST_OK)
        st = read_text(state_dir, "server.pem", central->server_pem, sizeof(central->server_pem), err);
    if (st == ST_OK)
        st = read_text(state_dir, "server.key", central->server_key_pem, sizeof(central->server_key_pem), err);
    if (st == ST_OK)
        st = read_text(state_dir, "ca.key", pem, sizeof(pem), err);
    if (st == ST_OK)
        st = pk_from_private_pem(pem, &central->ca_key, err);
    crypto_wipe(pem, sizeof(pem));
    return st;
}

enum status central_open(const char *state_dir, const struct clock_source *clock, struct central **out_central,
                         struct errmsg *err)
{
    char path[PATH_BYTES_MAX];
    struct central *central = calloc(1, sizeof(*central));
    enum status st;

    if (!central)
        return ST_NOMEM;
    central->clock = clock;
    central->lock_fd = -1;
    path_in(state_dir, "central.db", path);
    if (access(path, F_OK) != 0) {
        errmsg_set(err, "%s: %m: make it with \"loyal-central init --state-dir %s\"", path, state_dir);
        st = ST_NOT_FOUND;
    } else {
        st = file_lock_dir(state_dir, "loyal-central", &central->lock_fd, err);
    }
    if (st == ST_OK)
        st = store_open(path, &central->store, err);
    if (st == ST_OK)
        st = read_meta(central, err);
    if (st == ST_OK)
        st = read_keys(central, state_dir, err);
    if (st == ST_OK)
        st = evaluator_create(central->store, &central->evaluator, err);
    if (st != ST_OK) {
        central_close(central);
        return st;
    }
    *out_central = central;
    return ST_OK;
}

void central_close(struct central *central)
{
    if (!central)
        return;
    evaluator_destroy(central->evaluator);
    store_close(central->store);
    pk_destroy(central->ca_key);
    crypto_wipe(central->server_key_pem, sizeof(central->server_key_pem));
    if (central->lock_fd >= 0)
        (void)close(central->lock_fd);
    free(central);
}

enum status central_restored(struct central *central, struct errmsg *err)
{
    enum status st = new_incarnation(central->store, err);

    return st == ST_OK ? read_meta(central, err) : st;
}

int64_t central_now_us(const struct central *central)
{
    return clock_wall_ms(central->clock) * 1000;
}

void central_tell_changed(struct central *central)
{
    if (central->changed)
        central->changed(central->changed_context);
}
