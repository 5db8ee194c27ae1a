/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/rules.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(rules, .init = scratch_begin, .fini = scratch_end);

static struct rules *open_rules(const char *path, bool *out_rebuilt)
{
    struct rules *rules = NULL;
    struct errmsg err = ERRMSG_INIT;
    bool rebuilt = false;

    cr_assert_eq(rules_open(path, 1790000000000, &rules, &rebuilt, &err), ST_OK, "%s", err.text);
    if (out_rebuilt)
        *out_rebuilt = rebuilt;
    return rules;
}

/* A bundle of len bytes that its version decides. */
static char *make_bundle(int version, size_t len, struct rules_entry *out_entry)
{
    char *bytes = malloc(len);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)('a' + (i * 7 + (size_t)version) % 26);
    *out_entry = (struct rules_entry){
        .version = version, .total_bytes = (int64_t)len, .manifest = "{\"m\":1}", .signatures = "[]"};
    sha256_of(bytes, len, out_entry->sha256);
    return bytes;
}

static void fetch(struct rules *rules, const char *bytes, const struct rules_entry *entry, int64_t from, int64_t to)
{
    struct errmsg err = ERRMSG_INIT;

    for (int64_t at = from; at < to;) {
        int64_t len = to - at < 65536 ? to - at : 65536;

        cr_assert_eq(rules_add_piece(rules, at, bytes + at, (size_t)len, &err), ST_OK, "%s", err.text);
        at += len;
    }
    (void)entry;
}

static void bring_in(struct rules *rules, int version, size_t len)
{
    struct rules_entry entry;
    char *bytes = make_bundle(version, len, &entry);
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(rules_begin(rules, &entry, 1, &err), ST_OK, "%s", err.text);
    fetch(rules, bytes, &entry, 0, (int64_t)len);
    cr_assert_eq(rules_stage(rules, &err), ST_OK, "%s", err.text);
    cr_assert_eq(rules_activate(rules, &err), ST_OK, "%s", err.text);
    free(bytes);
}

static int64_t version_in(struct rules *rules, enum rules_state state)
{
    struct rules_entry entry;
    enum status st = rules_find(rules, state, &entry, NULL);

    return st == ST_OK ? entry.version : st == ST_NOT_FOUND ? 0 : -1;
}

Test(rules, bundles_go_their_way_and_survive_reopening)
{
    struct rules *rules = open_rules(path_in("rules.db"), NULL);
    struct rules_entry entry;
    char *bytes, *read = NULL;
    size_t len = 0;

    for (int version = 1; version <= 3; version++)
        bring_in(rules, version, 200000);
    cr_expect_eq(version_in(rules, RULES_ACTIVE), 3);
    cr_expect_eq(version_in(rules, RULES_PREVIOUS), 2);
    cr_expect_eq(version_in(rules, RULES_STAGED), 0);
    cr_expect_eq(version_in(rules, RULES_FETCHING), 0);
    rules_close(rules);
    rules = open_rules(path_in("rules.db"), NULL);
    bytes = make_bundle(3, 200000, &entry);
    cr_assert_eq(rules_read(rules, RULES_ACTIVE, &read, &len, NULL), ST_OK);
    cr_expect_eq(len, 200000);
    cr_expect_arr_eq(read, bytes, len);
    cr_expect_eq(read[len], '\0');
    free(read);
    free(bytes);
    cr_expect_eq(rules_read(rules, RULES_STAGED, &read, &len, NULL), ST_NOT_FOUND);
    cr_expect_eq(rules_activate(rules, NULL), ST_NOT_FOUND);
    cr_expect_eq(version_in(rules, RULES_PREVIOUS), 2, "nothing moved");
    rules_close(rules);
    rules_close(NULL);
}

