/* SPDX-License-Identifier: Apache-2.0 */
/* Who a card or phone number is of, without a sale. */
#include "shop.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#define LOOK(identifier) "GET /v1/members?identifier=" identifier " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct shop shop;

static void open_shop(void)
{
    shop_open(&shop);
}

static void close_shop(void)
{
    shop_close(&shop);
}

TestSuite(api_members, .init = open_shop, .fini = close_shop);

static void wait_for_question(void)
{
    while (shop.questions == 0)
        loop_step(shop.loop, 1000);
}

static int64_t records(void)
{
    struct journal_head head;

    journal_head(shop.journal, &head);
    return head.position;
}

Test(api_members, one_known_here_is_told_at_once)
{
    int64_t before = records();
    cJSON *answer, *member;

    cr_assert_eq(shop_call(&shop, "GET", "/v1/members?identifier=" SHOP_CARD, NULL, &answer), 200);
    member = cJSON_GetObjectItemCaseSensitive(answer, "member");
    cr_expect_str_eq(shop_text(answer, "kind"), "card");
    cr_expect_str_eq(shop_text(answer, "card"), "***0018");
    cr_expect_str_eq(shop_text(member, "id"), "M1");
    cr_expect_str_eq(shop_text(member, "tier"), "gold");
    cr_expect_eq(shop_number(cJSON_GetObjectItemCaseSensitive(member, "balances"), "bonus"), 54000);
    cr_expect_eq(shop.questions, 0, "nobody is asked for one who is here");
    cr_expect_eq(records(), before, "nothing is recorded");
    cJSON_Delete(answer);
}

Test(api_members, the_central_is_asked_for_another)
{
    struct raw raw;
    char row[300], hex[2 * IDENTITY_HASH_BYTES + 1] = "";
    uint8_t hash[IDENTITY_HASH_BYTES];

    raw_open(&raw, &shop, LOOK(SHOP_CARD_UNKNOWN));
    wait_for_question();
    identity_hash(&shop.identity, "card", SHOP_CARD_UNKNOWN, hash);
    for (size_t i = 0; i < sizeof hash; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    (void)snprintf(row, sizeof row,
                   "{\"id\":\"M2\",\"state\":\"active\",\"balances\":{\"bonus\":100},\"identifiers\":[\"%s\"],"
                   "\"epoch\":\"0000000000000000\",\"seq\":0}",
                   hex);
    shop.answer(shop.answer_context, true, row, strlen(row));
    cr_expect(raw_wait(&raw, &shop, "\"id\":\"M2\""), "%s", strbuf_text(&raw.got));
    raw_close(&raw);
}

Test(api_members, nobody_is_said_so)
{
    struct raw raw;

    raw_open(&raw, &shop, LOOK(SHOP_CARD_UNKNOWN));
    wait_for_question();
    shop.answer(shop.answer_context, true, NULL, 0);
    cr_expect(raw_wait(&raw, &shop, "\"name\":\"card_unknown\""), "%s", strbuf_text(&raw.got));
    cr_expect_not_null(strstr(strbuf_text(&raw.got), "HTTP/1.1 200"));
    cr_expect_not_null(strstr(strbuf_text(&raw.got), "\"member\":null"));
    raw_close(&raw);
}

Test(api_members, a_client_that_left_is_not_answered)
{
    struct raw raw;
    cJSON *answer;

    raw_open(&raw, &shop, LOOK(SHOP_CARD_UNKNOWN));
    wait_for_question();
    raw_close(&raw);
    cr_assert_eq(shop_call(&shop, "GET", "/v1/health", NULL, &answer),
                 200); /* by now the server has seen the client go */
    cJSON_Delete(answer);
    shop.answer(shop.answer_context, false, NULL, 0);
}

Test(api_members, what_is_neither_card_nor_phone_is_refused)
{
    static const char *const paths[] = {
        "/v1/members", "/v1/members?identifier=", "/v1/members?identifier=4601234567893",
        "/v1/members?identifier=2900000000019",
        "/v1/members?identifier=12345678901234567890123456789012345678901234567890123456789012345"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        cJSON *answer;
        int status = shop_call(&shop, "GET", paths[i], NULL, &answer);

        cr_expect_eq(status, 400, "%s: %d", paths[i], status);
        cr_expect_str_eq(shop_text(answer, "name"), "bad_field");
        cJSON_Delete(answer);
    }
    cr_expect_eq(shop.questions, 0);
}
