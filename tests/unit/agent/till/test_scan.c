/* SPDX-License-Identifier: Apache-2.0 */
/* What a scan is to the till: by the rules in force, else by its configuration. */
#include "tests/unit/agent/till/world.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/net/loop.h"
#include "tests/support/app_code_maker.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARD "2900000000018"
#define GSRN "400638133393123454"
/* Gold members have 11 % off, as in the world's own rules; codes of their own. */
#define RULES(codes)                                                                                                 \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":2,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"card\",\"mode\":\"best\"}],\"promotions\":[{\"id\":\"gold\",\"layer\":\"card\","          \
    "\"when\":{\"member\":{\"required\":true}},\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},"       \
    "\"percent_bp\":1000}}]," codes "}"

static struct world world;

static void begin(void)
{
    world_begin(&world, NULL);
    world_member(&world, "M1", CARD, "", 0);
    world_member(&world, "M2", GSRN, "\"tier\":\"gold\",", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(scan, .init = begin, .fini = end);

static void scan_as(const char *symbology, const char *text)
{
    struct till_scan scan = {symbology, text, strlen(text), "scanner", clock_measure_ns(), false};

    till_scanned(world.till, &scan);
}

static void take_rules(const char *rules)
{
    cr_assert_eq(world_do(&world, "void", "s1", "{}", NULL), PROBLEM_NONE);
    world_rules(&world, rules, 2);
    cr_assert_eq(world.active_version, 2, "%s", world.refused);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
}

Test(scan, without_codes_in_the_rules_goes_by_the_configuration)
{
    take_rules(RULES("\"texts\":{}"));
    scan_as("]C1", "8018" GSRN);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "the GS1 number of a member is one without a word");
}

Test(scan, goes_by_the_rules_in_force)
{
    take_rules(RULES("\"codes\":[{\"kind\":\"member\",\"symbologies\":[\"]Q\"],\"ai\":\"8018\"}]"));
    scan_as("]E0", CARD);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "29 is no card by these rules");
    scan_as("]Q1", "https://card.example/8018/" GSRN);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
}