Test(rules, a_fetch_goes_on_where_it_broke_off)
{
    struct rules *rules = open_rules(path_in("rules.db"), NULL);
    struct rules_entry entry, found;
    char *bytes = make_bundle(9, 300000, &entry);

    cr_assert_eq(rules_begin(rules, &entry, 1, NULL), ST_OK);
    fetch(rules, bytes, &entry, 0, 131072);
    cr_expect_eq(rules_stage(rules, NULL), ST_CONFLICT);
    rules_close(rules);
    rules = open_rules(path_in("rules.db"), NULL);
    cr_assert_eq(rules_begin(rules, &entry, 2, NULL), ST_OK);
    cr_assert_eq(rules_find(rules, RULES_FETCHING, &found, NULL), ST_OK);
    cr_expect_eq(found.have_bytes, 131072);
    cr_expect_eq(found.total_bytes, 300000);
    cr_expect_null(found.manifest);
    fetch(rules, bytes, &entry, 131072, 300000);
    cr_expect_eq(rules_stage(rules, NULL), ST_OK);
    cr_expect_eq(version_in(rules, RULES_STAGED), 9);
    /* The power went before it was active, and the central offers it again: complete at once. */
    cr_expect_eq(rules_begin(rules, &entry, 3, NULL), ST_OK);
    cr_expect_eq(version_in(rules, RULES_STAGED), 0);
    cr_assert_eq(rules_find(rules, RULES_FETCHING, &found, NULL), ST_OK);
    cr_expect_eq(found.have_bytes, found.total_bytes);
    cr_expect_eq(rules_stage(rules, NULL), ST_OK);
    cr_expect_eq(rules_activate(rules, NULL), ST_OK);
    cr_expect_eq(rules_begin(rules, &entry, 3, NULL), ST_CONFLICT, "active already");
    free(bytes);
    rules_close(rules);
}

Test(rules, pieces_out_of_place_or_out_of_bounds_are_refused)
{
    static char large[RULES_PIECE_BYTES_MAX + 1];
    struct rules *rules = open_rules(":memory:", NULL);
    struct rules_entry entry, found;
    char *bytes = make_bundle(1, 1000, &entry);

    cr_expect_eq(rules_add_piece(rules, 0, bytes, 10, NULL), ST_NOT_FOUND);
    cr_assert_eq(rules_begin(rules, &entry, 1, NULL), ST_OK);
    cr_expect_eq(rules_add_piece(rules, 10, bytes, 10, NULL), ST_CONFLICT);
    cr_expect_eq(rules_add_piece(rules, -1, bytes, 10, NULL), ST_CONFLICT);
    cr_expect_eq(rules_add_piece(rules, 0, bytes, 0, NULL), ST_RANGE);
    cr_expect_eq(rules_add_piece(rules, 0, large, 1001, NULL), ST_RANGE);
    cr_expect_eq(rules_add_piece(rules, 0, bytes, 600, NULL), ST_OK);
    cr_expect_eq(rules_add_piece(rules, 0, bytes, 600, NULL), ST_CONFLICT, "twice");
    cr_expect_eq(rules_add_piece(rules, 600, bytes, 401, NULL), ST_RANGE);
    cr_assert_eq(rules_find(rules, RULES_FETCHING, &found, NULL), ST_OK);
    cr_expect_eq(found.have_bytes, 600);
    entry.total_bytes = 0;
    cr_expect_eq(rules_begin(rules, &entry, 1, NULL), ST_RANGE);
    entry.total_bytes = (int64_t)RULES_BUNDLE_BYTES_MAX + 1;
    cr_expect_eq(rules_begin(rules, &entry, 1, NULL), ST_RANGE);
    memset(large, 'x', RULES_MANIFEST_BYTES_MAX + 1);
    large[RULES_MANIFEST_BYTES_MAX + 1] = '\0';
    entry.total_bytes = 2 * RULES_PIECE_BYTES_MAX;
    entry.manifest = large;
    cr_expect_eq(rules_begin(rules, &entry, 1, NULL), ST_RANGE);
    large[RULES_MANIFEST_BYTES_MAX] = '\0';
    cr_expect_eq(rules_begin(rules, &entry, 1, NULL), ST_OK, "another length begins anew");
    cr_expect_eq(rules_add_piece(rules, 0, large, RULES_PIECE_BYTES_MAX + 1, NULL), ST_RANGE);
    cr_expect_eq(rules_add_piece(rules, 0, large, RULES_PIECE_BYTES_MAX, NULL), ST_OK);
    free(bytes);
    rules_close(rules);
}

Test(rules, another_file_replaces_the_one_being_fetched_and_drop_forgets)
{
    struct rules *rules = open_rules(":memory:", NULL);
    struct rules_entry one, two, found;
    char *first = make_bundle(1, 1000, &one), *second = make_bundle(2, 1000, &two);

    bring_in(rules, 7, 500);
    cr_assert_eq(rules_begin(rules, &one, 1, NULL), ST_OK);
    fetch(rules, first, &one, 0, 500);
    cr_assert_eq(rules_begin(rules, &two, 1, NULL), ST_OK);
    cr_assert_eq(rules_find(rules, RULES_FETCHING, &found, NULL), ST_OK);
    cr_expect_eq(found.version, 2);
    cr_expect_eq(found.have_bytes, 0);
    fetch(rules, second, &two, 0, 1000);
    cr_assert_eq(rules_stage(rules, NULL), ST_OK);
    cr_assert_eq(rules_begin(rules, &one, 1, NULL), ST_OK);
    cr_expect_eq(version_in(rules, RULES_STAGED), 2, "fetching leaves what is staged");
    cr_assert_eq(rules_drop(rules, NULL), ST_OK);
    cr_expect_eq(version_in(rules, RULES_STAGED), 0);
    cr_expect_eq(version_in(rules, RULES_FETCHING), 0);
    cr_expect_eq(version_in(rules, RULES_ACTIVE), 7);
    cr_expect_eq(rules_stage(rules, NULL), ST_NOT_FOUND);
    free(first);
    free(second);
    rules_close(rules);
}

