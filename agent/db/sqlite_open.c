/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, the WAL and whole-file work: all that is about the file rather than about rows. */
#include "agent/db/sqlite.h"

#include "agent/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool in_memory(const char *path)
{
    return strcmp(path, ":memory:") == 0;
}

/* Makes an empty file that nobody else may read, whatever the umask; SQLite would make it as the umask says, and the
 * WAL takes the mode of the file. An existing file is not even opened: closing it would drop the locks of a
 * connection of this process. */
static enum status make_file(const char *path, struct errmsg *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == EEXIST)
        return ST_OK;
    if (fd < 0) {
        errmsg_set(err, "%s: making the file: %s", path, strerror(errno));
        return errno == EACCES || errno == EPERM || errno == EROFS ? ST_DENIED : errno == ENOSPC ? ST_FULL : ST_IO;
    }
    close(fd);
    return file_sync_folder(path, err);
}

/* What a till's files never come near, so that a damaged one cannot ask for more. A transaction's copy (VACUUM INTO)
 * attaches one file. */
static void lower_limits(sqlite3 *handle)
{
    static const struct {
        int id, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024},
        {SQLITE_LIMIT_SQL_LENGTH, 64 * 1024},
        {SQLITE_LIMIT_COLUMN, 32},
        {SQLITE_LIMIT_EXPR_DEPTH, 50},
        {SQLITE_LIMIT_COMPOUND_SELECT, 8},
        {SQLITE_LIMIT_FUNCTION_ARG, 16},
        {SQLITE_LIMIT_ATTACHED, 1},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 32},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 4},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        (void)sqlite3_limit(handle, limits[i].id, limits[i].value);
}

static void harden(sqlite3 *handle)
{
    static const struct {
        int id, value;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    };

    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        (void)sqlite3_db_config(handle, switches[i].id, switches[i].value, NULL);
    (void)sqlite3_extended_result_codes(handle, 1);
}

/* Before the first read: in this order SQLite keeps the WAL's index in its own memory and never makes a -shm file. */
static enum status set_reading(struct sqlite *db, struct errmsg *err)
{
    return sqlite_exec(db,
                       "PRAGMA locking_mode=EXCLUSIVE; PRAGMA mmap_size=0; PRAGMA foreign_keys=ON;"
                       "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;",
                       err);
}

static enum status set_writing(struct sqlite *db, const struct sqlite_options *options, struct errmsg *err)
{
    sqlite3_stmt *statement;
    const char *mode;
    enum status st = sqlite_prepare(db, "PRAGMA journal_mode=WAL", &statement, err);

    if (st != ST_OK)
        return st;
    st = sqlite_step(db, statement, err);
    mode = st == ST_OK ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (st == ST_OK && (!mode || strcmp(mode, in_memory(options->path) ? "memory" : "wal") != 0)) {
        errmsg_set(err, "%s: the file cannot have a write-ahead log (mode %s)", db->name, mode ? mode : "unknown");
        st = ST_IO;
    }
    (void)sqlite3_finalize(statement);
    if (st != ST_OK)
        return st;
    return sqlite_exec(db,
                       options->durable ? "PRAGMA journal_size_limit=8388608; PRAGMA synchronous=FULL"
                                        : "PRAGMA journal_size_limit=8388608; PRAGMA synchronous=NORMAL",
                       err);
}

static enum status check_application(struct sqlite *db, const struct sqlite_options *options, struct errmsg *err)
{
    int64_t id = 0, tables = 0;
    enum status st = sqlite_get_int(db, "PRAGMA application_id", &id, err);

    if (st == ST_OK)
        st = sqlite_get_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (st != ST_OK)
        return st;
    if ((uint32_t)id == options->application_id || (id == 0 && tables == 0))
        return ST_OK;
    errmsg_set(err,
               "%s: this is a database of another program (application_id %08" PRIx32 ", expected %08" PRIx32 ")",
               db->name, (uint32_t)id, options->application_id);
    return ST_CORRUPT;
}

static int on_commit(void *context, sqlite3 *handle, const char *schema, int frames)
{
    struct sqlite *db = context;

    (void)handle;
    (void)schema;
    db->wal_frames = frames;
    return SQLITE_OK;
}

static enum status set_up(struct sqlite *db, const struct sqlite_options *options, struct errmsg *err)
{
    enum status st;

