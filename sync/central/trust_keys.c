/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/trust_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "sync/central/key_file.h"

enum { PATH_BYTES_MAX = 4096 };
static const char *const names[TRUST_KEYS_MAX] = {"timestamp", "timestamp-next"};

static void path_of(const char *state_dir, int which, const char *end, char out_path[PATH_BYTES_MAX])
{
    (void)snprintf(out_path, PATH_BYTES_MAX, "%s/%s%s", state_dir, names[which], end);
}

static enum status open_key(struct central *central, const char *state_dir, int which, struct errmsg *err)
{
    char name[64], path[PATH_BYTES_MAX], pem[PK_PEM_BYTES_MAX];
    enum status st;

    (void)snprintf(name, sizeof(name), "%s.key", names[which]);
    st = key_file_open(state_dir, name, &central->stamp_keys[which], err);
    if (st == ST_OK)
        st = pk_public_pem(central->stamp_keys[which], pem, err);
    path_of(state_dir, which, ".pub.pem", path);
    return st == ST_OK ? file_write(path, pem, strlen(pem), 0644, err) : st;
}

enum status trust_keys_load(struct central *central, const char *state_dir, struct errmsg *err)
{
    char path[PATH_BYTES_MAX];
    enum status st = open_key(central, state_dir, 0, err);

    path_of(state_dir, 1, ".key", path);
    return st == ST_OK && access(path, F_OK) == 0 ? open_key(central, state_dir, 1, err) : st;
}

static bool names_key(const struct root *root, const struct pk *key)
{
    char id[17];

    return key && pk_id(key, id) == ST_OK && signers_have(&root->roles[ROOT_ROLE_TIMESTAMP], id);
}

struct pk *trust_stamp_key(const struct central *central, const struct root *root)
{
    for (int i = TRUST_KEYS_MAX - 1; i >= 0; i--) {
        if (names_key(root, central->stamp_keys[i]))
            return central->stamp_keys[i];
    }
    return NULL;
}

/* Whether every chain's root names the key that waits. */
static enum status is_taken(struct central *central, bool *out_taken, struct errmsg *err)
{
    char chains[64][ID_BYTES];
    int count = 0;
    struct rows *rows;
    enum status st = store_select(central->store, STATEMENT_CHAIN_LIST, NULL, 0, &rows, err);

    if (st != ST_OK)
        return st;
    while (count < 64 && rows_next(rows))
        (void)snprintf(chains[count++], ID_BYTES, "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    *out_taken = true;
    for (int i = 0; st == ST_OK && i < count; i++) {
        struct root *root = NULL;

        st = trust_load_root(central, chains[i], &root, err);
        if (st == ST_OK && root && !names_key(root, central->stamp_keys[1])) {
            errmsg_set(err,
                       "a new key waits already and chain %s does not name it yet: make the chain's next root "
                       "with \"root create\", or the key that waits is lost on tills",
                       chains[i]);
            *out_taken = false;
        }
        free(root);
    }
    return st;
}

/* The key that waited takes the place of the one in use. */
static enum status follow(struct central *central, const char *state_dir, struct errmsg *err)
{
    static const char *const ends[] = {".key", ".pub.pem"};
    char from[PATH_BYTES_MAX], to[PATH_BYTES_MAX];

    for (int i = 0; i < 2; i++) {
        path_of(state_dir, 1, ends[i], from);
        path_of(state_dir, 0, ends[i], to);
        if (rename(from, to) != 0) {
            errmsg_set(err, "renaming %s: %m", from);
            return ST_IO;
        }
    }
    pk_destroy(central->stamp_keys[0]);
    central->stamp_keys[0] = central->stamp_keys[1];
    central->stamp_keys[1] = NULL;
    return ST_OK;
}

enum status trust_key_rotate(struct central *central, const char *state_dir, char out_path[4096], struct errmsg *err)
{
    bool taken = true;
    enum status st = central->stamp_keys[1] ? is_taken(central, &taken, err) : ST_OK;

    if (st == ST_OK && !taken)
        st = ST_CONFLICT;
    if (st == ST_OK && central->stamp_keys[1])
        st = follow(central, state_dir, err);
    if (st == ST_OK)
        st = open_key(central, state_dir, 1, err);
    path_of(state_dir, 1, ".pub.pem", out_path);
    return st;
}
