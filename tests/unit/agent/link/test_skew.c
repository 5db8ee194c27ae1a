/* SPDX-License-Identifier: Apache-2.0 */
/* Centrals and couriers of the first release, and of one to come, beside today's till: tests/skew. */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "tests/skew/shape.h"

#include <criterion/criterion.h>

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;

static void begin(void)
{
    rig_begin(&rig, false);
}

static void end(void)
{
    rig_end(&rig);
}

TestSuite(skew, .init = begin, .fini = end, .timeout = 60);

static void is_taken(struct cJSON *updates)
{
    char *text = cJSON_PrintUnformatted(updates);
    struct cache_member member = {0};
    struct question q = rig_take(&rig, OP_UPDATES);

    rig_answer(&rig, &q, 200, text);
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES); /* the next: all rows of the one before are in */
    cr_assert_eq(cache_member_by_id(rig.world.cache, "M1", &member, NULL), ST_OK);
    cache_member_clear(&member);
    question_clear(&q);
    cJSON_free(text);
}

Test(skew, an_old_central_tells_less_and_is_understood)
{
    struct cJSON *then = shape_load_json("updates.answer.json");

    rig_connect(&rig);
    is_taken(then);
    json_free(then);
}

/* Signed by keys that are not ours: no reason to leave the rows out. */
Test(skew, what_a_central_signs_is_beside_its_rows)
{
    struct cJSON *then = shape_load_json("updates.signed.json");

    shape_add_unknown(then);
    rig_connect(&rig);
    is_taken(then);
    json_free(then);
}

Test(skew, a_central_of_tomorrow_tells_more_and_is_understood)
{
    struct cJSON *then = shape_load_json("updates.answer.json");

    shape_add_unknown(then);
    rig_connect(&rig);
    is_taken(then);
    json_free(then);
}

/* What an old central acks, and what one of tomorrow says besides. */
Test(skew, acks_of_an_old_central_and_of_one_to_come_count)
{
    struct cJSON *then = shape_load_json("journal.answer.json");
    char hex[SHA256_TEXT], epoch[17], *text;
    struct journal_head head;
    struct question q;

    rig_connect(&rig);
    rig_sell(&rig, "A-1");
    q = rig_take(&rig, OP_JOURNAL);
    journal_head(rig.world.journal, &head);
    hex_from_u64(head.epoch, epoch);
    hex_encode(head.hash, sizeof head.hash, hex);
    cJSON_ReplaceItemInObject(then, "epoch", cJSON_CreateString(epoch));
    cJSON_ReplaceItemInObject(then, "hash", cJSON_CreateString(hex));
    cJSON_ReplaceItemInObject(then, "acked", cJSON_CreateNumber((double)head.seq));
    shape_add_unknown(then);
    text = cJSON_PrintUnformatted(then);
    rig_answer(&rig, &q, 200, text);
    question_clear(&q);
    for (int i = 0; i < 1000 && journal_acked_position(rig.world.journal) < head.position; i++)
        rig_turn(&rig);
    cr_expect_eq(journal_acked_position(rig.world.journal), head.position);
    cJSON_free(text);
    json_free(then);
}

Test(skew, the_hello_has_all_that_an_old_courier_looks_for)
{
    struct cJSON *then = shape_load_json("frame.hello.loyald.json"), *now = NULL;

    rig_connect(&rig);
    for (int i = 0; i < 1000 && rig.hello[0] == '\0'; i++)
        rig_turn(&rig);
    cr_assert_eq(json_parse(rig.hello, strlen(rig.hello), sizeof rig.hello, &now, NULL), ST_OK, "%s", rig.hello);
    cr_expect(shape_has_all(now, then, "hello"));
    json_free(now);
    json_free(then);
}

Test(skew, a_courier_of_tomorrow_says_more_and_is_understood)
{
    struct cJSON *hello = shape_load_json("frame.hello.sync.json");
    struct question q;
    char *text;

    shape_add_unknown(hello);
    cJSON_ReplaceItemInObject(hello, "dev", cJSON_CreateString(""));
    text = cJSON_PrintUnformatted(hello);
    rig.fd = rig_dial(&rig);
    rig_say(&rig, text, 0, NULL, 0);
    q = rig_take(&rig, OP_UPDATES);
    question_clear(&q);
    cJSON_free(text);
    json_free(hello);
}
