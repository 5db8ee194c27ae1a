/* SPDX-License-Identifier: Apache-2.0 */
/* cache_internal - what the files of the cache share; nobody else includes it. */
#ifndef LOYALD_DB_CACHE_INTERNAL_H
#define LOYALD_DB_CACHE_INTERNAL_H

#include "agent/db/cache.h"
#include "agent/db/pace.h"
#include "agent/db/sqlite.h"

/* Statements that are used often, prepared once (cache.c says their text). */
enum cache_statement {
    CACHE_PUT_MEMBER,
    CACHE_ADD_TO_MEMBERS,
    CACHE_OLD_IDENTIFIERS,
    CACHE_PUT_IDENTIFIER,
    CACHE_DELETE_IDENTIFIER_OF,
    CACHE_DELETE_IDENTIFIER,
    CACHE_PUT_ALIAS,
    CACHE_DELETE_ALIAS,
    CACHE_PUT_USAGE,
    CACHE_PUT_STATE,
    CACHE_GET_STATE,
    CACHE_ADD_EFFECT,
    CACHE_ADD_SALE,
    CACHE_FIND_SALE,
    CACHE_FIND_IDENTIFIER,
    CACHE_FIND_ALIAS,
    CACHE_FIND_MEMBER,
    CACHE_COUNT_USES,
    CACHE_EARNED,
    CACHE_ADD_TOTAL,
    CACHE_ADD_RUNNING,
    CACHE_LAST_RUNNING,
    CACHE_RUNNING_AT,
    CACHE_FIND_USAGE,
    CACHE_NEXT_RUNNING,
    CACHE_NEXT_USAGE,
    CACHE_PUT_PART,
    CACHE_DELETE_PART,
    CACHE_FIND_PART,
    CACHE_PUT_COUPON,
    CACHE_FIND_COUPON,
    CACHE_DELETE_COUPON,
    CACHE_DELETE_MEMBER,
    CACHE_PUT_LEASE,
    CACHE_DELETE_LEASE,
    CACHE_LEASES_OF,
    CACHE_LEASE_ENDED,
    CACHE_LEASES,
    CACHE_LEASE_LIVES,
    CACHE_FORGET_EFFECT,
    CACHE_FORGET_RUNNING,
    CACHE_FORGET_SALE,
    CACHE_STATEMENTS
};

struct cache {
    struct sqlite db;
    sqlite3_stmt *statements[CACHE_STATEMENTS];
    sqlite3_stmt *effects; /* of cache_each_effect, while it is not lent */
    int64_t opened_unix_ms;
    int64_t projected;
    int64_t generation; /* of the rows being put */
    bool reloading, sweeping;
    int sweep_table; /* where the sweep stands */
    char sweep_key[CACHE_NAME_MAX + CACHE_ID_MAX + 1];
    bool in_slice;
    bool damaged;                            /* put aside at closing */
    struct pace pace;                        /* in rows */
    int slice_rows;                          /* put in the slice under way */
    int wal_rows;                            /* of the largest slice whose pages are in the WAL */
    bool wal_synced;                         /* what is committed survives a power cut */
    int64_t slice_began_ns, longest_turn_ns; /* the latter since the last checkpoint */
    int64_t (*timer)(void *context);         /* NULL: the system's */
    void *timer_context;
};

extern const char *const cache_kind_names[EFFECT_TIED + 1];

/* Begins what one call changes, as a commit of its own or inside the slice; ends it. Both pass through cache_note. */
enum status cache_step_begin(struct cache *cache, struct errmsg *err);
enum status cache_step_end(struct cache *cache, enum status st, struct errmsg *err);
/* Remembers damage; returns st. */
enum status cache_note(struct cache *cache, enum status st);
/* Binds and runs, or binds and looks up, one of the statements. */
enum status cache_run(struct cache *cache, enum cache_statement which, const struct sqlite_value *values, int count,
                      struct errmsg *err);
enum status cache_query(struct cache *cache, enum cache_statement which, const struct sqlite_value *values, int count,
                        struct errmsg *err);
void cache_reset(struct cache *cache, enum cache_statement which);
enum status cache_load_projected(struct cache *cache, struct errmsg *err);
enum status cache_load_generation(struct cache *cache, struct errmsg *err);
/* One statement as a step. */
enum status cache_put(struct cache *cache, enum cache_statement which, const struct sqlite_value *values, int count,
                      struct errmsg *err);
/* Takes away the identifiers that lead to a member, but those it keeps. out_known: whether there is such a member. */
enum status cache_forget_identifiers_of(struct cache *cache, const char *id,
                                        const uint8_t (*kept)[IDENTIFIER_HASH_BYTES], size_t kept_count,
                                        bool *out_known, struct errmsg *err);
/* One member more or less, inside the step in which it comes or goes. */
enum status cache_add_to_members(struct cache *cache, int64_t added, struct errmsg *err);
/* Keeps the running totals of one chain-wide use, inside a step. */
enum status cache_add_running(struct cache *cache, const char *name, int64_t position, int64_t amount,
                              struct errmsg *err);
enum status cache_add_amount(int64_t *sum, int64_t amount, struct errmsg *err);
/* All names a subject had, once each: ?1 is the subject. */
#define CACHE_SUBJECTS                                                                                               \
    "WITH RECURSIVE walk (id, hop) AS (SELECT ?1, 0 UNION SELECT old_member, hop + 1 FROM alias JOIN walk"           \
    " ON member = id WHERE hop < 8), names (id) AS (SELECT DISTINCT id FROM walk) "

/* ST_RANGE for a text that is longer than max bytes; what names it in the message. */
enum status cache_check_text(const char *what, const char *text, size_t max, struct errmsg *err);

#endif