    harden(db->handle);
    lower_limits(db->handle);
    if (sqlite3_db_readonly(db->handle, "main") == 1) {
        errmsg_set(err, "%s: the file may be read only: check its owner and mode", options->path);
        return ST_DENIED;
    }
    st = set_reading(db, err);
    if (st == ST_OK)
        st = check_application(db, options, err); /* before anything is written into a file that is not ours */
    if (st == ST_OK)
        st = set_writing(db, options, err);
    /* SQLite syncs the folder of a WAL that it made itself; of one that a process before this one made, and died,
     * nobody knows whether its name is on disk. */
    if (st == ST_OK && options->durable && !in_memory(options->path))
        st = file_sync_folder(options->path, err);
    if (st == ST_OK) {
        (void)sqlite3_wal_hook(db->handle, on_commit, db); /* instead of the automatic checkpoint */
        return ST_OK;
    }
    if (st == ST_CONFLICT) {
        errmsg_set(err, "%s is held by another process: only one may have it open", options->path);
        return ST_CONFLICT;
    }
    if (st == ST_CORRUPT)
        errmsg_wrap(err, "%s is damaged", options->path);
    if (st == ST_DENIED)
        errmsg_wrap(err, "%s or its folder may not be written: check owner and mode", options->path);
    return st;
}

enum status sqlite_open(const struct sqlite_options *options, struct sqlite *out_db, struct errmsg *err)
{
    const char *slash = strrchr(options->path, '/');
    enum { FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE };
    enum status st = ST_OK;

    *out_db = (struct sqlite){0};
    if (strlen(options->path) > SQLITE_PATH_MAX) {
        errmsg_set(err, "%.64s...: the path is longer than %d bytes", options->path, SQLITE_PATH_MAX);
        return ST_INVALID;
    }
    if (!in_memory(options->path))
        st = make_file(options->path, err);
    if (st != ST_OK)
        return st;
    out_db->path = strdup(options->path);
    if (!out_db->path) {
        errmsg_set(err, "%s: out of memory", options->path);
        return ST_NOMEM;
    }
    out_db->name = slash ? out_db->path + (slash - options->path) + 1 : out_db->path;
    if (sqlite3_open_v2(out_db->path, &out_db->handle, FLAGS, NULL) != SQLITE_OK)
        st = sqlite_fail(out_db, "opening", err);
    if (st == ST_OK)
        st = set_up(out_db, options, err);
    if (st != ST_OK)
        sqlite_abandon(out_db);
    return st;
}

void sqlite_abandon(struct sqlite *db)
{
    if (db->handle)
        (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite_close(db);
}

void sqlite_close(struct sqlite *db)
{
    sqlite3_stmt *statement;

    if (db->handle) {
        while ((statement = sqlite3_next_stmt(db->handle, NULL)))
            (void)sqlite3_finalize(statement);
        /* Moves the WAL and deletes it; when that fails the WAL stays and is read at the next opening. */
        (void)sqlite3_close(db->handle);
    }
    free(db->path);
    *db = (struct sqlite){0};
}

enum status sqlite_checkpoint(struct sqlite *db, struct errmsg *err)
{
    if (in_memory(db->path))
        return ST_OK;
    switch (sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) & 0xff) {
    case SQLITE_OK:
        db->wal_frames = 0;
        return ST_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        errmsg_set(err, "%s: a statement still reads", db->name);
        return ST_AGAIN;
    default:
        return sqlite_fail(db, "moving the write-ahead log into the file", err);
    }
}

enum status sqlite_sync_wal(struct sqlite *db, struct errmsg *err)
{
    sqlite3_file *wal = NULL;

    if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK || !wal ||
        !wal->pMethods) /* there is none yet */
        return ST_OK;
    if (wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) == SQLITE_OK)
        return ST_OK;
    errmsg_set(err, "%s: writing the write-ahead log to disk", db->name);
    return ST_IO;
}

static void wal_path(const struct sqlite *db, char out_path[SQLITE_PATH_MAX + 8])
{
    (void)snprintf(out_path, SQLITE_PATH_MAX + 8, "%s-wal", db->path);
}

static enum status sync_file(const char *path, struct errmsg *err)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0) {
        errmsg_set(err, "%s: writing to disk: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return ST_IO;
    }
    close(fd);
    return ST_OK;
}

/* A transaction too large for the page cache spills into the WAL; taken back, it leaves nothing but the WAL's length.
 */
