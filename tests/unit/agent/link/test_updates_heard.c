/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer says of this till itself. */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>

static struct rig rig;

static void begin(void)
{
    rig_begin(&rig, true);
    rig_connect(&rig);
}

static void end(void)
{
    rig_end(&rig);
}

TestSuite(updates_heard, .init = begin, .fini = end, .timeout = 60);

/* ---- a central put back from a backup ---- */

/* It has forgotten the lease: the till says so by a record before the reload takes the lease away. */
Test(updates_heard, a_central_put_back_is_told_what_may_be_spent_here)
{
    struct question q = rig_put(&rig, "{\"cursor\":\"aa.1\",\"incarnation\":\"00000000000000aa\",\"more\":false,\"leases\":[{\"id\":"
                            "\"L1\",\"member\":\"M1\",\"currency\":\"bonus\",\"granted\":600,\"used\":100,"
                            "\"expires_unix_ms\":4000000000000,\"epoch\":\"0000000000000001\",\"seq\":0}]}");
    const struct cJSON *one;
    struct cJSON *body;

    cr_expect_eq(world_count(&rig.world, "holdings"), 0, "the first that is heard of is no other");
    rig_answer(&rig, &q, 200,
               "{\"cursor\":\"bb.1\",\"incarnation\":\"00000000000000bb\",\"more\":false,\"reload\":true,\"members\":[]}");
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    body = world_last(&rig.world, "holdings");
    cr_assert_not_null(body);
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(body, "incarnation")), "00000000000000bb");
    one = cJSON_GetArrayItem(cJSON_GetObjectItem(body, "leases"), 0);
    cr_assert_not_null(one);
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(one, "id")), "L1");
    cr_expect_eq(cJSON_GetNumberValue(cJSON_GetObjectItem(one, "granted")), 600);
    cr_expect_eq(cJSON_GetNumberValue(cJSON_GetObjectItem(one, "used")), 100);
    json_free(body);
    rig_answer(&rig, &q, 200, "{\"cursor\":\"bb.2\",\"incarnation\":\"00000000000000bb\",\"more\":false}");
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_eq(world_count(&rig.world, "holdings"), 1, "once");
    question_clear(&q);
}

/* ---- what the central counts ---- */

static void say_counted(struct question *q, int64_t seq, const char *incarnation, const char *rest)
{
    static int answers;
    struct journal_head head;
    char body[256];

    journal_head(rig.world.journal, &head);
    (void)snprintf(body, sizeof body,
                   "{\"cursor\":\"c%d\",\"incarnation\":\"%s\",\"counted\":{\"epoch\":\"%016" PRIx64
                   "\",\"seq\":%" PRId64 "}%s}",
                   ++answers, incarnation, head.epoch, seq, rest);
    rig_answer(&rig, q, 200, body);
    question_clear(q);
    *q = rig_take(&rig, OP_UPDATES);
}

Test(updates_heard, what_is_counted_is_kept_and_goes_down_only_with_another_central)
{
    struct journal *journal = rig.world.journal;
    struct question q = rig_take(&rig, OP_UPDATES);

    rig_sell(&rig, "S1");
    rig_sell(&rig, "S2");
    say_counted(&q, 2, "a", "");
    cr_expect_eq(journal_counted_position(journal), 2);
    say_counted(&q, 0, "a", ",\"more\":true");
    cr_expect_eq(journal_counted_position(journal), 2, "0 only says that more is to come");
    say_counted(&q, 77, "a", "");
    cr_expect_eq(journal_counted_position(journal), 2, "what is not here cannot be counted");
    say_counted(&q, 0, "b", "");
    cr_expect_eq(journal_counted_position(journal), 0, "a central put back counts what it says");
    question_clear(&q);
}

/* ---- another life of this till ---- */

static bool see_lease(void *context, const struct cache_lease *lease)
{
    *(int64_t *)context += lease->granted;
    return true;
}

/* What the cache has of a lease after an answer with that ack and so much of it. */
static int64_t leased_after(struct question *q, int64_t seq, const uint8_t hash[SHA256_BYTES], int64_t granted)
{
    struct strbuf body = STRBUF_INIT(4096);
    char hex[2 * SHA256_BYTES + 1];
    int64_t kept = 0;

    hex_encode(hash, SHA256_BYTES, hex);
    strbuf_printf(&body,
                  "{\"cursor\":\"aa.%" PRId64 "\",\"acked\":{\"epoch\":\"%016" PRIx64 "\",\"seq\":%" PRId64
                  ",\"hash\":\"%s\"},\"leases\":[{\"id\":\"L1\",\"member\":\"M1\",\"currency\":\"bonus\",\"granted\":"
                  "%" PRId64 ",\"used\":0,\"expires_unix_ms\":4000000000000,\"epoch\":\"%016" PRIx64 "\",\"seq\":%" PRId64 "}]}",
                  seq, rig.world.identity.epoch, seq, hex, granted, rig.world.identity.epoch, seq);
    rig_answer(&rig, q, 200, body.data);
    question_clear(q);
    *q = rig_take(&rig, OP_UPDATES);
    cr_assert_eq(cache_each_lease(rig.world.cache, "M1", rig_position_of, rig.world.journal, see_lease, &kept, NULL),
                 ST_OK);
    strbuf_free(&body);
    return kept;
}

Test(updates_heard, leases_that_count_what_another_life_of_the_till_spent_are_left_out)
{
    static const uint8_t foreign[SHA256_BYTES] = {1};
    uint8_t ours[SHA256_BYTES];
    struct question q = rig_take(&rig, OP_UPDATES);

    rig_sell(&rig, "S1");
    rig_sell(&rig, "S2");
    cr_assert_eq(journal_hash_at(rig.world.journal, 1, ours, NULL), ST_OK);
    cr_expect_eq(leased_after(&q, 1, ours, 40), 40, "our own");
    cr_expect_eq(leased_after(&q, 9, foreign, 50), 40, "a record we never wrote");
    cr_expect_eq(leased_after(&q, 1, foreign, 60), 40, "another record than ours");
    question_clear(&q);
}
