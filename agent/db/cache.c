/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and what the central told. */
#include "agent/db/cache_internal.h"

#include "agent/base/bytes.h"
#include "agent/base/embedded.h"
#include "agent/db/aside.h"
#include "agent/db/migrate.h"

#include <stdlib.h>
#include <string.h>

extern const struct embedded_file schema_till_cache[];

enum { APPLICATION_ID = 0x4c594443 }; /* "LYDC" */

static const char *const texts[CACHE_STATEMENTS] = {
    [CACHE_PUT_MEMBER] =
        "INSERT INTO member (id, profile, identifiers, epoch, seq, generation) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, identifiers = excluded.identifiers,"
        " epoch = excluded.epoch, seq = excluded.seq, generation = excluded.generation",
    [CACHE_OLD_IDENTIFIERS] = "SELECT identifiers FROM member WHERE id = ?1",
    [CACHE_PUT_IDENTIFIER] = "INSERT INTO identifier (hash, member) VALUES (?1, ?2)"
                             " ON CONFLICT (hash) DO UPDATE SET member = excluded.member",
    [CACHE_DELETE_IDENTIFIER_OF] = "DELETE FROM identifier WHERE hash = ?1 AND member = ?2",
    [CACHE_DELETE_IDENTIFIER] = "DELETE FROM identifier WHERE hash = ?1",
    [CACHE_PUT_ALIAS] =
        "INSERT INTO alias (old_member, member, generation) VALUES (?1, ?2, ?3) ON CONFLICT (old_member)"
        " DO UPDATE SET member = excluded.member, generation = excluded.generation",
    [CACHE_PUT_USAGE] = "INSERT INTO usage (promotion, uses, epoch, seq, generation) VALUES (?1, ?2, ?3, ?4, ?5)"
                        " ON CONFLICT (promotion) DO UPDATE SET uses = excluded.uses, epoch = excluded.epoch,"
                        " seq = excluded.seq, generation = excluded.generation",
    [CACHE_PUT_STATE] = "INSERT INTO state (name, value) VALUES (?1, ?2)"
                        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [CACHE_GET_STATE] = "SELECT value FROM state WHERE name = ?1",
    [CACHE_ADD_EFFECT] =
        "INSERT INTO effect (subject, kind, name, position, amount, day) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (subject, kind, name, position) DO UPDATE SET amount = amount + excluded.amount,"
        " day = max(day, excluded.day)",
    [CACHE_ADD_SALE] = "INSERT INTO sale (id, position) VALUES (?1, ?2)"
                       " ON CONFLICT (id) DO UPDATE SET position = excluded.position",
    [CACHE_FIND_SALE] = "SELECT position FROM sale WHERE id = ?1",
    [CACHE_FIND_IDENTIFIER] = "SELECT member FROM identifier WHERE hash = ?1",
    [CACHE_FIND_ALIAS] = "SELECT member FROM alias WHERE old_member = ?1",
    [CACHE_FIND_MEMBER] = "SELECT profile, epoch, seq FROM member WHERE id = ?1",
    [CACHE_COUNT_USES] =
        CACHE_SUBJECTS "SELECT amount FROM names JOIN effect ON subject = id AND kind = ?2 AND name = ?3"
                       " AND position > ?4 AND day BETWEEN ?5 AND ?6",
    [CACHE_ADD_TOTAL] = "INSERT INTO total (day, shift, name, amount) VALUES (?1, ?2, ?3, ?4)"
                        " ON CONFLICT (day, shift, name) DO UPDATE SET amount = amount + excluded.amount",
    [CACHE_ADD_RUNNING] = "INSERT INTO running (name, position, total) VALUES (?1, ?2, ?3)"
                          " ON CONFLICT (name, position) DO UPDATE SET total = excluded.total",
    [CACHE_LAST_RUNNING] = "SELECT total FROM running WHERE name = ?1 ORDER BY position DESC LIMIT 1",
    [CACHE_RUNNING_AT] =
        "SELECT total FROM running WHERE name = ?1 AND position <= ?2 ORDER BY position DESC LIMIT 1",
    [CACHE_FIND_USAGE] = "SELECT uses, epoch, seq FROM usage WHERE promotion = ?1",
    [CACHE_NEXT_RUNNING] = "SELECT name FROM running WHERE name > ?1 ORDER BY name LIMIT 1",
    [CACHE_NEXT_USAGE] = "SELECT promotion FROM usage WHERE promotion > ?1 ORDER BY promotion LIMIT 1",
    [CACHE_PUT_PART] = "INSERT INTO part (id, body, epoch, seq, generation) VALUES (?1, ?2, ?3, ?4, ?5)"
                       " ON CONFLICT (id) DO UPDATE SET body = excluded.body, epoch = excluded.epoch,"
                       " seq = excluded.seq, generation = excluded.generation",
    [CACHE_DELETE_PART] = "DELETE FROM part WHERE id = ?1",
    [CACHE_FIND_PART] = "SELECT body, epoch, seq FROM part WHERE id = ?1",
    [CACHE_PUT_COUPON] =
        "INSERT INTO coupon (code, member, uses, uses_max, body, epoch, seq, generation)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (code) DO UPDATE SET member = excluded.member,"
        " uses = excluded.uses, uses_max = excluded.uses_max, body = excluded.body, epoch = excluded.epoch,"
        " seq = excluded.seq, generation = excluded.generation",
    [CACHE_FIND_COUPON] = "SELECT code, member, uses, uses_max, body, epoch, seq FROM coupon WHERE code = ?1",
    [CACHE_PUT_LEASE] =
        "INSERT INTO lease (id, member, currency, granted, used, expires_unix_ms, epoch, seq, generation)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET member = excluded.member,"
        " currency = excluded.currency, granted = excluded.granted, used = excluded.used,"
        " expires_unix_ms = excluded.expires_unix_ms, epoch = excluded.epoch, seq = excluded.seq,"
        " generation = excluded.generation",
    [CACHE_DELETE_COUPON] = "DELETE FROM coupon WHERE code = ?1",
    [CACHE_DELETE_MEMBER] = "DELETE FROM member WHERE id = ?1",
    [CACHE_DELETE_LEASE] = "DELETE FROM lease WHERE id = ?1",
    [CACHE_LEASES_OF] =
        CACHE_SUBJECTS "SELECT lease.id, member, currency, granted, used, expires_unix_ms, epoch, seq"
                       " FROM names JOIN lease ON member = names.id ORDER BY expires_unix_ms, lease.id",
    [CACHE_FORGET_EFFECT] = "DELETE FROM effect WHERE subject = ?1 AND kind = ?2 AND name = ?3 AND position = ?4",
    /* The latest one that goes stays as the sum the others begin at. */
    [CACHE_FORGET_RUNNING] = "DELETE FROM running WHERE name = ?1 AND position < ?2",
    [CACHE_FORGET_SALE] = "DELETE FROM sale WHERE id = ?1 AND position = ?2",
};

