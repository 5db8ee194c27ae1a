/* SPDX-License-Identifier: Apache-2.0 */
/* key_file - a key of the central's own in its state directory. */
#ifndef LOYALD_CENTRAL_KEY_FILE_H
#define LOYALD_CENTRAL_KEY_FILE_H

#include "agent/base/pk.h"

/* Writes it for the owner's eyes only. */
enum status key_file_write(const char *state_dir, const char *name, const struct pk *key, struct errmsg *err);
/* Returns owned the key of that file; ST_NOT_FOUND when there is none. What is wrong with it is said with its path. */
enum status key_file_read(const char *state_dir, const char *name, struct pk **out_key, struct errmsg *err);
/* Returns owned the key of that file; makes it, for the owner's eyes only, when there is none. */
enum status key_file_open(const char *state_dir, const char *name, struct pk **out_key, struct errmsg *err);

#endif
