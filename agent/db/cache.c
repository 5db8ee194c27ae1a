/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, statements. */
#include "agent/db/cache_internal.h"

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
    [CACHE_ADD_TO_MEMBERS] = "UPDATE member_count SET count = count + ?1",
    [CACHE_OLD_IDENTIFIERS] = "SELECT identifiers FROM member WHERE id = ?1",
    [CACHE_PUT_IDENTIFIER] = "INSERT INTO identifier (hash, member) VALUES (?1, ?2)"
                             " ON CONFLICT (hash) DO UPDATE SET member = excluded.member"
                             " WHERE member <> excluded.member",
    [CACHE_DELETE_IDENTIFIER_OF] = "DELETE FROM identifier WHERE hash = ?1 AND member = ?2",
    [CACHE_DELETE_IDENTIFIER] = "DELETE FROM identifier WHERE hash = ?1",
    [CACHE_PUT_ALIAS] =
        "INSERT INTO alias (old_member, member, generation) VALUES (?1, ?2, ?3) ON CONFLICT (old_member)"
        " DO UPDATE SET member = excluded.member, generation = excluded.generation",
    [CACHE_DELETE_ALIAS] = "DELETE FROM alias WHERE old_member = ?1",
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
    [CACHE_EARNED] = CACHE_SUBJECTS "SELECT amount FROM names JOIN effect ON subject = id AND kind = 'points'"
                                    " AND name = ?2 AND position > ?3 AND day >= ?4 AND amount > 0",
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
    [CACHE_LEASE_ENDED] = "SELECT id, member, currency, granted, used, expires_unix_ms, epoch, seq FROM lease"
                          " WHERE expires_unix_ms <= ?1 ORDER BY id LIMIT 1",
    [CACHE_LEASE_LIVES] = "SELECT 1 FROM lease WHERE expires_unix_ms > ?1 LIMIT 1",
    [CACHE_LEASES] = "SELECT id, member, currency, granted, used, expires_unix_ms, epoch, seq FROM lease ORDER BY id",
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

    cache->effects = NULL;
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
    cache->pace = PACE_INIT;
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
