/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_cache - cache.db with a chain's members: how large, how long to load, how long a look-up, beside a bare table
 * of the same keys and values in the same run; and totals, uses and rebuilding over a long journal.
 *
 *   bench_cache [FOLDER] [MEMBERS] [RECORDS]     default: a new folder under /var/tmp, 1,000,000 and 1,000,000;
 *                                                with LOYALD_KEEP set cache.db stays, for tests/bench/till.py
 *
 * "cold" drops the file from the system's memory before each look-up (posix_fadvise).
 */
#include "agent/base/clock.h"
#include "agent/db/cache.h"
#include "tests/bench/bench_slices.h"

#include <sqlite3.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is looked up is looked up in so many passes, one after the other, and each look-up's best counts: the rest is
 * the machine's. */
enum { CHANGES = 100000, LOOKS = 20000, COLD_LOOKS = 300, PROMOTIONS = 200, PASSES = 5 };

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "bench_cache: %s\n", what);
    exit(1);
}

/* The keys of a full load come in their own order; a hash is spread like the real ones. */
static void key_of(uint64_t n, uint8_t out[IDENTIFIER_HASH_BYTES])
{
    uint64_t a = n * UINT64_C(0x9e3779b97f4a7c15), b = (n ^ 0x55) * UINT64_C(0xc2b2ae3d27d4eb4f);

    memcpy(out, &a, 8);
    memcpy(out + 8, &b, 8);
}

static void profile_of(uint64_t n, char out[160])
{
    (void)snprintf(out, 160,
                   "{\"state\":\"active\",\"tier\":\"gold\",\"balances\":{\"bonus\":%" PRIu64
                   "},\"segments\":[],\"usage\":{}}",
                   n % 100000);
}

static int64_t file_bytes(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
}

static void drop_from_memory(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        (void)close(fd);
    }
}

/* ---- the members ---- */

static void put_member(struct cache *cache, uint64_t n, uint64_t balance)
{
    uint8_t hash[1][IDENTIFIER_HASH_BYTES];
    char id[24], profile[160];

    (void)snprintf(id, sizeof id, "M%09" PRIu64, n);
    profile_of(balance, profile);
    key_of(n, hash[0]);
    must(cache_put_member(cache, id, profile, (const uint8_t(*)[IDENTIFIER_HASH_BYTES])hash, 1, 1, 1, NULL) == ST_OK,
         "a member cannot be put");
}

static void put_in_order(struct cache *cache, void *from)
{
    uint64_t *at = from;

    put_member(cache, *at, *at);
    (*at)++;
}

struct scatter {
    uint64_t at, members;
};

static void put_scattered(struct cache *cache, void *from)
{
    struct scatter *scatter = from;

    put_member(cache, scatter->at * UINT64_C(7919) * 104729 % scatter->members, scatter->at);
    scatter->at++;
}

static void load(struct cache *cache, const char *floor_path, uint64_t members)
{
    struct bench_slices turns;
    uint64_t at = 0;

    bench_slices_init(&turns, members + 1, floor_path);
    for (uint64_t left = members; left > 0;)
        left -= bench_slices_put(&turns, cache, left, put_in_order, &at);
    (void)printf("load of %" PRIu64 " members in the order of their keys: %.1f s of work\n", members,
                 (double)turns.work_ns / 1e9);
    bench_slices_say(&turns);
}

/* As a day's changes come: here and there, each an older member. */
static void change(struct cache *cache, const char *floor_path, uint64_t members)
{
    struct scatter scatter = {0, members};
    struct bench_slices turns;

    bench_slices_init(&turns, CHANGES + 1, floor_path);
    for (uint64_t left = CHANGES; left > 0;)
        left -= bench_slices_put(&turns, cache, left, put_scattered, &scatter);
    (void)printf("%d changes of members here and there: %.1f s of work\n", CHANGES, (double)turns.work_ns / 1e9);
    bench_slices_say(&turns);
}

static int64_t look_up(struct cache *cache, uint64_t n)
{
    struct cache_member member = {0};
    uint8_t hash[IDENTIFIER_HASH_BYTES];
    int64_t began = clock_measure_ns(), took;

    key_of(n, hash);
    must(cache_find_member(cache, hash, &member, NULL) == ST_OK, "a member is not found");
    took = clock_measure_ns() - began;
    cache_member_clear(&member);
    return took;
}

/* ---- the floor: two bare tables, two prepared statements ---- */

struct bare {
    sqlite3 *db;
    sqlite3_stmt *card, *member;
};

