/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/key_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/crypto.h"
#include "agent/base/file.h"

enum { PATH_BYTES_MAX = 4096 };

static void path_in(const char *state_dir, const char *name, char out_path[PATH_BYTES_MAX])
{
    (void)snprintf(out_path, PATH_BYTES_MAX, "%s/%s", state_dir, name);
}

enum status key_file_write(const char *state_dir, const char *name, const struct pk *key, struct errmsg *err)
{
    char path[PATH_BYTES_MAX], pem[PK_PEM_BYTES_MAX] = "";
    enum status st = pk_private_pem(key, pem, err);

    path_in(state_dir, name, path);
    if (st == ST_OK)
        st = file_write(path, pem, strlen(pem), 0600, err);
    crypto_wipe(pem, sizeof(pem));
    return st;
}

enum status key_file_read(const char *state_dir, const char *name, struct pk **out_key, struct errmsg *err)
{
    char path[PATH_BYTES_MAX], *pem = NULL;
    size_t len = 0;
    enum status st;

    path_in(state_dir, name, path);
    st = file_read(path, PK_PEM_BYTES_MAX - 1, &pem, &len, err);
    if (st != ST_OK)
        return st;
    st = pk_from_private_pem(pem, out_key, err);
    if (st != ST_OK)
        errmsg_wrap(err, "%s", path);
    crypto_wipe(pem, len);
    free(pem);
    return st;
}

enum status key_file_open(const char *state_dir, const char *name, struct pk **out_key, struct errmsg *err)
{
    struct pk *key = NULL;
    enum status st = key_file_read(state_dir, name, out_key, err);

    if (st != ST_NOT_FOUND)
        return st;
    st = pk_generate(&key, err);
    if (st == ST_OK)
        st = key_file_write(state_dir, name, key, err);
    if (st == ST_OK)
        *out_key = key;
    else
        pk_destroy(key);
    return st;
}