Test(rules, the_previous_bundle_may_be_fetched_again)
{
    struct rules *rules = open_rules(":memory:", NULL);

    bring_in(rules, 1, 500);
    bring_in(rules, 2, 500);
    bring_in(rules, 1, 500);
    cr_expect_eq(version_in(rules, RULES_ACTIVE), 1);
    cr_expect_eq(version_in(rules, RULES_PREVIOUS), 2);
    rules_close(rules);
}

Test(rules, bytes_that_do_not_have_the_hash_are_not_staged)
{
    struct rules *rules = open_rules(":memory:", NULL);
    struct rules_entry entry;
    struct errmsg err = ERRMSG_INIT;
    char *bytes = make_bundle(1, 1000, &entry);

    bytes[500] ^= 1;
    cr_assert_eq(rules_begin(rules, &entry, 1, NULL), ST_OK);
    fetch(rules, bytes, &entry, 0, 1000);
    cr_expect_eq(rules_stage(rules, &err), ST_CORRUPT);
    cr_expect(strstr(err.text, "do not have its hash"), "%s", err.text);
    cr_expect_eq(version_in(rules, RULES_STAGED), 0);
    free(bytes);
    rules_close(rules);
}

Test(rules, a_damaged_file_is_put_aside_and_a_newer_one_refused)
{
    struct rules *rules = open_rules(path_in("rules.db"), NULL);
    static const char garbage[5000] = "not a database at all";
    struct errmsg err = ERRMSG_INIT;
    bool rebuilt = true;
    sqlite3 *db = NULL;

    bring_in(rules, 1, 50000);
    rules_close(rules);
    rules_close(open_rules(path_in("rules.db"), &rebuilt));
    cr_expect(!rebuilt);
    file_damage(path_in("rules.db"), 0, garbage, sizeof garbage);
    rules = open_rules(path_in("rules.db"), &rebuilt);
    cr_expect(rebuilt);
    cr_expect_eq(version_in(rules, RULES_ACTIVE), 0);
    cr_expect_eq(count_files("rules.db.damaged-1790000000000"), 1);
    bring_in(rules, 2, 50000);
    rules_close(rules);
    cr_assert_eq(sqlite3_open(path_in("rules.db"), &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    cr_expect_eq(rules_open(path_in("rules.db"), 1, &rules, &rebuilt, &err), ST_UNSUPPORTED);
    cr_expect(strstr(err.text, "newer version"), "%s", err.text);
}

Test(rules, a_full_disk_changes_nothing_and_the_fetch_goes_on_later)
{
    struct rules *rules;
    struct rules_entry entry, found;
    char *bytes = make_bundle(4, 100000, &entry);

    disk_install();
    rules = open_rules(path_in("rules.db"), NULL);
    bring_in(rules, 3, 100000);
    cr_assert_eq(rules_begin(rules, &entry, 1, NULL), ST_OK);
    fetch(rules, bytes, &entry, 0, 65536);
    disk_fail(DISK_FULL, "-wal", 1, true);
    cr_expect_eq(rules_add_piece(rules, 65536, bytes + 65536, 100000 - 65536, NULL), ST_FULL);
    disk_heal();
    cr_assert_eq(rules_find(rules, RULES_FETCHING, &found, NULL), ST_OK);
    cr_expect_eq(found.have_bytes, 65536);
    fetch(rules, bytes, &entry, 65536, 100000);
    cr_assert_eq(rules_stage(rules, NULL), ST_OK);
    disk_fail(DISK_FULL, "-wal", 1, true);
    cr_expect_eq(rules_activate(rules, NULL), ST_FULL);
    disk_heal();
    cr_expect_eq(version_in(rules, RULES_ACTIVE), 3);
    cr_expect_eq(version_in(rules, RULES_STAGED), 4);
    cr_expect_eq(rules_activate(rules, NULL), ST_OK);
    cr_expect_eq(version_in(rules, RULES_PREVIOUS), 3);
    free(bytes);
    rules_close(rules);
}
