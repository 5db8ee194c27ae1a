/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "journal_scene.h"
#include "sync/central/journal.h"
#include "sync/central/report.h"

Test(central_journal, books_a_sale_and_its_points)
{
    struct journal_scene s;
    char hash[65];

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200, "%s", s.answer.data);
    cr_expect_eq(answer_int(&s.answer, "acked"), 1);
    hex_encode(s.till.head, SHA256_BYTES, hash);
    cr_expect(has_text(&s.answer, hash));
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    cr_expect_eq(total(&s.fixture, "gross_minor"), 10000);
    cr_expect_eq(total(&s.fixture, "discount_minor"), 1000);
    cr_expect_eq(total(&s.fixture, "net_minor"), 9000);
    cr_expect_eq(total(&s.fixture, "compared_same"), 1);
    cr_expect_eq(total(&s.fixture, "differences"), 0);
    cr_expect_eq(total_points(&s.fixture, "earned"), 90);
    cr_expect_eq(total_points(&s.fixture, "opening"), 1000);
    cr_expect_eq(total_points(&s.fixture, "balance"), 1090);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_journal, drops_what_it_has_and_answers_the_same)
{
    struct journal_scene s;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    till_sale(&s.fixture, &s.till, "sale-2", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(answer_int(&s.answer, "acked"), 2);
    /* The reply was lost and the till has one more by now: the old ones come again before the new one. */
    till_sale(&s.fixture, &s.till, "sale-3", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(answer_int(&s.answer, "acked"), 3);
    cr_expect_eq(total(&s.fixture, "sales"), 3);
    cr_expect_eq(total(&s.fixture, "duplicates"), 4);
    cr_expect_eq(total_points(&s.fixture, "earned"), 270);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_journal, goes_on_after_a_restart_between_commit_and_answer)
{
    struct journal_scene s;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    fixture_reopen(&s.fixture);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(answer_int(&s.answer, "acked"), 1);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    cr_expect_eq(total(&s.fixture, "records"), 1);
    journal_scene_close(&s);
}

Test(central_journal, asks_for_what_is_missing)
{
    struct journal_scene s;
    struct strbuf lost = STRBUF_INIT(SCENE_TEXT_MAX);

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &lost);
    till_sale(&s.fixture, &s.till, "sale-2", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 409);
    cr_expect(has_text(&s.answer, "\"code\":\"expect\""));
    cr_expect_eq(answer_int(&s.answer, "expect"), 1);
    cr_expect_eq(total(&s.fixture, "records"), 0);
    strbuf_add(&lost, s.batch.data, s.batch.len);
    cr_assert_eq(till_post(&s.fixture, &s.till, &lost, &s.answer), 200);
    cr_expect_eq(total(&s.fixture, "sales"), 2);
    strbuf_free(&lost);
    journal_scene_close(&s);
}

Test(central_journal, sees_a_copied_disk)
{
    struct journal_scene s;
    struct fake_till copy;
    struct strbuf other = STRBUF_INIT(SCENE_TEXT_MAX);

    journal_scene_open(&s);
    copy = s.till;
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    till_sale(&s.fixture, &copy, "sale-x", SCENE_MEMBER, "", 20000, &other);
    cr_assert_eq(till_post(&s.fixture, &copy, &other, &s.answer), 409);
    cr_expect(has_text(&s.answer, "\"code\":\"fork\""));
    cr_expect_eq(answer_int(&s.answer, "seq"), 1);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    cr_expect_eq(total(&s.fixture, "quarantined"), 1);
    /* Neither of the two is believed any more. */
    till_sale(&s.fixture, &s.till, "sale-2", SCENE_MEMBER, "", 10000, &s.batch);
    cr_expect_eq(journal_scene_post(&s), 409);
    fixture_reopen(&s.fixture);
    cr_expect_eq(journal_scene_post(&s), 409);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    strbuf_free(&other);
    journal_scene_close(&s);
}

Test(central_journal, sees_a_chain_that_does_not_continue_ours)
{
    struct journal_scene s;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    strbuf_clear(&s.batch);
    s.till.head[0] ^= 1;
    till_sale(&s.fixture, &s.till, "sale-2", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 409);
    cr_expect_eq(answer_int(&s.answer, "seq"), 2);
    journal_scene_close(&s);
}

Test(central_journal, a_new_epoch_ends_the_quarantine)
{
    struct journal_scene s;
    char code[16];
    struct fake_till copy;

    journal_scene_open(&s);
    copy = s.till;
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    strbuf_clear(&s.batch);
    till_sale(&s.fixture, &copy, "sale-x", SCENE_MEMBER, "", 20000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 409);
    s.till.epoch = 0xabc;
    hex_from_u64(s.till.epoch, s.till.epoch_hex);
    s.till.seq = 0;
    memset(s.till.head, 0, SHA256_BYTES);
    fixture_code(&s.fixture, "3", code);
    cr_assert_eq(till_enrol(&s.fixture, &s.till, code), 200);
    strbuf_clear(&s.batch);
    till_sale(&s.fixture, &s.till, "sale-2", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200, "%s", s.answer.data);
    cr_expect_eq(answer_int(&s.answer, "acked"), 1);
    cr_expect_eq(total(&s.fixture, "sales"), 2);
    journal_scene_close(&s);
}

Test(central_journal, takes_nothing_of_a_batch_cut_short_at_any_byte)
{
    struct journal_scene s;
    struct strbuf part = STRBUF_INIT(SCENE_TEXT_MAX);
    size_t first;

    journal_scene_open(&s);
    till_record(&s.till, "void", "{\"sale_id\":\"a\",\"reason\":\"b\"}", &s.batch);
    first = s.batch.len;
    till_record(&s.till, "void", "{\"sale_id\":\"c\",\"reason\":\"d\"}", &s.batch);
    for (size_t len = 1; len < s.batch.len; len++) {
        if (len == first)
            continue; /* a whole batch of one */
        strbuf_clear(&part);
        strbuf_add(&part, s.batch.data, len);
        cr_assert_eq(till_post(&s.fixture, &s.till, &part, &s.answer), 400, "len=%zu", len);
    }
    cr_expect_eq(total(&s.fixture, "records"), 0);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(total(&s.fixture, "voids"), 2);
    strbuf_free(&part);
    journal_scene_close(&s);
}

Test(central_journal, refuses_more_records_than_a_batch_holds)
{
    struct journal_scene s;

    journal_scene_open(&s);
    for (int i = 0; i <= RECORD_BATCH_MAX; i++)
        till_record(&s.till, "void", "{\"sale_id\":\"a\"}", &s.batch);
    cr_assert_eq(journal_scene_post(&s), 413);
    cr_expect_eq(total(&s.fixture, "records"), 0);
    journal_scene_close(&s);
}

Test(central_journal, refuses_records_of_another_till)
{
    struct journal_scene s;
    struct fake_till other;

    journal_scene_open(&s);
    till_init(&other, 0xd2, 0xe2);
    till_record(&other, "void", "{\"sale_id\":\"a\"}", &s.batch);
    cr_assert_eq(journal_scene_post(&s), 400);
    till_clear(&other);
    journal_scene_close(&s);
}

Test(central_journal, buries_what_it_cannot_book_and_goes_on)
{
    struct journal_scene s;

    journal_scene_open(&s);
    till_record(&s.till, "hologram", "{\"x\":1}", &s.batch);
    till_record(&s.till, "sale", "{\"sale\":{}}", &s.batch);
    till_record(&s.till, "sale", "{\"sale\":[1,2}", &s.batch); /* not even JSON */
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000,
              &s.batch); /* the same sale from another record */
    till_sale(&s.fixture, &s.till, "sale-2", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200, "%s", s.answer.data);
    cr_expect_eq(answer_int(&s.answer, "acked"), 6);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(answer_int(&s.answer, "counted"), 6);
    cr_expect_eq(total(&s.fixture, "records"), 6);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 4);
    cr_expect_eq(total(&s.fixture, "sales"), 2);
    cr_expect_eq(total_points(&s.fixture, "earned"), 180);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_journal, reports_a_result_that_differs_and_books_it_as_sold)
{
    struct journal_scene s;
    char *digest;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    /* The till computed something else: its digest is of another result. The record is made anew, so its chain holds.
     */
    digest = strstr(s.batch.data, "\"digest\":\"");
    while (strstr(digest + 1, "\"digest\":\""))
        digest = strstr(digest + 1, "\"digest\":\"");
    digest[10] = digest[10] == '0' ? '1' : '0';
    cr_assert_eq(journal_scene_post(&s), 200, "%s", s.answer.data);
    cr_expect_eq(total(&s.fixture, "differences"), 1);
    cr_expect_eq(total(&s.fixture, "compared_same"), 0);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    cr_expect_eq(total_points(&s.fixture, "earned"), 90);
    journal_scene_close(&s);
}

