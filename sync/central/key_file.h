/* SPDX-License-Identifier: Apache-2.0 */
/* key_file - a key of the central's own in its state directory. */
#ifndef LOYALD_CENTRAL_KEY_FILE_H
#define LOYALD_CENTRAL_KEY_FILE_H

#include "agent/base/pk.h"

/* Returns owned the key of that file; makes it, for the owner's eyes only, when there is none. */
enum status key_file_open(const char *state_dir, const char *name, struct pk **out_key, struct errmsg *err);

#endif
