/* SPDX-License-Identifier: Apache-2.0 */
/* The cache's file: slices that are all or nothing, full disks, damage, and what is left out of it after its loss. */
#include "agent/base/embedded.h"
#include "agent/db/cache.h"
#include "tests/unit/agent/db/cache_support.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(cache_files, .init = scratch_begin, .fini = scratch_end);

/* ---- slices ---- */

Test(cache_files, a_slice_is_all_or_nothing)
{
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    char value[8];

    project(cache, 1, &(struct cache_effect){EFFECT_POINTS, "M1", "bonus", 10, 1}, 1);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    cr_expect_eq(cache_begin(cache, NULL), ST_CONFLICT);
    put_member(cache, "M1", "{}", (int[]){1}, 1, 1);
    cr_assert_eq(cache_put_state(cache, "cursor", "abc", NULL), ST_OK);
    project(cache, 2, &(struct cache_effect){EFFECT_POINTS, "M1", "bonus", 10, 1}, 1);
    cr_expect_eq(cache_projected(cache), 2);
    cache_rollback(cache);
    cache_rollback(cache);
    cr_expect_eq(cache_projected(cache), 1);
    cr_expect_eq(cache_commit(cache, NULL), ST_CONFLICT);
    cr_expect_eq(cache_member_count(cache), 0);
    cr_expect_eq(cache_get_state(cache, "cursor", value, sizeof value, NULL), ST_NOT_FOUND);
    cr_expect_str_eq(found_id(cache, 1), "");
    expect_sums(cache, "M1", 0, "0:bonus=10@1 ");

    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    put_member(cache, "M1", "{}", (int[]){1}, 1, 1);
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    put_member(cache, "M2", "{}", (int[]){2}, 1, 1);
    cache_close(cache); /* in the middle of one */
    cache = open_cache(path_in("cache.db"), NULL);
    cr_expect_str_eq(found_id(cache, 1), "M1");
    cr_expect_str_eq(found_id(cache, 2), "");
    (void)found_id(cache, 99);
    cache_close(cache);
}

/* Whatever write fails for want of room: the slice fails by its commit at the latest, and done again it is whole. */
Test(cache_files, a_full_disk_in_a_slice_loses_the_slice_and_no_more)
{
    struct cache *cache;
    static char profile[30000];
    int failed = 0;

    memset(profile, 'p', sizeof profile - 1);
    disk_install();
    cache = open_cache(path_in("cache.db"), NULL);
    for (int nth = 1; nth < 30; nth++) {
        char id[32];
        enum status st, put = ST_OK;

        (void)snprintf(id, sizeof id, "N%d", nth);
        disk_fail(DISK_FULL, "-wal", nth, true);
        cr_assert_eq(cache_begin(cache, NULL), ST_OK);
        for (int i = 0; i < 4; i++) {
            uint8_t hashes[1][IDENTIFIER_HASH_BYTES];

            (void)snprintf(id, sizeof id, "N%d.%d", nth, i);
            memset(hashes, nth * 4 + i, sizeof hashes);
            st = cache_put_member(cache, id, profile, hashes, 1, 1, 1, NULL);
            cr_expect(st == ST_OK || st == ST_FULL || st == ST_CONFLICT, "%d", st);
            put = put == ST_OK ? st : put;
        }
        st = cache_commit(cache, NULL);
        cr_expect(put == ST_OK || st != ST_OK, "a slice with a failed put was committed");
        if (st != ST_OK) {
            failed++;
            cr_expect_eq(cache_member_by_id(cache, id, &(struct cache_member){0}, NULL), ST_NOT_FOUND);
        }
        disk_heal();
        cr_assert_eq(cache_begin(cache, NULL), ST_OK);
        put_member(cache, id, profile, (int[]){nth * 4 % 256}, 1, 1);
        cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    }
    cr_expect_gt(failed, 10, "%d", failed);
    cache_close(cache);
    cache_close(open_cache(path_in("cache.db"), NULL));
}

/* More than the page cache holds is written before the commit: SQLite gives up the whole slice then, and what is put
 * into it afterwards must not become a commit of its own. */
