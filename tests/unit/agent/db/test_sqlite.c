/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/aside.h"
#include "agent/db/migrate.h"
#include "agent/db/ballast.h"
#include "agent/db/sqlite.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID = 0x54455354 };

TestSuite(sqlite, .init = scratch_begin, .fini = scratch_end);
TestSuite(migrate, .init = scratch_begin, .fini = scratch_end);
TestSuite(aside, .init = scratch_begin, .fini = scratch_end);

static void open_db(const char *path, struct sqlite *out_db)
{
    const struct sqlite_options options = {path, true, ID};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(sqlite_open(&options, out_db, &err), ST_OK, "%s", err.text);
}

static int64_t get_int(struct sqlite *db, const char *sql)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t value = -1;

    cr_assert_eq(sqlite_get_int(db, sql, &value, &err), ST_OK, "%s", err.text);
    return value;
}

Test(sqlite, lends_a_statement_again_while_it_is_read)
{
    static const char text[] = "SELECT ?1 UNION ALL SELECT 2";
    struct sqlite db;
    struct errmsg err = ERRMSG_INIT;
    sqlite3_stmt *kept = NULL, *first, *second, *again;

    open_db(path_in("t.db"), &db);
    cr_assert_eq(sqlite_lend(&db, text, &kept, &first, &err), ST_OK, "%s", err.text);
    cr_assert_eq(sqlite_bind(&db, first, VALUES(value_int(7)), &err), ST_OK);
    cr_assert_eq(sqlite_step(&db, first, &err), ST_OK);
    cr_assert_eq(sqlite_lend(&db, text, &kept, &second, &err), ST_OK, "%s", err.text);
    cr_expect_neq(first, second);
    cr_expect_eq(sqlite3_column_int64(first, 0), 7, "the first reads on");
    sqlite_give_back(&kept, second);
    sqlite_give_back(&kept, first); /* one is kept */
    cr_expect_eq(kept, second);
    cr_expect_eq(sqlite3_next_stmt(db.handle, second), NULL);
    cr_assert_eq(sqlite_lend(&db, text, &kept, &again, &err), ST_OK, "%s", err.text);
    cr_expect_eq(again, second);
    cr_assert_eq(sqlite_step(&db, again, &err), ST_OK);
    cr_expect_eq(sqlite3_column_type(again, 0), SQLITE_NULL, "from its beginning, nothing bound");
    sqlite_give_back(&kept, again);
    sqlite_close(&db);
}

