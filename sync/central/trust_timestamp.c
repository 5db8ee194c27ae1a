/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/trust_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/signers.h"
#include "sync/protocol/timestamp.h"

#define DAY_MS INT64_C(86400000)

/* The newest rules that every till may have, and all above, which go out ring by ring. */
static enum status read_in_force(struct central *central, const char *chain, struct timestamp *timestamp,
                                 struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_MANIFEST_IN_FORCE, &rows, err, V_TEXT(chain),
                                  V_INT(TIMESTAMP_MANIFESTS_MAX));

    if (st != ST_OK)
        return st;
    while (timestamp->manifest_count < TIMESTAMP_MANIFESTS_MAX && rows_next(rows)) {
        struct timestamp_manifest *manifest = &timestamp->manifests[timestamp->manifest_count++];
        const char *text = rows_text(rows, 1), *state = rows_text(rows, 3);

        manifest->version = rows_int(rows, 0);
        sha256_of(text, strlen(text), manifest->sha256);
        if (!state[0] || strcmp(state, "done") == 0)
            break;
    }
    return rows_end(rows, err);
}

/* The one signed last; version 0 when there is none. */
static enum status read_last(struct central *central, const char *chain, struct timestamp *out_last,
                             struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_TIMESTAMP_GET, &rows, err, V_TEXT(chain)), end;

    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        st = timestamp_parse(rows_text(rows, 1), strlen(rows_text(rows, 1)), out_last, err);
    end = rows_end(rows, st == ST_OK ? err : NULL);
    return st == ST_OK ? end : st;
}

static bool says_the_same(const struct timestamp *last, const struct timestamp *next)
{
    if (last->root != next->root || last->manifest_count != next->manifest_count)
        return false;
    for (int i = 0; i < next->manifest_count; i++) {
        if (!timestamp_names(last, next->manifests[i].version, next->manifests[i].sha256))
            return false;
    }
    return true;
}

static enum status sign(const struct pk *key, const struct strbuf *text, struct strbuf *out, struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    struct signature signature;
    enum status st = signers_sign(key, text->data, text->len, &signature, err);

    if (st != ST_OK)
        return st;
    jw_array_begin(&w);
    signers_write(&signature, &w);
    jw_array_end(&w);
    return strbuf_status(out);
}

static enum status put(struct central *central, const struct pk *key, const struct timestamp *timestamp,
                       struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(TIMESTAMP_BYTES_MAX), signatures = STRBUF_INIT(SIGNATURES_BYTES_MAX);
    int64_t change = 0;
    enum status st;

    timestamp_write(timestamp, &text);
    st = strbuf_status(&text);
    if (st == ST_OK)
        st = sign(key, &text, &signatures, err);
    if (st == ST_OK)
        st = store_next_change(central->store, &change, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_TIMESTAMP_PUT, err, V_TEXT(timestamp->chain),
                       V_INT(timestamp->version), V_INT(change), V_TEXT(strbuf_text(&text)),
                       V_TEXT(strbuf_text(&signatures)));
    strbuf_free(&text);
    strbuf_free(&signatures);
    return st;
}

/* Whether it is due, and what it is to say. */
static enum status prepare(struct central *central, const struct root *root, struct timestamp *next, bool *out_due,
                           struct errmsg *err)
{
    struct timestamp last = {.version = 0};
    int64_t now_ms = central_now_us(central) / 1000;
    enum status st = read_in_force(central, root->chain, next, err);

    if (st == ST_OK)
        st = read_last(central, root->chain, &last, err);
    if (st != ST_OK)
        return st;
    memcpy(next->chain, root->chain, sizeof(next->chain));
    next->root = root->version;
    next->version = now_ms / 1000 > last.version ? now_ms / 1000 : last.version + 1;
    next->signed_unix_ms = now_ms;
    next->expires_unix_ms = now_ms + root->timestamp_days * DAY_MS;
    *out_due = last.version == 0 || !says_the_same(&last, next) ||
               now_ms - last.signed_unix_ms >= TRUST_SIGN_EVERY_S * INT64_C(1000) || now_ms < last.signed_unix_ms;
    return ST_OK;
}

enum status trust_refresh(struct central *central, const char *chain, struct errmsg *err)
{
    struct timestamp next = {.version = 0};
    struct root *root = NULL;
    const struct pk *key;
    bool due = false;
    enum status st = trust_load_root(central, chain, &root, err);

    if (st == ST_OK && root)
        st = prepare(central, root, &next, &due, err);
    key = st == ST_OK && due ? trust_stamp_key(central, root) : NULL;
    if (st == ST_OK && due && !key) /* another central process may have it */
        log_error("trust-06", "no key here may sign the timestamp of chain %s, root %" PRId64 " names others", chain,
                  root->version);
    if (key)
        st = put(central, key, &next, err);
    free(root);
    return st;
}

/* A chain at a time: its names are read before anything is written. */
static enum status next_chain(struct central *central, char chain[ID_BYTES], bool *out_found, struct errmsg *err)
{
    struct rows *rows;
    enum status st = store_select(central->store, STATEMENT_CHAIN_LIST, NULL, 0, &rows, err);

    *out_found = false;
    if (st != ST_OK)
        return st;
    while (!*out_found && rows_next(rows)) {
        if (strcmp(rows_text(rows, 0), chain) <= 0)
            continue;
        (void)snprintf(chain, ID_BYTES, "%s", rows_text(rows, 0));
        *out_found = true;
    }
    return rows_end(rows, err);
}

enum status trust_refresh_all(struct central *central, struct errmsg *err)
{
    char chain[ID_BYTES] = "";
    bool found = true;
    enum status st = ST_OK;

    while (st == ST_OK && found) {
        st = next_chain(central, chain, &found, err);
        if (st != ST_OK || !found)
            break;
        st = store_begin(central->store, err);
        if (st == ST_OK)
            st = central_end(central, trust_refresh(central, chain, err), err);
    }
    return st;
}

enum status trust_write_timestamp(struct central *central, const char *chain, int64_t after, int64_t reached,
                                  struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_TIMESTAMP_GET, &rows, err, V_TEXT(chain));

    if (st != ST_OK)
        return st;
    if (rows_next(rows) && rows_int(rows, 0) > after && rows_int(rows, 0) <= reached) {
        jw_name(w, "timestamp");
        jw_object_begin(w);
        jw_field_text(w, "text", rows_text(rows, 1));
        jw_field_raw(w, "signatures", rows_text(rows, 2), strlen(rows_text(rows, 2)));
        jw_object_end(w);
    }
    return rows_end(rows, err);
}
