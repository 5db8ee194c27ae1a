/* SPDX-License-Identifier: Apache-2.0 */
/* Phone numbers, which are typed. */
#include "scan_scene.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "tests/support/app_code_maker.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <string.h>

#define PHONE "+79991234567"
#define TELEPHONE                                                                                                    \
    ",\"codes\":[{\"kind\":\"member\",\"prefix\":\"29\",\"length\":13},{\"kind\":\"phone\",\"country\":\"7\"}]"

static void give_phone(const char *id, const char *phone)
{
    uint8_t hash[1][IDENTIFIER_HASH_BYTES];

    identity_hash(&world.identity, "phone", phone, hash[0]);
    cr_assert_eq(cache_put_member(world.cache, id, "{\"tier\":\"gold\",\"balances\":{\"bonus\":900}}",
                                  (const uint8_t(*)[IDENTIFIER_HASH_BYTES])hash, 1, 0xe1, 0, NULL),
                 ST_OK);
}

Test(scan, of_a_typed_phone_finds_its_member_however_it_is_written)
{
    static const char *const written[] = {"+7 (999) 123-45-67", "8 999 123 45 67", "9991234567", "007 999 1234567"};

    scan_rules(RULES("\"texts\":{}" TELEPHONE));
    give_phone("M3", PHONE);
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        cr_assert_eq(world_do(&world, "put", "s2",
                              "{\"phone\":\"\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
                              "\"unit_price_minor\":10000}]}",
                              NULL),
                     PROBLEM_NONE);
        cr_assert_eq(world_int(&world, "s2", "total_minor"), 10000, "taken off again");
        cr_expect_str_eq(scan_typed(written[i], "kind"), "phone", "%s", written[i]);
        cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "%s", written[i]);
    }
    cr_expect_eq(world_count(&world, "keyed_entry"), 4);
}

Test(scan, of_a_phone_by_a_scanner_is_none)
{
    scan_rules(RULES("\"texts\":{}" TELEPHONE));
    give_phone("M3", PHONE);
    scan_as("]E0", "9991234567");
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000);
}

Test(scan, of_a_phone_without_a_country_in_the_rules_wants_it_typed)
{
    give_phone("M3", PHONE);
    cr_expect_str_eq(scan_typed("9991234567", "kind"), "code", "it may be an item's");
    cr_expect_str_eq(scan_typed(PHONE, "kind"), "phone");
    cr_expect(world_has_notice(&world, "s1", "L-316") == false && !world_has_notice(&world, "s1", "L-301"));
}

Test(scan, of_a_phone_nobody_has_is_asked_of_the_central_and_said)
{
    cr_expect_str_eq(scan_typed("+79990000000", "kind"), "phone");
    cr_assert_eq(world.questions, 1);
    cr_expect(world_has_notice(&world, "s1", "L-302"));
    world.member_answer(world.member_context, true, NULL, 0);
    cr_expect(world_has_notice(&world, "s1", "L-316"), "its own words, not those of a card");
    cr_expect_not(world_has_notice(&world, "s1", "L-301"));
}

Test(scan, of_a_phone_waits_for_its_sale_like_a_card)
{
    give_phone("M3", PHONE);
    cr_assert_eq(world_do(&world, "void", "s1", "{}", NULL), PROBLEM_NONE);
    cr_expect_str_eq(scan_typed(PHONE, "notice"), "L-310");
    cr_assert_eq(world_do(&world, "put", "s3", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s3", "{}", NULL), PROBLEM_NONE);
    {
        struct cJSON *body = world_last(&world, "sale"), *keyed = world_last(&world, "keyed_entry");
        char *text = cJSON_PrintUnformatted(body);

        cr_assert_not_null(keyed);
        cr_expect_str_eq(cJSON_GetObjectItem(keyed, "what")->valuestring, "phone");
        cr_expect_str_eq(cJSON_GetObjectItem(keyed, "identifier")->valuestring,
                         cJSON_GetObjectItem(body, "identifier")->valuestring, "the central finds the member by it");
        cr_expect_str_eq(cJSON_GetObjectItem(body, "entry")->valuestring, "keyed");
        cr_expect_null(strstr(text, "9991234567"), "the journal holds no number");
        cJSON_free(text);
        json_free(body);
        json_free(keyed);
    }
}

Test(scan, of_the_phone_of_the_member_whose_card_is_there_leaves_the_card)
{
    uint8_t hashes[2][IDENTIFIER_HASH_BYTES];

    identity_hash(&world.identity, "card", CARD, hashes[0]);
    identity_hash(&world.identity, "phone", PHONE, hashes[1]);
    cr_assert_eq(
        cache_put_member(world.cache, "M1", "{}", (const uint8_t(*)[IDENTIFIER_HASH_BYTES])hashes, 2, 0xe1, 0, NULL),
        ST_OK);
    scan_as("]E0", CARD);
    cr_expect_str_eq(scan_typed(PHONE, "kind"), "phone");
    cr_expect(world_has_notice(&world, "s1", "L-307"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "keyed_entry"), 0, "it goes by the card");
}

Test(scan, put_with_a_phone_that_is_none_names_the_field_and_not_the_number)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct errmsg err = ERRMSG_INIT;
    const char *body = "{\"phone\":\"12345\",\"lines\":[]}",
               *both = "{\"phone\":\"+79991234567\",\"card\":\"2900000000018\",\"lines\":[]}";

    cr_expect_eq(till_put_sale(world.till, "s1", body, strlen(body), &out, &err), PROBLEM_BAD_FIELD);
    cr_expect(strstr(err.text, "/phone") && !strstr(err.text, "12345"), "%s", err.text);
    cr_expect_eq(till_put_sale(world.till, "s1", both, strlen(both), &out, &err), PROBLEM_BAD_FIELD);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000, "nothing changed");
    strbuf_free(&out);
}
