/* SPDX-License-Identifier: Apache-2.0 */
/* What the till does to its files while nobody waits: none of it may change what is shown. */
#include "world_points.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/db/sqlite.h"
#include "agent/net/loop.h"
#include "agent/till/till_internal.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

static struct world world;

static void begin(void)
{
    world_begin_in_folder(&world);
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(upkeep, .init = begin, .fini = end, .timeout = 60);

static enum problem sell(const char *sale, bool card)
{
    cr_assert_eq(world_do(&world, "put", sale, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    if (card)
        world_scan(&world, WORLD_CARD);
    return world_do(&world, "commit", sale, "{}", NULL);
}

static int64_t shown_balance(void)
{
    static int asked;
    char sale[32];
    int64_t value;

    (void)snprintf(sale, sizeof sale, "asked-%d", ++asked);
    value = world_shown_balance(&world, sale);
    cr_assert_eq(world_do(&world, "void", sale, "{}", NULL), PROBLEM_NONE);
    return value;
}

static void tell(int64_t acked, int64_t counted)
{
    struct journal_head head;
    uint8_t hash[SHA256_BYTES];

    journal_head(world.journal, &head);
    cr_assert_eq(journal_hash_at(world.journal, acked, hash, NULL), ST_OK);
    cr_assert_eq(journal_set_acked(world.journal, head.epoch, acked, hash, NULL), ST_OK);
    cr_assert_eq(journal_set_counted(world.journal, head.epoch, counted, world.time.wall_ms, NULL), ST_OK);
}

static int64_t total(const char *name)
{
    struct strbuf text = STRBUF_INIT(65536);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct cJSON *root = NULL;
    int64_t value = -1;

    cr_assert_eq(till_write_totals(world.till, &w, NULL), ST_OK);
    cr_assert_eq(json_parse(text.data, text.len, text.len, &root, NULL), ST_OK);
    (void)json_int(root, name, 0, JSON_INT_MAX, &value, NULL);
    json_free(root);
    strbuf_free(&text);
    return value;
}

/* The mutant "pruned before it is counted" would show 150 here: the row has not the last two sales. */
Test(upkeep, old_records_go_and_the_balance_stays)
{
    int64_t records;

    world_rules(&world, WORLD_EARNING, 1);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},", 0);
    cr_assert_eq(sell("s1", true), PROBLEM_NONE);
    cr_assert_eq(sell("s2", true), PROBLEM_NONE);
    records = world_records(&world);
    cr_assert_eq(sell("s3", true), PROBLEM_NONE);
    cr_assert_eq(sell("s4", true), PROBLEM_NONE);
    cr_expect_eq(shown_balance(), 450);
    tell(world_records(&world), records);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":250},", records);
    till_upkeep(world.till, 4);
    cr_expect_eq(journal_pruned_position(world.journal), 0, "they are not old");
    world.time.wall_ms += 15 * DAY_MS;
    till_upkeep(world.till, 4);
    cr_expect_eq(journal_pruned_position(world.journal), 0, "this till's own clock has no say");
    tell(world_records(&world), records);
    cr_assert_eq(world_do(&world, "put", "parked", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    till_upkeep(world.till, 4);
    cr_expect_eq(journal_pruned_position(world.journal), 0, "a sale that is open counts by the row it read");
    cr_assert_eq(world_do(&world, "void", "parked", "{}", NULL), PROBLEM_NONE);
    till_upkeep(world.till, 4);
    cr_expect_eq(journal_pruned_position(world.journal), records, "those that are counted, and no more");
    cr_expect_eq(shown_balance(), 450);
    cr_expect_eq(world_do(&world, "get", "s4", NULL, NULL), PROBLEM_NONE);
    world_restart(&world, true);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":250},", records);
    cr_expect_eq(shown_balance(), 450, "without the cache, too");
    cr_expect_eq(world_do(&world, "get", "s1", NULL, NULL), PROBLEM_NO_SALE);
    cr_expect_eq(world_do(&world, "get", "s4", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(sell("s5", true), PROBLEM_NONE);
    cr_expect_eq(shown_balance(), 550);
}

Test(upkeep, a_damaged_cache_is_put_aside_and_balances_and_leases_are_the_same_after_it)
{
    const struct cache_lease lease = {"L1", "M1", "bonus", 5000, 100, 1, 0xe1, 0};
    static const uint8_t garbage[4096] = {0x55, 0xaa, 3, 4};
    char path[WORLD_TEXT + 16];
    FILE *file;

    world_rules(&world, WORLD_EARNING, 1);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},", 0);
    cr_assert_eq(cache_put_lease(world.cache, &lease, NULL), ST_OK);
    cr_assert_eq(sell("s1", true), PROBLEM_NONE);
    cr_expect_eq(shown_balance(), 150);
    world_restart(&world, false); /* which brings the log into the file */
    (void)snprintf(path, sizeof path, "%s/cache.db", world.dir);
    file = fopen(path, "r+b");
    cr_assert_not_null(file);
    for (int page = 0; page < 4; page++)
        cr_assert_eq(fwrite(garbage, sizeof garbage, 1, file), 1);
    (void)fclose(file);
    (void)snprintf(path, sizeof path, "%s/cache.db-wal", world.dir);
    world_restart(&world, false);
    cr_assert_eq(cache_member_count(world.cache), 0, "it is a new one");
    cr_expect_eq(world_do(&world, "get", "s1", NULL, NULL), PROBLEM_NONE);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},", 0);
    cr_assert_eq(cache_put_lease(world.cache, &lease, NULL), ST_OK);
    cr_expect_eq(shown_balance(), 150);
    cr_expect_eq(total("sales"), 1);
}

Test(upkeep, a_long_journal_is_projected_while_the_till_sells)
{
    char sale[32];
    int64_t behind;

    for (int i = 0; i < UPKEEP_AT_ONCE / 2 + 50; i++) { /* each is a sale and a print */
        (void)snprintf(sale, sizeof sale, "s%d", i);
        cr_assert_eq(sell(sale, false), PROBLEM_NONE);
        world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    }
    world_restart(&world, true);
    behind = upkeep_behind(world.till);
    cr_assert_gt(behind, UPKEEP_AT_ONCE);
    cr_expect_eq(world_do(&world, "get", sale, NULL, NULL), PROBLEM_NONE, "a late sale is known at once");
    cr_expect_eq(world_do(&world, "put", sale, WORLD_ONE_LINE, NULL), PROBLEM_SALE_COMMITTED, "and not sold twice");
    cr_assert_eq(sell("new", false), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "commit", "new", "{}", NULL), PROBLEM_NONE);
    for (int i = 0; i < 10000 && upkeep_behind(world.till) > 0; i++)
        loop_step(world.loop, 10);
    cr_expect_eq(upkeep_behind(world.till), 0);
    cr_expect_eq(total("sales"), UPKEEP_AT_ONCE / 2 + 51);
    cr_expect_eq(total("gross_minor"), 10000 * (UPKEEP_AT_ONCE / 2 + 51));
}

/* rules.db itself is whole, the bytes of the active bundle are not: its offer, which the link repeats at a start, is
 * taken again. */
Test(upkeep, a_damaged_bundle_is_fetched_again)
{
    struct errmsg err = ERRMSG_INIT;
    char path[WORLD_TEXT + 16];
    struct sqlite db;

    world_rules(&world, WORLD_EARNING, 1);
    rules_close(world.rules);
    world.rules = NULL;
    (void)snprintf(path, sizeof path, "%s/rules.db", world.dir);
    cr_assert_eq(sqlite_open(&(struct sqlite_options){path, true, 0x4c594452}, &db, &err), ST_OK, "%s", err.text);
    cr_assert_eq(sqlite_exec(&db, "UPDATE piece SET bytes = zeroblob(length(bytes))", &err), ST_OK, "%s", err.text);
    sqlite_close(&db);
    world_restart(&world, false);
    cr_expect_eq(rule_edition_version(rulebook_active(world.rulebook)), 0, "what is damaged is not sold by");
    world_rules(&world, WORLD_EARNING, 1);
    cr_expect_eq(rule_edition_version(rulebook_active(world.rulebook)), 1);
}

Test(upkeep, shifts_part_the_totals)
{
    struct errmsg err = ERRMSG_INIT;
    static const char open[] =
        "{\"shift\":\"A\",\"state\":\"open\",\"cashier\":\"7\",\"business_date\":\"2026-11-22\"}";

    cr_assert_eq(sell("s1", false), PROBLEM_NONE);
    cr_assert_eq(till_record(world.till, "shift", open, sizeof open - 1, &err), ST_OK, "%s", err.text);
    cr_assert_eq(sell("s2", false), PROBLEM_NONE);
    cr_assert_eq(sell("s3", false), PROBLEM_NONE);
    world_restart(&world, true);
    cr_expect_eq(total("sales"), 3);
}
