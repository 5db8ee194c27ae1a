/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/identity_disk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "sync/client/vault.h"

static const char key_file[] = "key.pem", cert_file[] = "cert.pem", ca_file[] = "ca.pem";

static enum status path_of(const char *dir, const char *name, char out_path[PATH_MAX], struct errmsg *err)
{
    if (snprintf(out_path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
        return ST_OK;
    errmsg_set(err, "%.64s...: the path of the state directory is too long", dir);
    return ST_INVALID;
}

/* Of the files those that hold the key. */
static bool is_secret(const char *name)
{
    return strcmp(name, cert_file) != 0 && strcmp(name, ca_file) != 0;
}

static enum status read_file(const char *dir, const char *name, size_t len_max, char **out_text, struct errmsg *err)
{
    char path[PATH_MAX];
    size_t len;
    enum status st = path_of(dir, name, path, err);

    if (st != ST_OK)
        return st;
    return is_secret(name) ? vault_read(path, len_max, out_text, err) : file_read(path, len_max, out_text, &len, err);
}

static enum status write_file(const char *dir, const char *name, const char *text, struct errmsg *err)
{
    char path[PATH_MAX];
    enum status st = path_of(dir, name, path, err);

    if (st != ST_OK)
        return st;
    return is_secret(name) ? vault_write(path, text, err) : file_write(path, text, strlen(text), 0644, err);
}

enum status identity_disk_read(const char *dir, struct identity_set *out_set, struct errmsg *err)
{
    enum status st = read_file(dir, cert_file, IDENTITY_PEM_BYTES_MAX, &out_set->cert, err);

    if (st == ST_OK)
        st = read_file(dir, key_file, IDENTITY_PEM_BYTES_MAX, &out_set->key, err);
    if (st == ST_OK)
        st = read_file(dir, ca_file, IDENTITY_PEM_BYTES_MAX, &out_set->ca, err);
    return st;
}

enum status identity_disk_write(const char *dir, const struct identity_set *set, struct errmsg *err)
{
    enum status st = write_file(dir, ca_file, set->ca, err);

    if (st == ST_OK)
        st = write_file(dir, key_file, set->key, err);
    if (st == ST_OK)
        st = write_file(dir, cert_file, set->cert, err);
    return st;
}

enum status identity_disk_read_whole(const char *dir, const char *name, struct identity_set *out_set,
                                     bool *out_is_useless, struct errmsg *err)
{
    char *text = NULL;
    enum status st = read_file(dir, name, IDENTITY_JSON_BYTES_MAX, &text, err);

    if (st != ST_OK)
        return st;
    st = identity_set_read(text, out_set, err);
    if (st == ST_OK)
        st = identity_set_check(out_set, err);
    *out_is_useless = identity_set_is_judged(st);
    identity_free_secret(text);
    return st;
}

enum status identity_disk_write_whole(const char *dir, const char *name, const struct identity_set *set,
                                      struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(IDENTITY_JSON_BYTES_MAX);
    enum status st;

    /* In one piece: a buffer that grows leaves copies of the key behind. */
    if (strbuf_extend(&text, IDENTITY_JSON_BYTES_MAX))
        strbuf_clear(&text);
    st = identity_set_write(set, &text);
    if (st == ST_OK)
        st = write_file(dir, name, strbuf_text(&text), err);
    else
        errmsg_set(err, "%s: %s", name, status_text(st));
    if (text.data)
        crypto_wipe(text.data, text.len);
    strbuf_free(&text);
    return st;
}

enum status identity_disk_remove(const char *dir, const char *name, struct errmsg *err)
{
    char path[PATH_MAX];
    enum status st = path_of(dir, name, path, err);

    if (st != ST_OK)
        return st;
    if (unlink(path) == 0)
        return file_sync_folder(path, err);
    if (errno == ENOENT)
        return ST_OK;
    errmsg_set(err, "removing %s: %s", path, strerror(errno));
    return ST_IO;
}