Test(scan, of_a_misread_card_says_so_and_changes_nothing)
{
    scan_as("]E0", "2900000000017");
    cr_expect(world_was_told(&world, "L-306"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
}

/* ---- codes of an app ---- */

static void note_passed(void *line, const char *text, size_t len)
{
    strbuf_add(line, text, len);
    strbuf_puts(line, ";");
}

Test(scan, of_what_is_not_loyaltys_goes_on_to_the_pos_and_a_misread_card_to_nobody)
{
    struct strbuf passed = STRBUF_INIT(1024);
    const char *const codes[] = {"4601234567893", "HELLO", "2900000000018", "2900000000019", "4601234567893"};
    bool good[5];

    world.pos = (struct till_pos){&passed, note_passed};
    world_restart(&world, false);
    for (int i = 0; i < 5; i++) {
        struct till_scan scan = {
            .symbology = "]E0", .text = codes[i], .len = strlen(codes[i]), .device = "scanner", .keyed = i == 4};

        good[i] = till_scanned(world.till, &scan);
    }
    cr_expect_str_eq(strbuf_text(&passed), "4601234567893;HELLO;", "not what was typed, not a card");
    cr_expect(good[0] && good[1] && good[2] && !good[3] && good[4]);
    strbuf_free(&passed);
}

static struct pk *cloud;

static void take_app_rules(void)
{
    char pem[PK_PEM_BYTES_MAX], rules[4096], line[2 * PK_PEM_BYTES_MAX] = "";
    size_t len = 0;

    cr_assert_eq(pk_generate(&cloud, NULL), ST_OK);
    cr_assert_eq(pk_public_pem(cloud, pem, NULL), ST_OK);
    for (const char *c = pem; *c; c++) {
        if (*c == '\n')
            line[len++] = '\\';
        line[len++] = *c == '\n' ? 'n' : *c;
    }
    (void)snprintf(rules, sizeof rules, RULES("\"codes\":[{\"kind\":\"app_code\",\"keys\":[\"%s\"]}]"), line);
    take_rules(rules);
}

static void show_code(const char *code)
{
    scan_as("]Q1", code);
    for (int i = 0; i < 50; i++)
        loop_step(world.loop, 10);
}

static int64_t now_s(void)
{
    return clock_wall_ms(&world.clock) / 1000;
}

Test(scan, of_an_apps_code_is_a_card_once)
{
    char code[APP_CODE_BYTES_MAX + 1];

    take_app_rules();
    app_code_make(cloud, CARD, now_s() + 60, code);
    show_code(code);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
    cr_assert_eq(world_do(&world, "commit", "s2", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s3", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    show_code(code);
    cr_expect(world_was_told(&world, "L-313"), "shown before");
    cr_expect_eq(world_int(&world, "s3", "total_minor"), 10000);
    pk_destroy(cloud);
}

Test(scan, of_an_apps_code_is_known_again_after_a_restart)
{
    char dir[] = "/tmp/loyald-scan-XXXXXX", line[64], code[APP_CODE_BYTES_MAX + 1];

    cr_assert_not_null(mkdtemp(dir));
    world_end(&world);
    world_begin(&world, dir);
    world_member(&world, "M1", CARD, "", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    take_app_rules();
    app_code_make(cloud, CARD, now_s() + 60, code);
    show_code(code);
    cr_expect(!world_was_told(&world, "L-313"));
    world_restart(&world, false);
    show_code(code);
    cr_expect(world_was_told(&world, "L-313"), "shown before the restart");
    /* Past its life it is dropped: another one takes the only row. */
    world.time.wall_ms += 200000;
    app_code_make(cloud, CARD, now_s() + 60, code);
    show_code(code);
    {
        char rows[4096];

        cr_assert_eq(cache_get_state(world.cache, "app_codes", rows, sizeof rows, NULL), ST_OK);
        cr_expect(strchr(rows, '\n') == rows + strlen(rows) - 1, "%s", rows);
    }
    pk_destroy(cloud);
    world_end(&world);
    (void)snprintf(line, sizeof line, "rm -r %s", dir);
    cr_expect_eq(system(line), 0);
    world_begin(&world, NULL);
}
Test(scan, of_an_apps_code_that_is_old_or_forged_says_so)
{
    char code[APP_CODE_BYTES_MAX + 1];

    take_app_rules();
    app_code_make(cloud, CARD, now_s() - 60, code);
    show_code(code);
    cr_expect(world_was_told(&world, "L-312"));
    app_code_make(cloud, CARD, now_s() + 60, code);
    code[3] ^= 1;
    show_code(code);
    cr_expect(world_was_told(&world, "L-314"));
    app_code_make(cloud, CARD, now_s() + 48 * 3600, code);
    show_code(code);
    show_code("v1.half");
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000);
    pk_destroy(cloud);
}

/* Whether it has expired nobody knows then; the shopper is served and IT told. */
Test(scan, of_an_apps_code_goes_on_with_a_clock_set_back)
{
    char code[APP_CODE_BYTES_MAX + 1];

    take_app_rules();
    app_code_make(cloud, CARD, now_s() + 60, code);
    world.time.wall_ms -= 86400000;
    show_code(code);
    cr_expect(world_was_told(&world, "L-315"));
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
    pk_destroy(cloud);
}

Test(scan, of_an_apps_code_may_be_under_way_when_the_till_ends)
{
    char code[APP_CODE_BYTES_MAX + 1];

    take_app_rules();
    app_code_make(cloud, CARD, now_s() + 60, code);
    scan_as("]Q1", code);
    pk_destroy(cloud);
}

/* ---- phone numbers ---- */

#define PHONE "+79991234567"
#define TELEPHONE                                                                                                    \
    ",\"codes\":[{\"kind\":\"member\",\"prefix\":\"29\",\"length\":13},{\"kind\":\"phone\",\"country\":\"7\"}]"

/* Types it; what the answer calls it, or the code of its notice. A view until the next call. */
static const char *type(const char *text, const char *what)
{
    static char found[64];
    struct cJSON *answer = NULL;
    const char *kind = "";
    char body[256];

    (void)snprintf(body, sizeof body, "{\"text\":\"%s\"}", text);
    cr_assert_eq(world_do(&world, "type", "", body, &answer), PROBLEM_NONE);
    (void)json_text(answer, "kind", 32, &kind, NULL);
    cr_expect(strcmp(kind, "phone") != 0 || !strstr(cJSON_GetObjectItem(answer, "text")->valuestring, "1234567"),
              "no number is shown whole");
    kind = "";
    if (strcmp(what, "kind") == 0)
        (void)json_text(answer, "kind", 32, &kind, NULL);
    else
        (void)json_text(cJSON_GetObjectItem(answer, "notice"), "code", 32, &kind, NULL);
    (void)snprintf(found, sizeof found, "%s", kind);
    json_free(answer);
    return found;
}

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

    take_rules(RULES("\"texts\":{}" TELEPHONE));
    give_phone("M3", PHONE);
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        cr_assert_eq(world_do(&world, "put", "s2",
                              "{\"phone\":\"\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
                              "\"unit_price_minor\":10000}]}",
                              NULL),
                     PROBLEM_NONE);
        cr_assert_eq(world_int(&world, "s2", "total_minor"), 10000, "taken off again");
        cr_expect_str_eq(type(written[i], "kind"), "phone", "%s", written[i]);
        cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "%s", written[i]);
    }
    cr_expect_eq(world_count(&world, "keyed_entry"), 4);
}

Test(scan, of_a_phone_by_a_scanner_is_none)
{
    take_rules(RULES("\"texts\":{}" TELEPHONE));
    give_phone("M3", PHONE);
    scan_as("]E0", "9991234567");
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000);
}

Test(scan, of_a_phone_without_a_country_in_the_rules_wants_it_typed)
{
    give_phone("M3", PHONE);
    cr_expect_str_eq(type("9991234567", "kind"), "code", "it may be an item's");
    cr_expect_str_eq(type(PHONE, "kind"), "phone");
    cr_expect(world_has_notice(&world, "s1", "L-316") == false && !world_has_notice(&world, "s1", "L-301"));
}