Test(cache_files, a_slice_that_was_given_up_takes_no_more)
{
    static char profile[60000];
    struct cache *cache;
    struct errmsg err = ERRMSG_INIT;
    enum status st = ST_OK;
    char id[32];

    memset(profile, 'p', sizeof profile - 1);
    disk_install();
    cache = open_cache(path_in("cache.db"), NULL);
    project(cache, 1, NULL, 0);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    project(cache, 2, NULL, 0);
    disk_fail(DISK_FULL, "-wal", 3, false);
    for (int i = 0; i < 200 && st == ST_OK; i++) {
        (void)snprintf(id, sizeof id, "M%d", i);
        st = cache_put_member(cache, id, profile, NULL, 0, 1, 1, NULL);
    }
    cr_assert_eq(st, ST_FULL);
    cr_expect_eq(cache_put_member(cache, "late", "{}", NULL, 0, 1, 1, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "taken back"), "%s", err.text);
    cr_expect_eq(cache_put_state(cache, "cursor", "late", NULL), ST_CONFLICT);
    cr_expect_eq(cache_commit(cache, &err), ST_CONFLICT);
    cr_expect_eq(cache_member_count(cache), 0);
    cr_expect_eq(cache_projected(cache), 1);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    cr_assert_eq(cache_put_member(cache, "again", "{}", NULL, 0, 1, 1, NULL), ST_OK);
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    cr_expect_eq(cache_member_count(cache), 1);
    cache_close(cache);
}

/* ---- disposable ---- */

Test(cache_files, a_new_file_is_told_and_a_known_one_kept)
{
    bool rebuilt = false;

    cache_close(open_cache(path_in("cache.db"), &rebuilt));
    cr_expect(rebuilt);
    cache_close(open_cache(path_in("cache.db"), &rebuilt));
    cr_expect(!rebuilt);
    cr_expect_eq(count_files("cache.db.damaged"), 0);
}

Test(cache_files, an_unknown_schema_or_garbage_is_put_aside)
{
    static const char garbage[9000] = "garbage";
    static const char *const scripts[] = {"PRAGMA user_version=99", "DROP TABLE effect", "PRAGMA application_id=5",
                                          "INSERT OR REPLACE INTO state VALUES ('projected', x'00')"};
    bool rebuilt = false;
    struct cache *cache;

    cache_close(open_cache(path_in("cache.db"), NULL));
    for (size_t i = 0; i < 4; i++) {
        run_sql("cache.db", scripts[i]);
        cache = open_cache(path_in("cache.db"), &rebuilt);
        cr_expect(rebuilt, "%s", scripts[i]);
        put_member(cache, "M1", "{}", (int[]){1}, 1, 1);
        cache_close(cache);
    }
    file_damage(path_in("cache.db"), 0, garbage, sizeof garbage);
    cache_close(open_cache(path_in("cache.db"), &rebuilt));
    cr_expect(rebuilt);
    cr_expect_leq(count_files("cache.db.damaged-"), 4, "two of five, with their WALs");
    cr_expect_geq(count_files("cache.db.damaged-"), 2);
}

Test(cache_files, damage_met_while_selling_is_put_aside_at_closing)
{
    static const char garbage[4096] = "garbage";
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    struct cache_member member;
    char id[32];
    bool rebuilt = false, met = false;

    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(id, sizeof id, "M%d", i);
        put_member(cache, id, "{\"some\":\"profile\"}", NULL, 0, 1);
    }
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    cache_close(cache);
    for (int page = 12; page < 30; page++)
        file_damage(path_in("cache.db"), page * 4096, garbage, sizeof garbage);
    cache = open_cache(path_in("cache.db"), &rebuilt);
    cr_assert(!rebuilt);
    for (int i = 0; i < 2000 && !met; i++) {
        (void)snprintf(id, sizeof id, "M%d", i);
        enum status st = cache_member_by_id(cache, id, &member, NULL);

        met = st == ST_CORRUPT;
        if (st == ST_OK)
            cache_member_clear(&member);
    }
    cr_expect(met);
    cache_close(cache);
    cr_expect(file_exists(path_in("cache.db.damaged-1790000000000")));
    cache = open_cache(path_in("cache.db"), &rebuilt);
    cr_expect(rebuilt);
    cr_expect_eq(cache_projected(cache), 0);
    cache_close(cache);
}

