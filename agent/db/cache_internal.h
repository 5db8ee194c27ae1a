/* SPDX-License-Identifier: Apache-2.0 */
/* cache_internal - what the files of the cache share; nobody else includes it. */
#ifndef LOYALD_DB_CACHE_INTERNAL_H
#define LOYALD_DB_CACHE_INTERNAL_H

#include "agent/db/cache.h"
#include "agent/db/sqlite.h"

/* Statements that are used often, prepared once (cache.c says their text). */
enum cache_statement {
    CACHE_PUT_MEMBER,
    CACHE_OLD_IDENTIFIERS,
    CACHE_PUT_IDENTIFIER,
    CACHE_DELETE_IDENTIFIER_OF,
    CACHE_DELETE_IDENTIFIER,
    CACHE_PUT_ALIAS,
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
    CACHE_STATEMENTS
};

struct cache {
    struct sqlite db;
    sqlite3_stmt *statements[CACHE_STATEMENTS];
    int64_t opened_unix_ms;
    int64_t projected;
    bool in_slice;
    bool damaged; /* put aside at closing */
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
/* ST_RANGE for a text that is longer than max bytes; what names it in the message. */
enum status cache_check_text(const char *what, const char *text, size_t max, struct errmsg *err);

#endif
