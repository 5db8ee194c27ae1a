/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault - files that hold keys, readable on this machine alone where the service was given a key for that.
 *
 * The key is the credential "storage-key" (systemd: LoadCredentialEncrypted=, whose file only this machine's TPM or
 * host key opens); it is read for each call and not kept. With it, files are written sealed (AES-256-GCM, bound to
 * their name), and one that is found plain is sealed in place. Without it, files are plain as ever, and a sealed one
 * is refused in words.
 */
#ifndef LOYALD_CLIENT_VAULT_H
#define LOYALD_CLIENT_VAULT_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stddef.h>

enum { VAULT_SECRET_BYTES_MIN = 32, VAULT_SECRET_BYTES_MAX = 4096 };

#define VAULT_MARK "loyald sealed 1\n" /* what a sealed file begins with */

/* Returns owned the text (crypto_wipe, free). ST_DENIED: it is sealed and there is no key, or another than it was
 * sealed with. */
enum status vault_read(const char *path, size_t len_max, char **out_text, struct errmsg *err);
/* Replaces the file by one of mode 0600. */
enum status vault_write(const char *path, const char *text, struct errmsg *err);

#endif
