/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/vault.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/log.h"

enum { MARK_BYTES = sizeof VAULT_MARK - 1 };

/* A file put under another's name is not opened: key.pem cannot be given out as a certificate. */
static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* ST_NOT_FOUND when this service was given none. */
static enum status load_key(uint8_t out_key[CRYPTO_KEY_BYTES], struct errmsg *err)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX], *secret = NULL;
    size_t len = 0;
    enum status st;

    if (!folder)
        return ST_NOT_FOUND;
    if (snprintf(path, sizeof path, "%s/storage-key", folder) >= PATH_MAX) {
        errmsg_set(err, "CREDENTIALS_DIRECTORY: the path is longer than %d bytes", PATH_MAX - 13);
        return ST_INVALID; /* nothing is written in clear because of it */
    }
    st = file_read(path, VAULT_SECRET_BYTES_MAX, &secret, &len, err);
    if (st == ST_OK && len < VAULT_SECRET_BYTES_MIN) {
        errmsg_set(err, "%s: %zu bytes are no key, it wants %d at least", path, len, VAULT_SECRET_BYTES_MIN);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = crypto_hkdf(secret, len, NULL, 0, "loyald-sync: files", out_key, CRYPTO_KEY_BYTES);
    if (secret)
        crypto_wipe(secret, len);
    free(secret);
    return st;
}

static enum status write_sealed(const char *path, const char *text, const uint8_t key[CRYPTO_KEY_BYTES],
                                struct errmsg *err)
{
    size_t len = strlen(text), bytes = MARK_BYTES + len + CRYPTO_SEAL_OVERHEAD;
    uint8_t *sealed = malloc(bytes);
    enum status st = sealed ? ST_OK : ST_NOMEM;

    if (st == ST_OK) {
        memcpy(sealed, VAULT_MARK, MARK_BYTES);
        st = crypto_seal(key, name_of(path), text, len, sealed + MARK_BYTES);
    }
    if (st == ST_OK)
        st = file_write(path, sealed, bytes, 0600, err);
    free(sealed);
    return st;
}

static enum status open_sealed(const char *path, const char *bytes, size_t len, const uint8_t key[CRYPTO_KEY_BYTES],
                               char **out_text, struct errmsg *err)
{
    size_t sealed_len = len - MARK_BYTES;
    enum status st = ST_CORRUPT;

    if (sealed_len >= CRYPTO_SEAL_OVERHEAD) {
        *out_text = calloc(1, sealed_len - CRYPTO_SEAL_OVERHEAD + 1);
        st = *out_text ? crypto_unseal(key, name_of(path), (const uint8_t *)bytes + MARK_BYTES, sealed_len,
                                       (uint8_t *)*out_text)
                       : ST_NOMEM;
    }
    if (st == ST_OK || st == ST_NOMEM)
        return st;
    free(*out_text);
    *out_text = NULL;
    errmsg_set(err,
               "%s: damaged, or sealed with another storage-key than this machine has; remove it and enrol again",
               path);
    return ST_DENIED;
}

/* One from before there was a key. */
static void seal_in_place(const char *path, const char *text, const uint8_t key[CRYPTO_KEY_BYTES])
{
    struct errmsg err = ERRMSG_INIT;

    if (write_sealed(path, text, key, &err) == ST_OK)
        log_info("identity-08", "%s is sealed with this machine's storage-key from now on", path);
    else
        log_warn("identity-09", "%s stays in clear: %s", path, err.text);
}

enum status vault_read(const char *path, size_t len_max, char **out_text, struct errmsg *err)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    char *bytes = NULL;
    size_t len = 0;
    enum status st, key_st;

    *out_text = NULL;
    st = file_read(path, len_max + MARK_BYTES + CRYPTO_SEAL_OVERHEAD, &bytes, &len, err);
    if (st != ST_OK)
        return st;
    key_st = load_key(key, err);
    if (key_st != ST_OK && key_st != ST_NOT_FOUND) {
        st = key_st;
    } else if (len < MARK_BYTES || memcmp(bytes, VAULT_MARK, MARK_BYTES) != 0) {
        if (key_st == ST_OK)
            seal_in_place(path, bytes, key);
        *out_text = bytes;
        bytes = NULL;
    } else if (key_st == ST_OK) {
        st = open_sealed(path, bytes, len, key, out_text, err);
    } else {
        errmsg_set(err, "%s: is sealed, and the credential storage-key that opens it was not given to this service",
                   path);
        st = ST_DENIED;
    }
    crypto_wipe(key, sizeof key);
    if (bytes)
        crypto_wipe(bytes, len); /* may be in clear */
    free(bytes);
    return st;
}

enum status vault_write(const char *path, const char *text, struct errmsg *err)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    enum status st = load_key(key, err);

    if (st == ST_NOT_FOUND)
        return file_write(path, text, strlen(text), 0600, err);
    if (st == ST_OK)
        st = write_sealed(path, text, key, err);
    crypto_wipe(key, sizeof key);
    return st;
}