enum status cache_note(struct cache *cache, enum status st)
{
    if (st == ST_CORRUPT)
        cache->damaged = true;
    return st;
}

enum status cache_run(struct cache *cache, enum cache_statement which, const struct sqlite_value *values, int count,
                      struct errmsg *err)
{
    return sqlite_run(&cache->db, cache->statements[which], values, count, err);
}

enum status cache_query(struct cache *cache, enum cache_statement which, const struct sqlite_value *values, int count,
                        struct errmsg *err)
{
    return cache_note(cache, sqlite_query(&cache->db, cache->statements[which], values, count, err));
}

void cache_reset(struct cache *cache, enum cache_statement which)
{
    sqlite_reset(cache->statements[which]);
}

static enum status open_once(const char *path, struct cache *cache, bool *out_new, struct errmsg *err)
{
    const struct sqlite_options file = {path, .durable = false, .application_id = APPLICATION_ID};
    const struct migration_plan plan = {schema_till_cache, APPLICATION_ID, false};
    enum status st = sqlite_open(&file, &cache->db, err);

    if (st != ST_OK)
        return st;
    st = migrate(&cache->db, &plan, out_new, err);
    for (int i = 0; st == ST_OK && i < CACHE_STATEMENTS; i++) {
        st = sqlite_prepare(&cache->db, texts[i], &cache->statements[i], err);
        /* The file says that it has this schema, and it has not. */
        if (st == ST_INTERNAL)
            st = ST_CORRUPT;
    }
    if (st == ST_OK)
        st = cache_load_projected(cache, err);
    if (st == ST_OK)
        st = cache_load_generation(cache, err);
    if (st != ST_OK)
        sqlite_abandon(&cache->db);
    return st;
}

enum status cache_open(const char *path, int64_t now_unix_ms, struct cache **out_cache, bool *out_rebuilt,
                       struct errmsg *err)
{
    struct cache *cache = calloc(1, sizeof *cache);
    bool is_new = false;
    enum status st;

    if (!cache) {
        errmsg_set(err, "%s: out of memory", path);
        return ST_NOMEM;
    }
    cache->opened_unix_ms = now_unix_ms;
    st = open_once(path, cache, &is_new, err);
    if (st == ST_CORRUPT || st == ST_UNSUPPORTED) {
        st = aside_rename(path, now_unix_ms, err);
        if (st == ST_OK)
            st = open_once(path, cache, &is_new, err);
    }
    if (st != ST_OK) {
        free(cache);
        return st;
    }
    *out_cache = cache;
    *out_rebuilt = is_new;
    return ST_OK;
}

void cache_close(struct cache *cache)
{
    char *path;

    if (!cache)
        return;
    if (cache->damaged) {
        path = strdup(cache->db.path);
        sqlite_abandon(&cache->db);
        /* Should this fail, opening it finds what is wrong or a reader meets it again. */
        if (path)
            (void)aside_rename(path, cache->opened_unix_ms, NULL);
        free(path);
    } else {
        sqlite_close(&cache->db);
    }
    free(cache);
}

