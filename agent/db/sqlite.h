/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite - the thin layer under journal, rules and cache: opens a file the one way we trust, runs statements, and
 * turns SQLite's answers into ours, in words.
 *
 * One connection a file, WAL, EXCLUSIVE (so no shared memory and no second opener), no mmap: this closes the races of
 * checkpoint and commit, and the crash on a full disk, that other settings have. The automatic checkpoint is off: the
 * owner of the file moves the WAL when it has time (sqlite_checkpoint). Not safe to share between threads.
 */
#ifndef LOYALD_DB_SQLITE_H
#define LOYALD_DB_SQLITE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <sqlite3.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SQLITE_PATH_MAX = 4000,
    SQLITE_WAL_FRAME_BYTES = 4096 + 24,
    /* Pages in the WAL after which it is moved into the file even though somebody waits. */
    SQLITE_WAL_FRAMES_MAX = 750,
    /* What the WAL is filled to: the ceiling above and the largest record on top of it. */
    SQLITE_WAL_FILL_BYTES = (SQLITE_WAL_FRAMES_MAX + 320) * SQLITE_WAL_FRAME_BYTES,
};

struct sqlite {
    sqlite3 *handle;  /* NULL when closed */
    char *path;       /* owned */
    const char *name; /* view: the last part of path, for messages */
    int wal_frames;   /* in the WAL since it was last begun anew */
};

struct sqlite_options {
    const char *path;        /* made with mode 0600 when absent; ":memory:" */
    bool durable;            /* each commit is on disk: synchronous FULL; otherwise NORMAL */
    uint32_t application_id; /* ours; a file with another one is refused: ST_CORRUPT */
};

/* ST_CONFLICT when another process holds the file, ST_CORRUPT when it is no such file. On failure *out_db is closed.
 */
enum status sqlite_open(const struct sqlite_options *options, struct sqlite *out_db, struct errmsg *err);
void sqlite_close(struct sqlite *db); /* finalizes what is left of statements; accepts a closed one */
/* Closes and leaves file and WAL exactly as they are: for what is damaged or in doubt. */
void sqlite_abandon(struct sqlite *db);

/* The status of a code of SQLite. */
enum status sqlite_status(int code);
/* Fills err with "journal.db: <what>: <SQLite's words>[: <the system's words>]" and returns the status of the last
 * failure. */
enum status sqlite_fail(const struct sqlite *db, const char *what, struct errmsg *err);

/* A value to bind. Texts and blobs are borrowed until the statement is reset. */
struct sqlite_value {
    int type; /* SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB, SQLITE_NULL */
    int64_t integer;
    const void *bytes;
    size_t len;
};
static inline struct sqlite_value value_int(int64_t integer)
{
    return (struct sqlite_value){SQLITE_INTEGER, integer, NULL, 0};
}
struct sqlite_value value_text(const char *text);
static inline struct sqlite_value value_blob(const void *bytes, size_t len)
{
    return (struct sqlite_value){SQLITE_BLOB, 0, bytes, len};
}
#define VALUES(...)                                                                                                  \
    (const struct sqlite_value[]){__VA_ARGS__},                                                                      \
        (int)(sizeof((const struct sqlite_value[]){__VA_ARGS__}) / sizeof(struct sqlite_value))

/* Runs a script without rows. */
enum status sqlite_exec(struct sqlite *db, const char *sql, struct errmsg *err);
/* Returns owned a statement (sqlite3_finalize, or sqlite_close for all). */
enum status sqlite_prepare(struct sqlite *db, const char *sql, sqlite3_stmt **out_statement, struct errmsg *err);
/* Lends the statement in *kept, or one prepared now when there is none or it is lent already: for one text a kept,
 * read by visitors that may come back. Give it back when done; one is kept until sqlite_close. */
enum status sqlite_lend(struct sqlite *db, const char *sql, sqlite3_stmt **kept, sqlite3_stmt **out_statement,
                        struct errmsg *err);
void sqlite_give_back(sqlite3_stmt **kept, sqlite3_stmt *statement);
enum status sqlite_bind(struct sqlite *db, sqlite3_stmt *statement, const struct sqlite_value *values, int count,
                        struct errmsg *err);
/* ST_OK with a row, ST_NOT_FOUND at the end (err untouched); anything else is a failure. Reset afterwards. */
enum status sqlite_step(struct sqlite *db, sqlite3_stmt *statement, struct errmsg *err);
/* Binds, steps once and, unless there is a row to read, resets. Row or none: as sqlite_step. */
enum status sqlite_query(struct sqlite *db, sqlite3_stmt *statement, const struct sqlite_value *values, int count,
                         struct errmsg *err);
/* Binds and runs a statement that gives no rows, and resets it. */
enum status sqlite_run(struct sqlite *db, sqlite3_stmt *statement, const struct sqlite_value *values, int count,
                       struct errmsg *err);
void sqlite_reset(sqlite3_stmt *statement); /* and forgets what is bound */
/* The one integer of a statement without parameters, such as a pragma. */
enum status sqlite_get_int(struct sqlite *db, const char *sql, int64_t *out_value, struct errmsg *err);

/* Several statements as one: all of them or none. Nests inside an open transaction. When SQLite has given up the
 * whole transaction (full disk, no memory), undo leaves it so: the caller of the outer one learns at its commit. */
enum status sqlite_begin(struct sqlite *db, struct errmsg *err);
enum status sqlite_commit(struct sqlite *db, struct errmsg *err);
void sqlite_undo(struct sqlite *db);
/* ends with commit on ST_OK, undo otherwise; returns st, or why the commit failed. */
enum status sqlite_end(struct sqlite *db, enum status st, struct errmsg *err);
bool sqlite_in_transaction(const struct sqlite *db);

/* Moves what it can of the WAL into the file, waiting for nobody (PASSIVE). ST_AGAIN while a statement still reads.
 * The next commit begins the WAL anew and pays one more fdatasync for that, so this is not for after each commit. */
enum status sqlite_checkpoint(struct sqlite *db, struct errmsg *err);
/* Puts the WAL on the disk as it is, which sqlite_checkpoint would do first: half of the waiting, in a turn before. */
enum status sqlite_sync_wal(struct sqlite *db, struct errmsg *err);
/* Makes the WAL SQLITE_WAL_FILL_BYTES long, unless it is, so that commits overwrite instead of growing a file: that
 * halves what a commit costs. ST_FULL when the disk has no room; the file is whole all the same. */
enum status sqlite_fill_wal(struct sqlite *db, struct errmsg *err);
/* ST_CORRUPT with the first finding of quick_check of one table (NULL: of the file). quick_check reports a page that
 * could not be read, and memory that was short, as findings too: those are ST_IO and ST_NOMEM here, and what a second
 * look does not find again is ST_IO, so that nobody puts a good file aside. */
enum status sqlite_check(struct sqlite *db, const char *table, struct errmsg *err);
/* A consistent copy, on disk whole or not at all (temporary file, fsync, rename). */
enum status sqlite_backup(struct sqlite *db, const char *to_path, struct errmsg *err);

#endif
