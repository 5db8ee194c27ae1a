/* SPDX-License-Identifier: Apache-2.0 */
/* file - small files whole, written so that a power cut leaves the old or the new one; the lock of a state directory. */
#ifndef LOYALD_BASE_FILE_H
#define LOYALD_BASE_FILE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stddef.h>
#include <sys/types.h>

/* Returns owned the bytes (free()), NUL-terminated. ST_NOT_FOUND, ST_FULL past len_max, ST_IO. */
enum status file_read(const char *path, size_t len_max, char **out_bytes, size_t *out_len, struct errmsg *err);
/* Temporary file, fsync, rename, fsync of the directory. */
enum status file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct errmsg *err);
/* fsync of the folder that path lies in, after a rename or a new file there. */
enum status file_sync_folder(const char *path, struct errmsg *err);
/* Makes the directory and its parents; one that exists is left as it is. */
enum status file_mkdir(const char *path, mode_t mode, struct errmsg *err);

/* Takes the lock file dir/lock for this process and writes its pid there. ST_CONFLICT names the pid that holds it.
 * The lock goes with *out_fd (close) or the process. */
enum status file_lock_dir(const char *dir, const char *program, int *out_fd, struct errmsg *err);

#endif
