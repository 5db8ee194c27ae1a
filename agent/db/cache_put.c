/* SPDX-License-Identifier: Apache-2.0 */
/* What the central told of members, and states. */
#include "agent/db/cache_internal.h"

#include "agent/base/bytes.h"

#include <string.h>

enum status cache_check_text(const char *what, const char *text, size_t max, struct errmsg *err)
{
    size_t len = strlen(text);

    if (len <= max)
        return ST_OK;
    errmsg_set(err, "%s \"%.40s...\" is longer than %zu bytes", what, text, max);
    return ST_RANGE;
}

static bool is_among(const uint8_t (*hashes)[IDENTIFIER_HASH_BYTES], size_t count, const uint8_t *hash)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(hashes[i], hash, IDENTIFIER_HASH_BYTES) == 0)
            return true;
    return false;
}

enum status cache_forget_identifiers_of(struct cache *cache, const char *id,
                                        const uint8_t (*kept)[IDENTIFIER_HASH_BYTES], size_t kept_count,
                                        bool *out_known, struct errmsg *err)
{
    enum { BYTES_MAX = CACHE_IDENTIFIERS_MAX * IDENTIFIER_HASH_BYTES };
    uint8_t old[BYTES_MAX];
    size_t len;
    enum status st = cache_query(cache, CACHE_OLD_IDENTIFIERS, VALUES(value_text(id)), err);

    *out_known = st == ST_OK;
    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_OK : st;
    len = (size_t)sqlite3_column_bytes(cache->statements[CACHE_OLD_IDENTIFIERS], 0);
    if (len <= BYTES_MAX && len > 0)
        memcpy(old, sqlite3_column_blob(cache->statements[CACHE_OLD_IDENTIFIERS], 0), len);
    cache_reset(cache, CACHE_OLD_IDENTIFIERS);
    if (len > BYTES_MAX || len % IDENTIFIER_HASH_BYTES != 0) {
        errmsg_set(err, "%s: the identifiers of member %s are damaged", cache->db.name, id);
        return ST_CORRUPT;
    }
    for (size_t at = 0; st == ST_OK && at < len; at += IDENTIFIER_HASH_BYTES)
        if (!is_among(kept, kept_count, old + at))
            st = cache_run(cache, CACHE_DELETE_IDENTIFIER_OF,
                           VALUES(value_blob(old + at, IDENTIFIER_HASH_BYTES), value_text(id)), err);
    return st;
}

enum status cache_add_to_members(struct cache *cache, int64_t added, struct errmsg *err)
{
    return cache_run(cache, CACHE_ADD_TO_MEMBERS, VALUES(value_int(added)), err);
}

static enum status put_member_rows(struct cache *cache, const char *id, const char *profile,
                                   const uint8_t (*identifiers)[IDENTIFIER_HASH_BYTES], size_t identifier_count,
                                   const uint8_t epoch[8], int64_t seq, struct errmsg *err)
{
    bool known;
    enum status st = cache_forget_identifiers_of(cache, id, identifiers, identifier_count, &known, err);

    /* Each is a page of its own: one that stays is read, not written. */
    for (size_t i = 0; st == ST_OK && i < identifier_count; i++)
        st = cache_run(cache, CACHE_PUT_IDENTIFIER,
                       VALUES(value_blob(identifiers[i], IDENTIFIER_HASH_BYTES), value_text(id)), err);
    if (st == ST_OK)
        st = cache_run(cache, CACHE_PUT_MEMBER,
                       VALUES(value_text(id), value_text(profile),
                              value_blob(identifiers, identifier_count * IDENTIFIER_HASH_BYTES), value_blob(epoch, 8),
                              value_int(seq), value_int(cache->generation)),
                       err);
    if (st == ST_OK) /* a central put back to before a merge tells of him again */
        st = cache_run(cache, CACHE_DELETE_ALIAS, VALUES(value_text(id)), err);
    if (st == ST_OK && !known)
        st = cache_add_to_members(cache, 1, err);
    return st;
}

