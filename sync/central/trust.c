/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/trust_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/protocol/timestamp.h"

enum { LISTED_MAX = 100 };

enum status trust_root_version(struct central *central, const char *chain, int64_t *out_version, struct errmsg *err)
{
    return STORE_NUMBER(central->store, STATEMENT_ROOT_VERSION, out_version, err, V_TEXT(chain));
}

enum status trust_load_root(struct central *central, const char *chain, struct root **out_root, struct errmsg *err)
{
    struct root *root;
    struct rows *rows;
    int64_t version = 0;
    enum status st = trust_root_version(central, chain, &version, err), end;

    *out_root = NULL;
    if (st != ST_OK || version == 0)
        return st;
    root = calloc(1, sizeof(*root));
    st =
        root ? STORE_SELECT(central->store, STATEMENT_ROOT_GET, &rows, err, V_TEXT(chain), V_INT(version)) : ST_NOMEM;
    if (st != ST_OK) {
        free(root);
        return st;
    }
    st = rows_next(rows) ? root_parse(rows_text(rows, 0), strlen(rows_text(rows, 0)), root, err) : ST_CORRUPT;
    end = rows_end(rows, st == ST_OK ? err : NULL);
    st = st == ST_OK ? end : st;
    if (st == ST_OK)
        *out_root = root;
    else
        free(root);
    return st;
}

/* The members of {"text","signatures"} of one root; *out_found false: there is none of that version. */
static enum status write_one(struct central *central, const char *chain, int64_t version, struct json_writer *w,
                             bool *out_found, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_ROOT_GET, &rows, err, V_TEXT(chain), V_INT(version));

    if (st != ST_OK)
        return st;
    *out_found = rows_next(rows);
    if (*out_found) {
        jw_field_text(w, "text", rows_text(rows, 0));
        jw_field_raw(w, "signatures", rows_text(rows, 1), strlen(rows_text(rows, 1)));
    }
    return rows_end(rows, err);
}

enum status trust_write_root(struct central *central, const char *chain, struct json_writer *w, struct errmsg *err)
{
    int64_t version = 0;
    bool found;
    enum status st = trust_root_version(central, chain, &version, err);

    if (st != ST_OK || version == 0)
        return st;
    jw_name(w, "root");
    jw_object_begin(w);
    st = write_one(central, chain, version, w, &found, err);
    jw_object_end(w);
    return st;
}

void trust_answer_root(struct central *central, const struct device *device, const char *version,
                       struct answer *answer)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);
    struct errmsg err = ERRMSG_INIT;
    size_t digits = strspn(version, "0123456789");
    bool found = false;
    enum status st = ST_OK;

    jw_object_begin(&w);
    if (digits > 0 && digits <= 16 && version[digits] == '\0')
        st = write_one(central, device->chain, strtoll(version, NULL, 10), &w, &found, &err);
    jw_object_end(&w);
    if (st != ST_OK)
        answer_status(answer, st, &err);
    else if (!found)
        answer_error(answer, 404, "not_found", "this chain has no root %.20s here", version);
}

enum status trust_load_chain_keys(struct central *central, const char *chain, struct signers *out_signers,
                                  struct errmsg *err)
{
    struct signers read = {.count = 0};
    struct rows *rows;
    enum status st = STORE_NUMBER(central->store, STATEMENT_CHAIN_THRESHOLD, &read.threshold, err, V_TEXT(chain));

    if (st == ST_OK)
        st = STORE_SELECT(central->store, STATEMENT_CHAIN_KEYS, &rows, err, V_TEXT(chain));
    if (st != ST_OK)
        return st;
    while (read.count < SIGNERS_MAX && rows_next(rows)) {
        struct signer *signer = &read.list[read.count++];

        (void)snprintf(signer->id, sizeof(signer->id), "%s", rows_text(rows, 0));
        (void)snprintf(signer->pem, sizeof(signer->pem), "%s", rows_text(rows, 1));
    }
    st = rows_end(rows, err);
    if (st == ST_OK)
        *out_signers = read;
    return st;
}

static enum status write_row(const struct rows *rows, struct json_writer *w, struct errmsg *err)
{
    struct root *root = calloc(1, sizeof(*root));
    struct timestamp timestamp = {.version = 0};
    enum status st = root ? root_parse(rows_text(rows, 3), strlen(rows_text(rows, 3)), root, err) : ST_NOMEM;

    if (st == ST_OK && rows_text(rows, 4)[0])
        st = timestamp_parse(rows_text(rows, 4), strlen(rows_text(rows, 4)), &timestamp, err);
    if (st == ST_OK) {
        jw_object_begin(w);
        jw_field_text(w, "chain", root->chain);
        jw_field_int(w, "version", root->version);
        jw_field_int(w, "published_us", rows_int(rows, 2));
        jw_field_int(w, "expires_us", root->expires_unix_ms * 1000);
        for (int role = 0; role < ROOT_ROLE_COUNT; role++) {
            char text[32];

            (void)snprintf(text, sizeof(text), "%" PRId64 " of %d", root->roles[role].threshold,
                           root->roles[role].count);
            jw_field_text(w, root_role_name((enum root_role)role), text);
        }
        if (timestamp.root == root->version) {
            jw_field_int(w, "timestamp_signed_us", timestamp.signed_unix_ms * 1000);
            jw_field_int(w, "timestamp_expires_us", timestamp.expires_unix_ms * 1000);
            jw_field_int(w, "newest_rules", timestamp_newest(&timestamp));
        }
        jw_object_end(w);
    }
    free(root);
    return st;
}

enum status trust_list(struct central *central, struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_ROOT_LIST, &rows, err, V_INT(LISTED_MAX)), end;

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    jw_name(w, "roots");
    jw_array_begin(w);
    while (st == ST_OK && rows_next(rows))
        st = write_row(rows, w, err);
    jw_array_end(w);
    jw_object_end(w);
    end = rows_end(rows, st == ST_OK ? err : NULL);
    return st == ST_OK ? end : st;
}
