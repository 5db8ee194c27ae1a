/* SPDX-License-Identifier: Apache-2.0 */
/* Small files of the central's, and its lock: made once, and not what is tried here; that a key is one was looked at
 * when it was made. */
#include "agent/base/file.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <stdio.h>
#include <string.h>

enum status __wrap_file_read(const char *path, size_t len_max, char **out_bytes, size_t *out_len, struct errmsg *err);
enum status __wrap_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct errmsg *err);
enum status __wrap_file_mkdir(const char *path, mode_t mode, struct errmsg *err);
enum status __wrap_file_lock_dir(const char *dir, const char *program, int *out_fd, struct errmsg *err);

static struct {
    char path[96];
    char bytes[8192];
    size_t len;
} kept[8];

static int find_kept(const char *path)
{
    for (int i = 0; i < 8; i++) {
        if (kept[i].path[0] == '\0' || strcmp(kept[i].path, path) == 0)
            return i;
    }
    must(false, "more files than are kept");
    return 0;
}

enum status __wrap_file_read(const char *path, size_t len_max, char **out_bytes, size_t *out_len, struct errmsg *err)
{
    int at = find_kept(path);

    (void)len_max;
    if (kept[at].path[0] == '\0') {
        errmsg_set(err, "%s: is not there", path);
        return ST_NOT_FOUND;
    }
    *out_bytes = must_alloc(kept[at].len + 1);
    memcpy(*out_bytes, kept[at].bytes, kept[at].len);
    *out_len = kept[at].len;
    return ST_OK;
}

enum status __wrap_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct errmsg *err)
{
    int at = find_kept(path);

    (void)mode;
    (void)err;
    must(len < sizeof kept[at].bytes, "a file longer than is kept");
    (void)snprintf(kept[at].path, sizeof kept[at].path, "%s", path);
    memcpy(kept[at].bytes, bytes, len);
    kept[at].len = len;
    return ST_OK;
}

enum status __wrap_file_mkdir(const char *path, mode_t mode, struct errmsg *err)
{
    (void)path;
    (void)mode;
    (void)err;
    return ST_OK;
}

enum status __wrap_file_lock_dir(const char *dir, const char *program, int *out_fd, struct errmsg *err)
{
    (void)dir;
    (void)program;
    (void)err;
    *out_fd = -1;
    return ST_OK;
}

struct mbedtls_pk_context;
int __wrap_mbedtls_pk_check_pair(const struct mbedtls_pk_context *public_key,
                                 const struct mbedtls_pk_context *private_key);
int __wrap_mbedtls_pk_check_pair(const struct mbedtls_pk_context *public_key,
                                 const struct mbedtls_pk_context *private_key)
{
    (void)public_key;
    (void)private_key;
    return 0;
}