/* What the projection says, as one text. */
static char *dump(struct cache *cache)
{
    static struct sums sums[2];
    static int turn;
    struct sums *s = &sums[turn++ % 2];

    *s = (struct sums){.text = ""};
    for (int m = 0; m < 5; m++) {
        char id[32];

        (void)snprintf(id, sizeof id, "M%d", m);
        for (int64_t after = 0; after < 60; after += 20)
            cr_assert_eq(cache_each_effect(cache, id, after, write_sum, s, NULL), ST_OK);
    }
    cr_assert_eq(cache_each_usage(cache, own_position, NULL, write_usage, s, NULL), ST_OK);
    cr_assert_lt(strlen(s->text), sizeof s->text - 1);
    return s->text;
}

static bool project_entry(void *context, const struct journal_entry *entry)
{
    char id[32];

    (void)snprintf(id, sizeof id, "M%d", (int)(entry->position * 7 % 5));
    project(context, entry->position,
            (struct cache_effect[]){
                {EFFECT_POINTS, id, "bonus", (int64_t)entry->len - entry->hash[0], (int32_t)entry->seq},
                {EFFECT_USE, "", entry->hash[1] % 2 ? "odd" : "even", 1, (int32_t)entry->seq}},
            2);
    return true;
}

Test(cache_files, projected_anew_from_the_journal_it_is_what_it_was)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct cache *cache = open_cache(path_in("cache.db"), NULL);
    char *before, *after;
    bool rebuilt = false;
    int64_t position = 0;

    for (int i = 0; i < 60; i++) {
        if (i == 25)
            cr_assert_eq(begin_epoch(journal, OWN_EPOCH), ST_OK);
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
        cr_assert_eq(journal_each(journal, cache_projected(cache) + 1, project_entry, cache, NULL), ST_OK);
    }
    before = dump(cache);
    cache_close(cache);
    cr_assert_eq(unlink(path_in("cache.db")), 0);
    cache = open_cache(path_in("cache.db"), &rebuilt);
    cr_assert(rebuilt);
    cr_assert_eq(cache_begin(cache, NULL), ST_OK);
    cr_assert_eq(journal_each(journal, cache_projected(cache) + 1, project_entry, cache, NULL), ST_OK);
    cr_assert_eq(cache_commit(cache, NULL), ST_OK);
    after = dump(cache);
    cr_expect_str_eq(before, after);
    cr_expect_eq(cache_projected(cache), 60);
    cr_expect_eq(cache_find_sale(cache, "S33", &position, NULL), ST_OK);
    cr_expect_eq(position, 33);
    cache_close(cache);
    journal_close(journal);
}

/* ---- files of before ---- */

extern const struct embedded_file schema_till_cache[];

/* A file as a program left it that knew so many of the schema's steps, with a member and what he did since. */
static void make_older(const char *path, int version)
{
    char hex[2 * IDENTIFIER_HASH_BYTES + 1] = "", sql[512];
    sqlite3 *db = NULL;

    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    for (int i = 0; i < version; i++)
        cr_assert_eq(sqlite3_exec(db, schema_till_cache[i].text, NULL, NULL, NULL), SQLITE_OK, "%s",
                     sqlite3_errmsg(db));
    for (int i = 0; i < IDENTIFIER_HASH_BYTES; i++)
        (void)strcat(hex, "07");
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO member (id, profile, identifiers, epoch, seq) VALUES ('M1', '{\"tier\":\"gold\"}', x'%s', "
        "x'0000000000000007', 3); INSERT INTO identifier VALUES (x'%s', 'M1');"
        "INSERT INTO effect VALUES ('M1', 'points', 'bonus', 1, 50, 20000);"
        "INSERT INTO state VALUES ('projected', x'0000000000000001'); PRAGMA application_id=%d; PRAGMA "
        "user_version=%d",
        hex, hex, 0x4c594443, version);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

Test(cache_files, of_an_older_number_keeps_its_members_and_is_projected_anew)
{
    for (int version = 1; version <= 2; version++) {
        char name[32];
        bool rebuilt;
        struct cache *cache;

        (void)snprintf(name, sizeof name, "old%d.db", version);
        make_older(path_in(name), version);
        cache = open_cache(path_in(name), &rebuilt);
        cr_expect_not(rebuilt, "version %d: brought up, not made anew", version);
        cr_expect_str_eq(found_id(cache, 7), "M1");
        cr_expect_eq(cache_member_count(cache), 1);
        cr_expect_eq(cache_projected(cache), 0, "its totals are added up from the first record on");
        cache_close(cache);
    }
}