static void bare_load(struct bare *bare, const char *path, uint64_t members)
{
    sqlite3_stmt *put_card, *put_member;

    must(sqlite3_open(path, &bare->db) == SQLITE_OK, "the bare file cannot be made");
    must(sqlite3_exec(
             bare->db,
             "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE c"
             " (h BLOB PRIMARY KEY, m TEXT) WITHOUT ROWID; CREATE TABLE m (id TEXT PRIMARY KEY, p TEXT)"
             " WITHOUT ROWID; BEGIN",
             NULL, NULL, NULL) == SQLITE_OK,
         "the bare tables cannot be made");
    must(sqlite3_prepare_v2(bare->db, "INSERT INTO c VALUES (?1, ?2)", -1, &put_card, NULL) == SQLITE_OK &&
             sqlite3_prepare_v2(bare->db, "INSERT INTO m VALUES (?1, ?2)", -1, &put_member, NULL) == SQLITE_OK,
         "prepare");
    for (uint64_t n = 0; n < members; n++) {
        uint8_t hash[IDENTIFIER_HASH_BYTES];
        char id[24], profile[160];

        (void)snprintf(id, sizeof id, "M%09" PRIu64, n);
        profile_of(n, profile);
        key_of(n, hash);
        (void)sqlite3_bind_blob(put_card, 1, hash, sizeof hash, SQLITE_STATIC);
        (void)sqlite3_bind_text(put_card, 2, id, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(put_member, 1, id, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(put_member, 2, profile, -1, SQLITE_STATIC);
        must(sqlite3_step(put_card) == SQLITE_DONE && sqlite3_step(put_member) == SQLITE_DONE, "insert");
        (void)sqlite3_reset(put_card);
        (void)sqlite3_reset(put_member);
    }
    (void)sqlite3_finalize(put_card);
    (void)sqlite3_finalize(put_member);
    must(sqlite3_exec(bare->db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK, "commit");
    must(sqlite3_prepare_v2(bare->db, "SELECT m FROM c WHERE h = ?1", -1, &bare->card, NULL) == SQLITE_OK &&
             sqlite3_prepare_v2(bare->db, "SELECT p FROM m WHERE id = ?1", -1, &bare->member, NULL) == SQLITE_OK,
         "prepare");
}

static int64_t bare_look_up(struct bare *bare, uint64_t n)
{
    uint8_t hash[IDENTIFIER_HASH_BYTES];
    char profile[200];
    int64_t began = clock_measure_ns(), took;

    key_of(n, hash);
    (void)sqlite3_bind_blob(bare->card, 1, hash, sizeof hash, SQLITE_STATIC);
    must(sqlite3_step(bare->card) == SQLITE_ROW, "bare card");
    (void)sqlite3_bind_text(bare->member, 1, (const char *)sqlite3_column_text(bare->card, 0), -1, SQLITE_TRANSIENT);
    must(sqlite3_step(bare->member) == SQLITE_ROW, "bare member");
    (void)snprintf(profile, sizeof profile, "%s", (const char *)sqlite3_column_text(bare->member, 0));
    (void)sqlite3_reset(bare->card);
    (void)sqlite3_reset(bare->member);
    took = clock_measure_ns() - began;
    return took;
}

static void look_ups(struct cache *cache, const char *cache_path, struct bare *bare, const char *bare_path,
                     uint64_t members, bool cold)
{
    static int64_t ours[LOOKS], floor_ns[LOOKS];
    size_t count = cold ? COLD_LOOKS : LOOKS;

    for (size_t k = 0; k < count * PASSES; k++) {
        size_t i = k % count;
        uint64_t n = i * UINT64_C(7919) * 104729 % members;
        int64_t took;

        if (cold) {
            (void)sqlite3_db_release_memory(bare->db);
            drop_from_memory(cache_path);
            drop_from_memory(bare_path);
        }
        took = look_up(cache, n);
        ours[i] = k < count || took < ours[i] ? took : ours[i];
        took = bare_look_up(bare, n);
        floor_ns[i] = k < count || took < floor_ns[i] ? took : floor_ns[i];
    }
    (void)printf("look-up by card, %s\n", cold ? "file not in memory" : "file in memory");
    bench_say("cache_find_member", ours, count);
    bench_say("bare: two prepared statements", floor_ns, count);
    (void)printf("  ratio                              p50 %8.2f   , p99 %8.2f\n",
                 (double)ours[count / 2] / (double)floor_ns[count / 2],
                 (double)ours[count * 99 / 100] / (double)floor_ns[count * 99 / 100]);
}

/* ---- a long journal ---- */

static int64_t no_position(void *context, uint64_t epoch, int64_t seq)
{
    (void)context;
    (void)epoch;
    (void)seq;
    return 0;
}

static bool count_use(void *context, const char *promotion, int64_t uses)
{
    (void)promotion;
    *(int64_t *)context += uses;
    return true;
}

static bool count_total(void *context, int32_t day, const char *shift, const char *name, int64_t amount)
{
    (void)day;
    (void)shift;
    (void)name;
    *(int64_t *)context += amount;
    return true;
}

static void long_journal(struct cache *cache, int64_t records)
{
    int64_t began = clock_measure_ns(), sum = 0, position = 0, took;
    char promotion[32], member[32], sale[32];
    int64_t slices = 0;
    bool full = true;

    for (int64_t at = 1; at <= records; at++) {
        const struct cache_effect effects[] = {{EFFECT_POINTS, member, "bonus", 1, (int32_t)(at / 1000)},
                                               {EFFECT_FIGURE, "", "sales", 1, (int32_t)(at / 1000)},
                                               {EFFECT_FIGURE, "", "net", 100, (int32_t)(at / 1000)},
                                               {EFFECT_USE, "", promotion, 1, (int32_t)(at / 1000)}};

        if (full)
            must(cache_begin(cache, NULL) == ST_OK, "begin");
        (void)snprintf(promotion, sizeof promotion, "promotion-%d", (int)(at % PROMOTIONS));
        (void)snprintf(member, sizeof member, "M%09d", (int)(at * 7919 % 1000000));
        (void)snprintf(sale, sizeof sale, "S%" PRId64, at);
        must(cache_project(cache, at, sale, effects, 4, NULL) == ST_OK, "project");
        full = cache_slice_is_full(cache) || at == records;
        if (!full)
            continue;
        slices++;
        must(cache_commit(cache, NULL) == ST_OK, "commit");
        while (cache_wal_is_due(cache))
            must(cache_checkpoint(cache, NULL) == ST_OK, "the WAL cannot be moved");
    }
    took = clock_measure_ns() - began;
    (void)printf("%" PRId64 " records projected in %" PRId64 " slices: %.1f s, %.0f us each\n", records, slices,
                 (double)took / 1e9, (double)took / 1e3 / (double)records);
    began = clock_measure_ns();
    must(cache_each_total(cache, INT32_MIN, INT32_MAX, count_total, &sum, NULL) == ST_OK, "totals");
    (void)printf("  totals of %" PRId64 " days               %8.1f us\n", records / 1000,
                 (double)(clock_measure_ns() - began) / 1e3);
    began = clock_measure_ns();
    sum = 0;
    must(cache_each_usage(cache, no_position, NULL, count_use, &sum, NULL) == ST_OK && sum == records, "uses");
    (void)printf("  own uses of %d promotions         %8.1f us\n", PROMOTIONS,
                 (double)(clock_measure_ns() - began) / 1e3);
    began = clock_measure_ns();
    must(cache_find_sale(cache, "S77", &position, NULL) == ST_OK && position == 77, "an old sale");
    (void)printf("  an old sale by its id              %8.1f us\n", (double)(clock_measure_ns() - began) / 1e3);
}

int main(int argc, char **argv)
{
    char made[] = "/var/tmp/bench_cache-XXXXXX", cache_path[300], bare_path[300], floor_path[300];
    const char *folder = argc > 1 ? argv[1] : mkdtemp(made);
    uint64_t members = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    int64_t records = argc > 3 ? strtoll(argv[3], NULL, 10) : 1000000;
    struct cache *cache = NULL;
    struct bare bare = {0};
    bool rebuilt;

    must(folder && members > 0, "usage: bench_cache [FOLDER] [MEMBERS] [RECORDS]");
    (void)snprintf(cache_path, sizeof cache_path, "%s/cache.db", folder);
    (void)snprintf(bare_path, sizeof bare_path, "%s/bare.db", folder);
    (void)snprintf(floor_path, sizeof floor_path, "%s/floor", folder);
    must(cache_open(cache_path, 1, &cache, &rebuilt, NULL) == ST_OK && rebuilt, "the folder holds a cache already");
    load(cache, floor_path, members);
    (void)printf("  cache.db %.0f MB\n", (double)file_bytes(cache_path) / 1e6);
    change(cache, floor_path, members);
    bare_load(&bare, bare_path, members);
    look_ups(cache, cache_path, &bare, bare_path, members, false);
    look_ups(cache, cache_path, &bare, bare_path, members, true);
    (void)sqlite3_finalize(bare.card);
    (void)sqlite3_finalize(bare.member);
    (void)sqlite3_close(bare.db);
    (void)unlink(bare_path);
    (void)unlink(floor_path);
    if (records > 0)
        long_journal(cache, records);
    (void)printf("  cache.db %.0f MB\n", (double)file_bytes(cache_path) / 1e6);
    cache_close(cache);
    if (getenv("LOYALD_KEEP"))
        return 0;
    (void)unlink(cache_path);
    if (argc < 2)
        (void)rmdir(folder);
    return 0;
}