enum status cache_begin(struct cache *cache, struct errmsg *err)
{
    enum status st;

    if (cache->in_slice) {
        errmsg_set(err, "%s: a slice is open already", cache->db.name);
        return ST_CONFLICT;
    }
    st = sqlite_begin(&cache->db, err);
    cache->in_slice = st == ST_OK;
    return cache_note(cache, st);
}

/* The slice was given up by SQLite, and its earlier puts with it. */
static enum status refuse_lost_slice(const struct cache *cache, struct errmsg *err)
{
    if (!cache->in_slice || sqlite_in_transaction(&cache->db))
        return ST_OK;
    errmsg_set(err, "%s: the slice was taken back after an earlier failure", cache->db.name);
    return ST_CONFLICT;
}

enum status cache_commit(struct cache *cache, struct errmsg *err)
{
    enum status st;

    if (!cache->in_slice) {
        errmsg_set(err, "%s: no slice is open", cache->db.name);
        return ST_CONFLICT;
    }
    st = refuse_lost_slice(cache, err);
    if (st == ST_OK)
        st = sqlite_commit(&cache->db, err);
    if (st != ST_OK) {
        cache_rollback(cache);
        return cache_note(cache, st);
    }
    cache->in_slice = false;
    st = sqlite_checkpoint(&cache->db, err);
    (void)cache_note(cache, st);
    return ST_OK; /* committed; the next slice tries again to move the WAL */
}

void cache_rollback(struct cache *cache)
{
    if (!cache->in_slice)
        return;
    sqlite_undo(&cache->db);
    cache->in_slice = false;
    (void)cache_note(cache, cache_load_projected(cache, NULL));
    (void)cache_note(cache, cache_load_generation(cache, NULL));
}

enum status cache_step_begin(struct cache *cache, struct errmsg *err)
{
    enum status st = refuse_lost_slice(cache, err);

    return st == ST_OK ? cache_note(cache, sqlite_begin(&cache->db, err)) : st;
}

enum status cache_step_end(struct cache *cache, enum status st, struct errmsg *err)
{
    st = sqlite_end(&cache->db, st, err);
    /* Outside a slice nobody else moves the WAL. */
    if (st == ST_OK && !cache->in_slice && cache->db.wal_frames >= SQLITE_WAL_FRAMES_MAX)
        (void)cache_note(cache, sqlite_checkpoint(&cache->db, NULL));
    return cache_note(cache, st);
}

enum status cache_check_text(const char *what, const char *text, size_t max, struct errmsg *err)
{
    size_t len = strlen(text);

    if (len <= max)
        return ST_OK;
    errmsg_set(err, "%s \"%.40s...\" is longer than %zu bytes", what, text, max);
    return ST_RANGE;
}

/* Those it still has are put again at once. */
enum status cache_forget_identifiers_of(struct cache *cache, const char *id, struct errmsg *err)
{
    enum { BYTES_MAX = CACHE_IDENTIFIERS_MAX * IDENTIFIER_HASH_BYTES };
    uint8_t old[BYTES_MAX];
    size_t len;
    enum status st = cache_query(cache, CACHE_OLD_IDENTIFIERS, VALUES(value_text(id)), err);

    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return st;
    len = (size_t)sqlite3_column_bytes(cache->statements[CACHE_OLD_IDENTIFIERS], 0);
    if (len <= BYTES_MAX && len > 0)
        memcpy(old, sqlite3_column_blob(cache->statements[CACHE_OLD_IDENTIFIERS], 0), len);
    cache_reset(cache, CACHE_OLD_IDENTIFIERS);
    if (len > BYTES_MAX || len % IDENTIFIER_HASH_BYTES != 0) {
        errmsg_set(err, "%s: the identifiers of member %s are damaged", cache->db.name, id);
        return ST_CORRUPT;
    }
    for (size_t at = 0; st == ST_OK && at < len; at += IDENTIFIER_HASH_BYTES)
        st = cache_run(cache, CACHE_DELETE_IDENTIFIER_OF,
                       VALUES(value_blob(old + at, IDENTIFIER_HASH_BYTES), value_text(id)), err);
    return st;
}

static enum status put_member_rows(struct cache *cache, const char *id, const char *profile,
                                   const uint8_t (*identifiers)[IDENTIFIER_HASH_BYTES], size_t identifier_count,
                                   const uint8_t epoch[8], int64_t seq, struct errmsg *err)
{
    enum status st = cache_forget_identifiers_of(cache, id, err);

    for (size_t i = 0; st == ST_OK && i < identifier_count; i++)
        st = cache_run(cache, CACHE_PUT_IDENTIFIER,
                       VALUES(value_blob(identifiers[i], IDENTIFIER_HASH_BYTES), value_text(id)), err);
    if (st == ST_OK)
        st = cache_run(cache, CACHE_PUT_MEMBER,
                       VALUES(value_text(id), value_text(profile),
                              value_blob(identifiers, identifier_count * IDENTIFIER_HASH_BYTES), value_blob(epoch, 8),
                              value_int(seq), value_int(cache->generation)),
                       err);
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