Test(scan, of_a_phone_nobody_has_is_asked_of_the_central_and_said)
{
    cr_expect_str_eq(type("+79990000000", "kind"), "phone");
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
    cr_expect_str_eq(type(PHONE, "notice"), "L-310");
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
    cr_expect_str_eq(type(PHONE, "kind"), "phone");
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

/* ---- coupons ---- */

#define COUPONS                                                                                                      \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":2,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"card\",\"mode\":\"stack\"}],\"coupon_series\":["                                          \
    "{\"id\":\"spring\",\"kind\":\"generic\",\"codes\":[\"SPRING10\"]},"                                             \
    "{\"id\":\"once\",\"kind\":\"listed\",\"codes\":[\"ONCE-1\",\"ONCE-2\"],\"single_use\":true},"                   \
    "{\"id\":\"gone\",\"kind\":\"generic\",\"codes\":[\"GONE\"],\"until\":\"2020-01-01T00:00\"},"                    \
    "{\"id\":\"soon\",\"kind\":\"generic\",\"codes\":[\"SOON\"],\"from\":\"2099-01-01T00:00\"}],"                    \
    "\"promotions\":[{\"id\":\"a\",\"layer\":\"card\",\"when\":{\"coupon\":\"spring\"},\"reward\":{\"kind\":"        \
    "\"percent_off\",\"items\":{\"skus\":[\"A\"]},\"percent_bp\":1000}},{\"id\":\"b\",\"layer\":\"card\",\"when\":"  \
    "{\"coupon\":\"once\"},\"reward\":{\"kind\":\"percent_off\",\"items\":{\"skus\":[\"A\"]},\"percent_bp\":2000}}]" \
    "}"

Test(scan, of_a_coupon_goes_onto_the_sale_and_stays_when_the_pos_puts_its_basket)
{
    struct cJSON *sale = NULL;

    take_rules(COUPONS);
    scan_as("]C0", "spring-10");
    cr_expect(world_was_told(&world, "L-330"));
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, &sale), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "the POS knows nothing of it");
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(sale, "scanned_coupons")), 1);
    json_free(sale);
    cr_expect_str_eq(type("SPRING 10", "notice"), "L-331", "the same in other letters");
    cr_assert_eq(world_do(&world, "put", "s2",
                          "{\"scanned_coupons\":[],\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
                          "\"unit_price_minor\":10000}]}",
                          NULL),
                 PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "taken off");
}

Test(scan, of_a_coupon_that_is_refused_says_why_and_changes_nothing)
{
    struct cJSON *sale = NULL;

    take_rules(COUPONS);
    cr_expect_str_eq(type("GONE", "notice"), "L-334");
    cr_expect_str_eq(type("SOON", "notice"), "L-335");
    cr_expect_str_eq(type("SPRING10", "notice"), "L-330");
    cr_expect_str_eq(type("ONCE-1", "notice"), "L-330");
    cr_expect_str_eq(type("LAMP", "kind"), "code", "no coupon of the rules: for the POS");
    cr_assert_eq(world_do(&world, "commit", "s2", "{}", &sale), PROBLEM_NONE);
    json_free(sale);
    cr_expect_str_eq(type("ONCE-2", "notice"), "L-336", "no sale is open");
    cr_assert_eq(world_do(&world, "put", "s3", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_str_eq(type("once 1", "notice"), "L-333", "used in the sale before");
    cr_expect_eq(world_int(&world, "s3", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "tender", "s3", "{}", NULL), PROBLEM_NONE);
    cr_expect_str_eq(type("ONCE-2", "notice"), "L-211", "the shopper was shown a total");
    cr_expect_eq(world_count(&world, "keyed_entry"), 2, "those that were taken");
}

Test(scan, of_a_coupon_that_nothing_fits_yet_says_so_and_keeps_it)
{
    take_rules(COUPONS);
    cr_assert_eq(world_do(&world, "put", "s2", "{\"lines\":[]}", NULL), PROBLEM_NONE);
    cr_expect_str_eq(type("SPRING10", "notice"), "L-338");
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
}

Test(scan, of_coupons_is_bounded)
{
    static char rules[4096];
    size_t at =
        (size_t)sprintf(rules, "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":2,\"currency\":"
                               "\"RUB\",\"minor_digits\":2,\"layers\":[],\"promotions\":[],\"coupon_series\":[{"
                               "\"id\":\"x\",\"kind\":\"listed\",\"codes\":[\"x0\"");
    char code[16];

    for (int i = 1; i <= 33; i++)
        at += (size_t)sprintf(rules + at, ",\"x%d\"", i);
    (void)sprintf(rules + at, "]}]}");
    take_rules(rules);
    for (int i = 0; i < 32; i++) {
        (void)sprintf(code, "x%d", i);
        cr_assert_str_eq(type(code, "notice"), "L-338", "%s", code);
    }
    cr_expect_str_eq(type("x32", "notice"), "L-337", "thirty-two are enough for anybody");
}
