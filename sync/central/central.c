/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/central.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "sync/central/authority.h"
#include "sync/central/evaluator.h"
#include "sync/central/key_file.h"
#include "sync/central/restore.h"
#include "sync/central/sheet.h"
#include "sync/central/steps.h"
#include "sync/central/trust.h"

enum { PATH_BYTES_MAX = 4096 };

static void path_in(const char *state_dir, const char *name, char out_path[PATH_BYTES_MAX])
{
    (void)snprintf(out_path, PATH_BYTES_MAX, "%s/%s", state_dir, name);
}

static enum status new_incarnation(struct store *store, struct errmsg *err)
{
    uint8_t random[8];
    char incarnation[HEX64_TEXT];

    crypto_random(random, sizeof(random));
    hex_encode(random, sizeof(random), incarnation);
    return STORE_RUN(store, STATEMENT_META_SET, err, V_TEXT("incarnation"), V_TEXT(incarnation));
}

static bool is_shared(const struct central_place *place)
{
    return place->database && place->database[0];
}

static enum status check_place(const struct central_place *place, struct errmsg *err)
{
    if (!is_shared(place) || store_is_url(place->database))
        return ST_OK;
    errmsg_set(err, "database \"%.80s\": wanted is postgres://USER@HOST/DATABASE, or nothing for a file of our own",
               place->database);
    return ST_INVALID;
}

static enum status read_meta(struct central *central, struct errmsg *err);

/* The database gets its incarnation last: with it the central is made, without it init may run again. */
static enum status make_all(const struct central_place *place, const char *where, const char *host, int64_t now_s,
                            struct errmsg *err)
{
    struct central made = {0};
    enum status st = store_open(where, &made.store, err);

    if (st == ST_OK && read_meta(&made, NULL) == ST_OK) {
        errmsg_set(err,
                   "a central is there already in this database: for one more process copy the first one's folder");
        st = ST_CONFLICT;
    }
    if (st == ST_OK)
        st = authority_make(place->state_dir, host, now_s, err);
    if (st == ST_OK)
        st = new_incarnation(made.store, err);
    store_close(made.store);
    return st;
}

/* As one file it gets its name when it is whole. */
static enum status make_embedded(const struct central_place *place, const char *host, int64_t now_s,
                                 struct errmsg *err)
{
    char path[PATH_BYTES_MAX], making[PATH_BYTES_MAX];
    enum status st;

    path_in(place->state_dir, "central.db", path);
    path_in(place->state_dir, "central.db.new", making);
    if (access(path, F_OK) == 0) {
        errmsg_set(err, "%s is there already: this central was made before, start it with \"loyal-central serve\"",
                   path);
        return ST_CONFLICT;
    }
    (void)unlink(making); /* of an init that was cut short */
    st = make_all(place, making, host, now_s, err);
    if (st == ST_OK && rename(making, path) != 0) {
        errmsg_set(err, "cannot rename %s: %m", making);
        st = ST_IO;
    }
    return st;
}

enum status central_init(const struct central_place *place, const char *host, const struct clock_source *clock,
                         struct errmsg *err)
{
    int64_t now_s = clock_wall_ms(clock) / 1000;
    int lock_fd = -1;
    enum status st = check_place(place, err);

    if (st == ST_OK)
        st = file_mkdir(place->state_dir, 0700, err);
    if (st == ST_OK)
        st = file_lock_dir(place->state_dir, "loyal-central", &lock_fd, err);
    if (st != ST_OK)
        return st;
    st = is_shared(place) ? make_all(place, place->database, host, now_s, err)
                          : make_embedded(place, host, now_s, err);
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

static enum status open_store(const struct central_place *place, struct store **out_store, struct errmsg *err)
{
    char path[PATH_BYTES_MAX];

    if (is_shared(place))
        return store_open(place->database, out_store, err);
    path_in(place->state_dir, "central.db", path);
    if (access(path, F_OK) == 0)
        return store_open(path, out_store, err);
    errmsg_set(err, "%s: %m: make it with \"loyal-central init --state-dir %s\"", path, place->state_dir);
    return ST_NOT_FOUND;
}

enum status central_open(const struct central_place *place, const struct clock_source *clock,
                         struct central **out_central, struct errmsg *err)
{
    const char *state_dir = place->state_dir;
    struct central *central = calloc(1, sizeof(*central));
    enum status st;

    if (!central)
        return ST_NOMEM;
    central->clock = clock;
    central->lock_fd = -1;
    st = check_place(place, err);
    if (st == ST_OK)
        st = file_lock_dir(state_dir, "loyal-central", &central->lock_fd, err);
    if (st == ST_OK)
        st = open_store(place, &central->store, err);
    if (st == ST_OK)
        st = sheets_create(central->store, &central->sheets);
    if (st == ST_OK)
        st = read_meta(central, err);
    if (st == ST_OK)
        st = restore_load(central, err);
    if (st == ST_OK)
        st = authority_load(central, state_dir, err);
    if (st == ST_OK)
        st = key_file_open(state_dir, "forms.key", &central->forms_key, err);
    if (st == ST_OK)
        st = trust_keys_load(central, state_dir, err);
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
    store_backup_end(central->backup);
    sheets_destroy(central->sheets);
    store_close(central->store);
    pk_destroy(central->ca_key);
    pk_destroy(central->forms_key);
    for (int i = 0; i < TRUST_KEYS_MAX; i++)
        pk_destroy(central->stamp_keys[i]);
    crypto_wipe(central->server_key_pem, sizeof(central->server_key_pem));
    if (central->lock_fd >= 0)
        (void)close(central->lock_fd);
    free(central);
}

/* A till may have renewed its certificate since: the first request that bears its MAC tells which it has now. A step
 * each (steps.h). */
struct forgetting {
    struct store *store;
    char dev[HEX64_TEXT]; /* the last one that was forgotten */
};

static enum status forget_key(void *context, bool *out_found, struct errmsg *err)
{
    struct forgetting *at = context;
    struct rows *rows;
    enum status st = STORE_SELECT(at->store, STATEMENT_DEVICE_KEYED, &rows, err, V_TEXT(at->dev));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found)
        (void)snprintf(at->dev, sizeof(at->dev), "%s", rows_text(rows, 0));
    st = rows_end(rows, err);
    return st == ST_OK && *out_found ? STORE_RUN(at->store, STATEMENT_DEVICE_FORGET_KEYS, err, V_TEXT(at->dev)) : st;
}

/* The new incarnation comes last: with it all is done, without it the command is run again. */
enum status central_restored(struct central *central, struct errmsg *err)
{
    struct forgetting at = {central->store, ""};
    enum status st = steps_run(central, INT_MAX, forget_key, &at, NULL, err);

    if (st == ST_OK)
        st = restore_begin(central, err);
    if (st == ST_OK)
        st = new_incarnation(central->store, err);
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

void central_tell_accepted(struct central *central, int64_t count)
{
    if (central->accepted)
        central->accepted(central->accepted_context, count);
}

enum status central_end(struct central *central, enum status st, struct errmsg *err)
{
    st = store_end(central->store, st, err);
    if (st == ST_OK)
        central_tell_changed(central);
    return st;
}