Test(sqlite, opens_with_the_stated_settings)
{
    struct sqlite db;
    int old;

    open_db(path_in("t.db"), &db);
    cr_expect_eq(get_int(&db, "PRAGMA synchronous"), 2);
    cr_expect_eq(get_int(&db, "PRAGMA foreign_keys"), 1);
    cr_expect_eq(get_int(&db, "PRAGMA trusted_schema"), 0);
    cr_expect_eq(get_int(&db, "PRAGMA cell_size_check"), 1);
    cr_expect_eq(get_int(&db, "PRAGMA mmap_size"), 0);
    cr_expect_eq(get_int(&db, "PRAGMA journal_size_limit"), 8 * 1024 * 1024);
    cr_expect_eq(get_int(&db, "PRAGMA wal_autocheckpoint"), 0);
    cr_expect_eq(get_int(&db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    cr_expect_eq(get_int(&db, "SELECT locking_mode = 'exclusive' FROM pragma_locking_mode"), 1);
    cr_expect_eq(sqlite3_db_config(db.handle, SQLITE_DBCONFIG_DEFENSIVE, -1, &old), SQLITE_OK);
    cr_expect_eq(old, 1);
    cr_expect_eq(sqlite3_db_config(db.handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1, &old), SQLITE_OK);
    cr_expect_eq(old, 0);
    cr_expect_eq(sqlite3_limit(db.handle, SQLITE_LIMIT_LENGTH, -1), 4 * 1024 * 1024);
    cr_expect(!file_exists(path_in("t.db-shm")));
    sqlite_close(&db);
    sqlite_close(&db);
}

Test(sqlite, statuses_are_ours)
{
    cr_expect_eq(sqlite_status(SQLITE_OK), ST_OK);
    cr_expect_eq(sqlite_status(SQLITE_FULL), ST_FULL);
    cr_expect_eq(sqlite_status(SQLITE_CORRUPT_VTAB), ST_CORRUPT);
    cr_expect_eq(sqlite_status(SQLITE_NOTADB), ST_CORRUPT);
    cr_expect_eq(sqlite_status(SQLITE_BUSY_RECOVERY), ST_CONFLICT);
    cr_expect_eq(sqlite_status(SQLITE_LOCKED), ST_AGAIN);
    cr_expect_eq(sqlite_status(SQLITE_IOERR_FSYNC), ST_IO);
    cr_expect_eq(sqlite_status(SQLITE_IOERR_NOMEM), ST_NOMEM);
    cr_expect_eq(sqlite_status(SQLITE_CANTOPEN), ST_IO);
    cr_expect_eq(sqlite_status(SQLITE_READONLY_DIRECTORY), ST_DENIED);
    cr_expect_eq(sqlite_status(SQLITE_NOMEM), ST_NOMEM);
    cr_expect_eq(sqlite_status(SQLITE_TOOBIG), ST_RANGE);
    cr_expect_eq(sqlite_status(SQLITE_CONSTRAINT_UNIQUE), ST_CONFLICT);
    cr_expect_eq(sqlite_status(SQLITE_ERROR), ST_INTERNAL);
}

Test(sqlite, errors_name_the_file_and_the_words)
{
    struct sqlite db;
    struct errmsg err = ERRMSG_INIT;
    sqlite3_stmt *statement;
    int64_t value;

    open_db(path_in("t.db"), &db);
    cr_expect_eq(sqlite_exec(&db, "nonsense", &err), ST_INTERNAL);
    cr_expect(strstr(err.text, "t.db: running a script: near \"nonsense\""), "%s", err.text);
    cr_expect_eq(sqlite_prepare(&db, "SELECT nothing", &statement, &err), ST_INTERNAL);
    cr_expect_null(statement);
    cr_expect_eq(sqlite_get_int(&db, "SELECT 1 WHERE 0", &value, &err), ST_NOT_FOUND);
    cr_assert_eq(sqlite_prepare(&db, "SELECT 1", &statement, &err), ST_OK);
    cr_expect_eq(sqlite_run(&db, statement, NULL, 0, &err), ST_INTERNAL);
    cr_expect(strstr(err.text, "gave one"), "%s", err.text);
    cr_expect_eq(sqlite_bind(&db, statement, VALUES(value_int(1)), &err), ST_INTERNAL);
    sqlite_close(&db); /* finalizes the statement */
}

Test(sqlite, a_bounded_file_is_full_and_steps_nest)
{
    struct sqlite db;
    struct errmsg err = ERRMSG_INIT;

    open_db(path_in("t.db"), &db);
    cr_assert_eq(sqlite_exec(&db, "CREATE TABLE t (x BLOB) STRICT", &err), ST_OK);
    cr_assert_eq(sqlite_begin(&db, &err), ST_OK);
    cr_assert_eq(sqlite_exec(&db, "INSERT INTO t VALUES (x'01')", &err), ST_OK);
    cr_assert_eq(sqlite_begin(&db, &err), ST_OK);
    cr_assert_eq(sqlite_exec(&db, "INSERT INTO t VALUES (x'02')", &err), ST_OK);
    sqlite_undo(&db);
    cr_expect(sqlite_in_transaction(&db));
    cr_assert_eq(sqlite_commit(&db, &err), ST_OK);
    cr_expect(!sqlite_in_transaction(&db));
    cr_expect_eq(get_int(&db, "SELECT count(*) FROM t"), 1);
    cr_expect_eq(get_int(&db, "PRAGMA max_page_count=4"), 4);
    cr_expect_eq(sqlite_exec(&db, "INSERT INTO t VALUES (zeroblob(100000))", &err), ST_FULL);
    cr_expect(strstr(err.text, "full"), "%s", err.text);
    cr_expect_eq(get_int(&db, "SELECT count(*) FROM t"), 1);
    sqlite_undo(&db);
    sqlite_close(&db);
}

Test(sqlite, backup_is_whole_and_replaces_the_one_before)
{
    struct sqlite db, copy;
    struct errmsg err = ERRMSG_INIT;
    int fd;

    open_db(path_in("t.db"), &db);
    cr_assert_eq(
        sqlite_exec(&db, "PRAGMA application_id=1413829460; CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)", &err),
        ST_OK);
    fd = open(path_in("copy.db.new"), O_CREAT | O_RDWR, 0600); /* a try that broke off */
    cr_assert_eq(write(fd, "half", 4), 4);
    close(fd);
    cr_assert_eq(sqlite_backup(&db, path_in("copy.db"), &err), ST_OK, "%s", err.text);
    cr_assert_eq(sqlite_exec(&db, "INSERT INTO t VALUES (3)", &err), ST_OK);
    cr_assert_eq(sqlite_backup(&db, path_in("copy.db"), &err), ST_OK, "%s", err.text);
    cr_expect(!file_exists(path_in("copy.db.new")));
    sqlite_close(&db);
    open_db(path_in("copy.db"), &copy);
    cr_expect_eq(get_int(&copy, "SELECT sum(x) FROM t"), 6);
    sqlite_close(&copy);
    open_db(path_in("t.db"), &db);
    cr_expect_neq(sqlite_backup(&db, path_in("no/copy.db"), &err), ST_OK);
    sqlite_close(&db);
}

Test(sqlite, memory_has_all_of_it_but_files)
{
    struct sqlite db;

    open_db(":memory:", &db);
    cr_expect_eq(sqlite_fill_wal(&db, NULL), ST_OK);
    cr_expect_eq(sqlite_checkpoint(&db, NULL), ST_OK);
    cr_expect_eq(sqlite_check(&db, NULL, NULL), ST_OK);
    sqlite_close(&db);
    cr_expect(!file_exists(":memory:"));
}

Test(sqlite, a_path_too_long_is_refused)
{
    static char path[SQLITE_PATH_MAX + 2];
    const struct sqlite_options options = {path, true, ID};
    struct sqlite db;

    memset(path, 'a', SQLITE_PATH_MAX + 1);
    cr_expect_eq(sqlite_open(&options, &db, NULL), ST_INVALID);
}

/* ---- migrations ---- */

static const struct embedded_file first[] = {{"0001_first.sql", "CREATE TABLE t (x INTEGER NOT NULL) STRICT;"},
                                             {0, 0}};
static const struct embedded_file two[] = {
    {"0001_first.sql", "CREATE TABLE t (x INTEGER NOT NULL) STRICT;"},
    {"0002_more.sql", "ALTER TABLE t ADD COLUMN y INTEGER; UPDATE t SET y = x * 2;"},
    {0, 0}};
static const struct embedded_file broken[] = {
    {"0001_first.sql", "CREATE TABLE t (x INTEGER NOT NULL) STRICT;"},
    {"0002_more.sql", "ALTER TABLE t ADD COLUMN y INTEGER; UPDATE t SET y = nowhere;"},
    {0, 0}};

static enum status migrate_file(const struct embedded_file *files, bool backup, bool *out_new, struct errmsg *err)
{
    const struct migration_plan plan = {files, ID, backup};
    struct sqlite db;
    enum status st;

    open_db(path_in("m.db"), &db);
    st = migrate(&db, &plan, out_new, err);
    sqlite_close(&db);
    return st;
}

static void put_row(void)
{
    struct sqlite db;

    open_db(path_in("m.db"), &db);
    cr_assert_eq(sqlite_exec(&db, "INSERT INTO t (x) VALUES (21)", NULL), ST_OK);
    sqlite_close(&db);
}

Test(migrate, runs_each_step_once_with_a_copy_of_what_was)
{
    struct errmsg err = ERRMSG_INIT;
    struct sqlite db;
    bool is_new = false;

    cr_assert_eq(migrate_file(first, true, &is_new, &err), ST_OK, "%s", err.text);
    cr_expect(is_new);
    cr_expect(!file_exists(path_in("m.db.v0.bak")));
    put_row();
    cr_assert_eq(migrate_file(first, true, &is_new, &err), ST_OK);
    cr_expect(!is_new);
    cr_expect_eq(count_files("m.db.v"), 0, "nothing to migrate, nothing to copy");
    cr_assert_eq(migrate_file(two, true, NULL, &err), ST_OK, "%s", err.text);
    open_db(path_in("m.db"), &db);
    cr_expect_eq(get_int(&db, "SELECT y FROM t"), 42);
    cr_expect_eq(get_int(&db, "PRAGMA user_version"), 2);
    cr_expect_eq(get_int(&db, "PRAGMA application_id"), ID);
    sqlite_close(&db);
    open_db(path_in("m.db.v1.bak"), &db);
    cr_expect_eq(get_int(&db, "SELECT x FROM t"), 21);
    cr_expect_eq(get_int(&db, "PRAGMA user_version"), 1);
    sqlite_close(&db);
}

Test(migrate, refuses_a_newer_file_and_says_what_to_do)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(migrate_file(two, true, NULL, &err), ST_OK);
    cr_expect_eq(migrate_file(first, true, NULL, &err), ST_UNSUPPORTED);
    cr_expect_str_eq(err.text,
                     "m.db was written by a newer version (schema 2, this program knows 1): install that version "
                     "again, or restore m.db.v1.bak");
}

Test(migrate, a_step_that_fails_leaves_the_file_of_before)
{
    struct errmsg err = ERRMSG_INIT;
    struct sqlite db;

    cr_assert_eq(migrate_file(first, true, NULL, &err), ST_OK);
    put_row();
    cr_expect_eq(migrate_file(broken, true, NULL, &err), ST_INTERNAL);
    cr_expect(strstr(err.text, "m.db: migration 0002_more.sql"), "%s", err.text);
    open_db(path_in("m.db"), &db);
    cr_expect_eq(get_int(&db, "PRAGMA user_version"), 1);
    cr_expect_eq(get_int(&db, "SELECT count(*) FROM pragma_table_info('t')"), 1);
    sqlite_close(&db);
    cr_expect_eq(migrate_file(two, true, NULL, &err), ST_OK);
}

Test(migrate, no_copy_no_migration)
{
    struct sqlite db;
    const struct migration_plan plan = {two, ID, true};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(migrate_file(first, true, NULL, NULL), ST_OK);
    disk_install();
    open_db(path_in("m.db"), &db);
    disk_fail(DISK_FULL, ".bak.new", 1, true);
    cr_expect_eq(migrate(&db, &plan, NULL, &err), ST_FULL, "%s", err.text);
    cr_expect(strstr(err.text, "backup to"), "%s", err.text);
    disk_heal();
    cr_expect_eq(get_int(&db, "PRAGMA user_version"), 1);
    cr_expect_eq(count_files("m.db.v1"), 0);
    cr_expect_eq(migrate(&db, &plan, NULL, &err), ST_OK, "%s", err.text);
    sqlite_close(&db);
}

/* ---- aside ---- */

static void touch(const char *name)
{
    int fd = open(path_in(name), O_CREAT | O_RDWR, 0600);

    cr_assert(fd >= 0);
    close(fd);
}

Test(aside, keeps_the_latest_two_with_their_wal)
{
    touch("cache.db.damaged-other"); /* not ours: another kind of name */
    for (int time = 1000; time <= 5000; time += 1000) {
        touch("cache.db");
        touch("cache.db-wal");
        cr_assert_eq(aside_rename(path_in("cache.db"), time, NULL), ST_OK);
        cr_expect(!file_exists(path_in("cache.db")));
        cr_expect(!file_exists(path_in("cache.db-wal")));
    }
    cr_expect(file_exists(path_in("cache.db.damaged-5000")));
    cr_expect(file_exists(path_in("cache.db.damaged-5000-wal")));
    cr_expect(file_exists(path_in("cache.db.damaged-4000")));
    cr_expect_eq(count_files("cache.db.damaged-"), 5);
    cr_expect(file_exists(path_in("cache.db.damaged-other")));
    touch("cache.db");
    cr_assert_eq(aside_rename(path_in("cache.db"), 500, NULL), ST_OK);
    cr_expect(file_exists(path_in("cache.db.damaged-500")), "the one just made stays, whatever the clock says");
    cr_expect(file_exists(path_in("cache.db.damaged-5000")));
    cr_expect(!file_exists(path_in("cache.db.damaged-4000")));
}

Test(aside, same_moment_gets_another_name_and_nothing_there_is_fine)
{
    cr_expect_eq(aside_rename(path_in("cache.db"), 7, NULL), ST_OK);
    touch("cache.db");
    cr_expect_eq(aside_rename(path_in("cache.db"), 7, NULL), ST_OK);
    touch("cache.db");
    cr_expect_eq(aside_rename(path_in("cache.db"), 7, NULL), ST_OK);
    cr_expect(file_exists(path_in("cache.db.damaged-7")));
    cr_expect(file_exists(path_in("cache.db.damaged-8")));
}

/* ---- ballast ---- */

Test(sqlite, ballast_is_made_of_blocks_given_up_and_made_again)
{
    struct ballast ballast;
    struct stat info;

    ballast_init(&ballast, scratch_folder(), 1 << 20);
    cr_assert(ballast.there);
    cr_expect_eq(ballast.room, ROOM_GOOD);
    cr_assert_eq(stat(ballast.path, &info), 0);
    cr_expect_geq((long long)info.st_blocks * 512, 1 << 20, "a hole is no ballast");
    cr_expect(ballast_give_up(&ballast));
    cr_expect_eq(ballast.room, ROOM_SHORT);
    cr_expect_not(ballast_give_up(&ballast), "there is one to give up, once");
    ballast_look(&ballast);
    cr_expect(ballast.there);
    cr_expect_eq(ballast.room, ROOM_GOOD);
    ballast_init(&ballast, scratch_folder(), 0);
    cr_expect_not(ballast_give_up(&ballast));
    cr_expect_eq(ballast.room, ROOM_GOOD);
}