enum status sqlite_fill_wal(struct sqlite *db, struct errmsg *err)
{
    char path[SQLITE_PATH_MAX + 8];
    struct stat wal;
    enum status st;

    if (in_memory(db->path))
        return ST_OK;
    wal_path(db, path);
    if (stat(path, &wal) == 0 && wal.st_size >= SQLITE_WAL_FILL_BYTES)
        return ST_OK;
    st = sqlite_exec(db,
                     "PRAGMA cache_size=16; PRAGMA cache_spill=16; BEGIN; CREATE TABLE filler (bytes BLOB) STRICT;"
                     "INSERT INTO filler VALUES (zeroblob(1500000)), (zeroblob(1500000)), (zeroblob(1500000));",
                     err);
    if (sqlite_in_transaction(db))
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    /* Even a ROLLBACK can want memory; with a transaction left open no later commit would be one. */
    if (st == ST_OK && sqlite_in_transaction(db)) {
        errmsg_set(err, "%s: the transaction that fills the write-ahead log cannot be taken back", db->name);
        return ST_INTERNAL;
    }
    (void)sqlite3_exec(db->handle, "PRAGMA cache_size=-2000; PRAGMA cache_spill=1", NULL, NULL, NULL);
    return st == ST_OK ? sync_file(path, err) : st;
}

/* What quick_check met on its way: "unable to get the page. error code=10" says nothing about the page itself. */
static enum status finding_status(const char *finding)
{
    static const char mark[] = "error code=";
    const char *code = strstr(finding, mark);
    enum status st = code ? sqlite_status((int)strtol(code + sizeof mark - 1, NULL, 10)) : ST_CORRUPT;

    if (strstr(finding, "out of memory"))
        return ST_NOMEM;
    return st == ST_IO || st == ST_NOMEM ? st : ST_CORRUPT;
}

static enum status check_once(struct sqlite *db, const char *table, struct errmsg *err)
{
    char sql[96];
    sqlite3_stmt *statement;
    const char *finding;
    enum status st;

    (void)snprintf(sql, sizeof sql, table ? "PRAGMA quick_check(\"%s\")" : "PRAGMA quick_check(1)", table);
    st = sqlite_prepare(db, sql, &statement, err);
    if (st != ST_OK)
        return st;
    st = sqlite_step(db, statement, err);
    finding = st == ST_OK ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (st == ST_OK && !finding) {
        errmsg_set(err, "%s: quick_check gives no answer", db->name);
        st = ST_NOMEM;
    } else if (st == ST_OK && strcmp(finding, "ok") != 0) {
        errmsg_set(err, "%s: quick_check: %s", db->name, finding);
        st = finding_status(finding);
    }
    (void)sqlite3_finalize(statement);
    return st;
}

enum status sqlite_check(struct sqlite *db, const char *table, struct errmsg *err)
{
    enum status st = check_once(db, table, err);

    if (st != ST_CORRUPT)
        return st;
    (void)sqlite3_db_release_memory(db->handle); /* so that the pages are read again */
    st = check_once(db, table, err);
    if (st == ST_OK) {
        errmsg_wrap(err, "seen once and not again");
        return ST_IO;
    }
    return st;
}

enum status sqlite_backup(struct sqlite *db, const char *to_path, struct errmsg *err)
{
    char fresh[SQLITE_PATH_MAX + 64];
    sqlite3_stmt *statement;
    enum status st;

    (void)snprintf(fresh, sizeof fresh, "%s.new", to_path);
    (void)unlink(fresh); /* of an earlier try that broke off; VACUUM INTO wants no file there */
    st = sqlite_prepare(db, "VACUUM INTO ?1", &statement, err);
    if (st == ST_OK) {
        st = sqlite_run(db, statement, VALUES(value_text(fresh)), err);
        (void)sqlite3_finalize(statement);
    }
    if (st == ST_OK && chmod(fresh, 0600) != 0) {
        errmsg_set(err, "%s: %s", fresh, strerror(errno));
        st = ST_IO;
    }
    if (st == ST_OK)
        st = sync_file(fresh, err);
    if (st == ST_OK && rename(fresh, to_path) != 0) {
        errmsg_set(err, "renaming %s: %s", fresh, strerror(errno));
        st = ST_IO;
    }
    if (st == ST_OK)
        return file_sync_folder(to_path, err);
    (void)unlink(fresh);
    errmsg_wrap(err, "backup to %s", to_path);
    return st;
}