enum status cache_put_member(struct cache *cache, const char *id, const char *profile,
                             const uint8_t (*identifiers)[IDENTIFIER_HASH_BYTES], size_t identifier_count,
                             uint64_t epoch, int64_t seq, struct errmsg *err)
{
    uint8_t epoch_bytes[8];
    enum status st = cache_check_text("member id", id, CACHE_ID_MAX, err);

    if (st == ST_OK && (strlen(profile) > CACHE_PROFILE_MAX || identifier_count > CACHE_IDENTIFIERS_MAX)) {
        errmsg_set(err, "member %s: a profile of %zu bytes with %zu identifiers is out of bounds (%d and %d)", id,
                   strlen(profile), identifier_count, CACHE_PROFILE_MAX, CACHE_IDENTIFIERS_MAX);
        st = ST_RANGE;
    }
    if (st == ST_OK)
        st = cache_step_begin(cache, err);
    if (st != ST_OK)
        return st;
    bytes_put_u64(epoch_bytes, epoch);
    st = put_member_rows(cache, id, profile, identifiers, identifier_count, epoch_bytes, seq, err);
    return cache_step_end(cache, st, err);
}

enum status cache_put(struct cache *cache, enum cache_statement which, const struct sqlite_value *values, int count,
                      struct errmsg *err)
{
    enum status st = cache_step_begin(cache, err);

    return st == ST_OK ? cache_step_end(cache, cache_run(cache, which, values, count, err), err) : st;
}

enum status cache_put_usage(struct cache *cache, const char *promotion, int64_t uses, uint64_t epoch, int64_t seq,
                            struct errmsg *err)
{
    uint8_t epoch_bytes[8];
    enum status st = cache_check_text("promotion", promotion, CACHE_NAME_MAX, err);

    if (st == ST_OK && (uses < 0 || uses > CACHE_AMOUNT_MAX)) {
        errmsg_set(err, "promotion %s: %lld uses are out of range", promotion, (long long)uses);
        st = ST_RANGE;
    }
    if (st != ST_OK)
        return st;
    bytes_put_u64(epoch_bytes, epoch);
    return cache_put(cache, CACHE_PUT_USAGE,
                     VALUES(value_text(promotion), value_int(uses), value_blob(epoch_bytes, 8), value_int(seq),
                            value_int(cache->generation)),
                     err);
}

enum status cache_forget_identifier(struct cache *cache, const uint8_t hash[IDENTIFIER_HASH_BYTES],
                                    struct errmsg *err)
{
    return cache_put(cache, CACHE_DELETE_IDENTIFIER, VALUES(value_blob(hash, IDENTIFIER_HASH_BYTES)), err);
}

enum status cache_put_alias(struct cache *cache, const char *old_member, const char *member, struct errmsg *err)
{
    enum status st = cache_check_text("member id", old_member, CACHE_ID_MAX, err);

    if (st == ST_OK)
        st = cache_check_text("member id", member, CACHE_ID_MAX, err);
    return st == ST_OK
               ? cache_put(cache, CACHE_PUT_ALIAS,
                           VALUES(value_text(old_member), value_text(member), value_int(cache->generation)), err)
               : st;
}

enum status cache_put_state(struct cache *cache, const char *name, const char *value, struct errmsg *err)
{
    enum status st = cache_check_text("state name", name, CACHE_NAME_MAX, err);

    if (st == ST_OK)
        st = cache_check_text("state", value, CACHE_PROFILE_MAX, err);
    if (st != ST_OK)
        return st;
    return cache_put(cache, CACHE_PUT_STATE, VALUES(value_text(name), value_blob(value, strlen(value))), err);
}

enum status cache_get_state(struct cache *cache, const char *name, char *out_value, size_t value_max,
                            struct errmsg *err)
{
    enum status st = cache_query(cache, CACHE_GET_STATE, VALUES(value_text(name)), err);
    size_t len;

    if (value_max > 0)
        out_value[0] = '\0';
    if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: state \"%s\" is not set", cache->db.name, name);
    if (st != ST_OK)
        return st;
    len = (size_t)sqlite3_column_bytes(cache->statements[CACHE_GET_STATE], 0);
    if (len < value_max) {
        if (len > 0)
            memcpy(out_value, sqlite3_column_blob(cache->statements[CACHE_GET_STATE], 0), len);
        out_value[len] = '\0';
    } else {
        errmsg_set(err, "%s: state \"%s\" of %zu bytes does not fit", cache->db.name, name, len);
        st = ST_FULL;
    }
    cache_reset(cache, CACHE_GET_STATE);
    return st;
}
