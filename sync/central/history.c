/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/history.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"

struct ended { /* a view of one element */
    const char *epoch;
    int64_t seq;
    uint8_t hash[SHA256_BYTES];
};

enum status history_read(const struct cJSON *enrolment, const struct cJSON **out_history, struct errmsg *err)
{
    *out_history = NULL;
    return json_optional(json_object(enrolment, "history", out_history, err));
}

static bool is_of(const struct cJSON *history, const char *chain)
{
    const char *was;

    return history && json_text(history, "chain", ID_LEN_MAX, &was, NULL) == ST_OK && strcmp(was, chain) == 0;
}

static enum status read_ended(const struct cJSON *item, struct ended *ended, struct errmsg *err)
{
    uint64_t number;
    enum status st = json_text(item, "epoch", HEX64_TEXT - 1, &ended->epoch, err);

    if (st == ST_OK && (strlen(ended->epoch) != HEX64_TEXT - 1 || hex_to_u64(ended->epoch, &number) != ST_OK)) {
        errmsg_set(err, "history: an epoch is 16 hex digits");
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = json_int(item, "seq", 1, JSON_INT_MAX, &ended->seq, err);
    if (st == ST_OK)
        st = json_hex(item, "hash", SHA256_BYTES, ended->hash, err);
    return st == ST_NOT_FOUND || st == ST_RANGE ? ST_INVALID : st;
}

/* Its last record as the till has it: then all before it are, too. */
static enum status is_whole(struct central *central, const char *dev, const struct ended *ended, bool *out_whole,
                            struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(central->store, STATEMENT_JOURNAL_HASH, &rows, err, V_TEXT(dev),
                                  V_TEXT(ended->epoch), V_INT(ended->seq));

    if (st != ST_OK)
        return st;
    *out_whole = false;
    if (rows_next(rows)) {
        size_t len;
        const void *hash = rows_blob(rows, 0, &len);

        *out_whole = len == SHA256_BYTES && memcmp(hash, ended->hash, len) == 0;
    }
    return rows_end(rows, err);
}

/* What is here of another history beyond its end is no beginning of it. */
static enum status find_gap(struct central *central, const char *dev, const struct ended *ended,
                            struct history_gap *gap, struct errmsg *err)
{
    struct rows *rows;
    enum status st =
        STORE_SELECT(central->store, STATEMENT_JOURNAL_HEAD, &rows, err, V_TEXT(dev), V_TEXT(ended->epoch));

    if (st != ST_OK)
        return st;
    *gap = (struct history_gap){.seq = 0};
    (void)snprintf(gap->epoch, sizeof(gap->epoch), "%s", ended->epoch);
    if (rows_next(rows) && rows_int(rows, 0) < ended->seq) {
        size_t len;
        const void *hash = rows_blob(rows, 1, &len);

        gap->seq = len == SHA256_BYTES ? rows_int(rows, 0) : 0;
        if (gap->seq > 0)
            memcpy(gap->hash, hash, SHA256_BYTES);
    }
    st = rows_end(rows, err);
    if (st != ST_OK)
        return st;
    errmsg_set(
        err,
        "this central was put back to a backup, and of an earlier epoch of this till it has %lld records of %lld: "
        "stop loyald, run \"loyalctl new-epoch FOLDER\" and enrol again with this code, then it gets the rest",
        (long long)gap->seq, (long long)ended->seq);
    return ST_CONFLICT;
}

enum status history_check(struct central *central, const char *dev, const char *chain, const struct cJSON *history,
                          struct history_gap *out_gap, struct errmsg *err)
{
    const struct cJSON *list = NULL, *item;
    bool whole = true;
    enum status st = is_of(history, chain) ? json_optional(json_array(history, "ended", &list, err)) : ST_OK;

    cJSON_ArrayForEach(item, list)
    {
        struct ended ended;

        if (st == ST_OK)
            st = read_ended(item, &ended, err);
        if (st == ST_OK)
            st = is_whole(central, dev, &ended, &whole, err);
        if (st == ST_OK && !whole)
            st = find_gap(central, dev, &ended, out_gap, err);
    }
    return st;
}

bool history_owes_holdings(const struct central *central, const char *chain, const struct cJSON *history)
{
    const char *heard;

    return is_of(history, chain) && json_text(history, "incarnation", HEX64_TEXT - 1, &heard, NULL) == ST_OK &&
           strcmp(heard, central->incarnation) != 0;
}

void history_refuse(const struct history_gap *gap, const struct errmsg *err, struct answer *answer)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);

    strbuf_clear(&answer->body);
    answer->status = 409;
    answer->binary = false;
    jw_object_begin(&w);
    jw_field_text(&w, "code", "behind");
    jw_field_text(&w, "message", err->text);
    jw_field_text(&w, "epoch", gap->epoch);
    jw_field_int(&w, "seq", gap->seq);
    jw_field_hex(&w, "hash", gap->hash, SHA256_BYTES);
    jw_object_end(&w);
}