Test(central_journal, reports_a_bundle_that_was_never_published)
{
    struct journal_scene s;

    journal_scene_open(&s);
    memset(s.fixture.bundle_sha256, 'a', 64);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(total(&s.fixture, "differences"), 1);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    journal_scene_close(&s);
}

Test(central_journal, posts_to_the_member_of_a_card_the_till_did_not_know)
{
    struct journal_scene s;
    char hash[IDENTIFIER_HASH_TEXT];
    struct crypto_part card = {"card:2900000012345", 18};
    uint8_t mac[CRYPTO_MAC_BYTES];

    journal_scene_open(&s);
    crypto_hmac(s.till.id_key, &card, 1, mac);
    hex_encode(mac, 16, hash);
    till_sale(&s.fixture, &s.till, "sale-1", NULL, hash, 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(total_points(&s.fixture, "earned_later"), 90);
    cr_expect_eq(total(&s.fixture, "unattached"), 0);
    cr_expect_eq(total(&s.fixture, "differences"), 0);
    cr_expect_eq(total(&s.fixture, "sales_with_member"), 1);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

/* What the cashier is told of such a card is what happens: one not activated earns, one blocked or expired does not.
 */
Test(central_journal, posts_by_card_what_the_members_state_allows)
{
    static const struct {
        const char *row;
        int64_t earned;
    } cases[] = {{"M8,88,inactive", 90}, {"M8,88,blocked", 0}, {"M8,88,expired", 0}};
    char hash[IDENTIFIER_HASH_TEXT], csv[128];
    struct crypto_part card = {"card:88", 7};
    uint8_t mac[CRYPTO_MAC_BYTES];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct journal_scene s;

        journal_scene_open(&s);
        crypto_hmac(s.till.id_key, &card, 1, mac);
        hex_encode(mac, 16, hash);
        (void)snprintf(csv, sizeof(csv), "member,card,state\n%s\n", cases[i].row);
        fixture_import(&s.fixture, csv);
        till_sale(&s.fixture, &s.till, "sale-1", NULL, hash, 10000, &s.batch);
        cr_assert_eq(journal_scene_post(&s), 200);
        cr_expect_eq(total_points(&s.fixture, "earned_later"), cases[i].earned, "%s", cases[i].row);
        cr_expect_eq(total(&s.fixture, "dead_letters"), 0);
        cr_expect_eq(total(&s.fixture, "sales_with_member"), 1);
        cr_expect(ledger_is_ok(&s.fixture));
        journal_scene_close(&s);
    }
}

Test(central_journal, keeps_a_sale_for_a_card_that_nobody_has_until_somebody_has_it)
{
    struct journal_scene s;
    char hash[IDENTIFIER_HASH_TEXT];
    struct crypto_part card = {"card:77", 7};
    uint8_t mac[CRYPTO_MAC_BYTES];

    journal_scene_open(&s);
    crypto_hmac(s.till.id_key, &card, 1, mac);
    hex_encode(mac, 16, hash);
    till_sale(&s.fixture, &s.till, "sale-1", NULL, hash, 10000, &s.batch);
    till_sale(&s.fixture, &s.till, "sale-2", NULL, hash, 20000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(total(&s.fixture, "unattached"), 2);
    cr_expect_eq(total_points(&s.fixture, "earned_later"), 0);
    fixture_import(&s.fixture, "member,card\nM7,77\n");
    cr_expect_eq(total(&s.fixture, "unattached"), 0);
    cr_expect_eq(total_points(&s.fixture, "earned_later"), 270);
    fixture_import(&s.fixture, "member,card\nM7,77\n");
    cr_expect_eq(total_points(&s.fixture, "earned_later"), 270);
    cr_expect_eq(total(&s.fixture, "sales_with_member"), 2);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_journal, posts_to_a_member_it_never_heard_of)
{
    struct journal_scene s;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", "{\"id\":\"M99\"}", "", 10000, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(total(&s.fixture, "members"), 2);
    cr_expect_eq(total_points(&s.fixture, "earned"), 90);
    journal_scene_close(&s);
}

Test(central_journal, understands_what_a_till_tells_of_itself)
{
    struct journal_scene s;
    struct errmsg err = ERRMSG_INIT;
    struct json_writer w;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    till_record(&s.till, "print", "{\"sale_id\":\"sale-1\",\"state\":\"confirmed\",\"reason\":\"\",\"copy\":0}",
                &s.batch);
    till_record(&s.till, "bundle_activated", "{\"id\":\"main\",\"version\":1,\"sha256\":\"00\"}", &s.batch);
    till_record(&s.till, "bundle_refused", "{\"version\":9,\"sha256\":\"00\",\"reason\":\"wrong signature\"}",
                &s.batch);
    till_record(&s.till, "void", "{\"sale_id\":\"sale-0\",\"reason\":\"customer left\"}", &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 0);
    strbuf_clear(&s.answer);
    w = (struct json_writer)JSON_WRITER_INIT(&s.answer);
    cr_assert_eq(device_list(s.fixture.central, &w, &err), ST_OK);
    cr_expect(has_text(&s.answer, "\"bundle_version\":1"));
    cr_expect(has_text(&s.answer, "wrong signature"));
    journal_scene_close(&s);
}
